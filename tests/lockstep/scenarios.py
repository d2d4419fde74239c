"""Sequences for what random inputs do not reach: a table that is full, the end of the machine."""
from tests.lockstep import random_runs
from tests.lockstep.pair import advance
from tests.lockstep.start import ENDPOINTS, ENTRY, NOTIFICATION, ROOT, THREADS, USER, at, call, retype, small
from tests.model import step
from tests.model.numbers import CONST, FAULTS, RIGHT, TYPE, VECTOR_FIRST, VECTORS

WIDE, MANY = 50, 100  # a CNode for many capabilities, and how many


def many_handlers():
    """As many as there are vectors, and one more."""
    yield retype(TYPE.CNODE, 8, WIDE, 1)
    for index in range(VECTORS + 1):
        yield call("IRQ_MSI_GET", rdi=at(CONST.CAP_IRQ_CONTROL), rsi=at(WIDE), rdx=index)
    yield call("IRQ_HANDLER_GET", rdi=at(CONST.CAP_IRQ_CONTROL), rsi=3, rdx=at(WIDE), r8=255)
    yield call("CAP_DELETE", rdi=at(WIDE), rsi=7)
    yield call("IRQ_HANDLER_GET", rdi=at(CONST.CAP_IRQ_CONTROL), rsi=3, rdx=at(WIDE), r8=255)


def end():
    """First as it must not be."""
    yield call("DEBUG_EXIT", rdi=at(WIDE))
    yield call("DEBUG_EXIT", rdi=ROOT)
    yield call("CAP_MINT", rdi=ROOT, rsi=WIDE, rdx=ROOT, r8=CONST.CAP_DEBUG, r10=CONST.DEBUG_MAY_PRINT)
    yield call("DEBUG_EXIT", rdi=at(WIDE))
    yield call("DEBUG_DUMP", rdi=at(WIDE))
    yield call("DEBUG_EXIT", rdi=at(CONST.CAP_DEBUG), rsi=3)


def turns():
    """A slice that is used up three calls deep: the debt goes back with each answer, until the thread whose slice it was gives way."""
    yield retype(TYPE.TCB, 0, WIDE, 1)
    yield call("THREAD_CONFIGURE", rdi=at(WIDE), rsi=ROOT, rdx=at(CONST.CAP_SELF_SPACE), r9=0x202)
    yield call("THREAD_SET_ENTRY", rdi=at(WIDE), rsi=ENTRY)
    yield call("THREAD_RESUME", rdi=at(WIDE))
    yield from small((3, 3))
    yield from (call("RECV", rdi=at(endpoint)) for endpoint in ENDPOINTS)
    yield call("THREAD_SET_SLICE", rdi=at(CONST.CAP_SELF_TCB), rsi=1)
    yield from (call("YIELD"), call("YIELD"))
    yield from (call("CALL", rdi=at(endpoint)) for endpoint in ENDPOINTS)
    yield step.Tick()
    yield from (call("REPLY_RECV", rdi=at(endpoint)) for endpoint in reversed(ENDPOINTS))
    yield from (call("YIELD"), call("YIELD"))


def debts():
    """A server that owes a turn is preempted, three times: then it is stopped, gets another priority, and runs on."""
    yield from small()
    threads = [at(CONST.CAP_SELF_TCB), *map(at, THREADS)]
    yield from (call("THREAD_SET_SLICE", rdi=thread, rsi=1) for thread in threads)
    yield call("YIELD")
    yield from (call(name, rdi=at(ENDPOINTS[0])) for name in ("CALL", "RECV"))
    yield call("YIELD")
    server, urgent, least = threads[2], 3 | 3 << 8, 1 | 3 << 8
    for then in ("THREAD_SUSPEND", "THREAD_SET_PRIORITY", None):
        yield from (call("THREAD_RESUME", rdi=server), call("THREAD_SET_PRIORITY", rdi=server, rsi=urgent), step.Tick())
        yield call("THREAD_SET_PRIORITY", rdi=server, rsi=least)
        if then:
            yield call(then, rdi=server, rsi=least)
    yield call("RECV", rdi=at(ENDPOINTS[1]))
    yield from (call("REPLY"), step.Tick(), call("YIELD"), step.Tick())


def _fill():
    """The wide CNode, with copies of an endpoint's capability."""
    for index in range(MANY):
        yield call("CAP_COPY", rdi=at(WIDE), rsi=index, rdx=ROOT, r8=ENDPOINTS[0], r9=0xff)


def long_deletions():
    """More than an entry does: the calls are made again; and while one is under way others meet what is dying."""
    yield from small()
    yield retype(TYPE.CNODE, 7, WIDE, 1)
    yield from _fill()
    yield from (call("CAP_REVOKE", rdi=ROOT, rsi=ENDPOINTS[0]), step.Again())
    yield from _fill()
    yield call("CAP_DELETE", rdi=ROOT, rsi=WIDE)
    yield from (step.Tick() for _ in range(CONST.SLICE_TICKS))
    yield from (call("CAP_IDENTIFY", rdi=at(WIDE)), call("CAP_COPY", rdi=at(WIDE), rsi=0, rdx=ROOT, r8=1))
    yield from (call("CAP_MOVE", rdi=ROOT, rsi=WIDE + 1, rdx=ROOT, r8=WIDE), call("CAP_SWAP", rdi=ROOT, rsi=WIDE, rdx=ROOT, r8=1))
    yield from (call("CAP_REVOKE", rdi=ROOT, rsi=WIDE), call("CAP_DELETE", rdi=ROOT, rsi=NOTIFICATION), call("YIELD"), call("YIELD"))
    yield step.Again()
    yield call("CAP_IDENTIFY", rdi=at(WIDE))


