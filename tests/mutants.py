"""Breaks the fast paths one instruction at a time and compares each with its C twin (tests/equiv): it must notice.

Each mutant (tests/mutation.py) is built in a copy of the tree and given to build/equiv, or with --conform booted with run=conform
fastpath=on. A mutant that nobody notices must stand in the list EQUIVALENT below with the reason why it cannot be noticed. (The
conformance program does not see which path was taken, so it notices fewer: with --conform what it does not notice is only listed.)

Prints "ok <name>: how it was noticed" or "not ok <name>: why". Exit code: 0 all were noticed or are listed, 1 some
were not, 2 wrong options.
"""
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from scripts.base import patience
from scripts.base.common import ROOT, BatonError, run_main
from tests import treecopy, trials
from tests.mutation import FILES, mutants_of, sources

MAKE_EQUIV = ("make", "-s", "build/baton.elf")
MAKE_CONFORM = ("make", "-s", "PROGRAMS=root conform", "build/baton32.elf", "build/user/root.elf",
                "build/user/conform.elf")
RUN = (sys.executable, "-m", "scripts.verbs.run", "--limit", "20", "--cmdline", "run=conform fastpath=on")

# For what must not be noticed: the unchanged kernel, which has a step of its own, and the mutants that are equivalent.
QUICK = ("--states", "40000", "--random")
# Random states of the operations that a change can touch; all combinations follow.
STATES = ("--states", "150000")

# The operations that go through a file's code, as build/equiv names them. All go through the entry.
OPERATIONS = {
    **dict.fromkeys(("call.asm", "call_extended.asm", "call_queued.asm"), ("call",)),
    **dict.fromkeys(("reply_recv.asm", "reply_fault.asm", "reply_queued.asm"), ("reply_recv",)),
    "reply_extended.asm": ("call", "reply_recv"),
    "recv.asm": ("recv", "reply_recv"),
    "long_call.asm": ("long_call",),
    "long_reply_recv.asm": ("long_rr",),
    **dict.fromkeys(("signal.asm", "signal_bound.asm", "signal_crowded.asm"), ("signal",)),
    **dict.fromkeys(("interrupt.asm", "clock.asm"), ("device", "clock")),
    "fault.asm": ("page fault",),
    **{f"{name}.asm": (name,) for name in ("yield", "wait", "identify")},
}

# Name of a mutant: why nobody can notice it.
SPECULATION = "the address was compared with its masked value: this holds back the CPU that has guessed that comparison's end"
HELD_BACK = "what it holds back only a CPU does that has guessed wrong; make prove notices"
NO_CODE = "nobody reads the error code of an interrupt; make prove notices that the frame is not as the stubs leave it"
RUNNING = "a running thread is nowhere the first receiver; make prove notices that what its `wait` names need not be there any more"
LOW_HALF = "no queue lies where the low half of its address is 0, and all lie in the same 4 GiB"
SMALL = "the wait of a ready thread is a small number"
SECOND = "the second path takes every state that the first takes, and does the same; the footprint notices"
FOUND_LATER = "the comparisons behind it find that it is none of theirs; the footprint notices"
BELOW = "numbers above that of identify have gone to .above by 64 bits of theirs"
EQUIVALENT = {
    "entry: delete `jb syscall_entry_slow`": FOUND_LATER,
    "entry: 32 bits `cmp rax, SYS_RECV`": BELOW,
    **{f"{path}: {how} `jb {to}`": SECOND for path, to in (("call", ".second"), ("reply_recv", "fast_reply_fault"))
       for how in ("always", "one more or less")},
    "signal: delete `and edi, [r11 + TCB_CSPACE_MASK]`": SPECULATION,
    "signal: delete `and edi, [r11 + TCB_CSPACE_MASK]` (2)": SPECULATION,
    "signal_bound: delete `and edi, [r11 + TCB_CSPACE_MASK]`": SPECULATION,
    "signal_bound: delete `and edi, [r11 + TCB_CSPACE_MASK]` (2)": SPECULATION,
    "signal_bound: delete `lfence`": HELD_BACK,
    "interrupt: delete `lfence`": HELD_BACK,
    "interrupt: delete `je .bail_saved`": RUNNING,
    **{f"interrupt: {how} `mov qword [rsp + 8], 0`": NO_CODE for how in ("delete", "another value")},
    "signal_crowded: delete `and edi, [r11 + TCB_CSPACE_MASK]`": SPECULATION,
    "signal_crowded: delete `lfence`": HELD_BACK,
    "yield: 32 bits `cmp rax, [r11 + TCB_QUEUE]`": LOW_HALF,
    "yield: 32 bits `cmp qword [r11 + TCB_QUEUE], 0`": LOW_HALF,
    "wait: 32 bits `cmp qword [rbx + TCB_QUEUE], 0`": LOW_HALF,
    "yield: 32 bits `cmp qword [rax + TCB_WAIT], READY_RETURNED`": SMALL,
    "yield: 32 bits `cmp qword [rax + TCB_WAIT], IN_LINE_RETURNED`": SMALL,
    "wait: 32 bits `cmp qword [r11 + TCB_WAIT], READY_RETURNED`": SMALL,
    "wait: 32 bits `cmp qword [r11 + TCB_WAIT], READY_NOTIFIED`": SMALL,
    "call_queued: 32 bits `cmp qword [rbx + TCB_QUEUE], 0`": LOW_HALF,
    "call_queued: 32 bits `cmp qword [rax + TCB_WAIT], READY_RETURNED`": SMALL,
    "reply_queued: delete `cmovne r11, rbx`": HELD_BACK,
    "recv: 32 bits `cmp qword [rbx + TCB_QUEUE], 0`": LOW_HALF,
    "recv: 32 bits `cmp qword [r11 + TCB_WAIT], READY_RETURNED`": SMALL,
    "recv: 32 bits `cmp qword [r11 + TCB_WAIT], READY_NOTIFIED`": SMALL,
}


