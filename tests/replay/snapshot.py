"""The abstraction function for a machine's memory: what the kernel's structures say there, as a state of the specification. It is what
tests/lockstep/view.c is for the kernel on the host; here, too, nothing is changed by looking."""
from bisect import bisect

from tests.model.mapping import LEVELS
from tests.model.numbers import CONST, RIGHT, SLOTS, TYPE
from tests.model.state import (AWAITING, HANDLERS, READY, RECEIVING, RUNNING, SENDING, STOPPED, WAITING, Cap, CNode, Endpoint, Entry,
                               Extended, Frame, Handler, Machine, Notification, State, Table, Thread, Timer)

PHYSMAP = 0xffff800000000000
DYING, SLOT_BYTES = 0x80, 32
REVOCABLE, FIRST_BADGED, DEVICE, BADGED, FLAGS = 1, 2, 8, 16, 0x1f  # kernel/cap/slot.h
PRESENT, WRITABLE, LARGE, ADDRESS, NX = 1, 2, 1 << 7, 0x000ffffffffff000, 1 << 63  # kernel/arch/x86_64/page_entry.h
GRANTS = 32  # REF_GRANTS of kernel/thread/tcb.h
CACHES = (0, CONST.CACHE_WRITE_THROUGH, CONST.CACHE_WRITE_COMBINING, CONST.CACHE_UNCACHED)  # by PWT and PCD
QUEUE_MOST = 1 << 16  # threads: an end for a queue that is a circle
IRQ_NO_LINE = CONST.IRQ_LINE_MAX
HANDLER_BYTES = 64
IOAPICS, ISA_LINES = 32, 16  # kernel/arch/x86_64/acpi.h


class Slot:
    """The words of one: kernel/cap/slot.h."""

    def __init__(self, machine, at):
        self.at = at
        self.object, self.data, prev, following = (machine.word(at + 8 * i) for i in range(4))
        self.type, self.rights, self.flags = prev >> 48 & 0xff, prev >> 56, following & FLAGS
        self.next = following & ~FLAGS

    @property
    def object_type(self):
        return self.type & ~DYING


