"""The calls that make, move and look at capabilities: cap_..."""
from tests.model import caps, schedule, waits
from tests.model.caps import Refused, refuse_if
from tests.model.numbers import ERR, GUARD_BITS_MAX, RIGHT, TYPE
from tests.model.state import SENDING


def _pair(s, me, r):
    """Destination and source."""
    to = caps.slot_at(s, me, r.rdi, r.rsi)
    source = caps.slot_at(s, me, r.rdx, r.r8)
    refuse_if(not caps.usable(s, source), ERR.BAD_CAP)
    refuse_if(to in s.slots, ERR.OCCUPIED)
    return to, source


def sys_cap_copy(s, me, r):
    to, source = _pair(s, me, r)
    refuse_if(not caps.copyable(s, source), ERR.WRONG_TYPE)
    caps.copy(s, source, to, s.slots[source].rights & r.r9)
    return 0


def _narrower(cap, word):
    """The data of a capability that has no badge, and becomes narrower."""
    if cap.type == TYPE.CNODE:
        bits, value = word & 0xff, word >> 8
        refuse_if(bits > GUARD_BITS_MAX or value >> bits, ERR.BAD_ARGUMENT)
        return bits, value
    if cap.type == TYPE.IO_PORT:
        first, last = word & 0xffff, word >> 16
        refuse_if(not cap.data[0] <= first <= last <= cap.data[1], ERR.BAD_ARGUMENT)
        return first, last
    if cap.type == TYPE.DEBUG:
        refuse_if(word & ~cap.data, ERR.BAD_ARGUMENT)
        return word
    raise Refused(ERR.WRONG_TYPE)


def sys_cap_mint(s, me, r):
    to, source = _pair(s, me, r)
    cap, badged = s.slots[source], False
    if cap.type in (TYPE.ENDPOINT, TYPE.NOTIFICATION):
        has = cap.data is not None if cap.type == TYPE.ENDPOINT else cap.data[1]
        refuse_if(has, ERR.IN_USE)
        badged = r.r10 != 0
        data = (r.r10 if cap.type == TYPE.ENDPOINT else (r.r10, True)) if badged else cap.data
    else:
        data = _narrower(cap, r.r10)
    caps.put_under(s, source, to, cap._replace(rights=cap.rights & r.r9, data=data, original=badged))
    return 0


def sys_cap_move(s, me, r):
    to, source = _pair(s, me, r)
    caps.move(s, source, to)
    return 0


def sys_cap_swap(s, me, r):
    a, b = caps.slot_at(s, me, r.rdi, r.rsi), caps.slot_at(s, me, r.rdx, r.r8)
    refuse_if(any(slot in s.slots and not caps.usable(s, slot) for slot in (a, b)), ERR.BAD_CAP)
    held = (None, 0)
    for source, to in ((a, held), (b, a), (held, b)) if a != b else ():
        if source in s.slots:
            caps.move(s, source, to)
    return 0


def sys_cap_identify(s, me, r):
    slot = caps.find(s, me, r.rdi)
    refuse_if(not caps.usable(s, slot), ERR.BAD_CAP)
    return s.slots[slot].type


def sys_cap_cancel_badged(s, me, r):
    """Those that send by this badge; one that waits with a fault would only fault again, to here, so it stays stopped."""
    slot, every = caps.slot_at(s, me, r.rdi, r.rsi), RIGHT.SEND | RIGHT.RECV | RIGHT.GRANT
    refuse_if(not caps.usable(s, slot), ERR.BAD_CAP)
    cap = s.slots[slot]
    refuse_if(cap.type != TYPE.ENDPOINT, ERR.WRONG_TYPE)
    refuse_if(cap.rights & every != every, ERR.NO_RIGHT)
    refuse_if(cap.data is None, ERR.BAD_ARGUMENT)
    for name in list(s.objects[cap.object].queue):
        thread = s.objects[name]
        if thread.state == SENDING and thread.badge == cap.data:
            faulted = thread.fault
            waits.cancel(s, name)
            if not faulted:
                schedule.wake(s, name)
    return 0
