"""What a system is made of, and what is done with it: runs of kernel objects, and steps that name them. The slot of each object is
only known when all are there, since they are made in an order of their own."""
from dataclasses import dataclass, field
from typing import Any, Optional

from .abi import ABI, OPS, SIZES

CONTIGUOUS, AT, LATER = 1, 2, 4
NONE = 0xffffffff
SLOT_BYTES_BITS = ABI["SLOT_BITS"]


@dataclass(eq=False)
class Run:
    """Objects of one kind in a row."""

    type: str               # TYPE_FRAME and so on
    name: str
    owner: Any              # the thing of the model that needs it: its place is told when it does not fit
    bits: int = 0           # frames: 12, 21, 30; CNodes: the radix
    count: int = 1
    phys: Optional[int] = None
    contiguous: bool = False
    later: bool = False     # made by a step
    first: int = -1         # slot of the first

    @property
    def object_bits(self):
        """Size of one in memory, as a power of two."""
        return SIZES.get(self.type) or self.bits + (SLOT_BYTES_BITS if self.type == "TYPE_CNODE" else 0)

    @property
    def bytes(self):
        return 0 if self.later else self.count << self.object_bits

    @property
    def flags(self):
        return self.contiguous * CONTIGUOUS | (self.phys is not None) * AT | self.later * LATER

    def order(self):
        """Those at an address first, then by size, so that nothing is lost to alignment; what a step makes comes last."""
        if self.later:
            return (3, 0, 0)
        if self.phys is not None:
            return (0, self.phys, 0)
        return (1, -self.object_bits, -self.bytes if self.contiguous else 1)

    def at(self, index=0):
        return Ref(self, index)


@dataclass(frozen=True)
class Ref:
    run: Run
    index: int = 0

    @property
    def slot(self):
        return self.run.first + self.index


@dataclass(eq=False)
class Op:
    code: str
    a: Any = 0              # a number or a Ref
    b: Any = 0
    count: int = 0
    value: int = 0
    rights: int = 0
    slot: int = 0

    def numbers(self):
        def plain(x):
            return x if isinstance(x, int) else x.slot
        return OPS[self.code], self.rights, self.slot, plain(self.a), plain(self.b), self.count, self.value


@dataclass(eq=False)
class Domain:
    """The objects of a protection domain."""

    pd: Any
    tcb: Run
    cnode: Run
    space: Run
    buffer: Run
    fault: Run                          # the capability where its faults go
    endpoint: Optional[Run] = None      # where it is called
    notification: Optional[Run] = None
    extended: Optional[Run] = None
    stand_in: Optional[Run] = None      # a second thread, which answers callers while the first does not run
    gate: Optional[Run] = None          # others wait for it until this one is initialised
    tables: list = field(default_factory=list)
    runs: list = field(default_factory=list)    # all that it is made of
    caps: dict = field(default_factory=dict)    # slot of its CNode -> (Run, rights, badge)
    pool: dict = field(default_factory=dict)    # slot of its CNode -> Run: untyped memory, which is moved there
    mapped: list = field(default_factory=list)  # (vaddr, bytes, rights, what)
    fs_base: int = 0

    def has_console(self, plan):
        return plan.console and not self.pd.log_denied


@dataclass(eq=False)
class Plan:
    system: Any
    console: bool
    faults: Run = None
    runs: list = field(default_factory=list)
    ops: list = field(default_factory=list)
    domains: list = field(default_factory=list)
    regions: dict = field(default_factory=dict)     # MemoryRegion -> Run
    blobs: Any = None
    copies: int = 0                                 # capabilities for frames that are mapped more than once

    def run(self, type, name, owner, **more):
        made = Run(type, name, owner, **more)
        self.runs.append(made)
        return made

    def op(self, code, **fields):
        self.ops.append(Op(code, **fields))

    def number(self):
        """Gives each object its slot. The order of equals is that in which they were thought of."""
        self.runs.sort(key=Run.order)
        slot = 1
        for run in self.runs:
            run.first, slot = slot, slot + run.count
        return slot

    @property
    def slots(self):
        """With the copies, one for what is needed for a moment, and the first, whose address would be that of the table itself."""
        return sum(run.count for run in self.runs) + self.copies + 2

    @property
    def memory(self):
        return sum(run.bytes for run in self.runs if run.phys is None) + (1 << self.store_bits)

    @property
    def store_bits(self):
        return max(1, (self.slots - 1).bit_length()) + SLOT_BYTES_BITS
