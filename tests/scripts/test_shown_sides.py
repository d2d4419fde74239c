"""Comparisons, histories, charts and the report: which side stands where, by which order, in which unit; every value has one place."""
import os
import re
import zlib

from scripts.base import files
from scripts.base.common import BatonError
from scripts.judge import agreement, gate_compare, history, relations, sides, trail
from scripts.judge.permutation import Mode
from scripts.judge.stats import Difference
from scripts.records import comparison, events, peers, record
from scripts.show import (chart_history, chart_shape, chart_stacked, compare_table, report_compare, report_parts, spark, strip, summary,
                          words)
from scripts.verbs import mitigations
from tests.scripts import distinct, support
from tests.scripts.distinct import FAST, SINGLE

NOISY = Difference(SINGLE, 1000.5, 900.5, -0.1, -0.125, -0.0625, 0.001, "better")


def side(name, numbers):
    made = sides.Side(name, "ab" * 20, image=name)
    for n in numbers:
        made.add([{"id": SINGLE, "median": n, "min": n - 7}])
    return made


OLD, NEW = side("before", (100, 100, 100, 200)), side("after", (200, 200, 200, 200, 200))
LINE = f"old [3{'.' * 26}1] new [{'.' * 27}5] 100 to 200"  # a cell for each place, with how many boots lie there


class Comparisons(support.Workspace):
    def test_columns(self):
        self.assertEqual(compare_table.cells(NOISY), (SINGLE, "1000.5", "900.5", "-10.00 %", "-12.50 to -6.25 %", "better"))

    def test_boots_far_off(self):
        for new, told in ((9, "slow boots (+50.00 %): 1 of 8 -> 3 of 9"), (8, "slow boots (+50.00 %): 1 -> 3 of 8")):
            self.assertEqual(compare_table.mode_text(Mode(True, 1, 3, 8, new, 0.5, 0.001)), told)

    def test_old_boots_before_new(self):
        self.assertEqual(compare_table.boots_text(NOISY, OLD, NEW), LINE)
        self.assertEqual(compare_table._markdown_boots("kvm", OLD, NEW, NOISY), f"`{LINE}`")
        self.assertEqual(compare_table._method("kvm", OLD, NEW).split(" boots")[0], "4 and 5")
        above, below = re.findall(r"<g .*?</g>", strip.svg([1, 1], [5, 5, 5], "x"))
        self.assertEqual([set(re.findall(r'cx="(\d+)"', row)) for row in (above, below)], [{"4"}, {"196"}])
        self.assertEqual([max(map(int, re.findall(r'cy="(\d+)"', row))) < strip.DOTS[1] for row in (above, below)], [True, False])

    def test_words_about_the_method(self):
        many = [side(name, range(100, 120)) for name in ("before", "after")]
        self.assertRegex(compare_table._judged("kvm", *many)[0], "in 100 such suites, and at least 1 %;")

    def test_words_about_what_was_not_decided(self):
        """They say of each row only what its interval says."""
        many, made = [side(name, range(100, 120)) for name in ("before", "after")], self.made_up
        likely, small, wide = made("unclear", 0.02, 0.012, 0.028), made("same", 0.008, 0.004, 0.012), made("unclear", 0.01, -0.02, 0.04)
        nothing = [made("same", 0.0, -0.01, 0.01)] * 38
        for rows, first, count in (([likely], "unclear: whether there is one below 3 % cannot be decided; more boots tell", 2),
                                   ([wide], "unclear: one of 3 % is not ruled out", 1), ([likely, wide], "unclear: one of 3 %", 2),
                                   ([small], "below 1 % and so the same, but their own interval leaves out 0, as about 2 of 39", 1),
                                   ([], "", 0)):
            with self.subTest(first=first):
                said = compare_table._unclear(*many, [*rows, *nothing])
                self.assertEqual((said[:1] + [""])[0][:len(first)], first)
                self.assertEqual(len(said), count)
        self.assertRegex(compare_table._unclear(*many, [likely, *nothing])[1], f"leaves out 0, as about 2 of 39 do by luck: {SINGLE}$")
        self.assertEqual(compare_table._unclear(*many, [Difference(SINGLE, 100, 102, 0.02, 0.02, 0.02, None, "same")]), [])

    def made_up(self, verdict, change, low, high):
        return Difference(SINGLE, 1000, 1000 * (1 + change), change, low, high, 0.5, verdict)

    def test_a_minimum_that_fell_is_told(self):
        old, new = side("before", (100,)), side("after", (100,))
        old.boots[0][SINGLE]["min"], new.boots[0][SINGLE]["min"] = 90, 80
        found = {d.id: (d.old, d.new, d.verdict) for d in sides.judged("tcg", old, new)}
        self.assertEqual(found, {SINGLE: (100, 100, "same"), f"{SINGLE} (min)": (90, 80, "better")})
        self.assertEqual(old.values(SINGLE), [100])

    def test_the_report_has_the_newest(self):
        place = comparison.directory(self.results, "kvm")
        for i, name in enumerate(("20260102T000000Z", "20260103T000000Z", "20260101T000000Z")):
            table = {"commit": f"{i + 1:x}" * 40, "dirty": False, "image_sha256": None, "boots": [{SINGLE: {"median": 5 + i, "min": 1}}],
                     "refused": {}}
            whole = {"schema": comparison.SCHEMA, "backend": "kvm", "unit": "cycles", "date": f"2026-01-0{i + 1}T00:00:00Z",
                     "old": table, "new": {**table, "boots": []}, "differences": []}
            files.create_file(place, name, record.dump({**whole, "benchmarks": []}))
        found = report_compare._latest(self.results, "kvm")
        self.assertEqual(found["old"]["commit"], "2" * 40)
        self.assertEqual([report_compare._values(found, s, SINGLE) for s in ("old", "new")], [[6], []])

    def test_a_row_of_the_report(self):
        compared = {s: {"boots": made.boots} for s, made in (("old", OLD), ("new", NEW))}
        row = report_compare._row(compared, False, NOISY)
        self.assertEqual(row[:5], ["syscall.null", "1000.5", "900.5", "-10.00 %", "-12.50 to -6.25 %"])
        self.assertIn(strip.svg((100, 100, 100, 200), (200,) * 5, f"{SINGLE}: boots"), str(row[-1]))


