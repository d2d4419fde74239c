"""What each instruction does (SDM vol. 2): exactly those that the proved paths are made of, and their near kin."""
import capstone.x86_const as x86

from tests.prove import alu, smt
from tests.prove.smt import FALSE, number, simple, value_of, variable
from tests.prove.terms import Function, extend, extract


PRODUCT = Function("product", 64)


class Unsupported(Exception):
    """The prover does not know this instruction, or this use of it."""


class Stop(Exception):
    """The path has come to its end: `kind` says which kind of end."""

    def __init__(self, kind):
        super().__init__(kind)
        self.kind = kind


class Branch(Exception):
    """A conditional jump whose condition depends on the state."""

    def __init__(self, condition, target, otherwise):
        super().__init__()  # nobody reads it as a text, and to write a condition down takes long
        self.condition, self.target, self.otherwise = condition, target, otherwise


class Instructions:
    """Methods do_<mnemonic>(state, instruction, operands...); Cpu supplies read, write, load, push, pop, address;
    Mitigations what it does at a branch."""

    def jump(self, s, target, what):
        value = value_of(target)
        if value is None:
            raise Unsupported(f"{what} to where the state says: {target}")
        s.rip = value

    def do_mov(self, s, i, to, source):
        # of a move from memory, or of a constant, the other operand says how wide it is
        self.write(s, i, to, self.read(s, i, source, 8 * to.size))

    def do_movzx(self, s, i, to, source, signed=False):
        self.write(s, i, to, extend(self.read(s, i, source), 8 * to.size, signed))

    def do_movsx(self, s, i, to, source):
        self.do_movzx(s, i, to, source, signed=True)

    do_movsxd = do_movsx

    def do_cdqe(self, s, i):
        s.registers["rax"] = extend(extract(s.registers["rax"], 0, 32), 64, signed=True)

    def do_lea(self, s, i, to, source):
        self.write(s, i, to, extract(self.address(s, i, source.mem), 0, 8 * to.size))

    def do_xchg(self, s, i, a, b):
        left, right = self.read(s, i, a), self.read(s, i, b)
        self.write(s, i, a, right)
        self.write(s, i, b, left)

    def do_nop(self, s, i, *operands):
        pass

    def do_cld(self, s, i):
        pass  # the CPU has cleared DF at entry

    def do_clac(self, s, i):
        pass  # whether ring 0 may touch ring 3's memory: no path here does

    def do_rep_movsq(self, s, i, to, source):
        words = s.registers["rcx"]
        s.memory.copy_words(s.registers["rdi"], s.registers["rsi"], words, self.ask(s))
        for name in ("rsi", "rdi"):
            s.registers[name] = simple(s.registers[name] + 8 * words)
        s.registers["rcx"] = number(0)

    def do_push(self, s, i, source):
        self.push(s, extend(self.read(s, i, source, 64), 64))

    def do_pop(self, s, i, to):
        self.write(s, i, to, self.pop(s))

    def do_leave(self, s, i):
        s.registers["rsp"] = s.registers["rbp"]
        s.registers["rbp"] = self.pop(s)

    def do_call(self, s, i, target):
        self.push(s, number(s.rip))
        self.called(s)
        self.branch(s, i, target, "a call")

    def do_jmp(self, s, i, target):
        self.branch(s, i, target, "a jump")

    def branch(self, s, i, target, what):
        if target.type != x86.X86_OP_IMM:
            self.predicted(s, i)
        self.jump(s, self.read(s, i, target, 64), what)

    def do_ret(self, s, i):
        self.returned(s, i)
        self.jump(s, self.pop(s), "a return")

    def do_sysret(self, s, i):
        raise Stop("sysret")

    do_sysretq = do_sysret

    def do_iretq(self, s, i):
        raise Stop("iret")

    def do_hlt(self, s, i):
        raise Stop("idle")

    def do_sti(self, s, i):
        pass  # on the way to HLT

    def binary(self, s, i, operation, a, b, keep=True):
        left = self.read(s, i, a)
        right = self.read(s, i, b, left.bits)
        if right.bits != left.bits:
            right = extend(right, left.bits, signed=True)
        result, s.flags = operation(left, right)
        if keep:
            self.write(s, i, a, result)

    def do_add(self, s, i, a, b):
        self.binary(s, i, alu.add, a, b)

    def do_sub(self, s, i, a, b):
        self.binary(s, i, alu.sub, a, b)

    def do_cmp(self, s, i, a, b):
        self.binary(s, i, alu.sub, a, b, keep=False)

    def do_and(self, s, i, a, b):
        self.binary(s, i, alu.logic(alu.both), a, b)

    def do_test(self, s, i, a, b):
        self.binary(s, i, alu.logic(alu.both), a, b, keep=False)

    def do_or(self, s, i, a, b):
        self.binary(s, i, alu.logic(lambda x, y: x | y), a, b)

    def do_xor(self, s, i, a, b):
        if a.type == b.type == x86.X86_OP_REG and a.reg == b.reg:  # 0, whatever it was
            self.write(s, i, a, number(0, 8 * a.size))
            s.flags = alu.of_result(number(0, 8), cf=FALSE, of=FALSE)
            return
        self.binary(s, i, alu.logic(lambda x, y: x ^ y), a, b)

    def do_imul(self, s, i, a, b):
        """The form of two operands. Its flags say no more than whether the product fits. Of numbers that depend on the state the product is
        some function of both: what is equal whatever that is, is equal."""
        left, right = self.read(s, i, a), self.read(s, i, b)
        known = left.bits != 64 or value_of(left) is not None and value_of(right) is not None
        self.write(s, i, a, simple(left * right if known else PRODUCT(left, right)))
        s.flags = {}

    def do_adc(self, s, i, a, b):
        carry = s.flag("cf")
        self.binary(s, i, lambda x, y: alu.with_carry("adc")(x, y, carry), a, b)

    def do_sbb(self, s, i, a, b):
        carry = s.flag("cf")
        if a.type == b.type == x86.X86_OP_REG and a.reg == b.reg:  # the carry as a mask
            bits = 8 * a.size
            r = simple(smt.If(carry, number(-1, bits), number(0, bits)))
            self.write(s, i, a, r)
            s.flags = alu.of_result(r, cf=carry, of=FALSE)
            return
        self.binary(s, i, lambda x, y: alu.with_carry("sbb")(x, y, carry), a, b)

    def do_inc(self, s, i, a, operation=alu.add):
        flags = dict(s.flags)
        result, s.flags = operation(self.read(s, i, a), number(1, 8 * a.size))
        s.flags.pop("cf")
        if "cf" in flags:
            s.flags["cf"] = flags["cf"]
        self.write(s, i, a, result)

    def do_dec(self, s, i, a):
        self.do_inc(s, i, a, alu.sub)

    def do_not(self, s, i, a):
        self.write(s, i, a, simple(~self.read(s, i, a)))

    def do_neg(self, s, i, a):
        result, s.flags = alu.sub(number(0, 8 * a.size), self.read(s, i, a))
        self.write(s, i, a, result)

    def shift(self, s, i, a, count=None):
        bits = 8 * a.size
        by = number(1, 8) if count is None else self.read(s, i, count, 8)
        by = simple(by & (63 if bits == 64 else 31))
        result, flags = alu.shift({"sal": "shl"}.get(i.mnemonic, i.mnemonic), self.read(s, i, a), extend(by, bits)
                                  if bits > 8 else by, value_of(by))
        s.flags = s.flags if flags is None else flags
        self.write(s, i, a, result)

    do_shl = do_sal = do_shr = do_sar = shift

    def do_rol(self, s, i, a, count):
        by = extend(self.read(s, i, count, 8), 8 * a.size) & (63 if a.size == 8 else 31)
        s.flags = {f: s.flags[f] for f in ("zf", "sf") if f in s.flags}
        self.write(s, i, a, simple(alu.rotate(self.read(s, i, a), by)))

    def bit_test(self, s, i, a, b, change=None):
        if a.type == x86.X86_OP_MEM and b.type == x86.X86_OP_REG:
            self.bit_string(s, i, a, b, change)
            return
        left = self.read(s, i, a)
        index = simple(extend(self.read(s, i, b, left.bits), left.bits) & (left.bits - 1))
        tested = simple(extract(simple(smt.LShR(left, index)), 0, 1) == 1)
        s.flags = {"cf": tested, **({"zf": s.flags["zf"]} if "zf" in s.flags else {})}
        if change:
            self.write(s, i, a, simple(change(left, number(1, left.bits) << index)))

    def bit_string(self, s, i, a, b, change):
        """In memory the index is not taken modulo the operand's size: it reaches other words."""
        if a.size != 8:
            raise Unsupported(f"{i.mnemonic} {i.op_str}")
        index = self.read(s, i, b)
        place = simple(self.address(s, i, a.mem) + (alu.sar(index, 6) << 3))
        word, bit = self.load(s, place, 8), number(1) << (index & 63)
        s.flags = {"cf": simple(word & bit != 0), **({"zf": s.flags["zf"]} if "zf" in s.flags else {})}
        if change:
            s.memory.store(place, simple(change(word, bit)), self.ask(s))

    do_bt = bit_test

    def do_bts(self, s, i, a, b):
        self.bit_test(s, i, a, b, lambda x, bit: x | bit)

    def do_btr(self, s, i, a, b):
        self.bit_test(s, i, a, b, lambda x, bit: x & ~bit)

    def do_btc(self, s, i, a, b):
        self.bit_test(s, i, a, b, lambda x, bit: x ^ bit)

    def do_bsr(self, s, i, a, b, find=alu.highest_bit):
        source, undefined = self.read(s, i, b), variable(f"undefined at 0x{i.address:x}", 8 * a.size)
        s.flags = {"zf": simple(source == 0)}
        self.write(s, i, a, simple(smt.If(source == 0, undefined, find(source))))

    def do_tzcnt(self, s, i, a, b):
        """The C writes it for a source that is not 0, where an old CPU's BSF, which ignores the prefix, does the same."""
        source, undefined = self.read(s, i, b), variable(f"undefined at 0x{i.address:x}", 8 * a.size)
        s.flags = {}
        self.write(s, i, a, simple(smt.If(source == 0, undefined, alu.lowest_bit(source))))

    def do_bsf(self, s, i, a, b):
        self.do_bsr(s, i, a, b, alu.lowest_bit)
