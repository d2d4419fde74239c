"""Who runs: docs/design.md, section 5. 256 priorities, first in, first out within each."""
from tests.model.state import READY, RUNNING

CHAIN_LOOKED_AT = 64


def highest(s):
    """The highest priority with a ready thread, or -1."""
    return max(s.ready, default=-1)


def _queue(s, name, front):
    thread = s.objects[name]
    queue = s.ready.setdefault(thread.priority, [])
    queue.insert(0 if front else len(queue), name)
    thread.state, thread.at = READY, 0


def enqueue(s, name):
    """At the end of its priority, with a slice of its own."""
    _queue(s, name, False)
    s.objects[name].left = s.objects[name].ticks


def enqueue_preempted(s, name):
    """First among its equals, with what is left of its slice."""
    _queue(s, name, True)
    s.objects[name].left = s.left


def dequeue(s, name):
    thread = s.objects[name]
    s.ready[thread.priority].remove(name)
    if not s.ready[thread.priority]:
        del s.ready[thread.priority]


def take_highest(s):
    """The most urgent ready thread, off its queue and with its slice; 0 when there is none."""
    if not s.ready:
        return 0
    name = s.ready[highest(s)][0]
    dequeue(s, name)
    s.left = s.objects[name].left
    return name


def turn_is_due(s, name):
    """Is a thread ready that is as urgent as this one, or as one that waits, directly or not, for its answer?"""
    for _ in range(CHAIN_LOOKED_AT):
        if not name:
            return False
        if highest(s) >= s.objects[name].priority:
            return True
        name = s.objects[name].caller
    return False


def _make_current(s, name):
    s.current = name
    if name:
        s.objects[name].state, s.objects[name].at = RUNNING, 0


def _pay_turn(s, debtor):
    """The thread that owes a turn has handed on the CPU, and its used-up slice: others of the next one's priority have their turn, or
    the debt goes with the slice. It stays with a thread that was preempted: that will run on with nothing left."""
    thread = s.objects[debtor]
    if thread.state != READY or thread.left > 0:
        thread.owes = False
    name = s.current
    if not name or s.left > 0:
        return
    if highest(s) >= s.objects[name].priority:
        enqueue(s, name)
        _make_current(s, take_highest(s))
    elif turn_is_due(s, name):
        s.objects[name].owes = True


def run(s, name):
    before = s.current
    _make_current(s, name)
    if before in s.objects and s.objects[before].owes:
        _pay_turn(s, before)


def block(s):
    """The running thread does not run on."""
    run(s, take_highest(s))


def give_way(s):
    """The running thread goes behind the others of its priority."""
    if highest(s) >= s.objects[s.current].priority:
        enqueue(s, s.current)
        block(s)


def deliver(s, name, sender_runs):
    """A message hands over the CPU, if nobody more urgent is in the way."""
    receiver, sender = s.objects[name], s.objects[s.current]
    at_once = receiver.priority >= highest(s) and not (sender_runs and receiver.priority < sender.priority)
    if not at_once:
        enqueue(s, name)
        if not sender_runs:
            block(s)
        return
    if sender_runs and receiver.priority > sender.priority:
        enqueue_preempted(s, s.current)
    elif sender_runs:
        enqueue(s, s.current)
    run(s, name)


def wake(s, name):
    """A thread becomes ready; it runs at once if it is more urgent than the running one."""
    if s.current and s.objects[name].priority <= s.objects[s.current].priority:
        enqueue(s, name)
        return
    if s.current:
        enqueue_preempted(s, s.current)
    s.left = s.objects[name].ticks
    run(s, name)


def set_priority(s, name, priority):
    thread = s.objects[name]
    if thread.state == READY:
        dequeue(s, name)
        thread.priority, thread.owes = priority, False
        wake(s, name)
        return
    thread.priority = priority
    if name == s.current and highest(s) > priority:
        enqueue_preempted(s, name)
        block(s)


def tick(s):
    """One tick of the timer. While nobody takes over, the slice stays used up: it may be another's, which gave it with a call."""
    name = s.current
    if not name:
        return
    s.left -= 1
    if s.left > 0:
        return
    s.left = 0
    give_way(s)
    if s.current == name and turn_is_due(s, name):
        s.objects[name].owes = True
