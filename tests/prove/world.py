"""The states that a theorem is about: the objects that a system call works on, at arbitrary bases, with arbitrary
contents (preconditions.py says what is assumed about them)."""
from dataclasses import dataclass, field

from tests.prove import extended, smt
from tests.prove.alu import both
from tests.prove.machine import WIDE, State
from tests.prove.memory import BufferRegion, ImageRegion, Memory, Region
from tests.prove.preconditions import Preconditions
from tests.prove.questions import Questions
from tests.prove.smt import number, simple, variable

REPLAY_RADIX = 4  # of the root CNode in tests/equiv/world.h
# Objects that a field of an object points to at first; what is in brackets is the structure.
OBJECTS = {"current": "tcb", "partner": "tcb", "other": "tcb", "last": "tcb", "endpoint": "endpoint", "notification": "notification",
           "top": "run_queue", "below": "run_queue", "mine": "run_queue", "theirs": "run_queue", "timer": "timer"}
# What the CPU pushes at a page fault, and at an interrupt, lowest address first (SDM vol. 3, 6.14.2).
FAULT_FRAME = ("error", "rip", "cs", "rflags", "rsp", "ss")
INTERRUPT_FRAME = FAULT_FRAME[1:]
APIC_BYTES = 0x400


@dataclass
class World:
    """One case of the states of one operation. A name says what a pointer is: "nobody", "slow_head", "zero", "current",
    "partner", "other" and "last" (threads that are not the running one); None: it may be anything, and nothing is found behind it."""

    kernel: object  # image, structures, constants
    operation: str
    number: int  # of the system call; None: any, or a page fault
    case: str
    fault: bool = False  # it is no system call but a page fault; then the slot is the thread's fault endpoint's
    interrupt: str = None  # or an interrupt: "device", "clock"; then the slot is the handler's, or the timer's
    armed: bool = True  # is a timer?
    x2apic: bool = False  # are the registers of the local APIC MSRs?
    object: str = None  # what the slot's capability is to: "endpoint", "notification"
    waits: str = None  # the first waiter there
    senders: bool = None  # False: none of whom are senders
    first_sender: str = None  # the first thread that waits to send there, and the last
    last_sender: str = None
    caller: str = None  # the running thread's reply_to
    next: str = None  # the head of the highest run queue
    bound: str = None  # the thread that is bound to the notification
    receives: bool = None  # does the partner, which is bound, wait at an endpoint?
    line: str = None  # "alone", "two" or "more": what stands in the highest queue, with next; or in that of the partner, which is woken
    settled: bool = False  # the next thread is
    lower: bool = False  # that one is not the highest
    urgent: bool = None  # is the partner, which is woken, more urgent than the running thread?
    extended: tuple = None  # threads that have extended state; None: nothing is said of that
    shared: bool = False  # both have the same
    buffers: tuple = None  # threads that have an IPC buffer; None: nothing is said of that
    one_buffer: bool = False  # both have the same
    calm: tuple = ()  # threads that have no slow reason in all states of interest: what follows from that is written out
    preconditions: list = field(init=False)
    asked: Questions = field(init=False, default=None)

    def __post_init__(self):
        image = self.kernel.image
        self.constants = self.kernel.constants
        self.nobody, self.slow_head, self.idle = (number(image.symbol(f"{n}_tcb")) for n in ("nobody", "slow_head", "idle"))
        self.bases = {name: variable(name) for name in OBJECTS}
        self.queue_bits = self.kernel.structures["run_queue"].size.bit_length() - 1
        for name, thread in (("mine", "current"), ("theirs", "partner")):  # the run queues of their priorities
            place = smt.ZeroExt(56, variable(f"{thread}.priority", 8)) << self.queue_bits
            self.bases[name] = simple(number(image.symbol("queues")) + place)
        if self._line_is_highest():
            self.bases["top"] = self.bases["theirs"]
        self.named = {"nobody": self.nobody, "slow_head": self.slow_head, "zero": number(0),
                      **{name: self.bases[name] for name in ("current", "partner", "other", "last")}}
        found = (self.waits, self.caller, self.next, self.bound, self.first_sender, self.last_sender, *self.in_line())
        self.threads = ["current"] + [name for name in ("partner", "other", "last") if name in found]
        self.endpoints = ["endpoint"] if self.object == "endpoint" or self.receives else []
        self.notifications = ["notification"] if self.object == "notification" else []
        self.queues = ["top"] + (["below"] if self.next in self.threads else [])
        self.queues += {None: [], False: ["theirs"], True: ["theirs", "mine"]}[self.urgent] if not self._line_is_highest() else []
        # Of a third thread, which is ready, no case says whether it has extended state.
        self.with_state = [name for name in self.threads if name in ("current", "partner")] if self.extended is not None else []
        self.states = [f"{name}_state" for name in self.extended or () if not (self.shared and name == "partner")]
        self.buffers_of = [name for name in self.buffers or () if not (self.one_buffer and name == "partner")]
        self.regions = self._regions()
        self.initial = Memory(self.regions.values())
        self.preconditions = Preconditions(self).found

    def _line_is_highest(self):
        return self.line and not self.next and not self.lower

    def in_line(self):
        """The threads of the queue that `line` speaks of, in order."""
        first = self.next or "other"
        rest = ["other"] if self.next else []
        return {None: [], "alone": [first], "two": [first, *rest] if rest else [first],
                "more": [first, *rest, "last"]}[self.line]

    def cpu(self, name):
        offset, size = self.kernel.structures["cpu"].fields[name]
        return self.kernel.image.symbol("cpu") + offset, size

    def register(self, name):
        return number(self.number) if name == "rax" and self.number is not None else variable(f"user.{name}")

    # ---- where it begins
    def entry(self, slow=False):
        """Where the CPU goes, with the fast paths on or off."""
        image, c = self.kernel.image, self.constants
        if self.interrupt:
            return image.symbol("trap_common" if slow else {"device": "fast_interrupt", "clock": "fast_clock"}[self.interrupt])
        if not self.fault:
            return image.symbol("syscall_entry_slow" if slow else "syscall_entry")
        stub = image.symbol("vector_stubs") + c.VECTOR_STUB_BYTES * c.VECTOR_PAGE_FAULT
        return stub if slow else image.symbol("fast_page_fault")

    def bail(self):
        """Where a fast path leaves what it cannot do to the C path."""
        return self.kernel.image.symbol("trap_common" if self.trapped else "syscall_slow")

    @property
    def trapped(self):
        """The CPU came by a gate."""
        return self.fault or self.interrupt is not None

    def vector(self):
        return {None: number(self.constants.VECTOR_PAGE_FAULT), "clock": number(self.constants.VECTOR_CLOCK),
                "device": smt.ZeroExt(56, variable("interrupt.vector", 8))}[self.interrupt]

    def frame(self):
        """What the CPU has pushed."""
        return [variable(f"fault.{name}") for name in (FAULT_FRAME if self.fault else INTERRUPT_FRAME)] if self.trapped else []

    def stubs_frame(self):
        """What stands on the stack at trap_common."""
        return [self.vector(), *([number(0)] if self.interrupt else []), *self.frame()]

    def initial_stack(self, slow=False):
        """What stands on the stack at the entry: of a device, the vector, as its stub leaves it; and for the C path of an interrupt that
        entry is trap_common, to which the stub of each vector leads."""
        if self.interrupt and slow:
            return self.stubs_frame()
        stub = [self.vector() - self.constants.IRQ_VECTOR_MIDDLE] if self.interrupt == "device" else []
        return [*map(simple, stub), *self.frame()]

    def stack_of(self, words):
        """The stack pointer, when so many stand there."""
        return self.kernel.entry_stack[1] - 8 * len(words)

    def entry_registers(self, slow=False):
        registers = {name: self.register(name) for name in WIDE}
        return {**registers, "rsp": number(self.stack_of(self.initial_stack(slow)))} if self.trapped else registers

    def at_entry(self, slow=False, lazy=False):
        """The state in which SYSCALL, or the page fault, arrives there. `lazy`: whatever the case, memory may hold anything."""
        memory = Memory([self.regions["image"]], lazy).copy() if lazy else self.initial.copy()
        memory.only = self.kernel.image.window
        stack = self.initial_stack(slow)
        for i, term in enumerate(stack):
            memory.named("image").store(self.stack_of(stack) + 8 * i, term)
        state = State(self.entry(slow), self.entry_registers(slow), memory)
        state.special = extended.at_entry(self)
        return state

    # ---- the objects
    def index(self):
        """What LOOKUP makes of the capability address: the offset of a slot in the root CNode."""
        return simple(both(self.register("rdi"), smt.ZeroExt(32, variable("current.cspace_mask", 32))))

    @staticmethod
    def _key(thread):
        """Of that thread with no slow reason, and of the queue of its priority."""
        return simple(smt.ZeroExt(24, variable(f"{thread}.priority", 8)) + 1)

    def _given(self):
        """Object -> field -> what it is at first."""
        tag = self.constants.REF_ENDPOINT if self.object == "endpoint" else 0
        given = {"slot": {"object": self.bases[self.object] + tag} if self.object else {},
                 "current": {"reply_to": self.named[self.caller]} if self.caller else {},
                 "endpoint": {field: self.named[who] for field, who in (
                     ("recv", self.waits), ("send", self.first_sender), ("tail", self.last_sender))
                     if who and self.object == "endpoint"},
                 "notification": {field: self.named[who] for field, who in (("head", self.waits), ("bound", self.bound)) if who},
                 "partner": {"wait": self.bases["endpoint"] + self.constants.REF_ENDPOINT} if self.receives else {},
                 "top": {"head": self.named[self.next]} if self.next else {}}
        if self.fault:
            given["current"]["slots[TCB_FAULT].object"] = given.pop("slot")["object"]
        if self.interrupt:
            given.pop("slot")
        if self.interrupt and self.waits == "partner":
            given["partner"]["wait"] = self.bases["notification"] + self.constants.REF_NOTIFICATION
        if self.interrupt == "device":
            given["handler"] = {"notification.object": self.bases[self.object]}
        elif self.interrupt and self.armed:
            given["timer"] = {"target.object": self.bases[self.object], "place": number(self.kernel.image.symbol("timer_first"))}
        if self.line:
            queue, threads = "theirs" if self.lower else "top", self.in_line()
            given.setdefault(queue, {})["head"] = self.bases[threads[0]]
            if self.line != "alone":
                given[queue]["tail"] = self.bases[threads[-1]]
            if self.next and self.line != "alone":
                given.setdefault(threads[0], {})["next"] = self.bases[threads[1]]
        for thread in self.with_state:
            own = "current" if self.shared else thread
            pointer = variable(f"{own}.extended") if thread in self.extended else number(0)
            given.setdefault(thread, {})["extended"] = pointer
        for thread in self.threads if self.buffers is not None else ():
            own = "current" if self.one_buffer else thread
            given.setdefault(thread, {})["buffer"] = variable(f"{own}.buffer") if thread in self.buffers else number(0)
        if self.next == "nobody":
            given["top"]["below"] = number(0)  # of no_queue, which nobody ever writes
        if "below" in self.queues:
            given["top"]["below"] = self.bases["below"]
        if self.next in self.threads:
            given["top"]["key"] = self._key(self.next)
        for queue, thread in (("mine", "current"), ("theirs", "partner")):
            queue = "top" if queue == "theirs" and self._line_is_highest() else queue
            given.setdefault(queue, {})["key"] = self._key(thread)
            if thread in self.calm:
                given.setdefault(thread, {}).update(slow_reasons=number(0, 32), key=self._key(thread), queue=self.bases[queue])
        return given

    def _regions(self):
        structures, image, given = self.kernel.structures, self.kernel.image, self._given()
        held = {"cpu.extended": variable("current.extended")} if "current" in (self.extended or ()) else {}
        if image.suffix and self.extended is not None and not held:
            held = {"cpu.extended": number(0)}  # with `fpu` the registers are not even held for somebody else
        found = {"image": ImageRegion(image, structures, {
            **held, **self._interrupt_given(),
            "cpu.current": self.bases["current"], "cpu.highest": self.bases["top"],
            "cpu.stack_top": number(image.symbol("kernel_stack_top")), "cpu.entry_stack": number(self.kernel.entry_stack[1]),
            "cpu.queues": number(image.symbol("queues") - structures["run_queue"].size)})}
        slot = structures["slot"]
        if self.interrupt == "device":
            place = (self.vector() - self.constants.IRQ_VECTOR_FIRST) * structures["irq_handler"].size
            found["handler"] = Region("handler", image.symbol("irq_handlers") + place, structures["irq_handler"].size,
                                      structures["irq_handler"], given["handler"])
        elif self.interrupt and self.armed:
            found["timer"] = Region("timer", self.bases["timer"], structures["timer"].size, structures["timer"], given["timer"])
        if self.interrupt and not self.x2apic:
            found["apic"] = Region("apic", variable("apic"), APIC_BYTES)
        if not self.trapped:
            found["slot"] = Region("slot", variable("current.cspace") + self.index(), slot.size, slot, given["slot"])
        for name in self.threads + self.endpoints + self.notifications + self.queues:
            structure = structures[OBJECTS[name]]
            found[name] = Region(name, self.bases[name], structure.size, structure, given.get(name))
        for name in self.buffers_of:
            found[f"{name}buffer"] = BufferRegion(f"{name}buffer", variable(f"{name}.buffer"), structures["ipc_buffer"],
                                                  self.constants.IPC_BUFFER_WORDS)
        for name in self.states:
            found[name] = Region(name, variable(f"{name.removesuffix('_state')}.extended"), 8)
        return found

    def _interrupt_given(self):
        """Pointers of the kernel that interrupts follow."""
        return {"apic+0x0": number(0) if self.x2apic else variable("apic"),
                "timer_first+0x0": self.bases["timer"] if self.armed else number(0)} if self.interrupt else {}

    def first(self, region, name):
        """A field as it is at first."""
        region = self.regions[region]
        return region.load(*region.structure.fields[name])

    def cpu_first(self, name):
        return self.regions["image"].load(*self.cpu(name))

    def clean_state(self):
        """Nobody's extended state."""
        return self.regions["image"].load(self.kernel.image.symbol("clean_state"), 8)

    def _slot_kind(self):
        """The word of the capability that has its type and rights."""
        if self.interrupt:
            return self.first(*{"device": ("handler", "notification.prev"), "clock": ("timer", "target.prev")}[self.interrupt])
        return self.first("current", "slots[TCB_FAULT].prev") if self.fault else self.first("slot", "prev")

    def slot_type(self):
        return simple(smt.Extract(7, 0, smt.LShR(self._slot_kind(), self.constants.SLOT_TYPE_SHIFT)))

    def slot_rights(self):
        return simple(smt.Extract(7, 0, smt.LShR(self._slot_kind(), self.constants.SLOT_RIGHTS_SHIFT)))

    def ready_bit(self, memory, key):
        """Of cpu.ready_bits, for the queue of that key."""
        start, size = self.cpu("ready_bits")
        image, key = memory.named("image"), smt.ZeroExt(64 - key.bits, key)
        word = number(0)
        for i in range(size // 8):
            word = smt.If(smt.LShR(key, 6) == i, image.load(start + 8 * i, 8), word)
        return simple(smt.Extract(0, 0, smt.LShR(word, key & 63)))

    def questions(self):
        """To a solver that assumes the preconditions."""
        if self.asked is None:
            self.asked = Questions([c for p in self.preconditions for c in p.conditions],
                                   [c for p in self.preconditions for c in p.weaker])
        return self.asked

    def preferences(self):
        """What lets a state be replayed in tests/equiv, and shows a difference there: a CR3 value that is written again
        can be told from the one in force by its bit 63, which CR3 does not keep; and `wait` is no stray pointer."""
        c = self.constants
        return [] if self.kernel.quick else [variable("current.cspace_mask", 32) == ((1 << REPLAY_RADIX) - 1) << c.SLOT_BITS,
                smt.Extract(63, 63, variable("current.cr3")) == 1, smt.ULT(self.register("rcx"), c.USER_TOP),
                variable("current.wait") == 0]
