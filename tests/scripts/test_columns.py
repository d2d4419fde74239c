"""Each column of tables, reports, charts and exports shows the number that its title names: records of distinct numbers."""
import json
import re
from html.parser import HTMLParser

from scripts.judge import history, trail
from scripts.records import record
from scripts.show import chart_bars, chart_history, chart_shape, report_parts, summary, table
from scripts.verbs import export
from tests.scripts import distinct, formats, support
from tests.scripts.distinct import COLD_FAST, COLD_SLOW, FAST, SINGLE, SLOW, STATISTICS, numbers

NAME = "ipc.call/cross/8w"  # without its path


class Columns(support.Workspace):
    def setUp(self):
        super().setUp()
        self.run_ = distinct.make()

    def hold(self, column, got, wanted):
        """The first line of the failure names the column."""
        if got != wanted:
            self.fail(f"{column}: {got!r} is not {wanted!r}")

    def assert_columns(self, where, titles, cells, wanted):
        """`wanted` says what stands below which title; every title is held."""
        self.hold(f"{where}: the titles", list(titles), list(wanted))
        for title, cell in zip(titles, cells):
            self.hold(f"{where}, column {title!r}", cell, str(wanted[title]))


class Text(Columns):
    def rows(self, name):
        """The words of the lines of the table that begin with a name."""
        lines = table.render(self.run_).splitlines()
        return [line.split()[1:] for line in lines if line.split()[:1] == [name]]

    def test_one_path(self):
        [cells] = self.rows(SINGLE)
        self.assert_columns("one path", table.COLUMNS, cells, {k: numbers(SINGLE)[k] for k in ("median", "min", "p99")})

    def test_both_paths_and_cold_caches(self):
        pair, cold = self.rows(NAME)
        wanted = {f"{k}, {path}": numbers(name)[k] for path, name in (("fast", FAST), ("slow", SLOW)) for k in ("median", "min", "p99")}
        self.assert_columns("fast and slow", [*wanted, "slow/fast"], pair, {**wanted, "slow/fast": f"{839 / 241:.2f}x"})
        wanted = {}
        for path, warm, it in (("fast", FAST, COLD_FAST), ("slow", SLOW, COLD_SLOW)):
            wanted |= {f"cold, {path}": numbers(it)["median"], f"p99, {path}": numbers(it)["p99"], f"warm, {path}": numbers(warm)["median"],
                       f"cold/warm, {path}": f"{numbers(it)['median'] / numbers(warm)['median']:.1f}x"}
        self.assert_columns("cold caches", wanted, cold, wanted)

    def test_the_titles_of_the_text(self):
        text = re.sub(" +", " ", table.render(self.run_))
        self.assertIn("benchmark median min p99 median min p99 slow/fast", text)
        self.assertIn("benchmark cold p99 warm cold/warm cold p99 warm cold/warm", text)


class Tables(HTMLParser):
    """{caption: [cells of each row]} of a page."""

    def __init__(self, text):
        super().__init__()
        self.found, self.caption, self.cell = {}, None, None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag == "tr" and self.caption is not None:
            self.found[self.caption].append([])
        if tag in ("td", "th", "caption"):
            self.cell = ""

    def handle_data(self, data):
        if self.cell is not None:
            self.cell += data

    def handle_endtag(self, tag):
        if tag == "caption":
            self.caption = self.cell
            self.found[self.caption] = []
        elif tag in ("td", "th") and self.caption is not None:
            self.found[self.caption][-1].append(self.cell)
        if tag == "table":
            self.caption = None
        self.cell = None if tag in ("td", "th", "caption") else self.cell


class Report(Columns):
    def setUp(self):
        super().setUp()
        self.tables = Tables(report_parts.results(self.run_)).found

    def row(self, caption, wanted):
        titles, *rows = self.tables[f"{caption}, cycles"]
        self.assertEqual(len(rows), 1)
        self.assert_columns(f"report, {caption}", titles, rows[0], wanted)

    def test_one_path(self):
        keys = ("median", "min", "q1", "q3", "p99", "max")
        self.row("One path", {"benchmark": SINGLE, **{k: numbers(SINGLE)[k] for k in keys}, "mean": "130.2", "n": numbers(SINGLE)["n"]})

    def test_both_paths(self):
        fast, slow = numbers(FAST), numbers(SLOW)
        self.row("Fast and slow path", {
            "benchmark": NAME, "fast": fast["median"], "slow": slow["median"], "min, fast": fast["min"], "min, slow": slow["min"],
            "p99, fast": fast["p99"], "p99, slow": slow["p99"], "slow/fast": f"{839 / 241:.2f}x"})

    def test_cold_caches(self):
        self.row("Cold caches", {"benchmark": NAME, "cold, fast": 1543, "warm, fast": 241, "cold/warm, fast": f"{1543 / 241:.1f}x",
                                 "cold, slow": 3041, "warm, slow": 839, "cold/warm, slow": f"{3041 / 839:.1f}x"})

    def test_what_changed_has_old_before_new(self):
        old = distinct.make(backend="tcg")
        runs = [old, distinct.make(backend="tcg", number=1, more=2)]
        trails = {t.id: t for t in trail.trails(runs, history.steps(runs))}
        found = "".join(summary._since_last(runs, trails))
        self.assertIn('<td class="wide">median</td><td class="n">127</td><td class="n">129</td>', found, "report, what changed: old, new")


