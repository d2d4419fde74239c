"""What there is: the whole state of the kernel, as far as ring 3 can ever tell.

An object is named by the address of its memory, since retype says where that lies; a slot by the object that it lies in and its index
there; an interrupt handler by HANDLERS + its vector's number. Nothing else of the layout is here: no links, no tags, no caches. A
register that means nothing, because the end of a wait brings its value, is None.
"""
from typing import NamedTuple, Optional

from tests.model.numbers import CONST, SLOTS

STOPPED, READY, RUNNING, SENDING, RECEIVING, WAITING, AWAITING = range(7)  # what a thread does
SEND, CALL, FAULT = range(3)  # why it sends
SHORT, WORDS, CAPS = range(3)  # what of a message travels besides the registers

MESSAGE = ("rsi", "rdx", "r8", "r9", "r10", "r12", "r13", "r14", "r15")  # label and eight words
KEPT = ("rip", "rsp", "rbp")  # what the kernel keeps for a thread through every call
REGISTERS = (*KEPT, *MESSAGE, "rax", "rdi", "rbx", "rcx", "r11", "rflags")
HANDLERS = 0x100  # names of interrupt handlers: no memory lies there


class Cap(NamedTuple):
    """A capability. data, by type: of untyped memory (size bits, watermark: what lies below is taken); of an endpoint its badge or None;
    of a notification (bits that it signals, has it a badge); of a CNode its guard (bits, value); of a frame or page table where it is
    mapped, (space's life, address, level), or None; of ports (first, last); of a debug capability what it allows; of a saved reply
    whether it may pass capabilities."""

    type: int
    object: int
    rights: int = 0
    data: object = None
    original: bool = False  # what is derived from it goes when it is revoked
    device: bool = False
    dying: bool = False  # its object is being taken apart: it serves nobody


class Thread:
    """at: what it waits at: endpoint, notification, the thread that owes the reply, or the slot of the saved reply."""

    FIELDS = ("state", "at", "priority", "ceiling", "ticks", "left", "caller", "kind", "badge", "long", "grants", "fault", "bound", "owes",
              "call", "again", "bases", "breakpoints")
    __slots__ = (*FIELDS, "regs")

    def __init__(self):
        self.state, self.at = STOPPED, 0
        self.priority = self.ceiling = 0
        self.ticks, self.left = CONST.SLICE_TICKS, 0  # its time slice; while it is ready: what it may run when it is picked
        self.caller = 0  # the thread that waits for its answer
        self.kind, self.badge, self.long = SEND, None, SHORT  # of its message, while it waits to send
        self.grants = False  # the answer that it waits for may bring capabilities
        self.fault = None  # label, address, error, vector, while it waits because of a fault
        self.bound = 0  # a notification whose signals its receives get, too
        self.owes = False  # it runs, or was preempted, on a used-up slice that came with a call; others wait for a turn
        self.call = 0  # the number of its last one
        self.again = False  # its call has more to do and is made once more when it runs
        self.bases, self.breakpoints = (0, 0), ((0, 0, 0),) * 4
        self.regs = dict.fromkeys(REGISTERS, 0)
        self.regs["rflags"] = CONST.FLAGS_AFTER_SYSCALL

    def copy(self):
        new = Thread.__new__(Thread)
        for name in Thread.FIELDS:
            setattr(new, name, getattr(self, name))
        new.regs = self.regs.copy()
        return new


class Endpoint:
    """Either senders wait or receivers, never both; first in, first out."""

    def __init__(self, queue=()):
        self.queue = list(queue)

    def copy(self):
        return Endpoint(self.queue)


class Notification:
    def __init__(self, pending=0, queue=(), bound=0):
        self.pending, self.queue, self.bound = pending, list(queue), bound

    def copy(self):
        return Notification(self.pending, self.queue, self.bound)


class CNode(NamedTuple):
    radix: int

    def copy(self):
        return self


class Table:
    """The root of an address space or a page table: what its entries lead to. life: of a space, its own; no two have the same."""

    def __init__(self, life=0, entries=()):
        self.life, self.entries = life, dict(entries)

    def copy(self):
        return Table(self.life, self.entries)


class Entry(NamedTuple):
    """One of a page table: to a lower table, or to memory with these attributes."""

    object: int
    table: bool
    attributes: int = 0
    large: bool = False  # of 2 MiB or 1 GiB


class Frame:
    """level 0: 4 KiB, 1: 2 MiB, 2: 1 GiB. memory: its 64-bit words that are not 0, by index."""

    def __init__(self, level, memory=()):
        self.level, self.memory = level, dict(memory)

    def copy(self):
        return Frame(self.level, self.memory)


class Timer(NamedTuple):
    deadline: Optional[int] = None  # None: it is not set

    def copy(self):
        return self


class Extended(NamedTuple):
    """Room for SSE and AVX registers; what they hold is not modelled."""

    def copy(self):
        return self


class Handler(NamedTuple):
    line: Optional[int]  # None: it is raised by a message
    used: bool = True
    pending: bool = False
    again: bool = False
    masked: bool = True

    def copy(self):
        return self


class Machine(NamedTuple):
    """What a call can tell of the machine: of each I/O APIC its first line and how many it has, which of the ISA lines are wired otherwise
    than by their own number and edge triggered, and what a port reads that no device drives."""

    apics: tuple = ((0, 24),)
    isa: tuple = ((0, 2), (9, 9 | CONST.IRQ_LEVEL))
    port: int = 0xffffffff


class State:
    def __init__(self, machine=Machine()):
        self.objects = {}  # name: object
        self.slots = {}  # (name, index): Cap; an empty slot is not there
        self.order = []  # the slots in the order of derivation: what was derived from one stands behind it
        self.parent = {}  # slot: the original that it was derived from, or None
        self.ready = {}  # priority: the ready threads, in their order; no empty lists
        self.current = 0  # the running thread; 0: nobody runs
        self.left = 0  # ticks that it may still run
        self.dying = []  # [slot, progress] of what is being taken apart, the last one first
        self.revoked = None  # the slot that a revocation works on
        self.now = 0  # the time-stamp counter
        self.machine = machine
        self.lives = 0  # address spaces made so far
        self.ended = False  # the machine

    def copy(self):
        new = State.__new__(State)
        new.__dict__.update(self.__dict__)
        new.objects = {name: thing.copy() for name, thing in self.objects.items()}
        new.slots, new.order, new.parent = self.slots.copy(), self.order.copy(), self.parent.copy()
        new.ready = {priority: queue.copy() for priority, queue in self.ready.items()}
        new.dying = [entry.copy() for entry in self.dying]
        return new

    def thread_slot(self, thread, index):
        """What one of a thread's own slots (SLOTS) holds that works, or None."""
        cap = self.slots.get((thread, SLOTS[index]))
        return cap if cap and not cap.dying else None
