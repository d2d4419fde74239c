"""The footprint: its record, its budgets, its table, and that it agrees with what ring 3 sees."""
import copy
import json
import unittest

from scripts.base import patience
from scripts.judge import agreement, budget
from scripts.records import footprint_record, record
from scripts.verbs import footprint
from tests.scripts import support
from tests.scripts.support import make_footprint, make_path, make_record

CALL = "ipc.call/cross/fast"


class Form(unittest.TestCase):
    def refused(self, change):
        changed = copy.deepcopy(make_footprint())
        change(changed)
        with self.assertRaises(ValueError) as caught:
            footprint_record.check(changed)
        return str(caught.exception)

    def test_a_whole_one_passes(self):
        footprint_record.check(make_footprint())

    def test_what_is_wrong_is_named(self):
        self.assertIn("schema", self.refused(lambda f: f.update(schema="baton-run/1")))
        self.assertIn("footprint.commit", self.refused(lambda f: f.pop("commit")))
        self.assertIn("host.unicorn", self.refused(lambda f: f["host"].pop("unicorn")))
        self.assertIn("dirty", self.refused(lambda f: f.update(dirty="no")))
        self.assertIn("there is none", self.refused(lambda f: f.update(paths=[])))
        self.assertIn("paths[0].stores", self.refused(lambda f: f["paths"][0].update(stores=-1)))
        self.assertIn("paths[1].code", self.refused(lambda f: f["paths"][1].update(code="rust")))
        self.assertIn("paths[0] has not", self.refused(lambda f: f["paths"][0].pop("loads")))
        self.assertIn("instructions is 0", self.refused(lambda f: f["paths"][0].update(instructions=0)))
        self.assertIn("an id is there twice", self.refused(lambda f: f["paths"].append(f["paths"][0])))

    def test_dump_and_read_give_the_same(self):
        self.assertEqual(json.loads(footprint_record.dump(make_footprint())), make_footprint())


class Budgets(unittest.TestCase):
    def verdict(self, figure, value):
        verdicts = budget.judge(make_footprint(**{CALL: {figure: value}}))
        return next(v for v in verdicts if v.budget.ids == (CALL,) and v.budget.figure == figure)

    def test_each_of_a_call_is_held(self):
        for figure, most in (("instructions", 40), ("data_lines", 6), ("code_lines", 4), ("stores", 8)):
            with self.subTest(figure):
                self.assertFalse(self.verdict(figure, most).failed())
                self.assertTrue(self.verdict(figure, most + 1).failed())

    def test_words(self):
        self.assertEqual(self.verdict("stores", 6).word(), "met, stretch too")
        self.assertEqual(self.verdict("stores", 7).word(), "met")
        self.assertEqual(self.verdict("stores", 9).word(), "exceeded")

    def test_a_sum_needs_all_its_paths(self):
        self.assertNotIn("80", [v.budget.most for v in budget.judge(make_footprint())])


    def of_copy(self, median):
        verdicts = budget.judge(make_footprint(), make_record({"cap.copy": median}))
        return next(v for v in verdicts if v.budget.ids == ("cap.copy",))

    def test_of_a_benchmark_without_the_programs_own(self):
        found = [budget.judge(make_footprint(), make_record({"ipc.round_trip/cross/slow/8w": median}))[-1] for median in (610, 611)]
        self.assertEqual([v.value for v in found], [600, 601])
        self.assertEqual([v.failed() for v in found], [False, True])

    def test_a_budget_and_its_stretch(self):
        found = [self.of_copy(median) for median in (140, 141, 160, 161)]
        self.assertEqual([v.failed() for v in found], [False, False, False, True])
        self.assertEqual([v.word() for v in found], ["met, stretch too", "met", "met", "exceeded"])


class Agreement(unittest.TestCase):
    def differing(self, medians, paths):
        run = make_record(medians)
        counted = {**make_footprint(), "paths": [make_path(name, n) for name, n in paths.items()]}
        return {benchmark: wrong for benchmark, wrong in agreement.compare(counted, run) if wrong}

    def all(self):
        """Made-up kernel counts for every path, and what ring 3 then must see."""
        names = sorted({p for s in agreement.SUMS for p in s.paths})
        paths = {name: 100 + i for i, name in enumerate(names)}
        return {s.benchmark: sum(paths[p] for p in s.paths) + s.user for s in agreement.SUMS}, paths

    def test_equal_sums_agree(self):
        self.assertEqual(self.differing(*self.all()), {})

    def test_one_more_seen_is_named(self):
        medians, paths = self.all()
        medians["cap.lookup/1"] += 1
        self.assertEqual(list(self.differing(medians, paths)), ["cap.lookup/1"])

    def test_one_more_counted_is_named_wherever_it_is_part(self):
        medians, paths = self.all()
        paths[CALL] += 1
        wrong = self.differing(medians, paths)
        self.assertEqual(sorted(wrong), [f"ipc.{b}/cross/fast/{w}" for b in ("call", "round_trip") for w in ("0w", "8w")])
        self.assertIn(f"({CALL})", wrong["ipc.round_trip/cross/fast/8w"])

    def test_what_was_not_measured_is_named(self):
        medians, paths = self.all()
        del paths["cap.identify"], medians["syscall.null"]
        wrong = self.differing(medians, paths)
        self.assertEqual(wrong, {"cap.lookup/1": "cap.identify was not measured",
                                 "syscall.null": "syscall.null was not measured"})

    def test_the_committed_baselines_agree(self):
        counted = footprint_record.read(footprint_record.baseline_path(record.RESULTS))
        run = record.read(record.baseline_path(record.RESULTS, "tcg"))
        self.assertEqual([wrong for _, wrong in agreement.compare(counted, run) if wrong], [])


