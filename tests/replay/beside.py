"""The specification beside the machine: it takes each entry that the machine makes, and must then say the same of who goes on, and with
which registers. What an entry depends on that the specification does not have is taken from the machine, and counted by name."""
from collections import Counter

from tests.model import caps, step, untyped
from tests.model.numbers import ABI, CONST, FAULTS, FLAG_RESUME, TYPE
from tests.model.state import REGISTERS, Frame
from tests.replay import compare
from tests.replay.machine import CALLED, CLOCK, DEVICE_FIRST, PAGE_FAULT, RING_3
from tests.replay.should import Should
from tests.replay.snapshot import PHYSMAP, Snapshot

NUMBER = {name: call.number for name, call in ABI.calls.items()}
# Decided when the machine has done it: by its clock, by what its ports read, or in several entries.
AFTERWARDS = {NUMBER[name] for name in ("TIMER_SET", "IO_IN", "RETYPE")}
DEBUG, NMI, MACHINE_CHECK, EXCEPTIONS, SPURIOUS = 1, 2, 18, 32, 0xff
LABELS = {DEBUG: FAULTS.DEBUG, 3: FAULTS.DEBUG, 6: FAULTS.INSTRUCTION, 7: FAULTS.NO_FPU, PAGE_FAULT: FAULTS.PAGE,
          **dict.fromkeys((10, 11, 12, 13), FAULTS.PROTECTION)}  # kernel/entry/trap.c; all others: ARITHMETIC
MASK = (1 << 64) - 1
WORDS = ("cpu", "clock_next_tick")  # which the machine is to tell of each time; the first word of cpu says who runs
WHOLE_EACH = 5000  # calls: the whole state is compared
CHUNK = 1 << 16  # of memory that retype clears in one entry


class Differs(Exception):
    """The machine does not do what the specification says."""


class Memory:
    """The words of a frame, as the specification sees them: the machine's, until it writes some."""

    def __init__(self, machine, name, written):
        self._machine, self._name, self._written, self.words = machine, name, written, {}

    def get(self, index, _otherwise=0):
        return self.words[index] if index in self.words else self._machine.word(self._name + 8 * index)

    def keys(self):
        return self.words.keys()

    def __getitem__(self, index):
        return self.words[index]

    def __setitem__(self, index, value):
        self.words[index] = value
        self._written[self._name] = self

    def pop(self, index, _otherwise=None):
        self[index] = 0

    def settle(self):
        """Is what was written what the machine has?"""
        for index, value in self.words.items():
            found = self._machine.word(self._name + 8 * index)
            if found != value:
                raise Differs(f"word {index} of the buffer {self._name:#x} is {found:#x}, not {value:#x}")
        self.words = {}


class Objects(dict):
    """Those of a state, where frames have the machine's memory."""

    def __init__(self, machine, found, written):
        super().__init__()
        self._machine, self._written = machine, written
        for name, thing in found.items():
            self[name] = thing

    def __setitem__(self, name, thing):
        if isinstance(thing, Frame):
            thing.memory = Memory(self._machine, name, self._written)
        super().__setitem__(name, thing)


