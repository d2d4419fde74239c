"""Charts: drawn by the real gnuplot, one unit each, with every name as it is written."""
import random
import re
import shutil
from unittest import mock

from scripts.judge import history
from scripts.records import peers, record
from scripts.show import chart_bars, chart_history, plot
from tests.scripts import support
from tests.scripts.support import OFF, ON, make_record

NAMES = {**ON, **OFF, "ipc.reply_recv/same/fast/8w": 110, "ipc.reply_recv/same/slow/8w": 310}


class Charts(support.Workspace):
    def chart(self, *arguments, **env):
        return self.run_script("verbs.chart", "--results", self.results, *arguments, **env)

    def drawn(self, backend="tcg"):
        directory = record.charts_dir(self.results, backend)
        return {str(p.relative_to(directory)): p for p in directory.rglob("*.*")}

    def texts(self, name, backend="tcg"):
        """All text in an SVG."""
        svg = self.drawn(backend)[name].read_text(encoding="utf-8")
        return " ".join(re.sub(r"<[^>]+>", "", t) for t in re.findall(r"<text[^>]*>(.*?)</text>", svg, re.DOTALL))

    def record_runs(self, count, backend="tcg"):
        for i in range(count):
            record.save(self.results, make_record(NAMES, backend, number=i))

    def record_series(self, medians, backend="tcg", **hosts):
        """One benchmark over runs; hosts: a field of the host, and its text in each run."""
        for i, median in enumerate(medians):
            run = make_record({"cap.copy": median}, backend, number=i)
            run["host"].update({field: texts[i] for field, texts in hosts.items()})
            record.save(self.results, run)
        self.assertEqual(self.chart("--backend", backend).stderr, "")

    def test_one_run_makes_all_charts(self):
        self.record_runs(1)
        done = self.chart()
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        names = {"fast-vs-slow", "one-path", *("history/" + i.replace("/", "-") for i in NAMES)}
        self.assertEqual(set(self.drawn()), {f"{n}.{s}" for n in names for s in ("svg", "png")})
        for name, path in self.drawn().items():
            self.assertTrue(path.read_bytes().startswith(b"\x89PNG" if name.endswith("png") else b"<?xml"), name)

    def test_names_values_and_unit_are_in_the_bars(self):
        self.record_runs(1)
        self.chart()
        texts = self.texts("fast-vs-slow.svg")
        for part in ("ipc.reply_recv/same/8w", "100", "250", "median in instructions", "fast path"):
            self.assertIn(part, texts)
        for part in ("syscall.null", "54", "cap.lookup/1", "22"):
            self.assertIn(part, self.texts("one-path.svg"))

    def test_ticks_of_a_growth_are_not_rounded_to_the_same(self):
        run = make_record({"sched.scale/1": 314, "sched.scale/10": 1317, "sched.scale/100": 932})
        record.save(self.results, run)
        self.chart()
        texts = self.texts("scale-sched.scale.svg").split()
        self.assertIn("1400", texts)
        self.assertNotIn("1k", texts)

    def test_anchors_that_the_axis_reaches_are_lines_across(self):
        for median, lines in ((245, 1), (500, 0)):  # seL4 takes 253
            rows = [(0, {"min": median, "median": median, "q1": median, "q3": median})]
            run = make_record({"syscall.null": median})
            entries = chart_history._entries(peers.beside(run, peers.read())["syscall.null"], median)
            drawn = chart_history._main([run], rows, 0.7, entries)
            self.assertEqual(drawn.count("dt 4"), lines, median)

    def test_history_has_commits_oldest_first(self):
        self.record_runs(3)
        self.chart()
        texts = self.texts("history/ipc.call-cross-fast-0w.svg")
        self.assertLess(texts.index("0000000"), texts.index("0001000"))
        self.assertLess(texts.index("0001000"), texts.index("0002000"))
        self.assertIn("ipc.call/cross/fast/0w: 125 instructions", texts)

    def test_history_names_the_commit_and_size_of_a_change(self):
        self.record_series([200, 200, 230, 230, 229])
        texts = self.texts("history/cap.copy.svg")
        self.assertIn("0002000 +15.0 %, 0004000 -0.4 %", texts)
        self.assertNotIn("0001000 ", texts.replace("0001000 0002000", ""))

    def test_history_names_the_largest_changes_and_the_last(self):
        self.record_series([200, 100, 102, 104, 300, 303, 302])
        self.assertIn("0004000 +188.5 %, 0006000 -0.3 %", self.texts("history/cap.copy.svg"))

    def test_history_without_a_change_names_none(self):
        self.record_series([200] * 5)
        self.assertNotIn("%", self.texts("history/cap.copy.svg"))

    def record_cycles(self, medians):
        """Runs of cycles: {benchmark: its medians}."""
        for i in range(len(next(iter(medians.values())))):
            record.save(self.results, make_record({name: numbers[i] for name, numbers in medians.items()}, "kvm", number=i))
        self.assertEqual(self.chart("--backend", "kvm").stderr, "")
        return self.texts("history/cap.copy.svg", "kvm")

    def test_history_of_cycles_names_the_commit_of_what_one_has(self):
        rng = random.Random(1)
        others = {f"cap.lookup/{i}": [rng.randint(1000, 1004) for _ in range(30)] for i in range(8)}
        texts = self.record_cycles({"cap.copy": [rng.randint(500, 502) + 20 * (i >= 18) for i in range(30)], **others})
        self.assertRegex(texts, r"0012001 \+[34]\.[0-9] %")
        self.assertNotIn("host", texts)
        self.assertIn("of 100 such histories at most 1", texts)
        self.assertNotIn("%", self.texts("history/cap.lookup-1.svg", "kvm"))

    def test_history_of_cycles_names_no_commit_where_the_host_changed(self):
        rng = random.Random(2)
        texts = self.record_cycles({name: [round((500 + 20 * (i >= 18)) * rng.gauss(1, 0.002)) for i in range(30)]
                                    for name in ("cap.copy", *(f"cap.lookup/{i}" for i in range(8)))})
        self.assertRegex(texts, r"the host \+[34]\.[0-9] %")
        self.assertNotRegex(texts, r"00[0-9a-f]{2}00[0-9a-f] [+-]")

    def test_history_of_instructions_has_no_rate(self):
        self.record_series([200, 201])
        self.assertNotIn("of 100", self.texts("history/cap.copy.svg"))

    def test_history_marks_where_a_tool_changed(self):
        self.record_series([200] * 4, gcc=["12", "12", "13", "13"], cpu_model=["a", "a", "a", "b"])
        texts = self.texts("history/cap.copy.svg")
        self.assertIn("gcc", texts)
        self.assertIn("CPU", texts)
        self.assertNotIn("QEMU", texts)

    def test_history_has_the_peers_of_its_unit(self):
        self.record_runs(1)
        self.record_runs(1, "kvm")
        self.chart()
        self.assertIn("seL4 253", self.texts("history/syscall.null.svg"))
        self.assertIn("Baton 54", self.texts("history/syscall.null.svg"))
        self.assertIn("seL4 (Skylake) 136", self.texts("history/syscall.null.svg", "kvm"))
        self.assertNotIn("253", self.texts("history/syscall.null.svg", "kvm"))

    def test_growth(self):
        record.save(self.results, make_record({"cap.revoke/1": 30, "cap.revoke/10": 150, "cap.revoke/100": 1300,
                                               "ipc.call/same/fast/0w": 30, "ipc.call/same/fast/8w": 40}))
        self.chart()
        texts = self.texts("scale-cap.revoke.svg")
        for part in ("30", "150", "1300", "children", "instructions"):
            self.assertIn(part, texts)
        self.assertNotIn("scale-ipc.call.svg", self.drawn())

    def test_lines_that_nearly_lie_upon_one_another_have_one_number(self):
        medians = {"same": (641, 737, 849), "cross": (643, 739, 851), "cross/slow": (313, 409, 521)}
        record.save(self.results, make_record({f"ipc.long/{line}/{words}w": median for line, found in medians.items()
                                               for words, median in zip((16, 64, 120), found)}))
        self.chart()
        texts = self.texts("scale-ipc.long.svg").split()
        self.assertTrue({"641", "737", "849", "313", "409", "521"} <= {*texts})
        self.assertFalse({"643", "739", "851"} & {*texts})

    def test_the_longest_id_has_room(self):
        widths = []
        for name in ("a.b", "a.name/" + "so/very/" * 5 + "long"):
            [chart] = chart_bars.charts(make_record({name: 10}))
            widths.append(chart.width)
        self.assertGreater(widths[1], widths[0] + 6 * 40)

    def test_samples_of_the_last_two_runs_that_kept_them(self):
        for i, samples in enumerate(([50, 51], [60, 61], None, [70, 71])):
            run = make_record({"cap.copy": 50}, number=i)
            if samples:
                run["benchmarks"][0]["samples"] = samples
            record.save(self.results, run)
        self.chart()
        texts = self.texts("samples/cap.copy.svg")
        self.assertIn("0001000", texts)
        self.assertIn("0003000", texts)
        self.assertNotIn("0000000", texts)

    def test_a_chart_of_no_benchmark_any_more_is_removed(self):
        self.record_runs(1)
        self.chart()
        old = record.charts_dir(self.results, "tcg") / "history-old.svg"
        old.write_text("old", encoding="utf-8")
        self.chart()
        self.assertFalse(old.exists())

    def test_backends_have_their_own_charts_and_units(self):
        self.record_runs(1)
        self.record_runs(2, "kvm")
        self.assertEqual(self.chart().returncode, 0)
        for name in (n for n in self.drawn() if n.endswith("svg")):
            self.assertIn("instructions", self.texts(name))
            self.assertNotIn("cycles", self.texts(name))
            self.assertIn("cycles", self.texts(name, "kvm"))
            self.assertNotIn("instructions", self.texts(name, "kvm"))

    def test_zero_and_one_size(self):
        record.save(self.results, make_record({"syscall.null": 0, "cap.lookup/1": 0}))
        self.assertEqual(self.chart().returncode, 0)

    def test_a_damaged_run_is_named_and_left_out(self):
        self.record_runs(2)
        bad = record.run_paths(self.results, "tcg")[0]
        bad.write_text("{", encoding="utf-8")
        done = self.chart()
        self.assertEqual(done.returncode, 0)
        self.assertIn(f"{bad.name}:1:2", done.stderr)
        self.assertNotIn("0000000", self.texts("history/syscall.null.svg"))

    def test_nothing_to_draw(self):
        self.assert_error(self.chart(), 1, "no recorded runs", "make bench")
        self.assert_error(self.chart("--backend", "tcg"), 1, "no complete run of tcg")

    def test_missing_gnuplot(self):
        self.record_runs(1)
        self.assert_error(self.chart(path=str(self.bin)), 1, "gnuplot is not installed", "scripts/setup.sh chart")

    def test_only_what_changed_is_drawn_again(self):
        self.record_runs(2)
        self.chart()
        before = {n: (p.read_bytes(), p.stat().st_mtime_ns) for n, p in self.drawn().items()}
        self.program("gnuplot", f"#!/bin/sh\n[ $1 = --version ] && exec {shutil.which('gnuplot')} --version\necho no memory >&2; exit 1\n")
        self.assertEqual(self.chart().stderr, "")
        self.assertEqual({n: (p.read_bytes(), p.stat().st_mtime_ns) for n, p in self.drawn().items()}, before)
        self.drawn()["history/syscall.null.svg"].write_text("damaged", encoding="utf-8")
        self.assert_error(self.chart(), 1, "cannot draw history/syscall.null: no memory")

    def test_failing_gnuplot_leaves_the_old_charts(self):
        self.record_runs(1)
        self.chart()
        self.record_runs(2)
        before = {n: p.read_bytes() for n, p in self.drawn().items()}
        self.program("gnuplot", "#!/bin/sh\necho no memory >&2; exit 1\n")
        self.assert_error(self.chart(), 1, "cannot draw fast-vs-slow: no memory")
        self.assertEqual({n: p.read_bytes() for n, p in self.drawn().items()}, before)

    def test_the_trees_own_history_has_the_committed_baselines(self):
        if not (support.ROOT / ".git").exists():
            self.skipTest("not a git checkout")
        committed = {r["date"] for r in history.committed_baselines("tcg")}
        self.assertTrue(committed)
        runs = history.runs(record.RESULTS, "tcg")
        self.assertTrue(committed & {r["date"] for r in runs})
        self.assertEqual([r["date"] for r in runs], sorted(r["date"] for r in runs))
        self.assertEqual(history.runs(self.results, "tcg"), [])

    def test_a_baseline_that_was_taken_back_to_is_one_run(self):
        """Its record is the same, in two commits."""
        first, second = (make_record(number=i) for i in range(2))
        record.save(self.results, first)
        with mock.patch.object(record, "RESULTS", self.results.resolve()), \
                mock.patch.object(history, "committed_baselines", lambda _: [second, first, second]):
            self.assertEqual(history.runs(self.results, "tcg"), [first, second])

    def test_quoting(self):
        self.assertEqual(plot.quote("it's a_b{c}"), "'it''s a_b{c}'")
