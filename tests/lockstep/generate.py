"""Inputs at random: by the kinds of arguments that abi.def gives, mostly such that the call can succeed."""
from tests.lockstep.start import USER
from tests.lockstep.world import ARENA, ROOT_RADIX
from tests.model import step
from tests.model.numbers import ABI, BUFFER, CONST, TYPE, VECTOR_FIRST
from tests.model.state import MESSAGE

OWN = 9  # slots up to there are what everything needs that comes after
ADDRESSES = (USER, USER + 0x1000, USER + 0x2000, USER + 0x200000, USER + 0x40000000, 0x8000000000, USER + 8, CONST.USER_TOP - 4096,
             CONST.USER_TOP, 1 << 63, 0)
LINES = (1, 2, 4, 9, 1 | CONST.IRQ_LEVEL, 2 | CONST.IRQ_LOW, CONST.IRQ_ISA, CONST.IRQ_ISA | 9, 99, 1 << 40, CONST.IRQ_ISA | 16,
         CONST.IRQ_IOAPIC | 3, CONST.IRQ_IOAPIC | CONST.IRQ_LEVEL | 4, CONST.IRQ_IOAPIC | 24, CONST.IRQ_IOAPIC | 1 << 8)
ATTRIBUTES = (8, 8, 0x18, 0x18, 0x28, 0x30, 0x38, 0x108, 0x218, 0x318, 0, 1 << 20)
LIMITED = {
    "TYPE": tuple(range(1, 17)), "SIZE_BITS": (1, 2, 3, 6, 8, 12, 12, 12, 13, 21, 47, 0), "COUNT": (1, 1, 1, 2, 3, 16, 0, 300),
    "PAGES": (1, 1, 2, 3, 0, 300), "MAP_RIGHTS": ATTRIBUTES, "TICKS": (1, 1, 2, 5, 0, 1001), "CPU": (0, 0, 1), "BREAK_INDEX": (0, 1, 3, 4),
    "BREAK_KIND": (0, 0x101, 0x402, 0x803, 0x201, 0x302, 4, 0x10001), "ADDRESS": ADDRESSES, "STACK": ADDRESSES,
    "PORT": (0x60, 0x61, 0xfff, 0xffff, 0x10000), "PORT_BYTES": (1, 2, 4, 3), "DUMP": (0, 1, 5), "LINE": LINES,
    "RIGHTS": (0xff, 0xff, 0xff, 1, 2, 8, 0x18, 0x40, 0x80, 0), "WORD": (0, 1, 2, 0x41, 0x123456789abc),
    "BADGE": (0, 1, 2, 3, 0x104, 7, 0x11, 0x600060, 0x610060, 0xffff0000),
}
COMMON = ("SEND", "RECV", "CALL", "REPLY", "REPLY_RECV", "YIELD", "WAIT", "SIGNAL", "THREAD_RESUME", "CAP_COPY", "CAP_MINT", "RETYPE")
STOPS = ("THREAD_SUSPEND", "CAP_REVOKE")
RARE = ("DEBUG_EXIT", "DEBUG_DUMP", "NULL", "DEBUG_PUTCHAR")  # the first never


