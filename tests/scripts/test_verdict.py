"""What tests/runner/steps.py must be able to rely on: each check is said, and none or a failed one is a failure of the program."""
import contextlib
import io
import unittest

from scripts.base.common import BatonError
from tests import verdict


def told(checks):
    """The exit code, and the lines."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = verdict.exit_code(checks)
    return code, out.getvalue().splitlines()


class ExitCode(unittest.TestCase):
    def test_all_passed(self):
        self.assertEqual(told([("a", None), ("b", "")]), (0, ["ok a", "ok b"]))

    def test_a_failed_one_before_others(self):
        self.assertEqual(told([("a", "why"), ("b", None)]), (1, ["not ok a: why", "ok b"]))

    def test_nothing_was_tested(self):
        self.assertEqual(told([]), (1, []))


class WhyNot(unittest.TestCase):
    def test_what_it_says(self):
        self.assertEqual([verdict.why_not(lambda why: why, why) for why in (None, "why")], [None, "why"])

    def test_what_it_fails_by(self):
        for error in (BatonError("why"), OSError("why"), ValueError("why")):
            def fail(error=error):
                raise error
            with self.subTest(error=error):
                self.assertEqual(verdict.why_not(fail), "why")

    def test_an_error_without_words(self):
        def fail():
            raise ValueError
        self.assertEqual(verdict.why_not(fail), "ValueError")


class FirstFailure(unittest.TestCase):
    def test_passed(self):
        self.assertIsNone(verdict.first_failure(0, ["baton: it boots", "ok a"]))

    def test_not(self):
        for code, lines, why in ((1, ["ok a", "not ok b: why", "not ok c"], "not ok b: why"), (0, [], "the guest ended with code 0"),
                                 (3, ["ok a", "PANIC: x"], "PANIC: x"), (3, ["ok a"], "the guest ended with code 3")):
            with self.subTest(lines=lines):
                self.assertEqual(verdict.first_failure(code, lines), why)


if __name__ == "__main__":
    unittest.main()
