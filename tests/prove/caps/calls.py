"""A C function of the kernel, from its first instruction to its return, for all states: its arguments, and what is known of the functions
that it calls and that have loops."""
import collections

import capstone.x86_const as x86

from tests.prove import smt
from tests.prove.explore import Asked, Explorer
from tests.prove.instructions import Unsupported
from tests.prove.machine import PARTS, WIDE, Cpu, State
from tests.prove.questions import WORK_MAX, holds
from tests.prove.smt import number, simple, value_of, variable
from tests.prove.solver import Selecting, Solver
from tests.prove.terms import same
from tests.prove.caps.words import Words

ARGUMENTS = ("rdi", "rsi", "rdx", "rcx", "r8", "r9")  # System V ABI, 3.2.3
KEPT = ("rbx", "rbp", "r12", "r13", "r14", "r15")
RETURN = 0x1000  # where no code is
STACK_USED = 512  # below the top of the kernel's stack; a function may be called from anywhere
SPACE, FORGOTTEN = "here.cr3", "forgotten"  # what CR3 holds; what the TLB was told, in State.special
LOOKS = {"mov", "movabs", "movzx", "movsx", "movsxd", "lea", "and", "or", "xor", "not", "add", "sub", "shl", "shr", "sar", "bsr", "lzcnt",
         "cmp", "test", "nop", "ret"}
# Of the solver's work; more at a time than any question needs that goes well.
WORK_FEW, LOGIC = 4_000_000, b"QF_UFBV"


class Ask(Asked):
    """Most questions are about what has a name (Words.call), and a no needs little of how the path came there: it is sought first from the
    facts, and from what the path has found since the last name was given. So paths that differ before share the answers."""

    def short(self):
        path, since = self.state.path, max(self.state.memory.named.values(), default=0)
        return path[:self.explorer.facts] + path[max(self.explorer.facts, since):]

    def always(self, condition):
        if self.refuted(condition):
            return False
        wrong = smt.Not(condition)
        return self.explorer.model(self.short(), wrong, about="a name") is None or self.explorer.model(self.state.path, wrong) is None

    def possible(self, *conditions):
        """A model of the path and these, or None."""
        return self.explorer.model(self.state.path, *map(simple, conditions))


class Questions:
    """Like that of questions.py, without assumptions: those are the beginning of each path. Here nearly every question is about equal
    arguments of a function, so the solver knows functions. What contradicts itself does so on every path that says as much."""

    def __init__(self):
        self.answers, self.solvers = {}, collections.defaultdict(lambda: Selecting(WORK_FEW, LOGIC))
        self.impossible = collections.defaultdict(list)  # the last of some terms: sets of terms that cannot all be

    def model(self, path, *conditions, about="a path"):
        """What is asked `about` has a solver of its own, which is quicker than one that knows everything."""
        terms = [*path, *conditions]
        key = tuple(term.ast for term in terms)
        if key not in self.answers:
            self.answers[key] = self._model(frozenset(key), terms, self.solvers[about]), terms
        return self.answers[key][0]

    def _model(self, key, terms, solver):
        contradictions = self.impossible[terms[-1].ast] if terms else []
        if any(few <= key for few in contradictions):
            return None
        answer = solver.check(terms)
        if answer is None:  # what else it knows can be in its way
            solver = Solver(terms, WORK_MAX, LOGIC)
            return solver.model() if holds(solver) else None
        if answer:
            return solver.model()
        contradictions.append(frozenset(term.ast for term in solver.core()))
        return None


