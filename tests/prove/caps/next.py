"""Who runs next: the thread at the head of the highest queue that is not empty."""
from tests.prove import smt
from tests.prove.smt import number
from tests.prove.terms import extract
from tests.prove.caps.proof import Proof, every

NO_SWITCH = "what switches of extended state, bases, breakpoints and turns do besides is not followed"


class Queue:
    """A run queue, as it was at first, or with an End, now."""

    def __init__(self, proof, place, end=None):
        self.place = place
        read = end.now if end else lambda structure, base, name: proof.first("run_queue", base, name)
        self.head, self.tail, self.below, self.key = (read(proof.structures["run_queue"], place, name) for name in (
            "head", "tail", "below", "key"))


class Next(Proof):
    def __init__(self, kernel, *arguments):
        super().__init__(kernel, *arguments)
        self.none, self.idle = (number(self.image.symbol(n)) for n in ("no_queue", "idle_tcb"))
        self.current, self.top = self.cpu("current"), Queue(self, self.cpu("highest"))
        self.below = Queue(self, self.top.below)
        self.no_trace()
        self._boot()
        self._linked(self.top, self.below)
        self._line(self.top)
        self._thread("the running thread", self.current, smt.BoolVal(True))

    # ---- words
    def cpu(self, name, end=None):
        offset, size = self.structures["cpu"].fields[name]
        at = number(self.image.symbol("cpu"))
        return end.now(self.structures["cpu"], at, name) if end else self.first("cpu", at, name)

    def bits(self, end=None):
        """The words of cpu.ready_bits."""
        offset, size = self.structures["cpu"].fields["ready_bits"]
        places = [number(self.image.symbol("cpu") + offset + 8 * i) for i in range(size // 8)]
        return [end.word(p) if end else self.memory.initial(p) for p in places]

    def tcb(self, thread, name, end=None):
        return end.now(self.structures["tcb"], thread, name) if end else self.first("tcb", thread, name)

    @staticmethod
    def _mask(i, key, of):
        """Of word i the bits of(key): "at" it, or "above" it."""
        distance, one = smt.ZeroExt(32, key) - 64 * i, number(1)
        if of == "at":
            return smt.If(smt.ULT(distance, 64), one << distance, number(0))
        return smt.If(smt.Not(distance >= 0), number(-1), smt.If(distance >= 63, number(0), number(-2) << distance))

    def bit(self, bits, key):
        return smt.Or(*(word & self._mask(i, key, "at") != 0 for i, word in enumerate(bits)))

    def none_above(self, bits, key):
        return smt.And(*(word & self._mask(i, key, "above") == 0 for i, word in enumerate(bits)))

    def highest(self, bits, queue):
        """It is the highest queue that has somebody, or the one below all, and nobody is ready."""
        nobody = smt.And(queue.place == self.none, queue.key == 1, *(word == 0 for word in bits))
        return smt.Or(nobody, smt.And(self.real(queue), self.bit(bits, queue.key), self.none_above(bits, queue.key)))

    def real(self, queue):
        """One of the 256, with its key."""
        size = self.structures["run_queue"].size
        distance = queue.place - self.image.symbol("queues")
        return smt.And(smt.ULT(distance, self.c.PRIORITIES * size), distance & (size - 1) == 0, smt.ZeroExt(32, queue.key) == smt.LShR(
            distance, size.bit_length() - 1) + 1)

    # ---- what is assumed
    def _boot(self):
        at = self.image.symbol("traced")
        self.assume("no-trace", "switches are not traced", extract(self.memory.initial(number(at & ~7)), 8 * (at & 7), 32) == 0)
        self.assume("the boot", "a thread without slow reasons that C alone knows switches, " + NO_SWITCH, *(self.tcb(
            t, "slow_reasons") & self.switch_reasons() == 0 for t in (self.current, self.idle)))

    def switch_reasons(self):
        c = self.c
        return number(c.SLOW_SECOND | c.SLOW_DEBUG | c.SLOW_OWES | c.SLOW_TRACED, 32)

    def _linked(self, queue, below):
        """The highest is, and what is below it is the next that has somebody."""
        bits = self.bits()
        self.assume("threshold", "cpu.highest is the highest run queue that has somebody, as cpu.ready_bits says, or the empty one below "
                    "all, whose key is 1", self.highest(bits, queue))
        left = [word & ~self._mask(i, queue.key, "at") for i, word in enumerate(bits)]
        self.assume("threshold", "below a queue is the next that has somebody, or the empty one", smt.Implies(
            queue.place != self.none, smt.And(self.highest(left, below), below.place != queue.place)))

    def _thread(self, what, thread, when):
        size = 1 << self.c.TYPE_BITS_TCB
        self.assume("object-aligned, objects-apart", f"{what} is a TCB, aligned to its size, in RAM that is not the kernel's image, or the "
                    "idle thread", smt.Implies(when, smt.Or(thread == self.idle, smt.And(thread & (size - 1) == 0, smt.UGE(
                        thread, self.c.PHYSMAP), smt.ULE(thread, self.image.start - size)))))

    def _line(self, queue):
        """Who stands in it: the head, and behind it others."""
        c, there = self.c, queue.place != self.none
        head, second = queue.head, self.tcb(queue.head, "next")
        wait, after = (self.tcb(t, "wait") for t in (head, second))
        alone = smt.Or(wait & c.READY_ALONE != 0, queue.tail == head)
        for what, t, when in (("who is ready", head, there), ("who is ready", second, smt.And(there, smt.Not(alone)))):
            self._thread(what, t, when)
            ready = self.tcb(t, "wait")
            self.assume("queue-waits-here", "who is in a run queue is ready and of its priority, and does not run",
                        smt.Implies(when, smt.And(
                t != self.idle, t != self.current, smt.ZeroExt(24, self.tcb(t, "priority")) + 1 == queue.key)))
            self.assume("ready-alone", "a ready thread that is not settled has no slow reason, and its wait says what it lacks",
                        smt.Implies(
                when, smt.Or(ready == c.REF_READY, smt.And(self.tcb(t, "slow_reasons") == 0, smt.Or(*(ready == w for w in (
                    c.IN_LINE_RETURNED, c.IN_LINE_NOTIFIED, c.READY_RETURNED, c.READY_NOTIFIED)))))))
            self.assume("the boot", "a thread without slow reasons that C alone knows switches, " + NO_SWITCH, smt.Implies(
                when, self.tcb(t, "slow_reasons") & self.switch_reasons() == 0))
        self.assume("ready-alone", "who is alone in a queue and not settled says so, and nobody else does", smt.Implies(there, smt.And(
            smt.Implies(queue.tail == head, smt.Or(wait == c.REF_READY, wait & c.READY_ALONE != 0)), smt.Implies(
                smt.Not(alone), smt.And(after & c.READY_ALONE == 0, second != head)))))


class Block(Next):
    function = "sched_block"
    theorems = (("the head of the highest queue that is not empty runs, with its slice; else the idle thread", "picked", every),)

    def picked(self, end):
        somebody = smt.Or(*(word != 0 for word in self.bits()))
        now = self.cpu("current", end)
        yield "the head of the highest queue runs", smt.Implies(somebody, now == self.top.head)
        yield "else the idle thread", smt.Or(somebody, now == self.idle)
        yield "it is ready no more", smt.Implies(somebody, self.tcb(now, "wait", end) & self.c.REF_READY == 0)
        yield "it runs on its own slice", smt.Implies(somebody, self.cpu("slice_left", end) == self.tcb(self.top.head, "slice_left"))
