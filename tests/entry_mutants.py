"""Breaks the entries of the kernel and what their variants do against the CPU (kernel/arch/x86_64: entry.asm, macros.inc,
branch_history.asm, variant/), one line at a time: tests/barriers or the comparison of tests/equiv must notice.

Each mutant has one instruction or one use of a macro deleted; a conditional jump inverted; another constant; a site that belongs
to one mitigation less, to another, or is not in the table. It is assembled in the files named in FILES, for the variant that has all
mitigations (what only the other one has for that), in a copy of the tree. A mutant that nobody notices must stand in EQUIVALENT with
the reason.

Prints "ok <name>: how it was noticed" or "not ok <name>: why". Exit code: 0 all were noticed or are listed, 1 some were not, 2 wrong
options.
"""
import subprocess
import tempfile

from scripts.base.common import ROOT, BatonError, run_main
from tests import trials
from tests.mutants import Judge, build, noticed_by, prepare
from tests.mutation import INVERSE, Mutant, is_instruction, numbered

ARCH = "kernel/arch/x86_64"
ENTRY, REPLY_FAULT = f"{ARCH}/entry.asm", "fastpath/reply_fault.asm"
SHARED = (ENTRY, "fastpath/entry.asm", "fastpath/call.asm", "fastpath/yield.asm", "fastpath/fault.asm", REPLY_FAULT)
HISTORY = f"{ARCH}/branch_history.asm"
# File: the variant that is assembled anew, and which files of it. None: the file by itself.
FILES = {
    f"{ARCH}/variant/barrier.inc": ("kpti", SHARED),
    f"{ARCH}/variant/site.inc": ("kpti", SHARED),
    f"{ARCH}/variant/kpti/variant.inc": ("kpti", SHARED),
    f"{ARCH}/variant/hardened/variant.inc": ("hardened", SHARED),
    f"{ARCH}/macros.inc": ("kpti", (ENTRY, REPLY_FAULT)),
    ENTRY: ("kpti", (ENTRY,)),
    HISTORY: (None, (HISTORY,)),
}
COMPARED = ("--states", "40000", "--random")

# Exactly what stands there, and what instead.
CONSTANTS = [("RSB_ENTRIES equ 32", "RSB_ENTRIES equ 16"), ("RSB_ENTRIES / 2", "RSB_ENTRIES / 4"),
             ("PRED_CMD_IBPB equ 1", "PRED_CMD_IBPB equ 0"),
             ("SPEC_CTRL_IBRS equ 1", "SPEC_CTRL_IBRS equ 2"), ("MSR_SPEC_CTRL equ 0x48", "MSR_SPEC_CTRL equ 0x49"),
             ("MSR_PRED_CMD equ 0x49", "MSR_PRED_CMD equ 0x48"), ("SPEC_CTRL 1", "SPEC_CTRL 0"), ("SPEC_CTRL 0", "SPEC_CTRL 1"),
             ("FORGET_PUSHED 1", "FORGET_PUSHED 0"), ("%rep %1", "%rep %1 - 1"), ("mov eax, 5", "mov eax, 4"), ("mov ecx, 5", "mov ecx, 4"),
             ("[rsp - 8], 0", "[rsp - 16], 0"), ("CPU_DATA_SELECTOR", "CPU_ENTRY_STACK"), ("MITIGATE_IBPB | MITIGATE_RSB", "MITIGATE_IBPB"),
             ("MITIGATE_IBPB | MITIGATE_RSB", "MITIGATE_RSB"), ("SITE MITIGATE_VERW", "SITE MITIGATE_IBPB"),
             ("SITE MITIGATE_RSB", "SITE MITIGATE_IBPB"),
             ("IBPB_SITE MITIGATE_IBPB", "IBPB_SITE MITIGATE_RSB"), ("IBPB_SITE MITIGATE_ENTRY", "IBPB_SITE MITIGATE_IBPB"),
             ("SITE MITIGATE_IBRS", "SITE MITIGATE_BHB"), ("SITE MITIGATE_BHB", "SITE MITIGATE_IBRS")]

