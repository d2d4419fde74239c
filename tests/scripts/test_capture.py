"""make record: the record of a serial capture, and what becomes of damaged, foreign and mixed ones."""
import json
import random
import unittest

from scripts.base import patience
from scripts.base.common import BatonError
from scripts.records import capture, capture_choice, record
from tests.scripts import json_schema, support
from tests.scripts.metal_support import BUILD, GRUB, MACHINE, boot_lines, capture_of
from tests.scripts.support import OFF, ON, ROOT, event, summed

MEDIANS = {**ON, **OFF}


def both(**changes):
    return capture_of(boot_lines("on", ON, **changes), boot_lines("off", OFF, **changes))


def faster(lines):
    """The same boot with three times the clock."""
    return [summed(line.replace("1000000000", "3000000000").rsplit(',"sum"', 1)[0] + "}") if '"boot"' in line else line for line in lines]


def line_of(data, part):
    """The number of the first line that holds a text."""
    return data[:data.index(part)].count(b"\n") + 1


class Recording(support.Workspace):
    def record(self, data, *arguments, **env):
        path = self.dir / "serial.log"
        path.write_bytes(data)
        self.capture = path
        return self.run_script("verbs.metal", "--results", self.results, "--no-charts", *arguments, **{"CAPTURE": str(path), **env})

    def runs(self):
        return [record.read(path) for path in record.run_paths(self.results, "metal")]

    def assert_recorded(self, done, medians=None, code=0):
        self.assertEqual(done.returncode, code, done.stderr)
        run = self.runs()[-1]
        self.assertEqual({b["id"]: b["median"] for b in run["benchmarks"]}, MEDIANS if medians is None else medians)
        return run

    def assert_complete(self, done):
        run = self.assert_recorded(done)
        self.assertEqual(record.read(record.latest_path(self.results, "metal")), run)
        return run

    def assert_partial(self, done, medians, *parts):
        """Recorded, but not the latest; the error and the record say what is missing."""
        run = self.assert_recorded(done, medians, 1)
        self.assertFalse(record.latest_path(self.results, "metal").exists())
        for part in parts:
            self.assertIn(part, "\n".join(run["partial"]))
            self.assertIn(part, done.stderr)
        return run

    def assert_refused(self, done, *parts):
        self.assert_error(done, 1, *parts)
        self.assertEqual(self.runs(), [])


