"""The calls on threads: thread_..., yield."""
from tests.model import caps, deletion, schedule, transfer, waits
from tests.model.caps import Refused, refuse_if
from tests.model.numbers import BUFFER, CONST, ERR, READABLE, RIGHT, SLICE_MAX, SLOTS, TYPE, USER_FLAGS
from tests.model.state import STOPPED

CONFIGURED = ("cspace", "space", "fault", "buffer")


def thread_at(s, me, address):
    return caps.cap_at(s, me, address, TYPE.TCB).object


def sys_yield(s, _me, _r):
    schedule.give_way(s)
    return 0


def sys_thread_suspend(s, me, r):
    waits.stop(s, thread_at(s, me, r.rdi))
    return 0


def sys_thread_resume(s, me, r):
    name = thread_at(s, me, r.rdi)
    refuse_if(s.objects[name].state != STOPPED, ERR.IN_USE)
    refuse_if(not s.thread_slot(name, "cspace") or not s.thread_slot(name, "space"), ERR.BAD_ARGUMENT)
    schedule.wake(s, name)
    return 0


def _priorities(s, me, word):
    """priority | ceiling << 8"""
    refuse_if(word >> 16, ERR.BAD_ARGUMENT)
    priority, ceiling = word & 0xff, word >> 8
    refuse_if(ceiling > s.objects[me].ceiling or priority > ceiling, ERR.BAD_PRIORITY)
    return priority, ceiling


def _buffer_at(s, me, address):
    """A frame of RAM, readable and writable."""
    slot = caps.look_up(s, me, address, TYPE.FRAME)
    cap, both = s.slots[slot], RIGHT.READ | RIGHT.WRITE
    refuse_if(cap.device, ERR.BAD_ARGUMENT)
    refuse_if(cap.rights & both != both, ERR.NO_RIGHT)
    return slot


def sys_thread_configure(s, me, r):
    name = thread_at(s, me, r.rdi)
    new = {"cspace": caps.look_up(s, me, r.rsi, TYPE.CNODE), "space": caps.look_up(s, me, r.rdx, TYPE.ADDRESS_SPACE)}
    if r.r8:
        new["fault"] = caps.look_up(s, me, r.r8, TYPE.ENDPOINT, right=RIGHT.SEND)
    if r.r10:
        new["buffer"] = _buffer_at(s, me, r.r10)
    priority, ceiling = _priorities(s, me, r.r9)
    refuse_if(s.objects[name].state != STOPPED, ERR.IN_USE)
    old = [caps.own(name, which) for which in CONFIGURED]
    if any(slot in s.slots for slot in old):
        return deletion.delete_first(s, old)
    for which, slot in new.items():
        caps.copy(s, slot, caps.own(name, which), s.slots[slot].rights)
    s.objects[name].ceiling = ceiling
    schedule.set_priority(s, name, priority)
    return 0


def sys_thread_set_entry(s, me, r):
    name = thread_at(s, me, r.rdi)
    thread = s.objects[name]
    refuse_if(r.rsi >= CONST.USER_TOP or r.rdx > CONST.USER_TOP, ERR.BAD_ARGUMENT)
    refuse_if(thread.state != STOPPED, ERR.IN_USE)
    thread.again = False
    thread.regs.update(dict.fromkeys(thread.regs, 0), rip=r.rsi, rsp=r.rdx, rdi=r.r8, rflags=CONST.FLAGS_AFTER_SYSCALL)
    waits.drop_caller(s, name)
    return 0


def _still(s, me, address):
    """A thread whose registers all mean something, and the caller's buffer."""
    thread, buffer = s.objects[thread_at(s, me, address)], transfer.buffer_of(s, me)
    refuse_if(buffer is None, ERR.NO_BUFFER)
    refuse_if(thread.state != STOPPED and not thread.fault, ERR.IN_USE)
    return thread, buffer


def sys_thread_read_registers(s, me, r):
    thread, buffer = _still(s, me, r.rdi)
    for i, register in enumerate(READABLE):
        transfer.store(buffer, BUFFER.word + i, thread.regs[register])
    return 0


def sys_thread_write_registers(s, me, r):
    thread, buffer = _still(s, me, r.rdi)
    new = {register: buffer.memory.get(BUFFER.word + i, 0) for i, register in enumerate(READABLE)}
    refuse_if(new["rip"] >= CONST.USER_TOP or new["rsp"] > CONST.USER_TOP, ERR.BAD_ARGUMENT)
    new["rflags"] = new["rflags"] & USER_FLAGS | CONST.FLAGS_AFTER_SYSCALL
    thread.regs.update(new)
    thread.again = False
    return 0


def sys_thread_set_priority(s, me, r):
    name = thread_at(s, me, r.rdi)
    priority, ceiling = _priorities(s, me, r.rsi)
    s.objects[name].ceiling = ceiling
    schedule.set_priority(s, name, priority)
    return 0


def _stopped_or_self(s, me, address):
    name = thread_at(s, me, address)
    refuse_if(name != me and s.objects[name].state != STOPPED, ERR.IN_USE)
    return name


def sys_thread_set_tls(s, me, r):
    name = _stopped_or_self(s, me, r.rdi)
    refuse_if(r.rsi >= CONST.USER_TOP or r.rdx >= CONST.USER_TOP, ERR.BAD_ARGUMENT)
    s.objects[name].bases = r.rsi, r.rdx
    return 0


def sys_thread_set_fpu(s, me, r):
    name = _stopped_or_self(s, me, r.rdi)
    new = caps.look_up(s, me, r.rsi, TYPE.EXTENDED_STATE) if r.rsi else None
    old = name, SLOTS["extended"]
    if old in s.slots:
        return deletion.delete_first(s, [old])
    if new:
        caps.copy(s, new, old, 0)
    return 0


def sys_thread_set_slice(s, me, r):
    thread = s.objects[thread_at(s, me, r.rdi)]
    refuse_if(not 1 <= r.rsi <= SLICE_MAX, ERR.BAD_ARGUMENT)
    thread.ticks = r.rsi
    return 0


def sys_thread_set_affinity(s, me, r):
    thread_at(s, me, r.rdi)
    refuse_if(r.rsi != 0, ERR.BAD_ARGUMENT)
    return 0


def _breakpoint(word, address):
    """kind | length << 8"""
    kind, length = word & 0xff, word >> 8
    if word == 0:
        return 0, 0, 0
    if kind not in (CONST.BREAK_EXECUTE, CONST.BREAK_WRITE, CONST.BREAK_ACCESS) or address >= CONST.USER_TOP:
        raise Refused(ERR.BAD_ARGUMENT)
    refuse_if(length not in ((1,) if kind == CONST.BREAK_EXECUTE else (1, 2, 4, 8)), ERR.BAD_ARGUMENT)
    refuse_if(address % length, ERR.MISALIGNED)
    return address, kind, length


def sys_thread_set_breakpoint(s, me, r):
    thread = s.objects[thread_at(s, me, r.rdi)]
    refuse_if(r.rsi >= CONST.BREAKPOINTS, ERR.BAD_ARGUMENT)
    new = list(thread.breakpoints)
    new[r.rsi] = _breakpoint(r.r8, r.rdx)
    thread.breakpoints = tuple(new)
    return 0
