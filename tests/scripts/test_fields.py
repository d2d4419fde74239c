"""The page's smaller parts show the field that their title names: distinct numbers again, beside test_columns.py."""
import re

from scripts.judge import budget, history, sides, trail
from scripts.records import footprint_record, peers
from scripts.show import (bench_list, chart_bars, chart_history, chart_stacked, compare_table, counter_table, published, report_compare,
                          report_parts, spark, strip, summary)
from tests.scripts import distinct
from tests.scripts.distinct import FAST, SINGLE, SLOW, numbers
from tests.scripts.support import make_footprint, make_record
from tests.scripts.test_columns import Columns, Tables

PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89)


def texts(markup, cell="td"):
    """The cells of each row, without markup."""
    return [[re.sub("<[^>]+>", "", one) for one in re.findall(rf"<{cell}[^>]*>(.*?)</{cell}>", row, re.DOTALL)]
            for row in re.findall("<tr>(.*?)</tr>", markup, re.DOTALL)]


class Histories(Columns):
    def setUp(self):
        super().setUp()
        values = (120, 90, 90, 60)
        self.runs = [make_record({"cap.copy": v, "cap.mint": 7}, number=i) for i, v in enumerate(values)]
        self.trails = {t.id: t for t in trail.trails(self.runs, history.steps(self.runs))}
        self.trail = self.trails["cap.copy"]

    def test_points_say_the_median_and_their_own_run(self):
        runs = [distinct.make((SINGLE,), number=i, more=1000 * i) for i in range(3)]
        body = chart_history._main(runs, chart_history._rows(runs, SINGLE), 0.7)
        told = re.findall(r'"(\d+) cycles, (\w+), ([\d-]+)"', body)
        wanted = [(str(127 + 1000 * i), run["commit"][:10], run["date"][:10]) for i, run in enumerate(runs)]
        self.hold("chart history, its points", told, wanted)
        x, y, shown = re.search(r"\$d using (\d):(\d):(\d) with labels hypertext", body).groups()
        self.hold("chart history, where they lie", (x, y, shown), ("1", "2", "6"))

    def test_bars_say_their_own_value(self):
        for chart in chart_bars.charts(self.run_):
            for row in re.findall(r"^\d.*$", chart.body, re.M):
                value, told = row.split()[6], re.search(r'"(\d+) cycles', row)[1]
                self.hold(f"chart {chart.name}, what a bar says", told, value)

    def test_levels_of_a_history(self):
        rows = chart_history._rows(self.runs, "cap.copy")
        corners, notes = chart_history._steps(rows, history.steps(self.runs)["cap.copy"], True)
        self.hold("chart history, levels", [y for _, y in corners], [120, 120, 90, 90, 60, 60])
        self.hold("chart history, changes", [(n.run, n.percent) for n in notes], [(1, "-25.0 %"), (3, "-33.3 %")])

    def test_a_line_rises_from_left_to_right_as_the_numbers_do(self):
        places = [tuple(map(float, p.split(","))) for p in re.search(r'points="([^"]+)"', spark.svg((10, 20, 40), "x"))[1].split()]
        self.hold("spark, x", sorted(places), places)
        self.hold("spark, y", sorted(places, key=lambda p: -p[1]), places)
        dot = re.search(r'<circle cx="([\d.]+)" cy="([\d.]+)"', spark.svg((10, 20, 40), "x")).groups()
        self.hold("spark, its dot is now", tuple(map(float, dot)), places[-1])

    def test_a_card(self):
        card = re.sub("<[^>]+>", "|", summary._card(self.runs, self.trail, "copy", []))
        self.hold("card: its number is now", re.findall(r"\d+", card)[0], "60")
        self.assertIn("-50.0 % in 2 steps since 2026-01-01", card)

    def test_steps_of_a_benchmark(self):
        titles, *rows = texts("".join(bench_list._steps(self.trail)), "t[dh]")
        self.hold("steps: titles", titles, ["date", "commit", "from", "to", "change"])
        self.hold("steps: the last first", rows, [["2026-01-01", "0003000", "90", "60", "-33.3 %"],
                                                  ["2026-01-01", "0001000", "120", "90", "-25.0 %"]])

    def test_how_far_from_others(self):
        figures = peers.read()
        run = make_record({"syscall.null": 10, "ipc.round_trip/cross/fast/8w": 80})
        words = summary.beside_words(peers.beside(run, figures)["ipc.round_trip/cross/fast/8w"])
        for part in ("seL4 408 = 5.1x", "NOVA 280 = 3.5x", "Pistachio 176 = 2.2x", "4.0x the floor of 20"):
            self.assertIn(part, words)
        section = report_parts.others(run, figures)
        rows = [row[1:3] for row in texts(section) if row[:1] == ["NOVA"]]
        self.hold("peers: figure, ratio", rows, [["54", "5.4x"], ["280", "3.5x"]])

    def test_an_index_of_commits(self):
        markup = published.index(published.of_runs(self.runs, {self.runs[3]["commit"]: "Why"}, {}))
        self.hold("index", texts(markup)[1], ["2026-01-01", "0003000", "", "1, most -33.3 % cap.copy", "Why"])

    def test_since_a_release_in_steps(self):
        markup = "".join(summary._since_release(self.runs[-1], ("v1", self.runs[0]), self.trails))
        self.hold("since the release", texts(markup)[1], ["cap.copy", "median", "120", "60", "-50.0 %", "2", "0003000"])
        markup = "".join(summary._since_release(self.runs[-1], ("v2", self.runs[1]), self.trails))
        self.hold("since a later one", texts(markup)[1], ["cap.copy", "median", "90", "60", "-33.3 %", "1", "0003000"])

    def test_since_the_baseline(self):
        markup = "".join(summary._since_baseline(self.runs[-1], self.runs[0], self.trails))
        self.hold("since the baseline", [row[1:5] for row in texts(markup)[1:]],
                  [[number, "120", "60", "-50.0 %"] for number in ("min", "median")])


