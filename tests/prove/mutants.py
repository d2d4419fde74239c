"""Every mutant of the fast paths (tests/mutation.py makes them) must be refuted: assembled, placed in the image in memory
where the original is, and subjected to the same theorems. What the theorems cannot tell from the original is listed here."""
import multiprocessing
import signal
import struct
import subprocess
import tempfile
from pathlib import Path

from scripts.base.common import ROOT, BatonError
from tests import mutation, trials
from tests.prove.operations import OPERATIONS
from tests.prove.theorems import theorems, unknown_numbers

# Name of a mutant: why it does the same.
QUEUES_NEAR = "the run queues lie in the image: addresses of two differ in their low half, and none has a low half of 0"
WAIT_SMALL = "the wait word of a ready thread is a small constant: what is above its low half is 0 (ready-alone)"
SECOND_DOES_IT_TOO = "the second path takes every state that the first takes, and does the same; only the footprint is another"
FOUND_LATER = "the comparisons behind it find that it is none of theirs; only the footprint is another"
BELOW = "numbers above that of identify have gone to .above by 64 bits of theirs"
STILL_CURRENT = "r11 is the running thread already"
EQUIVALENT = {
    "identify: delete `mov r11, [rel cpu + CPU_CURRENT]` (2)": STILL_CURRENT,
    "entry: delete `jb syscall_entry_slow`": FOUND_LATER,
    "entry: 32 bits `cmp rax, SYS_RECV`": BELOW,
    "call: always `jb .second`": SECOND_DOES_IT_TOO,
    "call: one more or less `jb .second`": SECOND_DOES_IT_TOO,
    "yield: 32 bits `cmp rax, [r11 + TCB_QUEUE]`": QUEUES_NEAR,
    "yield: 32 bits `cmp qword [r11 + TCB_QUEUE], 0`": QUEUES_NEAR,
    "wait: 32 bits `cmp qword [rbx + TCB_QUEUE], 0`": QUEUES_NEAR,
    "yield: 32 bits `cmp qword [rax + TCB_WAIT], READY_RETURNED`": WAIT_SMALL,
    "yield: 32 bits `cmp qword [rax + TCB_WAIT], IN_LINE_RETURNED`": WAIT_SMALL,
    "wait: 32 bits `cmp qword [r11 + TCB_WAIT], READY_RETURNED`": WAIT_SMALL,
    "wait: 32 bits `cmp qword [r11 + TCB_WAIT], READY_NOTIFIED`": WAIT_SMALL,
    "call_queued: 32 bits `cmp qword [rbx + TCB_QUEUE], 0`": QUEUES_NEAR,
    "call_queued: 32 bits `cmp qword [rax + TCB_WAIT], READY_RETURNED`": WAIT_SMALL,
    "recv: 32 bits `cmp qword [rbx + TCB_QUEUE], 0`": QUEUES_NEAR,
    "recv: 32 bits `cmp qword [r11 + TCB_WAIT], READY_RETURNED`": WAIT_SMALL,
    "recv: 32 bits `cmp qword [r11 + TCB_WAIT], READY_NOTIFIED`": WAIT_SMALL,
}

INCLUDED = ("kernel/abi", "kernel/arch/x86_64", "kernel/arch/x86_64/variant", "kernel/arch/x86_64/variant/{variant}", "fastpath", "build")
RELOCATIONS = {1: (8, False), 2: (4, True), 4: (4, True), 10: (4, False), 11: (4, False)}  # R_X86_64_...: size, to rip
NOP = b"\x90"  # what the linker puts between sections of code
SHT_PROGBITS, SHT_SYMTAB, SHT_RELA, SHF_EXECINSTR = 1, 2, 4, 4


def mutants_of(operations, variant):
    """(file -> its lines, the mutants of the files of these operations)"""
    files = {f for o in operations for f in o.files}
    lines = mutation.sources(variant)
    return lines, [m for file in lines if file in files for m in mutation.mutants_of(file, lines[file])]


# ---- assembling
class Object:
    """The one section of code in what NASM made of a file, its relocations, and its symbols."""

    def __init__(self, data):
        shoff, = struct.unpack_from("<Q", data, 40)
        count, = struct.unpack_from("<H", data, 60)
        self.data, self.sections = data, [struct.unpack_from("<IIQQQQIIQQ", data, shoff + 64 * i) for i in range(count)]
        code = [i for i, s in enumerate(self.sections) if s[1] == SHT_PROGBITS and s[2] & SHF_EXECINSTR and s[5]]
        if len(code) != 1:
            raise BatonError(f"a fast path of {len(code)} sections of code", "tests/prove/mutants.py knows one")
        self.index = code[0]
        start, size = self.sections[self.index][4:6]
        self.code = bytearray(data[start:start + size])
        table = next(s for s in self.sections if s[1] == SHT_SYMTAB)
        strings = self.sections[table[6]][4]
        self.symbols = []  # (name, section, value)
        for at in range(table[4], table[4] + table[5], 24):
            name, _, _, section, value, _ = struct.unpack_from("<IBBHQQ", data, at)
            end = data.index(0, strings + name)
            self.symbols.append((data[strings + name:end].decode(), section, value))

    def place(self, image, base):
        """The code as it is at that address."""
        code = bytearray(self.code)
        for section in self.sections:
            if section[1] != SHT_RELA or section[7] != self.index:
                continue
            for at in range(section[4], section[4] + section[5], 24):
                offset, info, addend = struct.unpack_from("<QQq", self.data, at)
                size, to_rip = RELOCATIONS[info & 0xffffffff]
                name, home, value = self.symbols[info >> 32]
                target = base + value if home == self.index else image.symbol(name)
                number = target + addend - (base + offset if to_rip else 0)
                code[offset:offset + size] = (number % (1 << 8 * size)).to_bytes(size, "little")
        return bytes(code)

    def entry(self):
        """Name and place of the first global symbol: where the file is entered."""
        return min((value, name) for name, section, value in self.symbols if section == self.index and name and "." not in name)


