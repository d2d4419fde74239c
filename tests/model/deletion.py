"""Taking things apart. The last capability to an object takes the object with it; what the object holds goes with it in steps, a bounded
number in each entry. Meanwhile the capability is dying: it stays in its slot and serves nobody. An entry makes or deletes, never both."""
from tests.model import caps, mapping, notifications, schedule, waits
from tests.model.numbers import EMPTY_SLOTS_PER_STEP, ERR, SLOTS, STEPS_PER_ENTRY, TYPE

AGAIN = object()  # what a call returns to be made once more


def _end_use(s, slot, cap):
    """What the capability stands for by itself goes with it."""
    if cap.type in (TYPE.FRAME, TYPE.PAGE_TABLE):
        mapping.unmap(s, slot)
    elif cap.type == TYPE.REPLY:
        waits.wake_canceled(s, cap.object)


def _end_thread(s, name):
    waits.stop(s, name)
    waits.drop_caller(s, name)
    if s.objects[name].bound:
        notifications.unbind(s, s.objects[s.objects[name].bound])


def _end_object(s, cap):
    """True: not at once, since it has slots of its own, or threads wait at it."""
    if cap.type == TYPE.TCB:
        _end_thread(s, cap.object)
    elif cap.type == TYPE.TIMER:
        s.objects[cap.object] = s.objects[cap.object]._replace(deadline=None)
    elif cap.type == TYPE.IRQ_HANDLER:
        s.objects[cap.object] = s.objects[cap.object]._replace(masked=True)
    return cap.type in (TYPE.TCB, TYPE.TIMER, TYPE.IRQ_HANDLER, TYPE.CNODE, TYPE.ENDPOINT, TYPE.NOTIFICATION)


def _begin(s, slot):
    """One step towards an empty slot: it is empty then, or dying."""
    cap = s.slots[slot]
    last = caps.is_last(s, slot)
    _end_use(s, slot, cap)
    if last and _end_object(s, cap):
        if s.revoked and s.revoked[0] == cap.object:
            s.revoked = None
        s.slots[slot] = cap._replace(dying=True, rights=0)
        s.dying.insert(0, [slot, 0])
        return
    if last and cap.type not in (TYPE.REPLY, TYPE.UNTYPED):
        s.objects.pop(cap.object, None)
    caps.remove(s, slot)


def _step_slots(s, name, indices):
    """True when all of these slots are empty, or dying, so that they end by themselves."""
    for i in indices:
        if caps.usable(s, (name, i)):
            _begin(s, (name, i))
            return False
    return True


def _step_cnode(s, entry, name):
    size = 1 << s.objects[name].radix
    for _ in range(EMPTY_SLOTS_PER_STEP):
        if entry[1] == size or not _step_slots(s, name, (entry[1],)):
            break
        entry[1] += 1
    return entry[1] == size


def _cancel_one(s, name):
    """True when nobody waits at it any more."""
    waiting = s.objects[name]
    if getattr(waiting, "bound", 0):
        notifications.unbind(s, waiting)
    if not waiting.queue:
        return True
    first = waiting.queue[0]
    waits.cancel(s, first)
    schedule.wake(s, first)
    return False


def step(s):
    """Takes one thing out of what began to die last. The slot, if that is empty now."""
    entry = s.dying[0]
    slot = entry[0]
    cap = s.slots[slot]
    if cap.type == TYPE.CNODE:
        done = _step_cnode(s, entry, cap.object)
    elif cap.type in (TYPE.ENDPOINT, TYPE.NOTIFICATION):
        done = _cancel_one(s, cap.object)
    else:
        done = _step_slots(s, cap.object, range(len(SLOTS)))  # a timer and a handler have one
    if not done or s.dying[0] is not entry:
        return None
    s.dying.pop(0)
    del s.objects[cap.object]
    caps.remove(s, slot)
    return slot


def go_on(s, slot, steps):
    """Up to so many steps. Was the slot emptied by one of them?"""
    emptied = False
    while s.dying and steps > 0:
        emptied |= step(s) == slot
        steps -= 1
    return emptied


def delete_slot(s, slot):
    """An entry's share of the steps until the slot is empty; those that are left go on with what is dying."""
    steps = STEPS_PER_ENTRY
    if caps.usable(s, slot):
        _begin(s, slot)
        steps -= 1
    if not s.dying:
        return 0
    done = slot not in s.slots
    return 0 if go_on(s, slot, steps) or done else AGAIN


def delete_first(s, slots):
    """The same for some slots; but the call is made again in any case."""
    steps = STEPS_PER_ENTRY
    for slot in slots:
        if caps.usable(s, slot):
            _begin(s, slot)
            steps -= 1
    go_on(s, None, steps)
    return AGAIN


def _next_child(s, slot, mine):
    """The next one to go. The caller's own CNode is left until last: without it the call cannot be made again."""
    children = caps.derived(s, slot)
    first = next(children, None)
    return next(children, first) if first == mine else first


def sys_cap_delete(s, me, r):
    return delete_slot(s, caps.slot_at(s, me, r.rdi, r.rsi))


def sys_cap_revoke(s, me, r):
    slot = caps.slot_at(s, me, r.rdi, r.rsi)
    caps.refuse_if(not caps.usable(s, slot), ERR.BAD_CAP)
    s.revoked, steps, mine = slot, STEPS_PER_ENTRY, caps.own(me, "cspace")
    while s.revoked:
        child = _next_child(s, slot, mine)
        if not child:
            break
        if not steps:
            return AGAIN if s.revoked and s.thread_slot(me, "cspace") else 0
        cap = s.slots[child]
        if cap.object == s.slots[slot].object and cap.type == s.slots[slot].type != TYPE.FRAME:
            caps.remove(s, child)  # a copy: nothing ends with it
        elif cap.dying:
            step(s)
        else:
            _begin(s, child)
        steps -= 1
    go_on(s, None, steps)
    return 0
