"""The system as the description says it, once it has been checked: what read, check and elf make, and what plan, image and
report are made from.

Everything here is right: names are resolved to objects, numbers are numbers, every rule of the description holds. Each thing
knows its place in the file (`at`), for what only a later phase can see. Lists are in the order of the file; nothing depends on
hashes or clocks, so that the same input gives the same image.
"""
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

PAGE = 0x1000
LARGE_PAGE = 0x200000
HUGE_PAGE = 0x40000000
PAGE_SIZES = (PAGE, LARGE_PAGE, HUGE_PAGE)

# The top of every protection domain's memory, from above: the IPC buffer, a page that is never mapped, the stack.
USER_TOP = 0x7ffffffff000
BUFFER = USER_TOP - PAGE
STACK_TOP = BUFFER - PAGE  # the stack ends here; the page above is the guard

MAX_PRIORITY = 254
MAX_ID = 61             # of channels, interrupts, timers (bits of one notification), I/O ports, children
MAX_PROTECTED_ID = 573  # of an end of a channel that carries protected calls only: badges are not bits
MAX_USER_SLOT = 127
MAX_PDS = 1000
MAX_NAME = 63           # bytes; microkit_name has 64 with the NUL


@dataclass(frozen=True, order=True)
class Position:
    """Of an element or an attribute. Lines and columns count from 1."""

    file: str
    line: int
    column: int

    def __str__(self):
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(eq=False)
class MemoryRegion:
    name: str
    size: int                   # bytes, a multiple of page_size
    page_size: int              # of PAGE_SIZES; grown to LARGE_PAGE where size, physical address and every map allow it
    phys: Optional[int]         # None: anywhere
    prefill: Optional[Path]     # a file whose bytes come first, zeros after them
    prefill_size: int           # bytes of that file; 0 without one
    bootinfo: Optional[str]     # filled at boot: "x86_mbmmap", "x86_acpi_rsdp", "x86_framebuffer", "x86_tsc_freq", "cmdline", "trace"
    at: Position
    contiguous: bool = False    # a component is told its physical address, so it must be one piece of memory
    maps: list = field(default_factory=list)  # of all protection domains

    @property
    def pages(self):
        return self.size // self.page_size


@dataclass(eq=False)
class Map:
    pd: "ProtectionDomain"
    region: MemoryRegion
    vaddr: int
    read: bool
    write: bool
    execute: bool
    cache: str                  # CACHE_... of the ABI
    at: Position

    @property
    def cached(self):
        return self.cache == "CACHE_WRITE_BACK"

    @property
    def end(self):
        return self.vaddr + self.region.size

    @property
    def perms(self):
        return "".join(letter for letter, has in zip("rwx", (self.read, self.write, self.execute)) if has)


@dataclass(eq=False)
class Irq:
    pd: "ProtectionDomain"
    id: int
    kind: str                   # "ioapic", "isa" or "msi"
    at: Position
    ioapic: int = 0             # ioapic: which one, counted from 0
    pin: int = 0                # ioapic: of it; isa: the line, 0 to 15
    level: bool = True          # ioapic: level or edge triggered
    low: bool = False           # ioapic: active low or high
    pci: tuple = ()             # msi: bus, device, function
    handle: int = 0             # msi: which of the device's messages
    vector: Optional[int] = None  # checked and not used: the kernel chooses


@dataclass(eq=False)
class IoPort:
    pd: "ProtectionDomain"
    id: int
    first: int
    size: int
    at: Position

    @property
    def last(self):
        return self.first + self.size - 1


@dataclass(eq=False)
class Timer:
    """A kernel timer that signals bit `id` of its protection domain's notification."""

    pd: "ProtectionDomain"
    id: int
    at: Position


@dataclass(eq=False)
class Pool:
    """Untyped memory for a protection domain that makes processes."""

    pd: "ProtectionDomain"
    size: int                   # bytes, a multiple of PAGE
    at: Position

    @property
    def pieces(self):
        """Powers of two, as bits: one for each bit of the size, the largest first."""
        return [bits for bits in reversed(range(self.size.bit_length())) if self.size >> bits & 1]


@dataclass(eq=False)
class UserCap:
    """One capability to an object of another (or the same) protection domain."""

    pd: "ProtectionDomain"
    slot: int                   # 1 to MAX_USER_SLOT, above the base of user capabilities
    kind: str                   # "tcb" or "vspace"
    target: "ProtectionDomain"
    at: Position