def faults_between():
    """A call that has more to do faults before it is made again, as where the page of its instruction has gone; it is made when that is
    over."""
    yield from small()
    yield retype(TYPE.CNODE, 7, WIDE, 1)
    yield from _fill()
    yield from (call("CAP_REVOKE", rdi=ROOT, rsi=ENDPOINTS[0]), step.Exception_(FAULTS.PAGE, 0xbad000, 4, 14, {}))
    yield from (call("THREAD_RESUME", rdi=at(CONST.CAP_SELF_TCB)), call("YIELD"), call("YIELD"), step.Again())
    yield call("CAP_COPY", rdi=at(WIDE), rsi=0, rdx=ROOT, r8=ENDPOINTS[0], r9=0xff)


def seldom():
    """What needs two things that do not often come together."""
    yield retype(TYPE.PAGE_TABLE, 0, WIDE, 3)
    yield retype(TYPE.FRAME, 12, WIDE + 3, 2)
    for table in range(WIDE, WIDE + 3):
        yield call("MEMORY_MAP", rdi=at(table), rsi=at(CONST.CAP_SELF_SPACE), rdx=USER)
    for frame in (WIDE + 3, WIDE + 4):
        yield call("MEMORY_MAP_MANY", rdi=ROOT, rsi=frame, rdx=at(CONST.CAP_SELF_SPACE), r8=USER, r9=RIGHT.READ, r10=1)
    yield call("THREAD_SET_BREAKPOINT", rdi=at(CONST.CAP_SELF_TCB), rdx=USER + 1, r8=CONST.BREAK_WRITE | 2 << 8)


def interrupts():
    """By an edge, by a level and by a message: again and again, acknowledged or not, bound or not."""
    yield retype(TYPE.NOTIFICATION, 0, WIDE, 1)
    for index, line in enumerate((1, 2 | CONST.IRQ_LEVEL)):
        yield call("IRQ_HANDLER_GET", rdi=at(CONST.CAP_IRQ_CONTROL), rsi=line, rdx=ROOT, r8=WIDE + 1 + index)
    yield call("IRQ_MSI_GET", rdi=at(CONST.CAP_IRQ_CONTROL), rsi=ROOT, rdx=WIDE + 3)
    for number, handler in enumerate((WIDE + 1, WIDE + 2, WIDE + 3)):
        for bound in (WIDE, None):
            yield call("IRQ_HANDLER_BIND", rdi=at(handler), rsi=at(bound) if bound else 0)
            for times in (1, 2, 3):
                yield from (step.Irq(VECTOR_FIRST + number) for _ in range(times))
                yield from (call("POLL", rdi=at(WIDE)), call("IRQ_HANDLER_ACK", rdi=at(handler)), call("POLL", rdi=at(WIDE)))
        yield from (step.Irq(VECTOR_FIRST + number), call("IRQ_HANDLER_BIND", rdi=at(handler), rsi=at(WIDE)))
        yield from (call("CAP_DELETE", rdi=ROOT, rsi=handler), step.Irq(VECTOR_FIRST + number))


def gathered():
    """Signals with different bits before anybody asks, without and with a thread that is bound: all of them are pending."""
    yield retype(TYPE.NOTIFICATION, 0, WIDE, 1)
    for index, badge in ((WIDE + 1, 1), (WIDE + 2, 6)):
        yield call("CAP_MINT", rdi=ROOT, rsi=index, rdx=ROOT, r8=WIDE, r9=0xff, r10=badge)
    for binds in (False, True):
        if binds:
            yield call("NOTIFICATION_BIND", rdi=at(CONST.CAP_SELF_TCB), rsi=at(WIDE))
        yield from (call("SIGNAL", rdi=at(WIDE + 1)), call("SIGNAL", rdi=at(WIDE + 2)), call("POLL", rdi=at(WIDE)))


def timers():
    """Eight of them, with deadlines up and down, two alike; some are set anew, canceled or deleted, and then all come, one by one."""
    yield retype(TYPE.NOTIFICATION, 0, 40, 1)
    yield retype(TYPE.TIMER, 0, WIDE, 8)
    for n, deadline in enumerate((20, 50, 20, 70, 10, 90, 30, 60)):
        yield call("CAP_MINT", rdi=ROOT, rsi=41, rdx=ROOT, r8=40, r9=0xff, r10=1 << n)
        yield call("TIMER_BIND", rdi=at(WIDE + n), rsi=at(41))
        yield call("CAP_DELETE", rdi=ROOT, rsi=41)
        yield call("TIMER_SET", rdi=at(WIDE + n), rsi=deadline)
    yield from (call("TIMER_CANCEL", rdi=at(WIDE + 4)), call("TIMER_SET", rdi=at(WIDE + 5), rsi=15))
    yield call("CAP_DELETE", rdi=ROOT, rsi=WIDE + 2)
    for now in range(5, 100, 10):
        yield from (step.Time(now), call("POLL", rdi=at(40)))


def every():
    for scenario in (many_handlers, interrupts, gathered, timers, turns, debts, long_deletions, faults_between, seldom, end):
        yield scenario.__name__.replace("_", " "), list(scenario())


def play(host, first, inputs, coverage):
    """None, or (the inputs, what differs)."""
    state, wrong, differs = random_runs.begin(host, first, ())
    for n, i in enumerate(inputs, 1):
        if wrong or not step.allowed(state, i):
            return inputs[:n], differs or "that cannot happen"
        before = state
        state, outcome, differs = advance(state, host, i)
        if differs:
            return inputs[:n], differs
        if not state.ended:
            coverage.note(before, i, state, outcome)
    return None