def assemble(directory, text, variant):
    """The Object, or None when NASM refuses."""
    path = directory / "mutant.asm"
    path.write_text(text, encoding="utf-8")
    included = [f"{ROOT / part.format(variant=variant)}/" for part in INCLUDED]
    command = ["nasm", "-f", "elf64", "-w-all", *(word for part in included for word in ("-I", part)), path, "-o", directory / "mutant.o"]
    made = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True)
    return None if made.returncode else Object((directory / "mutant.o").read_bytes())


# ---- in the image
def room(image, base):
    """How many bytes there are from here to the next fast path: sections begin at multiples of 64."""
    starts = [a for name, a in image.symbols.items() if base < a < base + 4096 and a % 64 == 0 and "." not in name]
    return min(starts, default=base + 4096) - base


def put(image, mutant):
    """Puts the code where the original is; when it is longer, after all fast paths with a jump to it."""
    offset, name = mutant.entry()
    base = image.symbol(name) - offset
    image.patches = {}
    if len(mutant.code) <= room(image, base):
        image.patches[base] = mutant.place(image, base).ljust(room(image, base), NOP)
        return
    last = max(a for n, a in image.symbols.items() if n.startswith("fast_") and "." not in n)
    elsewhere = last + room(image, last) - 1024
    if elsewhere <= last + 256:
        raise BatonError("no room for a mutant after the fast paths")
    image.patches[elsewhere] = mutant.place(image, elsewhere)
    jump = elsewhere + offset - (base + offset + 5)
    image.patches[base + offset] = b"\xe9" + jump.to_bytes(4, "little", signed=True)


def refuted(kernel, operations):
    """What refutes the image as it is now; None when nothing does."""
    def results():
        yield unknown_numbers(kernel, OPERATIONS)
        for operation in operations:
            yield from theorems(kernel, operation)
    return next((f"{r.name.split(':')[0]}: {r.refuted}" for r in results() if r.refuted is not None), None)


class Trial:
    """What a process that tries mutants knows."""

    def __init__(self, kernel, operations):
        self.kernel, self.operations = kernel, operations
        self.directory = tempfile.TemporaryDirectory(prefix="baton-prove-")
        self.lines, self.mutants = mutants_of(operations, kernel.image.variant)

    def check(self):
        """What is assembled here, without any change, must be what is in the image, or the mutants would be mutants of something else."""
        for file in sorted({m.file for m in self.mutants}):
            made = self.assemble(self.lines[file])
            if made is None:
                raise BatonError(f"{file} does not assemble with its macros written out", "is INCLUDED as NASMFLAGS is?")
            offset, name = made.entry()
            base, image = self.kernel.image.symbol(name) - offset, self.kernel.image
            if made.place(image, base) != image.bytes(base, len(made.code)):
                raise BatonError(f"{file} assembled alone is not what is in the image", "make all")

    def assemble(self, lines):
        return assemble(Path(self.directory.name), "\n".join(lines) + "\n", self.kernel.image.variant)

    def put(self, mutant):
        """Puts it into the image."""
        lines = list(self.lines[mutant.file])
        lines[mutant.number] = mutant.line
        made = self.assemble(lines)
        if made is None:
            raise BatonError("it does not assemble")
        put(self.kernel.image, made)

    def __call__(self, number):
        """What refutes the mutant of that number, or why it was not tried."""
        mutant = self.mutants[number]
        try:
            self.put(mutant)
        except BatonError as error:
            return error
        theirs = OPERATIONS if mutant.file == "entry.asm" else [o for o in self.operations if mutant.file in o.files]
        return refuted(self.kernel, theirs)


_trial = None


def _begin(kernel, operations):
    global _trial
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # how a pool ends its processes
    _trial = Trial(kernel, operations)


def _try(number):
    return _trial(number)


def become(kernel, operations, name, path):
    """The kernel becomes that mutant, in memory and in the file."""
    trial = Trial(kernel, operations)
    found = [m for m in trial.mutants if m.name == name]
    if not found:
        raise BatonError(f"no mutant is called {name}", "python3 -m tests.mutants --list")
    trial.put(found[0])
    kernel.image.save(path)


def run(kernel, operations, jobs):
    """Tries all mutants of the files of these operations; the exit code."""
    mutants = mutants_of(operations, kernel.image.variant)[1]
    Trial(kernel, operations).check()
    with multiprocessing.Pool(jobs, _begin, (kernel, operations)) as pool:
        outcomes = pool.imap(_try, range(len(mutants)), chunksize=4)
        return trials.closed("prove", (trials.told(mutant.name, how, EQUIVALENT) for mutant, how in zip(mutants, outcomes)))