class Whole(Recording):
    def test_record_holds_what_the_machine_said(self):
        run = self.assert_complete(self.record(both(), NOTE="the PC in the corner"))
        self.assertEqual((run["backend"], run["unit"], run["commit"], run["dirty"]), ("metal", "cycles", BUILD["commit"], False))
        self.assertEqual((run["image_sha256"], run["mitigations"], run["note"]), ("ab" * 32, "kpti,verw", "the PC in the corner"))
        host = run["host"]
        self.assertEqual((host["cpu_model"], host["cpu_stepping"], host["cpu_family"], host["cpu_number"]), (MACHINE["cpu"], "10", 6, 158))
        self.assertEqual((host["qemu"], host["kernel"], host["gcc"], host["nasm"], host["tsc_hz"]),
                         ("none", "none", "gcc 12.2.0", "2.16.01", 10**9))
        self.assertNotIn("virtual", run)
        self.assertNotIn("sum", run["benchmarks"][0])
        self.assertEqual(json_schema.errors(json.loads((ROOT / "docs/record.schema.json").read_text(encoding="utf-8")), run), [])

    def test_it_is_the_same_record_as_bench_makes_of_the_events(self):
        run = self.assert_complete(self.record(both()))
        for benchmark in run["benchmarks"]:
            expected = json.loads(support.result(benchmark["id"], MEDIANS[benchmark["id"]])[len("#baton "):])
            self.assertEqual(benchmark, {"unit": "cycles", **{k: v for k, v in expected.items() if k != "event"}})

    def test_two_files(self):
        for name, path, medians in (("on.log", "on", ON), ("off.log", "off", OFF)):
            (self.dir / name).write_bytes(capture_of(boot_lines(path, medians)))
        done = self.record(b"", CAPTURE=f"{self.dir}/on.log {self.dir}/off.log")
        self.assert_complete(done)

    def test_stdin(self):
        done = patience.run(self.command("verbs.metal", "--results", self.results, "--no-charts", "--capture", "-"), data=both(),
                            capture_output=True, env=self.environment({}))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(record.latest_path(self.results, "metal").exists())

    def test_raw_samples(self):
        lines = boot_lines("on", ON, options={"raw": True})
        at = next(i for i, line in enumerate(lines) if '"result"' in line)
        lines.insert(at, summed(event(event="samples", id="syscall.null", samples=[54, 55])))
        run = self.assert_complete(self.record(capture_of(lines, boot_lines("off", OFF, options={"raw": True}))))
        self.assertEqual(record.by_id(run)["syscall.null"]["samples"], [54, 55])

    def test_lost_raw_samples_are_named(self):
        done = self.record(both(options={"raw": True}))
        self.assert_complete(done)
        self.assertIn("has lost the raw samples of syscall.null, cap.lookup/1, ", done.stderr)

    def test_recorded_twice_is_there_once(self):
        self.assert_complete(self.record(both()))
        done = self.record(both())
        if len(self.runs()) == 1:  # otherwise a second went by between the two: then it is another file
            self.assertIn("which was there already", done.stdout)

    def test_time_stamps_and_broken_lines_do_no_harm(self):
        stamped = b"".join(b"[2026-11-21 13:00:00] " + line for line in both().splitlines(True))
        self.assert_complete(self.record(stamped))
        wrapped = b"\r\n".join(line[i:i + 80] for line in both().splitlines() for i in range(0, max(1, len(line)), 80))
        self.assert_complete(self.record(wrapped))

    def test_refused_benchmark(self):
        done = self.record(capture_of(boot_lines("on", {"syscall.null": 54}, refused=["cap.lookup/1"]), boot_lines("off", OFF)))
        self.assert_error(done, 1, "cap.lookup/1 was refused", "are as they were")
        self.assertEqual(self.runs()[0]["refused"], [{"id": "cap.lookup/1", "why": "the overhead is unstable"}])
        self.assertFalse(record.latest_path(self.results, "metal").exists())

    def test_a_part_that_was_asked_for(self):
        done = self.record(capture_of(boot_lines("on", {"syscall.null": 54}, options={"only": "syscall.*"})))
        self.assert_recorded(done, {"syscall.null": 54})
        self.assertIn("a part only (bench=syscall.*", done.stdout)
        self.assertFalse(record.latest_path(self.results, "metal").exists())


class Virtual(Recording):
    GUEST = {"virtual": True, "hypervisor": "KVMKVMKVM"}

    def test_is_marked_and_not_the_latest(self):
        done = self.record(both(machine=self.GUEST))
        run = self.assert_recorded(done)
        self.assertTrue(run["virtual"])
        self.assertEqual(run["host"]["hypervisor"], "KVMKVMKVM")
        self.assertIn("no numbers of bare metal", done.stderr)
        self.assertIn("in a virtual machine (KVMKVMKVM), not on bare metal", done.stdout)
        self.assertFalse(record.latest_path(self.results, "metal").exists())

    def test_its_clock_may_be_wrong(self):
        data = capture_of(boot_lines("on", ON, machine=self.GUEST), faster(boot_lines("off", OFF, machine=self.GUEST)))
        done = self.record(data)
        self.assert_recorded(done)
        self.assertIn("1000000000 and 3000000000 Hz", done.stderr)

    def test_it_is_not_drawn_beside_bare_metal(self):
        from scripts.judge import history
        for number, (virtual, date) in enumerate(((False, "2026-01-01"), (True, "2026-01-02"), (False, "2026-01-03"))):
            run = support.make_record(backend="metal", number=number, date=f"{date}T00:00:00Z", **({"virtual": True} if virtual else {}))
            run["options"]["virtual"] = virtual
            record.save(self.results, run)
        self.assertEqual([run["date"][:10] for run in history.runs(self.results, "metal")], ["2026-01-01", "2026-01-03"])

    def test_unless_it_is_meant(self):
        self.assertTrue(self.assert_complete(self.record(both(machine=self.GUEST), VIRTUAL="1"))["virtual"])


