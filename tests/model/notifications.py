"""Signals, and who waits for them. notification_..."""
from tests.model import caps, schedule
from tests.model.caps import refuse_if
from tests.model.numbers import ERR, GOT, RIGHT, TYPE
from tests.model.state import RECEIVING, WAITING
from tests.model.waits import NO_MESSAGE, forget, returns


def _wake(s, name, bits):
    returns(s.objects[name], GOT.NOTIFIED, bits, NO_MESSAGE)
    schedule.wake(s, name)


def signal_by(s, cap):
    """By the bits of the capability's badge."""
    signal(s, cap.object, cap.data[0])


def signal(s, name, bits):
    """Wakes the first waiter; or the bound thread, if it waits to receive; or the bits stay."""
    notification = s.objects[name]
    bound = s.objects.get(notification.bound)
    if notification.queue:
        _wake(s, notification.queue.pop(0), bits)
    elif bound and bound.state == RECEIVING:
        s.objects[bound.at].queue.remove(notification.bound)
        _wake(s, notification.bound, bits)
    else:
        notification.pending |= bits


def take(s, name, notification):
    """The running thread gets all bits."""
    returns(s.objects[name], GOT.NOTIFIED, notification.pending, NO_MESSAGE)
    notification.pending = 0


def unbind(s, notification):
    s.objects[notification.bound].bound = 0
    notification.bound = 0


# ---- system calls
def sys_signal(s, me, r):
    cap = caps.cap_at(s, me, r.rdi, TYPE.NOTIFICATION, right=RIGHT.SIGNAL)
    signal_by(s, cap)
    return 0


def sys_wait(s, me, r):
    s.objects[me].regs["rbx"] = 0
    cap = caps.cap_at(s, me, r.rdi, TYPE.NOTIFICATION, right=RIGHT.WAIT)
    notification, thread = s.objects[cap.object], s.objects[me]
    if notification.pending:
        take(s, me, notification)
    else:
        notification.queue.append(me)
        thread.state, thread.at = WAITING, cap.object
        forget(thread)
        schedule.block(s)
    return GOT.NOTIFIED


def sys_poll(s, me, r):
    cap = caps.cap_at(s, me, r.rdi, TYPE.NOTIFICATION, right=RIGHT.WAIT)
    notification = s.objects[cap.object]
    refuse_if(not notification.pending, ERR.EMPTY)
    take(s, me, notification)
    return GOT.NOTIFIED


def sys_notification_bind(s, me, r):
    name = caps.cap_at(s, me, r.rdi, TYPE.TCB).object
    thread = s.objects[name]
    if not r.rsi:
        if thread.bound:
            unbind(s, s.objects[thread.bound])
        return 0
    cap = caps.cap_at(s, me, r.rsi, TYPE.NOTIFICATION, right=RIGHT.WAIT)
    notification = s.objects[cap.object]
    refuse_if(thread.bound or notification.bound or notification.queue, ERR.IN_USE)
    thread.bound, notification.bound = cap.object, name
    pending, notification.pending = notification.pending, 0
    if pending:
        signal(s, cap.object, pending)  # it may be waiting to receive already
    return 0
