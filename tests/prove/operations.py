"""The operations with a fast path: in which cases their states fall, and exactly when the fast path must be taken. That
is stated a third time here, after the NASM and tests/equiv/reason.c, by the fields that the C code reads."""
from dataclasses import dataclass

from tests.prove import smt
from tests.prove.smt import FALSE, TRUE, number, variable
from tests.prove.world import World


@dataclass(frozen=True)
class Operation:
    name: str
    files: tuple  # in fastpath/
    constant: str  # number of the system call; None: a page fault or an interrupt
    cases: tuple  # of World's arguments
    taken: object  # function of a World: the condition under which the fast path is taken
    scratch: tuple = ("rbx", "r11")  # what a bail-out may change: head of the file

    def world(self, kernel, case, more):
        return World(kernel, self.name, kernel.constants[self.constant] if self.constant else None, case, **more)

    def worlds(self, kernel):
        return (self.world(kernel, *case) for case in self.cases)


def _index(w):
    return w.index() == w.register("rdi")


def _capability(w, right):
    """The address names a capability of the operation's type with that right."""
    return smt.And(_index(w), w.slot_type() == w.constants[f"TYPE_{w.object.upper()}"], w.slot_rights() & w.constants[right] != 0)


def _urgent(w, known=0):
    """The partner is as urgent as all that are ready; and the running thread has no slow reason but the known ones."""
    priority = smt.ZeroExt(24, w.first("partner", "priority"))
    return smt.And(w.first("current", "slow_reasons") & ~number(known, 32) == 0, smt.UGE(priority + 1, w.first("top", "key")))


def _message(w):
    """The partner may run at once. Extended state and bases are switched, but no third thread's state is saved,
    which the registers never hold with the mitigation `fpu`."""
    second, held = number(w.constants.SLOW_SECOND, 32), w.cpu_first("extended") == w.first("partner", "extended")
    kept = TRUE if w.kernel.image.suffix else smt.Or(held, w.first("partner", "extended") == 0, w.first("current", "extended") != 0)
    return smt.And(_urgent(w, w.constants.SLOW_SECOND), w.first("partner", "slow_reasons") & ~second == 0, kept)


def _call(w):
    """The one that waits to receive runs; or it waits to send, and the next thread in line runs."""
    if w.waits != "partner":
        return smt.And(_capability(w, "RIGHT_SEND"), _self_fast(w), _next_returns(w))
    return smt.And(_capability(w, "RIGHT_SEND"), _message(w))


def _receives(w):
    """It can be the only receiver."""
    return smt.And(_capability(w, "RIGHT_RECV"), w.first("endpoint", "recv") == w.nobody)


def _reply_recv(w):
    """The answered thread waits for the reply to a call, or to a fault that was no system call; or there is none. Or senders wait."""
    if w.waits == "slow_head":
        return _takes_call(w)
    if w.caller == "nobody":
        return smt.And(_receives(w), _blocks(w))
    slow, c = w.first("partner", "slow_reasons"), w.constants
    faulted = smt.And(_urgent(w), slow == c.SLOW_FAULTED, w.first("partner", "resume") == c.RESUME_IRET)
    return smt.And(_receives(w), smt.Or(_message(w), faulted))


def _takes_call(w):
    """The first of the senders calls, with no long message; the answered thread, more urgent, runs, and the running thread becomes the
    first of all that are ready."""
    if w.caller == "nobody" or not w.urgent:
        return FALSE
    first, c = w.first_sender, w.constants
    calls = smt.And(w.first(first, "send_kind") == c.SEND_CALL, w.first(first, "send_long") == c.LONG_NONE)
    on_top = smt.UGT(smt.ZeroExt(24, w.first("current", "priority")) + 1, w.first("top", "key"))
    return smt.And(_capability(w, "RIGHT_RECV"), _self_fast(w), w.first("partner", "slow_reasons") == 0, on_top, calls,
                  w.first("endpoint", "scan") != w.bases[first])


def _long(w):
    """The partner may run at once, nothing of either is switched, and the message is words from buffer to buffer."""
    if set(w.buffers) != {"current", "partner"}:
        return FALSE
    return smt.And(_urgent(w), w.first("partner", "slow_reasons") == 0, w.first("currentbuffer", "caps") == 0)