class Snapshot:
    """layout: tests/prove/layout.py's. names: the kernel's symbols."""

    def __init__(self, machine, names, layout):
        self._machine, self._names = machine, names
        self._structures, self._constants = layout
        self.state, self._all = State(), []
        self._collect()
        self._caps()
        self._objects()
        self._current()
        self.state.machine = Machine(*self._lines())

    def _lines(self):
        """Of kernel/arch/x86_64/ioapic.c: of each I/O APIC its first line and their number; where the ISA lines lead."""
        apics = (self._names["ioapics"] + 16 * i for i in range(IOAPICS))
        found = tuple((self._machine.number(at + 8, 4), self._machine.number(at + 12, 4)) for at in apics)
        return found, tuple((i, self._machine.number(self._names["isa"] + 4 * i, 4)) for i in range(ISA_LINES))

    # ---- words
    def _field(self, kind, at, name):
        offset, size = self._structures[kind].fields[name]
        return self._machine.number(at + offset, size)

    def _slots_of_thread(self):
        return self._structures["tcb"].fields["slots[TCB_FAULT].object"][0] - SLOT_BYTES * SLOTS["fault"]

    def _thread(self, address):
        """The name of a thread that a pointer leads to; 0 for those that are none."""
        none = [self._names[name] for name in ("nobody_tcb", "slow_head_tcb", "idle_tcb")]
        return 0 if address in none else address

    # ---- capabilities
    def _collect(self):
        at = Slot(self._machine, self._names["cap_list"]).next
        while at:
            self._all.append(Slot(self._machine, at))
            at = self._all[-1].next
        self._places = sorted(set(filter(None, map(self._holder, self._all))))
        spaces = [self._object(s) for s in self._all if s.type == TYPE.ADDRESS_SPACE]
        self._lives = {space: n for n, space in enumerate(dict.fromkeys(spaces), 1)}
        self.state.lives = len(self._lives)

    def _object(self, s):
        if s.object_type == TYPE.ENDPOINT:
            return s.object - self._constants.REF_ENDPOINT
        if s.object_type == TYPE.CNODE:
            return s.object & ~31
        if s.object_type == TYPE.IRQ_HANDLER:
            return HANDLERS + (s.object - self._names["irq_handlers"]) // HANDLER_BYTES
        return s.object

    def _radix(self, s):
        return s.object & 31 if s.type & DYING else s.data & 0xff

    def _holder(self, s):
        """(first slot, behind its last one, the object) of an object that has slots."""
        name, kind = self._object(s), s.object_type
        first, count = name, 1
        if kind == TYPE.CNODE:
            count = 1 << self._radix(s)
        elif kind == TYPE.TCB:
            first, count = name + self._slots_of_thread(), len(SLOTS)
        elif kind == TYPE.TIMER:
            first = name + self._structures["timer"].fields["target.object"][0]
        elif kind == TYPE.IRQ_HANDLER:
            first = s.object
        else:
            return None
        return first, first + SLOT_BYTES * count, name

    def _slot(self, at):
        first, _, name = self._places[bisect(self._places, (at, 1 << 64)) - 1]
        return name, (at - first) // SLOT_BYTES

    def _mapping(self, s):
        number = s.data & 0xfff
        if not number:
            return None
        root = self._machine.word(self._names["space_roots"] + 8 * number)
        generation = self._machine.number(self._names["space_generations"] + 2 * number, 2)
        life = self._lives.get(root, 0) if generation == s.data >> 48 & 0xfff else 0
        return life, s.data & 0x0000fffffffff000, s.data >> 60

    def _data(self, s):
        kind, data = s.type, s.data
        if kind == TYPE.UNTYPED:
            return data & 0x3f, (data & (1 << 47) - 1) >> 6 << 6
        if kind == TYPE.ENDPOINT:
            return data if s.flags & BADGED else None
        if kind == TYPE.NOTIFICATION:
            return data, bool(s.flags & BADGED)
        if kind == TYPE.CNODE:
            return data >> 8 & 0xff, data >> 16
        if kind == TYPE.FRAME:
            return self._mapping(s) and (*self._mapping(s)[:2], data >> 60)
        if kind == TYPE.PAGE_TABLE:
            return self._mapping(s)
        if kind == TYPE.IO_PORT:
            return data & 0xffff, data >> 16
        return data if kind == TYPE.DEBUG else None

    @staticmethod
    def _is_parent(above, s):
        """slot_is_parent() of kernel/object/derive.h."""
        if not above.flags & REVOCABLE:
            return False
        if above.type == TYPE.UNTYPED:
            return 0 <= s.object - above.object < 1 << (above.data & 0x3f)
        if (above.type, above.object) != (s.type, s.object):
            return above.type == TYPE.IRQ_CONTROL and s.object_type == TYPE.IRQ_HANDLER
        return not above.flags & BADGED or above.data == s.data and s.flags & (BADGED | FIRST_BADGED) == BADGED

    def _caps(self):
        line = []
        for s in self._all:
            while line and not self._is_parent(line[-1], s):
                line.pop()
            slot = self._slot(s.at)
            self.state.slots[slot] = Cap(s.object_type, self._object(s), s.rights, self._data(s), bool(s.flags & REVOCABLE),
                                         bool(s.flags & DEVICE), bool(s.type & DYING))
            self.state.order.append(slot)
            self.state.parent[slot] = self._slot(line[-1].at) if line else None
            line.append(s)

    # ---- objects
    def _objects(self):
        make = {TYPE.TCB: self._make_thread, TYPE.ENDPOINT: self._make_endpoint, TYPE.NOTIFICATION: self._make_notification,
                TYPE.ADDRESS_SPACE: self._make_space, TYPE.PAGE_TABLE: self._make_table, TYPE.TIMER: self._make_timer,
                TYPE.IRQ_HANDLER: self._make_handler, TYPE.FRAME: lambda s: Frame(s.data >> 60),
                TYPE.CNODE: lambda s: CNode(self._radix(s)), TYPE.EXTENDED_STATE: lambda s: Extended()}
        for s in self._all:
            if s.object_type in make and self._object(s) not in self.state.objects:
                self.state.objects[self._object(s)] = make[s.object_type](s)

    def _queue(self, first, last):
        """From the first thread to the last."""
        found = []
        while first and len(found) < QUEUE_MOST:
            found.append(first)
            if first == last:
                break
            first = self._field("tcb", first, "next")
        return found

    def _heads(self, first, last):
        """A queue whose first says whether others are behind it."""
        followed = self._field("tcb", first, "slow_reasons") & self._constants.SLOW_FOLLOWED
        return self._queue(first, last if followed else first)

    def _make_endpoint(self, s):
        at = self._object(s)
        first = self._field("endpoint", at, "recv")
        if first == self._names["nobody_tcb"]:
            return Endpoint()
        if first == self._names["slow_head_tcb"]:
            return Endpoint(self._queue(self._field("endpoint", at, "send"), self._field("endpoint", at, "tail")))
        return Endpoint(self._heads(first, self._field("endpoint", at, "recv_tail")))

    def _make_notification(self, s):
        at = s.object
        first = self._thread(self._field("notification", at, "head"))
        queue = self._heads(first, self._field("notification", at, "tail")) if first else ()
        return Notification(self._field("notification", at, "pending"), queue, self._field("notification", at, "bound"))

    def _make_timer(self, s):
        armed = self._field("timer", s.object, "place")
        return Timer(self._field("timer", s.object, "deadline") if armed else None)

    def _make_handler(self, s):
        line, used, pending, again = (self._field("irq_handler", s.object, name) for name in ("line", "used", "pending", "again"))
        return Handler(None if line == IRQ_NO_LINE else line, bool(used), bool(pending), bool(again))

    def _entries(self, at, level):
        """Of a page table, or of the lower half of an address space. The CPU marks in an entry that it was used."""
        page = self._machine.page(at)
        for index in range(256 if level == LEVELS else 512):
            entry = int.from_bytes(page[8 * index:8 * index + 8], "little")
            if entry & PRESENT:
                below = PHYSMAP + (entry & ADDRESS)
                table = level > 1 and not entry & LARGE
                rights = RIGHT.READ | (RIGHT.WRITE if entry & WRITABLE else 0) | (0 if entry & NX else RIGHT.EXECUTE)
                yield index, Entry(below, table, 0 if table else rights | CACHES[entry >> 3 & 3], level > 1 and not table)

    def _make_table(self, s):
        return Table(0, self._entries(s.object, s.data >> 60))

    def _make_space(self, s):
        """With the tables of the boot, which no capability leads to."""
        return self._with_tables(Table(self._lives.get(s.object, 0), self._entries(s.object, LEVELS)), LEVELS)

    def _with_tables(self, table, level):
        for entry in table.entries.values():
            if entry.table and entry.object not in self.state.objects:
                self.state.objects[entry.object] = below = Table(0, self._entries(entry.object, level - 1))
                self._with_tables(below, level - 1)
        return table

    def _state_of(self, at, wait):
        c = self._constants
        if at == self.state.current:
            return RUNNING
        if wait == 0:
            return STOPPED
        if wait & c.REF_READY:
            return READY
        if wait & c.REF_SLOT:
            return AWAITING
        if wait & c.REF_NOTIFICATION:
            return WAITING
        if wait & c.REF_ENDPOINT:
            sends = self._field("endpoint", wait - c.REF_ENDPOINT, "recv") == self._names["slow_head_tcb"]
            return SENDING if sends else RECEIVING
        return AWAITING

    def _make_thread(self, s):
        c, at, t = self._constants, s.object, Thread()
        self.state.current = self._thread(self._field("cpu", self._names["cpu"], "current"))

        def field(name):
            return self._field("tcb", at, name)
        wait, slow = field("wait"), field("slow_reasons")
        t.state = self._state_of(at, wait)
        if t.state in (SENDING, RECEIVING):
            t.at = wait - c.REF_ENDPOINT
        elif t.state == WAITING:
            t.at = wait - c.REF_NOTIFICATION
        elif t.state == AWAITING and wait & c.REF_SLOT:
            reply = Slot(self._machine, wait - c.REF_SLOT)
            t.at, t.grants = self._slot(reply.at), bool(reply.data & GRANTS)
            self.state.slots[t.at] = Cap(TYPE.REPLY, at, data=t.grants)
        elif t.state == AWAITING:
            t.at, t.grants = wait & ~GRANTS, bool(wait & GRANTS)
        t.priority, t.ceiling, t.ticks = field("priority"), field("ceiling"), field("slice_ticks")
        t.left = field("slice_left") if t.state == READY else 0
        t.caller = 0 if t.state == RECEIVING else self._thread(field("reply_to"))
        if t.state == SENDING:
            t.kind, t.badge, t.long = field("send_kind"), field("send_badge"), field("send_long")
        if slow & c.SLOW_FAULTED:
            t.fault = tuple(field("fault_" + name) for name in ("label", "address", "error", "vector"))
        t.bound, t.owes = field("bound"), bool(slow & c.SLOW_OWES)
        return t

    # ---- who runs
    def _current(self):
        s, c = self.state, self._constants
        s.current = self._thread(self._field("cpu", self._names["cpu"], "current"))
        s.left = self._field("cpu", self._names["cpu"], "slice_left") if s.current else 0
        at = self._field("cpu", self._names["cpu"], "highest")
        while self._field("run_queue", at, "key") > 1 or self._thread(self._field("run_queue", at, "head")):
            head, tail = (self._field("run_queue", at, name) for name in ("head", "tail"))
            alone = self._field("tcb", head, "wait") & c.READY_ALONE
            s.ready[self._field("run_queue", at, "key") - 1] = self._queue(head, head if alone else tail)
            at = self._field("run_queue", at, "below")
