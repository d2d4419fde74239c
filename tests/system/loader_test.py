"""Odd loaders and firmware: the kernel is handed other information than QEMU's loader left, by the debugger, at its first instruction. It
runs on whatever RAM that leaves, or says in a line why it cannot.

Prints "ok <name>" or "not ok <name>: why" lines. Exit code: 0 all passed, 1 something failed."""
import struct
from dataclasses import dataclass, field

from scripts.machine import qemu
from scripts.source.image import built_image
from tests.system.debugger import Debugged, symbols
from tests.system.panic_test import BOOTED, invalid, run_to
from tests.verdict import first_failure, run_checks, why_not

RAX, RBX = 0, 1  # numbers of the gdb stub
MAGIC, PLACE, TABLES = 0x36D76289, 0x30000, 0x40000
RAM, KERNEL, MIB = 1, 0x200000, 1 << 20
PANICKED = 127
PC = ((0, 0x9F000, RAM), (MIB, 511 * MIB - 0x20000, RAM))
# Twice, unsorted, over each other, over the APICs, beyond the end of 64 bits, of no byte and of one, of types that nobody knows.
ODD = ((300 * MIB, 211 * MIB, RAM), (MIB, 310 * MIB, RAM), (MIB, 310 * MIB, RAM), (0, 0x9FC00, RAM), (0x9FC00, 0x400, 2),
       (0xFEC00000, 4 * MIB, RAM), ((1 << 64) - 0x3000, 0x10000, RAM), (5 * MIB, (1 << 64) - 1, RAM), (77 * MIB + 5, 0, 2),
       (78 * MIB + 0xFFF, 1, 0xFFFFFFFF), (80 * MIB - 1, 2, 0), (0xF0000, 0x10000, 2), (511 * MIB - 0x20000, 0x20000 + MIB, 3))
HOLES = tuple((256 * MIB + i * 0x10000 + 7, 1, 2) for i in range(300))  # more regions than the kernel has room for
FRAME = struct.Struct("<QIIIBBHBBBBBB")


@dataclass(frozen=True)
class Told:
    """What the loader says besides what QEMU's did."""
    name: str
    cmdline: str = "run=conform test=untyped/*"
    memory: tuple = PC
    entry: int = 24  # bytes
    modules: tuple = ()
    total: int = None
    frame: int = None  # where it is
    says: str = None  # a panic; None: all cases pass
    prints: tuple = field(default=())
    ioapics: tuple = ()  # where ACPI says that they are: by tables of ours
    breaks: bool = False  # the kernel is made to panic when it has booted


def tag(kind, content):
    return struct.pack("<II", kind, 8 + len(content)) + content + bytes(-len(content) % 8)


def sealed(table, at):
    """Its bytes add up to 0."""
    return table[:at] + bytes([-sum(table) % 256]) + table[at + 1:]


def acpi(ioapics):
    """The root pointer, and the tables that it leads to, as they lie from TABLES on."""
    def table(signature, content):
        return sealed(struct.pack("<4sIBB6s8sIII", signature, 36 + len(content), 1, 0, b"", b"", 0, 0, 0) + content, 9)
    root = table(b"RSDT", struct.pack("<I", TABLES + 64))
    entries = b"".join(struct.pack("<BBBBII", 1, 12, i, 0, place, 24 * (len(ioapics) - 1 - i)) for i, place in enumerate(ioapics))
    return (sealed(struct.pack("<8sB6sBI", b"RSD PTR ", 0, b"", 0, TABLES), 8),
            root.ljust(64, b"\0") + table(b"APIC", struct.pack("<II", 0xFEE00000, 1) + entries))


def information(told, modules):
    parts = [tag(1, told.cmdline.encode() + b"\0")]
    parts += [tag(3, struct.pack("<II", start, end) + name + b"\0") for start, end, name in (*modules, *told.modules)]
    entries = b"".join(struct.pack("<QQII", *entry, 0).ljust(told.entry, b"\0")[:told.entry] for entry in told.memory)
    parts.append(tag(6, struct.pack("<II", told.entry, 0) + entries))
    if told.frame is not None:
        parts.append(tag(8, FRAME.pack(told.frame, 5120, 1280, 1024, 32, 1, 0, 16, 8, 8, 8, 0, 8)))
    if told.ioapics:
        parts.append(tag(14, acpi(told.ioapics)[0]))
    body = b"".join([*parts, tag(0, b"")])
    return struct.pack("<II", told.total or 8 + len(body), 0) + body


