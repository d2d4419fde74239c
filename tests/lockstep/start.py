"""What the first thread makes before random runs and explorations begin: three threads, endpoints and so on, by calls that both must agree
on, too."""
from tests.lockstep import world
from tests.model import step
from tests.model.numbers import ABI, CONST, RIGHT, TYPE
from tests.model.state import MESSAGE

ROOT = 1 << 5
ENTRY, USER = 0x400000, 1 << 40  # of code; of memory: far from where a program and its stacks lie
THREADS, ENDPOINTS, NOTIFICATION, CNODE, TIMER, FRAMES = (16, 17), (18, 19), 20, 21, 22, (23, 24)
DEVICE_FRAMES, TABLES, EXTENDED, HANDLER = (25, 26), (27, 28, 29), 30, 31
PRIORITY = 2


def at(index):
    return index << 5


def call(name, **regs):
    return step.Call(ABI.calls[name].number, {**dict.fromkeys((*MESSAGE, "rdi", "rbx"), 0), **regs})


def retype(kind, size_bits, first, count, source=world.SLOT_MEMORY):
    return call("RETYPE", rdi=at(source), rsi=kind, rdx=size_bits, r8=ROOT, r9=first, r10=count)


def small(priorities=(PRIORITY, PRIORITY)):
    """Threads, endpoints, a notification, a CNode, a timer; the threads have entries and are ready; their faults go to the second
    endpoint."""
    yield retype(TYPE.TCB, 0, THREADS[0], 2)
    yield retype(TYPE.ENDPOINT, 0, ENDPOINTS[0], 2)
    yield retype(TYPE.NOTIFICATION, 0, NOTIFICATION, 1)
    yield retype(TYPE.CNODE, 1, CNODE, 1)
    yield retype(TYPE.TIMER, 0, TIMER, 1)
    for thread, priority in zip(THREADS, priorities):
        yield call("THREAD_CONFIGURE", rdi=at(thread), rsi=ROOT, rdx=at(CONST.CAP_SELF_SPACE), r8=at(ENDPOINTS[1]), r9=priority | 3 << 8)
        yield call("THREAD_SET_ENTRY", rdi=at(thread), rsi=ENTRY)
        yield call("THREAD_RESUME", rdi=at(thread))


def large():
    """Also memory of both kinds and an interrupt; the threads have buffers, which all of them see."""
    yield retype(TYPE.FRAME, 12, FRAMES[0], 2)
    yield retype(TYPE.FRAME, 12, DEVICE_FRAMES[0], 2, world.SLOT_DEVICE)
    yield retype(TYPE.PAGE_TABLE, 0, TABLES[0], 3)
    yield retype(TYPE.EXTENDED_STATE, 0, EXTENDED, 1)
    yield call("IRQ_HANDLER_GET", rdi=at(CONST.CAP_IRQ_CONTROL), rsi=1, rdx=ROOT, r8=HANDLER)
    for table in TABLES:
        yield call("MEMORY_MAP", rdi=at(table), rsi=at(CONST.CAP_SELF_SPACE), rdx=USER)
    yield from small()
    for n, (thread, frame) in enumerate(zip(THREADS, FRAMES)):
        yield call("MEMORY_MAP", rdi=at(frame), rsi=at(CONST.CAP_SELF_SPACE), rdx=USER + (8 + n << 12), r8=RIGHT.READ | RIGHT.WRITE)
        yield call("THREAD_SUSPEND", rdi=at(thread))
        yield call("THREAD_CONFIGURE", rdi=at(thread), rsi=ROOT, rdx=at(CONST.CAP_SELF_SPACE), r8=at(ENDPOINTS[1]), r9=0x302,
                   r10=at(frame))
        yield step.Again()
        yield call("THREAD_RESUME", rdi=at(thread))
    yield call("THREAD_SET_PRIORITY", rdi=at(CONST.CAP_SELF_TCB), rsi=0x303)
