"""A symbolic x86-64 CPU: state, operands, and the choice of what an instruction does (instructions.py). What it does
not know is an error; an instruction is never skipped. selftest.py compares it with the CPU emulator Unicorn."""
import capstone
import capstone.x86_const as x86

from tests.prove import alu, smt
from tests.prove.extended import Extended
from tests.prove.instructions import Branch, Instructions, Unsupported
from tests.prove.memory import NotMapped
from tests.prove.mitigations import Guard, Mitigations
from tests.prove.smt import number, simple, variable
from tests.prove.terms import choose, extend, extract

WIDE = ("rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", *(f"r{i}" for i in range(8, 16)))


def _parts():
    """Name of a register or part of one -> (register, lowest bit, bits)."""
    parts = {name: (name, 0, 64) for name in WIDE}
    for r in ("ax", "cx", "dx", "bx"):
        parts.update({f"e{r}": (f"r{r}", 0, 32), r: (f"r{r}", 0, 16), f"{r[0]}l": (f"r{r}", 0, 8),
                      f"{r[0]}h": (f"r{r}", 8, 8)})
    for r in ("sp", "bp", "si", "di"):
        parts.update({f"e{r}": (f"r{r}", 0, 32), r: (f"r{r}", 0, 16), f"{r}l": (f"r{r}", 0, 8)})
    for i in range(8, 16):
        parts.update({f"r{i}d": (f"r{i}", 0, 32), f"r{i}w": (f"r{i}", 0, 16), f"r{i}b": (f"r{i}", 0, 8)})
    return parts


PARTS = _parts()


class State:
    """Registers, flags, memory, and the conditions of the path that led here."""

    def __init__(self, rip, registers, memory):
        self.rip, self.registers, self.memory = rip, dict(registers), memory
        self.flags, self.path, self.cr3 = {}, [], None
        self.special = {}  # what only switches of extended state touch: extended.py
        self.guard = Guard()
        self.witness = None  # a model of the path, when one is known
        self.code, self.end = [], None  # addresses of the instructions executed; how the path ended

    def copy(self):
        other = object.__new__(State)
        other.__dict__.update(self.__dict__)
        other.registers, other.memory, other.flags = dict(self.registers), self.memory.copy(), dict(self.flags)
        other.path, other.code, other.special = list(self.path), list(self.code), dict(self.special)
        return other

    def flag(self, name):
        if name not in self.flags:
            raise Unsupported(f"an undefined flag is read: {name}")
        value = self.flags[name]
        if callable(value):
            value = self.flags[name] = value()
        return value


