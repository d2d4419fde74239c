"""What is shown beside the numbers: times, units, orders, axes, what was held, what counts as whole; each with values of its own."""
import calendar
import json
import os
import re
import time

from scripts.judge import changes, gate_compare, history
from scripts.records import footprint_record, record
from scripts.show import chart_bars, chart_history, table
from scripts.verbs import export
from tests.scripts import distinct, formats, support
from tests.scripts.distinct import FAST, SINGLE, SLOW


def counted(number=0):
    """A record whose counts of events have other means than medians, each its own."""
    run = distinct.make((SINGLE, FAST), number=number)
    for i, b in enumerate(run["benchmarks"]):
        counts = {e: {"median": 300 + 10 * k + i, "mean": 500.5 + 10 * k + i} for k, e in enumerate(record.EVENTS)}
        b["counters"] = {"n": 31, "counts": counts}
    return run


MEANS = {(b["id"], event): count["mean"] for b in counted()["benchmarks"] for event, count in b["counters"]["counts"].items()}


class Exports(support.Workspace):
    def test_openmetrics_has_the_time_of_the_record_wherever_one_is(self):
        zone = os.environ.get("TZ")
        self.addCleanup(time.tzset)
        self.addCleanup(lambda: os.environ.pop("TZ", None) if zone is None else os.environ.update(TZ=zone))
        run = distinct.make((SINGLE,))
        wanted = calendar.timegm(time.strptime(run["date"], "%Y-%m-%dT%H:%M:%SZ"))
        for there in ("UTC", "XYZ-9", "XYZ5"):
            os.environ["TZ"] = there
            time.tzset()
            times = {int(line.split()[-1]) for line in export.openmetrics([run]).splitlines() if not line.startswith("#")}
            self.assertEqual(times, {wanted}, there)

    def test_counts_of_events_are_means(self):
        found = {}
        for row in export.go([counted()]).splitlines():
            words = row.split()
            if row.startswith("Benchmark"):
                found |= {(words[0], unit): float(value) for value, unit in zip(words[4::2], words[5::2])}
        self.assertEqual(found, {(export._go_name(i), f"pmu-{e.replace('_', '-')}"): mean for (i, e), mean in MEANS.items()})
        rows = json.loads(export.bencher([counted()]))
        self.assertEqual({(i, unit.removeprefix("pmu-").replace("-", "_")): value["value"] for i, row in rows.items()
                          for unit, value in row.items() if unit.startswith("pmu-")}, MEANS)
        lines = re.findall(r'^baton_operation_events\{.*benchmark="(.*?)",event="(.*?)"\} (\S+)', export.openmetrics([counted()]), re.M)
        self.assertEqual({(i, event.replace("-", "_")): float(mean) for i, event, mean in lines}, MEANS)

    def test_csv_has_the_columns_of_the_last_run_first(self):
        runs = [distinct.make((SLOW, FAST)), distinct.make((SINGLE, FAST), number=1)]
        self.assertEqual(formats.csv(export.as_csv(runs))[0][5:], [SINGLE, FAST, SLOW])

    def test_a_dirty_tree_is_said(self):
        for dirty in (False, True):
            run = {**distinct.make((SINGLE,)), "dirty": dirty}
            self.assertEqual(f"{run['commit']}-dirty" in export.go([run]), dirty)
            self.assertIn(f'dirty="{str(dirty).lower()}"', export.openmetrics([run]))
            self.assertEqual(formats.csv(export.as_csv([run]))[1][2], str(dirty).lower())


class ColdCaches(support.Workspace):
    HOW = {"cache": 5 << 20, "walk": 11 << 20, "pages": 4032, "code": 768 << 10, "hit": 41, "miss": 407}

    def notes(self, **changes):
        return "\n".join(table.cold_notes({**distinct.make(), "cold": {**self.HOW, **changes}}))

    def test_each_number_stands_where_it_belongs(self):
        told = self.notes()
        for words in ("11 MiB are read", "the largest cache has 5 MiB", "4032 pages for the TLBs", "768 KiB of branches",
                      "takes 41 cycles in the first-level cache, 407 after that"):
            self.assertIn(words, told)
        self.assertNotIn("warning", told)

    def test_where_a_warning_begins(self):
        twice, hardly = "not twice the cache", "not cold"
        for more, word, said in (({"walk": 10 << 20}, twice, False), ({"walk": (10 << 20) - 1}, twice, True),
                                    ({"miss": 82}, hardly, False), ({"miss": 81}, hardly, True)):
            self.assertEqual(word in self.notes(**more), said, more)


