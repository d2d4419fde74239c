"""The test runner: nothing passes by silence, and the closing line counts what was really said."""
import contextlib
import dataclasses
import io
import os
import signal
from unittest import mock

from scripts.base.common import BatonError
from scripts.source.image import built_image
from tests import run as run_tests
from tests.runner import steps
from tests.scripts import support
from tests.scripts.support import status_of


def shell(text, name="s"):
    return steps.Command(name, ("sh", "-c", text))


class Commands(support.Workspace):
    def test_counts(self):
        report = shell("echo 'ok a'; echo 'ok b c'; echo 'not ok d: too late'; echo okay; echo ' ok e'; exit 1").run()
        self.assertEqual((report.passed, report.failed), (["a", "b c"], ["d: too late"]))

    def test_a_bad_exit_code_is_a_failure_with_its_last_words(self):
        self.assertEqual(shell("echo 'ok a'; echo crashed; exit 3").run().failed, ["s: it ended with code 3: crashed"])

    def test_a_command_that_is_not_there(self):
        self.assertEqual(len(steps.Command("s", ("/nowhere/x",)).run().failed), 1)

    def test_a_hanging_command_is_ended(self):
        with mock.patch.dict("os.environ", BATON_PATIENCE="1"):
            report = shell(f"echo 'ok a'; sleep 1000 & echo $! > {self.bin}/pids; sleep 1000").run()
        self.assert_nothing_left()
        self.assertEqual((report.passed, report.failed), (["a"], [mock.ANY]))
        self.assertIn("s: it hangs: for 1 s", report.failed[0])

    def test_what_is_not_built_says_how_it_is(self):
        self.assertEqual(["equiv: build/no_such_program is not built: make test TEST='equiv'"],
                         steps.Command("equiv", ("build/no_such_program",)).run().failed)

    def test_each_source_s_executable_and_no_other(self):
        """One tests nothing, one is not built; one was built of a source that is gone."""
        for name in ("silent", "good", "not_built"):
            (self.dir / f"{name}_test.c").touch()
        self.program("silent_test", "#!/bin/sh\n")
        self.program("good_test", "#!/bin/sh\necho ok g\n")
        self.program("gone_test", "#!/bin/sh\necho ok x\n")
        with mock.patch.object(steps, "ROOT", self.dir):
            report = steps.Executables("host", "*_test.c", "bin").run()
        self.assertEqual(["g"], report.passed)
        self.assertEqual([f"host: {self.bin}/not_built_test is not built: make test TEST='host'", "host: silent_test tests nothing"],
                         report.failed)

    def test_of_several_executables_the_one_that_fails_is_shown_last(self):
        for name in "az":
            (self.dir / f"{name}_test.c").touch()
        self.program("a_test", "#!/bin/sh\necho reason; echo 'not ok a: x'\n")
        self.program("z_test", f"#!/bin/sh\nseq -f 'ok %g' {steps.OUTPUT_KEPT + 1}\n")
        with mock.patch.object(steps, "ROOT", self.dir):
            report = steps.Executables("host", "*_test.c", "bin").run()
        self.assertEqual(report.output[-2:], ["reason", "not ok a: x"])
        self.assertEqual((len(report.passed), report.failed), (steps.OUTPUT_KEPT + 1, ["a: x"]))


class Guests(support.Workspace):
    def run_step(self, step, on, off="exit 1"):
        self.fake_qemu(on, off)
        with mock.patch.object(steps, "built_image", lambda *_: built_image(self.build)), \
                mock.patch.dict("os.environ", PATH=self.environment({})["PATH"]):
            return step.run()

    def test_results_on_the_console(self):
        report = self.run_step(steps.Guest("g", "run=x"), self.replay(["ok a", "not ok b: no", "noise"], status_of(1)))
        self.assertEqual((report.passed, report.failed), (["a"], ["b: no"]))
        self.assertIn("run=x", self.calls()[0])

    def test_wrong_exit_code(self):
        report = self.run_step(steps.Guest("g", ""), self.replay(["ok a"], status_of(1)))
        self.assertEqual(report.failed, ["g: the guest ended with code 1"])

    def test_triple_fault_keeps_what_was_said(self):
        report = self.run_step(steps.Guest("g", ""), self.replay(["ok a"], 0))
        self.assertEqual(report.passed, ["a"])
        self.assertIn("triple fault", report.failed[0])

    def compare(self, on, off):
        return self.run_step(steps.Compare("c", "run=x"), self.replay(on), self.replay(off))

    def test_both_paths_alike(self):
        report = self.compare(["boot 1", "trace 7", "ok a"], ["boot 2", "trace 7", "ok a"])
        self.assertEqual((report.passed, report.failed), (["c: both paths say the same", "a", "a"], []))

    def test_first_difference(self):
        report = self.compare(["ok a", "trace 7", "ok b"], ["ok a", "trace 8", "ok b"])
        self.assertEqual(report.failed, ["c: line 2 differs: fastpath=on says 'trace 7', fastpath=off says 'trace 8'"])

    def test_one_says_more(self):
        self.assertIn("fastpath=off says '(the end)'", self.compare(["ok a", "ok b"], ["ok a"]).failed[0])

    def test_neither_says_anything(self):
        self.assertIn("neither", self.compare(["hello"], ["hello"]).failed[0])


