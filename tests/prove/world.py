"""The states that a theorem is about: the objects that a system call works on, at bases that may be any, with contents
that may be any, and the preconditions: which invariants of docs/invariants.md are used, each by name."""
from dataclasses import dataclass, field

import z3

from machine import WIDE, State
from memory import ImageRegion, Memory, Region
from terms import number, simple, variable


REPLAY_RADIX = 4  # of the root CNode in tests/equiv/world.h


@dataclass
class Precondition:
    name: str  # an invariant of docs/invariants.md, or of the boot or the build
    text: str
    conditions: list


@dataclass
class World:
    """One case of the states of one operation."""

    kernel: object  # image, structures, constants
    operation: str
    number: int  # of the system call; None: any
    case: str
    receiver: str = None  # what the endpoint's recv is: "nobody", "crowd", "partner"; None: anything
    caller: str = None  # what the running thread's reply_to is: "nobody", "partner"; None: anything
    endpoint: bool = True
    preconditions: list = field(default_factory=list)

    def __post_init__(self):
        image, c = self.kernel.image, self.kernel.constants
        self.constants = c
        self.nobody, self.crowd, self.idle = (number(image.symbol(f"{n}_tcb")) for n in ("nobody", "crowd", "idle"))
        self.bases = {"current": variable("current"), "endpoint": variable("endpoint"), "partner": variable("partner"),
                      "top": variable("top")}
        self.named = {"nobody": self.nobody, "crowd": self.crowd, "partner": self.bases["partner"]}
        self.threads = ["current"] + (["partner"] if "partner" in (self.receiver, self.caller) else [])
        self.endpoints = ["endpoint"] if self.endpoint else []
        self.regions = self._regions()
        self.initial = Memory(self.regions.values())
        self._state_preconditions()

    def cpu(self, name):
        offset, size = self.kernel.structures["cpu"].fields[name]
        return self.kernel.image.symbol("cpu") + offset, size

    def register(self, name):
        return number(self.number) if name == "rax" and self.number is not None else variable(f"user.{name}")

    def at_entry(self, symbol, lazy=False):
        """The state in which SYSCALL arrives there."""
        registers = {name: self.register(name) for name in WIDE}
        memory = self.initial.copy()
        memory.lazy = lazy
        return State(self.kernel.image.symbol(symbol), registers, memory)

    # ---- the objects
    def index(self):
        """What LOOKUP makes of the capability address: the offset of a slot in the root CNode."""
        mask = z3.ZeroExt(32, variable("current.cspace_mask", 32))
        return self.register("rdi") & mask

    def _regions(self):
        structures, image = self.kernel.structures, self.kernel.image
        current = {"reply_to": self.named[self.caller]} if self.caller else {}
        found = {"image": ImageRegion(image, structures, {
            "cpu.current": self.bases["current"], "cpu.highest": self.bases["top"],
            "cpu.stack_top": number(image.symbol("kernel_stack_top")),
            "cpu.queues": number(image.symbol("queues") - structures["run_queue"].size)})}

        def add(name, base, structure, given=None):
            found[name] = Region(name, base, structures[structure].size, structures[structure], given)

        add("current", self.bases["current"], "tcb", current)
        add("top", self.bases["top"], "run_queue")
        if len(self.threads) > 1:
            add("partner", self.bases["partner"], "tcb")
        add("slot", variable("current.cspace") + self.index(), "slot",
            {"object": self.bases["endpoint"] + self.constants.REF_ENDPOINT} if self.endpoint else None)
        if self.endpoint:
            add("endpoint", self.bases["endpoint"], "endpoint",
                {"recv": self.named[self.receiver]} if self.receiver else None)
        return found

    def first(self, region, name):
        """A field as it is at first."""
        region = self.regions[region]
        return region.load(*region.structure.fields[name])

    def cpu_first(self, name):
        return self.regions["image"].load(*self.cpu(name))

    def slot_type(self):
        return simple(z3.Extract(7, 0, z3.LShR(self.first("slot", "prev"), self.constants.SLOT_TYPE_SHIFT)))

    def slot_rights(self):
        return simple(z3.Extract(7, 0, z3.LShR(self.first("slot", "prev"), self.constants.SLOT_RIGHTS_SHIFT)))

    # ---- the preconditions
    def assume(self, name, text, *conditions):
        self.preconditions.append(Precondition(name, text, [simple(c) for c in conditions]))

    def assumptions(self):
        return [c for p in self.preconditions for c in p.conditions]

    def preferences(self):
        """What lets a state be replayed in tests/equiv, and shows a difference there: a CR3 value that is written again
        can be told from the one in force by its bit 63, which CR3 does not keep; and `wait` is no stray pointer."""
        c = self.constants
        return [] if self.kernel.quick else [variable("current.cspace_mask", 32) == ((1 << REPLAY_RADIX) - 1) << c.SLOT_BITS,
                z3.Extract(63, 63, variable("current.cr3")) == 1, z3.ULT(self.register("rcx"), c.USER_TOP),
                variable("current.wait") == 0]

    def _state_preconditions(self):
        self._about_objects()
        self._about_threads()
        image = self.regions["image"]
        self.assume("no-trace", "the event trace is off (with trace=on no fast path is used)", *(
            image.load(self.kernel.image.symbol(name), size) == 0 for name, size in (("trace_on", 1), ("traced", 4))))

    def _about_objects(self):
        c = self.constants
        self.assume("object-aligned", "TCBs and endpoints are aligned to their size", *self._aligned())
        self.assume("objects-apart", "no two objects overlap, none overlaps the kernel image or lies at 0 (untyped-watermark, "
                    "untyped-children-below-watermark, device-memory)", *self._apart())
        mask, low = variable("current.cspace_mask", 32), (1 << c.SLOT_BITS) - 1
        self.assume("cspace-cached", "the running thread's cspace_mask is (slots - 1) << SLOT_BITS, the slots those of its root "
                    "CNode, or the one empty slot of who has none", mask & low == 0, ((mask | low) + 1) & mask == 0)
        if not self.endpoint:
            return
        rights = c.RIGHT_SEND | c.RIGHT_RECV | c.RIGHT_GRANT
        self.assume("right-implies-type", "who has a right of an endpoint's holds a capability to an endpoint",
                    z3.Implies(self.slot_rights() & rights != 0, self.slot_type() == c.TYPE_ENDPOINT))

    def _about_threads(self):
        never = number(self.constants.THRESHOLD_NEVER, 32)
        for name in self.threads:
            slow, priority = self.first(name, "slow_reasons"), z3.ZeroExt(24, self.first(name, "priority"))
            self.assume("key", "a thread's key is 0 with any slow reason, else priority + 1",
                        self.first(name, "key") == z3.If(slow != 0, number(0, 32), priority + 1))
        key, slow = self.first("top", "key"), self.first("current", "slow_reasons")
        self.assume("threshold", "cpu.threshold is the key of the highest run queue, or never while the running thread has a "
                    "slow reason", self.cpu_first("threshold") == z3.If(slow != 0, never, key))
        image, top = self.kernel.image, self.bases["top"]
        distance, size = top - image.symbol("queues"), self.regions["top"].size
        self.assume("run-queue", "cpu.highest is one of the 256 run queues, whose key is its priority + 1, or the empty one below "
                    "them, whose key is 1", z3.Or(z3.And(top == image.symbol("no_queue"), key == 1), z3.And(
                        z3.ULT(distance, 256 * size), distance & (size - 1) == 0, z3.ZeroExt(32, key) == z3.UDiv(distance, number(size)) + 1)))

    def _aligned(self):
        c = self.constants
        for name in self.threads:
            yield self.bases[name] & ((1 << c.TYPE_BITS_TCB) - 1) == 0
        yield variable("current.cspace") & ((1 << c.SLOT_BITS) - 1) == 0
        if self.endpoint:
            yield self._if_real("endpoint", self.bases["endpoint"] & ((1 << c.TYPE_BITS_ENDPOINT) - 1) == 0)

    def _if_real(self, name, condition):
        """There is an endpoint only if the slot says so."""
        return z3.Implies(self.slot_type() == self.constants.TYPE_ENDPOINT, condition) if name == "endpoint" else condition

    def _apart(self):
        """No two objects overlap; none goes around the end of the address space. A thread without a CSpace has an empty
        slot in the image."""
        image = self.kernel.image
        inside, empty = (number(image.start), image.end - image.start), number(image.symbol("empty_cspace"))
        places = [(r.name, r.base, r.size) for r in self.regions.values() if r.name not in ("image", "top")]

        def apart(a, size, b, other):
            return z3.Or(z3.UGE(a, b + other), z3.UGE(b, a + size))
        for i, (name, a, size) in enumerate(places):
            outside = apart(a, size, *inside)
            if name == "slot":
                outside = z3.Or(outside, z3.And(a == empty, self.first("slot", "prev") == 0))
            yield self._if_real(name, z3.And(outside, a != 0, z3.ULE(a, (1 << 64) - 1 - size)))
            for other, *place in places[:i]:
                yield self._if_real("endpoint" if "endpoint" in (name, other) else name, apart(a, size, *place))
