"""Performance counters: asked for, joined from two sets of boots, recorded, shown."""
import json

from scripts.base.common import BatonError
from scripts.records import events, record
from scripts.show import counter_table
from tests.scripts import formats, json_schema, support
from tests.scripts.metal_support import boot_lines, capture_of
from tests.scripts.support import OFF, ON, console, event, make_record, summed

FIRST, REST = record.EVENTS[:6], record.EVENTS[6:]
ID = "ipc.call/same/fast/0w"


def counts_of(names, median=7):
    return {name: {"median": median * (i + 1), "mean": median * (i + 1) + 0.25} for i, name in enumerate(names)}


def with_counters(lines, names, left="", ids=None, running=True):
    """A console whose benchmarks were counted."""
    out = []
    for line in lines:
        if '"plan"' in line:
            out.append(event(event="pmu", counted=" ".join(names), left=left, running=running))
        out.append(line)
        if '"result"' in line:
            benchmark = json.loads(line[len("#baton "):])["id"]
            if ids is None or benchmark in ids:
                out.append(event(event="counters", id=benchmark, n=101, counts=counts_of(names)))
    return out


class Counting(support.Workspace):
    def fake_sets(self, first=FIRST, left=" ".join(REST), rest=("cycles", "instructions", *REST)):
        """QEMU's four boots: the first two count one set of events, the others another."""
        scripts = []
        for path, medians in (("on", ON), ("off", OFF)):
            one = self.replay(with_counters(console(path, medians), first, left))
            other = self.replay(with_counters(console(path, medians), rest))
            scripts.append(f'case "$*" in *pmu_tlb=on*) {other} ;; *) {one} ;; esac')
        self.fake_qemu(*scripts)

    def measured(self, **env):
        done = self.bench(**env)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout, record.read(record.run_paths(self.results, "tcg")[0])

    def test_who_does_not_ask_gets_none(self):
        self.fake_measurement()
        text, run = self.measured()
        self.assertNotIn("pmu", self.calls()[0] + text)
        self.assertNotIn("pmu", run)

    def test_the_events_of_two_sets_are_joined(self):
        self.fake_sets()
        text, run = self.measured(PMU="1", SAMPLES="1000")
        calls = self.calls()
        self.assertEqual(len(calls), 4)
        self.assertIn("samples=1000 pmu=on", calls[0])
        self.assertIn("samples=101 pmu=on pmu_tlb=on", calls[2])
        self.assertEqual(run["pmu"], {"counted": list(record.EVENTS), "left": [], "running": True})
        counts = record.by_id(run)[ID]["counters"]["counts"]
        self.assertEqual(set(counts), set(record.EVENTS))
        self.assertEqual(counts["instructions"], counts_of(FIRST)["instructions"])  # of the first set, not of the other
        self.assertEqual(counts["dtlb_misses"], counts_of(("cycles", "instructions", *REST))["dtlb_misses"])
        rows = [line.split() for line in text.splitlines()]
        self.assertIn([ID, "7", "14", "2.00", "21.25", "28.25", "35.25", "42.25", "21.25", "28.25"], rows)

    def test_the_cycles_are_those_of_the_first_boots(self):
        self.fake_sets()
        _, run = self.measured(PMU="1")
        self.assertEqual({b["id"]: b["median"] for b in run["benchmarks"]}, {**ON, **OFF})
        self.assertTrue(record.is_complete(run))

    def test_enough_counters_need_no_further_boots(self):
        self.fake_sets(first=record.EVENTS, left="")
        self.measured(PMU="1")
        self.assertEqual(len(self.calls()), 2)

    def test_what_still_has_no_counter_is_said(self):
        self.fake_sets(rest=("cycles", "instructions", "dtlb_misses"))
        text, run = self.measured(PMU="1")
        self.assertEqual(run["pmu"]["left"], ["itlb_misses"])
        self.assertIn("no counter was left for: iTLB-miss", text)

    def test_a_cpu_without_counters_is_measured_all_the_same(self):
        self.fake_qemu(*(self.replay(with_counters(console(p, m), (), ids=(), running=False)) for p, m in (("on", ON), ("off", OFF))))
        text, run = self.measured(PMU="1")
        self.assertEqual(len(self.calls()), 2)
        self.assertIn("performance counters: none: this CPU, or the hypervisor beneath, shows no", text)
        self.assertEqual(len(run["benchmarks"]), len(ON) + len(OFF))

    def test_a_capture_of_bare_metal_has_them_too(self):
        def as_guest(line):
            return summed(line.replace('": ', '":').replace(', "', ',"')) if line.startswith("#baton") and '"sum"' not in line else line
        boots = [[as_guest(line) for line in with_counters(boot_lines(p, m), FIRST, ids=())] for p, m in (("on", ON), ("off", OFF))]
        boots[0].insert(-1, as_guest(event(event="counters", id=ID, n=101, counts=counts_of(FIRST))))
        (self.dir / "serial.log").write_bytes(capture_of(*boots))
        done = self.run_script("verbs.metal", "--results", self.results, "--no-charts", CAPTURE=str(self.dir / "serial.log"))
        self.assertEqual(done.returncode, 0, done.stderr)
        run = record.read(record.latest_path(self.results, "metal"))
        self.assertEqual(record.by_id(run)[ID]["counters"], {"n": 101, "counts": counts_of(FIRST)})
        self.assertEqual(run["pmu"]["counted"], list(FIRST))
        self.assertIn("performance counters", done.stdout)


