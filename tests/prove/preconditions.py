"""Which invariants of docs/invariants.md the states of a theorem satisfy, each by its name there, and no more: a precondition that
a proof does not need is one that need not be kept."""
from dataclasses import dataclass

from tests.prove import smt
from tests.prove.extended import FSGSBASE, TS
from tests.prove.smt import number, simple, variable


@dataclass
class Precondition:
    name: str  # an invariant of docs/invariants.md, or of the boot
    text: str
    conditions: list
    weaker: list  # what follows from them and is enough for most questions


class Preconditions:
    """Of a World."""

    def __init__(self, world):
        self.world, self.c, self.image = world, world.constants, world.kernel.image
        self.found = []
        self._objects()
        self._threads()
        self._queues()
        self._waiting()
        if world.fault:
            self.assume("ring-3", "the page fault is ring 3's, and so are the flags that the CPU pushes: those that it may set, and no "
                        "reserved ones (SDM vol. 1, 3.4.3)", variable("fault.cs") & 3 != 0,
                        variable("fault.rflags") & ~number(self.c.FLAGS_OF_RING_3) == 0)
        if world.interrupt:
            self._interrupt()
        self._boot()
        self.assume("no-trace", "the event trace is off (with trace=on no fast path is used)", *(
            world.regions["image"].load(self.image.symbol(name), size) == 0 for name, size in (("trace_on", 1), ("traced", 4))))

    def _boot(self):
        """World and extended.at_entry make it so."""
        self.assume("cr3-cached", "while a thread runs CR3 is what its TCB says")
        if self.image.suffix:
            self.assume("the boot", "all mitigations are in force, so no site is taken away; IA32_SPEC_CTRL is cpu.spec_ctrl in ring 3, "
                        "and the registers of extended state hold the running thread's or nobody's")
        if self.image.window:
            self.assume("the boot", "while a thread runs only the window is mapped; cpu.entry_stack is where the CPU pushes its "
                        "frames; of CR3 bit 63 cannot be seen")

    def assume(self, name, text, *conditions, weaker=None):
        conditions = [simple(c) for c in conditions]
        self.found.append(Precondition(name, text, conditions, conditions if weaker is None else [simple(c) for c in weaker]))

    def _interrupt(self):
        w, c = self.world, self.c
        self.assume("ring-3", "the interrupt is ring 3's", variable("fault.cs") & 3 != 0)
        if w.interrupt == "device":
            vector = w.vector()
            self.assume("ring-3", "a device's gates are those of its vectors", smt.UGE(vector, c.IRQ_VECTOR_FIRST),
                        smt.ULT(vector, c.IRQ_VECTOR_FIRST + c.IRQ_VECTORS))

    # ---- where objects are
    def _objects(self):
        w, c = self.world, self.c
        self.assume("object-aligned", "TCBs, endpoints and notifications are aligned to their size", *self._aligned())
        self.assume("objects-apart", "no two objects overlap, none overlaps the kernel image or lies at 0 (untyped-watermark, "
                    "untyped-children-below-watermark, device-memory)", *self._apart(), weaker=self._elsewhere())
        mask, low = variable("current.cspace_mask", 32), (1 << c.SLOT_BITS) - 1
        self.assume("cspace-cached", "the running thread's cspace_mask is (slots - 1) << SLOT_BITS, the slots those of its root "
                    "CNode, or the one empty slot of a thread that has none", mask & low == 0, ((mask | low) + 1) & mask == 0)
        for kind, names in (("endpoint", ("SEND", "RECV", "GRANT")), ("notification", ("SIGNAL", "WAIT"))):
            rights = sum(c[f"RIGHT_{name}"] for name in names)
            if w.object == kind and not w.trapped:
                self.assume("right-implies-type", "a right that only an endpoint or a notification has implies a capability to one",
                            smt.Implies(w.slot_rights() & rights != 0, self._real()))

    def _real(self):
        """There is an endpoint or a notification only if the slot says so."""
        return self.world.slot_type() == self.c[f"TYPE_{self.world.object.upper()}"]

    def _if_real(self, name, condition):
        return smt.Implies(self._real(), condition) if name == self.world.object else condition

    def _aligned(self):
        w = self.world
        for name in w.threads:
            yield w.bases[name] & ((1 << self.c.TYPE_BITS_TCB) - 1) == 0
        yield variable("current.cspace") & ((1 << self.c.SLOT_BITS) - 1) == 0
        if w.object:
            bits = self.c[f"TYPE_BITS_{w.object.upper()}"]
            yield self._if_real(w.object, w.bases[w.object] & ((1 << bits) - 1) == 0)
        if w.receives:
            yield w.bases["endpoint"] & ((1 << self.c.TYPE_BITS_ENDPOINT) - 1) == 0

    def _apart(self):
        """No two objects overlap; none goes around the end of the address space. A thread without a CSpace has an empty
        slot in the image; the run queues are in the image."""
        w, places = self.world, self._places()
        inside, empty = (number(self.image.start), self.image.end - self.image.start), number(self.image.symbol("empty_cspace"))

        def apart(a, size, b, other):
            return smt.Or(smt.UGE(a, b + other), smt.UGE(b, a + size))
        for i, (name, a, size) in enumerate(places):
            outside = apart(a, size, *inside)
            if name == "slot":
                outside = smt.Or(outside, smt.And(a == empty, w.first("slot", "prev") == 0))
            yield self._if_real(name, smt.And(outside, a != 0, smt.ULE(a, (1 << 64) - 1 - size)))
            for other, *place in places[:i]:
                yield self._if_real(w.object if w.object in (name, other) else name, apart(a, size, *place))

    def _places(self):
        w = self.world
        return [(r.name, r.base, r.extent) for r in w.regions.values() if r.name not in ("image", "handler", *w.queues)]

    def _elsewhere(self):
        """Of objects that do not overlap: none begins where another does, at 0, or where the image has a thread."""
        w, places = self.world, self._places()
        for i, (name, a, _) in enumerate(places):
            yield self._if_real(name, smt.And(*(a != b for b in (number(0), w.nobody, w.slow_head, w.idle))))
            for other, b, _ in places[:i]:
                yield self._if_real(w.object if w.object in (name, other) else name, a != b)

    # ---- threads and run queues
    def _threads(self):
        w, never, second = self.world, number(self.c.THRESHOLD_NEVER, 32), number(self.c.SLOW_SECOND, 32)
        for name in w.threads:
            slow, priority = w.first(name, "slow_reasons"), w.first(name, "priority")
            self.assume("key", "a thread's key is 0 with any slow reason, else priority + 1",
                        w.first(name, "key") == smt.If(slow != 0, number(0, 32), smt.ZeroExt(24, priority) + 1))
            key = smt.Or(slow & ~second == 0, slow == self.c.SLOW_FAULTED)
            self.assume("extended-key", "a thread's extended_key is priority + 1, but 0 with a slow reason that is not in SLOW_SECOND, or "
                        "an unanswered fault and one in it", w.first(name, "extended_key") == smt.If(
                            key, smt.ZeroExt(24, priority) + 1, number(0, 32)))
            self.assume("queue", "a thread's queue is NULL with any slow reason, else that of its priority",
                        w.first(name, "queue") == smt.If(slow != 0, number(0), self.image.symbol("queues")
                                                        + (smt.ZeroExt(56, priority) << w.queue_bits)))
        key, slow = w.first("top", "key"), w.first("current", "slow_reasons")
        self.assume("threshold", "cpu.threshold is the key of the highest run queue, with what the running thread has of SLOW_SECOND, or "
                    "never while it has another slow reason", w.cpu_first("threshold") == smt.If(slow & ~second != 0, never, key | slow))
        if w.extended is not None:
            self._extended()
        self.assume("runs-highest", "nobody ready is more urgent than the running thread",
                    smt.UGE(smt.ZeroExt(24, w.first("current", "priority")) + 1, key))

    def _extended(self):
        """cpu.extended is the running thread's, if it has any: World makes it so."""
        w, c = self.world, self.c
        for name in w.with_state:
            slow = w.first(name, "slow_reasons")
            self.assume("extended-state, extended-held", "a thread has extended state exactly with SLOW_STATE; the CPU holds the running "
                        "thread's", (slow & c.SLOW_STATE != 0) == smt.BoolVal(name in w.extended))
            self.assume("bases", "a thread without SLOW_BASES has none", smt.Implies(
                slow & c.SLOW_BASES == 0, smt.And(w.first(name, "fs_base") == 0, w.first(name, "gs_base") == 0)))
            self.assume("extended-by-c", "without SLOW_EXTENDED the CPU has XSAVEOPT, and the boot has chosen to leave the registers as "
                        "they are, for a thread with state; and WRFSBASE for one with bases", smt.Implies(
                            slow & (c.SLOW_EXTENDED | c.SLOW_STATE) == c.SLOW_STATE, smt.And(
                                self._variable("optimised", 1) == 1, self._variable("features", 4) != 0,
                                self._variable("leaves_pointers", 1) == 0, self._fpu() == smt.BoolVal(bool(self.image.suffix)))),
                        smt.Implies(slow & (c.SLOW_EXTENDED | c.SLOW_BASES) == c.SLOW_BASES, self._variable("fsgsbase", 1) == 1))
        self.assume("the boot", "cpu.cr0_barred has TS; cpu.cr4_bases has FSGSBASE where the CPU has it, cpu.cr4 has not",
                    w.cpu_first("cr0_barred") & TS != 0, w.cpu_first("cr4") & FSGSBASE == 0,
                    smt.Implies(self._variable("fsgsbase", 1) == 1, w.cpu_first("cr4_bases") & FSGSBASE != 0))

    def _fpu(self):
        """Is the mitigation of that name in force? All are, in the variants that have any."""
        return self._variable("mitigations", 4) & self.c.MITIGATE_FPU != 0

    def _variable(self, name, size):
        """Of the kernel's, in the image."""
        return self.world.regions["image"].load(self.image.symbol(name), size)

    def _is_queue(self, name):
        """One of the 256, or the one below them."""
        w, base = self.world, self.world.bases[name]
        distance, size, key = base - self.image.symbol("queues"), w.regions[name].size, w.first(name, "key")
        real = smt.And(smt.ULT(distance, 256 * size), distance & (size - 1) == 0,
                      smt.ZeroExt(32, key) == smt.UDiv(distance, number(size)) + 1)
        return real, smt.And(base == self.image.symbol("no_queue"), key == 1)

    def _queues(self):
        w = self.world
        conditions = [smt.Or(*self._is_queue(name)) for name in w.queues]
        if "below" in w.queues:
            conditions.append(smt.Or(w.bases["top"] == self.image.symbol("no_queue"), self._is_queue("below")[1], smt.ULT(
                w.first("below", "key"), w.first("top", "key"))))
            conditions.append(w.bases["below"] != w.bases["top"])
        if w.next:
            real, none = self._is_queue("top")
            conditions.append(none if w.next == "nobody" else real)
        if w.next in w.threads:
            conditions.append(w.ready_bit(w.initial, w.first("top", "key")) == 1)
        self.assume("threshold", "cpu.highest and what is below it are run queues, whose key is their priority + 1, or the empty one "
                    "below all, whose key is 1; ready_bits says which have somebody; they fall in priority", *conditions)
        line = "theirs" if w.lower else "top"
        heads = [w.first(name, "head") for name in w.queues
                 if name == "below" or name == "top" and not w.next and not (w.line and line == "top")]
        self.assume("queue-waits-here", "who is in a run queue is ready, so neither the running thread nor one that waits",
                    *(smt.Or(head != w.bases[name], self._may_be_ready(name)) for head in heads for name in w.threads))
        if w.urgent is not None:
            self._woken()
        if w.receives is False:
            self.assume("case", "the case's own condition", w.first("partner", "wait") & self.c.REF_ENDPOINT == 0)
        if w.next in w.threads:
            wait, c = w.first(w.next, "wait"), self.c
            self.assume("queue-waits-here", "who is in a run queue is ready and of its priority",
                        smt.ZeroExt(24, w.first(w.next, "priority")) + 1 == w.first("top", "key"), wait & c.REF_READY != 0)
            self._ready(w.next)
        if w.settled:
            self.assume("case", "the case's own condition", w.first(w.next, "wait") == self.c.REF_READY)
        if w.line:
            self._in_line(line)
        elif w.urgent is False and w.waits == "partner" and not w.interrupt:
            self.assume("case", "the case's own condition", w.ready_bit(w.initial, w.first("theirs", "key")) == 0)

    def _ready(self, name):
        w, c = self.world, self.c
        wait = w.first(name, "wait")
        tags = [smt.And(w.first(name, "slow_reasons") == 0, smt.Or(wait == alone, wait == in_line)) for alone, in_line in (
            (c.READY_RETURNED, c.IN_LINE_RETURNED), (c.READY_NOTIFIED, c.IN_LINE_NOTIFIED))]
        self.assume("ready-alone", "a ready thread whose TCB a fast path left unsettled has no slow reason, and its wait says "
                    "which result it lacks", smt.Or(wait == c.REF_READY, *tags))

    def _in_line(self, queue):
        """Who stands there is ready, and of its priority; and alone exactly if it says so or is settled."""
        w, c, threads = self.world, self.c, self.world.in_line()
        key = w.first(queue, "key")
        for name in threads:
            self._ready(name)
            self.assume("queue-waits-here", "who is in a run queue is ready and of its priority",
                        smt.ZeroExt(24, w.first(name, "priority")) + 1 == key)
            alone = w.first(name, "wait") & c.READY_ALONE != 0
            self.assume("ready-alone", "who is not alone does not say so; and who is alone and unsettled says so",
                        alone if w.line == "alone" else smt.Not(alone),
                        smt.Or(smt.BoolVal(len(threads) > 1), alone, w.first(name, "wait") == c.REF_READY))
        self.assume("threshold", "ready_bits says which queues have somebody", w.ready_bit(w.initial, key) == 1)
        if w.lower:
            self.assume("case", "the case's own condition", smt.ULT(key, w.first("top", "key")))

    def _may_be_ready(self, name):
        w = self.world
        return w.first(name, "wait") & self.c.REF_READY != 0 if name == "partner" and w.receives is False else smt.BoolVal(False)

    def _woken(self):
        """A thread is put into a queue above all that are not empty."""
        w, key = self.world, smt.ZeroExt(32, self.world.first("top", "key"))
        start, size = w.cpu("ready_bits")
        ones, nothing_above = number(-1), []
        for i in range(size // 8):
            above = key + 1 - 64 * i  # the first bit of this word that belongs to a queue above
            mask = smt.If(above <= 0, ones, smt.If(above >= 64, number(0), ones << above))
            nothing_above.append(w.regions["image"].load(start + 8 * i, 8) & mask == 0)
        self.assume("threshold", "the highest run queue is the last that has somebody", *nothing_above)
        self.assume("threshold", "no run queue has the key 0", w.ready_bit(w.initial, number(0, 32)) == 0)
        mine, theirs = w.first("current", "priority"), w.first("partner", "priority")
        self.assume("case", "the case's own condition", smt.ULT(mine, theirs) if w.urgent else smt.UGE(mine, theirs))

    # ---- the waiters at a notification
    def _waiting(self):
        w = self.world
        if w.object == "endpoint" and w.waits == "partner":
            self.assume("faulted-waits", "who waits to receive has no unanswered fault", self._if_real(
                "endpoint", w.first("partner", "slow_reasons") & self.c.SLOW_FAULTED == 0))
        if w.senders is False:
            self.assume("case", "the case's own condition", w.first("endpoint", "recv") != w.slow_head)
        if w.first_sender:
            kind, slow = (w.first(w.first_sender, field) for field in ("send_kind", "slow_reasons"))
            self.assume("sends", "who waits to send a call has no unanswered fault", self._if_real(
                "endpoint", smt.Implies(kind == self.c.SEND_CALL, slow & self.c.SLOW_FAULTED == 0)))
        if w.object != "notification":
            return
        head, bound, pending = (w.first("notification", f) for f in ("head", "bound", "pending"))
        nobody = smt.Or(head == 0, head == w.slow_head)
        if w.waits == "slow_head":
            self.assume("bound-head", "a notification's head is SLOW_HEAD only while a thread is bound that has not been signalled",
                        bound != 0, w.first(w.bound, "slow_reasons") & self.c.SLOW_SIGNALLED == 0)
        self.assume("pending-nobody-waits", "no bits are pending while anybody waits",
                    self._if_real("notification", smt.Or(nobody, pending == 0)))
