"""Faults put into a copy of the kernel's C, one at a time: the comparison with the specification must find each, by a short sequence.
It is made once, of the kernel without a fault, and written down (tape.py); what another one does differently is what it would find there.

Prints "ok lockstep mutant <name>: ..." with how many inputs it takes, and "not ok ..." when nobody notices. Exit code: 0 all were found,
1 some were not, 2 wrong options.
"""
import shutil
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

from scripts.base.common import ROOT, BatonError, make_parser, run_main
from tests.lockstep import kernel, run, tape, world
from tests.verdict import exit_code

PLAIN = ("-g0",)  # nobody looks at what debuggers want to know
OPTIONS = SimpleNamespace(states=1500, runs=200, seed=run.SEED, program=None, whole=False)


class Mutant(NamedTuple):
    name: str
    file: str  # in kernel/
    old: str
    new: str


MUTANTS = (
    Mutant("lost wake-up", "object/notification.c", "wake(first, bits);", "n->pending |= bits, first->wait = 0;"),
    Mutant("missing right check", "ipc/ipc.c", "cap_lookup_right(caller, caller->rdi, TYPE_ENDPOINT, RIGHT_SEND, &error)",
           "cap_lookup_type(caller, caller->rdi, TYPE_ENDPOINT, &error)"),
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
    Mutant("a yield that keeps its slice", "thread/sched.c", "    sched_enqueue(t);\n    sched_block();\n}\n\n/* The caller yields",
           "    sched_enqueue(t);\n    t->slice_left = cpu.slice_left;\n    sched_block();\n}\n\n/* The caller yields"),
    Mutant("a bound thread that is not woken", "object/notification.c", "if (waits_to_receive(t)) {", "if (0) {"),
)
ALIKE = {  # by name: the same fault in the fast path
    "a signal that forgets others": Mutant("signal: others' bits forgotten", "../fastpath/signal.asm",
                                           "    or [r11 + NOTIFICATION_PENDING], rax", "    mov [r11 + NOTIFICATION_PENDING], rax"),
}


def broken(mutant):
    """The text of its file with the fault."""
    text = (ROOT / "kernel" / mutant.file).read_text(encoding="utf-8")
    if text.count(mutant.old) != 1:
        raise BatonError(f"kernel/{mutant.file} does not have this once: {mutant.old}", "look at tests/lockstep/mutants.py")
    return text.replace(mutant.old, mutant.new)


def library(mutant, built, to):
    """A kernel with the fault. built: the directory of one without; to: an empty one."""
    made, source = to / "made", to / mutant.file
    shutil.copytree(built, made)
    source.parent.mkdir()
    source.write_text(broken(mutant), encoding="utf-8")
    kernel.compiled(source, made, PLAIN)
    return kernel.link(made)


def _record(built):
    """What a kernel without a fault does in the comparison, and why that is no use, or None. built: its library."""
    return tape.recorded(built, lambda host: run.parts(host, OPTIONS))


def _shown(library_, record, verbose):
    """How many inputs show the fault; None: none do. verbose: says them."""
    found = tape.replayed(record, kernel.Kernel(library_), world.first_state())
    if found and verbose:
        print(found.name, flush=True)
        run.tell(found.inputs, found.differs)
    return len(found.inputs) if found else None


def trial(mutant, built, record, verbose):
    """(name, why it is no success or None)."""
    name = f"lockstep mutant {mutant.name}"
    with tempfile.TemporaryDirectory(prefix="baton-lockstep-") as directory:
        inputs = tape.in_a_process(_shown, library(mutant, built, Path(directory)), record, verbose)
    return (f"{name}: {inputs} inputs show it", None) if inputs else (name, "nobody notices")


def trials(chosen, built, verbose):
    record, wrong = tape.in_a_process(_record, kernel.build(built, PLAIN)) or (None, "it dies")
    if wrong:
        yield "lockstep mutants", f"the kernel without a fault does not do as the specification says: {wrong}"
        return
    for mutant in chosen:
        yield trial(mutant, built, record, verbose)


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("part", nargs="*", help="part of a mutant's name")
    parser.add_argument("-v", "--verbose", action="store_true", help="show the sequences")
    options = parser.parse_args(arguments)
    chosen = [m for m in MUTANTS if not options.part or any(part in m.name for part in options.part)]
    if not chosen:
        raise BatonError(f"no mutant's name contains {' or '.join(options.part)}", "see tests/lockstep/mutants.py")
    with tempfile.TemporaryDirectory(prefix="baton-lockstep-") as directory:
        return exit_code(trials(chosen, Path(directory), options.verbose))


if __name__ == "__main__":
    run_main(main)
