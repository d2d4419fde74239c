"""What tests/scripts/run.py says about failing tests: lines, not hundreds."""
import contextlib
import io
import unittest

from tests.scripts import run


class Made(unittest.TestCase):
    """Not one of the tests: load_tests leaves it out."""

    def cases(self):
        for i in range(500):
            with self.subTest(i=i):
                self.assertEqual(i % 2, 0)

    def long(self):
        self.maxDiff = None
        self.assertEqual(list(range(1000)), [])


def load_tests(loader, *_):
    return loader.loadTestsFromTestCase(Runner)


class Runner(unittest.TestCase):
    def told(self, name):
        text, result = io.StringIO(), run.Lines()
        with contextlib.redirect_stdout(text):
            Made(name).run(result)
        self.assertFalse(result.wasSuccessful())
        return text.getvalue().splitlines()

    def test_a_few_of_many_cases(self):
        lines = self.told("cases")
        bad = [line for line in lines if line.startswith("not ok")]
        self.assertEqual(bad, [f"not ok test_runner.Made.cases (i={i}): 1 != 0" for i in (1, 3, 5)] +
                         ["not ok test_runner.Made.cases: and so do 247 more of its cases"])
        self.assertLess(len(lines), 40)

    def test_long_differences(self):
        lines = self.told("long")
        self.assertLess(len(lines), 40)
        self.assertRegex(lines[-2], r"\.\.\. \d+ more lines")
        self.assertIn("not ok test_runner.Made.long: Lists differ", lines[-1])