@dataclass(eq=False)
class SetVar:
    """A variable of 8 bytes in the program that gets a value before it starts."""

    pd: "ProtectionDomain"
    symbol: str
    kind: str                   # "value"; "region_paddr": of `region`; "msi_address", "msi_data": of `irq`. All but the first at boot
    at: Position
    value: int = 0
    region: Optional[MemoryRegion] = None
    irq: Optional[Irq] = None
    address: int = 0            # where the variable is: by the elf phase


@dataclass(eq=False)
class End:
    """One end of a channel: what this protection domain may do to the other end's."""

    pd: "ProtectionDomain"
    id: int
    pp: bool                    # may make protected calls
    notify: bool                # may signal
    at: Position
    other: Optional["End"] = None


@dataclass(eq=False)
class Channel:
    a: End
    b: End
    at: Position

    @property
    def ends(self):
        return (self.a, self.b)


@dataclass(frozen=True)
class Segment:
    """A PT_LOAD of a program. Data that the file does not have (size > len(data)) is zero."""

    vaddr: int
    size: int
    data: bytes
    read: bool
    write: bool
    execute: bool

    @property
    def end(self):
        return self.vaddr + self.size


@dataclass(frozen=True)
class Symbol:
    name: str
    address: int
    size: int
    code: bool                  # a function


@dataclass(eq=False)
class Program:
    """An ELF file, checked."""

    path: Path
    entry: int
    segments: tuple             # of Segment, by address; no two share a byte, no two share a page
    symbols: dict               # name -> tuple of Symbol (more than one: local symbols of one name)
    extended: bool              # its code uses x87, MMX, SSE or AVX


@dataclass(eq=False)
class ProtectionDomain:
    index: int                  # in System.pds: parents before their children, else the order of the file
    name: str
    priority: int
    budget: int                 # microseconds
    period: int                 # microseconds, at least the budget
    passive: bool
    stack_size: int
    cpu: int
    fpu: Optional[bool]         # as the file says; None: it does not
    reset: bool                 # data is fresh at every start
    log_denied: bool            # it has no console, and the root task says what it was refused
    at: Position
    program_path: Optional[Path] = None
    symbols_path: Optional[Path] = None     # where variables are looked up that the program has no symbols of
    program_at: Optional[Position] = None   # of path=
    program: Optional[Program] = None       # by the elf phase
    parent: Optional["ProtectionDomain"] = None
    child_id: Optional[int] = None
    children: list = field(default_factory=list)
    start_after: Optional["ProtectionDomain"] = None
    pool: Optional[Pool] = None
    maps: list = field(default_factory=list)        # by address
    irqs: list = field(default_factory=list)
    ioports: list = field(default_factory=list)
    timers: list = field(default_factory=list)
    setvars: list = field(default_factory=list)
    user_caps: list = field(default_factory=list)
    ends: list = field(default_factory=list)
    variables: dict = field(default_factory=dict)   # libmicrokit's own: name -> address, by the elf phase

    @property
    def stack_bottom(self):
        return STACK_TOP - self.stack_size

    @property
    def callers(self):
        """The ends, of others, that make protected calls to this one."""
        return [end.other for end in self.ends if end.other.pp]

    @property
    def is_server(self):
        """It receives by an endpoint: somebody calls it, or it has children or processes whose faults come to it."""
        return bool(self.callers or self.children or self.pool)

    @property
    def extended_at_start(self):
        """Whether it has x87, SSE and AVX registers from its first instruction on."""
        return self.fpu is True or self.fpu is None and self.program is not None and self.program.extended

    def bits(self, which):
        """The word that libmicrokit tests ids against: "irqs", "notifications", "pps", "ioports" or "timers"."""
        ids = {"irqs": [irq.id for irq in self.irqs],
               "notifications": [end.id for end in self.ends if end.notify],
               "pps": [end.id for end in self.ends if end.pp and end.id <= MAX_ID],
               "ioports": [port.id for port in self.ioports],
               "timers": [timer.id for timer in self.timers]}[which]
        return sum(1 << i for i in ids)


@dataclass(eq=False)
class System:
    file: str
    pds: list = field(default_factory=list)
    regions: list = field(default_factory=list)
    channels: list = field(default_factory=list)
    warnings: list = field(default_factory=list)    # "file:line:column: warning: ..." lines, for the report
