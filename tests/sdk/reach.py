"""Who can ever reach whom in a system. What a domain can ever hold is bounded by what it holds at first and what all those do with whom it
can share, in any number of hands (for_ever): whom one reaches by all of that must be among those that the report promises. So it is for all
time, if the bound holds. The specification of the kernel (tests/model), begun with the capabilities that the tool's report gives each
domain, is held to that: it goes on at random, each domain doing its worst, and in every state that comes no domain holds anything that its
bound does not have, and whom it reaches by it is among those promised. So no step adds authority that the report does not count."""
from itertools import combinations

from tests.lockstep.generate import LIMITED
from tests.lockstep.steps import no_wider
from tests.model import schedule, step
from tests.model.communicating import let_run
from tests.model.numbers import ABI, BUFFER, RIGHT, SLOTS, TYPE
from tests.model.state import MESSAGE, READY, RUNNING, Cap, CNode, Endpoint, Frame, Handler, Notification, State, Table, Thread, Timer

RADIX, STEPS = 10, 150
MAKES = {"TCB": Thread, "ENDPOINT": Endpoint, "NOTIFICATION": Notification, "TIMER": Timer, "IRQ_HANDLER": lambda: Handler(None)}
GRANTED = {"DEBUG": 5, "IO_PORT": (0x60, 0x64)}
UNUSED = ("DEBUG_EXIT", "DEBUG_DUMP", "DEBUG_PUTCHAR", "IO_OUT", "IO_IN")


class System:
    """The first state, and what the names in the report are in it."""

    def __init__(self, report):
        self.report, self.state, self._names = report, State(), {}
        self.domains = {}  # name: its thread
        for d in report["domains"]:
            self.domains[d["name"]] = self._name(f"thread of {d['name']}", "TCB")
        for d in report["domains"]:
            self._domain(d)
        schedule.block(self.state)

    def _name(self, what, kind):
        """The object of that name, made when it is asked for."""
        if what not in self._names:
            self._names[what] = 0x100000 * (1 + len(self._names))
            if kind in MAKES:
                self.state.objects[self._names[what]] = MAKES[kind]()
        return self._names[what]

    def _put(self, slot, cap):
        self.state.slots[slot], self.state.parent[slot] = cap, None
        self.state.order.append(slot)

    def _own(self, thread, which, cap, thing=None):
        if thing is not None:
            self.state.objects[cap.object] = thing
        self._put((thread, SLOTS[which]), cap)

    def _domain(self, d):
        s, name = self.state, d["name"]
        me, cnode = self.domains[name], self._name(f"capabilities of {name}", "CNODE")
        thread = s.objects[me]
        thread.priority = thread.ceiling = d["priority"]
        self._own(me, "cspace", Cap(TYPE.CNODE, cnode, data=(0, 0)), CNode(RADIX))
        s.lives += 1
        self._own(me, "space", Cap(TYPE.ADDRESS_SPACE, self._name(f"space of {name}", "")), Table(s.lives))
        both = RIGHT.READ | RIGHT.WRITE
        self._own(me, "buffer", Cap(TYPE.FRAME, self._name(f"IPC buffer of {name}", ""), both), Frame(0))
        up = f"endpoint of {d['parent']}" if d["parent"] else "endpoint of the root task"
        self._own(me, "fault", Cap(TYPE.ENDPOINT, self._name(up, "ENDPOINT"), RIGHT.SEND, 1))
        for c in d["capabilities"]:
            self._put((cnode, c["slot"]), self._cap(c))
        mine = s.objects.get(self._names.get(f"notification of {name}"))
        if mine and f"endpoint of {name}" in self._names:
            mine.bound, thread.bound = me, self._names[f"notification of {name}"]
        schedule.enqueue(s, me)

    def _cap(self, c):
        kind, badge = c["type"], int(c["badge"], 16)
        rights = sum(getattr(RIGHT, name, 0) for name in c["rights"])
        data = {"ENDPOINT": badge or None, "NOTIFICATION": (badge or 1, badge != 0), "CNODE": (0, 0),
                "UNTYPED": (c.get("bytes", 1).bit_length() - 1, 0)}.get(kind, GRANTED.get(kind))
        return Cap(getattr(TYPE, kind), self._name(c["object"], kind), rights, data, kind == "UNTYPED")


def held(s, thread):
    """All capabilities that a thread's own slots lead to."""
    found, left, seen = [], [thread], set()
    while left:
        holder = left.pop()
        seen.add(holder)
        for (at, _), cap in s.slots.items():
            if at == holder and not cap.dying:
                found.append(cap)
                if cap.type == TYPE.CNODE and cap.object not in seen:
                    left.append(cap.object)
    return found


def _share(mine, theirs, thread):
    """Can a capability go from one who holds these to one who holds those, and has that thread, or back? With a message or its answer, in a
    CNode of both, or as what the thread is given."""
    sends = {c.object for c in mine if c.type == TYPE.ENDPOINT and c.rights & RIGHT.SEND and c.rights & RIGHT.GRANT}
    gets = {c.object for c in theirs if c.type == TYPE.ENDPOINT and c.rights & RIGHT.RECV}
    nodes = [{c.object for c in hold if c.type == TYPE.CNODE} for hold in (mine, theirs)]
    return bool(sends & gets or nodes[0] & nodes[1]) or any(c.type == TYPE.TCB and c.object == thread for c in mine)


