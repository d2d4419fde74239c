"""docs/fastpath.md explains the instructions that the kernel has: its tables are compared with build/baton.elf.

Above each table a comment, <!-- code: syscall_entry fast_call -->, names the functions that it walks through: of each the
instructions up to the jump to the next, of the last those up to the first SYSRET. The second column is the source's text, macros
written out; here the names in it become the numbers of offsets.inc and abi.def, and that is compared with objdump.
"""
import re
import shutil
import subprocess
from dataclasses import dataclass

from tests.scripts import support
from tests.scripts.support import ROOT

PAGE = ROOT / "docs" / "fastpath.md"
KERNEL = ROOT / "build" / "baton.elf"
OFFSETS = ROOT / "build" / "offsets.inc"
ABI = ROOT / "kernel" / "abi" / "abi.def"

TABLE = re.compile(r"<!-- code: ([\w ]+) -->\n(.*?)<!-- end of code -->", re.S)
ROW = re.compile(r"^\| *(\d+) *\| *`([^`]+)` *\|", re.M)
INSTRUCTION = re.compile(r"^([0-9a-f]+):\s+(\S.*?)\s*(?:# ([0-9a-f]+) <.*>)?$")
SIZES = {"byte": 1, "word": 2, "dword": 4, "qword": 8}
SAME = {"jz": "je", "jnz": "jne", "sysretq": "sysret"}
JUMP = re.compile(r"j\w+$")


@dataclass(frozen=True)
class Memory:
    base: str  # a register, or empty: an address
    displacement: int

    def __str__(self):
        return f"[{self.base}{self.displacement:+#x}]"


class Numbers(dict):
    """Every name in the kernel that NASM knows: numbers of offsets.inc and abi.def, addresses of symbols."""

    def __init__(self):
        super().__init__()
        prefix = {"SYSCALL": "SYS_", "RIGHT": "RIGHT_", "OUTCOME": "GOT_", "TYPE": "TYPE_"}
        for kind, number, name in re.findall(r"^(SYSCALL|RIGHT|OUTCOME|TYPE)\((\w+), (\w+)", ABI.read_text(encoding="utf-8"), re.M):
            self[prefix[kind] + name] = int(number, 0)
        for name, number in re.findall(r"^CONST\((\w+), (\w+)", ABI.read_text(encoding="utf-8"), re.M):
            self[name] = int(number, 0)
        for name, number in re.findall(r"^(\w+) equ (-?\w+)$", OFFSETS.read_text(encoding="utf-8"), re.M):
            self[name] = int(number, 0)
        listing = subprocess.run(["nm", "--defined-only", KERNEL], capture_output=True, encoding="utf-8", check=True).stdout
        for address, _, name in (line.split() for line in listing.splitlines()):
            self.setdefault(name, int(address, 16))

    def sum(self, text):
        total = 0
        for sign, term in re.findall(r"([+-]?)\s*(\w+)", text):
            value = self[term] if term in self else int(term, 0)
            total += -value if sign == "-" else value
        return total


def operand(text, numbers, address):
    """Operand in the one form that the page's text and objdump's have in common, and the size that it names, or None."""
    size = None
    if match := re.match(r"(byte|word|dword|qword)(?: ptr)? (?=\[)", text, re.I):
        size, text = SIZES[match[1].lower()], text[match.end():]
    if match := re.fullmatch(r"\[(?:rel|rip)\b(.*)\]", text):
        return Memory("", address if address is not None else numbers.sum(match[1])), size
    if match := re.fullmatch(r"\[(r\w+)(.*)\]", text):
        return Memory(match[1], numbers.sum(match[2])), size
    if text in numbers or re.fullmatch(r"0x[0-9a-f]+|\d+", text):
        return numbers.sum(text) & (2**64 - 1), size
    return text, size


