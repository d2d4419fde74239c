"""The text block: what is read is what was written; every slip is found, and forgiven where nothing else can be meant."""
import json
import os
import pty
import random
import re
import select
import subprocess
import unittest
from unittest import mock

from scripts.base import patience
from scripts.judge import history, trail
from scripts.records import block, block_read, record
from scripts.show import report_parts, summary
from tests.scripts import json_schema, support
from tests.scripts.metal_support import MACHINE, block_lines, noisy_results

LISTS = {path: ids for path, ids in block.ids_of_tree().items() if path != "sdk"}  # that has no block
RESULTS = {path: noisy_results(ids, random.Random(7)) for path, ids in LISTS.items()}
ON, OFF = (block_lines(path, LISTS[path], RESULTS[path]) for path in ("on", "off"))
# What an OCR program or a tired reader makes of a character.
SLIPS = {"0": "OoQD", "1": "Il|iTJ", "2": "Zz", "5": "Ss$", "8": "B&", "6": "Gb", "B": "8", "S": "5", "Z": "2", "G": "6", "D": "0O",
         "Q": "O0", "4": "A", "A": "4", "V": "UvY", "W": "w", "M": "N", "N": "M", "E": "F", "F": "E", "P": "R", "R": "P", "7": "1?",
         "9": "g", "C": "(c", "T": "7", "K": "kX", "X": "xK", "Y": "V", "J": "1j", "H": "N", "3": "8"}


def read(lines):
    return block_read.from_text("\n".join(lines))[0]


class Reading(unittest.TestCase):
    def test_all_numbers_come_back(self):
        found = read(ON + OFF)
        self.assertEqual({path: b.results for path, b in found.items()}, RESULTS)
        on = found["on"]
        self.assertEqual((on.tsc_hz, on.brand, on.commit, on.image, on.signature, on.mitigations, on.samples),
                         (2_995_199_000, MACHINE["cpu"], "0123456789", "abababab", 0x906ea, 3, 1000))

    def test_flags_refused_and_not_asked(self):
        results = {**RESULTS["on"], LISTS["on"][3]: "refused", LISTS["on"][5]: None}
        for name in ("dirty", "virtual", "forced"):
            found = read(block_lines("on", LISTS["on"], results, **{name: 1}))["on"]
            self.assertEqual([n for n in ("dirty", "virtual", "forced") if getattr(found, n)], [name])
            self.assertEqual((found.refused, found.not_asked), ([LISTS["on"][3]], [LISTS["on"][5]]))

    def test_numbers_of_any_size(self):
        randoms = random.Random(8)
        for top in (1, 2, 10, 1000, 10**6, 2**38):
            results = dict.fromkeys(LISTS["off"])
            for name in LISTS["off"][:12]:
                ticks = sorted(randoms.randrange(top) for _ in range(5))
                results[name] = {"id": name, "n": 1000, **dict(zip(("min", "q1", "median", "q3", "p99"), ticks))}
            self.assertEqual(read(block_lines("off", LISTS["off"], results))["off"].results, {i: r for i, r in results.items() if r})

    def test_it_is_not_much_to_type(self):
        typed = sum(len(block.normal(line)) for line in ON + OFF)
        self.assertLess(typed, 1300, "characters for both boots, numbers included")
        self.assertLess(len(ON + OFF), 35)

    def test_case_blanks_and_look_alikes_do_not_matter(self):
        for change in (str.lower, lambda t: t.replace(" ", ""), lambda t: f"   {t}  ", lambda t: t.replace(" ", "   "),
                       lambda t: t[:3] + t[3:].replace("0", "O").replace("1", "I"), lambda t: t.replace("0", "o").replace("1", "l"),
                       lambda t: t[:3] + "-".join(t[3:].split())):
            self.assertEqual(read([change(line) for line in ON])["on"].results, RESULTS["on"])

    def test_other_lines_do_no_harm(self):
        between = ["", "The results of this boot", '#baton {"event":"done","sum":"c5482707"}', "12 benchmarks were measured", "baton: x",
                   "  syscall.null                     median     10  min     10  p99     10", "=" * 60, "07", "done"]
        self.assertEqual(read([x for line in ON for x in (*between, line)])["on"].results, RESULTS["on"])

    def test_order_does_not_matter_and_the_last_boot_counts(self):
        self.assertEqual(read(OFF + ON)["off"].results, RESULTS["off"])
        older = block_lines("on", LISTS["on"], {i: {**r, "p99": r["p99"] + 1} for i, r in RESULTS["on"].items()})
        self.assertEqual(read(older + ON)["on"].results, RESULTS["on"])


