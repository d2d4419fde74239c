#!/usr/bin/env python3
"""The ring's model, user/services/ring/ring.pml, in all interleavings by spin; and with each of its rules broken, which must be seen.

Prints "ok <name>" or "not ok <name>: why" lines. Exit code: 0 all passed, 1 something failed.
"""
import re
import subprocess
import tempfile
from functools import partial

from scripts.base import patience
from scripts.base.common import ROOT, BatonError, make_parser, run_main
from tests.verdict import exit_code, why_not

MODEL = ROOT / "user/services/ring/ring.pml"
BROKEN = ("BUFFERED", "EARLY", "NO_EPOCH", "FROM_PEER", "LIFE_FIRST", "LATE_LIFE", "NO_RECHECK")


def _run(where, *command):
    done = patience.run(command, cwd=where, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")
    if done.returncode:
        raise BatonError(f"{command[0]} ended with {done.returncode}: {done.stdout.strip().splitlines()[-1:]}", "scripts/setup.sh test")
    return done.stdout


def errors(*words):
    """How many errors spin finds (it stops at the first), and what it says."""
    with tempfile.TemporaryDirectory(prefix="baton-spin-") as where:
        _run(where, "spin", "-a", *words, str(MODEL))
        _run(where, "gcc", "-O2", "-w", "-DSAFETY", "-DCOLLAPSE", "-DNOFAIR", "-o", "pan", "pan.c")
        said = _run(where, "./pan", "-m1000000")
    found = re.search(r"errors: (\d+)", said)
    if not found or "max search depth too small" in said or "out of memory" in said:
        raise BatonError(f"spin did not get through: {said.strip().splitlines()[:3]}", f"spin -run {MODEL}")
    return int(found[1]), said


def holds():
    count, said = errors()
    return said.strip().splitlines()[0] if count else None


def is_seen(word):
    return None if errors(f"-D{word}")[0] else "spin finds nothing wrong with it"


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("word", nargs="*", help="part of a test's name")
    words = parser.parse_args(arguments).word
    tests = [("ring", holds), *((f"ring with {word}", partial(is_seen, word)) for word in BROKEN)]
    tests = [test for test in tests if not words or any(word in test[0] for word in words)]
    return exit_code((f"model/{name}", why_not(test)) for name, test in tests)


if __name__ == "__main__":
    run_main(main)
