"""Faults put into a copy of the kernel's C, one at a time: the comparison with the specification must find each, by a short sequence.

Prints "ok lockstep mutant <name>: ..." with how many inputs it takes, and "not ok ..." when nobody notices. Exit code: 0 all were found,
1 some were not, 2 wrong options.
"""
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from scripts.base import patience
from scripts.base.common import ROOT, BatonError, make_parser, run_main
from tests.lockstep import kernel, run
from tests.verdict import exit_code

LOOK = (sys.executable, "-m", run.__name__, "--first", "--states", "1500", "--runs", "200")
FOUND = re.compile(r"^not ok \S.*?: after (\d+) inputs: (.*)$", re.M)


class Mutant(NamedTuple):
    name: str
    file: str  # in kernel/
    old: str
    new: str


MUTANTS = (
    Mutant("lost wake-up", "object/notification.c", "wake(first, bits);", "n->pending |= bits, first->wait = 0;"),
    Mutant("missing right check", "ipc/ipc.c", "if (s && !(slot_rights(s) & right)) {", "if (s && !slot_rights(s)) {"),
    Mutant("rights that widen", "object/cnode.c", "derive_copy(p.to, p.from, slot_rights(p.from) & (unsigned)caller->r9);",
           "derive_copy(p.to, p.from, slot_rights(p.from));"),
    Mutant("wrong derivation link", "object/derive.c", "(slot_flags(child) & (SLOT_BADGED | SLOT_FIRST_BADGED)) == SLOT_BADGED;", "true;"),
    Mutant("stale reply", "object/thread_end.c", "server_of(t->wait)->reply_to = NOBODY;", ";"),
    Mutant("a reply right used twice", "ipc/ipc.c", "to->wait = (uintptr_t)s | REF_SLOT;\n    caller->reply_to = NOBODY;",
           "to->wait = (uintptr_t)s | REF_SLOT;"),
    Mutant("off by one in retype", "object/untyped.c", "r->end > total ?", "r->end > total + size ?"),
    Mutant("an index off by one", "object/untyped.c", "memory += 1ull << r->bits;", "memory += 1ull << r->bits >> 1;"),
    Mutant("priority inversion", "thread/sched.c", "at_once = at_once && t->priority >= sender->priority;", "(void)sender;"),
    Mutant("a slice too long", "thread/sched.c", "--cpu.slice_left > 0)", "--cpu.slice_left >= 0)"),
    Mutant("a new slice that counts at once", "object/thread_state.c", "t->slice_ticks = (int32_t)caller->rsi;",
           "t->slice_left = t->slice_ticks = (int32_t)caller->rsi;"),
    Mutant("a time-out of a thread that faulted", "object/thread_end.c", " || sched_ready(t) || t->slow_reasons & SLOW_FAULTED)",
           " || sched_ready(t))"),
    Mutant("a turn never paid", "thread/sched.c", "if (cpu.current == t && turn_is_due(t))", "if (0)"),
    Mutant("last in, first out", "object/endpoint.c", "struct tcb *t = ep->send;\n    if (ep->recv != SLOW_HEAD)",
           "struct tcb *t = ep->tail;\n    if (ep->recv != SLOW_HEAD)"),
    Mutant("a word of a message lost", "ipc/ipc.c", "    to->r12 = from->r12;\n", ""),
    Mutant("a badge lost", "ipc/ipc.c", "to->rdi = badge;", "to->rdi = 0;"),
    Mutant("capabilities without the right to grant", "ipc/ipc.c", "caller->buffer->caps != 0 && !grant",
           "caller->buffer->caps > 3 && !grant"),
    Mutant("a ceiling not looked at", "object/thread_state.c", "if (ceiling > caller->ceiling || priority > ceiling)",
           "if (priority > ceiling)"),
    Mutant("a revoke that stops early", "object/delete.c", "return after && slot_is_parent(s, after) ? after : child;", "return NULL;"),
    Mutant("an entry that stays", "object/space.c", "    *entry = 0;\n", ""),
    Mutant("a mapping with more rights", "object/frame_many.c", "error = frame_slot_allows(frame, p.attributes);",
           "error = frame_slot_allows(frame, RIGHT_READ);"),
    Mutant("an interrupt forgotten", "object/irq.c", "h->pending = h->again;", "h->pending = false;"),
    Mutant("timers out of order", "object/timer.c", "unsigned side = !below[0] || (below[1] && timer_earlier(below[1], below[0]));",
           "unsigned side = !below[0];"),
    # Made alike in the fast path these leave both paths equal, so equiv and prove pass: only the specification tells.
    Mutant("a signal that forgets others", "object/notification.c", "if (!first) {\n        n->pending |= bits;",
           "if (!first) {\n        n->pending = bits;"),
    Mutant("another badge", "ipc/ipc.c", "to->rdi = badge;", "to->rdi = badge + 1;"),
    Mutant("a yield that keeps its slice", "thread/sched.c", "    sched_enqueue(t);\n    sched_block();\n}\n\nvoid sched_yield_call",
           "    sched_enqueue(t);\n    t->slice_left = cpu.slice_left;\n    sched_block();\n}\n\nvoid sched_yield_call"),
    Mutant("a bound thread that is not woken", "object/notification.c", "if (waits_to_receive(t)) {", "if (0) {"),
)


def broken(mutant):
    """The text of its file with the fault."""
    text = (ROOT / "kernel" / mutant.file).read_text(encoding="utf-8")
    if text.count(mutant.old) != 1:
        raise BatonError(f"kernel/{mutant.file} does not have this once: {mutant.old}", "look at tests/lockstep/mutants.py")
    return text.replace(mutant.old, mutant.new)


def look(mutant, built, *words):
    """What the comparison says of a kernel with the fault. built: the directory of one without. words: more options."""
    with tempfile.TemporaryDirectory(prefix="baton-lockstep-") as directory:
        to, source = Path(directory) / "made", Path(directory) / mutant.file
        shutil.copytree(built, to)
        source.parent.mkdir()
        source.write_text(broken(mutant), encoding="utf-8")
        kernel.compiled(source, to)
        return patience.run([*LOOK, "--library", str(kernel.link(to)), *words], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT).stdout.decode("utf-8", "replace")


def trial(mutant, built, verbose):
    """(name, why it is no success or None)."""
    said = look(mutant, built)
    found = FOUND.search(said)
    if verbose or not found:
        print(said, flush=True)
    name = f"lockstep mutant {mutant.name}"
    return (f"{name}: {found[1]} inputs show it", None) if found else (name, "nobody notices")


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("part", nargs="*", help="part of a mutant's name")
    parser.add_argument("-v", "--verbose", action="store_true", help="show the sequences")
    options = parser.parse_args(arguments)
    chosen = [m for m in MUTANTS if not options.part or any(part in m.name for part in options.part)]
    if not chosen:
        raise BatonError(f"no mutant's name contains {' or '.join(options.part)}", "see tests/lockstep/mutants.py")
    with tempfile.TemporaryDirectory(prefix="baton-lockstep-") as directory:
        built = Path(directory)
        kernel.build(built)
        return exit_code(trial(mutant, built, options.verbose) for mutant in chosen)


if __name__ == "__main__":
    run_main(main)
