"""Breaks the fast paths one instruction at a time and compares each with its C twin (tests/equiv): it must notice.

All mutants (tests/mutation.py) of a file are built into one image (tests/mutant_images.py), of which build/equiv runs one after another; or
with --conform each is built in a copy of the tree and booted with run=conform fastpath=on. A mutant that nobody notices must stand in
the list EQUIVALENT below with the reason why it cannot be noticed. (The conformance program does not see which path was taken, so it
notices fewer: with --conform what it does not notice is only listed.)

Prints "ok <name>: how it was noticed" or "not ok <name>: why". Exit code: 0 all were noticed or are listed, 1 some
were not, 2 wrong options.
"""
import re
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from scripts.base import patience
from scripts.base.common import ROOT, BatonError, run_main
from tests import mutant_images, treecopy, trials
from tests.mutation import FILES, mutants_of, sources

MAKE_CONFORM = ("make", "-s", "PROGRAMS=root conform", "build/baton32.elf", "build/user/root.elf",
                "build/user/conform.elf")
RUN = (sys.executable, "-m", "scripts.verbs.run", "--limit", "20", "--cmdline", "run=conform fastpath=on")

# For what must not be noticed: the unchanged kernel, which has a step of its own, and the mutants that are equivalent.
QUICK = ("--states", "40000", "--random")
# The same of the unchanged path in an image of many mutants, once for each of twenty files.
UNCHANGED = ("--mutant", "0", "--states", "2000", "--random")
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


COULD_NOT_RUN = 2  # and says nothing about the image


def command_of(program, image, words):
    return [str(ROOT / f"build/{program}"), "--first", "--image", str(image), *words]


def told_by(command, code, said):
    """What a program that looks into the kernel's image says first of it; None when it finds nothing."""
    if code == 0:
        return None
    if code == COULD_NOT_RUN:
        raise BatonError(f"it could not run: {' '.join(command)}")
    return next((line for line in said if line.startswith("not ok")), f"{Path(command[0]).name} ended with code {code}")


def noticed_by(program, tree, *words):
    """What that program says of the image in that tree."""
    command = command_of(program, tree / "build/baton.elf", words)
    ran = patience.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return told_by(command, ran.returncode, ran.stdout.decode("utf-8", "replace").splitlines())


class Server:
    """build/equiv --serve (tests/equiv/serve.h) of one image, which ends with this process. To start it anew for each mutant would take
    longer than most of them live."""

    def __init__(self, image, *words):
        self._command = command_of("equiv", image, words)
        self._process = subprocess.Popen((self._command[0], "--serve", *self._command[1:]), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         stderr=subprocess.DEVNULL, encoding="utf-8", errors="replace")
        how = self._said()
        if how is not None:
            self.end()
            raise BatonError(f"it fails without any change: {how}", "make equiv")

    def _said(self):
        said = []
        for line in self._process.stdout:
            ended = re.fullmatch(r"ended (\d+)\n", line)
            if ended:
                return told_by(self._command, int(ended[1]), said)
            said.append(line.rstrip("\n"))
        raise BatonError(f"build/equiv --serve has ended with code {self._process.wait()}", "make equiv")

    def noticed(self, *words):
        """What is said of its image when it is run with these words."""
        self._process.stdin.write("\t".join(("--first", *words)) + "\n")
        self._process.stdin.flush()
        return self._said()

    def end(self):
        self._process.communicate()


# Operations that were compared: the states that told mutants from the C twins, the last one first. They mostly tell their
# neighbours, too, so they are tried first; a state that comes early is not worth it.
TOLD, LATE, TRIED = {}, 500, 48


def noticed_by_equiv(server, mutant, number):
    """What the comparison with the C twins notices of it; by fewer states when it is equivalent."""
    operations = OPERATIONS.get(mutant.file, ())
    told = TOLD.setdefault(operations, [])
    words = (word for option, values in (("--operation", operations), ("--try", told[:TRIED])) for value in values
             for word in (option, value))
    how = server.noticed("--mutant", str(number), *(QUICK if mutant.name in EQUIVALENT else STATES), *words)
    found = re.match(r"not ok equiv --(state|conditions\S*) (\d+):", how or "")
    if found and (found[1] != "state" or int(found[2]) > LATE):
        state = f"{found[1]}:{found[2]}"
        told[:] = [state, *(s for s in told if s != state)]
    return how


class Images:
    """An image for each file of which there are mutants, made when the first of them is tried."""

    def __init__(self, fastpath, mutants, directory):
        self._fastpath, self._directory, self._made, self._lock = fastpath, directory, {}, threading.Lock()
        self._builder = mutant_images.builder(FILES)
        self._numbered = {file: [m for m in mutants if m.file == file] for file in FILES}

    def of(self, file):
        with self._lock:
            if file not in self._made:
                changes = [(mutant.number, mutant.line) for mutant in self._numbered[file]]
                self._made[file] = self._builder.image(file, self._fastpath[file], changes, self._directory)
            return self._made[file]

    def number(self, mutant):
        return 1 + self._numbered[mutant.file].index(mutant)


class Compared:
    """What tries mutants one after another by build/equiv."""

    def __init__(self, images):
        self._images, self._file, self._server = images, None, None

    def __call__(self, mutant):
        if mutant.file != self._file:
            self.end()
            operations = (word for name in OPERATIONS.get(mutant.file, ()) for word in ("--operation", name))
            self._server, self._file = Server(self._images.of(mutant.file), *UNCHANGED, *operations), mutant.file
        return noticed_by_equiv(self._server, mutant, self._images.number(mutant))

    def end(self):
        if self._server:
            self._server.end()
        self._server = self._file = None


def noticed_by_conform(tree, quick=False):  # pylint: disable=unused-argument
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
    noticed: object  # function of a tree, and whether to be quick: how it noticed, or None


CONFORM = Judge(MAKE_CONFORM, noticed_by_conform)


class Booted:
    """What tries mutants in one tree by the conformance program."""

    def __init__(self, fastpath, tree):
        self.fastpath, self.tree = fastpath, tree

    def __call__(self, mutant):
        original = self.fastpath[mutant.file]
        changed = list(original)
        changed[mutant.number] = mutant.line
        try:
            write(self.tree, mutant.file, changed)
            build(self.tree, MAKE_CONFORM)
            return noticed_by_conform(self.tree)
        finally:
            write(self.tree, mutant.file, original)


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
    fastpath = sources()

    def try_all(mutants):
        with tempfile.TemporaryDirectory(prefix="baton-mutants-") as directory:
            if options.conform:
                tried_by = [Booted(fastpath, tree) for tree in prepare(directory, options.jobs, fastpath, CONFORM)]
            else:
                images = Images(fastpath, mutants, directory)
                tried_by = [Compared(images) for _ in range(options.jobs)]
            yield from trials.outcomes(mutants, tried_by)
            for one in () if options.conform else tried_by:
                one.end()
    return trials.run("mutants", options, [m for file in FILES for m in mutants_of(file, fastpath[file])], EQUIVALENT, try_all,
                      told_conform if options.conform else trials.told)


if __name__ == "__main__":
    run_main(main)
