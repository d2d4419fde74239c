"""The tables of an address space, and where a frame or table is mapped. A mapping remembers the life of its space, not the space: it can
outlive it, and then is gone."""
from tests.model.state import Table

LEVELS = 4  # 1: 4 KiB pages; 4: the root


def walk(s, table, address, level):
    """Towards the entry for the address at that level: (table, index, level) of where the way ends, at the latest there."""
    at = LEVELS
    while True:
        index = address >> 3 + 9 * at & 511
        entry = table.entries.get(index)
        if at == level or not entry or not entry.table:
            return table, index, at
        table, at = s.objects[entry.object], at - 1


def _space(s, life):
    return next((thing for thing in s.objects.values() if isinstance(thing, Table) and thing.life == life), None)


def place(s, cap):
    """(table, index) of the entry that maps it where it says, or None: that mapping is gone, or it has none."""
    if not cap.data:
        return None
    life, address, level = cap.data
    space = _space(s, life)
    if not space:
        return None
    table, index, _ = walk(s, space, address, level + 1)
    entry = table.entries.get(index)
    return (table, index) if entry and entry.object == cap.object else None


def unmap(s, slot):
    """No effect on tables when the mapping is gone."""
    cap = s.slots[slot]
    found = place(s, cap)
    if found:
        table, index = found
        del table.entries[index]
    s.slots[slot] = cap._replace(data=None)
