#!/usr/bin/env python3
"""Runs the tests of the SDK's tool and prints "ok <name>" or "not ok <name>: why" for each.

With words: only tests whose name contains one of them. --write: writes bad/expected.txt anew from what the tool says now; look at it
before you commit it.
"""
import os
import sys
import tempfile
import unittest

from tests.scripts.run import Lines, name_of, tests_of
from tests.sdk import bad, support

ROOT = support.HERE.parents[1]


def main(words):
    if "--help" in words:
        print(__doc__.strip())
        return 0
    with tempfile.TemporaryDirectory(prefix="baton-sdk-") as folder:
        support.make_files(folder)
        if "--write" in words:
            bad.write()
            return 0
        found = tests_of(unittest.defaultTestLoader.discover(str(support.HERE), top_level_dir=str(ROOT)))
        chosen = unittest.TestSuite(t for t in found if not words or any(word in name_of(t) for word in words))
        result = Lines()
        chosen.run(result)
        os.chdir("/")
    return 0 if result.wasSuccessful() and result.testsRun else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
