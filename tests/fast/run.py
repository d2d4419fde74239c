"""When fast paths are taken: the condition of tests/model/fast.py, beside reason.c's of `make equiv` and operations.py's of `make prove`,
in states that equiv makes. README.md says how.

Prints "ok ..." or "not ok ..." and what was seen. Exit code: 0 all agree, 1 they do not, 2 it could not run.
"""
import subprocess
import sys
from collections import Counter
from pathlib import Path

from scripts.base.common import ROOT, BatonError, make_parser, run_main

try:
    import z3  # noqa: F401
except ImportError as missing:
    print(f"baton: {missing}; do: scripts/setup.sh test, then run it by Debian's own /usr/bin/python3", file=sys.stderr)
    sys.exit(1)

from tests.fast import proof, told
from tests.model import fast, which
from tests.model.numbers import ABI
from tests.prove import elf, layout
from tests.prove.operations import OPERATIONS
from tests.prove.theorems import Kernel
from tests.verdict import exit_code

TAKEN = "fast path taken"  # reason.c's word
NAMES = {call.number: name.lower() for name, call in ABI.calls.items()}
NO_CAPABILITY = {"not an index of the root CNode", "empty slot", "capability being taken apart", "of another type", "the right is missing"}
SAME = 4  # states of an operation against which the same speaks, or that the same path takes, are taken to the proof's conditions
SHOWN = 5


def operation(t):
    """As operations.py calls it, or as abi.def."""
    if t.vector is None:
        return NAMES.get(t.regs["rax"], "")
    return {fast.PAGE_FAULT: "page_fault", told.CLOCK: "clock"}.get(t.vector, "interrupt")


class Beside:
    """What all three said, so far."""

    def __init__(self, image):
        self.layout = layout.read()
        kernel = Kernel(elf.Image(image), *self.layout)
        self.names = kernel.image.symbols
        self.cases = {o.name.removeprefix("sys_"): [proof.Case(w, o.taken) for w in o.worlds(kernel)] for o in OPERATIONS}
        self.states, self.proved, self.outside = 0, 0, 0
        self.kinds, self.paths, self.in_case, self.wrong = Counter(), Counter(), Counter(), []

    def look(self, t, parts):
        i = told.entry(t, self.names)
        if i is None:
            return
        arena = told.Arena(t, parts, self.names, self.layout)
        against = fast.why_not(arena.state, i, arena.below)
        name = None if against else which.path(arena.state, i, arena.below)
        self.states += 1
        self.paths[name] += 1
        kind = operation(t), name, tuple(against)
        self.kinds[kind] += 1
        if t.reason not in against if against else t.reason != TAKEN:
            self._differs(kind, f"reason.c says: {t.reason}")
        if self.kinds[kind] <= SAME and operation(t) in self.cases:
            self._prove(t, kind)

    def _prove(self, t, kind):
        cases = self.cases[operation(t)]
        self.proved += 1
        if NO_CAPABILITY & set(kind[2]):
            for case in cases:
                if not case.denies(t, t.memory):
                    self._differs(kind, f"operations.py takes it: {case.name}")
            return
        said = {case.name: case.taken(t, t.memory) for case in cases}
        for name, taken in said.items():
            self.in_case[name] += taken is not None
            if taken is not None and taken == bool(kind[2]):
                self._differs(kind, f"operations.py {'takes' if taken else 'does not take'} it: {name}")
        if all(taken is None for taken in said.values()):
            self.outside += 1
            if not kind[2]:
                self._differs(kind, "operations.py has no case of it")

    def _differs(self, kind, what):
        name, path, against = kind
        self.wrong.append(f"{name}: by the specification {path or '; '.join(against)}; {what}")


def judge(stream, image):
    beside, told_of = Beside(image), told.states(stream)
    parts = next(told_of)
    for t in told_of:
        beside.look(t, parts)
    print(f"{beside.states} states; of {beside.proved} also the proof's condition, {beside.outside} of which are of none of its cases; "
          f"{sum(map(bool, beside.in_case.values()))} of {len(beside.in_case)} cases; paths: "
          + ", ".join(f"{name} {n}" for name, n in beside.paths.most_common() if name))
    never = [name for name in which.NAMES if not beside.paths[name]]
    for what, n in Counter(beside.wrong).most_common(SHOWN):
        print(f"  {n} times {what}")
    yield "fast/the same conditions", f"{len(beside.wrong)} disagreements" if beside.wrong else None
    yield "fast/every path", f"never met: {', '.join(never)}" if never else None


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("--image", type=Path, default=ROOT / "build/baton.elf")
    parser.add_argument("--equiv", type=Path, default=ROOT / "build/equiv")
    parser.add_argument("--each", type=int, default=60, help="of so many states one, besides the first of each operation and reason")
    options = parser.parse_args(arguments)
    command = [str(options.equiv), "--image", str(options.image), "--tell", str(options.each)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        code = exit_code(judge(process.stdout, options.image))
    if process.returncode:
        raise BatonError(f"{command[0]} ended with {process.returncode}", "make build/equiv")
    return code


if __name__ == "__main__":
    run_main(main)
