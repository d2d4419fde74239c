"""Interrupts, timers, ports and the console: irq_..., timer_..., io_..., debug_...; and null."""
from tests.model import caps, deletion, notifications, waits
from tests.model.caps import refuse_if
from tests.model.numbers import CONST, ERR, FIRED_PER_ENTRY, RIGHT, TYPE, VECTOR_FIRST, VECTORS
from tests.model.state import HANDLERS, Cap, Handler


# ---- interrupts
def _change(s, name, **how):
    """How a handler is from now on. What a message raises cannot be masked."""
    if s.objects[name].line is None:
        how.pop("masked", None)
    s.objects[name] = s.objects[name]._replace(**how)


def _tell(s, name):
    cap = s.slots.get((name, 0))
    if cap and not cap.dying:
        notifications.signal_by(s, cap)


def raise_irq(s, vector):
    """It is pending until it is acknowledged. Meanwhile a level-triggered line is masked; an edge-triggered one stays open for one more."""
    name = HANDLERS + vector - VECTOR_FIRST
    handler = s.objects.get(name)
    if not isinstance(handler, Handler):
        return
    level = handler.line is not None and handler.line & CONST.IRQ_LEVEL
    if level or handler.pending:
        _change(s, name, masked=True)
    if handler.pending:
        _change(s, name, again=not level)
    else:
        _change(s, name, pending=True)
        _tell(s, name)


def line_of(machine, asked):
    """The line that the argument of irq_handler_get names, or None."""
    line, flags = asked, CONST.IRQ_LEVEL | CONST.IRQ_LOW
    if asked & CONST.IRQ_ISA:
        line = asked - CONST.IRQ_ISA
        if line >= 16:
            return None
        line = dict(machine.isa).get(line, line)
    elif asked & CONST.IRQ_IOAPIC:
        pin, place = asked & 0xff, asked >> 8 & 0xff
        first, pins = machine.apics[place] if place < len(machine.apics) else (0, 0)
        if pin >= pins:
            return None
        line = first + pin | asked - CONST.IRQ_IOAPIC & ~CONST.IRQ_LINE_MAX
    there = any(first <= line & CONST.IRQ_LINE_MAX < first + pins for first, pins in machine.apics)
    return line if not line & ~(CONST.IRQ_LINE_MAX | flags) and there else None


def _new_handler(s, me, control, cnode, index, line):
    """Its name; its capability is derived from the authority."""
    to = caps.slot_at(s, me, cnode, index)
    refuse_if(to in s.slots, ERR.OCCUPIED)
    lines = [h.line & CONST.IRQ_LINE_MAX for h in s.objects.values() if isinstance(h, Handler) and h.line is not None]
    refuse_if(line is not None and line & CONST.IRQ_LINE_MAX in lines, ERR.IN_USE)
    free = (n for n in range(HANDLERS, HANDLERS + VECTORS) if n not in s.objects and (n, 0) not in s.slots)
    name = next(free, None)
    refuse_if(name is None, ERR.NO_MEMORY)
    s.objects[name] = Handler(line)
    caps.put_under(s, control, to, Cap(TYPE.IRQ_HANDLER, name, original=True))
    return name


def sys_irq_handler_get(s, me, r):
    control, line = caps.look_up(s, me, r.rdi, TYPE.IRQ_CONTROL), line_of(s.machine, r.rsi)
    refuse_if(line is None, ERR.BAD_ARGUMENT)
    _new_handler(s, me, control, r.rdx, r.r8, line)
    return 0


def sys_irq_msi_get(s, me, r):
    control = caps.look_up(s, me, r.rdi, TYPE.IRQ_CONTROL)
    return _new_handler(s, me, control, r.rsi, r.rdx, None) - HANDLERS + VECTOR_FIRST


def sys_irq_handler_ack(s, me, r):
    name = caps.cap_at(s, me, r.rdi, TYPE.IRQ_HANDLER).object
    again = s.objects[name].again
    _change(s, name, pending=again, again=False, masked=False)
    if again:
        _tell(s, name)
    return 0