def loaded(gdb):
    """(start, end, name) of each module, as QEMU's loader says it by multiboot 1."""
    info = gdb.read(gdb.register(RBX), 28)
    count, where = struct.unpack_from("<II", info, 20)
    for i in range(count):
        start, end, name = struct.unpack_from("<III", gdb.read(where + 16 * i, 16))
        yield start, end, gdb.read(name, 256).split(b"\0")[0]


def boot(told):
    with Debugged(qemu.Machine("tcg", built_image(), cmdline=told.cmdline, devices=("edu",))) as d:
        entry = symbols()["boot_entry"]
        d.gdb.stop_at(entry)
        d.gdb.resume()
        d.gdb.pass_by(entry)
        d.gdb.write(PLACE, information(told, list(loaded(d.gdb))))
        d.gdb.write(TABLES, acpi(told.ioapics)[1])
        d.gdb.set_register(RAX, MAGIC)
        d.gdb.set_register(RBX, PLACE)
        if told.breaks:
            run_to(d.gdb, symbols()[BOOTED])
            invalid(d.gdb, None)
        d.gdb.resume()
        return d.end(), d.lines


def check(told):
    code, lines = boot(told)
    missing = [text for text in told.prints if not any(text in line for line in lines)]
    if missing:
        return f"it does not print {missing[0]!r}, but {lines[:12]}"
    if told.says is None:
        return first_failure(code, lines)
    panics = [line for line in lines if "PANIC" in line]
    if code != PANICKED or len(panics) != 1 or told.says not in panics[0]:
        return f"it ends with code {code}, and said {panics or lines[-3:]}"
    return None


CASES = (
    Told("plain", "run=conform test=untyped/* fastpath=off"),
    Told("odd", "run=conform test=*m*", (*ODD, *ODD[::-1]), frame=MIB),
    Told("entries_of_40_bytes", memory=ODD, entry=40),
    Told("hundreds", "run=conform test=*untyped*", (*HOLES[::2], *ODD, *HOLES[1::2]), prints=("is left out",)),
    Told("frame_in_the_kernel", frame=KERNEL, says="invalid opcode", prints=("backtrace",), breaks=True),
    Told("frame_at_the_end", frame=(1 << 32) - 4096, says="invalid opcode", breaks=True),
    Told("ioapics_in_ram", "run=conform test=irq/pci/line_comes", ioapics=(16 * MIB, KERNEL, 0xFEC00000), prints=(
        "there cannot be an I/O APIC at 1000000", "there cannot be an I/O APIC at 200000")),
    Told("ioapic_elsewhere", ioapics=(0xD0000000, 0xFEC00100), prints=(
        "no I/O APIC answers at d0000000", "there cannot be an I/O APIC at fec00100")),
    Told("module_in_the_kernel", modules=((KERNEL, KERNEL + 1, b"m"),), says="m at 200000 to 200001 does not lie in free RAM"),
    Told("module_in_the_rom", modules=((0xFFF00000, 0xFFF01000, b"m"),), says="does not lie in free RAM"),
    Told("module_half_outside", modules=((512 * MIB - 0x21000, 512 * MIB - 0x1FFFF, b"m"),), says="does not lie in free RAM"),
    Told("module_unaligned", modules=((64 * MIB + 1, 64 * MIB + 2, b"m"),), says="boot module m is not aligned to a page"),
    Told("modules_over_each_other", modules=((64 * MIB, 64 * MIB + 4097, b"a"), (64 * MIB + 4096, 64 * MIB + 5000, b"b")),
         says="boot modules a and b overlap"),
    Told("seventeen_modules", modules=((64 * MIB, 64 * MIB, b"m"),) * 17, says="more than 16 boot modules"),
    Told("no_ram", memory=((MIB, MIB, 2),), says="the boot loader's memory map has no RAM"),
    Told("too_little_ram", memory=((MIB, 16, RAM), (KERNEL, 16 * MIB, RAM), (MIB * 4, 508 * MIB, 7)), says=""),
    Told("endless_ram_only", memory=((MIB, (1 << 64) - 1, RAM),), says="the boot loader's memory map has no RAM"),
    Told("small_entries", entry=16, says="the boot loader's memory map has entries of 16 bytes"),
    Told("cut", total=24, says="the boot loader's information"),
    Told("cut_to_nothing", total=1, says="the boot loader's information ends without an end tag"),
)

if __name__ == "__main__":
    run_checks(__doc__, lambda: ((f"loader.{told.name}", why_not(check, told)) for told in CASES))