class Whole(support.Workspace):
    def test_what_is_no_complete_run(self):
        self.assertTrue(record.is_complete(distinct.make()))
        options = distinct.make()["options"]
        for more in ({"refused": [{"id": SINGLE, "why": "no"}]}, {"partial": ["a boot is missing"]}, {"virtual": True},
                        {"options": {**options, "only": "ipc.*"}}, {"options": {**options, "mitigations": "off"}},
                        {"options": {**options, "cold": "off"}}):
            run = {**distinct.make(), **more}
            record.check(run)
            self.assertFalse(record.is_complete(run), more)


class Gate(support.Workspace):
    def test_each_figure_of_a_path_is_held(self):
        """Those of place are not, of a path in C: any change of the code moves them."""
        for path, held in (("ipc.call/cross/fast", set(footprint_record.FIGURES)),
                           ("ipc.call/cross/slow", set(footprint_record.FIGURES) - {"code_lines", "code_pages", "data_pages"})):
            for figure, name in footprint_record.FIGURES.items():
                old = support.make_footprint()
                new = support.make_footprint(number=1)
                next(p for p in new["paths"] if p["id"] == path)[figure] += 1
                found = gate_compare.compare_footprints(old, new)
                self.assertEqual([c.number for c in found.grown], [name] if figure in held else [], f"{path}, {figure}")

    def test_which_benchmarks_are_held_with_another_compiler(self):
        nasm = ("ipc.call/cross/fast/8w", "syscall.null", "cap.lookup/1", "switch.yield/cross", "switch.yield/ready/10", "sched.scale/3",
                "signal.no_waiter", "signal.bound/busy")
        for benchmark in nasm:
            self.assertTrue(gate_compare.is_nasm(benchmark), benchmark)
        others = ("ipc.call/cross/slow/8w", "switch.yield/cross/slow", "signal.no_waiter/slow", "cap.lookup/2", "cap.revoke/10", "spawn")
        for benchmark in others:
            self.assertFalse(gate_compare.is_nasm(benchmark), benchmark)


class Charts(support.Workspace):
    def test_an_axis_begins_below_all_bars(self):
        for values in ([3, 900], [12, 5000], [1, 100], [1.0, 21.0], [7, 8]):
            low, high, log = chart_bars._axis(values)
            self.assertEqual(log, max(values) > 20 * min(values))
            self.assertTrue(low < min(values) and max(values) < high, (values, low, high))
            self.assertGreaterEqual(low, min(values) / 100 if log else 0)

    def test_a_mark_stands_between_the_runs(self):
        """Where the step's corner is, too: before the first run that has the other tool."""
        commands = "\n".join(chart_history._mark_commands([(3, "gcc")]))
        self.assertIn("set arrow from first 2.5, graph 0 to first 2.5, graph 1", commands)
        rows = [(i, {"median": 10 if i < 3 else 20}) for i in range(6)]
        corners, _ = chart_history._steps(rows, [changes.Step(3, 1.0, False)], True)
        self.assertEqual(corners, [(0, 10), (2.5, 10), (2.5, 20), (5, 20)])

    def test_the_axis_names_commits_of_steps_and_not_what_the_host_did(self):
        runs = [distinct.make((SINGLE,), number=i) for i in range(40)]
        usual = set(chart_history._ticks(runs, []).split(", "))
        step = f"'{history.short(runs[18])}' 18"
        self.assertNotIn(step, usual)
        self.assertIn(step, chart_history._ticks(runs, [chart_history.Note(18, "+1 %", 0.01, False)]).split(", "))
        self.assertEqual(usual, set(chart_history._ticks(runs, [chart_history.Note(18, "+1 %", 0.01, True)]).split(", ")))