class Choosing(Recording):
    def test_the_last_boots_are_taken(self):
        data = capture_of(boot_lines("on", {i: 7 for i in ON}), boot_lines("off", OFF), boot_lines("on", ON))
        done = self.record(data)
        self.assert_complete(done)
        self.assertIn(f"line {line_of(data, b'#baton')}: the boot that begins here is left out", done.stderr)

    def test_a_whole_boot_is_better_than_a_later_one_that_ends_early(self):
        data = capture_of(boot_lines("on", ON), boot_lines("off", OFF), boot_lines("on", {i: 7 for i in ON})[:9])
        self.assert_complete(self.record(data))

    def test_another_build_is_left_out(self):
        data = capture_of(boot_lines("on", {i: 7 for i in ON}, build={"commit": "f" * 40}), boot_lines("on", ON), boot_lines("off", OFF))
        done = self.record(data)
        self.assert_complete(done)
        self.assertIn("left out: commit 'ffff", done.stderr)

    def test_two_machines_are_refused_and_the_line_is_named(self):
        data = capture_of(boot_lines("on", ON), boot_lines("off", OFF, machine={"cpu": "Another CPU"}))
        second = line_of(data, boot_lines("off", OFF)[1].encode()[:40])
        done = self.record(data)
        self.assert_refused(done, f"lines {line_of(data, b'#baton')} and {second}", "Another CPU", MACHINE["cpu"], f"FROM={second}")
        done = self.record(data, FROM=str(second))
        self.assert_partial(done, OFF, "there is no boot with fastpath=on")

    def test_two_clocks_are_refused(self):
        data = capture_of(boot_lines("on", ON), faster(boot_lines("off", OFF)))
        self.assert_refused(self.record(data), "1000000000 and 3000000000 Hz")

    def test_one_boot_only(self):
        self.assert_partial(self.record(capture_of(boot_lines("on", ON))), ON, "there is no boot with fastpath=off")


class Foreign(Recording):
    def test_what_is_no_capture(self):
        for data, part in ((b"", "no line of Baton's benchmarks"), (b"Linux version 6.1\r\n" * 50, "no line of Baton's benchmarks"),
                           (bytes(range(256)) * 100, "no line of Baton's benchmarks"),
                           (b"baton: fastpath=on run=conform\r\nok a/b\r\n", "ran another program"),
                           (b"baton: x\r\nPANIC: no boot module\r\n", "panicked before the suite began (line 2: PANIC: no boot module"),
                           ("\r\n".join(support.console("on", ON)).encode(), "its events have no checksums")):
            with self.subTest(part):
                self.assert_refused(self.record(data), part)

    def test_an_image_that_does_not_say_what_it_is(self):
        self.assert_refused(self.record(both(build={"commit": "", "image": ""})), "does not say which commit", "make iso")

    def test_a_boot_without_one_result(self):
        data = capture_of(boot_lines("on", ON)[:7])
        self.assert_refused(self.record(data), "the boot ends here", "nothing can be recorded")

    def test_options(self):
        self.assert_error(self.record(both(), CAPTURE=""), 2, "record what?", "make record CAPTURE=")
        self.assert_error(self.record(both(), FROM="x"), 2, "FROM=x")
        self.assert_error(self.record(both(), CAPTURE=str(self.dir / "none")), 1, "cannot read")
        self.assert_error(self.record(both(), CAPTURE=str(self.dir)), 1, "not an ordinary file")

    def test_the_suite_gave_up(self):
        lines = boot_lines("on", ON)[:-3] + [summed(event(event="error", why="ipc.call: a fault"))]
        self.assert_partial(self.record(capture_of(lines, boot_lines("off", OFF))),
                            {i: m for i, m in MEDIANS.items() if i != "ipc.call/cross/fast/0w"}, "the suite gave up: ipc.call: a fault")


