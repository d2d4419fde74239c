"""The gate: no number may grow, none may vanish, and a new baseline is an explicit step."""
import support
from support import OFF, ON, make_record

import record


class Gate(support.Workspace):
    """A baseline and a run that is the same; no tests of its own."""

    def setUp(self):
        super().setUp()
        self.medians = {**ON, **OFF}
        record.save(self.results, make_record(self.medians))
        self.assertEqual(self.gate("--accept").returncode, 0)
        self.baseline = record.baseline_path(self.results, "tcg")

    def gate(self, *arguments):
        return self.run_script("gate.py", "--results", self.results, *arguments)

    def measure(self, medians=None, host=None, **numbers):
        """A new latest run with these numbers."""
        run = make_record({**self.medians, **(medians or {})}, number=1)
        run["host"].update(host or {})
        for benchmark in run["benchmarks"]:
            benchmark.update(numbers.get(benchmark["id"], {}))
        record.save(self.results, run)

    def drop(self, benchmark):
        record.save(self.results, make_record({k: v for k, v in self.medians.items() if k != benchmark}))


class SameTools(Gate):
    def test_the_same_numbers_pass(self):
        done = self.gate()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"{len(self.medians)} benchmarks compared", done.stdout)

    def test_one_instruction_more_fails(self):
        self.measure({"ipc.call/same/fast/0w": 101})
        done = self.gate()
        self.assert_error(done, 1, "2 numbers grew")
        self.assertIn("ipc.call/same/fast/0w: median 100 -> 101 instructions (+1)", done.stdout)

    def test_the_minimum_is_held_too(self):
        latest = record.latest_path(self.results, "tcg")
        old = make_record(self.medians)
        old["benchmarks"][0]["min"] -= 10
        record.replace_file(self.baseline, record.dump(old))
        self.assert_error(self.gate(), 1, "1 numbers grew")
        self.assertTrue(latest.is_file())

    def test_fewer_instructions_pass_with_a_hint(self):
        self.measure({"syscall.null": 50})
        done = self.gate()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("syscall.null: median 54 -> 50 instructions (-4)", done.stdout)
        self.assertIn("scripts/gate.py --accept", done.stdout)

    def test_a_missing_benchmark_fails(self):
        self.drop("cap.lookup/1")
        done = self.gate()
        self.assert_error(done, 1, "1 benchmarks are missing")
        self.assertIn("missing   cap.lookup/1", done.stdout)

    def test_a_new_benchmark_is_told(self):
        self.measure({"switch.yield/same": 97})
        done = self.gate()
        self.assertEqual(done.returncode, 0)
        self.assertIn("new       switch.yield/same", done.stdout)

    def test_accept_moves_the_baseline_and_says_what_changed(self):
        self.measure({"syscall.null": 60})
        done = self.gate("--accept")
        self.assertIn("syscall.null: median 54 -> 60", done.stdout)
        self.assertEqual(self.gate().returncode, 0)
        self.assertEqual(record.by_id(record.read(self.baseline))["syscall.null"]["median"], 60)

    def test_without_accept_the_baseline_stays(self):
        before = self.baseline.read_bytes()
        self.measure({"syscall.null": 50})
        self.gate()
        self.assertEqual(self.baseline.read_bytes(), before)

    def test_lines_for_the_test_runner(self):
        self.measure({"syscall.null": 60})
        lines = self.gate("--tap").stdout.splitlines()
        self.assertIn("not ok syscall.null: min grew from 54 to 60, median grew from 54 to 60", lines)
        self.assertIn("ok cap.lookup/1", lines)
        self.drop("cap.lookup/1")
        self.assertIn("not ok cap.lookup/1", self.gate("--tap").stdout)


class OtherTools(Gate):
    """With another compiler or QEMU only what is NASM is held, with room for the stubs."""

    OTHER = {"gcc": "gcc 99"}

    def test_c_code_may_differ(self):
        self.measure({"ipc.call/same/slow/0w": 400}, self.OTHER)
        done = self.gate()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("gcc is gcc 99, the baseline's is made up", done.stdout)

    def test_nasm_code_may_differ_by_the_stubs(self):
        self.measure({"ipc.call/same/fast/0w": 104, "syscall.null": 58}, {"qemu": "9.0"})
        self.assertEqual(self.gate().returncode, 0)

    def test_nasm_code_may_not_grow_more(self):
        for benchmark in ("ipc.call/same/fast/0w", "syscall.null", "cap.lookup/1"):
            with self.subTest(benchmark):
                self.measure({benchmark: self.medians[benchmark] + 5}, self.OTHER)
                self.assert_error(self.gate(), 1, "2 numbers grew")

    def test_missing_fails_still(self):
        run = make_record({k: v for k, v in self.medians.items() if k != "ipc.call/same/slow/0w"})
        run["host"].update(self.OTHER)
        record.save(self.results, run)
        self.assert_error(self.gate(), 1, "1 benchmarks are missing")


class BadInput(support.Workspace):
    def gate(self, *arguments):
        return self.run_script("gate.py", "--results", self.results, *arguments)

    def test_no_run(self):
        self.assert_error(self.gate(), 1, "latest/tcg.json is missing", "make bench BACKEND=tcg")

    def test_no_baseline(self):
        record.save(self.results, make_record())
        self.assert_error(self.gate(), 1, "there is no baseline", "--accept")

    def test_damaged_baseline_names_the_line(self):
        record.save(self.results, make_record())
        record.replace_file(record.baseline_path(self.results, "tcg"), b'{"schema"\n')
        self.assert_error(self.gate(), 1, "baseline/tcg.json:2:1")

    def test_a_part_of_the_suite_is_not_enough(self):
        path = record.save(self.results, make_record(options={"only": "ipc.*", "samples": 10, "raw": False}))
        self.assert_error(self.gate(path), 1, "not a complete run of the backend tcg")

    def test_another_backend_is_not_compared(self):
        path = record.save(self.results, make_record(backend="kvm"))
        self.assert_error(self.gate("--accept", path), 1, "not a complete run of the backend tcg")

    def test_a_baseline_without_benchmarks_compares_nothing(self):
        record.save(self.results, make_record())
        record.replace_file(record.baseline_path(self.results, "tcg"), record.dump(make_record() | {"benchmarks": []}))
        self.assert_error(self.gate(), 1, "not one benchmark was compared")
