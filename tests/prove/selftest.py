"""The prover's own CPU compared with another: each instruction that the proved paths executed is executed from random
states by the CPU emulator Unicorn too; registers, defined flags, memory and rip must be the same."""
import random

import capstone.x86_const as x86
import unicorn
import unicorn.x86_const as uc

from tests.prove import extended
from tests.prove.machine import WIDE, Cpu, State
from tests.prove.smt import number, simple, truth_of, value_of
from tests.prove.theorems import Refuted, Result, attempt

STATES = 8
PAGE, SCRATCH, SCRATCH_SIZE = 4096, 0x100000000000, 0x4000
FLAGS = {"cf": 0, "zf": 6, "sf": 7, "of": 11}
SOME = (0, 1, 2, 31, 32, 63, 64, 0x7f, 0x80, 0xff, 0x7fffffff, 0x80000000, 0xffffffff, 1 << 32, 1 << 63, (1 << 64) - 2, (1 << 64) - 1)
# What ends a path is the paths' own business; control registers and CLAC change what Unicorn would do next.
NOT_COMPARED = ("sysret", "sysretq", "iretq", "hlt", "sti", "clac", "invlpg", "invpcid", *extended.NAMES)


class Flat:
    """Memory at numbers: what Unicorn has at first, and what was stored since."""

    def __init__(self, engine):
        self.engine, self.stored = engine, {}
        self.only, self.speculated, self.accesses = (), True, []

    def load(self, address, size, _ask):
        at = value_of(address)
        old = self.engine.mem_read(at, size)
        return number(int.from_bytes(bytes(self.stored.get(at + i, old[i]) for i in range(size)), "little"), 8 * size)

    def copy_words(self, to, source, words, ask):
        for i in range(value_of(words)):
            self.store(number(value_of(to) + 8 * i), self.load(number(value_of(source) + 8 * i), 8, ask), ask)

    def store(self, address, term, _ask):
        at, data = value_of(address), value_of(term).to_bytes(term.bits // 8, "little")
        self.stored.update({at + i: byte for i, byte in enumerate(data)})


def _engine(image):
    engine = unicorn.Uc(unicorn.UC_ARCH_X86, unicorn.UC_MODE_64)
    # As in tests/equiv/machine.c: no page tables. The second is what Unicorn 2.1.0 and 2.1.1 call it.
    set_mode = getattr(engine, "ctl_set_tlb_mode", None) or getattr(engine, "ctl_tlb_mode", None)
    if set_mode:
        set_mode(unicorn.UC_TLB_VIRTUAL)
    for address, size, _, _ in image.segments:
        engine.mem_map(address, -(-size // PAGE) * PAGE)
        engine.mem_write(address, image.bytes(address, size))
    engine.mem_map(SCRATCH, SCRATCH_SIZE)
    return engine


def _number(rng):
    return rng.choice(SOME) if rng.random() < 0.4 else rng.getrandbits(64)


def _registers(rng, instruction):
    """Random, but registers that address memory lead to the scratch memory, or are a small index into a table of the image."""
    registers = {name: _number(rng) for name in WIDE}
    registers["rsp"] = registers["rbp"] = SCRATCH + SCRATCH_SIZE // 2
    calls = instruction.mnemonic in ("call", "jmp") and instruction.operands[0].type == x86.X86_OP_REG
    if calls:
        registers[instruction.reg_name(instruction.operands[0].reg)] = instruction.address
    if instruction.mnemonic == "rep movsq":
        registers["rcx"] = rng.randrange(20)
    if instruction.mnemonic in ("bt", "bts", "btr", "btc") and instruction.operands[0].type == x86.X86_OP_MEM:
        index = instruction.operands[1]  # the number of a bit near by
        if index.type == x86.X86_OP_REG:
            registers[instruction.reg_name(index.reg)] = rng.randrange(1, 257)
    for operand in instruction.operands:
        if operand.type != x86.X86_OP_MEM or instruction.mnemonic == "nop":
            continue
        base, index = (instruction.reg_name(r) if r else None for r in (operand.mem.base, operand.mem.index))
        if index:
            registers[index] = rng.randrange(16)
        if base in registers and base not in ("rsp", "rbp", index):
            registers[base] = SCRATCH + SCRATCH_SIZE // 2 + 8 * rng.randrange(64) - operand.mem.disp
    return registers


def _by_unicorn(engine, instruction, registers, flags):
    for name, value in registers.items():
        engine.reg_write(getattr(uc, f"UC_X86_REG_{name.upper()}"), value)
    engine.reg_write(uc.UC_X86_REG_EFLAGS, 2 | sum(1 << FLAGS[f] for f in flags if flags[f]))
    address, repeats = instruction.address, instruction.mnemonic.startswith("rep ")  # whose rounds Unicorn counts
    engine.emu_start(address, address + instruction.size if repeats else 0, count=0 if repeats else 1)
    eflags = engine.reg_read(uc.UC_X86_REG_EFLAGS)
    found = {name: engine.reg_read(getattr(uc, f"UC_X86_REG_{name.upper()}")) for name in WIDE}
    found["rip"] = engine.reg_read(uc.UC_X86_REG_RIP)
    return found, {f: bool(eflags >> bit & 1) for f, bit in FLAGS.items()}


def _by_prover(cpu, engine, address, registers, flags):
    state = State(address, {n: number(v) for n, v in registers.items()}, Flat(engine))
    state.flags = {f: (lambda value=value: _truth(value)) for f, value in flags.items()}
    cpu.step(state)
    return state


def _truth(value):
    return number(int(value), 1) == number(1, 1)


def _compare(cpu, engine, address, rng):
    """What differs in one random state, or None."""
    instruction = cpu.decode(address)
    registers, flags = _registers(rng, instruction), {f: rng.random() < 0.5 for f in FLAGS}
    scratch = rng.randbytes(SCRATCH_SIZE)
    if instruction.mnemonic == "ret":  # to where there is code
        at = registers["rsp"] - SCRATCH
        scratch = scratch[:at] + address.to_bytes(8, "little") + scratch[at + 8:]
    engine.mem_write(SCRATCH, scratch)
    state = _by_prover(cpu, engine, address, registers, flags)
    expected, expected_flags = _by_unicorn(engine, instruction, registers, flags)
    mine = {name: value_of(term) for name, term in state.registers.items()}
    mine["rip"] = state.rip
    for name, value in mine.items():
        if value is not None and value != expected[name]:  # None: undefined, so that it could be anything
            return f"{name} is 0x{value:x}, by Unicorn 0x{expected[name]:x}"
    for name in state.flags:
        if truth_of(simple(state.flag(name))) != expected_flags[name]:
            return f"{name} is not {expected_flags[name]}, as by Unicorn"
    for at, byte in state.memory.stored.items():
        if engine.mem_read(at, 1)[0] != byte:
            return f"the byte at 0x{at:x} is not that of Unicorn"
        scratch = scratch if not 0 <= at - SCRATCH < SCRATCH_SIZE else (
            scratch[:at - SCRATCH] + bytes([byte]) + scratch[at - SCRATCH + 1:])
    if engine.mem_read(SCRATCH, SCRATCH_SIZE) != scratch:
        return "Unicorn stored more"
    return None


def _each(cpu, code):
    """One of the instructions that are the same bytes. Most do the same wherever they are; of those that do not, by rip, there are
    hundreds."""
    return sorted({bytes(cpu.decode(address).bytes): address for address in sorted(code)}.values())


def compare(kernel, code):
    """The result for the instructions at these addresses."""
    result = Result("the prover's own CPU does what Unicorn does")

    def theorem():
        cpu, engine, rng = Cpu(kernel.image), _engine(kernel.image), random.Random(1)
        compared = 0
        for address in _each(cpu, code):
            instruction = cpu.decode(address)
            if instruction.mnemonic in NOT_COMPARED or instruction.op_str.split(", ")[-1][:2] == "cr" or instruction.op_str[:2] == "cr":
                continue
            compared += 1
            for _ in range(STATES):
                why = _compare(cpu, engine, address, rng)
                if why:
                    raise Refuted(f"{instruction.mnemonic} {instruction.op_str}: {why}")
        if not compared:
            raise Refuted("no instruction was compared")
        result.facts = f"{compared} instructions, {STATES} random states each"
    return attempt(result, theorem)

