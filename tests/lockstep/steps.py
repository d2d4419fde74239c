"""What is true of every step of the specification, whatever the call: what becomes of authority, messages, signals, time and memory. A
property of states (tests/model/properties.py) cannot say it; each of these looks at the state before, the input, and the state after."""
from collections import Counter
from typing import NamedTuple

from tests.model import caps, ipc, properties, schedule, step
from tests.model.numbers import ABI, BUFFER, GOT, TYPE
from tests.model.state import AWAITING, MESSAGE, READY, RECEIVING, RUNNING, SEND, SENDING, WAITING, Notification, State, Thread

HOLDERS = (TYPE.TCB, TYPE.TIMER, TYPE.IRQ_HANDLER, TYPE.CNODE)  # objects that slots lie in
ABLE, WITH_MESSAGE = (READY, RUNNING), (GOT.MESSAGE, GOT.LONG)


class Step(NamedTuple):
    before: State
    input: object
    after: State
    outcome: object

    @property
    def me(self):
        return self.before.current

    def call(self):
        """The system call that it is, also one that is made once more, or None; and its registers."""
        if not isinstance(self.input, (step.Call, step.Again)):
            return None, {}
        regs = self.before.objects[self.me].regs
        if isinstance(self.input, step.Call):
            regs = {**regs, **self.input.regs, "rax": self.input.number}
        return ABI.calls.get(step.CALLS.get(regs["rax"], [None])[0]), regs

    def threads(self):
        """(name, before, after) of those that outlive it."""
        now = self.after.objects
        return [(name, t, now[name]) for name, t in self.before.objects.items()
                if isinstance(t, Thread) and isinstance(now.get(name), Thread)]


# ---- authority
def _named(t):
    """The slots that the call names, by addresses or in a CNode, and those that buffers do."""
    call, regs = t.call()
    cnode = None
    for register, kind, _, _ in call.args if call else ():
        if kind.group in ("CAP", "CAP_OR_0"):
            slot = caps.find(t.before, t.me, regs[register])
            cnode = t.before.slots.get(slot)
            yield slot
        elif kind.group.startswith("SLOT") and cnode and cnode.type == TYPE.CNODE:
            yield cnode.object, regs[register]
    for slot, cap in t.before.slots.items():
        if slot[1:] == (3,) and isinstance(t.before.objects.get(slot[0]), Thread):
            memory = t.before.objects[cap.object].memory
            yield from (caps.find(t.before, slot[0], memory.get(BUFFER.cap + i, 0)) for i in range(BUFFER.CAPS))


def _size(s, cap):
    return 1 << cap.data[0] if cap.type == TYPE.UNTYPED else properties._bytes(cap, s.objects[cap.object])


def _made_of(new, old, s):
    """An object that had no capability, of memory; a handler, of the authority to make them."""
    if old.type == TYPE.IRQ_CONTROL:
        return new.type == TYPE.IRQ_HANDLER
    lies = old.type == TYPE.UNTYPED and old.object <= new.object
    return lies and new.device == old.device and new.object + _size(s, new) <= old.object + _size(s, old)


def no_wider(new, old, s):
    """Is all that a capability allows allowed by another one, or is it to what can be made by that?"""
    if (new.type, new.object) != (old.type, old.object) or new.type == TYPE.UNTYPED:
        return _made_of(new, old, s)
    if new.rights & ~old.rights or new.device != old.device:
        return False
    if new.type == TYPE.ENDPOINT:
        return old.data is None or new.data == old.data
    if new.type == TYPE.NOTIFICATION:
        return not old.data[1] or new.data == old.data
    if new.type == TYPE.IO_PORT:
        return old.data[0] <= new.data[0] and new.data[1] <= old.data[1]
    return new.type != TYPE.DEBUG or not new.data & ~old.data


def authority_does_not_appear_from_nowhere(t):
    """A capability that is new somewhere is no wider than one that the call, or a message, names; or it is one to an object made of memory
    that the call names. A reply is to the caller of who saves it."""
    new = [(slot, cap) for slot, cap in t.after.slots.items() if t.before.slots.get(slot) != cap]
    if not new:
        return True
    named = {slot: t.before.slots[slot] for slot in _named(t) if slot in t.before.slots}
    for slot, cap in new:
        old = [*named.values(), *([t.before.slots[slot]] if slot in t.before.slots else [])]
        saved = cap.type == TYPE.REPLY and cap.object == t.before.objects[t.me].caller
        if not saved and not any(no_wider(cap, o, t.after) for o in old):
            return False
    return True


