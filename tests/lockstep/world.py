"""The first state, as kernel.c makes it; and what the program there has made of it when an exploration begins."""
from tests.model.numbers import CONST, SLOTS, TYPE
from tests.model.state import RUNNING, Cap, CNode, State, Table, Thread

ARENA = 0x20000000
ROOT_TCB, ROOT_SPACE, DEVICE, MEMORY = ARENA + 0x800, ARENA + 0x1000, ARENA + 0x4000, ARENA + 0x10000
ROOT_RADIX, DEVICE_BITS, MEMORY_BITS, ROOT_PRIORITY = 6, 13, 16, 2
SLOT_MEMORY, SLOT_DEVICE = CONST.CAP_FIRST_FREE, CONST.CAP_FIRST_FREE + 1


def first_state():
    s = State()
    thread = s.objects[ROOT_TCB] = Thread()
    thread.priority, thread.ceiling, thread.state = ROOT_PRIORITY, 255, RUNNING
    s.objects[ARENA], s.objects[ROOT_SPACE] = CNode(ROOT_RADIX), Table(1)
    s.current, s.left, s.lives = ROOT_TCB, thread.ticks, 1
    cnode, space = Cap(TYPE.CNODE, ARENA, data=(0, 0)), Cap(TYPE.ADDRESS_SPACE, ROOT_SPACE)
    _grant(s, CONST.CAP_SELF_CNODE, cnode)
    _own(s, "cspace", cnode)
    _grant(s, CONST.CAP_SELF_SPACE, space)
    _own(s, "space", space)
    _grant(s, CONST.CAP_SELF_TCB, Cap(TYPE.TCB, ROOT_TCB))
    _grant(s, CONST.CAP_DEBUG, Cap(TYPE.DEBUG, 0, data=CONST.DEBUG_MAY_ALL))
    _grant(s, CONST.CAP_IO_PORTS, Cap(TYPE.IO_PORT, 0, data=(0, 0xffff)))
    _grant(s, CONST.CAP_IRQ_CONTROL, Cap(TYPE.IRQ_CONTROL, 0))
    _grant(s, SLOT_MEMORY, Cap(TYPE.UNTYPED, MEMORY, data=(MEMORY_BITS, 0)))
    _grant(s, SLOT_DEVICE, Cap(TYPE.UNTYPED, DEVICE, data=(DEVICE_BITS, 0), device=True))
    return s


def _grant(s, index, cap):
    s.slots[ARENA, index] = cap._replace(original=True)
    s.order.append((ARENA, index))
    s.parent[ARENA, index] = None


def _own(s, name, cap):
    """The thread's copy of what was granted last."""
    slot = ROOT_TCB, SLOTS[name]
    s.slots[slot], s.parent[slot] = cap, s.order[-1]
    s.order.append(slot)
