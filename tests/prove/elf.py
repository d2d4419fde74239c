"""The kernel image as it boots: its bytes at their addresses, and its symbols."""
import bisect
import struct

from scripts.base.common import BatonError, shown

HIGHER_HALF = 0xffff800000000000
PT_LOAD, PF_W, SHT_SYMTAB = 1, 2, 2
STT_NOTYPE_OBJECT_FUNC = (0, 1, 2)


class Image:
    """Segments of the higher half (address, size in memory, writable, bytes of the file) and symbols. `variant` says which entries
    are meant: "plain", "hardened", "kpti". `patches` are bytes that stand somewhere else than in the file: a mutant."""

    def __init__(self, path, variant="plain"):
        self.variant, self.suffix = variant, "" if variant == "plain" else f"_{variant}"
        try:
            self.file = path.read_bytes()
            self._read()
        except (OSError, struct.error, ValueError, IndexError) as error:
            raise BatonError(f"{shown(path)} is no kernel image: {error}", "make all") from error
        self.patches = {}
        self.window = self._window() if variant == "kpti" else ()

    def _window(self):
        """All of the kernel that is mapped while CR3 is ring 3's: (start, end) of its text, and of what else there is."""
        return [tuple(self.symbol(f"{part}_{end}") for end in ("start", "end")) for part in ("entry_kpti", "kernel_window")]

    def _read(self):
        if self.file[:5] != b"\x7fELF\x02":
            raise ValueError("no 64-bit ELF file")
        phoff, shoff = struct.unpack_from("<QQ", self.file, 32)
        phentsize, phnum, shentsize, shnum = struct.unpack_from("<HHHH", self.file, 54)
        self.segments, self.offsets, self.symbols, self.typed = [], {}, {}, set()
        for i in range(phnum):
            kind, flags, offset, vaddr, _, filesz, memsz, _ = struct.unpack_from("<IIQQQQQQ", self.file, phoff + i * phentsize)
            if kind == PT_LOAD and vaddr >= HIGHER_HALF:
                self.offsets[vaddr] = offset
                self.segments.append((vaddr, memsz, bool(flags & PF_W), self.file[offset:offset + filesz]))
        sections = [struct.unpack_from("<IIQQQQIIQQ", self.file, shoff + i * shentsize) for i in range(shnum)]
        for section in sections:
            if section[1] == SHT_SYMTAB:
                self._read_symbols(section, sections[section[6]])
        best = {}  # of several names for an address one that has a type: the linker script's have none
        for name, address in self.symbols.items():
            if "." not in name and (address not in best or name in self.typed):
                best[address] = name
        self._addresses = sorted(best)
        self._names = [best[a] for a in self._addresses]

    def _read_symbols(self, table, strings):
        for at in range(table[4], table[4] + table[5], 24):
            name, info, _, section, value, _ = struct.unpack_from("<IBBHQQ", self.file, at)
            if section and value >= HIGHER_HALF and info & 15 in STT_NOTYPE_OBJECT_FUNC:
                start = strings[4] + name
                text = self.file[start:self.file.index(0, start)].decode()
                self.symbols[text] = value
                if info & 15:
                    self.typed.add(text)

    def save(self, path):
        """Writes the image with its patches."""
        data = bytearray(self.file)
        for start, _, _, held in self.segments:
            data[self.offsets[start]:self.offsets[start] + len(held)] = self.bytes(start, len(held))
        path.write_bytes(data)

    @property
    def start(self):
        return min(s[0] for s in self.segments)

    @property
    def end(self):
        return max(s[0] + s[1] for s in self.segments)

    def symbol(self, name):
        """Of an entry the variant's, whose name stands before that of a label within."""
        point, dot, label = name.partition(".")
        found = self.symbols.get(f"{point}{self.suffix}{dot}{label}", self.symbols.get(name))
        if found is None:
            raise BatonError(f"the kernel image has no symbol {name}", "was it renamed? tests/prove/ names it")
        return found

    def near(self, address):
        """(symbol, offset from it) for people."""
        i = bisect.bisect_right(self._addresses, address) - 1
        return (self._names[i], address - self._addresses[i]) if i >= 0 else ("image", address - self.start)

    def segment(self, address, size=1):
        for s in self.segments:
            if s[0] <= address and address + size <= s[0] + s[1]:
                return s
        return None

    def constant(self, address, size):
        """The bytes there when nothing can ever change them; None otherwise."""
        s = self.segment(address, size)
        return None if s is None or s[2] else self.bytes(address, size)

    def bytes(self, address, size):
        """What the file or a patch holds there."""
        start, _, _, data = self.segment(address, size) or (0, 0, 0, None)
        if data is None:
            raise BatonError(f"0x{address:x} is outside the kernel image")
        found = bytearray(data[address - start:address - start + size].ljust(size, b"\0"))
        for at, patch in self.patches.items():
            for i in range(max(address, at), min(address + size, at + len(patch))):
                found[i - address] = patch[i - at]
        return bytes(found)