def _goes_with(s, slots):
    """With the last capability to an object goes what lies in it, and the answer that it waits for."""
    gone = set(slots)
    while True:
        kept = {(c.type, c.object) for slot, c in s.slots.items() if slot not in gone}
        dead = {c.object for c in (s.slots[slot] for slot in gone) if c.type in HOLDERS and (c.type, c.object) not in kept}
        more = {slot for slot, c in s.slots.items() if slot[0] in dead or c.type == TYPE.REPLY and c.object in dead} - gone
        if not more:
            return gone
        gone |= more


def what_is_taken_back_goes_and_nothing_else(t):
    """A revocation ends what was derived from the capability, a deletion the capability; and what goes with that, and with what was
    dying before. Afterwards nothing of it is left."""
    call, regs = t.call()
    if not call or call.name not in ("CAP_REVOKE", "CAP_DELETE") or t.outcome not in (0, "again"):
        return True
    slot, revokes = caps.slot_at(t.before, t.me, regs["rdi"], regs["rsi"]), call.name == "CAP_REVOKE"
    first = set(caps.derived(t.before, slot)) if revokes else {slot} & t.before.slots.keys()
    gone = _goes_with(t.before, first | {s for s, c in t.before.slots.items() if c.dying})
    if any(t.before.slots[s] != t.after.slots.get(s) for s in t.before.slots.keys() - gone):
        return False
    if t.outcome or t.me not in t.after.objects or not t.after.thread_slot(t.me, "cspace"):
        return True
    return (slot in gone or next(caps.derived(t.after, slot), None) is None) if revokes else slot not in t.after.slots


# ---- messages and signals
def _words(thread):
    return tuple((ipc.fault_message(thread) if thread.fault else thread.regs)[r] for r in MESSAGE)


def _is_sent(t):
    """Has the message of the running thread been taken, and which is it?"""
    (call, regs), now = t.call(), t.after.objects.get(t.me)
    if now is None or now.state == SENDING:
        return None
    if now.fault:
        return _words(now) if now.state == AWAITING and t.before.current == t.me else None
    if not call or t.outcome not in WITH_MESSAGE + (GOT.NOTIFIED,) or not any(place == "message" for place, _, _, _ in call.args):
        return None
    if "REPLY" in call.name:
        saved = caps.find(t.before, t.me, regs["rdi"]) if "RECV" not in call.name and regs["rdi"] else None
        to = t.before.slots[saved].object if saved else t.before.objects[t.me].caller
        if not to or t.before.objects[to].fault:
            return None  # there is nobody, or it is resumed
    return tuple(regs[r] for r in MESSAGE)


def _taken(t):
    """Of each message that has been taken, its words."""
    for name, old, now in t.threads():
        if name != t.me and old.state == SENDING:
            if now.state == AWAITING or old.kind == SEND and now.state in ABLE and now.regs["rax"] == GOT.MESSAGE:
                yield _words(old)
    mine = _is_sent(t) if t.me else None
    if mine:
        yield mine


def _come(t, kinds):
    """Who has got something of that kind in this step."""
    call, _ = t.call()
    for name, old, now in t.threads():
        waited = old.state in (RECEIVING, AWAITING, WAITING) and not old.fault
        asked = name == t.me and call and t.outcome in kinds and ("RECV" in call.name or call.name in ("WAIT", "POLL"))
        if (waited or asked) and now.state in ABLE and now.regs["rax"] in kinds:
            yield now


def a_message_arrives_once_and_unaltered(t):
    """What threads have got in this step are the messages that have been taken, each once, word for word."""
    return Counter(_taken(t)) == Counter(_words(thread) for thread in _come(t, WITH_MESSAGE))


