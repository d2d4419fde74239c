"""What a thread finds when its wait ends, and what ends one before what it waits for has come."""
from tests.model import caps, schedule
from tests.model.numbers import CONST, ERR, FAULTS, FLAG_RESUME
from tests.model.state import AWAITING, KEPT, MESSAGE, READY, RECEIVING, REGISTERS, RUNNING, SENDING, STOPPED, WAITING

NO_MESSAGE = dict.fromkeys(MESSAGE, 0)


def forget(thread, keep=()):
    """What the end of the wait will bring means nothing any more."""
    thread.regs.update(dict.fromkeys(r for r in REGISTERS if r not in KEPT and r not in keep))


def returns(thread, rax, rdi, message):
    """Its system call, whatever it waited for, returns this."""
    thread.regs.update(message, rax=rax % (1 << 64), rdi=rdi, rbx=0, rcx=thread.regs["rip"], r11=CONST.FLAGS_AFTER_SYSCALL,
                       rflags=CONST.FLAGS_AFTER_SYSCALL)


def cut_off(s, name, error):
    """It is stopped. A fault that it raised will happen again; a system call returns the error with an empty message."""
    thread = s.objects[name]
    thread.state, thread.at, thread.grants = STOPPED, 0, False
    if not thread.fault:
        returns(thread, error, 0, NO_MESSAGE)
        return
    if thread.fault[0] == FAULTS.DEBUG:
        thread.regs["rflags"] &= ~FLAG_RESUME
    thread.fault = None


def cancel(s, name, error=ERR.CANCELED):
    """Takes a thread out of the wait that it is in, if it is in one; it is stopped. pre: it neither runs nor is ready"""
    thread = s.objects[name]
    if thread.state == STOPPED:
        return
    if thread.state == AWAITING and isinstance(thread.at, tuple):
        caps.remove(s, thread.at)
    elif thread.state == AWAITING:
        s.objects[thread.at].caller = 0
    else:
        s.objects[thread.at].queue.remove(name)
    cut_off(s, name, error)


def time_out(s, name):
    """The call in which it waits, if it waits in one, ends. A wait for the answer to a fault goes on."""
    thread = s.objects[name]
    if thread.state in (SENDING, RECEIVING, WAITING, AWAITING) and not thread.fault:
        cancel(s, name, ERR.TIMEOUT)
        schedule.wake(s, name)


def wake_canceled(s, name):
    """A thread that waits for a reply gets none."""
    cut_off(s, name, ERR.CANCELED)
    schedule.wake(s, name)


def drop_caller(s, name):
    dropped, s.objects[name].caller = s.objects[name].caller, 0
    if dropped:
        wake_canceled(s, dropped)


def stop(s, name):
    """Stops a thread, whatever it is doing."""
    thread = s.objects[name]
    if thread.state == RUNNING:
        thread.state = STOPPED
        schedule.block(s)
    elif thread.state == READY:
        schedule.dequeue(s, name)
        thread.state, thread.owes = STOPPED, False
    else:
        cancel(s, name)