class Generator:
    """Every third call is one that has not ended in all its ways yet, and then more often with a wrong argument."""

    def __init__(self, random, coverage):
        self._random, self._choice, self._wrong = random, random.choice, 1
        self._wanted = sorted({name for name, _ in coverage.missing()} - {"DEBUG_EXIT"})
        names = [name for name in ABI.calls if name not in RARE]
        self._names = [*names, *names, *(name for name in COMMON for _ in range(3)), *RARE[1:]]
        self._serial = 0

    def _slots(self, s, types=None):
        """Indices in the root CNode of what has one of these types."""
        return [index for (holder, index), cap in s.slots.items() if holder == ARENA and (not types or cap.type in types)]

    def _cap(self, s, kind):
        roll = self._random.random()
        if kind.group == "CAP_OR_0" and self._random.random() < 0.35:
            return 0
        types = [getattr(TYPE, name) for name in kind.types]
        good = self._slots(s, types)
        if roll < 0.04 * self._wrong or not good:
            return self._choice((0, 1, 5 << 5, 1 << 5, 63 << 5, (1 << 5 + ROOT_RADIX) | 8 << 5, 1 << 60, self._random.randrange(64) << 5))
        if roll < 0.06 * self._wrong:
            return self._nested(s)
        return (self._choice(self._slots(s)) if roll < 0.08 * self._wrong else self._choice(good)) << 5

    def _nested(self, s):
        """By way of a CNode in the root."""
        index = self._choice(self._slots(s, (TYPE.CNODE,)) or [1])
        cap = s.slots.get((ARENA, index))
        bits, guard = cap.data if cap and cap.type == TYPE.CNODE else (0, 0)
        inner = self._random.randrange(4)
        return index << 5 | guard << 5 + ROOT_RADIX | inner << 5 + ROOT_RADIX + bits

    def _slot(self, s, kind, cnode):
        if self._random.random() < 0.05:
            return self._choice((64, 1 << 40, 4, 0))
        root = cnode == 1 << 5
        used = [index for index in self._slots(s) if index > OWN or self._random.random() < 0.01] if root else list(range(4))
        free = [i for i in range(1 << ROOT_RADIX) if (ARENA, i) not in s.slots] if root else list(range(4))
        if kind.group == "SLOT_FREE" and self._random.random() < 0.9:
            return self._choice(free or [0])
        return self._choice(used or [0])

    def _argument(self, s, kind, before):
        if kind.group in ("CAP", "CAP_OR_0"):
            if kind.name == "CAP_CNODE" and self._random.random() < 0.8:
                return 1 << 5
            return self._cap(s, kind)
        if kind.group.startswith("SLOT_"):
            return self._slot(s, kind, before)
        if kind.name == "PRIORITY":
            return self._choice((0x202, 0x202, 0x303, 0x302, 0x301, 0xffff, 0x100, 0xff02, 0x203, 1 << 20))
        return self._choice(LIMITED[kind.name])

    def _message(self):
        self._serial += 1
        return {register: self._serial << 8 | n for n, register in enumerate(MESSAGE)}

    def call(self, s, name):
        call, regs, before = ABI.calls[name], self._message(), 0
        for register, kind, _, _ in call.args:
            if register not in ("message", "buffer"):
                before = regs[register] = self._argument(s, kind, before)
        if name == "TIMER_SET":
            regs["rsi"] = s.now + self._choice((0, 1, 5, 50))
        regs["rbx"] = self._serial
        return step.Call(call.number, regs)

    def _write(self, s):
        """A word of some IPC buffer."""
        frames = sorted({cap.object for cap in s.slots.values() if cap.type == TYPE.FRAME and not cap.device})
        if not frames:
            return step.Tick()
        roll = self._random.random()
        if roll < 0.25:
            index, value = BUFFER.words, self._choice((0, 1, 2, 5))
        elif roll < 0.5:
            index, value = BUFFER.caps, self._choice((0, 1, 2, 7))
        elif roll < 0.7:
            index, value = BUFFER.cap + self._random.randrange(3), self._random.randrange(64) << 5
        elif roll < 0.75:
            index, value = BUFFER.cnode, self._choice((1 << 5, 0))
        elif roll < 0.85:
            index, value = BUFFER.index, self._choice((50, 55, 60, 63, 3, (1 << 64) - 1))
        else:
            index, value = BUFFER.word + self._random.randrange(18), self._choice((7, USER, CONST.USER_TOP))
        return step.Write(self._choice(frames), index, value)

    def input(self, s):
        thread = s.objects.get(s.current)
        roll = self._random.random()
        if roll < 0.04 or (not thread and roll < 0.4):
            return step.Tick()
        if roll < 0.06 or (not thread and roll < 0.7):
            return step.Irq(VECTOR_FIRST + self._choice((0, 0, 1, 2)))
        if roll < 0.08 or not thread:
            return step.Time(s.now + self._choice((0, 1, 5, 20)))
        if thread.again:
            return step.Again()
        if roll < 0.095:
            label, vector = self._choice(((1, 14), (4, 1), (2, 6)))
            return step.Exception_(label, 0xbad000, 6, vector, {**self._message(), "rflags": 0x10202, "rcx": 7})
        if roll < 0.1:
            return step.Call(self._choice((0x3f, 0x1f, 0x100, 1 << 40)), self._message())
        if roll < 0.18:
            return self._write(s)
        wanted = self._wanted and roll < 0.5
        self._wrong = 4 if wanted else 1
        return self._mostly_lively(s, self._wanted if wanted else self._names)

    def _mostly_lively(self, s, names):
        """A call; seldom one that may stop the last thread that is not stopped."""
        for _ in range(5):
            name = self._choice(names)
            if s.ready or not (ABI.calls[name].blocks or name in STOPS):
                break
        return self.call(s, name)
