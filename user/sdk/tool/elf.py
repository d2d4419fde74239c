"""Reads an ELF64 program: headers, segments, symbols. Nothing in the file is believed before it has been checked against the file's size.

What is not a program for Baton is an ElfError, of the words that follow "failed to parse ELF".
"""
import struct
from dataclasses import dataclass

from .model import PAGE, USER_TOP, Program, Segment, Symbol

MAX_BYTES = 256 << 20
MAX_SEGMENTS = 64
MAX_NAMES = 64 << 20    # bytes of all symbols' names together; many may share their bytes in the file
HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
SEGMENT = struct.Struct("<IIQQQQQQ")
SECTION = struct.Struct("<IIQQQQIIQQ")
SYMBOL = struct.Struct("<IBBHQQ")

CLASS_64, LITTLE, EXECUTABLE, SHARED, X86_64 = 2, 1, 2, 3, 62
LOAD, DYNAMIC, INTERPRETER = 1, 2, 3
CAN_EXECUTE, CAN_WRITE, CAN_READ = 1, 2, 4
SYMBOL_TABLE, NO_BITS, CODE_SECTION = 2, 8, 4
FUNCTION, SECTION_SYMBOL, FILE_SYMBOL = 2, 3, 4


class ElfError(Exception):
    def __init__(self, words, advice):
        super().__init__(words)
        self.words, self.advice = words, advice


@dataclass(frozen=True)
class _Section:
    kind: int
    flags: int
    offset: int
    size: int
    link: int
    entry_size: int


def _header(data):
    """entry, and where the two tables are: (offset, entry size, count) of each."""
    built = "build it with the compiler and linker of the other programs: x86_64, -no-pie, static"
    if len(data) < 4:
        raise ElfError(f"failed to read ELF: it has {len(data)} bytes", "build it again")
    if data[:4] != b"\x7fELF":
        raise ElfError("magic check failed", "it is no ELF file: name the linked program")
    if len(data) < HEADER.size:
        raise ElfError(f"failed to read ELF: it has {len(data)} bytes, which is no header", "build it again")
    ident, kind, machine, _, entry, segments, sections, _, _, segment_size, segment_count, section_size, section_count, _ = \
        HEADER.unpack_from(data)
    if ident[4] != CLASS_64:
        raise ElfError("unsupported word size: '32'" if ident[4] == 1 else f"invalid class '{ident[4]}'", built)
    if ident[5] != LITTLE:
        raise ElfError("incorrect endianness, only little endian architectures are supported", built)
    if machine != X86_64:
        raise ElfError(f"unsupported machine {machine}, not x86_64 ({X86_64})", built)
    if kind == SHARED:
        raise ElfError("it is position independent or a library", "link it with -no-pie -static and the SDK's linker script")
    if kind != EXECUTABLE:
        raise ElfError(f"it is no linked program (type {kind})", "link it with the SDK's linker script")
    return entry, (segments, segment_size, segment_count), (sections, section_size, section_count)


def _entries(data, table, layout, what):
    """The entries of a table of headers, each unpacked."""
    offset, size, count = table
    if count and size != layout.size:
        raise ElfError(f"{what} headers have {size} bytes, not {layout.size}", "build it again")
    if offset + size * count > len(data):
        raise ElfError(f"{what} headers lie outside of the file", "it was cut off, or damaged: build it again")
    return [layout.unpack_from(data, offset + size * i) for i in range(count)]


def _segments(data, table):
    if not table[2]:
        raise ElfError("has no program headers", "link it: an object file cannot run")
    headers = _entries(data, table, SEGMENT, "program")
    if any(header[0] in (DYNAMIC, INTERPRETER) for header in headers):
        raise ElfError("it is dynamically linked", "link it with -static -no-pie")
    loaded = [(i, header) for i, header in enumerate(headers) if header[0] == LOAD and header[6]]
    if not loaded:
        raise ElfError("has no segments to load", "link it with the SDK's linker script")
    if len(loaded) > MAX_SEGMENTS:
        raise ElfError(f"has {len(loaded)} segments", f"at most {MAX_SEGMENTS} are loaded: use the SDK's linker script")
    if sum(header[5] for _, header in loaded) > len(data) + len(loaded) * PAGE:
        raise ElfError("its segments are the same bytes of the file", "build it again")
    made = [(i, _segment(data, i, header)) for i, header in loaded]
    made.sort(key=lambda pair: pair[1].vaddr)
    for (i, a), (j, b) in zip(made, made[1:]):
        if b.vaddr < a.end:
            raise ElfError(f"segments {i} and {j} overlap at {b.vaddr:#x}", "mend the linker script")
        if b.vaddr // PAGE == (a.end - 1) // PAGE:
            raise ElfError(f"segments {i} and {j} share the page at {b.vaddr // PAGE * PAGE:#x}",
                           "a page has one set of permissions: align segments to 0x1000 in the linker script")
    return tuple(segment for _, segment in made)


