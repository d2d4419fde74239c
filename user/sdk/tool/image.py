"""Phase 5: the plan as the bytes that the system root task reads (include/baton/image.h), after that program in one file."""
import struct

from .model import PAGE, STACK_TOP
from .objects import NONE
from .plan import STAND_IN

MAGIC, VERSION = b"BTNSYS1\0", 3
CONSOLE = 1
HEADER = struct.Struct("<8sIIQQQ13I4x")
OBJECT = struct.Struct("<BBHIIIQ")
OP = struct.Struct("<BBHIIIQ")
PD = struct.Struct("<10I2H3I5Q")
SYMBOL = struct.Struct("<QII")
CHECK_AT, MODULUS = 32, 2**64 - 59   # a word of the header makes the whole, read as one number, a multiple of it


class Names:
    """Texts, each once, and where they begin."""

    def __init__(self):
        self.data, self._found = bytearray(), {}

    def at(self, text):
        if text not in self._found:
            self._found[text] = len(self.data)
            self.data += text.encode("utf-8", "replace") + b"\0"
        return self._found[text]


def _slot(run):
    return NONE if run is None else run.first


def _symbols(program):
    """Functions, by address."""
    found = {s.address: s for symbols in program.symbols.values() for s in symbols if s.code}
    return [found[address] for address in sorted(found)]


def _slice(pd):
    """Milliseconds; a budget is a part of a period only where the kernel has budgets."""
    return min(1000, max(1, (pd.budget + 500) // 1000))


class Tables:
    """The tables one after the other, after the header."""

    def __init__(self):
        self.data = bytearray(HEADER.size)
        self.places = []

    def add(self, records):
        self.data += bytes(-len(self.data) % 8)
        self.places += [len(self.data), len(records)]
        self.data += b"".join(records) if isinstance(records, list) else records


def image_bytes(plan):
    from .abi import ABI
    names, symbols = Names(), []
    objects = [OBJECT.pack(ABI[run.type], run.bits, run.flags, names.at(run.name), run.first, run.count, run.phys or 0)
               for run in plan.runs]
    pds = [_pd(domain, names, symbols) for domain in plan.domains]
    tables = Tables()

    def write():
        tables.__init__()
        for records in (objects, [OP.pack(*_packed(op)) for op in plan.ops], pds, symbols, names.data):
            tables.add(records)
    write()
    kept = -(-len(tables.data) // PAGE) * PAGE
    plan.blobs.first = kept // PAGE
    write()
    data = tables.data.ljust(kept, b"\0") + plan.blobs.bytes()
    HEADER.pack_into(data, 0, MAGIC, VERSION, CONSOLE * plan.console, len(data), plan.memory, 0, plan.slots, *tables.places, kept,
                     plan.faults.first)
    struct.pack_into("<Q", data, CHECK_AT, _check(data))
    return bytes(data)


def _check(data):
    """The word that is missing at its place."""
    return -int.from_bytes(data, "little") * pow(2, -8 * CHECK_AT, MODULUS) % MODULUS


def _packed(op):
    code, rights, slot, a, b, count, value = op.numbers()
    return code, rights, slot, a, b, count, value


def _pd(domain, names, symbols):
    pd = domain.pd
    first = len(symbols)
    symbols += [SYMBOL.pack(s.address, min(s.size, NONE), names.at(s.name)) for s in _symbols(pd.program)]
    parent = pd.parent.index if pd.parent is not None else NONE
    stand_in = pd.program.symbols[STAND_IN][0].address if domain.stand_in else 0
    return PD.pack(names.at(pd.name), domain.tcb.first, domain.cnode.first, domain.space.first, domain.buffer.first, domain.fault.first,
                   _slot(domain.endpoint), _slot(domain.extended), _slot(domain.stand_in), parent, pd.priority, _slice(pd), first,
                   len(symbols) - first, 0, pd.program.entry, pd.stack_bottom, STACK_TOP, domain.fs_base, stand_in)


def with_root(root, image, place):
    """The root task's file with the image after it. `place`: the byte of the file where it reads where that is."""
    at = -(-len(root) // PAGE) * PAGE
    file = bytearray(root.ljust(at, b"\0"))
    struct.pack_into("<Q", file, place, at)
    return bytes(file) + image
