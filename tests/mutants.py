"""Breaks the fast paths one instruction at a time and compares each with its C twin (tests/equiv): it must notice.

Each mutant is fastpath/*.asm (its macros written out) with one instruction deleted or changed: a conditional
jump inverted, made unconditional or moved by one; a comparison of 64 bits made one of 32; a right exchanged; another
field of a structure read or written; another value stored. It is built in a copy of the tree and given to build/equiv,
or with --conform booted with run=conform fastpath=on. A mutant that nobody notices must stand in the list EQUIVALENT
below with the reason why it cannot be noticed. (The conformance program does not see which path was taken, so it
notices fewer: with --conform what it does not notice is only listed.)

Prints "ok <name>: how it was noticed" or "not ok <name>: why". Exit code: 0 all were noticed or are listed, 1 some
were not, 2 wrong options.
"""
import itertools
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from scripts.base import patience
from scripts.base.common import ROOT, BatonError, make_parser, run_main
from tests import treecopy

FILES = ("entry.asm", "call.asm", "reply_recv.asm", "reply_fault.asm", "call_extended.asm", "reply_extended.asm", "signal.asm", "yield.asm", "wait.asm", "fault.asm",
         "identify.asm")
MACROS = ("fastpath/fastpath.inc", "fastpath/extended.inc", "kernel/arch/x86_64/macros.inc",
          "kernel/arch/x86_64/variant/plain/variant.inc")
MAKE_EQUIV = ("make", "-s", "build/baton.elf")
MAKE_CONFORM = ("make", "-s", "PROGRAMS=root conform", "build/baton32.elf", "build/user/root.elf",
                "build/user/conform.elf")
RUN = (sys.executable, "-m", "scripts.verbs.run", "--limit", "20", "--cmdline", "run=conform fastpath=on")
INVERSE = {"je": "jne", "jne": "je", "jz": "jnz", "jnz": "jz", "jb": "jae", "jae": "jb", "jbe": "ja",
           "ja": "jbe"}
OTHER_VALUE = {"rsp": "rbp", "rbp": "rsp", "nobody_tcb": "0", "rbx": "r11", "r11": "rbx", "READY_RETURNED": "READY_NOTIFIED",
               "READY_NOTIFIED": "READY_RETURNED", "0": "1", "SLOW_FAULTED": "0", "RESUME_IRET": "RESUME_SYSRET"}
RIGHTS = {"RIGHT_SEND": "RIGHT_RECV", "RIGHT_RECV": "RIGHT_SEND", "RIGHT_SIGNAL": "RIGHT_WAIT", "RIGHT_WAIT": "RIGHT_SIGNAL"}
NARROW = {"rax": "eax", "rdi": "edi", "rcx": "ecx", "qword": "dword"}

# For what must not be noticed: the unchanged kernel, which has a step of its own, and the mutants that are equivalent.
QUICK = ("--states", "100000", "--random")
NOT_BUILT = "it does not assemble"

# Name of a mutant: why nobody can notice it.
SPECULATION = "the address was compared with its masked value: this holds back the CPU that has guessed that comparison's end"
LOW_HALF = "no queue lies where the low half of its address is 0, and all lie in the same 4 GiB"
SMALL = "the wait of a ready thread is a small number"
EQUIVALENT = {
    "signal: delete `and edi, [r11 + TCB_CSPACE_MASK]`": SPECULATION,
    "signal: delete `and edi, [r11 + TCB_CSPACE_MASK]` (2)": SPECULATION,
    "yield: 32 bits `cmp rax, [r11 + TCB_QUEUE]`": LOW_HALF,
    "yield: 32 bits `cmp qword [r11 + TCB_QUEUE], 0`": LOW_HALF,
    "wait: 32 bits `cmp qword [rbx + TCB_QUEUE], 0`": LOW_HALF,
    "yield: 32 bits `cmp qword [rax + TCB_WAIT], READY_RETURNED`": SMALL,
    "wait: 32 bits `cmp qword [r11 + TCB_WAIT], READY_RETURNED`": SMALL,
    "wait: 32 bits `cmp qword [r11 + TCB_WAIT], READY_NOTIFIED`": SMALL,
}


@dataclass(frozen=True)
class Mutant:
    name: str
    file: str
    number: int  # of the line in the file with its macros written out
    line: str  # what stands there instead


MACRO = re.compile(r"^%macro (\w+) \d+.*?\n(.*?)^%endmacro\n", re.M | re.S)


def macros(text):
    """The macros that a file defines: name -> lines."""
    return {name: body.splitlines() for name, body in MACRO.findall(text)}


