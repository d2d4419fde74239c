"""What of a sequence of inputs a program of ring 3 can do: its threads have an entry and a stack, its clock runs by itself, and it lives in
the first address space. A thread that has touched a page which is not there does so again whenever it goes on, until it is there."""
from tests.lockstep import world
from tests.model import caps, mapping, step
from tests.model.numbers import RIGHT, TYPE
from tests.model.state import Thread

UNITS = 16  # of the specification's time in a tick
QUIET = 12  # of them: later in a tick nothing is waited for
THREADS_MOST = 7
# What has effects that would be others on a whole machine, or such as a program cannot tell.
OTHERWISE = ("IO_IN", "IO_OUT", "IRQ_HANDLER_GET", "IRQ_MSI_GET", "IRQ_HANDLER_BIND", "IRQ_HANDLER_ACK", "DEBUG_EXIT", "DEBUG_DUMP",
             "DEBUG_PUTCHAR", "THREAD_SET_BREAKPOINT", "THREAD_READ_REGISTERS", "FRAME_ADDRESS")
LENT = (TYPE.ADDRESS_SPACE, TYPE.DEBUG, TYPE.IO_PORT, TYPE.IRQ_CONTROL)
OWN_MEMORY = 1 << 39  # below it lies the program
PAGE, PAGE_FAULT, READ_OF_NOTHING = 4096, 14, 4  # the last as error code


def name_of(i):
    """Of a system call, or ""."""
    return step.CALLS[i.number][0] if isinstance(i, step.Call) and i.number in step.CALLS else ""


def is_touch(i):
    """A page fault that the program can have: it reads where it has nothing itself."""
    return isinstance(i, step.Exception_) and (i.vector, i.error) == (PAGE_FAULT, READ_OF_NOTHING) and i.address >= OWN_MEMORY


def _is_mapped(s, name, address):
    """Has the space of that thread a page there? What is mapped can be read."""
    life = s.objects[s.thread_slot(name, "space").object].life
    return any(cap.data[0] == life and cap.data[1] == address & -PAGE and mapping.place(s, cap)
               for cap in s.slots.values() if cap.type == TYPE.FRAME and cap.data)


def address_of(s, i):
    """Where the running thread sees a word of an IPC buffer, or None."""
    space = s.thread_slot(s.current, "space")
    life = s.objects[space.object].life if space else 0
    for cap in s.slots.values():
        if cap.type == TYPE.FRAME and cap.object == i.frame and cap.data and cap.data[0] == life:
            found = mapping.place(s, cap)
            if found and found[0].entries[found[1]].attributes & RIGHT.WRITE:
                return cap.data[1] + 8 * i.index
    return None


class Stage:
    def __init__(self, first):
        self.threads = {first.current: 0}  # with an entry: their numbers
        self._gone = set()
        self._touched = {}  # by thread: its page fault
        self.units = 0  # the specification's time, where a tick has UNITS of it

    def copy(self):
        new = Stage.__new__(Stage)
        new.threads, new._gone, new.units, new._touched = self.threads.copy(), self._gone.copy(), self.units, self._touched.copy()
        return new

    def comes(self, name):
        """Does that thread, if it runs, come to where the program looks?"""
        return name in self.threads and name not in self._gone

    def by_itself(self, s):
        """The input that comes now without any doing of the program's, or None."""
        if step.allowed(s, step.Again()):
            return step.Again()
        fault = self._touched.get(s.current)
        return fault if fault and not _is_mapped(s, s.current, fault.address) else None

    def refuses(self, before, i, after, outcome):
        """Can the program not have this step? Else it is noted."""
        noted = self.copy()
        if noted._would_not(before, i, after, outcome):
            return True
        self.__dict__.update(noted.__dict__)
        return False

    def _would_not(self, before, i, after, outcome):
        if self.by_itself(before) not in (None, i):
            return True
        self._touched.pop(before.current, None)
        if is_touch(i):
            self._touched[before.current] = i
            if not self.by_itself(before):
                return True
        if isinstance(i, (step.Tick, step.Time)):
            return self._time(before, i)
        if isinstance(i, step.Irq) or isinstance(i, step.Write) and address_of(before, i) is None:
            return True
        if outcome in (0, "again") or isinstance(outcome, int) and outcome > 0:
            if name_of(i) in OTHERWISE or name_of(i).startswith("MEMORY_MAP") and self._low(i) or self._revokes_lent(before, i):
                return True
            self._entries(before, i)
        return self._cannot_run(after)

    @staticmethod
    def _low(i):
        return i.regs["rdx" if name_of(i) == "MEMORY_MAP" else "r8"] < OWN_MEMORY

    @staticmethod
    def _revokes_lent(s, i):
        """What the program has only copies of has no children there."""
        cap = s.slots[caps.slot_at(s, s.current, i.regs["rdi"], i.regs["rsi"])] if name_of(i) == "CAP_REVOKE" else None
        return cap is not None and cap.type in LENT

    def _time(self, before, i):
        me = before.objects.get(before.current)
        if me and me.again:
            return True
        if isinstance(i, step.Tick):
            self.units = (self.units // UNITS + 1) * UNITS
            return any(getattr(thing, "deadline", None) is not None for thing in before.objects.values())
        tick = self.units // UNITS
        self.units += i.now - before.now
        return self.units >= tick * UNITS + QUIET

    @staticmethod
    def target(s, i):
        """The thread that a call on one names."""
        return caps.cap_at(s, s.current, i.regs["rdi"], TYPE.TCB).object

    def _entries(self, before, i):
        if name_of(i) in ("THREAD_SET_ENTRY", "THREAD_WRITE_REGISTERS"):
            name = self.target(before, i)
            self._gone.discard(name)
            self._touched.pop(name, None)
            if name_of(i) == "THREAD_WRITE_REGISTERS":
                self._gone.add(name)
            else:
                self.threads.setdefault(name, len(self.threads))

    def _cannot_run(self, after):
        self._gone |= {name for name in self.threads if not isinstance(after.objects.get(name), Thread)}
        name = after.current
        if not name:
            return False
        space = after.thread_slot(name, "space")
        return name in self._gone or self.threads.get(name, THREADS_MOST) >= THREADS_MOST or not space or space.object != world.ROOT_SPACE
