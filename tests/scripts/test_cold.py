"""The benchmarks of cold caches: asked for, recorded, shown beside the warm ones."""
from scripts.base.common import BatonError
from scripts.records import events, record
from scripts.show import chart_bars, table
from tests.scripts import support
from tests.scripts.metal_support import boot_lines, capture_of
from tests.scripts.support import OFF, ON, console, event, make_record, summed

MIB = 1 << 20
HOW = {"cache": 8 * MIB, "walk": 16 * MIB, "pages": 4032, "code": 512 << 10, "hit": 40, "miss": 400}
WARM = "ipc.call/same/fast/0w"
COLD = {**ON, f"{WARM}/cold": 1000}
SLOW = {**OFF, "ipc.call/same/slow/0w/cold": 2000}


def with_event(lines, **how):
    return [*lines[:-2], event(event="cold", **how), *lines[-2:]]


class Asking(support.Workspace):
    def words(self, **env):
        self.fake_measurement()
        self.assertEqual(self.bench(**env).returncode, 0)
        return self.calls()[0]

    def test_the_guest_decides_unless_told(self):
        self.assertNotIn("cold=", self.words())
        self.assertNotIn("cold=", self.words(COLD="auto"))

    def test_the_word_reaches_the_guest(self):
        self.assertIn(" cold=on", self.words(COLD="on"))

    def test_other_words_are_refused(self):
        self.fake_measurement()
        self.assert_error(self.bench(COLD="1"), 2, "COLD=1", "auto, on, off")

    def test_who_compares_gets_them_only_by_name(self):
        self.fake_measurement()
        done = self.run_script("verbs.compare", "--build", self.build, "--results", self.results, "--base", self.saved(), BACKEND="tcg")
        self.assertIn(" cold=off", self.calls()[0], done.stderr)

    def saved(self):
        return record.save(self.results, make_record())


class Recording(support.Workspace):
    def measure(self, **env):
        self.fake_qemu(self.replay(with_event(console("on", COLD), **HOW)), self.replay(with_event(console("off", SLOW), **HOW)))
        done = self.bench(**env)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done, record.read(record.run_paths(self.results, "tcg")[0])

    def test_what_evicted_is_in_the_record(self):
        done, run = self.measure()
        self.assertEqual(run["cold"], HOW)
        self.assertEqual(run["options"]["cold"], "auto")
        rows = [line.split() for line in done.stdout.splitlines()]
        self.assertIn(["ipc.call/same/0w", "1000", "1001", "100", "10.0x", "2000", "2001", "250", "8.0x"], rows)
        self.assertIn("16 MiB are read (the largest cache has 8 MiB), 4032 pages for the TLBs, and 512 KiB", done.stdout)

    def test_they_are_no_rows_of_the_other_tables(self):
        done, _ = self.measure()
        self.assertEqual(sum(line.startswith("ipc.call/same/0w") for line in done.stdout.splitlines()), 2)
        self.assertNotIn("/cold ", done.stdout)

    def test_what_was_forced_is_not_the_latest(self):
        self.measure(COLD="on")
        self.assertFalse(record.latest_path(self.results, "tcg").exists())

    def test_a_capture_of_bare_metal_has_it_too(self):
        boots = [boot_lines(path, medians, options={"cold": "auto"}) for path, medians in (("on", COLD), ("off", SLOW))]
        for lines in boots:
            lines.insert(-2, summed(event(event="cold", **HOW).replace('": ', '":').replace(', "', ',"')))
        (self.dir / "serial.log").write_bytes(capture_of(*boots))
        done = self.run_script("verbs.metal", "--results", self.results, "--no-charts", CAPTURE=str(self.dir / "serial.log"))
        self.assertEqual(done.returncode, 0, done.stderr)
        run = record.read(record.latest_path(self.results, "metal"))
        self.assertEqual((run["cold"], run["options"]["cold"]), (HOW, "auto"))

    def test_an_event_that_cannot_be_is_refused(self):
        for how in ({**HOW, "hit": -1}, {**HOW, "walk": "much"}, {k: v for k, v in HOW.items() if k != "pages"}):
            log = events.BootLog("on")
            with self.subTest(how), self.assertRaisesRegex(BatonError, "a malformed event"):
                for line in with_event(console("on", COLD), **how):
                    log.line(line)

    def test_a_record_that_cannot_be_is_refused(self):
        for cold in (7, {}, {**HOW, "miss": 1.5}):
            with self.subTest(cold), self.assertRaisesRegex(ValueError, "cold"):
                record.check(make_record(cold=cold))


class Showing(support.Workspace):
    def run_of(self, **how):
        return make_record({**COLD, **SLOW}, "kvm", cold={**HOW, **how})

    def test_a_machine_without_the_memory(self):
        self.assertIn("that is not twice the cache", "\n".join(table.cold_notes(self.run_of(walk=12 * MIB))))
        self.assertNotIn("warning", "\n".join(table.cold_notes(self.run_of())))

    def test_an_eviction_that_does_not_help(self):
        self.assertIn("these numbers are not cold", "\n".join(table.cold_notes(self.run_of(miss=60))))

    def test_caches_of_unknown_size(self):
        self.assertIn("CPUID does not say", "\n".join(table.cold_notes(self.run_of(cache=0))))

    def test_without_the_warm_one_there_is_no_ratio(self):
        text = table.render(make_record({f"{WARM}/cold": 1000}, "kvm", cold=HOW))
        self.assertIn(["ipc.call/same/0w", "1000", "1001", "-", "-", "-", "-", "-", "-"], [line.split() for line in text.splitlines()])

    def test_charts_of_their_own(self):
        charts = {c.name: c.body for c in chart_bars.charts(self.run_of())}
        self.assertLessEqual({"cold-vs-warm-fast", "cold-vs-warm-slow"}, set(charts))
        self.assertNotIn("cold", charts["fast-vs-slow"])

    def test_the_report_has_them(self):
        record.save(self.results, self.run_of())
        done = self.run_script("verbs.report", "--results", self.results)
        self.assertEqual(done.returncode, 0, done.stderr)
        page = (self.results / "report.html").read_text(encoding="utf-8")
        for part in ("Cold caches, cycles", "10.0x", "Cold caches, fast path"):
            self.assertIn(part, page)