def _long_call(w):
    return smt.And(_capability(w, "RIGHT_SEND"), _long(w)) if w.waits == "partner" else FALSE


def _long_reply_recv(w):
    return smt.And(_receives(w), _long(w)) if w.caller == "partner" else FALSE


def _recv(w):
    return smt.And(_receives(w), _blocks(w)) if w.caller == "nobody" else FALSE


def _page_fault(w):
    """The pager waits; it and the thread that faults have no slow reason."""
    if w.waits != "partner":
        return FALSE
    return smt.And(w.slot_type() == w.constants.TYPE_ENDPOINT, _urgent(w), w.first("partner", "slow_reasons") == 0)


def _device(w):
    """A handler has that vector; nothing is pending there, nor is its line to be masked."""
    idle = [w.first("handler", "used") == 1, *(w.first("handler", name) == 0 for name in ("pending", "again", "zero"))]
    return smt.And(*idle, w.first("handler", "line") & w.constants.IRQ_LEVEL == 0)


def _clock(w):
    """One timer is armed, and due, and no tick."""
    (below, _), now = w.regions["timer"].structure.fields["below"], variable("time.0")
    alone = smt.And(*(w.regions["timer"].load(below + 8 * i, 8) == 0 for i in range(2)))
    tick = w.regions["image"].load(w.kernel.image.symbol("clock_next_tick"), 8)
    return smt.And(alone, smt.UGE(now, w.first("timer", "deadline")), smt.ULT(now, tick))


def _interrupt(w):
    """Who waits for it, or is bound and the first receiver at an endpoint, is more urgent than the running thread, and that one
    becomes the first of all that are ready."""
    if not w.urgent:
        return FALSE
    first = w.first("endpoint", "recv") == w.bases["partner"] if w.receives else TRUE
    above = smt.UGT(smt.ZeroExt(24, w.first("current", "priority")) + 1, w.first("top", "key"))
    fast = smt.And(_self_fast(w), w.first("partner", "slow_reasons") == 0, above, first)
    return smt.And(w.slot_type() == w.constants.TYPE_NOTIFICATION, _device(w) if w.interrupt == "device" else _clock(w), fast)


def _identify(w):
    kind = w.slot_type()
    return smt.And(_index(w), kind != w.constants.TYPE_NULL, kind & w.constants.TYPE_DYING == 0)


def _signal(w):
    """Nobody waits, and no thread is bound; or the one that waits, or that is bound and the first receiver at an endpoint, or the
    running thread, becomes the first of all that are ready; or the one that is bound waits at no endpoint, and is settled."""
    if w.receives is False:
        return smt.And(_capability(w, "RIGHT_SIGNAL"), w.first("partner", "wait") & w.constants.READY_UNSETTLED == 0)
    if w.waits == "slow_head" and not w.receives:
        return FALSE
    first = w.first("endpoint", "recv") == w.bases["partner"] if w.receives else TRUE
    if "partner" in (w.waits, w.bound):
        in_line = smt.ZeroExt(24, w.first("current" if w.urgent else "partner", "priority")) + 1
        if w.line:
            return smt.And(_capability(w, "RIGHT_SIGNAL"), _self_fast(w), w.first("partner", "slow_reasons") == 0)
        first = smt.And(first, _self_fast(w), w.first("partner", "slow_reasons") == 0, smt.UGT(in_line, w.first("top", "key")))
    return smt.And(_capability(w, "RIGHT_SIGNAL"), first)


def _self_fast(w):
    return w.first("current", "slow_reasons") == 0


def _next_returns(w):
    """The next thread in line was left there by a fast path, its system call having returned 0."""
    return w.first(w.next, "wait") == w.constants.READY_RETURNED if w.next in w.threads else FALSE


def _blocks(w):
    """The running thread may wait, and the next thread can be switched to at once."""
    if w.next not in w.threads:
        return FALSE
    notified = w.first(w.next, "wait") == w.constants.READY_NOTIFIED
    return smt.And(_self_fast(w), smt.Or(_next_returns(w), notified))


def _yield(w):
    """Nobody is as urgent, or the next thread of the same priority can be switched to at once."""
    if w.next == "nobody":
        return _self_fast(w)
    less = smt.ULT(w.first("top", "key"), smt.ZeroExt(24, w.first("current", "priority")) + 1)
    in_line = w.first("partner", "wait") == w.constants.IN_LINE_RETURNED
    return smt.And(_self_fast(w), smt.Or(less, _next_returns(w), in_line))


