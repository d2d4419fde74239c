"""Runs the tests of the host scripts and prints "ok <name>" or "not ok <name>: why" for each.

With words: only tests whose name contains one of them. A test that uses much CPU time is named. Of the failing cases of
one test (subTest) only the first few are named, and how many more there are. What a test draws without a generator of
its own is the same in every run: what failed fails again. What this Python says will be otherwise in a newer one is an error.
"""
import importlib
import random
import resource
import sys
import unittest
import warnings
from pathlib import Path

MUCH = 3.0  # seconds
CASES, LINES = 3, 30  # named for one failing test
HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
OURS = r"(scripts|tests)\.|__main__$"


def _cpu_seconds():
    """Of this process and of what it has waited for."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))  # clock: told


def name_of(test):
    """Module, class and method."""
    return ".".join(test.id().split(".")[-3:])


class Lines(unittest.TestResult):
    """One line per test, and why it failed before it."""

    def startTest(self, test):
        super().startTest(test)
        random.seed(name_of(test))
        self._used, self._cases = _cpu_seconds(), 0

    def stopTest(self, test):
        super().stopTest(test)
        if self._cases > CASES:
            print(f"not ok {name_of(test)}: and so do {self._cases - CASES} more of its cases", flush=True)
        used = _cpu_seconds() - self._used
        if used >= MUCH:
            print(f"# {used:.1f} s of CPU: {name_of(test)}", flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        print(f"ok {name_of(test)}", flush=True)

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error is not None:
            self._cases += 1
            if self._cases <= CASES:
                self._bad(subtest, error)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self._bad(test, error)

    def addError(self, test, error):
        super().addError(test, error)
        self._bad(test, error)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        print(f"# skipped {name_of(test)}: {reason}", flush=True)

    def _bad(self, test, error):
        lines = self._exc_info_to_string(error, test).rstrip().splitlines()
        more = [f"... {len(lines) - LINES} more lines"] if len(lines) > LINES else []
        print("\n".join(lines[:LINES] + more))
        why = str(error[1]).strip().splitlines()
        print(f"not ok {name_of(test)}: {why[0] if why else error[0].__name__}", flush=True)


def tests_of(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from tests_of(test)
        else:
            yield test


def main(words):
    if "--help" in words:
        print(__doc__.strip())
        return 0
    for category in (DeprecationWarning, SyntaxWarning):
        warnings.filterwarnings("error", category=category, module=OURS)
    found = tests_of(unittest.defaultTestLoader.discover(str(HERE), top_level_dir=str(ROOT)))
    chosen = unittest.TestSuite(t for t in found if not words or any(word in name_of(t) for word in words))
    result = Lines()
    importlib.import_module("tests.scripts.pictures").draw_once()  # whose own imports the filters see, too
    chosen.run(result)
    return 0 if result.wasSuccessful() and result.testsRun else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