def no_signal_is_lost(t):
    """Bits that were pending, and those of this call, are pending, or somebody has got them."""
    got = 0
    for thread in _come(t, (GOT.NOTIFIED,)):
        got |= thread.regs["rdi"]
    call, regs = t.call()
    signalled = caps.find(t.before, t.me, regs["rdi"]) if call and call.name == "SIGNAL" and t.outcome == 0 else None
    for name, thing in t.before.objects.items():
        now = t.after.objects.get(name)
        if isinstance(thing, Notification) and isinstance(now, Notification):
            cap = t.before.slots[signalled] if signalled else None
            bits = thing.pending | (cap.data[0] if cap and cap.object == name else 0)
            if bits & ~(now.pending | got):
                return False
    return True


# ---- time and memory
def equals_share(t):
    """Nobody is passed over in line by one of the same priority, but who has no time left or is given a priority; who comes to a line
    goes to its end, but for one that a more urgent one has taken the CPU from; and a slice that is used up while an equal waits ends the
    turn."""
    a, b = t.before, t.after
    call, regs = t.call()
    given = caps.find(a, t.me, regs["rdi"]) if call and call.name == "THREAD_SET_PRIORITY" else None
    given = a.slots[given].object if given in a.slots else 0
    for priority, line in a.ready.items():
        now = b.ready.get(priority, [])
        stay = [x for x in line if x in now and x != given and a.objects[x].left > 0]
        if stay != [x for x in now if x in stay]:
            return False
        if b.current in line and b.current != given and set(stay) & set(line[:line.index(b.current)]):
            return False
        ahead = [x for x in now[:now.index(stay[-1])] if x not in line] if stay else []
        if any(x != given and b.objects[x].priority >= b.objects[b.current].priority for x in ahead):
            return False
    if not isinstance(t.input, step.Tick) or not t.me or a.left > 1:
        return True
    mine = a.objects[t.me].priority
    waits = schedule.highest(a) >= mine and not a.objects[t.me].owes
    return not waits or b.current != t.me and b.ready[mine][-1] == t.me


def a_tick_is_paid_for(t):
    """Time is that of a slice, handed on or kept; a tick takes one from it, and nobody in line pays."""
    a, b = t.before, t.after
    ticked = isinstance(t.input, step.Tick)
    for name, old, now in t.threads():
        if now.state == READY and now.left not in (old.ticks, now.ticks, old.left if old.state == READY else a.left):
            return False
    if not b.current:
        return True
    if ticked and a.left > 1 and t.me:
        return (b.current, b.left) == (t.me, a.left - 1)
    now, old = b.objects[b.current], a.objects.get(b.current)
    own = {now.ticks, *((old.ticks, old.left) if isinstance(old, Thread) and old.state == READY else ())}
    return b.left in own or b.left == (max(a.left - 1, 0) if ticked else a.left)


def memory_is_accounted_for(t):
    """What was made of untyped memory lies in it, below its watermark, and nothing in anything else, untyped memory neither."""
    s = t.after
    if s.slots == t.before.slots and s.parent == t.before.parent:
        return True
    made = {}
    for slot, parent in s.parent.items():
        cap, above = s.slots[slot], s.slots.get(parent)
        if above and above.type == TYPE.UNTYPED:
            # An object counts once, however many capabilities to it stand here; untyped memory has one alone.
            name = slot if cap.type == TYPE.UNTYPED else cap.object
            made.setdefault(parent, {})[name] = cap.object, cap.object + _size(s, cap)
    for slot, places in made.items():
        cap, places = s.slots[slot], sorted(places.values())
        if places[0][0] < cap.object or places[-1][1] > cap.object + cap.data[1] or cap.data[1] > _size(s, cap):
            return False
        if any(end > start for (_, end), (start, _) in zip(places, places[1:])):
            return False
    return True


OF_STEPS = (authority_does_not_appear_from_nowhere, what_is_taken_back_goes_and_nothing_else, a_message_arrives_once_and_unaltered,
            no_signal_is_lost, equals_share, a_tick_is_paid_for, memory_is_accounted_for)


def broken(before, i, after, outcome):
    """The names of those that do not hold of the step, as words."""
    return [rule.__name__.replace("_", " ") for rule in OF_STEPS if not rule(Step(before, i, after, outcome))]
