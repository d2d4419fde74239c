#!/usr/bin/env python3
"""The ring's model, user/services/ring/ring.pml, in all interleavings by spin; and with each of its rules broken, which must be seen.
And that each of its rules is what the function of ring.h does: from every state of one side and of the other's words, whatever of these the
other changes in the midst of it (tests/services/ring).

Prints "ok <name>" or "not ok <name>: why" lines. Exit code: 0 all passed, 1 something failed.
"""
import re
import subprocess
import tempfile
from functools import cache, partial
from pathlib import Path

from scripts.base import patience
from scripts.base.common import ROOT, BatonError, make_parser, run_main
from tests.verdict import exit_code, why_not

MODEL = ROOT / "user/services/ring/ring.pml"
STEPS = ROOT / "tests/services/ring"
NAMES = ("get", "put", "sleep for 2", "sleep", "publish", "ready", "accept", "start")  # of what steps.c and steps.pml number from 1
LEAST = 5000  # transitions
COMPILE = ("gcc", "-w", "-DSAFETY", "-DNOFAIR", "-o", "pan", "pan.c")
# A rule of ring.h, and what breaks it.
FAULTS = {
    "start from the peer's index": ("load_n(&e->own->index, __ATOMIC_RELAXED)", "load_n(&e->peer->index, __ATOMIC_RELAXED)"),
    "accept with what was ready": ("    e->limit = e->mine; /*", "    /*"),
    "ready without the life": ("    if (ring_restarted(e))\n        return RING_RESTARTED;\n", ""),
    "ready by the last index": ("return ring_restarted(e) ? RING_RESTARTED : (int32_t)ring_known(e);", "return (int32_t)ring_known(e);"),
    "publish after the question": (
        "    __atomic_store_n(&e->own->index, e->mine, __ATOMIC_SEQ_CST); /* before the next line, as in ring_sleep() */\n"
        "    return e->mine - 1 - __atomic_load_n(&e->peer->wanted, __ATOMIC_SEQ_CST) < e->mine - before;",
        "    bool due = e->mine - 1 - __atomic_load_n(&e->peer->wanted, __ATOMIC_SEQ_CST) < e->mine - before;\n"
        "    __atomic_store_n(&e->own->index, e->mine, __ATOMIC_SEQ_CST);\n    return due;"),
    "signal one too few": ("__ATOMIC_SEQ_CST) < e->mine - before", "__ATOMIC_SEQ_CST) < e->mine - before - 1"),
    "sleep without the life": (" && !ring_restarted(e); /*", "; /*"),
    "put without the epoch": ("    slot->epoch = e->epoch;\n", ""),
    "get of another life": ("if (entry->epoch == e->epoch)", "if ((uint32_t)entry->epoch == (uint32_t)e->epoch)"),
}
RULES = ("EARLY", "FROM_PEER", "LIFE_FIRST", "NO_RECHECK")  # of those below, what is seen in steps, too
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
        _run(where, *COMPILE, "-O2", "-DCOLLAPSE")
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


def _transitions(said):
    return {line for line in said.splitlines() if line.startswith("= ")}


@cache
def of_the_model(*words):
    """The transitions of its rules: steps.pml says what the numbers are."""
    with tempfile.TemporaryDirectory(prefix="baton-spin-") as where:
        _run(where, "spin", "-a", *words, str(STEPS / "steps.pml"))
        _run(where, *COMPILE, "-O0", "-DNOREDUCE")
        # Claims are not asked here; a choice that makes no sense stops, which is no error.
        said = _run(where, "./pan", "-A", "-E", "-m1000", "-w17")
    if "errors: 0" not in said or "max search depth too small" in said:
        raise BatonError(f"spin did not get through: {said.strip().splitlines()[-1:]}", f"spin -a {STEPS}/steps.pml")
    return _transitions(said)


@cache
def of_the_c(services):
    """Those of ring.h, which is in this folder's ring."""
    with tempfile.TemporaryDirectory(prefix="baton-ring-") as where:
        _run(where, "gcc", "-O1", "-std=c11", "-Wall", "-Wextra", f"-I{services}", "-o", "steps", str(STEPS / "steps.c"))
        return _transitions(_run(where, "./steps"))


def difference(model, code):
    """None, or the first transition that only one of them has."""
    if model == code:
        return None if len(model) > LEAST else f"there are only {len(model)} transitions"
    line = min(model ^ code)
    return (f"{len(model - code)} transitions of ring.pml are not of ring.h, {len(code - model)} the other way round; only ring."
            f"{'pml' if line in model else 'h'} has, of {NAMES[int(line.split()[1]) - 1]}, {line}")


def is_the_c():
    return difference(of_the_model(), of_the_c(ROOT / "user/services"))


def rule_differs(word):
    return None if difference(of_the_model(f"-D{word}"), of_the_c(ROOT / "user/services")) else "it is said to be what ring.h does"


def code_differs(was, becomes):
    text = (ROOT / "user/services/ring/ring.h").read_text(encoding="utf-8")
    if text.count(was) != 1:
        return f"ring.h has not once: {was}"
    with tempfile.TemporaryDirectory(prefix="baton-ring-") as where:
        (Path(where) / "ring").mkdir()
        (Path(where) / "ring/ring.h").write_text(text.replace(was, becomes), encoding="utf-8")
        return None if difference(of_the_model(), of_the_c(Path(where))) else "it is said to be what ring.pml does"


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("word", nargs="*", help="part of a test's name")
    words = parser.parse_args(arguments).word
    tests = [("ring", holds), *((f"ring with {word}", partial(is_seen, word)) for word in BROKEN),
             ("steps of ring.h", is_the_c), *((f"steps with {word}", partial(rule_differs, word)) for word in RULES),
             *((f"steps of ring.h: {name}", partial(code_differs, *fault)) for name, fault in FAULTS.items())]
    tests = [test for test in tests if not words or any(word in test[0] for word in words)]
    return exit_code((f"model/{name}", why_not(test)) for name, test in tests)


if __name__ == "__main__":
    run_main(main)