def _wait(w):
    """Bits are pending; or nobody else waits, and the next thread can be switched to at once."""
    free, pending = w.first("notification", "head") == 0, w.first("notification", "pending") != 0
    return smt.And(_capability(w, "RIGHT_WAIT"), free, smt.Or(pending, _blocks(w)))


def _with_state(text, **more):
    """The cases of one: who of the two has extended state."""
    for who, extended in (("neither has state", ()), ("the caller has state", ("current",)), ("the other has state", ("partner",)),
                          ("both have state", ("current", "partner"))):
        yield f"{text}, {who}", dict(more, extended=extended)
    yield f"{text}, both have the same state", dict(more, extended=("current", "partner"), shared=True)


def _with_buffers(text, **more):
    """The cases of one: who of the two has an IPC buffer."""
    for who, buffers in (("the running thread has no buffer", ("partner",)), ("the other has no buffer", ("current",)),
                         ("both have buffers", ("current", "partner"))):
        yield f"{text}, {who}", dict(more, buffers=buffers)
    yield f"{text}, both have the same buffer", dict(more, buffers=("current", "partner"), one_buffer=True)


def _interrupts(kind):
    """The cases of an interrupt of that kind."""
    more = dict(interrupt=kind, object="notification")
    receives = dict(more, waits="slow_head", bound="partner", receives=True)
    yield "nobody waits", dict(more, waits="zero")
    yield "the running thread is bound", dict(more, waits="slow_head", bound="current")
    yield "a thread is bound, and does not wait at an endpoint", dict(more, waits="slow_head", bound="partner", receives=False)
    yield "a thread is bound, and waits at an endpoint, not more urgent", dict(receives, urgent=False)
    yield "a thread waits, not more urgent", dict(more, waits="partner", bound="zero", urgent=False)
    yield "a thread waits, not more urgent, another is bound", dict(more, waits="partner", bound="other", urgent=False)
    for where, x2apic in (("", False), (", x2APIC", True)):
        yield f"a more urgent thread is bound, and waits at an endpoint{where}", dict(receives, urgent=True, x2apic=x2apic)
        yield f"a more urgent thread waits{where}", dict(more, waits="partner", bound="zero", urgent=True, x2apic=x2apic)
    yield "a more urgent thread waits, another is bound", dict(more, waits="partner", bound="other", urgent=True)


