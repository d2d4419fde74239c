"""Messages: docs/design.md, section 4. Each call is a function of the state, the name of the thread that makes it and its registers."""
from tests.model import caps, notifications, schedule, transfer, waits
from tests.model.caps import Refused, refuse_if
from tests.model.numbers import BUFFER, ERR, GOT, RIGHT, TYPE
from tests.model.state import AWAITING, CALL, CAPS, FAULT, MESSAGE, RECEIVING, SEND, SENDING, SHORT, WORDS, Cap

FAULT_WORDS = ("rip", "rsp", "rflags")  # of the message, besides what is in thread.fault


def fault_message(thread):
    label, address, error, vector = thread.fault
    rip, rsp, rflags = (thread.regs[r] for r in FAULT_WORDS)
    return dict(zip(MESSAGE, (label, address, rip, error, rsp, vector, rflags, 0, 0)))


def hand_over(s, to, sender, badge):
    """The message of `sender` is what `to` finds in its registers when it runs."""
    thread = s.objects[sender]
    message = fault_message(thread) if thread.fault else {r: thread.regs[r] for r in MESSAGE}
    waits.returns(s.objects[to], GOT.MESSAGE, badge or 0, message)
    if not thread.fault and thread.long != SHORT and transfer.long_message(s, to, sender, thread.long == CAPS):
        s.objects[to].regs["rax"] = GOT.LONG


def send_to(s, name, endpoint, badge, kind):
    """To the first that waits to receive there; else it waits for one."""
    thread, queue = s.objects[name], s.objects[endpoint].queue
    if not queue or s.objects[queue[0]].state == SENDING:
        thread.state, thread.at, thread.kind, thread.badge = SENDING, endpoint, kind, badge
        queue.append(name)
        if kind != FAULT:
            waits.forget(thread, MESSAGE if kind == CALL else (*MESSAGE, "rdi", "rbx", "rcx", "r11", "rflags"))
        schedule.block(s)
        return
    receiver = queue.pop(0)
    hand_over(s, receiver, name, badge)
    s.objects[receiver].caller = 0 if kind == SEND else name
    if kind != SEND:
        await_answer(s, name, receiver, kind)
    schedule.deliver(s, receiver, kind == SEND)


def await_answer(s, name, server, kind):
    thread = s.objects[name]
    thread.state, thread.at = AWAITING, server
    thread.grants = kind == CALL and thread.long == CAPS
    if kind != FAULT:
        waits.forget(thread)


def long_kind(s, name, is_long, grant):
    """The part of the message that travels besides the registers."""
    if not is_long:
        return SHORT
    buffer = transfer.buffer_of(s, name)
    refuse_if(buffer is None, ERR.NO_BUFFER)
    refuse_if(buffer.memory.get(BUFFER.caps) and not grant, ERR.NO_RIGHT)
    return CAPS if grant else WORDS


def receivers(s, endpoint):
    return [name for name in s.objects[endpoint].queue if s.objects[name].state == RECEIVING]


def _send(s, me, r, kind, is_long=False, block=True):
    s.objects[me].regs["rbx"] = 0
    cap = caps.cap_at(s, me, r.rdi, TYPE.ENDPOINT, right=RIGHT.SEND)
    how = long_kind(s, me, is_long, cap.rights & RIGHT.GRANT)
    refuse_if(not block and not receivers(s, cap.object), ERR.EMPTY)
    s.objects[me].long = how
    send_to(s, me, cap.object, cap.data, kind)
    return 0


def sys_send(s, me, r):
    return _send(s, me, r, SEND)


def sys_send_nb(s, me, r):
    return _send(s, me, r, SEND, block=False)


def sys_long_send(s, me, r):
    return _send(s, me, r, SEND, is_long=True)


def sys_call(s, me, r):
    return _send(s, me, r, CALL)


def sys_long_call(s, me, r):
    return _send(s, me, r, CALL, is_long=True)


# ---- receiving
def _senders(s, endpoint):
    queue = s.objects[endpoint].queue
    return queue if queue and s.objects[queue[0]].state == SENDING else []


def _signalled(s, me):
    """The bound notification, if it has something for this thread."""
    bound = s.objects[me].bound
    return s.objects[bound] if bound and s.objects[bound].pending else None