class Slips(unittest.TestCase):
    def test_every_character_mistyped_and_every_swap_is_found_in_its_line(self):
        """All lines, all places, all other characters; and of numbers, all digits."""
        tried = 0
        for line in ON + OFF:
            number, text = block.split(line)
            self.assertTrue(block.is_right(number, text))
            for i, c in enumerate(text):
                for other in block.ALPHABET:
                    if other != c:
                        tried += 1
                        self.assertFalse(block.is_right(number, text[:i] + other + text[i + 1:]), (line, i, other))
                swapped = text[:i] + text[i + 1:i + 2] + c + text[i + 2:]
                self.assertFalse(swapped != text and block.is_right(number, swapped), (line, i))
            for other in range(100):
                self.assertFalse(other != number and block.is_right(other, text), (line, other))
        self.assertGreater(tried, 25000)

    def test_a_lost_or_doubled_character_is_found(self):
        for line in ON + OFF:
            number, text = block.split(line)
            for i in range(len(text)):
                self.assertFalse(block.is_right(number, text[:i] + text[i + 1:]))
                self.assertFalse(block.is_right(number, text[:i] + text[i] + text[i:]))

    def judge(self, lines, number):
        """Damaged lines give what was written, or an error that names the line."""
        try:
            found, notes = block_read.from_text("\n".join(lines))
        except block.BadBlock as error:
            self.assertIn(f"line {number:02}", f"{error} {error.details}")
            return "refused"
        self.assertEqual(found["on"].results, RESULTS["on"])
        if notes:
            self.assertIn(f"line {number:02}", notes[0])
        return "read"

    def test_one_slip_of_the_usual_kinds_is_read_all_the_same(self):
        randoms, seen = random.Random(9), []
        for c in randoms.sample(sorted(SLIPS), 20):
            for other in randoms.choice(SLIPS[c]):
                at = randoms.choice([i for i, line in enumerate(ON) if c in line[3:]])
                place = ON[at].index(c, 3)
                damaged = ON[:at] + [ON[at][:place] + other + ON[at][place + 1:]] + ON[at + 1:]
                seen.append(self.judge(damaged, at + 1))
        self.assertGreater(seen.count("read"), 0.95 * len(seen))

    def test_slips_in_three_lines_at_once(self):
        randoms, seen = random.Random(10), []
        for _ in range(8):
            lines = list(ON)
            for at in randoms.sample(range(len(lines)), 3):
                place = randoms.choice([i for i in range(3, len(lines[at])) if lines[at][i] in SLIPS])
                lines[at] = lines[at][:place] + randoms.choice(SLIPS[lines[at][place]]) + lines[at][place + 1:]
            try:
                seen.append(read(lines)["on"].results == RESULTS["on"])
            except block.BadBlock:
                seen.append(None)
        self.assertNotIn(False, seen)
        self.assertGreater(seen.count(True), 5)

    def test_random_garbage_in_a_line_is_named_and_never_another_number(self):
        randoms = random.Random(11)
        for _ in range(12):
            at = randoms.randrange(len(ON))
            line = list(ON[at])
            for place in randoms.sample(range(3, len(line)), randoms.randrange(3, 12)):
                line[place] = randoms.choice(block.ALPHABET)
            self.judge(ON[:at] + ["".join(line)] + ON[at + 1:], at + 1)

    def test_a_line_missing_twice_or_under_another_number(self):
        for at in range(len(ON)):
            self.assertEqual(self.judge(ON[:at] + ON[at + 1:], at + 1), "refused")
            self.assertEqual(self.judge(ON[:at] + [ON[at]] + ON[at:], at + 1), "read")
        self.assertEqual(self.judge(ON[:4] + ["08" + ON[4][2:]] + ON[5:], 5), "read")

    def test_lines_of_two_boots(self):
        other = block_lines("on", LISTS["on"], {i: {**r, "min": 0} for i, r in RESULTS["on"].items()})
        with self.assertRaisesRegex(block.BadBlock, "sum over all lines|goes on, or lines of two boots are mixed"):
            read(ON[:4] + [other[4]] + ON[5:])
        with self.assertRaisesRegex(block.BadBlock, "line 05 is there twice"):
            read(ON[:5] + [other[4]] + ON[5:])

    def test_no_block(self):
        for text in ("", "Linux version 6.1\n" * 9, "\n".join(line[3:] for line in ON[:1]).lower()):
            with self.assertRaisesRegex(block.BadBlock, "no line of a text block"):
                block_read.from_text(text)

    def test_another_list_of_benchmarks(self):
        with self.assertRaisesRegex(block.BadBlock, r"of commit 00000000ff.*other benchmarks.*git worktree add \S* 00000000ff"):
            read(block_lines("on", LISTS["on"][:-1], RESULTS["on"], commit="00000000ff"))

    def test_the_list_of_its_commit_is_taken_where_there_is_one(self):
        ids = ["a.b", "c.d"]
        results = noisy_results(ids, random.Random(1))
        with mock.patch("scripts.source.gitlog.git", return_value="# old\n\n[fastpath=on]\na.b\nc.d\n"):
            self.assertEqual(read(block_lines("on", ids, results))["on"].results, results)

    def test_another_form(self):
        first = block.split(ON[0])[1][:-3]
        line = f"01 {'2' + first[1:]}{block.check_of(1, '2' + first[1:])}"
        with self.assertRaisesRegex(block.BadBlock, "has form 2, this script reads form 1"):
            read([line, *ON[1:]])


