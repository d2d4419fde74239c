"""Communicating threads: the specification without its scheduler. Any thread that is able may step; what a step does to all the rest
depends on nothing of who is how urgent, who stands where in line, or whose time it is. So whatever is proved of threads that step in
any order holds of the kernel, however it schedules.

shaken() is the same state as far as this layer can tell; a step from it must lead to the same again."""
from tests.model import schedule, step
from tests.model.numbers import CONST
from tests.model.state import READY, RUNNING, STOPPED, Thread

ABLE = -1


def _thread(t):
    state = ABLE if t.state in (READY, RUNNING) else t.state
    at = 0 if state == ABLE else t.at
    return (state, at, t.ceiling, t.caller, (t.kind, t.badge, t.long), t.grants, t.fault, t.bound, t.again, t.bases, t.breakpoints,
            tuple(t.regs.values()))


def seen(s):
    """What is left of a state: two that differ in nothing else are one here."""
    things = {name: _thread(thing) if isinstance(thing, Thread) else tuple(map(_plain, vars(thing).values())) if hasattr(thing, "__dict__")
              else thing for name, thing in s.objects.items()}
    return things, s.slots, s.order, s.parent, s.dying, s.revoked, s.ended


def _plain(value):
    return tuple(value) if isinstance(value, list) else value


def shaken(s):
    """Another schedule: the urgent are the least now, the last of a line its first, nobody has any time left; the same thread runs."""
    new = s.copy()
    new.ready = {}
    for priority, queue in s.ready.items():
        for name in reversed(queue):
            new.objects[name].priority = 255 - priority
        new.ready[255 - priority] = queue[::-1]
    for thing in new.objects.values():
        if isinstance(thing, Thread):
            if thing.state not in (READY, RUNNING, STOPPED):
                thing.priority = 255 - thing.priority
            thing.ticks, thing.left, thing.owes = 1, 0, False
    if s.current:
        new.objects[s.current].priority = max([255, *new.ready])
    new.left = 1
    return new


def same(s, i, after):
    """Does the step that leads to `after` lead to the same again from another schedule?"""
    return seen(step.step(shaken(s), i)[0]) == seen(after)


def let_run(s, name):
    """The same state with another of the able threads on the CPU."""
    new = s.copy()
    if s.current != name:
        if s.current:
            schedule.enqueue(new, s.current)
        schedule.dequeue(new, name)
        schedule.run(new, name)
    new.left = CONST.SLICE_TICKS
    return new
