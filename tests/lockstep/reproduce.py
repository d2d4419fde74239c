"""Faults put into the kernel's C, each shown on a whole machine: the sequence of inputs that the comparison finds becomes a program of
ring 3, which must fail under QEMU by a kernel that has the fault, and pass by one that has not. A fault that the fast path has, too
(ALIKE in mutants.py), must show with the fast paths and without.

Prints "ok ring3 <name>: ..." with how it fails, and "not ok ...". Without a name: those of CI. Exit code: 0 all were shown, 1 some were
not, 2 wrong options.
"""
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from scripts.base import patience
from scripts.base.common import ROOT, BatonError, make_parser, run_main
from scripts.machine import guest, qemu
from scripts.source.image import Image, built_image
from tests import verdict
from tests.lockstep import kernel, mutants, run
from tests.treecopy import copy_tree

IN_CI = ("lost wake-up", "a slice too long", "a signal that forgets others")  # the second needs a tick; the third is made alike in NASM
NOT_NEEDED = ("bench", "bench_*", "check", "equiv*", "footprint*", "host", "linux", "logic", "ring3", "barriers*", "files", "*.elf",
              "tests")
LIMITS = guest.Limits(0.5, 0.5)
LOOK = (sys.executable, "-m", run.__name__, "--first", "--states", "1500", "--runs", "200")
PATHS = ("fastpath=off", "fastpath=on")


def make(tree, *targets):
    made = patience.run(["make", "-s", "SET_UP=1", "WARN=-w", *targets], cwd=tree, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                        stderr=subprocess.STDOUT)
    if made.returncode:
        raise BatonError(f"it does not build: {made.stdout.decode('utf-8', 'replace')[-300:]}", "make")


def failure(image, words):
    """How the program fails, or None: it passes."""
    try:
        outcome = guest.run(qemu.Machine(image=image, cmdline=words), limits=LIMITS)
    except guest.GuestError as error:
        return str(error)
    return verdict.first_failure(outcome.code, outcome.lines)


def look(mutant, built, program):
    """What the comparison says of a kernel with the fault. built: the directory of one without. program: where to write it."""
    with tempfile.TemporaryDirectory(prefix="baton-lockstep-") as directory:
        library = mutants.library(mutant, built, Path(directory))
        return patience.run([*LOOK, "--library", str(library), "--program", str(program)], cwd=ROOT, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout.decode("utf-8", "replace")


def make_broken(faults, tree, *targets):
    """The tree is then as it was, but for what was made."""
    files = [tree / "kernel" / fault.file for fault in faults]
    whole = [file.read_text(encoding="utf-8") for file in files]
    for file, fault in zip(files, faults):
        file.write_text(mutants.broken(fault), encoding="utf-8")
    try:
        make(tree, *targets)
    finally:
        for file, text in zip(files, whole):
            file.write_text(text, encoding="utf-8")


def shown(mutant, built, tree):
    """How a kernel with the fault fails, in words; an error if it does not, or if one without it does."""
    name = re.sub(r"\W", "_", mutant.name)
    source, alike = tree / f"build/ring3/{name}.c", mutants.ALIKE.get(mutant.name)
    said = look(mutant, built, source)
    if not source.is_file():
        raise BatonError(f"no program: {said.strip().splitlines()[-1:]}", f"python3 -m tests.lockstep.mutants -v '{mutant.name}'")
    make_broken([mutant, alike] if alike else [mutant], tree, "build/baton32.elf", f"build/ring3/{name}.elf")
    program = (tree / f"build/ring3/{name}.elf",)
    for words in PATHS:
        without = failure(Image(built_image().kernel, program), words)
        if without:
            raise BatonError(f"without the fault, {words}, it fails, too: {without}", "look at tests/lockstep/ring3")
    for words in PATHS if alike else PATHS[:1]:
        how = failure(Image(tree / "build/baton32.elf", program), words)
        if not how:
            raise BatonError(f"it passes with the fault, {words}", "look at tests/lockstep/visible.py")
    return how


def trial(mutant, built, tree):
    """(name, why it is no success or None)."""
    name = f"ring3 {mutant.name}"
    try:
        how = shown(mutant, built, tree)
    except BatonError as error:
        return name, str(error)
    print(f"    {how}", flush=True)
    return name, None


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("part", nargs="*", help="part of a mutant's name (tests/lockstep/mutants.py); all: each of them")
    parts = parser.parse_args(arguments).part or IN_CI
    chosen = [m for m in mutants.MUTANTS if parts == ["all"] or any(part in m.name for part in parts)]
    if not chosen:
        raise BatonError(f"no mutant's name contains {' or '.join(parts)}", "see tests/lockstep/mutants.py")
    with tempfile.TemporaryDirectory(prefix="baton-ring3-") as directory:
        built, tree = Path(directory) / "host", Path(directory) / "tree"
        built.mkdir()
        kernel.build(built)
        copy_tree(tree, *NOT_NEEDED)
        (tree / "build/ring3").mkdir()
        return verdict.exit_code(trial(mutant, built, tree) for mutant in chosen)


if __name__ == "__main__":
    run_main(main)
