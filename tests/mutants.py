#!/usr/bin/env python3
"""Breaks the fast paths one instruction at a time and runs the conformance program on each: it must notice.

Each mutant is fastpath/*.asm (its macros written out) with one instruction deleted or changed: a conditional
jump inverted, made unconditional or moved by one; a comparison of 64 bits made one of 32; a right exchanged.
It is built in a copy of the tree and booted with run=conform fastpath=on. A mutant that no case notices
must stand in the list EQUIVALENT below with the reason why nobody can notice it. Takes a few minutes.

Prints "ok <name>: how it was noticed" or "not ok <name>: why". Exit code: 0 all were noticed or are listed, 1 some
were not, 2 wrong options.
"""
import os
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from common import BatonError, make_parser, run_main  # noqa: E402

FILES = ("entry.asm", "call.asm", "reply_recv.asm", "identify.asm")
PARTS = ("Makefile", "kernel", "fastpath", "user", "scripts", "bench", "tests/conform", "tests/host/host.mk")
MAKE = ("make", "-s", "PROGRAMS=root conform", "build/baton32.elf", "build/user/root.elf", "build/user/conform.elf")
RUN = (sys.executable, "scripts/guest.py", "--cmdline", "run=conform fastpath=on")
INVERSE = {"je": "jne", "jne": "je", "jz": "jnz", "jnz": "jz", "jb": "jae", "jae": "jb"}
NARROW = {"rax": "eax", "rdi": "edi", "rcx": "ecx", "qword": "dword"}

# Name of a mutant: why nobody can notice it but by the clock. The gate, which counts instructions, does.
NOT_TAKEN = "the fast path is never taken, and its C twin does the same"
TAKEN_LESS = "the fast path is taken less often, and its C twin does the same"
NOT_EQUAL = "the flags are those of the comparison before, which here always says: not equal; " + NOT_TAKEN
FLAGS_CLEAR = "QEMU clears the user's status flags at SYSCALL, so they say: not equal; " + NOT_TAKEN
CR3_AGAIN = "CR3 gets the value that it has"
CR3_LOW = "values of CR3 differ in their low half: tables lie below 4 GiB, and the low 12 bits are the PCID"
FALLS_THROUGH = "what follows is the way to the C twin, which does the same"
EQUIVALENT = {
    "entry: delete `cmp rax, SYS_CALL`": FLAGS_CLEAR,
    "entry: delete `je fast_call`": NOT_TAKEN,
    "entry: delete `cmp rax, SYS_REPLY_RECV`": NOT_EQUAL,
    "entry: delete `je fast_reply_recv`": NOT_TAKEN,
    "entry: delete `test rax, rax`": NOT_EQUAL,
    "entry: always `jnz .not_null`": NOT_TAKEN,
    "entry: delete `o64 sysret`": FALLS_THROUGH,
    "entry: delete `cmp rax, SYS_CAP_IDENTIFY`": NOT_EQUAL,
    "entry: delete `je fast_identify`": NOT_TAKEN,
    "call: always `jne .bail_index`": NOT_TAKEN,
    "call: always `jz .bail_slot`": NOT_TAKEN,
    "call: delete `mov r11, [r11 + EP_RECV]`": "the key read is of the endpoint's unused words, 0; " + NOT_TAKEN,
    "call: always `jb .bail_slot`": NOT_TAKEN,
    "call: one more `jb .bail_slot`": TAKEN_LESS,
    "call: 32 bits `cmp rcx, [rbx + TCB_CR3]`": CR3_LOW,
    "call: delete `je .m12_same`": CR3_AGAIN,
    "reply_recv: always `jne .bail_index`": NOT_TAKEN,
    "reply_recv: always `jz .bail_slot`": NOT_TAKEN,
    "reply_recv: delete `cmp qword [rax + EP_RECV], nobody_tcb`": NOT_EQUAL,
    "reply_recv: always `jne .bail_slot`": NOT_TAKEN,
    "reply_recv: always `jb .bail_slot`": NOT_TAKEN,
    "reply_recv: one more `jb .bail_slot`": TAKEN_LESS,
    "reply_recv: 32 bits `cmp rcx, [rbx + TCB_CR3]`": CR3_LOW,
    "reply_recv: delete `je .m12_same`": CR3_AGAIN,
    "identify: delete `and rax, rdi`": "only the last index passes the comparison then, rightly; " + TAKEN_LESS,
    "identify: always `jne .bail`": NOT_TAKEN,
    "identify: always `jz .bail`": NOT_TAKEN,
    "identify: delete `o64 sysret`": FALLS_THROUGH,
}


