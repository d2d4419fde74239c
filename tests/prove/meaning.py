"""Which of the kernel's memory means something: the rules of tests/equiv/meaning.c, and only those, as terms. What means
nothing in the state to which a path has led counts as 0; all else is compared."""

from tests.prove import smt
from tests.prove.memory import BufferRegion
from tests.prove.smt import FALSE, number, simple
from tests.prove.terms import Function

MESSAGE = "rax rdi rsi rdx r8 r9 r10 r12 r13 r14 r15 rbx".split()
REST = "rcx r11 rflags".split()
FAULT = "fault_label fault_address fault_error fault_vector".split()

# Threads and endpoints that are no part of the state: they are not touched, so they are what they were.
SENDERS_AT = Function("senders wait at", 0)
UNSETTLED = Function("is not settled", 0)
FOLLOWED = Function("is followed", 0)


def kept(method):
    """Of a Meaning and a name or term: worked out once."""
    def found(self, of):
        key = method, of if isinstance(of, str) else of.ast
        if key not in self.kept:
            self.kept[key] = method(self, of), of
        return self.kept[key][0]
    return found


class Meaning:
    """The meaning of one memory: name -> term, for each field of the objects of the state."""

    def __init__(self, world, memory):
        self.world, self.memory, self.constants = world, memory, world.constants
        self.kept = {}
        self.current = self.read("image", world.cpu("current"))
        self.threads = {name: self._state(name) for name in world.threads}
        self.rules, self.found = {}, {}  # as far as they were asked for

    def read(self, region, place):
        offset, size = place
        return self.memory.named(region).load(offset, size)

    def field(self, region, name):
        region = self.memory.named(region)
        return region.load(*region.structure.fields[name])

    def _has(self, term, bits):
        return simple((term & bits) != 0)

    def _senders_at(self, wait):
        """Do senders wait at the endpoint that a wait word names?"""
        answer = SENDERS_AT(wait)
        for name in self.world.endpoints:
            here = wait == self.memory.named(name).base + self.constants.REF_ENDPOINT
            answer = smt.If(here, self.field(name, "recv") == self.world.slow_head, answer)
        return answer

    def _state(self, name):
        """The state of a thread, as tcb.h says: a dictionary of conditions, one of which holds."""
        c, wait = self.constants, self.field(name, "wait")
        cases = [("running", self.current == self.memory.named(name).base), ("ready", self._has(wait, c.REF_READY)),
                 ("stopped", wait == 0), ("calling", self._has(wait, c.REF_SLOT)),
                 ("notifiable", self._has(wait, c.REF_NOTIFICATION)),
                 ("sending", smt.And(self._has(wait, c.REF_ENDPOINT), self._senders_at(wait))),
                 ("receiving", self._has(wait, c.REF_ENDPOINT))]
        states, earlier = {}, FALSE
        for case, condition in cases:
            states[case] = simple(smt.And(smt.Not(earlier), condition))
            earlier = simple(smt.Or(earlier, condition))
        states["calling"] = simple(smt.Or(states["calling"], smt.Not(earlier)))
        return states

    @kept
    def _followed(self, head):
        """Does a receive queue's head have others behind it?"""
        nobody = [head == who for who in (number(0), self.world.nobody, self.world.slow_head)]
        answer = smt.And(smt.Not(smt.Or(nobody)), FOLLOWED(head))
        for name in self.world.threads:
            slow = self._has(self.field(name, "slow_reasons"), self.constants.SLOW_FOLLOWED)
            answer = smt.If(head == self.memory.named(name).base, slow, answer)
        return answer

    def _ends(self, base):
        """Where a thread is the head, and the tail, of a queue: at an endpoint, at a notification, of ready threads."""
        ends = []
        for name in self.world.endpoints:
            recv, send, tail = (self.field(name, f) for f in ("recv", "send", "tail"))
            senders = recv == self.world.slow_head
            receiver = smt.If(self._followed(recv), self.field(name, "recv_tail"), recv)
            ends.append((smt.If(senders, send, recv), smt.If(senders, tail, receiver)))
        for name in self.world.notifications:
            head, tail = self.field(name, "head"), self.field(name, "tail")
            ends.append((head, smt.If(self._followed(head), tail, head)))
        first, last = (smt.Or(FALSE, *(end == base for end in both)) for both in zip(*ends)) if ends else (FALSE, FALSE)
        for name in self.world.queues:
            head, tail = self.field(name, "head"), self.field(name, "tail")
            first = smt.Or(first, smt.And(self._filled(name), head == base))
            last = smt.Or(last, smt.And(self._filled(name), smt.If(self._unsettled_head(name), head, tail) == base))
        return first, last

    # ---- ready threads whose TCB a fast path left unsettled: what sched_settle() does
    @kept
    def _filled(self, name):
        return self.world.ready_bit(self.memory, self.field(name, "key")) == 1

    @kept
    def _unsettled_head(self, name):
        """Is the head of this queue a thread that is not settled?"""
        head = self.field(name, "head")
        answer = UNSETTLED(head)
        for thread in self.world.threads:
            alone = self._has(self.field(thread, "wait"), self.constants.READY_ALONE)
            answer = smt.If(head == self.memory.named(thread).base, alone, answer)
        return answer

    @kept
    def _settled(self, name):
        """Field -> what it is once the thread is settled, if it must be."""
        c, wait = self.constants, self.field(name, "wait")
        must = simple(smt.And(self.threads[name]["ready"], self._has(wait, c.READY_UNSETTLED)))
        notified = wait & ~number(c.READY_ALONE) == c.IN_LINE_NOTIFIED
        values = {"rax": smt.If(notified, number(c.GOT_NOTIFIED), number(0)), "resume": number(c.RESUME_SYSRET, 8),
                  "wait": number(c.REF_READY)}
        for field in MESSAGE:
            if field not in ("rax", "rdi"):
                values[field] = smt.If(notified, number(0), self.field(name, field))
        return {field: simple(smt.If(must, value, self.field(name, field))) for field, value in values.items()}

    def _thread_means_nothing(self, name):
        """Field -> when it means nothing."""
        s, c = self.threads[name], self.constants
        faulted = self._has(self.field(name, "slow_reasons"), c.SLOW_FAULTED)
        waits = smt.And(smt.Or(s["receiving"], s["calling"], s["notifiable"]), smt.Not(faulted))
        delivered = smt.Or(s["running"], waits)  # the code that ends the wait fills them in
        calls = smt.And(s["sending"], self.field(name, "send_kind") == c.SEND_CALL)  # it has only its message still
        sysret = smt.And(self._settled(name)["resume"] == c.RESUME_SYSRET, smt.Not(faulted))
        first, last = self._ends(self.memory.named(name).base)
        in_no_queue = smt.Or(s["running"], s["calling"], s["stopped"])
        rules = [("rip rsp rbp".split(), s["running"]), (MESSAGE, delivered),
                 ("rax rdi rbx resume".split(), smt.Or(delivered, calls)), (REST, smt.Or(delivered, calls, sysret)),
                 (["wait"], s["running"]),
                 (["reply_to"], s["receiving"]), (["send_kind", "send_long", "send_badge"], smt.Not(s["sending"])),
                 (["slice_left"], smt.Not(s["ready"])), (FAULT, smt.Not(faulted)),
                 (["next"], smt.Or(in_no_queue, last)), (["prev"], smt.Or(in_no_queue, first))]
        has_bases = self._has(self.field(name, "slow_reasons"), c.SLOW_BASES)
        rules.append((["fs_base", "gs_base"], smt.And(s["running"], has_bases)))
        return {field: condition for fields, condition in rules for field in fields}

    def _endpoint_means_nothing(self, name):
        recv = self.field(name, "recv")
        senders = recv == self.world.slow_head
        return {"recv_tail": smt.Not(self._followed(recv)), "send": smt.Not(senders), "tail": smt.Not(senders)}

    def _notification_means_nothing(self, name):
        return {"tail": smt.Not(self._followed(self.field(name, "head")))}

    def _queue_means_nothing(self, name):
        return {field: smt.Not(self._filled(name)) for field in ("head", "tail", "below")}

    def _cpu_means_nothing(self):
        return {"cpu.slice_left": self.current == self.world.idle}

    def _rules(self, name):
        """(field -> when it means nothing, field -> what it means if not what is there)"""
        if name in self.world.threads:
            return self._thread_means_nothing(name), self._settled(name)
        if name in self.world.endpoints:
            return self._endpoint_means_nothing(name), {}
        if name in self.world.notifications:
            return self._notification_means_nothing(name), {}
        if name in self.world.queues:
            tail = smt.If(self._unsettled_head(name), self.field(name, "head"), self.field(name, "tail"))
            return self._queue_means_nothing(name), {"tail": simple(tail)}
        if name in self.world.states:  # the registers have it
            return {"+0x0": self.read("image", self.world.cpu("extended")) == self.memory.named(name).base}, {}
        return self._cpu_means_nothing() if name == "image" else {}, {}

    def of(self, name, offsets):
        """Meaning of these units (offset, size) of an object: name -> term."""
        region = self.memory.named(name)
        found = {f"{name}.word": region.content} if isinstance(region, BufferRegion) else {}
        for offset in offsets:
            if (name, offset) not in self.found:
                self.found[name, offset] = self._unit(name, region, offset)
            label, term = self.found[name, offset]
            found[label] = term
        return found

    def _unit(self, name, region, offset):
        """(what it is called, its meaning)"""
        if name not in self.rules:
            self.rules[name] = self._rules(name)
        nothing, instead = self.rules[name]
        field, start, size = region.field_at(offset)
        value, when = instead.get(field), nothing.get(field, FALSE)
        value = region.load(start, size) if value is None else value
        return field if name == "image" else f"{name}.{field}", simple(smt.If(when, number(0, 8 * size), value))

    def states(self):
        """What the rules depend on: the state of each thread."""
        return {f"{name} is {state}": smt.If(condition, number(1, 1), number(0, 1))
                for name, states in self.threads.items() for state, condition in states.items()}