def copy_tree(to, fastpath):
    treecopy.copy_tree(to, "check", "host")
    for file, lines in fastpath.items():
        write(to, file, lines)


def write(tree, file, lines):
    (tree / "fastpath" / file).write_text("\n".join(lines) + "\n", encoding="utf-8")


def build(tree, what):
    made = subprocess.run(what, cwd=tree, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if made.returncode != 0:
        wrong = made.stdout.decode("utf-8", "replace").strip()
        raise BatonError(f"it does not build: {wrong}", "make")


REST = "build/rest.o"  # of the kernel: all that no change of a fast path touches, linked once


def plain_only(tree):
    """The commands that make the kernel anew after a change of a fast path, as far as build/equiv looks: by file how its plain
    build is assembled, and one link without debug information. make would also make the other variants and the symbol table."""
    changed = (word for file in FILES for word in ("-W", f"fastpath/{file}"))
    made = subprocess.run(("make", "-n", *changed, "build/baton.elf"), cwd=tree, capture_output=True, encoding="utf-8",
                          check=True).stdout.splitlines()
    plain = re.compile(r"nasm .* build/plain/fastpath/(\S+)\.o")
    assembled = {found[1]: found[0].split() for found in map(plain.fullmatch, made) if found}
    links = [line.split() for line in made if line.startswith("ld -nostdlib")]
    if assembled.keys() != set(FILES) or not links:
        raise BatonError("make does not say how it assembles and links the kernel", "look at plain_only in tests/mutants.py")
    rest = [word for word in links[-1] if word.endswith(".o") and not word.startswith("build/plain/fastpath/")]
    build(tree, ("ld", "-r", "--strip-debug", "--no-warnings", *rest, "-o", REST))
    return assembled, [REST if word == rest[0] else word for word in links[-1] if word not in rest[1:]] + ["--strip-debug"]


COULD_NOT_RUN = 2  # and says nothing about the image


def command_of(program, tree, words):
    return [str(ROOT / f"build/{program}"), "--first", "--image", str(tree / "build/baton.elf"), *words]


def told_by(command, code, said):
    """What a program that looks into the kernel's image says first of it; None when it finds nothing."""
    if code == 0:
        return None
    if code == COULD_NOT_RUN:
        raise BatonError(f"it could not run: {' '.join(command)}")
    return next((line for line in said if line.startswith("not ok")), f"{Path(command[0]).name} ended with code {code}")


def noticed_by(program, tree, *words):
    """What that program says of the image in that tree."""
    command = command_of(program, tree, words)
    ran = patience.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return told_by(command, ran.returncode, ran.stdout.decode("utf-8", "replace").splitlines())


class Server:
    """build/equiv --serve (tests/equiv/serve.h), which ends with this process. To start it anew for each mutant would take longer than
    most of them live."""

    def __init__(self):
        self._process = subprocess.Popen((str(ROOT / "build/equiv"), "--serve"), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         stderr=subprocess.DEVNULL, encoding="utf-8", errors="replace")

    def noticed(self, tree, *words):
        """The same as noticed_by("equiv", ...)."""
        command, said = command_of("equiv", tree, words), []
        self._process.stdin.write("\t".join(command[1:]) + "\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            ended = re.fullmatch(r"ended (\d+)\n", line)
            if ended:
                return told_by(command, int(ended[1]), said)
            said.append(line.rstrip("\n"))
        raise BatonError(f"build/equiv --serve has ended with code {self._process.wait()}", "make equiv")

    def end(self):
        self._process.communicate()


# Operations that were compared: the states that told mutants from the C twins, the last one first. They mostly tell their
# neighbours, too, so they are tried first; a state that comes early is not worth it.
TOLD, LATE, TRIED = {}, 500, 48
SERVERS = {}  # tree: its Server


def noticed_by_equiv(tree, file=None, quick=False):
    """What the comparison with the C twins notices of a change in that file. quick: by fewer states."""
    operations = OPERATIONS.get(file, ())
    told = TOLD.setdefault(operations, [])
    words = (word for option, values in (("--operation", operations), ("--try", told[:TRIED])) for value in values
             for word in (option, value))
    if tree not in SERVERS:
        SERVERS[tree] = Server()
    how = SERVERS[tree].noticed(tree, *(QUICK if quick else STATES), *words)
    found = re.match(r"not ok equiv --(state|conditions\S*) (\d+):", how or "")
    if found and (found[1] != "state" or int(found[2]) > LATE):
        state = f"{found[1]}:{found[2]}"
        told[:] = [state, *(s for s in told if s != state)]
    return how


def noticed_by_conform(tree, file=None, quick=False):  # pylint: disable=unused-argument
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
    noticed: object  # function of a tree, the file that is changed, and whether to be quick: how it noticed, or None


EQUIV = Judge(MAKE_EQUIV, noticed_by_equiv)
CONFORM = Judge(MAKE_CONFORM, noticed_by_conform)


class Trial:
    """What tries mutants in one tree."""

    def __init__(self, fastpath, judge, tree):
        self.fastpath, self.judge, self.tree = fastpath, judge, tree
        self.assembled, self.linked = plain_only(tree) if judge is EQUIV else ({}, ())

    def __call__(self, mutant):
        original = self.fastpath[mutant.file]
        changed = list(original)
        changed[mutant.number] = mutant.line
        assembled = self.tree / f"build/plain/fastpath/{mutant.file}.o"
        kept = assembled.read_bytes()
        try:
            write(self.tree, mutant.file, changed)
            self.build(mutant.file)
            return self.judge.noticed(self.tree, mutant.file, quick=mutant.name in EQUIVALENT)
        finally:
            write(self.tree, mutant.file, original)
            if self.judge is EQUIV:
                assembled.write_bytes(kept)

    def build(self, file):
        if self.judge is not EQUIV:
            build(self.tree, self.judge.make)
            return
        build(self.tree, self.assembled[file])
        build(self.tree, self.linked)


def prepare(directory, jobs, fastpath, judge):
    """Built trees, one for each job. The unchanged kernel passes in them."""
    first = Path(directory) / "tree"
    copy_tree(first, fastpath)
    build(first, judge.make)
    how = judge.noticed(first, quick=True)
    if how is not None:
        raise BatonError(f"it fails without any change: {how}", "make equiv; make test TEST=conform")
    return trials.copies(first, jobs)


def told_conform(name, how, _):
    """The conformance program need not notice any."""
    print(f"{'  not noticed' if how is None else 'ok'} {name}{': ' + str(how)[:100] if how else ''}", flush=True)
    return True


def main(arguments):
    parser = trials.options(__doc__)
    parser.add_argument("--conform", action="store_true", help="boot the conformance program instead")
    options = parser.parse_args(arguments)
    judge = CONFORM if options.conform else EQUIV
    fastpath = sources()

    def try_all(mutants):
        with tempfile.TemporaryDirectory(prefix="baton-mutants-") as directory:
            trees = prepare(directory, options.jobs, fastpath, judge)
            yield from trials.outcomes(mutants, [Trial(fastpath, judge, tree) for tree in trees])
        for server in SERVERS.values():
            server.end()
    return trials.run("mutants", options, [m for file in FILES for m in mutants_of(file, fastpath[file])], EQUIVALENT, try_all,
                      told_conform if options.conform else trials.told)


if __name__ == "__main__":
    run_main(main)
