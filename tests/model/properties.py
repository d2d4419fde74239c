"""What is true of every state of the specification: not what the kernel does, but why one can rely on it."""
from tests.model import schedule
from tests.model.numbers import TYPE, TYPE_BITS
from tests.model.state import AWAITING, RECEIVING, RUNNING, SENDING, WAITING, CNode, Endpoint, Frame, Notification, Thread

WITHOUT_OBJECT = (TYPE.UNTYPED, TYPE.DEBUG, TYPE.IO_PORT, TYPE.IRQ_CONTROL)
QUEUED = {SENDING: Endpoint, RECEIVING: Endpoint, WAITING: Notification}


def authority_never_widens(s):
    """A capability derived from another one to the same object has no right and no badge that that one lacks."""
    for slot, parent in s.parent.items():
        cap, above = s.slots[slot], s.slots.get(parent)
        if above and (above.type, above.object) == (cap.type, cap.object):
            badge = above.data if cap.type == TYPE.ENDPOINT else None
            if cap.rights & ~above.rights and not above.dying or badge is not None and cap.data != badge:
                return False
    return True


def nothing_of_a_dead_object_is_reachable(s):
    held = all(cap.object in s.objects for cap in s.slots.values() if cap.type not in WITHOUT_OBJECT)
    return held and all(holder in s.objects for holder, _ in s.slots)


def _bytes(cap, thing):
    if isinstance(thing, CNode):
        return 32 << thing.radix
    return 1 << 12 + 9 * thing.level if isinstance(thing, Frame) else 1 << TYPE_BITS[cap.type]


def memory_of_two_objects_never_overlaps(s):
    there = {cap.object: _bytes(cap, s.objects[cap.object]) for cap in s.slots.values()
             if cap.object in s.objects and cap.type != TYPE.IRQ_HANDLER and cap.type not in WITHOUT_OBJECT}
    ends = sorted((start, start + size) for start, size in there.items())
    return all(end <= after for (_, end), (after, _) in zip(ends, ends[1:]))


def a_reply_right_is_in_one_place(s):
    """A thread that waits for a reply is known to the one that owes it, or to one saved reply; and to nobody else."""
    known = [(thing.caller, name) for name, thing in s.objects.items() if isinstance(thing, Thread) and thing.caller]
    known += [(cap.object, slot) for slot, cap in s.slots.items() if cap.type == TYPE.REPLY]
    return sorted(known, key=repr) == sorted(((name, thing.at) for name, thing in s.objects.items()
                                              if isinstance(thing, Thread) and thing.state == AWAITING), key=repr)


def the_most_urgent_runs(s):
    if not s.current:
        return not s.ready
    thread = s.objects[s.current]
    return thread.state == RUNNING and thread.priority >= schedule.highest(s)


def no_wake_up_is_lost(s):
    """A thread that waits stands in the queue there; bits are pending only where nobody waits for them."""
    for name, thing in s.objects.items():
        if isinstance(thing, Thread) and thing.state in QUEUED and s.objects[thing.at].queue.count(name) != 1:
            return False
        if isinstance(thing, Notification) and thing.pending:
            bound = s.objects.get(thing.bound)
            if thing.queue or bound and bound.state == RECEIVING:
                return False
    return True


OF_STATES = (authority_never_widens, nothing_of_a_dead_object_is_reachable, memory_of_two_objects_never_overlaps,
             a_reply_right_is_in_one_place, the_most_urgent_runs, no_wake_up_is_lost)


def broken(s):
    """The names of those that do not hold, as words."""
    return [rule.__name__.replace("_", " ") for rule in OF_STATES if not rule(s)]