class Beside:
    """names: the kernel's symbols. layout: tests/prove/layout.py's."""

    def __init__(self, machine, names, layout, fastpaths=True):
        self._machine, self._names, self._layout = machine, names, layout
        self.should = Should(machine, names, layout, fastpaths)
        self._idle, self._timer_place = names["idle_tcb"], layout[0]["timer"].fields["place"][0]
        self._waits = None  # what is done when the machine has done it
        self._written, self._last = {}, (0, 0)
        self.state = None
        self.entries, self.outside, self.outcomes = Counter(), Counter(), set()
        self.ways = Counter()  # by the place in the kernel from which ring 3 went on, and the last call
        self.looks = 0  # at the whole state
        self._tick = self._period = 0  # when the next one is due, by the machine's clock; the time between two

    # ---- what the machine tells
    def take(self, event):
        current, tick = event.words[:2]
        who = 0 if current == self._idle else current
        if event.kind == RING_3:
            self.ways[event.origin, self._last[0]] += 1
            self._goes_on(who, event.regs, tick)
            different = self.should.goes_on(event.origin, self._last[0])
            if different:
                raise Differs(f"it goes on {different}")
        elif self.state is None:
            return
        elif event.kind == CALLED:
            self._call(who, event.regs)
        else:
            self._interrupted(who, event, tick)

    def _interrupted(self, who, event, tick):
        vector, error, (rip, cs, flags, rsp) = self._machine.vector(event)
        if cs & 3 == 0 and who:
            self.outside["an exception in the kernel, which goes on"] += 1
            return
        regs = {**event.regs, "rip": rip, "rsp": rsp, "rflags": flags}
        if event.inside:  # before ring 3's first instruction
            self._goes_on(who, regs, tick, flags & FLAG_RESUME)
        if vector in (NMI, MACHINE_CHECK):
            self.outside["an NMI or a machine check"] += 1
            return
        regs["rflags"] &= self._layout[1].FLAGS_OF_RING_3
        self._begins(who, regs if who else None)
        if vector < EXCEPTIONS:
            self._exception(vector, error, regs, event.cr2)
        elif vector == CLOCK:
            self.entries["clock"] += 1
            self._waits = self._clock
            self.should.clock(self.state)
        else:
            self.entries["interrupt"] += 1
            if vector >= DEVICE_FIRST and vector != SPURIOUS:
                self.should.enters(self.state, step.Irq(vector))
                self._apply(step.Irq(vector))

    def _begins(self, who, regs):
        """An entry: what ring 3 has done with its registers since it went on, the specification cannot know."""
        s = self.state
        if who != s.current:
            raise Differs(f"{who:#x} runs, not {s.current:#x}")
        if regs:
            s.objects[who].regs.update(regs)

    # ---- entries
    def told(self):
        """The last call, in words."""
        number, who = self._last
        return f"{step.CALLS[number][0].lower() if number in step.CALLS else number} of {who:#x}"

    def whole(self):
        """Everything, compared at an entry."""
        found = compare.differs(self.state, Snapshot(self._machine, self._names, self._layout).state) or self.should.lies(self.state)
        if found:
            raise Differs(found)
        self.looks += 1

    def _call(self, who, regs):
        self.entries["call"] += 1
        if self.entries["call"] % WHOLE_EACH == 0:
            self.whole()
        again = self.state.objects[who].again if who in self.state.objects else False
        regs = {**regs, "rip": regs["rcx"], "rflags": regs["r11"]}
        number = regs["rax"]
        self._last = number, who
        if again:
            regs["rip"] = regs["rip"] - step.SYSCALL_BYTES & MASK
        self._begins(who, regs)
        i = step.Again() if again else step.Call(number, {})
        self.should.enters(self.state, i)
        if number in AFTERWARDS:
            self._waits = lambda *found: self._afterwards(number, i, *found)
        else:
            self._apply(i)

    def _exception(self, vector, error, regs, address):
        self.entries["exception"] += 1
        label = LABELS.get(vector, FAULTS.ARITHMETIC)
        if vector == DEBUG:
            self._waits = lambda *_: self._debug(regs)
            return
        i = step.Exception_(label, address if vector == PAGE_FAULT else 0, error, vector, {})
        self.should.enters(self.state, i)
        self._apply(i)

    def _apply(self, i):
        s = self.state
        if not step.allowed(s, i):
            raise Differs(f"{type(i).__name__} where the call has more to do")
        called = s.objects[s.current].regs["rax"] if isinstance(i, (step.Call, step.Again)) else None
        me = s.current
        outcome = step.apply(s, i)
        if s.ended:
            self.whole()
        if called is not None:
            self.outcomes.add((called, outcome if isinstance(outcome, str) or outcome <= 0 else "value"))
            if called == NUMBER["FRAME_ADDRESS"] and outcome >= PHYSMAP:
                s.objects[me].regs["rax"] = outcome - PHYSMAP
        return outcome

    # ---- what is done afterwards
    def _goes_on(self, who, regs, tick, unknown=0):
        """Ring 3 goes on, or nobody does. unknown: flags that may be otherwise."""
        if self.state is None:
            self._first(tick)
        if self._waits:
            waits, self._waits = self._waits, None
            waits(regs, tick)
        if tick != self._tick:
            self._tick, self._period = tick, tick - self._tick
        s = self.state
        if who != s.current:
            raise Differs(f"{who:#x} goes on, not {s.current:#x}")
        if who:
            different = compare.registers(s.objects[who].regs, regs, unknown)
            if different:
                raise Differs(different)
        for memory in self._written.values():
            memory.settle()
        self._written.clear()

    def _first(self, tick):
        """The boot is over."""
        self.state = Snapshot(self._machine, self._names, self._layout).state
        self.state.objects = Objects(self._machine, self.state.objects, self._written)
        self._tick = tick
        thread = self.state.objects[self.state.current]
        fields = self._layout[0]["tcb"].fields
        thread.regs.update({name: self._machine.word(self.state.current + fields[name][0]) for name in REGISTERS})

    def _armed(self, name):
        return self._machine.word(name + self._timer_place) != 0

    def _clock(self, _regs, tick):
        """Was it a tick? Which timers were due?"""
        s = self.state
        is_tick = tick != self._tick
        if is_tick:
            self._apply(step.Tick())
            self.entries["tick"] += 1
        due, fired = s.now, False
        for deadline, name in sorted((s.objects[c.object].deadline, c.object) for c in list(s.slots.values())
                                     if c.type == TYPE.TIMER and s.objects[c.object].deadline is not None):
            if self._armed(name):
                break
            due, fired = max(due, deadline), True
        self.should.was_clock(is_tick, fired)
        self._apply(step.Time(due))
        self._look_at_clock(tick)

    def _afterwards(self, number, i, regs, tick):
        s = self.state
        me, call = s.current, s.objects[s.current].regs
        if number == NUMBER["IO_IN"]:
            s.machine = s.machine._replace(port=regs["rax"])
            self.outside["what a port reads"] += 1
        elif number == NUMBER["TIMER_SET"]:
            self._time_of_set(me, call, tick)
        elif self._clears(i, regs):
            return
        self._apply(i)

    def _time_of_set(self, me, call, tick):
        s = self.state
        try:
            name = caps.cap_at(s, me, call["rdi"], TYPE.TIMER).object
        except caps.Refused:
            return
        if not self._armed(name):
            s.now = max(s.now, call["rsi"])
            self._look_at_clock(tick)
        elif call["rsi"] <= s.now:
            raise Differs(f"a timer is set to {call['rsi']:#x}, and it is {s.now:#x} already")

    def _look_at_clock(self, tick):
        """It cannot be later than the next tick, and what an entry takes."""
        if self._period and self.state.now > tick + self._period:
            raise Differs(f"a timer is due at {self.state.now:#x}, and the next tick is to come at {tick:#x}")

    def _clears(self, i, regs):
        """Has the machine only cleared a part of the memory, and makes the call again?"""
        s = self.state
        call = s.objects[s.current].regs
        here = call["rip"] + (step.SYSCALL_BYTES if isinstance(i, step.Again) else 0) & MASK
        if regs["rip"] != here - step.SYSCALL_BYTES or regs["rax"] != NUMBER["RETYPE"]:
            return False
        _, outcome = step.step(s, i)
        if outcome != 0 or self._bytes(call) <= CHUNK:
            return False
        self.outside["retype clears memory in several entries"] += 1
        call.update(rip=regs["rip"], rcx=regs["rip"], r11=CONST.FLAGS_AFTER_SYSCALL, rflags=CONST.FLAGS_AFTER_SYSCALL)
        return True

    @staticmethod
    def _bytes(call):
        return call["r10"] << untyped.object_bits(call["rsi"], call["rdx"])

    def _debug(self, regs):
        """Which breakpoint was hit."""
        s = self.state
        me, fields = s.current, self._layout[0]["tcb"].fields
        slow = self._machine.number(me + fields["slow_reasons"][0], 4)
        error = self._machine.word(me + fields["fault_error"][0]) if slow & self._layout[1].SLOW_FAULTED else 0
        self.outside["which breakpoint was hit"] += 1
        self._apply(step.Exception_(FAULTS.DEBUG, 0, error, DEBUG, {"rflags": self._machine.word(me + fields["rflags"][0])}))
