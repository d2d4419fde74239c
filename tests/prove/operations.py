"""The operations with a fast path: in which cases their states fall, and exactly when the fast path must be taken. That
is said a third time here, after the NASM and tests/equiv/reason.c, from the fields that the C reads."""
from dataclasses import dataclass

import z3

from terms import FALSE, TRUE
from world import World


@dataclass(frozen=True)
class Operation:
    name: str
    files: tuple  # in fastpath/
    constant: str
    cases: tuple  # of World's arguments
    taken: object  # function of a World: the condition under which the fast path is taken
    scratch: tuple = ("rbx", "r11")  # what a bail-out may change: head of the file

    def worlds(self, kernel):
        for case, more in self.cases:
            yield World(kernel, self.name, kernel.constants[self.constant], case, **more)


def _index(w):
    return w.index() == w.register("rdi")


def _endpoint_with(w, right):
    return z3.And(_index(w), w.slot_type() == w.constants.TYPE_ENDPOINT, w.slot_rights() & w.constants[right] != 0)


def _urgent(w):
    """The partner is as urgent as all that are ready; and the running thread has no slow reason."""
    priority = z3.ZeroExt(24, w.first("partner", "priority"))
    return z3.And(w.first("current", "slow_reasons") == 0, z3.UGE(priority + 1, w.first("top", "key")))


def _call(w):
    if w.receiver != "partner":
        return FALSE
    return z3.And(_endpoint_with(w, "RIGHT_SEND"), _urgent(w), w.first("partner", "slow_reasons") == 0)


def _reply_recv(w):
    """The answered thread waits for the reply to a call, or to a fault that was no system call."""
    if w.caller != "partner":
        return FALSE
    slow, c = w.first("partner", "slow_reasons"), w.constants
    faulted = z3.And(slow == c.SLOW_FAULTED, w.first("partner", "resume") == c.RESUME_IRET)
    return z3.And(_endpoint_with(w, "RIGHT_RECV"), w.first("endpoint", "recv") == w.nobody, _urgent(w), z3.Or(slow == 0, faulted))


def _identify(w):
    kind = w.slot_type()
    return z3.And(_index(w), kind != w.constants.TYPE_NULL, kind & w.constants.TYPE_DYING == 0)


OPERATIONS = (
    Operation("null", ("entry.asm",), "SYS_NULL", (("any state", dict(endpoint=False)),), lambda w: TRUE, scratch=("r11",)),
    Operation("cap_identify", ("identify.asm",), "SYS_CAP_IDENTIFY", (("any state", dict(endpoint=False)),), _identify,
              scratch=("r11",)),
    Operation("call", ("call.asm",), "SYS_CALL", (
        ("nobody waits at the endpoint", dict(receiver="nobody")), ("senders wait there", dict(receiver="crowd")),
        ("a thread waits there to receive", dict(receiver="partner"))), _call),
    Operation("reply_recv", ("reply_recv.asm", "reply_fault.asm"), "SYS_REPLY_RECV", (
        ("nobody waits for a reply", dict(caller="nobody")), ("a thread waits for the reply", dict(caller="partner"))),
        _reply_recv),
)

# Those that are only compared (tests/equiv), not yet proved.
UNPROVED = ("SYS_SIGNAL", "SYS_YIELD", "SYS_WAIT")
