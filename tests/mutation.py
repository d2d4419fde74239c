"""Fast paths with one instruction changed: what tests/mutants.py compares with the C twins, and tests/prove refutes.

Each mutant is a file of fastpath/ (its macros written out) with one instruction deleted or changed: a conditional jump inverted, made
unconditional or moved by one; a comparison of 64 bits made one of 32; a right exchanged; another field of a structure read or
written; another value stored.
"""
import collections
import re
from dataclasses import dataclass

from scripts.base.common import ROOT

FILES = ("entry.asm", "call.asm", "reply_recv.asm", "reply_fault.asm", "call_extended.asm", "reply_extended.asm", "recv.asm",
         "long_call.asm", "long_reply_recv.asm", "call_queued.asm", "reply_queued.asm",
         "signal.asm", "signal_bound.asm", "signal_crowded.asm", "yield.asm", "wait.asm", "fault.asm", "identify.asm",
         "interrupt.asm", "clock.asm")
MACROS = (*sorted((ROOT / "fastpath").glob("*.inc")), ROOT / "kernel/arch/x86_64/macros.inc")
VARIANTS = ROOT / "kernel/arch/x86_64/variant"
INVERSE = {"je": "jne", "jne": "je", "jz": "jnz", "jnz": "jz", "jb": "jae", "jae": "jb", "jbe": "ja",
           "ja": "jbe"}
OTHER_VALUE = {"rsp": "rbp", "rbp": "rsp", "nobody_tcb": "0", "rbx": "r11", "r11": "rbx", "READY_RETURNED": "READY_NOTIFIED",
               "READY_NOTIFIED": "READY_RETURNED", "0": "1", "1": "0", "SLOW_FAULTED": "0", "RESUME_IRET": "RESUME_SYSRET",
               "slow_head_tcb": "nobody_tcb", "SEND_PLAIN_CALL": "0"}
RIGHTS = {"RIGHT_SEND": "RIGHT_RECV", "RIGHT_RECV": "RIGHT_SEND", "RIGHT_SIGNAL": "RIGHT_WAIT", "RIGHT_WAIT": "RIGHT_SIGNAL"}
NARROW = {"rax": "eax", "rdi": "edi", "rcx": "ecx", "qword": "dword"}


@dataclass(frozen=True)
class Mutant:
    name: str
    file: str
    number: int  # of the line in the file with its macros written out
    line: str  # what stands there instead


MACRO = re.compile(r"^%macro (\w+) \d+.*?\n(.*?)^%endmacro\n", re.M | re.S)


def macros(text):
    """The macros that a file defines: name -> lines. Not those in which NASM has to count or to decide."""
    found = {name: body.splitlines() for name, body in MACRO.findall(text)}
    return {name: lines for name, lines in found.items() if not any(line.startswith("%") and line[1] != "%" for line in lines)}


def written_out(text, known, uses=None):
    """A file's lines with each use of a macro replaced by its body, so that each use has mutants of its own.
    uses: how often each was used so far, for the names of its labels."""
    lines, uses = [], collections.Counter() if uses is None else uses
    for line in text.splitlines():
        words = line.split(";")[0].split(None, 1)
        if not words or words[0] not in known:
            lines.append(line)
            continue
        name = words[0]
        uses[name] += 1
        arguments = [a.strip() for a in words[1].split(",")] if len(words) > 1 else []
        for body in known[name]:
            for i, argument in enumerate(arguments, 1):
                body = body.replace(f"%{i}", argument)
            lines.append(re.sub(r"%%(\w+)", rf".{name.lower()}{uses[name]}_\1", body))
    return lines if lines == text.splitlines() else written_out("\n".join(lines), known, uses)


def variants(code):
    """(what is done, the instruction that takes its place) for one instruction."""
    yield "delete", ""
    operation, _, operands = code.partition(" ")
    if operation in INVERSE:
        yield "invert", f"{INVERSE[operation]} {operands}"
        yield "always", f"jmp {operands}"
    if operation in ("jb", "jbe"):
        yield "one more or less", f"{'jbe' if operation == 'jb' else 'jb'} {operands}"
    if operation in ("bts", "btr"):
        yield "other bit", f"{'btr' if operation == 'bts' else 'bts'} {operands}"
    if operation in ("cmp", "test") and "_tcb" not in operands:  # whose addresses have no 32-bit form
        narrow = re.sub(r"\b(rax|rdi|rcx|qword)\b(?![^\[]*\])", lambda m: NARROW[m.group(1)], operands)
        if narrow != operands:
            yield "32 bits", f"{operation} {narrow}"
    for right, other in RIGHTS.items():
        if right in operands:
            yield "other right", code.replace(right, other)
            yield "any right", code.replace(right, "0xff")
    field = re.search(r"\[r\w+ \+ (\w+)\]", operands)
    if field:
        yield "next word", code.replace(field.group(1), f"{field.group(1)} + 8")
    stored = re.fullmatch(r"((?:byte |word |dword |qword )?\[[^\]]+\]), (\w+)", operands)
    if operation == "mov" and stored:
        other = OTHER_VALUE.get(stored.group(2), "edx" if stored.group(2).startswith("e") else "rdx")
        other = "rsi" if other == stored.group(2) else other
        yield "another value", f"mov {stored.group(1)}, {other}"
    if operation == "mov" and "SYS_" in operands:
        yield "other call", re.sub(r"SYS_\w+", "SYS_SEND", code)


def is_instruction(line):
    code = line.split(";")[0]
    return code.startswith("    ") and code.strip() and not code.strip().endswith(":")


def numbered(name, seen):
    """The name of a mutant, with a number when others before it have the same."""
    seen[name] = seen.get(name, 0) + 1
    return name if seen[name] == 1 else f"{name} ({seen[name]})"


def mutants_of(file, lines):
    seen = {}
    for number, line in enumerate(lines):
        if not is_instruction(line) or line.lstrip().startswith("SITE "):
            continue
        code = " ".join(line.split(";")[0].split())
        for what, instead in variants(code):
            name = f"{file.removesuffix('.asm')}: {what} `{code}`"
            yield Mutant(numbered(name, seen), file, number, f"    {instead}")


def macro_files(variant):
    own = VARIANTS / variant / "variant.inc"
    return (*MACROS, own) if variant == "plain" else (*MACROS, VARIANTS / "barrier.inc", own)


def sources(variant="plain"):
    """file -> its lines with the macros of that variant written out. Its sites stay macros: the boot's business."""
    known = {}
    for file in macro_files(variant):
        known |= macros(file.read_text(encoding="utf-8"))
    texts = {file: (ROOT / "fastpath" / file).read_text(encoding="utf-8") for file in FILES}
    return {file: written_out(MACRO.sub("", text), known | macros(text)) for file, text in texts.items()}