OPERATIONS = (
    Operation("null", ("entry.asm",), "SYS_NULL", (("any state", dict()),), lambda w: TRUE, scratch=("r11",)),
    Operation("sys_cap_identify", ("identify.asm",), "SYS_CAP_IDENTIFY", (("any state", dict()),), _identify,
              scratch=("r11",)),
    Operation("call", ("call.asm", "call_extended.asm", "call_queued.asm"), "SYS_CALL", (
        *((f"{who} at the endpoint, {ready} ready", dict(object="endpoint", waits=waits, last_sender=last, next=following))
          for who, waits, last in (("nobody waits", "nobody", None), ("senders wait", "slow_head", "other"))
          for ready, following in (("nobody is", "nobody"), ("a thread is", "partner"))),
        *_with_state("a thread waits there to receive, nobody is ready", object="endpoint", waits="partner", next="nobody"),
        *_with_state("a thread waits there to receive, another is ready", object="endpoint", waits="partner", next="other")), _call),
    Operation("reply_recv", ("reply_recv.asm", "reply_fault.asm", "reply_extended.asm", "reply_queued.asm"), "SYS_REPLY_RECV", (
        *((f"senders wait, and for the reply {who}; {ready} ready", dict(
            object="endpoint", waits="slow_head", first_sender="other", caller=caller, urgent=urgent, next=following))
          for who, caller, urgent in (("nobody", "nobody", None), ("a thread that is not more urgent", "partner", False),
                                      ("a more urgent thread", "partner", True))
          for ready, following in (("nobody is", "nobody"), ("a thread is", "last"))),
        ("nobody waits for a reply or is ready", dict(object="endpoint", senders=False, caller="nobody", next="nobody")),
        ("nobody waits for a reply, a thread is ready", dict(object="endpoint", senders=False, caller="nobody", next="partner")),
        *_with_state("a thread waits for the reply, nobody is ready",
                     object="endpoint", senders=False, caller="partner", next="nobody"),
        *_with_state("a thread waits for the reply, another is ready",
                     object="endpoint", senders=False, caller="partner", next="other")),
        _reply_recv),
    Operation("recv", ("recv.asm",), "SYS_RECV", (
        ("a thread waits for a reply, nobody is ready", dict(object="endpoint", caller="partner", next="nobody")),
        ("a thread waits for a reply, another is ready", dict(object="endpoint", caller="partner", next="other")),
        ("nobody is ready", dict(object="endpoint", caller="nobody", next="nobody")),
        ("a thread is ready", dict(object="endpoint", caller="nobody", next="partner"))), _recv),
    Operation("long_call", ("long_call.asm",), "SYS_LONG_CALL", (
        ("nobody waits at the endpoint", dict(object="endpoint", waits="nobody", buffers=("current",))),
        ("senders wait there", dict(object="endpoint", waits="slow_head", buffers=("current",))),
        *_with_buffers("a thread waits there to receive", object="endpoint", waits="partner")), _long_call),
    Operation("long_reply_recv", ("long_reply_recv.asm",), "SYS_LONG_REPLY_RECV", (
        ("nobody waits for a reply", dict(object="endpoint", caller="nobody", buffers=("current",))),
        *_with_buffers("a thread waits for the reply", object="endpoint", caller="partner")), _long_reply_recv),
    Operation("yield", ("yield.asm",), "SYS_YIELD", (
        ("nobody is ready", dict(next="nobody")),
        ("a thread is ready, settled", dict(next="partner", settled=True)),
        ("a thread is ready, alone", dict(next="partner", line="alone")),
        ("two threads are ready", dict(next="partner", line="two")),
        ("more threads are ready", dict(next="partner", line="more"))), _yield, scratch=("r11",)),
    Operation("wait", ("wait.asm",), "SYS_WAIT", (
        ("nobody is ready", dict(object="notification", next="nobody")),
        ("a thread is ready", dict(object="notification", next="partner"))), _wait),
    Operation("signal", ("signal.asm", "signal_bound.asm", "signal_crowded.asm"), "SYS_SIGNAL", (
        ("nobody waits", dict(object="notification", waits="zero")),
        ("the running thread is bound", dict(object="notification", waits="slow_head", bound="current")),
        ("a thread is bound, and does not wait at an endpoint", dict(
            object="notification", waits="slow_head", bound="partner", receives=False)),
        ("a thread is bound, and waits at an endpoint, not more urgent", dict(
            object="notification", waits="slow_head", bound="partner", receives=True, urgent=False)),
        ("a more urgent thread is bound, and waits at an endpoint", dict(
            object="notification", waits="slow_head", bound="partner", receives=True, urgent=True)),
        ("a thread waits, another is bound", dict(object="notification", waits="partner", bound="other", urgent=False)),
        ("a thread waits, not more urgent", dict(object="notification", waits="partner", bound="zero", urgent=False)),
        *((f"a thread waits; of its priority, {where}, {who} ready", dict(
            object="notification", waits="partner", bound="zero", urgent=False, line=line, lower=lower))
          for line, who in (("alone", "one not settled is"), ("two", "one settled is"), ("more", "several are"))
          for where, lower in (("the highest", False), ("not the highest", True))),
        ("a more urgent thread waits", dict(object="notification", waits="partner", bound="zero", urgent=True)),
        ("a more urgent thread waits, another is bound", dict(object="notification", waits="partner", bound="other", urgent=True))),
        _signal, scratch=("r11",)),
    Operation("page_fault", ("fault.asm",), None, (
        ("nobody waits at the fault endpoint", dict(fault=True, object="endpoint", waits="nobody")),
        ("senders wait there", dict(fault=True, object="endpoint", waits="slow_head")),
        ("the pager waits there", dict(fault=True, object="endpoint", waits="partner"))), _page_fault, scratch=()),
    Operation("interrupt", ("interrupt.asm",), None, tuple(_interrupts("device")), _interrupt, scratch=()),
    Operation("clock", ("clock.asm", "interrupt.asm"), None, (
        ("no timer is armed", dict(interrupt="clock", armed=False)), *_interrupts("clock")), _interrupt, scratch=()),
)
