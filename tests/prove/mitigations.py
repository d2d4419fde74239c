"""What the variants of the entries do against flaws of the CPU: the instructions, what they are for, and what must be true of each way
out of the kernel. tests/barriers says the same of single ways, by the same names, for each set of mitigations; here all are in force."""
from tests.prove import smt
from tests.prove.smt import number, simple, value_of, variable
from tests.prove.terms import extract, join, names_in, same


RETURN_STACK = 32  # entries
INT3 = b"\xcc"
MSRS = {0x80b: "x2APIC EOI", 0x838: "x2APIC timer", 0x48: "IA32_SPEC_CTRL"}  # SDM vol. 3, 11.12.1; vol. 4, 2.1
PRED_CMD, IBPB, IBRS = 0x49, 1, 1
NO_FLUSH = 1 << 63  # of a value that is written to CR3: CR3 does not keep it
FRAME = 5 * 8  # what IRETQ takes
# What may stay on the entry stack, which ring 3 can read where Meltdown is: no register but those in the frame of the last interrupt.
NO_SECRETS = {"fault.error", "interrupt.vector"}
OF_FRAMES = ("rip", "cs", "rflags", "rsp", "ss")


class Unguarded(Exception):
    """A branch of C that ring 3 may have taught."""


class Guard:
    """What the CPU knows of branches, and what was done about it, on one path. Never changed, but replaced."""

    def __init__(self, **known):
        self.returns = known.get("returns", ())  # the return stack: the last addresses that were pushed and not taken
        self.fenced = known.get("fenced", False)  # an LFENCE came after the last CALL or RET
        self.ibpb = known.get("ibpb", False)  # no branch that can be taught came after the last IBPB
        self.history = known.get("history", False)  # the history of branches was cleared
        self.by_c = known.get("by_c", False)  # C has run
        self.verw = known.get("verw")  # how many accesses came before the last VERW

    def but(self, **changes):
        return Guard(**{**self.__dict__, **changes})


def spec_ctrl(bits=0):
    """IA32_SPEC_CTRL in ring 3, with those bits."""
    return simple(smt.ZeroExt(32, variable("cpu.spec_ctrl", 32) | bits))


class Mitigations:
    """Methods do_<mnemonic>, of Cpu, and what it does at a branch and at a write to CR3."""

    def do_wrmsr(self, s, i):
        msr, value = (join([extract(s.registers[r], 0, 32) for r in pair]) for pair in (("rcx",), ("rax", "rdx")))
        msr, value = value_of(msr), simple(value)
        if msr == PRED_CMD and value_of(value) == IBPB:
            s.guard = s.guard.but(ibpb=True, returns=())  # the return stack is filled afterwards
        elif msr in MSRS:
            s.special[MSRS[msr]] = value
        else:
            raise Unguarded("WRMSR of an MSR that no path writes, or of no barrier to IA32_PRED_CMD")

    def do_verw(self, s, i, selector):
        """Overwrites the buffers; ZF says something about the selector."""
        self.read(s, i, selector)
        s.guard, s.flags = s.guard.but(verw=len(s.memory.accesses)), {f: v for f, v in s.flags.items() if f != "zf"}

    def do_lfence(self, s, i):  # speculation.py knows what else it is for
        s.guard = s.guard.but(fenced=True, history=s.guard.history or self.in_history(i.address))

    def in_history(self, address):
        """In the loop that clears the history of branches, all of whose own returns are its own calls'."""
        return self.image.near(address)[0] == "branch_history_clear"

    def called(self, s):
        s.guard = s.guard.but(returns=(*s.guard.returns, s.rip)[-RETURN_STACK:], fenced=False)

    def returned(self, s, i):
        s.guard = s.guard.but(returns=s.guard.returns[:-1], fenced=False)
        self.predicted(s, i)

    def predicted(self, s, i):
        """A branch to where the predictor says, which ring 3 may have taught."""
        if not self.image.suffix or s.memory.speculated or self.in_history(i.address):
            return
        guarded = s.guard.ibpb and s.guard.history and same(s.special["IA32_SPEC_CTRL"], spec_ctrl(IBRS))
        if not s.guard.by_c and not guarded:
            raise Unguarded(f"{i.mnemonic} {i.op_str} is predicted before IBPB, IBRS, and the history's clearing")
        s.guard = s.guard.but(by_c=True, ibpb=False)

    def space(self, s, term):
        """CR3 is written: with KPTI the kernel's own, or one in which there is only the window."""
        s.cr3 = term
        s.memory.only = () if kernels(term) else self.image.window


def kernels(cr3):
    return cr3 is not None and same(cr3, variable("cpu.kernel_cr3"))


def in_force(world, state):
    """CR3, as far as one can see it there."""
    cr3 = world.first("current", "cr3") if state.cr3 is None else state.cr3
    return simple(cr3 & ~number(NO_FLUSH)) if world.kernel.image.window else cr3


# ---- the entry stack
def residue(world, state, below):
    """Does a register of a thread stand on the entry stack? `below`: what of it need not be looked at any more."""
    low, top = world.kernel.entry_stack
    for offset, term in state.memory.named("image").cells.items():
        if not world.kernel.image.window or not low <= offset < top or offset == below:
            continue
        names = names_in(term) - NO_SECRETS
        if offset >= top - FRAME:
            names = {name for name in names if name.rpartition(".")[2] not in OF_FRAMES}
        if names:
            return f"{sorted(names)[0]} stays on the entry stack, {top - offset} bytes below its top"
    return None


# ---- the ways out
def _barrier(state, image):
    """For a thread in another address space: predictions are forgotten, and then the return stack leads to stops."""
    guard = state.guard
    stops = [at for at in guard.returns if image.bytes(at, 1) == INT3]
    return guard.ibpb and guard.fenced and len(stops) == RETURN_STACK


def leaving(world, state):
    """(what must be true on this way to ring 3, the condition)"""
    image, c = world.kernel.image, world.constants
    current = state.memory.named("image").load(*world.cpu("current"))
    first = world.threads[0]
    cr3, slow = world.first(first, "cr3"), world.first(first, "slow_reasons")
    for name in world.threads[1:]:
        here = current == world.bases[name]
        cr3, slow = smt.If(here, world.first(name, "cr3"), cr3), smt.If(here, world.first(name, "slow_reasons"), slow)
    kept = ~number(NO_FLUSH if image.window else 0)
    yield "CR3 is that of the thread that runs", in_force(world, state) == cr3 & kept
    if not image.suffix:
        return
    yield "VERW comes last", smt.BoolVal(_verw_last(world, state))
    yield "IA32_SPEC_CTRL is ring 3's", state.special["IA32_SPEC_CTRL"] == spec_ctrl()
    yield "between address spaces comes IBPB, and then a return stack of stops", smt.Or(
        smt.BoolVal(_barrier(state, image)), cr3 == world.first(first, "cr3"))
    left = residue(world, state, None)
    yield left or "the entry stack holds no register", smt.BoolVal(not left)
    if world.extended is not None:
        yield "a thread without extended state finds none", smt.Or(
            slow & c.SLOW_STATE != 0, state.special["state"] == world.clean_state())


def _verw_last(world, state):
    """Of cpu.data_selector, after the last access to memory; nothing was accessed by the call that does nothing."""
    offset, size = world.cpu("data_selector")
    accesses = state.memory.accesses
    return not accesses or state.guard.verw == len(accesses) and accesses[-1] == ("load", "image", offset, size)