class Cpu(Instructions, Extended, Mitigations):
    """Executes one instruction at a time. `ask(state)` answers questions about the path (explore.py)."""

    def __init__(self, image, ask=lambda state: None):
        self.image, self.ask = image, ask
        self.disassembler = capstone.Cs(capstone.CS_ARCH_X86, capstone.CS_MODE_64)
        self.disassembler.detail = True
        self.decoded = {}

    def decode(self, address):
        segment = self.image.segment(address)
        if segment is None:
            raise Unsupported(f"execution at 0x{address:x}, outside the image")
        code = self.image.bytes(address, min(15, segment[0] + segment[1] - address))
        if (address, code) not in self.decoded:
            self.decoded[address, code] = next(self.disassembler.disasm(code, address, 1), None)
        found = self.decoded[address, code]
        if found is None:
            raise Unsupported(f"no instruction at 0x{address:x}: {code.hex()}")
        return found

    # ---- operands
    def address(self, s, i, memory):
        if memory.segment:
            raise Unsupported(f"a segment: {i.mnemonic} {i.op_str}")
        total = number(memory.disp % (1 << 64))
        if memory.base:
            name = i.reg_name(memory.base)
            total = total + (number(i.address + i.size) if name == "rip" else self.register(s, name, 64))
        if memory.index:
            total = total + (self.register(s, i.reg_name(memory.index), 64) << memory.scale.bit_length() - 1)
        return simple(total)

    def register(self, s, name, bits=None):
        if name not in PARTS or (bits and PARTS[name][2] != bits):
            raise Unsupported(f"the register {name}")
        full, low, width = PARTS[name]
        return extract(s.registers[full], low, width)

    def load(self, s, address, size):
        return s.memory.load(address, size, self.ask(s))

    def read(self, s, i, operand, bits=None):
        bits = bits or 8 * operand.size
        if operand.type == x86.X86_OP_REG and i.reg_name(operand.reg) == "cr2":
            return variable("fault.cr2")  # which no path changes
        if operand.type == x86.X86_OP_REG:
            return self.register(s, i.reg_name(operand.reg))
        if operand.type == x86.X86_OP_IMM:
            return number(operand.imm % (1 << bits), bits)
        return self.load(s, self.address(s, i, operand.mem), operand.size)

    def write(self, s, i, operand, term):
        if operand.type == x86.X86_OP_MEM:
            s.memory.store(self.address(s, i, operand.mem), term, self.ask(s))
            return
        name = i.reg_name(operand.reg)
        if name == "cr3":
            self.space(s, term)
            return
        if name in ("cr0", "cr4"):
            s.special[name] = term
            return
        if name not in PARTS:
            raise Unsupported(f"the register {name}")
        full, low, width = PARTS[name]
        if width < 32:
            old = s.registers[full]
            parts = [term] if low == 0 else [extract(old, 0, low), term]
            parts.append(extract(old, low + width, 64 - low - width))
            term = simple(smt.Concat(*reversed(parts)))
        s.registers[full] = extend(term, 64)

    def push(self, s, term):
        s.registers["rsp"] = simple(s.registers["rsp"] - 8)
        s.memory.store(s.registers["rsp"], term, self.ask(s))

    def pop(self, s):
        term = self.load(s, s.registers["rsp"], 8)
        s.registers["rsp"] = simple(s.registers["rsp"] + 8)
        return term

    def condition(self, s, code):
        if code not in alu.CONDITIONS:
            raise Unsupported(f"the condition {code}")
        return simple(alu.CONDITIONS[code](s.flag))

    # ---- one instruction
    def step(self, s):
        i = self.decode(s.rip)
        if s.memory.only and not any(start <= s.rip < end for start, end in s.memory.only):
            raise NotMapped(f"execution at 0x{s.rip:x} while CR3 is ring 3's")
        s.code.append(i.address)
        after = i.address + i.size
        s.rip = after
        name = {"movabs": "mov"}.get(i.mnemonic, i.mnemonic)
        method = getattr(self, f"do_{name.replace(' ', '_')}", None)
        if method:
            method(s, i, *i.operands)
        elif name[:4] == "cmov":
            self.conditional_move(s, i, name[4:], *i.operands)
        elif name[:3] == "set":
            chosen = smt.If(self.condition(s, name[3:]), number(1, 8), number(0, 8))
            self.write(s, i, i.operands[0], simple(chosen))
        elif name[0] == "j":
            self.conditional_jump(s, name[1:], i.operands[0].imm % (1 << 64))
        else:
            raise Unsupported(f"{i.mnemonic} {i.op_str} at 0x{i.address:x}")

    def conditional_jump(self, s, code, target):
        condition = self.condition(s, code)
        if smt.is_true(condition):
            self.decided(s, s.rip)
            s.rip = target
        elif smt.is_false(condition):
            self.decided(s, target)
        else:
            raise Branch(condition, target, s.rip)

    def decided(self, s, other):
        """A jump goes one way in every state of the path; `other` is where it never goes. For speculation.py."""

    def conditional_move(self, s, i, code, to, source):
        self.write(s, i, to, choose(self.condition(s, code), self.read(s, i, source), self.read(s, i, to)))