class Refusing(support.Workspace):
    def take(self, lines):
        log = events.BootLog("on")
        for line in lines:
            log.line(line)

    def test_events_that_cannot_be(self):
        self.take(with_counters(console("on", ON), FIRST))
        good = with_counters(console("on", ON), FIRST, ids=["syscall.null"])
        twice = next(line for line in good if '"counters"' in line)
        for what, line in (("reported twice", twice), ("has no result", event(event="counters", id="no.such", n=1, counts={})),
                           ("there is no event", event(event="counters", id=ID, n=1, counts=counts_of(["naps"]))),
                           ("n: is 0", event(event="counters", id=ID, n=0, counts={})),
                           ("are no events", event(event="pmu", counted="cycles naps", left="", running=True)),
                           ("running", event(event="pmu", counted="cycles", left="", running="yes"))):
            with self.subTest(what), self.assertRaisesRegex(BatonError, what):
                self.take([*good[:-1], line])

    def test_records_that_cannot_be(self):
        for changes in ({"pmu": {}}, {"pmu": {"counted": ["cycles", "cycles"], "left": [], "running": True}}, {"pmu": 1}):
            with self.subTest(changes), self.assertRaisesRegex(ValueError, "pmu"):
                record.check(make_record(**changes))
        for counters in (1, {"n": 1}, {"n": 1, "counts": {"cycles": {"median": -1, "mean": 0}}}):
            run = make_record()
            run["benchmarks"][0]["counters"] = counters
            with self.subTest(counters), self.assertRaisesRegex(ValueError, "counters"):
                record.check(run)

    def test_the_schema_knows_them(self):
        run = make_record(pmu={"counted": list(FIRST), "left": [], "running": True})
        run["benchmarks"][0]["counters"] = {"n": 101, "counts": counts_of(FIRST)}
        record.check(run)
        schema = json.loads((support.ROOT / "docs/record.schema.json").read_text(encoding="utf-8"))
        self.assertEqual(json_schema.errors(schema, run), [])
        run["benchmarks"][0]["counters"]["counts"]["cycles"]["median"] = -1
        self.assertNotEqual(json_schema.errors(schema, run), [])


class Showing(support.Workspace):
    def text(self, counts, **pmu):
        run = make_record({ID: 40}, pmu={"counted": list(counts), "left": [], "running": True, **pmu})
        run["benchmarks"][0]["counters"] = {"n": 101, "counts": counts}
        return counter_table.render(run)

    def test_what_is_not_counted_here(self):
        text = self.text({"cycles": {"median": 200, "mean": 201.5}, "l1d_misses": {"median": 0, "mean": 0.125}})
        self.assertIn("not counted on this CPU: instr, br-miss, L2-miss", text)
        self.assertIn([ID, "200", "-", "-", "-", "0.12", "-", "-", "-", "-"], [line.split() for line in text.splitlines()])

    def test_no_cycles_no_ratio(self):
        self.assertIn([ID, "0", "5", "-", *["-"] * 6], [line.split() for line in self.text(
            {"cycles": {"median": 0, "mean": 0}, "instructions": {"median": 5, "mean": 5}}).splitlines()])

    def recorded(self):
        run = make_record({ID: 40, "syscall.null": 10}, "kvm", pmu={"counted": list(FIRST), "left": [], "running": True})
        run["benchmarks"][0]["counters"] = {"n": 101, "counts": counts_of(FIRST)}
        record.save(self.results, run)

    def test_the_report_has_them(self):
        self.recorded()
        done = self.run_script("verbs.report", "--results", self.results)
        self.assertEqual(done.returncode, 0, done.stderr)
        page = (self.results / "report.html").read_text(encoding="utf-8")
        for part in ("Performance counters, one operation", "L1d-miss", "21.25", "not counted on this CPU: dTLB-miss, iTLB-miss"):
            self.assertIn(part, page)

    def test_every_format_carries_on(self):
        self.recorded()
        text = {name: self.run_script("verbs.export", "--results", self.results, FORMAT=name, BACKEND="kvm").stdout
                for name in ("go", "github", "bencher", "openmetrics", "csv")}
        results, units = formats.go(text["go"])
        self.assertEqual(units["pmu-l1d-misses"], {"better": "lower"})
        self.assertEqual(results[0][2]["pmu-cycles"], 7.25)
        self.assertEqual(set(results[1][2]), {"cycles"})
        self.assertEqual(formats.bencher(text["bencher"])[ID]["pmu-branch-misses"]["value"], 21.25)
        self.assertIn(f'baton_operation_events{{backend="kvm",benchmark="{ID}",event="l2-misses"}} 35.25', text["openmetrics"])
        formats.openmetrics(text["openmetrics"])
        formats.github(text["github"])
        self.assertEqual(text["csv"].splitlines()[0].split(",")[5:], [ID, "syscall.null"])

    def test_counters_that_stand_still(self):
        self.assertIn("stand still", counter_table.notes(make_record(pmu={"counted": ["cycles"], "left": [], "running": False}))[0])

    def test_the_names_are_the_guests(self):
        source = (support.ROOT / "bench/counters.c").read_text(encoding="utf-8")
        for name in record.EVENTS:
            self.assertIn(f'= "{name}"', source)
        self.assertIn("OPERATIONS = 101,", source)
