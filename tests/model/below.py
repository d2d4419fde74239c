"""What a fast path depends on besides the specification's state: what is below that, with the way in which it may decide; and what is said
of a thread that only C switches to or from."""
from tests.model.state import READY, RECEIVING, WAITING, Endpoint, Thread

RETURNED, NOTIFIED = 1, 2  # how a fast path has left a ready thread in line: its call has returned 0; its wait has ended with bits


class Below:
    """What is below the specification's level. Here: a machine that has none of it."""

    clears = False  # only allows: the CPU's extended registers never hold a thread's state that does not run
    held = 0  # only allows: the extended state that they hold

    def left(self, name):
        """RETURNED, NOTIFIED or None. Only of a ready thread that nothing slow is said of. A path that goes on with the next thread is
        allowed by it; a signal to a bound thread, forbidden."""

    def signalled(self, name):
        """Has the bound thread's notification been signalled since it last received? It has while bits are pending, and only a bound
        thread has. Forbids what switches to it or from it; a signal need not look for it then."""
        return False

    def by_c(self, name):
        """Only of a thread with extended state or segment bases, and only forbids: this CPU lacks what a path would switch them with."""
        return False

    def cancels_at(self, endpoint):
        """Only forbids: the sender at which an unfinished cancellation goes on, or 0."""
        return 0


def lies(s, below):
    """What Below says that it may not."""
    for name, t in ((n, t) for n, t in s.objects.items() if isinstance(t, Thread)):
        left, signalled = below.left(name), below.signalled(name)
        if left and (t.state != READY or slow(s, below, name)):
            yield f"{name:#x} was left in line, and is not ready, or is slow"
        if signalled and not t.bound or not signalled and t.bound and s.objects[t.bound].pending:
            yield f"{name:#x} is{'' if signalled else ' not'} signalled"
        if below.by_c(name) and not (s.thread_slot(name, "extended") or t.bases != (0, 0)):
            yield f"{name:#x} has nothing that only C switches"
    for name, e in ((n, e) for n, e in s.objects.items() if isinstance(e, Endpoint)):
        if below.cancels_at(name) and below.cancels_at(name) not in e.queue:
            yield f"a cancellation at {name:#x} stands at a thread that does not wait there"


# ---- what is said of a thread
FOLLOWED, FAULTED, SIGNALLED, BY_C = "others behind it", "an unanswered fault", "signalled", "what only C switches"
STATE, BASES, BREAKPOINTS, OWES = "extended state", "segment bases", "breakpoints", "owes others a turn"
SECOND = (STATE, BASES)  # which second paths of call and reply_recv switch


def _followed(s, below, name):
    """Is it the first that waits there, and somebody else to be thought of when it goes?"""
    t = s.objects[name]
    if t.state not in (RECEIVING, WAITING) or s.objects[t.at].queue[0] != name:
        return False
    bound = t.state == WAITING and s.objects[t.at].bound
    return len(s.objects[t.at].queue) > 1 or bool(bound and not below.signalled(bound))


def slow(s, below, name, but=()):
    """What keeps fast paths from a thread."""
    t = s.objects[name]
    found = {FOLLOWED: _followed(s, below, name), FAULTED: t.fault, SIGNALLED: below.signalled(name), BY_C: below.by_c(name),
             BREAKPOINTS: any(what != (0, 0, 0) for what in t.breakpoints), OWES: t.owes, STATE: s.thread_slot(name, "extended"),
             BASES: t.bases != (0, 0)}
    return [why for why, is_so in found.items() if is_so and why not in but]
