"""What address spaces map: memory_..., frame_address."""
from tests.model import caps, mapping
from tests.model.caps import Refused, refuse_if
from tests.model.deletion import AGAIN
from tests.model.numbers import CONST, ERR, PAGES_PER_ENTRY, RIGHT, TYPE
from tests.model.state import Entry

ACCESS, CACHE = RIGHT.READ | RIGHT.WRITE | RIGHT.EXECUTE, CONST.CACHE_WRITE_COMBINING | CONST.CACHE_WRITE_THROUGH | CONST.CACHE_UNCACHED
NEVER_BOTH = RIGHT.WRITE | RIGHT.EXECUTE


def _check_together(attributes):
    together = not attributes & ~(ACCESS | CACHE) and attributes & RIGHT.READ and attributes & NEVER_BOTH != NEVER_BOTH
    refuse_if(not together, ERR.BAD_ARGUMENT)


def _check_cache(cap, attributes):
    refuse_if(attributes & CACHE and not cap.device, ERR.BAD_ARGUMENT)


def _check_rights(cap, attributes):
    refuse_if(attributes & ACCESS & ~cap.rights, ERR.NO_RIGHT)


def _map_frame(s, slot, space, address, attributes):
    """Returns where the next one goes."""
    cap = s.slots[slot]
    level = s.objects[cap.object].level
    size = 1 << 12 + 9 * level
    refuse_if(cap.data, ERR.IN_USE)
    refuse_if(address > CONST.USER_TOP - size, ERR.BAD_ARGUMENT)
    refuse_if(address % size, ERR.MISALIGNED)
    table, index, reached = mapping.walk(s, s.objects[space], address, level + 1)
    refuse_if(index in table.entries, ERR.OCCUPIED)
    refuse_if(reached != level + 1, ERR.NO_TABLE)
    table.entries[index] = Entry(cap.object, False, attributes, level > 0)
    s.slots[slot] = cap._replace(data=(s.objects[space].life, address, level))
    return address + size


def _map_table(s, slot, space, address):
    """It goes where the highest table is missing on the way to the address."""
    cap = s.slots[slot]
    refuse_if(cap.data, ERR.IN_USE)
    refuse_if(address >= CONST.USER_TOP, ERR.BAD_ARGUMENT)
    table, index, reached = mapping.walk(s, s.objects[space], address, 2)
    refuse_if(index in table.entries, ERR.OCCUPIED)
    table.entries[index] = Entry(cap.object, True)
    s.slots[slot] = cap._replace(data=(s.objects[space].life, address & ~4095, reached - 1))


def sys_memory_map(s, me, r):
    slot = caps.look_up(s, me, r.rdi, TYPE.FRAME, TYPE.PAGE_TABLE)
    space = caps.cap_at(s, me, r.rsi, TYPE.ADDRESS_SPACE).object
    if s.slots[slot].type == TYPE.PAGE_TABLE:
        _map_table(s, slot, space, r.rdx)
        return 0
    _check_together(r.r8)
    _check_cache(s.slots[slot], r.r8)
    _check_rights(s.slots[slot], r.r8)
    _map_frame(s, slot, space, r.rdx, r.r8)
    return 0


def sys_memory_unmap(s, me, r):
    """A table is emptied: the frames and tables below do not learn of it."""
    slot = caps.look_up(s, me, r.rdi, TYPE.FRAME, TYPE.PAGE_TABLE)
    cap = s.slots[slot]
    refuse_if(not cap.data, ERR.NOT_MAPPED)
    mapping.unmap(s, slot)
    if cap.type == TYPE.PAGE_TABLE:
        s.objects[cap.object].entries.clear()
    return 0


def _protect(s, cap, attributes):
    found = mapping.place(s, cap)
    refuse_if(not found, ERR.NOT_MAPPED)
    table, index = found
    table.entries[index] = table.entries[index]._replace(attributes=attributes)


def sys_memory_protect(s, me, r):
    cap = caps.cap_at(s, me, r.rdi, TYPE.FRAME)
    _check_together(r.rsi)
    _check_cache(cap, r.rsi)
    _check_rights(cap, r.rsi)
    _protect(s, cap, r.rsi)
    return 0


def sys_frame_address(s, me, r):
    return caps.cap_at(s, me, r.rdi, TYPE.FRAME, right=RIGHT.READ).object


# ---- many at a time: each frame is decided and done by itself
def _frame_in(s, slot):
    refuse_if(slot not in s.slots, ERR.BAD_CAP)
    refuse_if(not caps.usable(s, slot) or s.slots[slot].type != TYPE.FRAME, ERR.WRONG_TYPE)
    return s.slots[slot]


def _allowed_in(s, slot, attributes):
    cap = _frame_in(s, slot)
    _check_rights(cap, attributes)
    _check_cache(cap, attributes)
    return cap


def _each(s, me, slots, do):
    """What is done is counted in the caller's registers, from which the call goes on when it is made again."""
    regs, error = s.objects[me].regs, None
    for slot in slots[:PAGES_PER_ENTRY]:
        try:
            do(slot)
        except Refused as refused:
            error = refused
            break
        regs["rsi"] += 1
        regs["r10"] -= 1
    if error:
        raise error
    return AGAIN if regs["r10"] else 0


def sys_memory_map_many(s, me, r):
    slots = caps.range_at(s, me, r.rdi, r.rsi, r.r10)
    space, regs = caps.cap_at(s, me, r.rdx, TYPE.ADDRESS_SPACE).object, s.objects[me].regs
    _check_together(r.r9)

    def map_next(slot):
        _allowed_in(s, slot, r.r9)
        regs["r8"] = _map_frame(s, slot, space, regs["r8"], r.r9)
    return _each(s, me, slots, map_next)


def sys_memory_unmap_many(s, me, r):
    slots = caps.range_at(s, me, r.rdi, r.rsi, r.r10)

    def unmap_next(slot):
        refuse_if(not _frame_in(s, slot).data, ERR.NOT_MAPPED)
        mapping.unmap(s, slot)
    return _each(s, me, slots, unmap_next)


def sys_memory_protect_many(s, me, r):
    slots = caps.range_at(s, me, r.rdi, r.rsi, r.r10)
    _check_together(r.r9)
    return _each(s, me, slots, lambda slot: _protect(s, _allowed_in(s, slot, r.r9), r.r9))
