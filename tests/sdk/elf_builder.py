"""ELF programs of any kind, right or wrong, without a compiler."""
import struct
from dataclasses import dataclass, field

TEXT, DATA = 0x200000, 0x201000
READ, WRITE, EXECUTE = 4, 2, 1
LOAD, OBJECT, FUNCTION = 1, 1, 2
CODE = bytes.fromhex("f30f1efa 31c0 c3 ebfe".replace(" ", ""))  # endbr64; xor eax, eax; ret; jmp .
LIBRARY = (("microkit_name", 64), ("microkit_passive", 1), ("microkit_irqs", 8), ("microkit_notifications", 8),
           ("microkit_pps", 8), ("microkit_ioports", 8))


@dataclass
class Segment:
    flags: int
    vaddr: int
    data: bytes
    size: int = -1          # in memory; -1: as many as data
    kind: int = LOAD
    file_size: int = -1     # what the header says; -1: as many as data
    offset: int = -1        # what the header says; -1: where data is


@dataclass
class Elf:
    """A small program as libmicrokit makes them; change what is to be wrong, then bytes()."""

    segments: list = field(default_factory=lambda: [Segment(READ | EXECUTE, TEXT, CODE), Segment(READ | WRITE, DATA, bytes(0x80), 0x1000)])
    symbols: list = field(default_factory=lambda: symbols())
    word_size: int = 2
    order: int = 1
    kind: int = 2
    machine: int = 62
    entry: int = TEXT
    with_symbols: bool = True
    code_sections: bool = True
    code_size: int = -1     # of .text; -1: the whole first segment
    symbol_size: int = 24
    names_end: bytes = b"\0"
    phdr_count: int = -1
    phdr_size: int = 56
    symbols_offset: int = -1    # what the section says; -1: where they are

    def bytes(self):
        at = 64 + 56 * len(self.segments)
        headers, body, text_at = b"", b"", 64 + 56 * len(self.segments)
        for s in self.segments:
            offset = at + len(body)
            headers += struct.pack("<IIQQQQQQ", s.kind, s.flags, offset if s.offset < 0 else s.offset, s.vaddr, s.vaddr,
                                   len(s.data) if s.file_size < 0 else s.file_size, len(s.data) if s.size < 0 else s.size, 0x1000)
            body += s.data
        names, table = b"", bytes(24)
        for name, address, size, kind, section in self.symbols:
            table += struct.pack("<IBBHQQ", len(names) + 1, kind | 0x10, 0, section, address, size)
            names += b"\0" + name.encode()
        names += self.names_end
        table_at = at + len(body)
        sections = [(0,) * 10]
        if self.code_sections:
            code_size = len(self.segments[0].data) if self.code_size < 0 else self.code_size
            sections.append((0, 1, 6, TEXT, text_at, code_size, 0, 0, 1, 0))
        if self.with_symbols:
            link = len(sections) + 1
            at = table_at if self.symbols_offset < 0 else self.symbols_offset
            sections.append((0, 2, 0, 0, at, len(table), link, 1, 8, self.symbol_size))
            sections.append((0, 3, 0, 0, table_at + len(table), len(names), 0, 0, 1, 0))
        sections_at = table_at + len(table) + len(names)
        ident = b"\x7fELF" + bytes((self.word_size, self.order, 1)) + bytes(9)
        count = len(self.segments) if self.phdr_count < 0 else self.phdr_count
        header = struct.pack("<16sHHIQQQIHHHHHH", ident, self.kind, self.machine, 1, self.entry, 64, sections_at, 0, 64, self.phdr_size,
                             count, 64, len(sections), 0)
        return header + headers + body + table + names + b"".join(struct.pack("<IIQQQQIIQQ", *s) for s in sections)


def symbols(without=()):
    """libmicrokit's variables, and some of a program's own."""
    made, at = [], DATA
    for name, size in (*LIBRARY, ("word", 8), ("other_word", 8), ("small", 4), ("label", 0), ("twice", 8), ("twice", 8)):
        made.append((name, at, size, OBJECT, 2))
        at += max(size, 8)
    made.insert(0, ("elsewhere", 0, 8, OBJECT, 0))
    made += [("init", TEXT, 7, FUNCTION, 1), ("outside", 0x900000, 8, OBJECT, 2)]
    return [s for s in made if s[0] not in without]


def good():
    return Elf().bytes()


def with_code(code):
    elf = Elf()
    elf.segments[0].data = code
    return elf.bytes()


def many_variables():
    """v0 to v31; and it can be reset."""
    elf = Elf()
    elf.symbols += [(f"v{i}", DATA + 0x800 + 8 * i, 8, OBJECT, 2) for i in range(32)]
    elf.symbols.append(("baton_reset", DATA + 0x700, 32, OBJECT, 2))
    return elf.bytes()


def _data(vaddr, data=bytes(0x80), **more):
    return [Segment(READ | EXECUTE, TEXT, CODE), Segment(READ | WRITE, vaddr, data, **more)]


def _many():
    return [Segment(READ | EXECUTE, TEXT, CODE)] + [Segment(READ, 0x300000 + 0x1000 * i, b"x") for i in range(64)]


def wrong():
    """name -> bytes of programs, each with one mistake."""
    elves = {
        "bits32": Elf(word_size=1), "class_9": Elf(word_size=9), "big_endian": Elf(order=2), "arm": Elf(machine=183),
        "pie": Elf(kind=3), "object": Elf(kind=1), "no_symtab": Elf(with_symbols=False), "truncated_phdr": Elf(phdr_count=9999),
        "no_segments": Elf(phdr_count=0), "no_load": Elf(segments=[Segment(READ, TEXT, CODE, kind=6)]),
        "dynamic": Elf(segments=_data(DATA, size=0x800) + [Segment(READ, DATA, b"", kind=2)]),
        "interpreter": Elf(segments=_data(DATA, size=0x800) + [Segment(READ, DATA, b"", kind=3)]),
        "over_top": Elf(segments=_data(0x7ffffffff000)), "in_stack": Elf(segments=_data(DATA, size=0x800) + _data(0x7fffffffc000)[1:]),
        "overlap": Elf(segments=_data(TEXT + 4)), "same_page": Elf(segments=_data(TEXT + 0x100)),
        "entry_outside": Elf(entry=0x400000), "entry_in_data": Elf(entry=DATA),
        "no_library": Elf(symbols=symbols(without=[name for name, _ in LIBRARY])),
        "symbol_outside": Elf(symbols=symbols(without=("microkit_pps",)) + [("microkit_pps", 0x900000, 8, OBJECT, 2)]),
        "library_twice": Elf(symbols=symbols() + [("microkit_pps", DATA + 0x70, 8, OBJECT, 2)]),
        "wx": Elf(segments=[Segment(7, TEXT, CODE), _data(DATA)[1]]),
        "filesz": Elf(segments=_data(DATA, size=8)), "same_bytes": Elf(segments=_many()[:1] + [
            Segment(READ, 0x300000 + 0x100000 * i, b"x" * 0x20000 if i == 0 else b"", size=0x20000, file_size=0x20000, offset=0x100)
            for i in range(3)]),
        "many_segments": Elf(segments=_many()), "bad_names": Elf(names_end=b""), "bad_symtab": Elf(symbol_size=16),
        "phdr_size": Elf(phdr_size=32), "symbols_outside": Elf(symbols_offset=1 << 63),
    }
    made = {name: elf.bytes() for name, elf in elves.items()}
    return {**made, "empty": b"", "three_bytes": b"\x7fEL", "half_a_header": good()[:40], "cut_off": good()[:0xf0],
            "text": b"#!/bin/sh\n" * 20}