@dataclass(frozen=True)
class Mutant:
    name: str
    file: str
    number: int  # of the line in the file with its macros written out
    line: str  # what stands there instead


def macros(text):
    """The macros of fastpath.inc: name -> lines."""
    found = re.findall(r"^%macro (\w+) \d+.*?\n(.*?)^%endmacro", text, re.M | re.S)
    return {name: body.splitlines() for name, body in found}


def written_out(text, known):
    """A file's lines with each use of a macro replaced by its body, so that each use has mutants of its own."""
    lines = []
    for line in text.splitlines():
        words = line.split(";")[0].split(None, 1)
        if not words or words[0] not in known:
            lines.append(line)
            continue
        arguments = [a.strip() for a in words[1].split(",")] if len(words) > 1 else []
        for body in known[words[0]]:
            for i, argument in enumerate(arguments, 1):
                body = body.replace(f"%{i}", argument)
            lines.append(re.sub(r"%%(\w+)", rf".m{len(words[0])}_\1", body))
    return lines


def variants(code):
    """(what is done, the instruction that stands there instead) for one instruction."""
    yield "delete", ""
    operation, _, operands = code.partition(" ")
    if operation in INVERSE:
        yield "invert", f"{INVERSE[operation]} {operands}"
        yield "always", f"jmp {operands}"
    if operation == "jb":
        yield "one more", f"jbe {operands}"
    if operation in ("cmp", "test"):
        narrow = re.sub(r"\b(rax|rdi|rcx|qword)\b(?![^\[]*\])", lambda m: NARROW[m.group(1)], operands)
        if narrow != operands:
            yield "32 bits", f"{operation} {narrow}"
    for right, other in (("RIGHT_SEND", "RIGHT_RECV"), ("RIGHT_RECV", "RIGHT_SEND")):
        if right in operands:
            yield "other right", code.replace(right, other)
            yield "any right", code.replace(right, "0xff")
    if operation == "mov" and "SYS_" in operands:
        yield "other call", re.sub(r"SYS_\w+", "SYS_SEND", code)


def is_instruction(line):
    code = line.split(";")[0]
    return code.startswith("    ") and code.strip() and not code.strip().endswith(":")


def mutants_of(file, lines):
    seen = {}
    for number, line in enumerate(lines):
        if not is_instruction(line):
            continue
        code = " ".join(line.split(";")[0].split())
        for what, instead in variants(code):
            name = f"{file.removesuffix('.asm')}: {what} `{code}`"
            seen[name] = seen.get(name, 0) + 1
            if seen[name] > 1:
                name += f" ({seen[name]})"
            yield Mutant(name, file, number, f"    {instead}")


def sources():
    """file -> its lines with the macros written out."""
    known = macros((ROOT / "fastpath" / "fastpath.inc").read_text())
    return {file: written_out((ROOT / "fastpath" / file).read_text(), known) for file in FILES}


def copy_tree(to, fastpath):
    for part in PARTS:
        source, target = ROOT / part, to / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        elif source.exists():
            shutil.copy2(source, target)
    for file, lines in fastpath.items():
        write(to, file, lines)


def write(tree, file, lines):
    (tree / "fastpath" / file).write_text("\n".join(lines) + "\n")


