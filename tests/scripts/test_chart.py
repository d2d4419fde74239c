"""Charts: drawn by the real gnuplot, one unit each, every name as it is written."""
import re

import support
from support import OFF, ON, make_record

import chart
import record

NAMES = {**ON, **OFF, "ipc.reply_recv/same/fast/8w": 110, "ipc.reply_recv/same/slow/8w": 310}


class Charts(support.Workspace):
    def chart(self, *arguments, **env):
        return self.run_script("chart.py", "--results", self.results, *arguments, **env)

    def drawn(self, backend="tcg"):
        return {p.name: p for p in record.charts_dir(self.results, backend).iterdir()}

    def texts(self, name, backend="tcg"):
        """All text in an SVG."""
        svg = self.drawn(backend)[name].read_text()
        return " ".join(re.sub(r"<[^>]+>", "", t) for t in re.findall(r"<text>(.*?)</text>", svg, re.DOTALL))

    def record_runs(self, count, backend="tcg"):
        for i in range(count):
            record.save(self.results, make_record(NAMES, backend, number=i))

    def test_one_run_makes_all_charts(self):
        self.record_runs(1)
        done = self.chart()
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        names = {"fast-vs-slow", "history-syscall.null", "history-cap.lookup", "history-ipc.call-fast",
                 "history-ipc.call-slow", "history-ipc.reply_recv-fast", "history-ipc.reply_recv-slow"}
        self.assertEqual(set(self.drawn()), {f"{n}.{s}" for n in names for s in ("svg", "png")})
        for name, path in self.drawn().items():
            self.assertTrue(path.read_bytes().startswith(b"\x89PNG" if name.endswith("png") else b"<?xml"), name)

    def test_names_values_and_unit_are_in_the_bars(self):
        self.record_runs(1)
        self.chart()
        texts = self.texts("fast-vs-slow.svg")
        for part in ("ipc.reply_recv/same/8w", "syscall.null", "100", "250", "median in instructions", "fast path"):
            self.assertIn(part, texts)

    def test_history_has_commits_oldest_first(self):
        self.record_runs(3)
        self.chart()
        texts = self.texts("history-ipc.call-fast.svg")
        self.assertLess(texts.index("0000000"), texts.index("0001000"))
        self.assertLess(texts.index("0001000"), texts.index("0002000"))
        self.assertIn("ipc.call/cross/fast/0w: 125", texts)

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
        bad.write_text("{")
        done = self.chart()
        self.assertEqual(done.returncode, 0)
        self.assertIn(f"{bad.name}:1:2", done.stderr)
        self.assertNotIn("0000000", self.texts("history-syscall.null.svg"))

    def test_nothing_to_draw(self):
        self.assert_error(self.chart(), 1, "no recorded runs", "make bench")
        self.assert_error(self.chart("--backend", "tcg"), 1, "no complete run of tcg")

    def test_missing_gnuplot(self):
        self.record_runs(1)
        self.assert_error(self.chart(path=str(self.bin)), 1, "gnuplot is not installed", "scripts/setup.sh chart")

    def test_failing_gnuplot_leaves_the_old_charts(self):
        self.record_runs(1)
        self.chart()
        before = {n: p.read_bytes() for n, p in self.drawn().items()}
        self.program("gnuplot", "#!/bin/sh\necho no memory >&2; exit 1\n")
        self.assert_error(self.chart(), 1, "cannot draw fast-vs-slow: no memory")
        self.assertEqual({n: p.read_bytes() for n, p in self.drawn().items()}, before)

    def test_quoting(self):
        self.assertEqual(chart.quote("it's a_b{c}"), "'it''s a_b{c}'")
