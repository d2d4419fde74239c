"""One instruction more, or one store more, in a fast path is named by the gate: assembles such a call.asm in a copy of
the tree, counts its footprint and asks the gate.

Prints "ok <name>" or "not ok <name>: why" lines. Exit code: 0 all passed, 1 something failed.
"""
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from scripts.base import patience
from scripts.base.common import ROOT, BatonError, make_parser, run_main
from tests.treecopy import copy_tree
from tests.verdict import exit_code

FILE, PLACE = "fastpath/call.asm", "    ; ==== COMMIT"
PATH = "footprint of ipc.call/cross/fast"
# What is written at the point of no return, and the figures that must be named as grown by one. What is loaded and
# stored lies in a line of the caller that a call does not touch.
GROWN = {
    "an instruction": ("    nop", ("instructions", "code bytes")),
    "a load": ("    mov rax, [rbx + TCB_RBX]", ("instructions", "loads", "data lines")),
    "a store": ("    mov [rbx + TCB_RBX], rax", ("instructions", "stores", "data lines")),
}


def run(*command, tree=ROOT):
    return patience.run([str(c) for c in command], cwd=tree, encoding="utf-8", capture_output=True, stdin=subprocess.DEVNULL)


def must(done, what):
    if done.returncode != 0:
        raise BatonError(f"{what} failed", "make test TEST=growth", details=(done.stdout + done.stderr).splitlines())


def count(build, results):
    must(run(sys.executable, "-m", "scripts.verbs.footprint", "--quiet", "--build", build, "--results", results), "the count")


def make_baseline(results):
    """The unchanged kernel's footprint, and for the run of the suite, which is not asked here, the committed one."""
    count(ROOT / "build", results)
    baseline = results / "baseline"
    baseline.mkdir()
    shutil.copy2(results / "latest/footprint.json", baseline)
    shutil.copy2(ROOT / "results/baseline/tcg.json", baseline)


def gate(results):
    return run(sys.executable, "-m", "scripts.verbs.gate", results / "baseline/tcg.json", "--results", results)


def unnamed(tree, results, line, figures):
    """Why the gate did not do what it must; None when it did."""
    path = tree / FILE
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(PLACE, f"{line}\n{PLACE}", 1), encoding="utf-8")
    try:
        must(run("make", "-s", "build/baton.elf", tree=tree), "the build")
        count(tree / "build", results)
        told = gate(results)
    finally:
        path.write_text(text, encoding="utf-8")
    if told.returncode != 1:
        return f"the gate ended with code {told.returncode}"
    missing = [f for f in figures if not any(line.startswith(f"grew      {PATH}: {f} ") and line.endswith("(+1)")
                                             for line in told.stdout.splitlines())]
    return f"the gate does not name {', '.join(missing)}" if missing else None


def checks(tree, results):
    clean = gate(results)
    yield "growth/unchanged", clean.stdout.strip()[:200] or "the gate says nothing" if clean.returncode else None
    for name, (line, figures) in GROWN.items():
        yield f"growth/{name} more in a call is named", unnamed(tree, results, line, figures)


def main(arguments):
    make_parser(__doc__).parse_args(arguments)
    if PLACE not in (ROOT / FILE).read_text(encoding="utf-8"):
        raise BatonError(f"{FILE} has no line that begins with '{PLACE.strip()}'", "change this test with it")
    with tempfile.TemporaryDirectory(prefix="baton-growth-") as directory:
        tree, results = Path(directory) / "tree", Path(directory) / "results"
        copy_tree(tree, "check", "host")
        make_baseline(results)
        return exit_code(checks(tree, results))


if __name__ == "__main__":
    run_main(main)