class Processor(Cpu):
    """What comes into a register is named there already, if Words.call has given it a name."""

    def write(self, s, i, operand, term):
        if operand.type == x86.X86_OP_REG and operand.size == 8:
            term = s.memory.called(term, self.ask(s))
        super().write(s, i, operand, term)

    def read(self, s, i, operand, bits=None):
        if operand.type == x86.X86_OP_REG and i.reg_name(operand.reg) == "cr3":
            return variable(SPACE)
        return super().read(s, i, operand, bits)

    # What the TLB forgets: (kind or None, PCID or None, address, how much had been stored before).
    def do_invlpg(self, s, i, at):
        self._forgets(s, None, None, self.address(s, i, at.mem))

    def do_invpcid(self, s, i, kind, at):
        place = self.address(s, i, at.mem)
        self._forgets(s, self.read(s, i, kind), *(self.load(s, simple(place + 8 * n), 8) for n in range(2)))

    @staticmethod
    def _forgets(s, *what):
        s.special[FORGOTTEN] = (*s.special.get(FORGOTTEN, ()), (*what, len(s.memory.stores)))


class Search:
    """What is known of a function that only looks: it stores nothing and calls nobody, so its result is some word of its arguments and of
    memory, whatever loops it has. That is read off its instructions, all that can be reached from its first."""

    def __init__(self, cpu, name, result):
        self.name, self.result = name, result  # result(state): the term
        self.changed, self.code = set(), set()
        waiting = [cpu.image.symbol(name)]
        while waiting:
            at = waiting.pop()
            if at not in self.code:
                self.code.add(at)
                waiting += self._after(cpu.decode(at))
        self.changed.discard("rax")

    def _after(self, i):
        """Where it goes on after this instruction, which must be one that only looks."""
        to = i.operands[0] if i.operands else None
        jumps = i.mnemonic[0] == "j" and to.type == x86.X86_OP_IMM
        stores = to and to.type == x86.X86_OP_MEM and i.mnemonic not in ("cmp", "test", "nop")
        writes = {PARTS.get(i.reg_name(r), (None,))[0] for r in i.regs_access()[1] if i.reg_name(r) not in ("rflags", "rip", "rsp")}
        if stores or None in writes or not (jumps or i.mnemonic in LOOKS) or to and i.mnemonic == "ret" or "sp" in i.op_str.split(",")[0]:
            raise Unsupported(f"{self.name} does more than to look: {i.mnemonic} {i.op_str}")
        self.changed |= writes
        further = [] if i.mnemonic in ("jmp", "ret") else [i.address + i.size]
        return [to.imm % (1 << 64), *further] if jumps else further

    def apply(self, cpu, state):
        result = simple(self.result(state))
        for name in self.changed:
            state.registers[name] = variable(f"{name} after {self.name}, {len(state.code)}")
        state.registers["rax"], state.flags = result, {}
        state.rip = value_of(cpu.pop(state))
        state.code += sorted(self.code)


class Caller(Explorer):
    """Explores a function of the image. `searches`: of the functions that it may call."""

    def __init__(self, image, searches=()):
        super().__init__(image, Questions(), {RETURN: "returned", image.symbol("panic"): "panic"})
        self.cpu = Processor(image, lambda state: Ask(self, state))
        self.facts = 0  # so many conditions does each path begin with
        self.searches = {name: Search(self.cpu, name, result) for name, result in searches}
        self.stops.update({image.symbol(name): name for name in self.searches})

    def _run(self, state):
        while True:
            found = super()._run(state)
            search = self.searches.get(state.end)
            if search is None:
                return found
            state.end = None
            search.apply(self.cpu, state)


class Call:
    """A call of a function: its arguments, and the memory that it finds."""

    def __init__(self, image, name, *arguments):
        self.image, self.name, self.memory = image, name, Words(image)
        self.rsp = image.symbol("kernel_stack_top") - STACK_USED
        self.registers = {r: variable(f"before.{r}") for r in WIDE}
        self.registers.update(zip(ARGUMENTS, arguments))
        self.registers["rsp"] = number(self.rsp)

    def start(self, facts):
        memory = self.memory.copy()
        memory.stack[self.rsp] = number(RETURN)
        state = State(self.image.symbol(self.name), self.registers, memory)
        state.path = [simple(f) for f in facts]
        return state

    def broken(self, state):
        """What of the calling convention an end of it does not keep, or None."""
        if not same(state.registers["rsp"], number(self.rsp + 8)):
            return "rsp"
        return next((r for r in KEPT if not same(state.registers[r], self.registers[r])), None)