class Footprints(Columns):
    def setUp(self):
        super().setUp()
        figures = footprint_record.FIGURES
        self.data = make_footprint()
        for i, path in enumerate(self.data["paths"]):
            path.update({key: PRIMES[i * len(figures) + j] for j, key in enumerate(figures)})
        self.tables = Tables(report_parts.footprint(self.data, [])).found

    def test_each_path(self):
        titles, *rows = self.tables["Each path"]
        for path, row in zip(self.data["paths"], rows, strict=True):
            self.assert_columns("footprint", titles, row, {"path": path["id"], "code": path["code"], **{
                name: path[key] for key, name in footprint_record.FIGURES.items()}})

    def test_budgets(self):
        titles, *rows = self.tables["Budgets of the design"]
        for verdict, row in zip(budget.judge(self.data), rows, strict=True):
            b = verdict.budget
            value = sum(footprint_record.by_id(self.data)[i][b.figure] for i in b.ids)
            self.assert_columns("budgets", titles, row, {
                "path": b.name(), "of": footprint_record.FIGURES[b.figure], "is": value, "budget": b.most, "stretch": b.stretch,
                "verdict": verdict.word()})

    def test_stages(self):
        rows = [("call", {"entry": 10, "check": 25, "switch": 4}), ("reply", {"entry": 11, "check": 30, "switch": 6})]
        data = {"commit": "0" * 40, "paths": [{"name": n, "stages": s, "instructions": sum(s.values())} for n, s in rows]}
        body = chart_stacked.breakdown(data).body
        for i, part in enumerate(("entry", "check", "switch")):
            block = re.search(rf"\$d{i} << EOD\n(.*?)\nEOD", body, re.DOTALL)[1]
            wide = [float(line.split()[3]) - float(line.split()[2]) for line in block.splitlines()]
            self.hold(f"stages, {part}", wide, [stages[part] for _, stages in rows])
            self.assertRegex(body, rf"\$d{i} using 1:2:3:4:5:6 .* title '{part}'")


class Comparisons(Columns):
    def setUp(self):
        super().setUp()
        self.boots = [[{SINGLE: {"median": 100 + i % 2 + more, "min": 90}} for i in range(8)] for more in (0, 50)]
        side = {"dirty": False, "image_sha256": None, "refused": {}}
        self.compared = {"backend": "kvm", "unit": "cycles", "date": "2026-01-01T00:00:00Z",
                         "old": {**side, "commit": "a" * 40, "boots": self.boots[0]},
                         "new": {**side, "commit": "b" * 40, "boots": self.boots[1]}}
        self.old, self.new = (sides.recorded(self.compared[name]) for name in ("old", "new"))
        [self.difference] = sides.judged("kvm", self.old, self.new)

    def test_the_table(self):
        cells = dict(zip(("benchmark", "old", "new", "change", "95 % interval", "verdict"), compare_table.cells(self.difference)))
        self.hold("comparison: titles", compare_table._titles(False), tuple(cells))
        self.hold("comparison", [cells[k] for k in ("benchmark", "old", "new", "verdict")], [SINGLE, "100.5", "150.5", "worse"])
        self.assertRegex(cells["change"], r"^\+49\.")
        low, high = map(float, re.findall(r"[+-][\d.]+", cells["95 % interval"]))
        self.assertTrue(45 < low < high < 55, "from low to high")

    def test_its_dots_have_the_old_ones_above(self):
        row = report_compare._row(self.compared, False, self.difference)
        self.hold("comparison, dots", row[-1], strip.svg([100, 101] * 4, [150, 151] * 4, f"{SINGLE}: boots"))
        found = [(float(x), float(y)) for x, y in re.findall(r'cx="([\d.]+)" cy="([\d.]+)"', row[-1])]
        middle = sum(x for x, _ in found) / len(found)
        self.assertTrue(all((x < middle) == (y < strip.DOTS[1]) for x, y in found), "the smaller numbers are the old ones")

    def test_the_sides(self):
        text = compare_table.render("kvm", self.old, self.new, [self.difference])
        self.assertRegex(text, r"(?s)old: a{10}\nnew: b{10}")


class Counters(Columns):
    EVENTS = ("cycles", "instructions", "branch_misses", "l1d_misses", "l2_misses", "llc_misses", "dtlb_misses", "itlb_misses")
    NAMES = ("cycles", "instr", "instr/cyc", "br-miss", "L1d-miss", "L2-miss", "LLC-miss", "dTLB-miss", "iTLB-miss")

    def test_each_event_is_below_its_title(self):
        counts = {event: {"median": 100 + prime, "mean": prime + 0.25} for event, prime in zip(self.EVENTS, PRIMES)}
        wanted = ["102", "103", "1.01", "5.25", "7.25", "11.25", "13.25", "17.25", "19.25"]
        self.assert_columns("counters", counter_table.titles(), counter_table.cells({"counts": counts}), dict(zip(self.NAMES, wanted)))


class Hosts(Columns):
    def test_each_has_its_own_name(self):
        run = distinct.make((SINGLE, FAST, SLOW))
        run["host"] = {key: f"this is {key}" for key in run["host"]}
        rows = dict(row for row in texts(report_parts.host(run)) if row)
        for key in run["host"]:
            self.hold(f"host, {key}", rows[key.replace("_", " ")], f"this is {key}")
        self.hold("host, measured", rows["measured"], run["date"])
        self.hold("host, samples", rows["samples"], str(run["options"]["samples"]))
        self.assertEqual(numbers(SINGLE)["median"], 127)
