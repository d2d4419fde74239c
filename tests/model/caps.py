"""How an address finds a capability, and the tree of what was derived from what."""
from tests.model.numbers import ERR, SLOTS, SLOTS_PER_CALL, TYPE

SAME_OBJECT_ONLY = (TYPE.UNTYPED, TYPE.PAGE_TABLE, TYPE.REPLY)  # there is never a second capability like one of these


class Refused(Exception):
    """A system call ends with this error, and nothing has changed."""

    def __init__(self, error):
        super().__init__(error)
        self.error = error


def refuse_if(condition, error):
    if condition:
        raise Refused(error)


# ---- addresses
def find(s, thread, address):
    """The slot that an address names in a thread's capability space, or None. The low five bits are 0; above them is a path, read from
    its low end: the index in the root CNode; while bits remain that are not 0, the guard of the CNode there and the index in it."""
    root = s.thread_slot(thread, "cspace")
    if address & 31 or not root:
        return None
    path, radix = address >> 5, s.objects[root.object].radix
    slot, path = (root.object, path % (1 << radix)), path >> radix
    while path:
        cnode = s.slots.get(slot)
        if not cnode or cnode.type != TYPE.CNODE or cnode.dying:
            return None
        bits, guard = cnode.data
        if path % (1 << bits) != guard:
            return None
        path >>= bits
        radix = s.objects[cnode.object].radix
        slot, path = (cnode.object, path % (1 << radix)), path >> radix
    return slot


def look_up(s, thread, address, *types, right=0):
    """The slot with a capability of one of these types, with that right."""
    slot = find(s, thread, address)
    cap = s.slots.get(slot)
    refuse_if(not cap, ERR.BAD_CAP)
    refuse_if(cap.dying or cap.type not in types, ERR.WRONG_TYPE)
    refuse_if(right and not cap.rights & right, ERR.NO_RIGHT)
    return slot


def cap_at(s, thread, address, *types, right=0):
    return s.slots[look_up(s, thread, address, *types, right=right)]


def slot_at(s, thread, cnode, index):
    """Slot `index` of the CNode that the address names."""
    cap = cap_at(s, thread, cnode, TYPE.CNODE)
    refuse_if(index >= 1 << s.objects[cap.object].radix, ERR.BAD_ARGUMENT)
    return cap.object, index


def range_at(s, thread, cnode, first, count):
    cap = cap_at(s, thread, cnode, TYPE.CNODE)
    refuse_if(not 1 <= count <= SLOTS_PER_CALL or first + count > 1 << s.objects[cap.object].radix, ERR.BAD_ARGUMENT)
    return [(cap.object, first + i) for i in range(count)]


def usable(s, slot):
    cap = s.slots.get(slot)
    return cap is not None and not cap.dying


# ---- the tree
def put_under(s, source, slot, cap):
    """A new capability, derived from the one in `source`: a child of it if that is an original, else of the same parent."""
    s.slots[slot] = cap
    s.order.insert(s.order.index(source) + 1, slot)
    s.parent[slot] = source if s.slots[source].original else s.parent[source]


def copyable(s, slot):
    return usable(s, slot) and s.slots[slot].type not in SAME_OBJECT_ONLY


def copy(s, source, slot, rights):
    """A second capability to the same object. It is mapped nowhere."""
    cap = s.slots[source]
    data = None if cap.type == TYPE.FRAME else cap.data
    put_under(s, source, slot, cap._replace(rights=rights, data=data, original=False))


def _are_derived_from(s, source, slot):
    """From that one, what was derived from source."""
    for other, parent in s.parent.items():
        if parent == source:
            s.parent[other] = slot


def remove(s, slot):
    """The slot is empty; what was derived from its capability counts as derived from that one's parent."""
    cap = s.slots.pop(slot)
    if cap.type == TYPE.REPLY:
        return
    above = s.parent.pop(slot)
    s.order.remove(slot)
    if cap.original:
        _are_derived_from(s, slot, above)


def move(s, source, slot):
    cap = s.slots[slot] = s.slots.pop(source)
    if cap.type == TYPE.REPLY:
        s.objects[cap.object].at = slot
        return
    s.parent[slot] = s.parent.pop(source)
    s.order[s.order.index(source)] = slot
    if cap.original:
        _are_derived_from(s, source, slot)


def descends(s, slot, ancestor):
    while slot is not None and slot != ancestor:
        slot = s.parent[slot]
    return slot is not None


def derived(s, slot):
    """All that was derived from a slot's capability, in order; a generator."""
    at = s.order.index(slot) + 1 if slot in s.parent else len(s.order)
    while at < len(s.order) and descends(s, s.order[at], slot):
        yield s.order[at]
        at += 1


def is_last(s, slot):
    """Is it the only capability to its object?"""
    cap = s.slots[slot]
    return cap.type == TYPE.REPLY or not any(
        other != slot and c.object == cap.object and c.type == cap.type for other, c in s.slots.items())


def own(thread, name):
    return thread, SLOTS[name]
