"""The states that `build/equiv --tell` tells of (tests/equiv/tell.c): their memory, and as states of the specification."""
import struct
from types import SimpleNamespace
from typing import NamedTuple

from tests.fast.kernel import Kernel
from tests.model import fast
from tests.model.numbers import BUFFER, FAULTS, SLOTS, TYPE
from tests.model.state import HANDLERS, Cap, CNode, Extended, Frame, State
from tests.model.step import Call, Exception_, Irq
from tests.replay.snapshot import HANDLER_BYTES, SLOT_BYTES, Slot, Snapshot

GENERAL = ("rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15")
FRAME = ("error", "rip", "cs", "rflags", "rsp", "ss", "cr2")
PARTS = ("thread", "endpoint", "notification", "root", "inner", "timer")
NO_FAULT, CLOCK, DEVICES, NAME_BYTES = (1 << 64) - 1, 0x20, 0x30, 64


class Memory:
    """Pieces at their addresses; the first that an address lies in counts."""

    def __init__(self, pieces):
        self._pieces = pieces

    def number(self, address, size):
        """fails: KeyError, nothing lies there"""
        for first, piece in self._pieces:
            if first <= address <= first + len(piece) - size:
                return int.from_bytes(piece[address - first:address - first + size], "little")
        raise KeyError(address)

    def word(self, address):
        return self.number(address, 8)


class Told(NamedTuple):
    vector: int  # or None
    reason: str  # reason.c's
    now: int
    clears: bool
    regs: dict
    frame: dict
    memory: Memory


def _numbers(stream, count):
    return struct.unpack(f"<{count}Q", stream.read(8 * count))


def _base(stream):
    """(address, bytes) of each piece of the image."""
    for _ in range(*_numbers(stream, 1)):
        address, size = _numbers(stream, 2)
        yield address, stream.read(size)


def states(stream):
    """First where everything lies, as {part: [addresses]}; then each Told."""
    numbers = _numbers(stream, 3 * len(PARTS))
    yield {part: [numbers[3 * n] + i * numbers[3 * n + 1] for i in range(numbers[3 * n + 2])] for n, part in enumerate(PARTS)}
    pieces = [_numbers(stream, 2) for _ in range(*_numbers(stream, 1))]
    base, size = list(_base(stream)), sum(size for _, size in pieces)
    while True:
        head = stream.read(8)
        if not head:
            return
        vector, reason = struct.unpack("<Q", head)[0], stream.read(NAME_BYTES).rstrip(b"\0").decode()
        now, clears = _numbers(stream, 2)
        regs, frame = dict(zip(GENERAL, _numbers(stream, len(GENERAL)))), dict(zip(FRAME, _numbers(stream, len(FRAME))))
        data, at, found = stream.read(size), 0, []
        for address, length in pieces:
            found.append((address, data[at:at + length]))
            at += length
        yield Told(None if vector == NO_FAULT else vector, reason, now, bool(clears), regs, frame, Memory([*found, *base]))


class Arena(Snapshot):
    """A state of equiv's. There threads have no slots of their own but that for faults; what the kernel has cached of the others counts."""

    def __init__(self, told, parts, names, layout):  # pylint: disable=super-init-not-called
        self._machine, self._names = told.memory, names
        self._structures, self._constants = layout
        self._parts, self.state, self._lives = parts, State(), {}
        roots = [(at, at + 16 * SLOT_BYTES, at) for at in parts["root"]]
        inner = parts["inner"]
        self._places = sorted([*roots, (inner[0], inner[0] + len(inner) * SLOT_BYTES, inner[0])])
        self.state.objects = {**{at: CNode(4) for at in parts["root"]}, inner[0]: CNode(2)}
        for first, behind, _ in self._places:
            self._each_slot(first, (behind - first) // SLOT_BYTES)
        self._make(told)
        self._current()
        self.below = Kernel(self._field, names, self._constants, told.clears)

    def _each_slot(self, first, count, name=None):
        for i in range(count):
            s = Slot(self._machine, first + SLOT_BYTES * i)
            if s.type:
                self.state.slots[name or first, i] = Cap(s.object_type, self._object(s), s.rights, self._data(s), dying=bool(s.type & 0x80))

    def _make(self, told):
        objects, tag = self.state.objects, self._constants.REF_ENDPOINT
        for at in self._parts["endpoint"]:
            objects[at] = self._make_endpoint(SimpleNamespace(object=at + tag, object_type=TYPE.ENDPOINT))
        for at in self._parts["notification"]:
            objects[at] = self._make_notification(SimpleNamespace(object=at))
        for at in self._parts["thread"]:
            objects[at] = self._make_thread(SimpleNamespace(object=at))
            self._has(at, objects[at])
        for at in self._armed(self._machine.word(self._names["timer_first"])):
            objects[at] = self._make_timer(SimpleNamespace(object=at))
            self._each_slot(at + self._structures["timer"].fields["target.object"][0], 1, at)
        if told.vector is not None and told.vector >= DEVICES:
            at = self._names["irq_handlers"] + HANDLER_BYTES * (told.vector - DEVICES)
            name = HANDLERS + told.vector - DEVICES
            objects[name] = self._make_handler(SimpleNamespace(object=at))
            self._each_slot(at + self._structures["irq_handler"].fields["notification.object"][0], 1, name)

    def _armed(self, at):
        if at:
            yield at
            for i in range(2):
                yield from self._armed(self._machine.word(at + self._structures["timer"].fields["below"][0] + 8 * i))

    def _has(self, at, thread):
        """What the kernel has cached of its slots, and what its slow reasons say of the rest."""
        slow, c, slots = self._field("tcb", at, "slow_reasons"), self._constants, self.state.slots
        slots[at, SLOTS["cspace"]] = Cap(TYPE.CNODE, self._field("tcb", at, "cspace"), data=(0, 0))
        buffer, extended = self._field("tcb", at, "buffer"), self._field("tcb", at, "extended")
        if buffer:
            slots[at, SLOTS["buffer"]] = Cap(TYPE.FRAME, buffer)
            self.state.objects[buffer] = Frame(0, {BUFFER.caps: self._machine.word(buffer + 8 * BUFFER.caps)})
        if extended:
            slots[at, SLOTS["extended"]] = Cap(TYPE.EXTENDED_STATE, extended)
            self.state.objects[extended] = Extended()
        fault = Slot(self._machine, at + self._slots_of_thread() + SLOT_BYTES * SLOTS["fault"])
        slots[at, SLOTS["fault"]] = Cap(fault.object_type, self._object(fault), fault.rights, dying=bool(fault.type & 0x80))
        thread.bases = (1, 1) if slow & c.SLOW_BASES else (0, 0)
        thread.breakpoints = ((1, 0, 0),) if slow & c.SLOW_DEBUG else ((0, 0, 0),) * 4
        if thread.fault:  # equiv's states have any label; which kind it was is told by how the thread goes back
            by_call = self._field("tcb", at, "resume") == c.RESUME_SYSRET
            thread.fault = (FAULTS.SYSCALL if by_call else FAULTS.PAGE, *thread.fault[1:])


def entry(told, names):
    """As an input of the specification's; None: the kernel's own fault, which is none."""
    if told.vector is None:
        return Call(told.regs["rax"], told.regs)
    if not told.frame["cs"] & 3:
        return None
    if told.vector == fast.PAGE_FAULT:
        return Exception_(FAULTS.PAGE, told.frame["cr2"], told.frame["error"], told.vector, {})
    if told.vector == CLOCK:
        return fast.Clock(told.now, told.now >= told.memory.word(names["clock_next_tick"]))
    return Irq(told.vector)