def build(tree):
    """What make complained of, or None."""
    made = subprocess.run(MAKE, cwd=tree, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return None if made.returncode == 0 else made.stdout.decode("utf-8", "replace").strip()


def noticed(tree, seconds):
    """How the conformance program, run in that tree, noticed that something is wrong; None when it did not."""
    environment = {**os.environ, "BATON_TIMEOUT": f"{seconds:.0f}"}
    guest = subprocess.Popen(RUN, cwd=tree, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT)
    last = ""
    with guest.stdout:
        for raw in guest.stdout:
            last = raw.decode("utf-8", "replace").strip()
            if re.match(r"not ok |PANIC|root: conform", last):
                guest.terminate()
                guest.wait()
                return last
    return None if guest.wait() == 0 else last


class Worker(threading.Thread):
    """Takes mutants from the queue and tries each in a tree of its own."""

    def __init__(self, tree, fastpath, todo, results, seconds):
        super().__init__(daemon=True)
        self.tree, self.fastpath, self.todo, self.results, self.seconds = tree, fastpath, todo, results, seconds

    def run(self):
        while True:
            try:
                mutant = self.todo.get_nowait()
            except queue.Empty:
                return
            self.results.put((mutant, self.trial(mutant)))

    def trial(self, mutant):
        original = self.fastpath[mutant.file]
        changed = list(original)
        changed[mutant.number] = mutant.line
        try:
            write(self.tree, mutant.file, changed)
            wrong = build(self.tree)
            return f"it does not assemble: {wrong}" if wrong else noticed(self.tree, self.seconds)
        finally:
            write(self.tree, mutant.file, original)


def prepare(directory, jobs, fastpath):
    """Built trees, one for each job, and how many seconds the unchanged program runs."""
    first = directory / "0"
    copy_tree(first, fastpath)
    wrong = build(first)
    if wrong:
        raise BatonError("the copy of the tree does not build", "make", details=wrong.splitlines())
    start = time.monotonic()
    how = noticed(first, 300)
    if how is not None:
        raise BatonError(f"the conformance program fails without any change: {how}", "make test TEST=conform")
    seconds = time.monotonic() - start
    trees = [first] + [directory / str(i) for i in range(1, jobs)]
    for tree in trees[1:]:
        shutil.copytree(first, tree)
    return trees, seconds


def report(mutant, how):
    """Prints the line of one mutant; is it as it must be?"""
    reason = EQUIVALENT.get(mutant.name)
    if how is None and reason:
        print(f"ok {mutant.name}: equivalent: {reason}")
    elif how is None:
        print(f"not ok {mutant.name}: nobody notices it")
    elif reason:
        print(f"not ok {mutant.name}: it is listed as equivalent, but was noticed: {how}")
    else:
        print(f"ok {mutant.name}: {how[:100]}")
    sys.stdout.flush()
    return (how is None) == bool(reason)


def try_all(mutants, fastpath, jobs):
    """How many are not as they must be."""
    todo, results = queue.Queue(), queue.Queue()
    for mutant in mutants:
        todo.put(mutant)
    with tempfile.TemporaryDirectory(prefix="baton-mutants-") as directory:
        trees, seconds = prepare(Path(directory), jobs, fastpath)
        for tree in trees:
            Worker(tree, fastpath, todo, results, max(10, 4 * jobs * seconds)).start()
        return sum(not report(*results.get()) for _ in mutants)


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("part", nargs="?", default="", help="part of a mutant's name")
    parser.add_argument("--list", action="store_true", help="only list the mutants")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args(arguments)
    fastpath = sources()
    every = [m for file in FILES for m in mutants_of(file, fastpath[file])]
    mutants = [m for m in every if options.part in m.name]
    stale = sorted(set(EQUIVALENT) - {m.name for m in every})
    if stale or not mutants:
        raise BatonError(f"no mutant is called {stale[0] if stale else options.part}", "tests/mutants.py --list")
    if options.list:
        print("\n".join(m.name for m in mutants))
        return 0
    wrong = try_all(mutants, fastpath, options.jobs)
    print(f"mutants: {len(mutants)} tried, {wrong} not as they must be")
    return 1 if wrong else 0


if __name__ == "__main__":
    run_main(main)