class Program(unittest.TestCase):
    """build/footprint itself, on the kernel that is built."""

    @classmethod
    def setUpClass(cls):
        cls.run_it("make", "-s", "build/footprint")

    @staticmethod
    def run_it(*command):
        return patience.run(command, cwd=support.ROOT, encoding="utf-8", capture_output=True, check=True).stdout

    def test_every_path_of_the_baseline_is_there(self):
        listed = self.run_it("build/footprint", "--list").splitlines()
        baseline = footprint_record.read(footprint_record.baseline_path(record.RESULTS))
        self.assertEqual([p["id"] for p in baseline["paths"] if p["id"] not in listed], [])

    def test_explain_names_what_a_call_touches(self):
        text = self.run_it("make", "-s", "footprint", f"EXPLAIN={CALL}")
        for name in ("cpu", "running thread + 0x0", "capability slot", "endpoint", "partner + 0x0", "syscall_entry", "fast_call"):
            self.assertRegex(text, rf"(?m)^ +\d.*  {name.replace('+', '[+]')}$")


class Table(unittest.TestCase):
    def test_columns_are_aligned(self):
        lines = footprint.table(make_footprint()).splitlines()
        start = next(i for i, line in enumerate(lines) if line.startswith("path"))
        self.assertEqual(len({len(line) for line in lines[start:start + 4]}), 1)

    def test_the_readme_keeps_the_rest(self):
        text = f"before\n{footprint.BEGIN}old\n{footprint.END}after\n"
        self.assertEqual(footprint.with_part(text, "new\n"), f"before\n{footprint.BEGIN}new\n{footprint.END}after\n")

    def test_a_readme_without_markers_is_an_error(self):
        with self.assertRaises(footprint.BatonError):
            footprint.with_part("nothing\n", "new\n")


class Script(support.Workspace):
    def counter(self, lines, code=0):
        """A build/footprint that says this."""
        text = "\n".join(json.dumps(line) for line in lines)
        path = self.build / "footprint"
        path.write_text(f"#!/bin/sh\ncat <<'TEXT'\n{text}\nTEXT\nexit {code}\n", encoding="utf-8")
        path.chmod(0o755)

    def run_it(self, *arguments):
        return self.run_script("verbs.footprint", "--build", self.build, "--results", self.results, *arguments)

    def test_records_and_prints(self):
        self.counter([{"unicorn": "2.0"}, make_path(CALL, 35), make_path("ipc.call/cross/slow", 194)])
        done = self.run_it()
        self.assertEqual(done.returncode, 0, done.stderr)
        kept = footprint_record.read(footprint_record.latest_path(self.results))
        self.assertEqual([p["instructions"] for p in kept["paths"]], [35, 194])
        self.assertEqual(kept["host"]["unicorn"], "2.0")
        self.assertIn("ipc.call/cross/fast", done.stdout)

    def test_an_exceeded_budget_fails_and_is_recorded(self):
        self.counter([{"unicorn": "2.0"}, make_path(CALL, 35, stores=9)])
        done = self.run_it()
        self.assert_error(done, 1, "1 budgets are exceeded")
        self.assertIn(f"{CALL}: 9 stores, its budget is 8", done.stderr)
        self.assertTrue(footprint_record.latest_path(self.results).is_file())

    def test_a_failed_count_records_nothing(self):
        self.counter([{"unicorn": "2.0"}, make_path(CALL, 35)], code=1)
        self.assert_error(self.run_it(), 1, "ended with code 1")
        self.assertFalse(footprint_record.latest_path(self.results).exists())

    def test_nonsense_is_refused(self):
        for lines in ([], [{}], [{"unicorn": "2.0"}], [{"unicorn": "2.0"}, {"id": CALL}]):
            with self.subTest(lines):
                self.counter(lines)
                self.assert_error(self.run_it(), 1, "printed no footprint")

    def test_no_program(self):
        self.assert_error(self.run_it(), 1, "cannot be run", "make footprint")