def _segment(data, i, header):
    _, flags, offset, vaddr, _, file_size, size, _ = header
    if file_size > size:
        raise ElfError(f"segment {i} has more bytes in the file ({file_size:#x}) than in memory ({size:#x})", "build it again")
    if offset + file_size > len(data):
        raise ElfError(f"segment {i} lies outside of the file", "it was cut off, or damaged: build it again")
    if vaddr + size > USER_TOP:
        raise ElfError(f"segment {i} at [{vaddr:#x}..{vaddr + size:#x}) lies above the memory of programs",
                       f"link it below {USER_TOP:#x}, as the SDK's linker script does")
    if flags & CAN_WRITE and flags & CAN_EXECUTE:
        raise ElfError(f"segment {i} at {vaddr:#x} is writable and executable",
                       "no memory is both: use the SDK's linker script, or keep .data and .text in segments of their own")
    return Segment(vaddr, size, data[offset:offset + file_size], bool(flags & CAN_READ), bool(flags & CAN_WRITE),
                   bool(flags & CAN_EXECUTE))


def _sections(data, table):
    return [_Section(kind, flags, offset, size, link, entry_size)
            for _, kind, flags, _, offset, size, link, _, _, entry_size in _entries(data, table, SECTION, "section")]


def _bytes_of(data, section, what):
    if section.offset + section.size > len(data):
        raise ElfError(f"{what} lies outside of the file", "it was cut off, or damaged: build it again")
    return data[section.offset:section.offset + section.size]


def _symbols(data, sections):
    """name -> tuple of Symbol, of what is defined."""
    table = next((s for s in sections if s.kind == SYMBOL_TABLE), None)
    if table is None:
        raise ElfError("unable to find symbol table section",
                       "do not strip it, or name a file with symbols by path_for_symbols=")
    if table.entry_size != SYMBOL.size or table.link >= len(sections):
        raise ElfError("its symbol table is damaged", "build it again")
    names = _bytes_of(data, sections[table.link], "the table of symbol names")
    found, room = {}, MAX_NAMES
    for name_at, info, _, section, address, size in SYMBOL.iter_unpack(_whole(_bytes_of(data, table, "the symbol table"))):
        if section == 0 or info & 15 in (SECTION_SYMBOL, FILE_SYMBOL):
            continue
        end = names.find(b"\0", name_at)
        if name_at >= len(names) or end < 0:
            raise ElfError("the name of a symbol lies outside of the table of names", "build it again")
        room -= end - name_at
        if room < 0:
            raise ElfError(f"the names of its symbols have more than {MAX_NAMES >> 20} MiB", "strip what is not needed (objcopy -w -K)")
        name = names[name_at:end].decode("utf-8", "replace")
        found.setdefault(name, []).append(Symbol(name, address, size, info & 15 == FUNCTION))
    return {name: tuple(symbols) for name, symbols in found.items() if name}


def _whole(table):
    return table[:len(table) // SYMBOL.size * SYMBOL.size]


def read_symbols(data):
    """The symbols of a file that is named for them alone."""
    return _symbols(data, _sections(data, _header(data)[2]))


def code_of(data, sections, segments):
    """What is executed: the sections that say so; without such, or when they cannot be right, the executable segments."""
    code = [s for s in sections if s.flags & CODE_SECTION and s.kind != NO_BITS and s.size]
    if code and sum(s.size for s in code) <= len(data):
        return [_bytes_of(data, s, "a section of code") for s in code]
    return [s.data for s in segments if s.execute and s.data]


def read_program(path, data, uses_extended, symbols=None):
    """A Program. `uses_extended` says whether the pieces of code in a list use extended state; `symbols`: those of another
    file, instead of its own. fails: ElfError."""
    entry, segment_table, section_table = _header(data)
    segments = _segments(data, segment_table)
    sections = _sections(data, section_table)
    if not any(s.execute and s.vaddr <= entry < s.end for s in segments):
        raise ElfError(f"its entry {entry:#x} lies in no executable segment", "link it with the SDK's linker script, entry _start")
    if symbols is None:
        symbols = _symbols(data, sections)
    return Program(path, entry, segments, symbols, uses_extended(code_of(data, sections, segments)))