def written_out(text, known):
    """A file's lines with each use of a macro replaced by its body, so that each use has mutants of its own."""
    lines, uses = [], itertools.count()
    for line in text.splitlines():
        words = line.split(";")[0].split(None, 1)
        if not words or words[0] not in known:
            lines.append(line)
            continue
        use = next(uses)
        arguments = [a.strip() for a in words[1].split(",")] if len(words) > 1 else []
        for body in known[words[0]]:
            for i, argument in enumerate(arguments, 1):
                body = body.replace(f"%{i}", argument)
            lines.append(re.sub(r"%%(\w+)", rf".{words[0].lower()}{use}_\1", body))
    return lines if lines == text.splitlines() else written_out("\n".join(lines), known)


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
    if operation in ("cmp", "test") and "nobody_tcb" not in operands:  # whose address has no 32-bit form
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
    stored = re.fullmatch(r"((?:byte |dword |qword )?\[[^\]]+\]), (\w+)", operands)
    if operation == "mov" and stored:
        other = OTHER_VALUE.get(stored.group(2), "edx" if stored.group(2).startswith("e") else "rdx")
        other = "rsi" if other == stored.group(2) else other
        yield "another value", f"mov {stored.group(1)}, {other}"
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
    known = {}
    for file in MACROS:
        known |= macros((ROOT / file).read_text(encoding="utf-8"))
    texts = {file: (ROOT / "fastpath" / file).read_text(encoding="utf-8") for file in FILES}
    return {file: written_out(MACRO.sub("", text), known | macros(text)) for file, text in texts.items()}


def copy_tree(to, fastpath):
    treecopy.copy_tree(to, "check", "host")
    for file, lines in fastpath.items():
        write(to, file, lines)


def write(tree, file, lines):
    (tree / "fastpath" / file).write_text("\n".join(lines) + "\n", encoding="utf-8")


