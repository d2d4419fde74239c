"""Who runs next: the thread at the head of the highest queue that is not empty."""
import z3

from tests.prove.terms import extract, number
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
        self._thread("the running thread", self.current, z3.BoolVal(True))

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
        distance, one = z3.ZeroExt(32, key) - 64 * i, number(1)
        if of == "at":
            return z3.If(z3.ULT(distance, 64), one << distance, number(0))
        return z3.If(distance < 0, number(-1), z3.If(distance >= 63, number(0), number(-2) << distance))

    def bit(self, bits, key):
        return z3.Or(*(word & self._mask(i, key, "at") != 0 for i, word in enumerate(bits)))

    def none_above(self, bits, key):
        return z3.And(*(word & self._mask(i, key, "above") == 0 for i, word in enumerate(bits)))

    def highest(self, bits, queue):
        """It is the highest queue that has somebody, or the one below all, and nobody is ready."""
        nobody = z3.And(queue.place == self.none, queue.key == 1, *(word == 0 for word in bits))
        return z3.Or(nobody, z3.And(self.real(queue), self.bit(bits, queue.key), self.none_above(bits, queue.key)))

    def real(self, queue):
        """One of the 256, with its key."""
        size = self.structures["run_queue"].size
        distance = queue.place - self.image.symbol("queues")
        return z3.And(z3.ULT(distance, self.c.PRIORITIES * size), distance & (size - 1) == 0, z3.ZeroExt(32, queue.key) == z3.LShR(
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
        self.assume("threshold", "below a queue is the next that has somebody, or the empty one", z3.Implies(
            queue.place != self.none, z3.And(self.highest(left, below), below.place != queue.place)))

    def _thread(self, what, thread, when):
        size = 1 << self.c.TYPE_BITS_TCB
        self.assume("object-aligned, objects-apart", f"{what} is a TCB, aligned to its size, in RAM that is not the kernel's image, or the "
                    "idle thread", z3.Implies(when, z3.Or(thread == self.idle, z3.And(thread & (size - 1) == 0, z3.UGE(
                        thread, self.c.PHYSMAP), z3.ULE(thread, self.image.start - size)))))

    def _line(self, queue):
        """Who stands in it: the head, and behind it others."""
        c, there = self.c, queue.place != self.none
        head, second = queue.head, self.tcb(queue.head, "next")
        wait, after = (self.tcb(t, "wait") for t in (head, second))
        alone = z3.Or(wait & c.READY_ALONE != 0, queue.tail == head)
        for what, t, when in (("who is ready", head, there), ("who is ready", second, z3.And(there, z3.Not(alone)))):
            self._thread(what, t, when)
            ready = self.tcb(t, "wait")
            self.assume("queue-waits-here", "who is in a run queue is ready and of its priority, and does not run", z3.Implies(when, z3.And(
                t != self.idle, t != self.current, z3.ZeroExt(24, self.tcb(t, "priority")) + 1 == queue.key)))
            self.assume("ready-alone", "a ready thread that is not settled has no slow reason, and its wait says what it lacks", z3.Implies(
                when, z3.Or(ready == c.REF_READY, z3.And(self.tcb(t, "slow_reasons") == 0, z3.Or(*(ready == w for w in (
                    c.IN_LINE_RETURNED, c.IN_LINE_NOTIFIED, c.READY_RETURNED, c.READY_NOTIFIED)))))))
            self.assume("the boot", "a thread without slow reasons that C alone knows switches, " + NO_SWITCH, z3.Implies(
                when, self.tcb(t, "slow_reasons") & self.switch_reasons() == 0))
        self.assume("ready-alone", "who is alone in a queue and not settled says so, and nobody else does", z3.Implies(there, z3.And(
            z3.Implies(queue.tail == head, z3.Or(wait == c.REF_READY, wait & c.READY_ALONE != 0)), z3.Implies(
                z3.Not(alone), z3.And(after & c.READY_ALONE == 0, second != head)))))


class Block(Next):
    function = "sched_block"
    theorems = (("the head of the highest queue that is not empty runs, with its slice; else the idle thread", "picked", every),)

    def picked(self, end):
        somebody = z3.Or(*(word != 0 for word in self.bits()))
        now = self.cpu("current", end)
        yield "the head of the highest queue runs", z3.Implies(somebody, now == self.top.head)
        yield "else the idle thread", z3.Or(somebody, now == self.idle)
        yield "it is ready no more", z3.Implies(somebody, self.tcb(now, "wait", end) & self.c.REF_READY == 0)
        yield "it runs on its own slice", z3.Implies(somebody, self.cpu("slice_left", end) == self.tcb(self.top.head, "slice_left"))