# Name of a mutant: why nobody can notice it.
SHORTER = "what is within is gone piece by piece: the jump over all of it only saves time"
NOT_REACHED = "nothing leads there: only SYSCALL in compatibility mode does, and the GDT has no 32-bit code for ring 3"
ALIGNED = "rsp is a multiple of 16 already: the CPU aligns it and pushes five words or six, and the stub and 15 registers make 22 of them"
SPECULATED = "the comparison before it says the same; this holds where the CPU speculates past that"
EQUIVALENT = {
    "entry.asm: delete `and eax, QUICK_CALLS - 1`": SPECULATED,
    "entry.asm: delete `and eax, HANDLERS - 1`": SPECULATED,
    "entry.asm: delete `cmp rax, HANDLERS`": "C sees each call first, which is only slower: the carry is clear there",
    "entry.asm: delete `jmp traced_call`": "only the checking build has it",
    "entry.asm: delete `ud2`": NOT_REACHED,
    "entry.asm: delete `and rsp, -16`": ALIGNED,
    "barrier.inc: delete `SITE MITIGATE_IBPB | MITIGATE_RSB, %%from, %%to`": SHORTER,
    "barrier.inc: delete `SITE MITIGATE_IBPB | MITIGATE_RSB, %%from, %%to` (2)": SHORTER,
    "kpti/variant.inc: delete `SITE MITIGATE_IBPB | MITIGATE_RSB, %%from, %%same`": SHORTER,
    "kpti/variant.inc: delete `SITE MITIGATE_IBPB | MITIGATE_RSB, %%from, %%same` (2)": SHORTER,
}


def variants(line):
    """(what is done, what stands there instead) for one line."""
    code = " ".join(line.split(";")[0].split())
    if is_instruction(line) and not code.startswith(("%", "dq", "dd", "align", "[section", "__?SECT")):
        yield f"delete `{code}`", ""
        operation, _, operands = code.partition(" ")
        if operation in INVERSE:
            yield f"invert `{code}`", f"    {INVERSE[operation]} {operands}"
    for old, new in CONSTANTS:
        if old in line.split(";")[0] and not line.startswith("%macro"):
            yield f"`{code}` with {new}", line.replace(old, new)


def mutants_of(file, lines):
    seen = {}
    for number, line in enumerate(lines):
        for what, instead in variants(line):
            name = f"{file.removeprefix(f'{ARCH}/').removeprefix('variant/')}: {what}"
            yield Mutant(numbered(name, seen), file, number, instead)


def sources():
    return {file: (ROOT / file).read_text(encoding="utf-8").splitlines() for file in FILES}


def commands(tree):
    """What make would do if all assembly were made anew."""
    made = subprocess.run(("make", "-n", *(word for file in (f"{ARCH}/macros.inc", HISTORY) for word in ("-W", file)), "build/baton.elf"),
                          cwd=tree, capture_output=True, encoding="utf-8", check=True)
    return made.stdout.splitlines()


def build_of(made, file):
    """The shell's lines that make the kernel anew after a change of that file, as far as FILES says, and what they write before
    the link."""
    variant, parts = FILES[file]
    objects = [f"build/{f'{variant}/' if variant else ''}{part}.o" for part in parts]
    wanted = [line for line in made if line.startswith("nasm ") and any(line.endswith(o) for o in objects)]
    links = [line for line in made if line.startswith("ld -nostdlib")]
    if len(wanted) < len(parts) or not links:
        raise BatonError("make does not say how it assembles and links the entries", "look at build_of in tests/entry_mutants.py")
    return "\n".join(["set -e", *wanted, links[-1]]), objects


def noticed(tree, quick=False, variant="kpti"):
    """quick: of the unchanged kernel, which with all sets of mitigations has a step of its own."""
    sets = ("--only", "all") if quick else ()
    return noticed_by("barriers", tree, *sets) or noticed_by("equiv", tree, "--variant", f"_{variant}", *COMPARED)


JUDGE = Judge(("make", "-s", "build/baton.elf"), noticed)


class Trial:
    """What tries mutants in one tree."""

    def __init__(self, texts, tree):
        self.texts, self.tree, self.made = texts, tree, commands(tree)

    def __call__(self, mutant):
        script, objects = build_of(self.made, mutant.file)
        kept = {self.tree / name: (self.tree / name).read_bytes() for name in objects}
        source = self.tree / mutant.file
        changed = list(self.texts[mutant.file])
        changed[mutant.number] = mutant.line
        try:
            source.write_text("\n".join(changed) + "\n", encoding="utf-8")
            build(self.tree, ("sh", "-c", script))
            return noticed(self.tree, variant=FILES[mutant.file][0] or "kpti")
        finally:
            source.write_text("\n".join(self.texts[mutant.file]) + "\n", encoding="utf-8")
            for path, data in kept.items():
                path.write_bytes(data)


def main(arguments):
    options = trials.options(__doc__).parse_args(arguments)
    texts = sources()

    def try_all(mutants):
        with tempfile.TemporaryDirectory(prefix="baton-mutants-") as directory:
            yield from trials.outcomes(mutants, [Trial(texts, tree) for tree in prepare(directory, options.jobs, {}, JUDGE)])
    return trials.run("entry mutants", options, [m for file in FILES for m in mutants_of(file, texts[file])], EQUIVALENT, try_all)


if __name__ == "__main__":
    run_main(main)
