"""The transition function: (state, input) -> (state, outcome). Pure and deterministic; an input is what ring 3, a device or the clock does.

    Call(number, registers)  the running thread makes a system call
    Again()                  it makes the call once more that has more to do
    Exception_(...)          it causes an exception: page fault and so on
    Write(frame, index, value)   it writes a word of memory that it shares with the kernel: an IPC buffer
    Tick()  Irq(vector)  Time(now)
"""
from typing import NamedTuple

from scripts.base.common import BatonError
from tests.model import caps, cnodes, devices, ipc, memory, notifications, schedule, threads, transfer, untyped
from tests.model import deletion
from tests.model.numbers import ABI, CONST, FAULTS
from tests.model.state import READY, RUNNING, STOPPED

ROOMS = (ipc, notifications, threads, memory, untyped, cnodes, deletion, devices)
SYSCALL_BYTES = 2


def _function(name):
    for room in ROOMS:
        if hasattr(room, name):
            return getattr(room, name)
    raise BatonError(f"the specification has no {name}", "write it: tests/model/README.md")


CALLS = {call.number: (name, _function("sys_" + name.lower())) for name, call in ABI.calls.items()}


class Call(NamedTuple):
    number: int
    regs: dict  # those that it sets; the others stay as they are


class Again(NamedTuple):
    pass


class Exception_(NamedTuple):
    label: int
    address: int
    error: int
    vector: int
    regs: dict


class Write(NamedTuple):
    frame: int
    index: int
    value: int


class Tick(NamedTuple):
    pass


class Irq(NamedTuple):
    vector: int


class Time(NamedTuple):
    now: int


class Arguments:
    """The registers of a call, as they were when it was made."""

    def __init__(self, regs):
        self.__dict__.update(regs)


def _system_call(s):
    """The outcome: a number of abi.def's, or a value; "fault" for a number that is no call; "again"."""
    me, regs = s.current, s.objects[s.current].regs
    s.objects[me].call = regs["rax"]
    regs.update(rcx=regs["rip"], r11=CONST.FLAGS_AFTER_SYSCALL, rflags=CONST.FLAGS_AFTER_SYSCALL)
    if regs["rax"] not in CALLS:
        ipc.raise_fault(s, FAULTS.SYSCALL, regs["rax"], 0, 0)
        return "fault"
    try:
        result = CALLS[regs["rax"]][1](s, me, Arguments(regs))
    except caps.Refused as refused:
        result = refused.error
    thread = s.objects.get(me)
    if result is deletion.AGAIN:
        if thread:
            thread.again = True
            regs["rip"] = regs["rcx"] = (regs["rip"] - SYSCALL_BYTES) % (1 << 64)
        return "again"
    if thread and thread.state in (RUNNING, READY, STOPPED):
        regs["rax"] = result % (1 << 64)
    return result


def _in_ring_3(s, i):
    regs = s.objects[s.current].regs
    if isinstance(i, Call):
        regs.update(i.regs, rax=i.number)
        return _system_call(s)
    if isinstance(i, Again):
        s.objects[s.current].again = False
        regs["rip"] = (regs["rip"] + SYSCALL_BYTES) % (1 << 64)
        return _system_call(s)
    if isinstance(i, Write):
        transfer.store(s.objects[i.frame], i.index, i.value)
        return None
    regs.update(i.regs)
    return ipc.raise_fault(s, i.label, i.address, i.error, i.vector)


def allowed(s, i):
    """Can this happen now? A thread that has a call to make once more does nothing else, but an exception may come first: at a breakpoint,
    or where the page of the instruction has gone. The call is made when that is over."""
    if s.ended:
        return False
    if isinstance(i, (Tick, Irq, Time)):
        return True
    return s.current != 0 and (isinstance(i, Exception_) or s.objects[s.current].again == isinstance(i, Again))


def apply(s, i):
    """step(), on this very state."""
    if isinstance(i, Tick):
        return schedule.tick(s)
    if isinstance(i, Irq):
        return devices.raise_irq(s, i.vector)
    if isinstance(i, Time):
        s.now = i.now
        return devices.fire_due(s)
    return _in_ring_3(s, i)


def step(s, i):
    new = s.copy()
    return new, apply(new, i)
