"""The instructions that switch extended state and segment bases. All registers of extended state are one word here, `state`, which
XSAVE stores at the beginning of its memory; CR0 and CR4 say whether it and the bases are open."""
import capstone.x86_const as x86

from tests.prove import smt
from tests.prove.mitigations import spec_ctrl
from tests.prove.smt import number, simple, value_of, variable
from tests.prove.terms import extend, extract

TS, FSGSBASE, ALL = 1 << 3, 1 << 16, 7
# What Unicorn does not know.
NAMES = ("clts", "rdfsbase", "rdgsbase", "wrfsbase", "wrgsbase", "xsave64", "xsaveopt64", "xrstor64", "wrmsr", "rdtsc")


class Faults(Exception):
    """The CPU would not do this: #NM, #UD."""


def at_entry(world):
    """While the running thread runs: its own, and nobody's bases if it has none; with `fpu` nobody's state either."""
    slow, c = world.first("current", "slow_reasons"), world.constants
    has_state, has_bases = (simple(slow & bit != 0) for bit in (c.SLOW_STATE, c.SLOW_BASES))
    barred = world.cpu_first("cr0_barred")

    def own(name):
        return simple(smt.If(has_bases, variable(name), number(0)))
    nobodys = world.kernel.image.suffix and world.extended is not None and "current" not in world.extended
    return {"state": world.clean_state() if nobodys else variable("here.state"), "FS base": own("here.fs"), "GS base": own("here.gs"),
            "cr0": simple(smt.If(has_state, barred & ~number(TS), barred)),
            "cr4": simple(smt.If(has_bases, world.cpu_first("cr4_bases"), world.cpu_first("cr4"))),
            "x2APIC EOI": variable("here.eoi"), "x2APIC timer": variable("here.apic_timer"), "readings of the time": number(0),
            "IA32_SPEC_CTRL": spec_ctrl()}


class Extended:
    """Methods do_<mnemonic>, of Cpu."""

    def must(self, s, condition, what):
        """A path that stores nothing that anybody reads, since it is not taken, may do it."""
        condition = simple(condition)
        if s.memory.lazy or s.memory.speculated or smt.is_true(condition):
            return
        if not self.ask(s).always(condition):
            raise Faults(what)

    def do_clts(self, s, i):
        s.special["cr0"] = simple(s.special["cr0"] & ~number(TS))

    def do_rdtsc(self, s, i):
        """Each reading is a number of its own."""
        count = value_of(s.special["readings of the time"])
        time = variable(f"time.{count}")
        s.special["readings of the time"] = number(count + 1)
        for name, low in (("rax", 0), ("rdx", 32)):
            s.registers[name] = extend(extract(time, low, 32), 64)

    def base(self, s, i, operand, name, writes):
        self.must(s, s.special["cr4"] & FSGSBASE != 0, f"{i.mnemonic} with CR4.FSGSBASE clear")
        if writes:
            s.special[name] = self.read(s, i, operand)
        else:
            self.write(s, i, operand, s.special[name])

    def do_rdfsbase(self, s, i, to):
        self.base(s, i, to, "FS base", False)

    def do_rdgsbase(self, s, i, to):
        self.base(s, i, to, "GS base", False)

    def do_wrfsbase(self, s, i, source):
        self.base(s, i, source, "FS base", True)

    def do_wrgsbase(self, s, i, source):
        self.base(s, i, source, "GS base", True)

    def state(self, s, i, operand, stores):
        if operand.type != x86.X86_OP_MEM:
            raise Faults(f"{i.mnemonic} {i.op_str}")
        self.must(s, s.special["cr0"] & TS == 0, f"{i.mnemonic} with CR0.TS set")
        self.must(s, extract(s.registers["rax"], 0, 3) == ALL, f"{i.mnemonic} of a part of the state")
        place = self.address(s, i, operand.mem)
        if stores:
            s.memory.store(place, s.special["state"], self.ask(s))
        else:
            s.special["state"] = self.load(s, place, 8)

    def do_xsave64(self, s, i, to):
        self.state(s, i, to, True)

    do_xsaveopt64 = do_xsave64

    def do_xrstor64(self, s, i, source):
        self.state(s, i, source, False)
