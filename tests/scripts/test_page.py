"""What a reader of the report finds at once: what changed, since when, how far from others; and the ways from each place to the others."""
import re
import shutil
import sys
from unittest import mock

from scripts.base import patience
from scripts.judge import history, remote, trail
from scripts.records import record
from scripts.show import chart_bars, chart_shape, spark, summary
from scripts.show.words import moved
from scripts.source import plaingit
from tests.scripts import support
from tests.scripts.support import make_record
from tests.scripts.test_report import Page, Recorded

SERIES = {"syscall.null": (10, 10, 10, 10), "ipc.call/cross/fast/8w": (100, 50, 50, 40), "cap.copy": (200, 200, 190, 209),
          "mem.protect/4k": (None, None, 30, 30)}


class Found(Recorded):
    def setUp(self):
        super().setUp()
        for i in range(4):
            record.save(self.results, make_record({b: v[i] for b, v in SERIES.items() if v[i] is not None}, number=i))
        self.text = self.report()
        self.page = Page(self.text)

    def section(self, identity):
        return re.search(rf'<section id="{identity}">(.*?)</section>', self.text, re.DOTALL)[1]

    def test_what_changed_comes_first_the_largest_change_on_top(self):
        self.assertEqual(re.findall(r'<section id="([^"]+)', self.text)[:3], ["changed-tcg", "summary-tcg", "benchmarks-tcg"])
        row = r'href="#b-tcg-([^"]+)">.*?class="n">(\d+)</td><td class="n">(\d+)</td>.*?<code>(\w+)</code>'
        rows = re.findall(row, self.section("changed-tcg"))
        self.assertEqual(rows, [("ipc.call/cross/fast/8w", "50", "40", "0003000"), ("cap.copy", "190", "209", "0003000")])

    def test_a_benchmark_in_a_line(self):
        lines = dict(re.findall(r'<summary><span class="id">([^<]+)</span>(.*?)</summary>', self.section("benchmarks-tcg"), re.DOTALL))
        self.assertEqual(list(lines), list(record.by_id(record.read(record.latest_path(self.results, "tcg")))))
        for benchmark, parts in (("syscall.null", ("<b>10</b>", "never changed", "seL4 253 = 25.3x")),
                                 ("ipc.call/cross/fast/8w",
                                  ("<b>40</b>", "-20.0 %</span> at <code>0003000", "-60.0 % in 2 steps", "4.0x the floor of 10")),
                                 ("mem.protect/4k", ("<b>30</b>", "never changed"))):
            for part in parts:
                self.assertIn(part, lines[benchmark])

    def test_behind_it_are_its_charts_its_steps_and_the_way_to_its_numbers(self):
        entry = re.search(r'<div id="b-tcg-cap.copy".*?</details>|<div[^>]*id="b-tcg-cap.copy".*?</details>', self.text, re.DOTALL)[0]
        self.assertIn('aria-label="cap.copy: 209 instructions"', entry)
        self.assertEqual(re.findall(r"<code>(\w+)</code>", entry), ["0003000", "0002000"])
        self.assertIn('href="#n-tcg-cap.copy"', entry)
        self.assertIn("n-tcg-cap.copy", self.page.ids)

    def test_points_say_value_commit_and_date(self):
        for words in ("40 instructions, 0003000300, 2026-01-01", "50 instructions, 0001000100, 2026-01-01"):
            self.assertIn(f'<g class="hover"><title>{words}</title>', self.text)

    def test_choices_need_no_script_and_hide_the_right_lines(self):
        rules = dict(re.findall(r"\.list:has\(#(\S+):checked\) (\S+)", self.text))
        self.assertEqual(rules["stepped-tcg"], ".g-same")
        self.assertEqual(rules["g-tcg-ipc"], ".bench:not(.g-ipc)")
        self.assertTrue(set(rules) <= set(self.page.ids), "a rule for a choice that is not there")
        entries = {name: (set(classes.split()), style) for classes, style, name in
                   re.findall(r'<details class="([^"]+)" style="([^"]+)"><summary><span class="id">([^<]+)', self.text)}
        self.assertEqual({n for n, (classes, _) in entries.items() if "g-same" in classes}, {"syscall.null", "mem.protect/4k"})
        self.assertIn("g-ipc", entries["ipc.call/cross/fast/8w"][0])
        for name, (_, style) in entries.items():
            place = int(re.search(r"--by-step:(\d+)", style)[1])
            self.assertEqual(place, {"ipc.call/cross/fast/8w": 0, "cap.copy": 1}.get(name, place), name)

    def test_cards_have_trend_and_peers(self):
        cards = self.section("summary-tcg")
        self.assertIn("the same since 2026-01-01", re.sub("<[^>]+>", "", cards))
        self.assertIn("Linux getppid 323 = 32.3x", cards)