class Charts(Columns):
    """What gnuplot is told, series by series."""

    def bars(self, name):
        """{title of a series, in a key or not: values of its bars}."""
        [chart] = [c for c in chart_bars.charts(self.run_) if c.name == name]
        blocks = dict(re.findall(r"\$(d\d) << EOD\n(.*?)\nEOD", chart.body, re.DOTALL))
        titles = dict(re.findall(r"\$(d\d) using 1:2:3:4:5:6 [^\n]*?(?:title '([^']*)'|notitle)", chart.body))
        self.assertIn("median in cycles", chart.title)
        return {titles[d]: [[float(cell) for cell in line.split()[:7]] for line in rows.splitlines()] for d, rows in blocks.items()}

    def assert_bars(self, name, **wanted):
        for title, bars in self.bars(name).items():
            for bar in bars:
                self.hold(f"chart {name}, series {title!r}: where its bar ends", bar[3], wanted[title.replace(" ", "_")])
                self.hold(f"chart {name}, series {title!r}: what its label says", bar[6], wanted[title.replace(" ", "_")])
        self.assertEqual(set(self.bars(name)), {t.replace("_", " ") for t in wanted})

    def test_fast_and_slow(self):
        self.assert_bars("fast-vs-slow", fast_path=241, slow_path=839)

    def test_cold_and_warm(self):
        self.assert_bars("cold-vs-warm-fast", warm_caches=241, cold_caches=1543)
        self.assert_bars("cold-vs-warm-slow", warm_caches=839, cold_caches=3041)

    def test_one_path(self):
        [[bar]] = self.bars("one-path").values()
        self.hold("chart one-path: its bar, its label", (bar[3], bar[6]), (127, 127))

    def test_history(self):
        """Each series by the columns of gnuplot's block that it is drawn from."""
        runs = [distinct.make((SINGLE,), number=i, more=1000 * i) for i in range(3)]
        body = chart_history._main(runs, chart_history._rows(runs, SINGLE), 0.7)
        rows = [line.split() for line in re.search(r"\$d << EOD\n(.*?)\nEOD", body, re.DOTALL)[1].splitlines()]
        for what, drawn, wanted in (("line", "lines", ["median"]), ("band", "filledcurves", ["q1", "q3"]),
                                    ("dots", "points", ["min"])):
            columns = re.search(rf"\$d using 1:([\d:]+) with {drawn} ", body)[1].split(":")
            for number, column in zip(wanted, columns, strict=True):
                self.hold(f"chart history, {what}: {number}", [int(row[int(column) - 1]) for row in rows],
                          [numbers(SINGLE, 1000 * i)[number] for i in range(3)])

    def test_growth(self):
        run = distinct.make()
        run["benchmarks"] = [{**distinct.numbers(name), "id": f"cap.revoke/{size}"}
                             for name, size in ((SINGLE, 1), (FAST, 10), (SLOW, 100))]
        [chart] = chart_shape.growth({**run, "unit": "cycles"})
        rows = [line.split()[:2] for line in chart.body.split("EOD")[1].strip().splitlines()]
        self.hold("chart scale-cap.revoke: its points", rows, [["1", "127"], ["10", "241"], ["100", "839"]])


class Exports(Columns):
    def test_go(self):
        results, _ = formats.go(export.go([self.run_]))
        for (name, n, values, _), i in zip(results, distinct.TABLE):
            self.hold(f"go, {name}: n, value", (n, values), (numbers(i)["n"], {"cycles": numbers(i)["median"]}))

    def test_github(self):
        for row in json.loads(export.github([self.run_])):
            it = numbers(row["name"])
            self.hold("github, field 'value'", row["value"], it["median"])
            self.hold("github, field 'range'", row["range"], f"± {max(it['q3'] - it['median'], it['median'] - it['q1'])}")
            self.hold("github, field 'extra'", row["extra"], f"n {it['n']}\nmin {it['min']}\np99 {it['p99']}\nbackend kvm")

    def test_bencher(self):
        for name, row in json.loads(export.bencher([self.run_])).items():
            it = numbers(name)
            for field, key in (("value", "median"), ("lower_value", "q1"), ("upper_value", "q3")):
                self.hold(f"bencher, field {field!r}", row["cycles"][field], it[key])

    def test_openmetrics(self):
        samples = formats.openmetrics(export.openmetrics([self.run_]))["baton_operation_cycles"]["samples"]
        for (name, labels), value in samples.items():
            labels = dict(labels)
            it = numbers(labels["benchmark"])
            if name.endswith("_count"):
                self.hold("openmetrics, count", value, it["n"])
            elif name.endswith("_sum"):
                self.hold("openmetrics, sum", value, round(it["mean"] * it["n"], 3))
            else:
                key = dict(zip(("0", "0.25", "0.5", "0.75", "0.99", "1"), STATISTICS))[labels["quantile"]]
                self.hold(f"openmetrics, quantile {labels['quantile']}", value, it[key])

    def test_csv(self):
        head, row = formats.csv(export.as_csv([self.run_]))
        self.assert_columns("csv", head, row, {"time": self.run_["date"], "commit": self.run_["commit"], "dirty": "false", "backend": "kvm",
                                               "unit": "cycles", **{name: numbers(name)["median"] for name in distinct.TABLE}})


class Order(Columns):
    def test_a_history_is_in_the_order_of_time(self):
        """Commits, names of files and numbers would each give another order."""
        commits = ("c", "a", "d", "b")
        for i, digit in enumerate(commits):
            run = distinct.make((SINGLE,), number=i, more=(7, 3, 9, 5)[i])
            record.create_file(self.results / "runs/kvm", f"{'zxwy'[i]}", record.dump({**run, "commit": digit * 40}))
        found = history.runs(self.results, "kvm")
        self.hold("history: not in the order of time", [run["date"] for run in found], sorted(run["date"] for run in found))
        self.hold("history: the commits", [run["commit"][0] for run in found], list(commits))
