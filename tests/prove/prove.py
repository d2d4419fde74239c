"""Proves that the kernel's fast paths and their C twins do the same, for all states: symbolic execution of the machine
code in build/baton.elf, with z3; of the plain entries, or of those of --variant. README.md says what is proved, under which
assumptions, and what is trusted.

Prints "ok prove <operation>: <theorem>" or "not ok prove <operation>: <theorem>: why" and then writes the state that
refutes it to a file that build/equiv --replay takes. Exit code: 0 all is proved, 1 not, 2 wrong options.
"""
import sys
import time
from pathlib import Path

from scripts.base.common import ROOT, BatonError, make_parser, run_main, shown

try:
    import capstone  # noqa: F401
    import z3  # noqa: F401
except ImportError as missing:
    print(f"baton: {missing}; do: scripts/setup.sh test, then run it by Debian's own /usr/bin/python3", file=sys.stderr)
    sys.exit(1)

from scripts.machine.measure import Progress
from tests.prove import counterexample, elf, layout, mutants, selftest
from tests.prove.operations import OPERATIONS
from tests.prove.theorems import Kernel, theorems, unknown_numbers


def tell(result, directory, image, variant):
    """One line of a theorem of that variant's; a state that refutes it goes to a file. Does it hold?"""
    title, entries = ("prove", "") if variant == "plain" else (f"prove {variant}", f" --variant _{variant}")
    if result.refuted is None:
        print(f"ok {title} {result.name} ({result.facts}; {result.seconds:.1f} s)", flush=True)
        return True
    print(f"not ok {title} {result.name}: {result.refuted}")
    if result.model is not None and result.world is not None:
        path = counterexample.write(result, directory)
        print(f"  a state that shows it; do: build/equiv --image {shown(image)}{entries} --replay {shown(path)}", flush=True)
    return False


def print_assumptions(worlds):
    print("assumed (the names are those of docs/invariants.md; tests/prove/README.md says more):")
    for name, text in dict.fromkeys((p.name, p.text) for w in worlds for p in w.preconditions):
        print(f"  {name}: {text}")


def prove(kernel, chosen, directory, image):
    """How many theorems do not hold."""
    wrong, worlds, code, progress = 0, [], set(), Progress(brief=True)

    def results():
        yield unknown_numbers(kernel, OPERATIONS)
        for i, operation in enumerate(chosen, 1):
            for result in theorems(kernel, operation):
                yield result
                progress.detail(f"prove: {operation.name}, {i} of {len(chosen)}")
    progress.detail("prove: numbers that no system call has")
    for result in results():
        progress.end()
        wrong += not tell(result, directory, image, kernel.image.variant)
        worlds += [result.world] if result.world else []
        code |= result.code
    checked = selftest.compare(kernel, code)
    wrong += not tell(checked, directory, image, kernel.image.variant)
    print_assumptions(worlds)
    return wrong


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("part", nargs="*", help="part of an operation's name; none: all operations")
    parser.add_argument("--image", type=Path, default=ROOT / "build/baton.elf")
    parser.add_argument("--variant", default="plain", choices=("plain", "hardened", "kpti"), help="of the entries (plain)")
    parser.add_argument("--mutants", action="store_true", help="each mutant of the fast paths must be refuted instead")
    parser.add_argument("--mutant", metavar="NAME", help="prove this mutant, written to build/prove/mutant.elf")
    parser.add_argument("--jobs", type=int, default=2, help="of --mutants")
    options = parser.parse_args(arguments)
    start = time.monotonic()  # clock: told
    kernel = Kernel(elf.Image(options.image, options.variant), *layout.read())
    chosen = [o for o in OPERATIONS if not options.part or any(part in o.name for part in options.part)]
    if not chosen:
        raise BatonError(f"no operation is called {' or '.join(options.part)}", f"one of {', '.join(o.name for o in OPERATIONS)}")
    if options.mutants:
        kernel.quick = True
        return mutants.run(kernel, chosen, options.jobs)
    directory, image = ROOT / "build/prove", options.image
    directory.mkdir(parents=True, exist_ok=True)
    if options.mutant:
        image = directory / "mutant.elf"
        mutants.become(kernel, chosen, options.mutant, image)
    wrong = prove(kernel, chosen, directory, image)
    seconds = time.monotonic() - start  # clock: told
    print(f"prove: {'all is proved' if not wrong else f'{wrong} not proved'}, in {seconds:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    run_main(main)