def build(tree, what):
    """What make complained about, or None."""
    made = subprocess.run(what, cwd=tree, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return None if made.returncode == 0 else made.stdout.decode("utf-8", "replace").strip()


def plain_only(tree, file):
    """The commands that make the kernel anew after a change of that fast path, as far as build/equiv looks: its plain
    build assembled and one link. make would also make the other variants and the symbol table."""
    made = subprocess.run(("make", "-n", "-W", f"fastpath/{file}", "build/baton.elf"), cwd=tree, capture_output=True,
                          encoding="utf-8", check=True).stdout.splitlines()
    assembled = [line for line in made if line.startswith("nasm ") and line.endswith(f"build/plain/fastpath/{file}.o")]
    links = [line for line in made if line.startswith("ld -nostdlib")]
    if not assembled or not links:
        raise BatonError("make does not say how it assembles and links the kernel", "look at plain_only in tests/mutants.py")
    return "\n".join(["set -e", *assembled]), links[-1]


def noticed_by_equiv(tree, quick=False):
    """What the comparison with the C twins says of the kernel in that tree; None when it finds them equal. quick: by fewer states."""
    command = [str(ROOT / "build/equiv"), "--first", "--image", str(tree / "build/baton.elf"), *(QUICK if quick else ())]
    ran = patience.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    if ran.returncode == 0:
        return None
    lines = [line for line in ran.stdout.decode("utf-8", "replace").splitlines() if line.startswith("not ok")]
    return lines[0] if lines else f"it ended with code {ran.returncode}"


def noticed_by_conform(tree, quick=False):
    """How the conformance program, run in that tree, noticed that something is wrong; None when it did not."""
    guest = subprocess.Popen(RUN, cwd=tree, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    last = ""
    with guest.stdout:
        for raw in guest.stdout:
            last = raw.decode("utf-8", "replace").strip()
            if re.match(r"not ok |PANIC|root: conform", last):
                guest.terminate()
                guest.wait()
                return last
    return None if guest.wait() == 0 else last


@dataclass(frozen=True)
class Judge:
    """Who is to notice, and what of a tree must be built for it."""

    make: tuple
    noticed: object  # function of a tree and whether it is to be quick: how it noticed, or None


EQUIV = Judge(MAKE_EQUIV, noticed_by_equiv)
CONFORM = Judge(MAKE_CONFORM, noticed_by_conform)


class Worker(threading.Thread):
    """Takes mutants from the queue and tries each by trial(), in a tree of its own."""

    def __init__(self, tree, todo, results):
        super().__init__(daemon=True)
        self.tree, self.todo, self.results = tree, todo, results

    def run(self):
        while True:
            try:
                mutant = self.todo.get_nowait()
            except queue.Empty:
                return
            try:
                self.results.put((mutant, self.trial(mutant)))
            except Exception as error:  # a worker that ends in silence would be waited for
                self.results.put((mutant, f"{NOT_BUILT}: {error}"))


class FastpathWorker(Worker):
    def __init__(self, fastpath, judge, *place):
        super().__init__(*place)
        self.fastpath, self.judge = fastpath, judge
        self.quick = {}  # file: plain_only

    def trial(self, mutant):
        original = self.fastpath[mutant.file]
        changed = list(original)
        changed[mutant.number] = mutant.line
        try:
            write(self.tree, mutant.file, changed)
            wrong = self.build(mutant.file)
            return f"{NOT_BUILT}: {wrong}" if wrong else self.judge.noticed(self.tree, quick=mutant.name in EQUIVALENT)
        finally:
            write(self.tree, mutant.file, original)
            if self.judge is EQUIV:
                build(self.tree, ("sh", "-c", self.quick[mutant.file][0]))

    def build(self, file):
        if self.judge is not EQUIV:
            return build(self.tree, self.judge.make)
        if file not in self.quick:
            self.quick[file] = plain_only(self.tree, file)
        return build(self.tree, ("sh", "-c", "\n".join(self.quick[file])))


def prepare(directory, jobs, fastpath, judge):
    """Built trees, one for each job. The unchanged kernel passes in them."""
    first = directory / "0"
    copy_tree(first, fastpath)
    wrong = build(first, judge.make)
    if wrong:
        raise BatonError("the copy of the tree does not build", "make", details=wrong.splitlines())
    how = judge.noticed(first, quick=True)
    if how is not None:
        raise BatonError(f"it fails without any change: {how}", "make equiv; make test TEST=conform")
    trees = [first] + [directory / str(i) for i in range(1, jobs)]
    for tree in trees[1:]:
        shutil.copytree(first, tree)
    return trees


def report(mutant, how, equivalent):
    """Prints the line of one mutant; is it as it must be?"""
    reason = equivalent.get(mutant.name)
    if how is not None and how.startswith(NOT_BUILT):
        print(f"not ok {mutant.name}: {how[:200]}", flush=True)
        return False
    if how is None:
        print(f"ok {mutant.name}: equivalent: {reason}" if reason else f"not ok {mutant.name}: nobody notices it", flush=True)
    elif reason:
        print(f"not ok {mutant.name}: it is listed as equivalent, but was noticed: {how}", flush=True)
    else:
        print(f"ok {mutant.name}: {how[:160]}", flush=True)
    return (how is None) == bool(reason)


def report_conform(mutant, how):
    """The conformance program need not notice any."""
    print(f"{'  not noticed' if how is None else 'ok'} {mutant.name}{': ' + how[:100] if how else ''}", flush=True)
    return True


def try_all(chosen, fastpath, jobs, judge, worker, tell):
    """How many are not as they must be. worker(tree, todo, results): a Worker; tell(mutant, how): report."""
    todo, results = queue.Queue(), queue.Queue()
    for mutant in chosen:
        todo.put(mutant)
    with tempfile.TemporaryDirectory(prefix="baton-mutants-") as directory:
        for tree in prepare(Path(directory), jobs, fastpath, judge):
            worker(tree, todo, results).start()
        return sum(not tell(*results.get()) for _ in chosen)


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("part", nargs="?", default="", help="part of a mutant's name")
    parser.add_argument("--list", action="store_true", help="only list the mutants")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--conform", action="store_true", help="boot the conformance program instead")
    options = parser.parse_args(arguments)
    fastpath = sources()
    every = [m for file in FILES for m in mutants_of(file, fastpath[file])]
    mutants = [m for m in every if options.part in m.name]
    stale = sorted(set(EQUIVALENT) - {m.name for m in every})
    if stale or not mutants:
        raise BatonError(f"no mutant is called {stale[0] if stale else options.part}", "python3 -m tests.mutants --list")
    if options.list:
        print("\n".join(m.name for m in mutants))
        return 0
    judge = CONFORM if options.conform else EQUIV
    wrong = try_all(mutants, fastpath, options.jobs, judge, partial(FastpathWorker, fastpath, judge),
                    report_conform if options.conform else partial(report, equivalent=EQUIVALENT))
    print(f"mutants: {len(mutants)} tried, {wrong} not as they must be")
    return 1 if wrong else 0


if __name__ == "__main__":
    run_main(main)