class Damage(unittest.TestCase):
    """Whatever happens to the bytes: a number is as the guest printed it or is missing, and what is missing is reported."""

    def judge(self, data):
        """(numbers, what is missing) of damaged bytes, or None: refused."""
        try:
            chosen = capture_choice.choose(capture.Capture(data), "x", "make record")
        except BatonError:
            return None
        numbers = {i: r["median"] for boot in chosen.boots.values() for i, r in boot.results.items()}
        return numbers, chosen.partial

    def check(self, data, what):
        found = self.judge(data)
        if found is None:
            return "refused"
        numbers, missing = found
        wrong = {i: n for i, n in numbers.items() if MEDIANS.get(i) != n}
        self.assertEqual(wrong, {}, what)
        if numbers != MEDIANS:
            self.assertTrue(missing, what)
        elif missing:  # without its options nobody knows whether a boot was to measure all
            self.assertIn("'options'", missing[-1], what)
        return "partial" if missing else "complete"

    def test_every_byte_lost_or_changed_in_every_way(self):
        whole, seen = both(), {}
        randoms = random.Random(5)
        for at in range(len(GRUB), len(whole)):
            byte = whole[at]
            ways = (b"", bytes([byte ^ 1 << randoms.randrange(8)]), b"\0", b"\xff", b"\x11", b"\x1b", b"0", b"\n", bytes([byte, byte]))
            for new in {ways[at % len(ways)], ways[0] if at % 3 else ways[1]}:
                ending = self.check(whole[:at] + new + whole[at + 1:], f"byte {at} {bytes([byte])} became {new}")
                seen[ending] = seen.get(ending, 0) + 1
        self.assertGreater(seen["partial"], 0)
        self.assertGreater(seen["complete"], 0)

    def test_cut_at_every_byte(self):
        whole = both()
        endings = [self.check(whole[:at], f"the first {at} bytes") for at in range(len(whole) + 1)]
        self.assertEqual({"refused", "partial", "complete"}, set(endings))
        self.assertEqual(endings, sorted(endings, key=["refused", "partial", "complete"].index))
        for at in range(0, len(whole), 5):
            self.check(whole[at:], f"without the first {at} bytes")

    def test_every_line_lost_doubled_or_swapped(self):
        lines = both().splitlines(True)
        for i in range(len(lines)):
            self.check(b"".join(lines[:i] + lines[i + 1:]), f"without line {i + 1}")
            self.check(b"".join(lines[:i] + lines[i:i + 2][::-1] + lines[i + 2:]), f"lines {i + 1} and {i + 2} swapped")

    def test_blocks_lost(self):
        whole = both()
        randoms = random.Random(6)
        for _ in range(300):
            at, length = randoms.randrange(len(whole)), randoms.randrange(1, 600)
            self.check(whole[:at] + whole[at + length:], f"{length} bytes lost at {at}")

    def test_the_line_is_named(self):
        whole = both()
        at = whole.index(b'"median":100') + 10
        found = capture_choice.choose(capture.Capture(whole[:at] + b"2" + whole[at + 1:]), "x", "make record")
        line = line_of(whole, b'"median":100')
        self.assertIn(f"line {line}: a garbled event", found.partial)
        self.assertTrue(any("1 of 4 benchmarks are missing" in text for text in found.partial), found.partial)

    def test_harmless_damage_is_a_note(self):
        whole = both()
        at = whole.index(b'"start"')
        found = capture_choice.choose(capture.Capture(whole[:at] + whole[at + 1:]), "x", "make record")
        self.assertEqual(found.partial, [])
        self.assertEqual(found.notes, [f"line {line_of(whole, b'start')}: a garbled event ({capture_choice.GONE})"])