class Changes(support.Workspace):
    def test_percent_of_the_old_number(self):
        self.assertEqual((words.percent(50, 60), words.percent(50, 40)), ("+20.0 %", "-20.0 %"))
        self.assertEqual([re.search('class="(.*?)"', str(words.moved("x", more)))[1] for more in (True, False)], ["bad", "good"])
        self.assertEqual(chart_history._percent(50, 60), "+20.0 %")
        self.assertEqual(gate_compare.size(gate_compare.Change("x", "min", 50, 60)), 0.2)

    def test_the_largest_first(self):
        found = [gate_compare.Change(name, "median", 100, new) for name, new in (("a.a", 103), ("b.b", 150), ("c.c", 90))]
        text = "".join(summary._change_table(found, distinct.make(), {}))
        self.assertEqual(re.findall(r">([abc]\.[abc])<", text), ["b.b", "c.c", "a.a"])

    def test_steps_after_a_time(self):
        runs = [distinct.make((SINGLE,), number=i) for i in range(4)]
        stages = tuple(trail.Stage(run, 1, 2, 1.0, False) for run in runs[1:])
        self.assertEqual(summary._steps(trail.Trail(SINGLE, (1,), stages), runs[1]["date"])[0], 2)

    def test_what_steps_make_together(self):
        one = trail.Trail(SINGLE, (1,), tuple(trail.Stage({}, 1, 1, c, host) for c, host in ((0.5, False), (-0.5, False), (9, True))))
        self.assertAlmostEqual(one.accumulated, -0.25)
        runs = [distinct.make((SINGLE,), number=i, more=10 * i) for i in range(2)]
        [found] = trail.trails(runs, {SINGLE: []})
        self.assertEqual(found.values, (127, 137))

    def test_a_line_rises_with_the_numbers_and_has_its_dot_at_the_end(self):
        (x0, y0), (x1, y1) = spark._points([10, 20])
        self.assertTrue(x0 < x1 and y0 > y1)
        self.assertIn(f'<circle cx="{x1}" cy="{y1}"', spark.svg([10, 20], "x"))