def _wait_at(s, me, endpoint):
    s.objects[endpoint].queue.append(me)
    s.objects[me].state, s.objects[me].at = RECEIVING, endpoint
    waits.forget(s.objects[me])


def _receive(s, me, endpoint):
    """First of all a signal of the bound notification, then the first that waits to send, else it waits."""
    notification = _signalled(s, me)
    if notification:
        notifications.take(s, me, notification)
        return GOT.NOTIFIED
    if not _senders(s, endpoint):
        _wait_at(s, me, endpoint)
        schedule.block(s)
        return GOT.MESSAGE
    sender = s.objects[endpoint].queue.pop(0)
    thread = s.objects[sender]
    hand_over(s, me, sender, thread.badge)
    if thread.kind == SEND:
        s.objects[me].caller = 0
        thread.regs["rax"] = GOT.MESSAGE
        schedule.wake(s, sender)
    else:
        s.objects[me].caller = sender
        await_answer(s, sender, me, thread.kind)
    return s.objects[me].regs["rax"]


def _recv(s, me, r, block):
    s.objects[me].regs["rbx"] = 0
    cap = caps.cap_at(s, me, r.rdi, TYPE.ENDPOINT, right=RIGHT.RECV)
    refuse_if(not block and not _signalled(s, me) and not _senders(s, cap.object), ERR.EMPTY)
    dropped, s.objects[me].caller = s.objects[me].caller, 0
    result = _receive(s, me, cap.object)
    if dropped:
        waits.wake_canceled(s, dropped)
    return result


def sys_recv(s, me, r):
    return _recv(s, me, r, True)


def sys_recv_nb(s, me, r):
    return _recv(s, me, r, False)


# ---- answering
def _answer(s, me, name):
    """The message, or the resumption, goes to the thread that waited for it."""
    thread = s.objects[name]
    thread.grants = False
    if thread.fault:
        thread.fault = None
    else:
        hand_over(s, name, me, 0)


def _reply(s, me, r, is_long):
    thread = s.objects[me]
    thread.regs["rbx"] = 0
    saved, to = None, thread.caller
    if r.rdi:
        saved = caps.look_up(s, me, r.rdi, TYPE.REPLY)
        to = s.slots[saved].object
    if not to:
        raise Refused(ERR.NO_CALLER)
    thread.long = long_kind(s, me, is_long, s.objects[to].grants)
    if saved:
        caps.remove(s, saved)
    else:
        thread.caller = 0
    _answer(s, me, to)
    schedule.deliver(s, to, True)
    return 0


def sys_reply(s, me, r):
    return _reply(s, me, r, False)


def sys_long_reply(s, me, r):
    return _reply(s, me, r, True)


def sys_reply_save(s, me, r):
    slot, to = caps.slot_at(s, me, r.rdi, r.rsi), s.objects[me].caller
    refuse_if(slot in s.slots, ERR.OCCUPIED)
    refuse_if(not to, ERR.NO_CALLER)
    s.slots[slot] = Cap(TYPE.REPLY, to, data=s.objects[to].grants)
    s.objects[to].at = slot
    s.objects[me].caller = 0
    return 0


def _reply_recv(s, me, r, is_long):
    thread = s.objects[me]
    thread.regs["rbx"] = 0
    cap = caps.cap_at(s, me, r.rdi, TYPE.ENDPOINT, right=RIGHT.RECV)
    to = thread.caller
    if not to:
        return _receive(s, me, cap.object)
    thread.long = long_kind(s, me, is_long, s.objects[to].grants)
    thread.caller = 0
    _answer(s, me, to)
    if _signalled(s, me) or _senders(s, cap.object):
        result = _receive(s, me, cap.object)
        schedule.wake(s, to)
        return result
    _wait_at(s, me, cap.object)
    schedule.deliver(s, to, False)
    return GOT.MESSAGE


def sys_reply_recv(s, me, r):
    return _reply_recv(s, me, r, False)


def sys_long_reply_recv(s, me, r):
    return _reply_recv(s, me, r, True)


# ---- faults
def raise_fault(s, label, address, error, vector):
    """What the running thread did becomes a message to its fault endpoint; without one it stops."""
    name = s.current
    handler = s.thread_slot(name, "fault")
    if not handler:
        waits.stop(s, name)
        return
    thread = s.objects[name]
    thread.long, thread.fault = SHORT, (label, address, error, vector)
    send_to(s, name, handler.object, handler.data, FAULT)