class Recording(support.Workspace):
    def record(self, lines, **env):
        path = self.dir / "typed.txt"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return self.run_script("verbs.metal", "--results", self.results, "--no-charts", **{"BLOCK": str(path), **env})

    def runs(self):
        return [record.read(path) for path in record.run_paths(self.results, "metal")]

    def test_two_blocks_make_one_record(self):
        done = self.record(ON + OFF)
        self.assertEqual(done.returncode, 0, done.stderr)
        run = record.read(record.latest_path(self.results, "metal"))
        self.assertEqual({b["id"]: b["median"] for b in run["benchmarks"]},
                         {i: r["median"] for results in RESULTS.values() for i, r in results.items()})
        self.assertEqual((run["statistics"], run["backend"], run["unit"], run["commit"]), ("short", "metal", "cycles", "unknown"))
        self.assertIn("no commit 0123456789", done.stderr)
        self.assertEqual((run["host"]["cpu_model"], run["host"]["cpu_family"], run["host"]["cpu_number"], run["host"]["cpu_stepping"]),
                         (MACHINE["cpu"], 6, 158, "10"))
        self.assertEqual((run["mitigations"], run["options"]["only"], run["image_sha256"]), ("kpti,verw", "*", "abababab"))

    def test_files_of_all_editors(self):
        text = "\n".join(ON + OFF) + "\n"
        for data in (text.replace("\n", "\r\n").encode("utf-8-sig"), text.replace("\n", "\r\n").encode("utf-16"),
                     text.replace(" ", "\u00a0").encode(), text.replace(" ", " \u2013 ", 1).encode()):
            path = self.dir / "typed.txt"
            path.write_bytes(data)
            done = self.run_script("verbs.metal", "--results", self.results, "--no-charts", BLOCK=str(path))
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_the_commit_of_this_tree(self):
        from scripts.machine import hostinfo
        commit = hostinfo.commit()[0]
        for path, ids in LISTS.items():
            lines = block_lines(path, ids, RESULTS[path], commit=commit[:10])
            self.record(lines)
        self.assertEqual({run["commit"] for run in self.runs()}, {commit})

    def test_one_block_only_is_a_part(self):
        done = self.record(ON)
        self.assertEqual(done.returncode, 1)
        self.assertIn("baton: 1 thing is missing (there is no block of a boot with fastpath=off)", done.stderr)
        self.assertFalse(record.latest_path(self.results, "metal").exists())

    def test_a_virtual_machine(self):
        lines = [x for path, ids in LISTS.items() for x in block_lines(path, ids, RESULTS[path], virtual=1)]
        self.assertEqual(self.record(lines).returncode, 0)
        self.assertTrue(self.runs()[0]["virtual"])
        self.assertFalse(record.latest_path(self.results, "metal").exists())

    def test_blocks_of_two_machines(self):
        other = block_lines("off", LISTS["off"], RESULTS["off"], brand="Another CPU")
        self.assert_error(self.record(ON + other), 1, "not of one machine", "Another CPU")
        self.assertEqual(self.runs(), [])

    def test_a_wrong_line_is_named_and_nothing_recorded(self):
        wrong = ON[2][:8] + "ZZZZZZZ" + ON[2][15:]
        self.assert_error(self.record([*ON[:2], wrong, *ON[3:], *OFF]), 1, "line 03 (line 3 of the file) is wrong")
        self.assertEqual(self.runs(), [])

    def test_the_schema(self):
        self.record(ON + OFF)
        schema = json.loads((support.ROOT / "docs/record.schema.json").read_text(encoding="utf-8"))
        run = self.runs()[0]
        self.assertEqual(json_schema.errors(schema, run), [])
        for changes in ({"statistics": "long"}, {"benchmarks": [{**run["benchmarks"][0], "max": 10**9}]},
                        {"benchmarks": [{k: v for k, v in run["benchmarks"][0].items() if k != "q3"}]}):
            self.assertTrue(json_schema.errors(schema, {**run, **changes}), changes)
            with self.assertRaises(ValueError):
                record.check({**run, **changes})
        whole = {k: v for k, v in run.items() if k != "statistics"}
        self.assertTrue(json_schema.errors(schema, whole))
        with self.assertRaises(ValueError):
            record.check(whole)

    def test_every_export_and_the_report_take_it(self):
        self.record(ON + OFF)
        for name in ("go", "github", "bencher", "openmetrics", "csv"):
            done = self.run_script("verbs.export", "--results", self.results, FORMAT=name, BACKEND="metal")
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.run_script("records.peers", "--results", self.results).returncode, 0)
        [run] = self.runs()
        trails = {t.id: t for t in trail.trails([run], history.steps([run]))}
        page = "".join(str(part) for part in (*summary.summary([run], None, None, [None, None], [], trails),
                                              report_parts.results(run), report_parts.host(run)))
        self.assertTrue("those of a text block: no max, mean, deviation" in page)
        row = page[page.index('id="n-metal-syscall.null"'):].split("</tr>")[0]
        numbers = [str(RESULTS["on"]["syscall.null"][k]) for k in ("median", "min", "q1", "q3", "p99")]
        self.assertEqual(re.findall(r">([^<>]+)</(?:a|td)>", row), ["syscall.null", *numbers, "-", "-", "1000"])


