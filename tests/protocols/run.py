"""Protocols between threads, by Spin, under weak fairness: every wait ends that should, in whatever order threads step. Steps are those of
the specification (tests/model), so the two cannot drift apart; with a fault in that, each claim must be refuted.

Prints "ok <name>" or "not ok <name>: why". --write: only the Promela, to this directory. Exit code: 0 all passed, 1 something failed.
"""
import re
import subprocess
import tempfile
from functools import partial
from pathlib import Path
from unittest import mock

from scripts.base import patience
from scripts.base.common import BatonError, make_parser, run_main
from tests.model import deletion
from tests.protocols import graph, promela
from tests.protocols.protocols import PROTOCOLS
from tests.verdict import exit_code, why_not


def _run(where, *command):
    done = patience.run(command, cwd=where, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")
    if done.returncode:
        raise BatonError(f"{command[0]} ended with {done.returncode}: {done.stdout.strip().splitlines()[-1:]}", "scripts/setup.sh test")
    return done.stdout


def written(protocol, broken=None):
    """The Promela, and of how many states."""
    fault = protocol.broken[broken] if broken else (deletion, "STEPS_PER_ENTRY", protocol.steps)
    with mock.patch.object(deletion, "STEPS_PER_ENTRY", protocol.steps), mock.patch.object(*fault):
        states, edges = graph.explore(protocol)
        return promela.text(protocol, states, edges), len(states)


def refuted(protocol, broken=None):
    """Does Spin find an order of steps that the claim does not hold of?"""
    text, count = written(protocol, broken)
    with tempfile.TemporaryDirectory(prefix="baton-spin-") as where:
        Path(where, "protocol.pml").write_text(text, encoding="ascii")
        _run(where, "spin", "-a", "protocol.pml")
        _run(where, "gcc", "-w", "-DMEMLIM=500", "-o", "pan", "pan.c")
        said = _run(where, "./pan", "-a", "-f", "-m1000000")
    found = re.search(r"errors: (\d+)", said)
    if not found or "max search depth too small" in said:
        raise BatonError(f"spin did not get through: {said.strip().splitlines()[:3]}", "spin")
    print(f"    {protocol.name}{f', {broken}' if broken else ''}: {count} states", flush=True)
    return int(found[1]) > 0


def holds(protocol):
    return f"not in every order: {protocol.claim}" if refuted(protocol) else None


def is_seen(protocol, broken):
    return None if refuted(protocol, broken) else "spin finds nothing wrong with it"


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("word", nargs="*", help="part of a protocol's name")
    parser.add_argument("--write", type=Path, metavar="DIRECTORY")
    options = parser.parse_args(arguments)
    chosen = [p for p in PROTOCOLS if not options.word or any(word in p.name for word in options.word)]
    if options.write:
        for n, protocol in enumerate(chosen):
            (options.write / f"protocol_{n}.pml").write_text(written(protocol)[0], encoding="ascii")
        return 0
    tests = [(p.name, partial(holds, p)) for p in chosen]
    tests += [(f"{p.name}, {broken}", partial(is_seen, p, broken)) for p in chosen for broken in p.broken]
    return exit_code((f"protocols/{name}", why_not(test)) for name, test in tests)


if __name__ == "__main__":
    run_main(main)
