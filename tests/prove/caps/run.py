"""Proves, for all states, what the shipped C of build/baton.elf does with capabilities, mappings and the run queue: tests/prove/README.md.

Prints "ok prove caps <function>: <theorem>", and then for each fault put into the C how the theorem that is about it refutes it.
Exit code: 0 all is proved and each fault refuted, 1 not, 2 wrong options.
"""
import sys
import tempfile
from pathlib import Path

from scripts.base.common import ROOT, BatonError, make_parser, run_main

try:
    import capstone  # noqa: F401
    import z3  # noqa: F401
except ImportError as missing:
    print(f"baton: {missing}; do: scripts/setup.sh test, then run it by Debian's own /usr/bin/python3", file=sys.stderr)
    sys.exit(1)

from tests.prove import elf, layout, selftest
from tests.prove.theorems import Kernel
from tests.prove.caps import derive, many, mapping, mutants, next as run_next, protect
from tests.verdict import say

PROOFS = (derive.Copy, derive.Mint, derive.Move, mapping.Map, many.MapMany, protect.Protect, protect.Unmap, run_next.Block)
TITLE = "prove caps"


def theorems(kernel, chosen):
    """Whether each holds; what is assumed, at the end."""
    facts, code, passed = [], set(), []
    for proof in [kind(kernel) for kind in chosen]:
        for result in proof.results():
            facts_of = f" ({result.facts}; {result.seconds:.1f} s)" if result.refuted is None else ""
            passed.append(say(f"{TITLE} {result.name}{facts_of}", result.refuted))
            code |= result.code
        facts += proof.facts
    checked = selftest.compare(kernel, code)
    passed.append(say(f"{TITLE} {checked.name}", checked.refuted))
    print("assumed (the names are those of docs/invariants.md; tests/prove/README.md says more):")
    for name, text in dict.fromkeys((f.name, f.text) for f in facts):
        print(f"  {name}: {text}")
    return passed


def refuted(mutant, builder, read):
    """(name, why it is no success or None)."""
    kernel = Kernel(elf.Image(builder.image(mutant)), *read, quick=True)
    proof = next(kind for kind in PROOFS if kind.function == mutant.function)(kernel)
    found, name = proof.one(mutant.theorem).refuted, f"{TITLE} mutant {mutant.name}"
    if found and not found.startswith(mutant.says):
        return name, f"it is not the theorem {mutant.theorem} that notices: {found[:120]}"
    return (f"{name}: {found[:120]}", None) if found else (name, f"the theorem {mutant.theorem} does not notice")


def without_mutant():
    """Theorems that no fault is named for: they could hold of anything."""
    named = {(m.function, m.theorem) for m in mutants.MUTANTS}
    return [f"{kind.function}, {theorem}" for kind in PROOFS for _, theorem, _ in kind.theorems if (kind.function, theorem) not in named]


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("part", nargs="*", help="part of a function's name; none: all")
    parser.add_argument("--image", type=Path, default=ROOT / mutants.IMAGE)
    parser.add_argument("--only", choices=("theorems", "mutants"), help="not both")
    options = parser.parse_args(arguments)
    chosen = [kind for kind in PROOFS if not options.part or any(part in kind.function for part in options.part)]
    if not chosen:
        raise BatonError(f"no function is called {' or '.join(options.part)}", f"one of {', '.join(k.function for k in PROOFS)}")
    read, passed = layout.read(), []
    if options.only != "mutants":
        passed += theorems(Kernel(elf.Image(options.image), *read), chosen)
    if options.only != "theorems":
        functions = {kind.function for kind in chosen}
        with tempfile.TemporaryDirectory(prefix="baton-prove-") as directory:
            builder = mutants.Builder(directory)
            passed += [say(*refuted(m, builder, read)) for m in mutants.MUTANTS if m.function in functions]
        passed.append(say(f"{TITLE} each theorem has a fault that it must refute", ", ".join(without_mutant())))
    return 0 if passed and all(passed) else 1


if __name__ == "__main__":
    run_main(main)
