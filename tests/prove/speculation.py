"""What a fast path does when a conditional jump is mispredicted: each is followed the wrong way for some instructions, and every load
there must lie in an object of the state. (A load elsewhere leaves its trace in the cache, and ring 3 reads it: Spectre v1.)"""
from tests.prove.explore import Explorer
from tests.prove.instructions import Branch, Stop, Unsupported
from tests.prove.memory import InPage0, NotInAnyObject

WINDOW = 24  # instructions after the jump; a path is 35 to 80 long
# Behind these nothing is speculated that the jump before them has decided.
SERIALISING = ("lfence", "sysret", "sysretq", "iretq", "wrmsr")
CONTROL = ("cr0", "cr3", "cr4")  # and behind a MOV to these


class Reached(Exception):
    """A load outside the objects: where, and the state before it."""

    def __init__(self, why, state):
        super().__init__(why)
        self.state = state


class Speculator(Explorer):
    """Explores all paths, and from each of their jumps the way that a CPU takes when it has guessed wrong."""

    def __init__(self, image, *rest):
        super().__init__(image, *rest)
        self.image, self.ways, self.code = image, 0, set()
        self.cpu.decided = self._decided
        self.dispatch = image.near(image.symbol("syscall_entry"))[0]

    def _decided(self, state, other):
        """Not in the dispatch: from there each path is entered with any registers, as in its own theorem."""
        if self.image.near(state.code[-1])[0] == self.dispatch:
            return
        wrong = state.copy()
        wrong.rip = other
        if state.memory.speculated:
            self.waiting.append((wrong, self.left))
        else:
            wrong.memory.speculated = True
            self._follow(wrong)

    def _both(self, state, branch):
        right = super()._both(state, branch)
        for s in right:
            wrong = s.copy()
            wrong.rip = branch.otherwise if s.rip == branch.target else branch.target
            wrong.memory.speculated = True
            self._follow(wrong)
        return right

    def _ends(self, state):
        i = self.cpu.decode(state.rip)
        return state.rip in self.stops or i.mnemonic in SERIALISING or i.op_str.startswith(CONTROL)

    def _follow(self, state):
        self.waiting = [(state, WINDOW)]
        while self.waiting:
            s, self.left = self.waiting.pop()
            self.ways += 1
            while self.left and not self._ends(s):
                self.left -= 1
                at = s.rip
                try:
                    self.cpu.step(s)
                except (Stop, InPage0):  # page 0 is ring 3's: README.md says what that leaves open
                    break
                except Branch as branch:  # whatever it depends on, it can be mispredicted, too
                    other = s.copy()
                    other.rip, s.rip = branch.target, branch.otherwise
                    self.waiting.append((other, self.left))
                except (NotInAnyObject, Unsupported) as error:
                    i = self.cpu.decode(at)
                    name, offset = self.image.near(at)
                    raise Reached(f"{i.mnemonic} {i.op_str} at {name} + 0x{offset:x}: {' '.join(str(error).split())[:120]}", s) from error
            self.code.update(s.code)