def _bind(s, slot, target, rights):
    """A handler's or timer's own copy; a dying one goes first."""
    refuse_if(caps.usable(s, slot), ERR.IN_USE)
    if slot in s.slots:
        return deletion.delete_first(s, [slot])
    caps.copy(s, target, slot, rights)
    return 0


def sys_irq_handler_bind(s, me, r):
    name = caps.cap_at(s, me, r.rdi, TYPE.IRQ_HANDLER).object
    if not r.rsi:
        return deletion.delete_slot(s, (name, 0))
    result = _bind(s, (name, 0), caps.look_up(s, me, r.rsi, TYPE.NOTIFICATION, right=RIGHT.SIGNAL), RIGHT.SIGNAL)
    if result == 0 and s.objects[name].pending:
        _tell(s, name)
    return result


# ---- timers
def _fire(s, name):
    """What it was bound to may be gone: then nothing happens."""
    cap = s.slots.get((name, 0))
    if cap and not cap.dying and cap.type == TYPE.NOTIFICATION:
        notifications.signal_by(s, cap)
    elif cap and not cap.dying:
        waits.time_out(s, cap.object)


def _armed(s):
    """(deadline, name) of the timers that are set, the first of them first."""
    return sorted((s.objects[c.object].deadline, c.object) for c in s.slots.values()
                  if c.type == TYPE.TIMER and s.objects[c.object].deadline is not None)


def fire_due(s):
    """Does what timers do whose deadline has come, a bounded number of them."""
    for _ in range(FIRED_PER_ENTRY):
        first = next(iter(_armed(s)), None)
        if not first or first[0] > s.now:
            return
        s.objects[first[1]] = s.objects[first[1]]._replace(deadline=None)
        _fire(s, first[1])


def sys_timer_bind(s, me, r):
    name = caps.cap_at(s, me, r.rdi, TYPE.TIMER).object
    if not r.rsi:
        return deletion.delete_slot(s, (name, 0))
    target = caps.look_up(s, me, r.rsi, TYPE.TCB, TYPE.NOTIFICATION)
    cap = s.slots[target]
    refuse_if(cap.type == TYPE.NOTIFICATION and not cap.rights & RIGHT.SIGNAL, ERR.NO_RIGHT)
    return _bind(s, (name, 0), target, cap.rights & RIGHT.SIGNAL)


def sys_timer_set(s, me, r):
    name = caps.cap_at(s, me, r.rdi, TYPE.TIMER).object
    due = r.rsi <= s.now
    s.objects[name] = s.objects[name]._replace(deadline=None if due else r.rsi)
    if due:
        _fire(s, name)
    return 0


def sys_timer_cancel(s, me, r):
    name = caps.cap_at(s, me, r.rdi, TYPE.TIMER).object
    refuse_if(s.objects[name].deadline is None, ERR.EMPTY)
    s.objects[name] = s.objects[name]._replace(deadline=None)
    return 0


# ---- ports, the console, and nothing
def sys_null(_s, _me, _r):
    return 0


def _check_ports(s, me, r):
    first, last = caps.cap_at(s, me, r.rdi, TYPE.IO_PORT).data
    refuse_if(r.rdx not in (1, 2, 4) or not first <= r.rsi <= r.rsi + r.rdx - 1 <= last, ERR.BAD_ARGUMENT)


def sys_io_in(s, me, r):
    _check_ports(s, me, r)
    return s.machine.port & (1 << 8 * r.rdx) - 1


def sys_io_out(s, me, r):
    _check_ports(s, me, r)
    return 0


def _check_debug(s, me, r, may):
    refuse_if(not caps.cap_at(s, me, r.rdi, TYPE.DEBUG).data & may, ERR.NO_RIGHT)


def sys_debug_putchar(s, me, r):
    _check_debug(s, me, r, CONST.DEBUG_MAY_PRINT)
    return 0


def sys_debug_exit(s, me, r):
    _check_debug(s, me, r, CONST.DEBUG_MAY_END)
    s.ended = True
    return 0


def sys_debug_dump(s, me, r):
    _check_debug(s, me, r, CONST.DEBUG_MAY_LOOK)
    refuse_if(r.rsi > CONST.DUMP_CAPS, ERR.BAD_ARGUMENT)
    return 0