class Relations(support.Workspace):
    def wrong(self, **numbers):
        run = distinct.make((SINGLE,), backend="tcg")
        run["benchmarks"] = [{**run["benchmarks"][0], "id": name, **n} for name, n in numbers.items()]
        return {name for name, why in relations.compare(run) if why}

    def test_another_space_costs_more_in_each_number(self):
        same, steady = {"min": 40, "median": 50}, {"q1": 50, "q3": 50}
        for least, median, bad in ((41, 51, False), (40, 51, True), (41, 50, True)):
            cross = {"min": least, "median": median, **steady}
            found = self.wrong(**{"switch.yield/same": {**same, **steady}, "switch.yield/cross": cross})
            self.assertEqual(found, {"spaces/switch.yield/cross"} if bad else set(), (least, median))
        for more, bad in ((2, False), (1, True)):
            two = {"min": 40 + more, "median": 50 + more, **steady}
            found = self.wrong(**{"ipc.round_trip/same/x": {**same, **steady}, "ipc.round_trip/cross/x": two})
            self.assertEqual(found, {"spaces/ipc.round_trip/cross/x"} if bad else set(), more)

    def test_a_round_trip_is_its_ways(self):
        steady, both = {"q1": 5, "q3": 5}, {"ipc.call/x": {"median": 50}, "ipc.reply_recv/x": {"median": 60}}
        ways = {name: {**n, **steady} for name, n in both.items()}
        for median, bad in ((110 + agreement.RESULT, False), (110, True)):
            found = self.wrong(**ways, **{"ipc.round_trip/x": {"median": median, **steady}})
            self.assertEqual(found, {"sum/ipc.round_trip/x"} if bad else set())

    def test_both_quartiles_count(self):
        for q1, q3, bad in ((50, 50, False), (49, 50, True), (50, 51, True)):
            self.assertEqual(self.wrong(**{SINGLE: {"q1": q1, "median": 50, "q3": q3}}), {f"alike/{SINGLE}"} if bad else set(), (q1, q3))


class Histories(support.Workspace):
    def put(self, count, **changes):
        for i in range(count):
            run = {**distinct.make((SINGLE,), number=i), "date": f"2026-01-01T{i // 60:02}:{i % 60:02}:00Z", **changes}
            record.create_file(self.results / "runs/kvm", f"{i:03}-{len(changes)}", record.dump(run))

    def test_the_newest_runs_stay(self):
        self.put(history.MAX_RUNS + 3)
        found = history.runs(self.results, "kvm")
        self.assertEqual((len(found), found[0]["date"][-6:-1], found[-1]["date"][-6:-1]), (40, "03:00", "42:00"))

    def test_a_series_is_of_the_newest_runs_kind(self):
        self.put(2)
        run = {**distinct.make((SINGLE,), number=50), "virtual": True, "options": {**distinct.make()["options"], "virtual": True}}
        record.create_file(self.results / "runs/kvm", "050", record.dump(run))
        self.assertEqual([r["date"] for r in history.runs(self.results, "kvm")], [run["date"]])

    def test_marks(self):
        runs = [distinct.make((SINGLE,), number=i) for i in range(3)]
        runs[2]["host"].update(gcc="13", kernel="9")
        wanted = [history.Mark(2, "compiler", "made up", "13"), history.Mark(2, "host kernel", "made up", "9")]
        self.assertEqual(history.marks(runs), wanted)
        exact = [{**run, "unit": "instructions"} for run in runs]
        self.assertEqual([m.tool for m in history.marks(exact)], ["compiler"])


class Charts(support.Workspace):
    def test_a_history_is_titled_by_its_last_run(self):
        runs = [distinct.make((SINGLE,), number=i, more=100 * i) for i in range(3)]
        runs[2]["unit"] = runs[1]["unit"] = runs[0]["unit"]
        figure = peers.Figure("Floor", "floor", SINGLE, "x", None, SINGLE, 1, True, "1", "floor", "any", "ring 3", *"abcd")
        found = chart_history.chart(SINGLE, runs, [figure])
        self.assertEqual(found.title, f"{SINGLE}: 327 cycles")
        self.assertIn("'Baton 327'", found.body)
        self.assertIn("'floor 327'", found.body)

    def test_shares_of_samples(self):
        self.assertEqual(chart_shape._steps_of([30, 10, 10, 20]), [(10, 0), (10, 50), (20, 75), (30, 100)])

    def test_samples_of_the_last_two_runs_the_older_first(self):
        runs = [distinct.make((SINGLE,), number=i) for i in range(3)]
        for i, run in enumerate(runs):
            run["benchmarks"][0]["samples"] = [10 + i] * 4
        body = chart_shape.distributions(runs)[0].body
        self.assertEqual(re.findall(r"'(\w{7}) 2026", body), [history.short(run) for run in runs[1:]])

    def test_growth_by_size(self):
        run = distinct.make()
        run["benchmarks"] = [{**distinct.numbers(SINGLE, n), "id": f"cap.revoke/{n}"} for n in (100, 1, 10)]
        self.assertEqual(chart_shape._families(run), {"cap.revoke": {"cap.revoke": [(1, 128), (10, 137), (100, 227)]}})

    def test_parts_that_add_up(self):
        rows = [("x", {"a": 10, "b": 30})]
        found = [list(chart_stacked._corners(rows, part, 40)) for part in ("a", "b")]
        self.assertEqual([corner[:4] for [corner] in found], [(5, 0, 0, 10), (25, 0, 10, 40)])
        paths = [{"name": "x", "instructions": 35, "stages": {"a": 35}}, {"name": "y", "instructions": 8, "stages": {"a": 8}}]
        self.assertIn("from 8, graph 0", chart_stacked.breakdown({"paths": paths, "commit": "ab" * 20}).body)

    def test_what_is_left_to_win_is_in_cycles(self):
        parts = {chart_stacked.ENTRY: 70, chart_stacked.SWITCH: 1000}
        figures = [peers.Figure("CPU", "x", None, what, value, None, 1, False, chart_stacked.CPU, "part", "cycles", "ring 3", *"abcd")
                   for what, value in parts.items()]
        run = {**distinct.make((SINGLE,)), "backend": "logic"}
        run["benchmarks"] = [{**distinct.numbers(SINGLE, 4400), "id": f"logic.{name}/warm"} for name in ("null", "round_trip")]
        rows = chart_stacked.left_to_win(run, figures)[0].body.split("$t << EOD\n")[1].splitlines()[:2]
        self.assertEqual([float(row.split()[0]) for row in rows], [70 + 45.3, 2 * 70 + 2 * 1000 + 45.3])


