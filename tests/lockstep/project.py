"""The specification's state as the numbers that view.c gives of the kernel's, in its order; and what each of them is."""
from tests.model.numbers import TYPE
from tests.model.state import AWAITING, READY, REGISTERS, SENDING

MEANS_NOTHING, NONE, FRAME_WORDS, DYING = 0x6e6f7468696e67, (1 << 64) - 1, 40, 0x80


def _slot(slot):
    return slot or (NONE, NONE)


def _mapping(s, cap):
    if not cap.data:
        return 0, 0, 0, 0
    life, address, level = cap.data
    space = next((name for name, thing in s.objects.items() if getattr(thing, "life", None) == life), 0)
    return 1, space, address, level


def _data(s, cap):
    kind, data = cap.type, cap.data
    if cap.dying:
        return ()
    if kind in (TYPE.UNTYPED, TYPE.IO_PORT, TYPE.NOTIFICATION):
        return data
    if kind == TYPE.ENDPOINT:
        return data or 0, data is not None
    if kind == TYPE.CNODE:
        return s.objects[cap.object].radix, *data
    if kind == TYPE.FRAME:
        return 12 + 9 * s.objects[cap.object].level, *_mapping(s, cap)
    if kind == TYPE.PAGE_TABLE:
        return _mapping(s, cap)
    return (data,) if kind == TYPE.DEBUG else ()


def _cap(s, slot):
    cap = s.slots[slot]
    yield slot
    yield cap.type | (DYING if cap.dying else 0), cap.object, cap.rights, cap.original, cap.device
    yield _slot(s.parent[slot])
    yield _data(s, cap)


def _thread(name, t):
    sends = t.state == SENDING
    at = t.at if isinstance(t.at, tuple) else (t.at, 0)
    yield name, t.state, *at, 32 if t.state == AWAITING and t.grants else 0
    yield t.priority, t.ceiling, t.ticks, t.left if t.state == READY else 0, t.caller
    yield (t.kind, t.badge or 0, t.long) if sends else (0, 0, 0)
    yield t.fault or (0, 0, 0, 0)
    yield t.bound, t.owes, *t.bases
    for point in t.breakpoints:
        yield point
    yield [MEANS_NOTHING if t.regs[r] is None else t.regs[r] for r in REGISTERS]


def _table(name, table):
    yield (name,)
    for index, entry in sorted(table.entries.items()):
        yield index, entry.object, entry.table, entry.attributes, entry.large, 1
    yield (NONE,)


def _queued(name, *rest):
    *front, queue = rest
    return name, *front, len(queue), *queue


def _object(s, about):
    kind, name = about
    thing = s.objects[name]
    if kind == TYPE.TCB:
        return _thread(name, thing)
    if kind == TYPE.ENDPOINT:
        return (_queued(name, thing.queue),)
    if kind == TYPE.NOTIFICATION:
        return (_queued(name, thing.pending, thing.bound, thing.queue),)
    if kind in (TYPE.ADDRESS_SPACE, TYPE.PAGE_TABLE):
        return _table(name, thing)
    if kind == TYPE.FRAME:
        return ((name, *(thing.memory.get(i, 0) for i in range(FRAME_WORDS))),)
    if kind == TYPE.TIMER:
        return ((name, thing.deadline is not None, thing.deadline or 0),)
    if kind == TYPE.IRQ_HANDLER:
        return ((True, NONE if thing.line is None else thing.line, thing.pending, thing.again, thing.masked),)
    return ()


def _running(s, _):
    yield s.current, s.left if s.current else 0


def _ready(s, _):
    for priority in sorted(s.ready, reverse=True):
        yield _queued(priority, s.ready[priority])
    yield (NONE,)


def _count(_s, caps):
    yield (caps,)


def pieces(s):
    """What the numbers are made of, in their order: functions, and what each is about. Which they are depends on the capabilities alone."""
    yield from ((_running, None), (_ready, None), (_count, len(s.order)))
    for slot in s.order:
        yield _cap, slot
    before = None
    for slot in s.order:
        cap = s.slots[slot]
        if cap.type != TYPE.UNTYPED and (cap.type, cap.object) != before and cap.object:
            yield _object, (cap.type, cap.object)
        before = cap.type, cap.object


def parts(s):
    """Tuples of numbers, one after the other."""
    for tell, about in pieces(s):
        yield from tell(s, about)


def numbers(s):
    return [number for part in parts(s) for number in part]


def where(s, at):
    """What the number at that place belongs to, for people."""
    first = 0
    for part in parts(s):
        part = list(part)
        if at < first + len(part):
            return f"{at - first} of {part}"
        first += len(part)
    return f"{at - first} beyond the end"