@dataclasses.dataclass(frozen=True)
class Suicide:
    name: str

    def run(self):
        os.kill(os.getpid(), signal.SIGKILL)


class Runner(support.Workspace):
    def run_all(self, *list_of_steps, words=()):
        output = io.StringIO()
        with mock.patch.object(run_tests, "STEPS", list(list_of_steps)), contextlib.redirect_stdout(output):
            code = run_tests.main(list(words))
        return code, output.getvalue().splitlines()

    def test_closing_line_sums_up(self):
        code, lines = self.run_all(shell("echo ok a", "one"), shell("echo ok b; echo ok c", "two"))
        self.assertEqual((code, lines[-1]), (0, "3 passed, 0 failed"))

    def test_steps_run_side_by_side(self):
        meet = "touch {0}/{1}; until [ -e {0}/{2} ]; do sleep 0.01; done; echo ok {1}"
        both = [shell(meet.format(self.dir, *names), names[0]) for names in (("a", "b"), ("b", "a"))]
        code, lines = self.run_all(*both, words=["--jobs", "2"])
        self.assertEqual((code, lines[-1]), (0, "2 passed, 0 failed"))
        self.assertEqual(sorted(line.split(" (")[0] for line in lines[:2]), ["a: 1 passed, 0 failed", "b: 1 passed, 0 failed"])

    def test_a_long_step_is_told_of_even_alone(self):
        gates = [self.dir / "gate"]
        os.mkfifo(gates[0])
        step, told = shell(f"cat {gates[0]}", "one"), io.StringIO()
        told.write = lambda text: gates.pop().write_text("ok a\n", encoding="ascii") if gates and "one: still at it" in text else None
        with mock.patch.object(run_tests, "TELL", 0.1), mock.patch.dict("os.environ", BATON_PATIENCE="30"), \
                contextlib.redirect_stderr(told):
            code, lines = self.run_all(step)
        self.assertEqual((code, lines[-1]), (0, "1 passed, 0 failed"))

    def test_a_killed_process_fails_its_step(self):
        code, lines = self.run_all(Suicide("one"), shell("echo ok b", "two"), words=["--jobs", "2"])
        self.assertEqual((code, lines[-1]), (1, "1 passed, 1 failed"))
        self.assertTrue(any("not ok one: its process ended with code -9" in line for line in lines), lines)

    def test_a_failure_shows_its_output(self):
        code, lines = self.run_all(shell("echo ok a", "one"), shell("echo reason; echo 'not ok b: x'", "two"))
        self.assertEqual((code, lines[-1]), (1, "1 passed, 1 failed"))
        self.assertIn("    reason", lines)
        self.assertIn("not ok b: x", lines)

    def test_a_step_that_tests_nothing_fails(self):
        code, lines = self.run_all(shell("true", "one"))
        self.assertEqual((code, lines[-1]), (1, "0 passed, 1 failed"))

    def test_what_python_compiles_is_kept(self):
        for before, after in (({"PYTHONDONTWRITEBYTECODE": "1"}, f"{support.ROOT}/build/pycache"), ({}, ""),
                              ({"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPYCACHEPREFIX": "/else"}, "/else")):
            with self.subTest(before=before), mock.patch.dict("os.environ", before):
                for name in {"PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"} - set(before):
                    os.environ.pop(name, None)
                lines = self.run_all(shell('echo "ok [$PYTHONDONTWRITEBYTECODE][$PYTHONPYCACHEPREFIX]"', "one"), words=["-v"])[1]
                self.assertIn(f"    ok [][{after}]", lines)

    def test_words_choose_steps(self):
        code, lines = self.run_all(shell("echo ok a", "one"), shell("false", "two"), words=["on"])
        self.assertEqual((code, lines[-1]), (0, "1 passed, 0 failed"))

    def test_words_that_choose_nothing(self):
        with self.assertRaisesRegex(BatonError, "there are: one"):
            self.run_all(shell("echo ok a", "one"), words=["zz"])