class Beside(support.Workspace):
    def figure(self, label, value, kind="published", benchmark=FAST, seen_from="ring 3", unit="cycles"):
        return peers.Figure(label, label, benchmark, "x", value, None, 1, True, "1", kind, unit, seen_from, *"abcd")

    def test_peers_by_size_and_floors_last(self):
        found = peers.beside(distinct.make(), [self.figure("floor", 900, "floor"), self.figure("a", 300), self.figure("b", 700)])[FAST]
        self.assertEqual([(b.figure.label, b.value, b.ours) for b in found], [("b", 700, 241), ("a", 300, 241), ("floor", 900, 241)])
        self.assertIn("0.3x the floor of 900", summary.beside_words(found))

    def test_figures_of_the_kernel_alone(self):
        data = support.make_footprint()
        [table] = report_parts._kernel_only(data, [self.figure("other", 140, benchmark="ipc.call/cross/fast/8w", seen_from="kernel",
                                                               unit="instructions")])
        self.assertEqual(re.findall(r'<td class="n">(.*?)</td>', str(table)), ["35", "140", "4.0x"])

    def test_this_machines_linux(self):
        linux = support.make_record({"linux.sched_yield": 500, "linux.pipe": 900}, "linux")
        linux["benchmarks"][0]["min"] = 111
        linux["host"]["cpu_model"] = "this one"
        record.replace_file(record.latest_path(self.results, "linux"), record.dump(linux))
        run = distinct.make()
        self.assertEqual(peers.own_linux(run, self.results), [])
        run["host"]["cpu_model"] = "this one"
        found = {f.benchmark: f.value for f in peers.own_linux(run, self.results)}
        self.assertEqual(found, {"switch.yield/cross": 250, "ipc.round_trip/cross/fast/8w": 900})

    def test_what_a_mitigation_adds(self):
        base = {i: 100 + n for n, i in enumerate(mitigations.COLUMNS.values())}
        found = {i: value + 30 + n for n, (i, value) in enumerate(base.items())}
        cells = mitigations.row("verw", found, base, "verw,ibpb").split()
        self.assertEqual(cells[1:11], "130 +30 132 +31 134 +32 136 +33 138 +34".split())
        self.assertIn("no means", mitigations.row("kpti", found, base, "verw,ibpb"))


class Whole(support.Workspace):
    def test_a_console_with_a_result_too_few(self):
        log = events.BootLog("on")
        log.planned, log.done, log.results = 2, True, [{"id": SINGLE}]
        with self.assertRaisesRegex(BatonError, "1 of 2 benchmarks"):
            log.finish(0)

    def test_a_checksum_that_is_wrong(self):
        body = '{"event":"done"'
        self.assertTrue(events.check_sum(f'{body},"sum":"{zlib.crc32(body.encode()):08x}"}}'))
        with self.assertRaisesRegex(ValueError, "checksum"):
            events.check_sum(f'{body},"sum":"{zlib.crc32(body.encode()) ^ 1:08x}"}}')

    def test_what_killed_writers_left(self):
        for name, age in (("old", files.STALE_SECONDS + 60), ("fresh", files.STALE_SECONDS - 60)):
            path = self.dir / f"{files.TEMPORARY}{name}"
            path.write_bytes(b"")
            os.utime(path, (path.stat().st_mtime - age,) * 2)
        files.create_file(self.dir, "new", b"{}")
        self.assertEqual({p.name for p in self.dir.glob(f"{files.TEMPORARY}*")}, {f"{files.TEMPORARY}fresh"})
        self.assertEqual(files.STALE_SECONDS, 3600)