def for_ever(s, domains):
    """Of each domain all that it can ever hold, but what is made of memory among it: what all of its group hold. Groups grow until nobody
    can share with anybody outside."""
    groups = [({name}, held(s, thread)) for name, thread in domains.items()]
    while True:
        pair = next((pair for pair in combinations(groups, 2) for (mine, hold), (others, theirs) in (pair, pair[::-1])
                     if any(_share(hold, theirs, domains[name]) for name in others)), None)
        if not pair:
            return {name: hold for names, hold in groups for name in names}
        groups = [g for g in groups if g not in pair] + [(pair[0][0] | pair[1][0], pair[0][1] + pair[1][1])]


def beyond(s, domains, bounds):
    """(domain, capability): what it holds and its bound does not have. The right to answer is to who has called."""
    return [(name, cap) for name, thread in domains.items() for cap in held(s, thread)
            if cap.type != TYPE.REPLY and not any(no_wider(cap, old, s) for old in bounds[name])]


def closed(pairs):
    """In any number of steps."""
    pairs = set(pairs)
    while True:
        more = {(a, d) for a, b in pairs for c, d in pairs if b == c and a != d} - pairs
        if not more:
            return pairs
        pairs |= more


def one_step(s, domains, hold=None):
    """Pairs of domains: the first can change what the second does by what it holds."""
    hold = hold or {name: held(s, thread) for name, thread in domains.items()}
    owner = {thread: name for name, thread in domains.items()}
    owner |= {s.slots[thread, SLOTS["space"]].object: name for name, thread in domains.items() if (thread, SLOTS["space"]) in s.slots}
    gets = {(c.type, c.object, name) for name, mine in hold.items() for c in mine if c.rights & (RIGHT.RECV | RIGHT.WAIT)}
    gets |= {(TYPE.NOTIFICATION, s.objects[thread].bound, name) for name, thread in domains.items() if thread in s.objects}
    pairs = set()
    for name, mine in hold.items():
        for c in mine:
            others = {b for kind, thing, b in gets if (kind, thing) == (c.type, c.object)}
            if c.type == TYPE.ENDPOINT and c.rights & RIGHT.SEND:
                pairs |= {(name, b) for b in others} | {(b, name) for b in others}
            elif c.type == TYPE.NOTIFICATION and c.rights & RIGHT.SIGNAL:
                pairs |= {(name, b) for b in others}
            elif c.type in (TYPE.TCB, TYPE.ADDRESS_SPACE) and c.object in owner:  # it reads registers, or maps memory for both
                pairs |= {(name, owner[c.object]), (owner[c.object], name)}
            elif c.type == TYPE.CNODE:
                pairs |= {(name, b) for b, theirs in hold.items() if any((o.type, o.object) == (c.type, c.object) for o in theirs)}
    return {(a, b) for a, b in pairs if a != b}


def _unpromised(s, system, promised):
    return sorted(pair for pair in one_step(s, system.domains) if pair not in promised)


class Domains:
    """Random calls of whoever is able, on what it holds."""

    def __init__(self, system, random):
        self._random, self.state = random, system.state
        self._names = [name for name in ABI.calls if name not in UNUSED]

    def _address(self, thread):
        cspace = self.state.thread_slot(thread, "cspace")
        used = [index for (at, index) in self.state.slots if cspace and at == cspace.object]
        return self._random.choice(used or [0]) << 5

    def _argument(self, thread, kind):
        if kind.group in ("CAP", "CAP_OR_0"):
            return self._address(thread)
        if kind.group.startswith("SLOT_"):
            return self._random.randrange(1 << RADIX)
        return self._random.choice(LIMITED.get(kind.name, (0, 1, 0x101)))

    def _prepare(self, thread):
        """What it says in its IPC buffer: capabilities to pass, and where to put those that come."""
        buffer = self.state.thread_slot(thread, "buffer")
        frame = self.state.objects.get(buffer.object) if buffer else None
        if frame:
            frame.memory.update({BUFFER.words: 1, BUFFER.caps: self._random.randrange(4), BUFFER.cnode: self._address(thread),
                                 BUFFER.index: self._random.randrange(1 << RADIX)})
            frame.memory.update({BUFFER.cap + i: self._address(thread) for i in range(BUFFER.CAPS)})

    def step(self, threads):
        """One, of a thread that is able; False: none is."""
        able = [t for t in threads if getattr(self.state.objects.get(t), "state", None) in (READY, RUNNING)]
        if not able:
            return False
        s = self.state = let_run(self.state, self._random.choice(able))
        if s.objects[s.current].again:
            step.apply(s, step.Again())
            return True
        self._prepare(s.current)
        call = ABI.calls[self._random.choice(self._names)]
        regs = {**dict.fromkeys((*MESSAGE, "rdi", "rbx"), 0),
                **{r: self._argument(s.current, kind) for r, kind, _, _ in call.args if r not in ("message", "buffer")}}
        step.apply(s, step.Call(call.number, regs))
        return True


def complaints(report, random):
    """Whom one can reach that the report does not say."""
    system = System(report)
    promised = {(a, b) for a, reached in report["reaches"].items() for b in reached}
    bounds = for_ever(system.state, system.domains)
    more = closed(one_step(system.state, system.domains, bounds)) - closed(promised)
    if more:
        return [f"sooner or later {a} can change what {b} does, which the report does not say" for a, b in sorted(more)]
    going = Domains(system, random)
    for n in range(STEPS):
        found = _unpromised(going.state, system, promised)
        if found:
            return [f"after {n} steps {a} can change what {b} does, which the report does not say" for a, b in found]
        held_beyond = beyond(going.state, system.domains, bounds)
        if held_beyond:
            return [f"after {n} steps {name} holds what it never should: {cap}" for name, cap in held_beyond]
        if not going.step(list(system.domains.values())):
            break
    return []