class Typing(support.Workspace):
    """On a terminal: a line at a time, each judged at once."""

    def type(self, lines, **env):
        """(exit code, what the terminal showed)"""
        ours, theirs = pty.openpty()
        process = subprocess.Popen(self.command("verbs.metal", "--results", self.results, "--no-charts"), stdin=theirs, stdout=theirs,
                                   stderr=theirs, env=self.environment({"BLOCK": "-", **env}), start_new_session=True)
        os.close(theirs)
        self.addCleanup(lambda: (process.kill(), process.wait()))
        shown, asked = b"", 0
        pending, pulse = list(lines), patience.Pulse(process.pid)
        try:
            while True:
                if not select.select([ours], [], [], pulse.every)[0]:  # clock: until the next look
                    pulse.look()
                    continue
                try:
                    shown += os.read(ours, 65536)
                except OSError:  # the other side is closed
                    break
                if len(re.findall(rb"(?m)^\d\d ", shown)) > asked and pending and re.search(rb"(?:^|\n)\d\d $", shown):
                    asked = len(re.findall(rb"(?m)^\d\d ", shown))
                    os.write(ours, pending.pop(0).encode() + b"\n")
        finally:
            os.close(ours)
        return patience.wait(process), shown.decode("utf-8", "replace")

    def test_all_lines(self):
        code, shown = self.type([line[3:] for line in ON] + [line.lower() for line in OFF])
        self.assertEqual(code, 0, shown)
        self.assertIn("the boot with fastpath=on is whole", shown)
        run = record.read(record.latest_path(self.results, "metal"))
        self.assertEqual(record.by_id(run)["syscall.null"]["median"], RESULTS["on"]["syscall.null"]["median"])

    def test_a_wrong_line_is_asked_for_again(self):
        slip = ON[1][:10] + ("8" if ON[1][10] != "8" else "9") + ON[1][11:]
        code, shown = self.type([ON[0], slip, "y", "ABC", *ON[2:], *OFF])
        self.assertEqual(code, 0, shown)
        self.assertIn("wrong. Is it this?", shown)
        self.assertIn("wrong: 3 characters, a line has 40", shown)

    def test_what_was_typed_is_given_back(self):
        code, shown = self.type([*ON[:3], ""])
        self.assertEqual(code, 1, shown)
        self.assertIn("line 04 is missing", shown)
        self.assertIn("These lines were right", shown)
        self.assertIn(ON[1], shown.split("These lines were right")[1])