def canonical(code, numbers, address=None):
    """(mnemonic, operands, size of the memory operand or None)."""
    mnemonic, _, rest = code.removeprefix("o64 ").partition(" ")
    mnemonic = SAME.get(mnemonic, mnemonic)
    if JUMP.match(mnemonic):
        target = re.search(r"<([^>+]*)>", rest)
        return mnemonic, ((target[1] if target else rest.split()[0]).split(".")[-1],), None
    parts = [operand(part.strip(), numbers, address) for part in rest.split(",")] if rest else []
    return mnemonic, tuple(part for part, _ in parts), next((size for _, size in parts if size), None)


def shown(code):
    mnemonic, operands, _ = code
    return f"{mnemonic} {', '.join(hex(o) if isinstance(o, int) else str(o) for o in operands)}".strip()


def assembled(functions, numbers):
    """What the kernel executes when all checks hold: [canonical instruction]. The label after the write of CR3 is a macro's own,
    which no symbol table has."""
    listing = subprocess.run(["objdump", "-d", "--no-show-raw-insn", "-M", "intel", "-j", ".fastpath", KERNEL],
                             capture_output=True, encoding="utf-8", check=True).stdout
    found, labels = [], {}
    for function, following in zip(functions, [*functions[1:], None]):
        start = listing.index(f"\n{numbers[function]:x}:")
        for line in listing[start:].splitlines():
            match = INSTRUCTION.match(line.strip())
            if not match:
                continue
            if found and found[-1][0] == "mov" and found[-1][1][0] == "cr3":
                labels[match[1]] = "same"
            code = canonical(" ".join(match[2].split()), numbers, int(match[3], 16) if match[3] else None)
            found.append(code)
            if code[0] == "sysret" or (following and code[1][-1:] == (following,)):
                break
    return [(mnemonic, tuple(labels.get(o, o) for o in operands), size) for mnemonic, operands, size in found]


def differences(rows, code, numbers):
    """How the page's rows, [(number, text)], differ from the code."""
    if [int(number) for number, _ in rows] != list(range(1, len(code) + 1)):
        return [f"the rows are not numbered from 1 to {len(code)}, the instructions that there are"]
    found = []
    for (number, text), is_ in zip(rows, code):
        says = canonical(text, numbers)
        if says[:2] != is_[:2] or (says[2] and says[2] != is_[2]):
            found.append(f"row {number} says `{text}` ({shown(says)}), the kernel has {shown(is_)}")
    return found


class FastpathPage(support.Workspace):
    def setUp(self):
        super().setUp()
        if not KERNEL.is_file() or not shutil.which("objdump"):
            self.skipTest("there is no kernel or no objdump (make all)")
        self.numbers = Numbers()
        self.tables = [(names.split(), ROW.findall(rows)) for names, rows in TABLE.findall(PAGE.read_text(encoding="utf-8"))]

    def test_the_tables_are_the_code(self):
        self.assertEqual([names[-1] for names, _ in self.tables], ["fast_call", "fast_reply_recv"])
        for names, rows in self.tables:
            with self.subTest(names[-1]):
                self.assertEqual(differences(rows, assembled(names, self.numbers), self.numbers), [])

    def test_another_register_offset_size_target_or_row_is_noticed(self):
        names, rows = self.tables[0]
        code = assembled(names, self.numbers)
        changes = [("rbx", "rbp"), ("TCB_KEY", "TCB_CSPACE_MASK"), ("byte", "dword"), (".bail_slot", ".bail_index"),
                   (".same", ".bail_slot"), ("CPU_THRESHOLD", "CPU_SLICE_LEFT"), ("nobody_tcb", "slow_head_tcb"), ("jb", "jbe")]
        for old, new in changes:
            with self.subTest(f"{old} -> {new}"):
                at = next(i for i, (_, text) in enumerate(rows) if old in text)
                wrong = rows[:at] + [(rows[at][0], rows[at][1].replace(old, new, 1))] + rows[at + 1:]
                self.assertEqual(len(differences(wrong, code, self.numbers)), 1)
        self.assertNotEqual(differences(rows[:-1], code, self.numbers), [])
