"""Faults put into a copy of the kernel, in C and in a fast path: the comparison with the specification must find each on the machine."""
import tempfile
from pathlib import Path

from tests.lockstep.mutants import MUTANTS, Mutant, broken
from tests.lockstep.reproduce import NOT_NEEDED, make
from tests.treecopy import copy_tree

C_FAULT = "a badge lost"
LOST = "rdi is 0x0, not 0x"  # what must be found: a machine that does nothing right is no proof that a fault would be seen
NASM_FAULT = Mutant("a badge lost by the fast path", "../fastpath/call.asm", "mov rdi, [rdi + SLOT_DATA]", "xor edi, edi")


def chosen():
    """(fault, the run and the path by which it must be found)"""
    yield next(mutant for mutant in MUTANTS if mutant.name == C_FAULT), "fuzz", "fastpath=off"
    yield NASM_FAULT, "messages", "fastpath=on"


def trials(play):
    """(name, why it is no success or None) of each. play(run, path, build): as run.play(), with a run's name."""
    with tempfile.TemporaryDirectory(prefix="baton-faults-") as directory:
        tree = Path(directory)
        copy_tree(tree, *NOT_NEEDED)
        for fault, run, path in chosen():
            source = tree / "kernel" / fault.file
            whole = source.read_text(encoding="utf-8")
            source.write_text(broken(fault), encoding="utf-8")
            make(tree, "build/baton32.elf")
            _, why = play(run, path, tree / "build")
            source.write_text(whole, encoding="utf-8")
            print(f"    {why}", flush=True)
            yield f"replay fault {fault.name}", None if (why or "").startswith(LOST) else f"not found, but: {why or 'nothing'}"
