"""A loop in a C function: where it begins, and what one turn of it may change. A theorem about all turns is one about a turn that begins in
any state that an invariant allows: first the ways to the loop, which must end in such a state; then the ways from there, which must come
back in one."""
import capstone.x86_const as x86

from tests.prove import smt
from tests.prove.instructions import Unsupported
from tests.prove.machine import PARTS
from tests.prove.smt import value_of, variable
from tests.prove.terms import same

BEGINS = "the loop begins"  # how a path ends that comes there
TURN = "turn"  # in State.special: it began there


def loops(cpu, name):
    """Those of a function: more than one where the compiler made one for each answer to a question that the turns do not change."""
    begins, after = _found(cpu, cpu.image.symbol(name))
    before = {}
    for at, others in after.items():
        for other in others:
            before.setdefault(other, []).append(at)
    found = [Loop(cpu, begin, _reached(begin, after) & _reached(begin, before)) for begin in sorted(begins)]
    if not found or any(one is not other and one.begin in other.body for one in found for other in found):
        raise Unsupported(f"{len(found)} loops, one within another" if found else "no loop")
    return found


def _next(cpu, at):
    i = cpu.decode(at)
    if i.mnemonic in ("ret", "call", "ud2"):
        return []
    goes_on = [] if i.mnemonic == "jmp" else [i.address + i.size]
    return [i.operands[0].imm % (1 << 64), *goes_on] if i.mnemonic[0] == "j" else goes_on


def _found(cpu, start):
    """Depth first: what leads back to where the way has been comes to a loop's beginning. And what comes behind each instruction."""
    way, found, waiting, after = set(), set(), [(start, True)], {}
    while waiting:
        at, enters = waiting.pop()
        if not enters:
            way.discard(at)
        elif at in way:
            found.add(at)
        elif at not in after:
            after[at] = _next(cpu, at)
            way.add(at)
            waiting += [(at, False), *((other, True) for other in after[at])]
    return found, after


def _reached(start, after):
    found, waiting = set(), [start]
    while waiting:
        at = waiting.pop()
        if at not in found:
            found.add(at)
            waiting += after.get(at, ())
    return found


class Loop:
    """What calls somebody is no part of it: a way that does so and comes back has changed more than is said here, which is then
    noticed (kept)."""

    def __init__(self, cpu, begin, body):
        self._cpu, self.begin, self.body = cpu, begin, sorted(body)

    def changes(self, state):
        """(registers, words of the stack) that it writes. state: one at its beginning."""
        registers, words = set(), set()
        for i in map(self._cpu.decode, self.body):
            registers |= {PARTS[i.reg_name(r)][0] for r in i.regs_access()[1] if i.reg_name(r) in PARTS}
            to = i.operands[0] if i.operands else None
            if to and to.type == x86.X86_OP_MEM and i.mnemonic not in ("cmp", "test", "nop"):
                at = value_of(self._cpu.address(state, i, to.mem))
                if at is not None and state.memory.on_stack(at):
                    words.add(at & -8)
        return registers - {"rsp"}, words

    def turn(self, heads, roles, others):
        """A state at its beginning, of which all is open but what is the same in all of `heads`, the ways to it, and what has a role: (what
        it is at first, what it is in any turn). others: terms by which what differs in form only may be named. Gives the state, and what
        must be there again: [(where, its role)], and where nothing may change."""
        state = heads[0].state.copy()
        registers, words = self.changes(state)
        has, fixed = [], []
        for where in (*state.registers, *sorted(words.union(*(end.state.memory.stack for end in heads)))):
            of = [self.at(end.state, where) for end in heads]
            if where in registers or where in words:
                role = next((n for n, (first, _) in enumerate(roles) if all(
                    end.always(term == first) for end, term in zip(heads, of))), None)
                term = variable(f"{where} in a turn") if role is None else roles[role][1]
                has += [(where, role)] if role is not None else []
            else:
                term = self._one(heads, of, others, where)
                fixed.append((where, term))
            self._set(state, where, term)
        state.rip, state.flags, state.witness, state.code, state.end = self.begin, {}, None, [], None
        state.memory.named = {}
        state.special = {**state.special, TURN: True}
        return state, has, fixed

    @staticmethod
    def _one(heads, of, others, where):
        """A term that it is on all of these ways: one of `others` above all, which have names."""
        if all(value_of(term) is not None and same(of[0], term) for term in of):
            return of[0]
        return next((other for other in (*others, of[0]) if all(
            same(term, other) or end.always(term == other) for end, term in zip(heads, of))), variable(f"{where} before the loop"))

    @staticmethod
    def at(state, where):
        """A register, or a word of the stack; what one that was not written holds is open, each time."""
        if isinstance(where, str):
            return state.registers[where]
        return state.memory.stack.get(where, variable(f"{where} on the stack, {len(state.code)} {id(state)}"))

    @staticmethod
    def _set(state, where, term):
        if isinstance(where, str):
            state.registers[where] = smt.simple(term)
        else:
            state.memory.stack[where] = smt.simple(term)
