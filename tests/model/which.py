"""Which file of fastpath/ does what is done by a fast path."""
from tests.model.below import SECOND, slow
from tests.model.fast import NUMBER, capability, looks_for, queue_at, receives
from tests.model.step import Call, Exception_

NAMES = ("call", "reply_recv", "recv", "reply_queued", "reply_fault", "page_fault", "long_call", "long_reply_recv", "signal",
         "signal_bound", "wait", "yield", "identify", "interrupt", "call_queued", "signal_crowded", "call_extended", "reply_extended")


def _message_path(s, below, name, partner):
    second = any(why in slow(s, below, who) for who in (s.current, partner) for why in SECOND)
    return f"{name}_extended" if second else name


def _call_path(s, below, address):
    queue, send = queue_at(s, capability(s, address)[0].object)
    return "call_queued" if send or not queue else _message_path(s, below, "call", queue[0])


def _reply_path(s, below, address):
    to = s.objects[s.current].caller
    if receives(s, address)[1]:
        return "reply_queued"
    if not to:
        return "recv"
    return "reply_fault" if s.objects[to].fault else _message_path(s, below, "reply", to)


def _signal_path(s, below, address):
    n = s.objects[capability(s, address)[0].object]
    if n.queue:
        return "signal_crowded" if s.objects[n.queue[0]].priority in s.ready else "signal"
    return "signal_bound" if looks_for(s, below, n) else "signal"


PATHS = {"CALL": _call_path, "REPLY_RECV": _reply_path, "SIGNAL": _signal_path}


def path(s, i, below):
    """The file of fastpath/ that does it. pre: nothing is against it"""
    if not isinstance(i, Call):
        return "page_fault" if isinstance(i, Exception_) else "interrupt"
    name = next(name for name, number in NUMBER.items() if number == i.number)
    if name in PATHS:
        found = PATHS[name](s, below, {**s.objects[s.current].regs, **i.regs}["rdi"])
        return "reply_recv" if found == "reply" else found
    return name.removeprefix("CAP_").lower()
