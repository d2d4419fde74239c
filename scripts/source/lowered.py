"""The kernel's image as an ordinary process can hold it: its upper half cut off the addresses, and what only a kernel may do in its
fast paths replaced by something of the same length. All else is the shipped bytes; the paths name what is in memory relative to
themselves, so they find it at the same distance.

    SYSRET          a jump to rcx, which is where it goes
    mov cr3, rcx    a store into the line that rcx names
    an address of the image as an immediate operand: the same, lowered
"""
import re
import struct
from dataclasses import dataclass

from scripts.base import patience
from scripts.base.common import BatonError, shown

UPPER = 0xffffffff80000000
PT_LOAD, SHT_SYMTAB = 1, 2
PAGE = 4096
SYSRET, JUMP_RCX = bytes.fromhex("480f07"), bytes.fromhex("ffe190")  # nop behind
WRITE_CR3, STORE_RCX = bytes.fromhex("0f22d9"), bytes.fromhex("880990")  # mov [rcx], cl; nop
LINE = re.compile(r"^ *([0-9a-f]+):\t((?:[0-9a-f]{2} )+)\s*(.*?)\s*$")


@dataclass(frozen=True)
class Instruction:
    address: int
    code: bytes
    text: str  # in objdump's words; empty for what continues a long one


class Lowered:
    """base, data, symbols (lowered addresses), instructions of the window (as shipped), patches: address -> (old, new) bytes."""

    def __init__(self, path):
        try:
            self._read(path.read_bytes())
        except (OSError, struct.error, ValueError, KeyError) as error:
            raise BatonError(f"{shown(path)} is no kernel image: {error}", "make all") from error
        self.instructions = _disassembled(path, self.symbols["fastpath_start"] + UPPER, self.symbols["fastpath_end"] + UPPER)
        self.patches = {}
        for one in self.instructions:
            new = self._replaced(one)
            if new != one.code:
                self.patches[one.address - UPPER] = (one.code, new)
                at = one.address - UPPER - self.base
                self.data[at:at + len(new)] = new

    def executed(self, addresses):
        """The shipped instructions at these lowered addresses; what fills up one that was replaced is none of them."""
        shipped = {one.address - UPPER: one for one in self.instructions}
        filling = {at + 2 for at, (_, new) in self.patches.items() if new in (JUMP_RCX, STORE_RCX)}
        return [shipped[at] for at in addresses if at not in filling]

    def _read(self, file):
        phoff, shoff = struct.unpack_from("<QQ", file, 32)
        phentsize, phnum, shentsize, shnum = struct.unpack_from("<HHHH", file, 54)
        loads = []
        for i in range(phnum):
            kind, _, offset, vaddr, _, filesz, memsz, _ = struct.unpack_from("<IIQQQQQQ", file, phoff + i * phentsize)
            if kind == PT_LOAD and vaddr >= UPPER:
                loads.append((vaddr - UPPER, memsz, file[offset:offset + filesz]))
        if not loads:
            raise ValueError("nothing of it is loaded")
        self.base = min(start for start, _, _ in loads) // PAGE * PAGE
        end = max(start + size for start, size, _ in loads)
        self.data = bytearray(-(-(end - self.base) // PAGE) * PAGE)
        for start, _, held in loads:
            self.data[start - self.base:start - self.base + len(held)] = held
        self.symbols = {}
        sections = [struct.unpack_from("<IIQQQQIIQQ", file, shoff + i * shentsize) for i in range(shnum)]
        for section in (s for s in sections if s[1] == SHT_SYMTAB):
            names = sections[section[6]][4]
            for at in range(section[4], section[4] + section[5], 24):
                name, _, _, _, value, _ = struct.unpack_from("<IBBHQQ", file, at)
                if value >= UPPER:
                    start = names + name
                    self.symbols[file[start:file.index(0, start)].decode()] = value - UPPER

    def _replaced(self, one):
        if one.code == SYSRET:
            return JUMP_RCX
        if one.code == WRITE_CR3:
            return STORE_RCX
        for name in ("nobody_tcb", "slow_head_tcb"):
            high = struct.pack("<I", self.symbols[name] + UPPER & 0xffffffff)
            if one.code.endswith(high):
                return one.code[:-4] + struct.pack("<I", self.symbols[name])
        return one.code


def _disassembled(path, start, end):
    words = ["objdump", "-d", "-w", "--insn-width=16", f"--start-address={start:#x}", f"--stop-address={end:#x}", str(path)]
    done = patience.run(words, capture_output=True, encoding="utf-8")
    if done.returncode:
        raise BatonError(f"objdump cannot read {shown(path)}: {done.stderr.strip()}", "make all")
    found = (LINE.match(line) for line in done.stdout.splitlines())
    return [Instruction(int(m[1], 16), bytes.fromhex(m[2]), m[3]) for m in found if m]