class Released(support.Workspace):
    """In a repository of its own, whose tag is a real one."""

    def setUp(self):
        super().setUp()
        self.tree = self.dir / "tree"
        for part in ("scripts", "results/peers"):
            shutil.copytree(support.ROOT / part, self.tree / part, ignore=shutil.ignore_patterns("__pycache__"))
        self.git("init", "-q", "-b", "trunk")

    def git(self, *words):
        return plaingit.run("-c", "user.name=A", "-c", "user.email=a@b", *words, cwd=self.tree, check=True).stdout.strip()

    def baseline(self, number, **medians):
        """A commit whose baseline has these."""
        record.replace_file(record.baseline_path(self.tree / "results", "tcg"), record.dump(make_record(medians, number=number)))
        self.git("add", "results/baseline")
        self.git("commit", "-q", "-m", f"Baseline {number}")

    def changed(self):
        """The words of the page's section about what changed."""
        done = patience.run([sys.executable, "-m", "scripts.verbs.report"], cwd=self.tree, env=self.environment({}), encoding="utf-8",
                            capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        text = (self.tree / "results/report.html").read_text(encoding="utf-8")
        return " ".join(re.sub("<[^>]+>", " ", re.search(r'<section id="changed-tcg">(.*?)</section>', text, re.DOTALL)[1]).split())

    def test_what_has_come_together_since_the_last_release(self):
        self.baseline(1, mint=50, copy=100)
        self.git("tag", "v1")
        self.baseline(2, mint=50, copy=80)
        self.git("tag", "-a", "-m", "Two", "v2")
        self.git("tag", "no_version")
        self.baseline(3, mint=50, copy=70)
        self.git("checkout", "-q", "-b", "aside")
        self.git("tag", "w3")
        self.baseline(4, mint=50, copy=60)
        words = self.changed()
        self.assertIn("Since the release v2 (2026-01-01): 1 medians differ.", words)
        self.assertIn("copy median 80 60 -25.0 % 2 0004000", words)
        self.git("tag", "-d", "v2")
        words = self.changed()
        self.assertIn("Since the release v1 (2026-01-01): 1 medians differ.", words)
        self.assertIn("copy median 100 60 -40.0 % 3 0004000", words)


class Parts(support.unittest.TestCase):
    def test_since_a_release(self):
        held = make_record({"syscall.null": 12}, number=1)
        said = {"describe": "v1.2\n", "show": record.dump(held).decode()}
        with mock.patch.object(history, "_git", lambda word, *_: said[word]):
            self.assertEqual(history.release(record.RESULTS, "tcg"), ("v1.2", held))
        with mock.patch.object(history, "_git", lambda *_: ""):
            self.assertIsNone(history.release(record.RESULTS, "tcg"))

    def test_steps_accumulate(self):
        runs = [make_record({"cap.copy": v}, number=i) for i, v in enumerate((100, 80, 80, 60))]
        [found] = trail.trails(runs, history.steps(runs))
        self.assertEqual([(s.old, s.new) for s in found.own], [(100, 80), (80, 60)])
        self.assertAlmostEqual(found.accumulated, -0.4)

    def test_a_commits_page(self):
        for url in ("https://example.org/some/one.git", "git@example.org:some/one.git", "https://user:secret@example.org/some/one"):
            self.assertEqual(remote.page_of(url), "https://example.org/some/one", url)
        for url in ("/a/folder", "", "https://example.org"):
            self.assertIsNone(remote.page_of(url), url)

    def test_bars_begin_at_zero_or_are_dots(self):
        for medians, what, not_what in (((10, 90), "boxxyerror", "points pt 7 ps 0.8 lc"), ((10, 9000), "with points", "boxxyerror")):
            [chart] = chart_bars.charts(make_record(dict(zip(("cap.copy", "cap.mint"), medians))))
            self.assertIn(what, chart.body)
            self.assertNotIn(f"using 4:2 with {not_what}" if what == "boxxyerror" else not_what, chart.body)
            self.assertEqual("log scale" in chart.body, what != "boxxyerror")

    def test_lines_that_lie_upon_one_another_are_told_as_one(self):
        lines = {"same": (641, 737, 849), "cross": (641, 737, 849), "cross/slow": (700, 800, 900)}
        run = make_record({f"ipc.long/{line}/{words}w": median for line, found in lines.items()
                           for words, median in zip((16, 64, 120), found)})
        [chart] = chart_shape.growth(run)
        self.assertIn("title 'ipc.long/same = ipc.long/cross'", chart.body)

    def test_a_spark_shows_what_is_there(self):
        points = re.search(r'points="([^"]+)"', spark.svg((None, 10, 20, 10), "x"))[1].split()
        self.assertEqual(len(points), 3)
        self.assertEqual(points[0].split(",")[1], points[2].split(",")[1])
        self.assertLess(float(points[1].split(",")[1]), float(points[0].split(",")[1]), "more is higher")

    def test_a_run_without_a_number_keeps_its_place(self):
        def places(values):
            return [point.split(",")[0] for point in re.search(r'points="([^"]+)"', spark.svg(values, "x"))[1].split()]
        every = places((1, 2, 3, 4))
        self.assertEqual(places((1, None, 3, 4)), [every[0], *every[2:]])
        self.assertEqual(places((None, 2, 3, 4)), every[1:])

    def test_more_is_bad_and_less_is_good(self):
        self.assertEqual([re.search(r'class="(\w+)"', str(moved("x", more)))[1] for more in (True, False)], ["bad", "good"])

    def test_the_run_before_is_the_one_before(self):
        runs = [make_record({"cap.copy": v}, number=i) for i, v in enumerate((100, 80, 60))]
        said = " ".join(map(str, summary._since_last(runs, {})))
        self.assertIn(">80<", said)
        self.assertNotIn(">100<", said)

    def test_numbers_that_contradict_others_end_the_verdict(self):
        baseline = make_record({"ipc.call/same/fast/8w": 40, "ipc.call/cross/fast/8w": 41})
        run = make_record({"ipc.call/same/fast/8w": 40, "ipc.call/cross/fast/8w": 40}, number=1)
        for case, told in ((run, "1 numbers contradict others"), (make_record({"cap.copy": 5}, number=1), None)):
            passes, said = summary.verdict(case, baseline, (None, None))
            self.assertFalse(passes)
            self.assertEqual("contradict" in said, told is not None, said)


if __name__ == "__main__":
    support.unittest.main()
