"""Memory as one array of words, for states in which nobody says what lies where: two addresses may be the same until the solver finds that
they are not. memory.py's objects are faster and cannot alias."""
import itertools

from tests.prove import parts, smt
from tests.prove.memory import NotInAnyObject
from tests.prove.questions import WORK_MAX
from tests.prove.smt import number, simple, value_of, variable
from tests.prove.solver import Sample, Solver
from tests.prove.terms import extend, extract, join, linear, same

STACK_BYTES = 4096  # as theorems.Kernel has it: below the top of the kernel's stack nothing means anything between entries
CHOICES_MAX = 64  # values of an address in a table of constants
_names = itertools.count()


class Function:
    """Of a word, of which nothing is known but that equal arguments have equal results."""

    def __init__(self, name):
        self.function = smt.unknown(f"{name} {next(_names)}")

    def __call__(self, argument):
        return self.function(simple(argument))


class Words:
    """What was there at first, and the stores in their order. Assumed: what is reached by an address that depends on the state lies
    outside of the kernel's stack, which is reached by numbers only, and of what is read-only; each such access is checked for it."""

    only, speculated, lazy = (), False, False

    def __init__(self, image):
        self.image, self.first = image, Function("memory")
        top = image.symbol("kernel_stack_top")
        self.stack_range = top - STACK_BYTES, top
        self.stack, self.stores, self.accesses = {}, [], []
        self.equal, self.sample = {}, Sample()
        self.fixed = {}  # by address: words that the boot has written, and nobody since
        self.named = {}  # since how many conditions of the path
        self.names = []  # (term, its linear form, the variable that stands for it)

    def call(self, name, *meanings):
        """From now on what is one of these terms and a number more is that variable and a number more, on a path where the term's condition
        always holds: meanings are (term, condition, or None for any path). What the term is made of, and which it was, is thus forgotten,
        which the solver is glad of; what is then assumed of the variable must be so whichever it stands for."""
        known = variable(name)
        self.names += [(term, linear(simple(term)), known, when) for term, when in meanings]
        return known

    def called(self, address, ask):
        atoms, constant = linear(address)
        for term, (others, delta), known, when in self.names if self._composed(address) else ():
            if others == atoms or self._equal(address, atoms, term + (constant - delta), others):
                if when is None or ask.always(simple(when)):
                    self.named = {**self.named, known.ast: self.named.get(known.ast, len(ask.state.path))}
                    return simple(known + (constant - delta))
        return address

    @staticmethod
    def _composed(address):
        """Of several: neither a number, nor a word of memory or a variable, nor those and a number."""
        found = [term for term in parts.summands(address) if value_of(term) is None]
        return len(found) > 1 or len(found) == 1 and not parts.is_unknown(found[0])

    def _equal(self, address, atoms, other, others):
        """The same whatever the state is: the compiler may have written it in another way."""
        if (atoms, others) not in self.equal:
            maybe = self.sample.number(address) == self.sample.number(other)
            same = maybe and Solver([address != other], WORK_MAX, b"QF_UFBV").check() is False
            self.equal[atoms, others] = same, address  # whose identity stays another's while it is kept
        return self.equal[atoms, others][0]

    def copy(self):
        other = object.__new__(Words)
        other.__dict__.update(self.__dict__)
        other.stack, other.stores, other.accesses = dict(self.stack), list(self.stores), []
        return other

    # ---- where
    def on_stack(self, place):
        return self.stack_range[0] <= place < self.stack_range[1]

    def off_stack(self, address, size=8):
        """The condition that none of so many bytes lies on the stack."""
        return self._outside(address, size, [self.stack_range])

    def elsewhere(self, address, size=8):
        """... nor in what is read-only, nor around the end of the address space: there an object can be."""
        return self._outside(address, size, [self.stack_range, (0, 1), *(
            (start, start + extent) for start, extent, writable, _ in self.image.segments if not writable)])

    @staticmethod
    def _outside(address, size, ranges):
        return smt.And(smt.ULE(address, (1 << 64) - size), *(
            smt.Or(smt.UGE(address, end), smt.ULE(address + size, start)) for start, end in ranges))

    @staticmethod
    def _must(condition, ask, what):
        condition = simple(condition)
        if not (smt.is_true(condition) or ask.always(condition)):
            raise NotInAnyObject(what)

    @staticmethod
    def _low(address, ask):
        """Its three low bits; None: the state says."""
        low = value_of(extract(address, 0, 3))
        if low is None:
            low = ask.some(address) & 7
            return low if ask.always(extract(address, 0, 3) == low) else None
        return low

    def word_of(self, address, size, ask):
        """(address of a word, the byte in it)."""
        address = self.called(simple(address), ask)
        low = self._low(address, ask)
        if low is None:
            raise NotInAnyObject(f"{address} may be aligned or not")
        if low + size > 8:
            raise NotInAnyObject(f"{address}, {size} bytes, is in two words")
        return simple(address - low), low

    # ---- what
    def initial(self, place, ask=None):
        """The word there at first."""
        where = value_of(place)
        if where in self.fixed:
            return self.fixed[where]
        if where is not None:
            fixed = self.image.constant(where, 8)
            return self.first(place) if fixed is None else number(int.from_bytes(fixed, "little"))
        found = self._table(place, ask) if ask else None
        return self.first(place) if found is None else found

    def _table(self, place, ask):
        """Of constants, in which the state chooses one; None if it is none."""
        if self.image.constant(ask.some(place), 8) is None:
            return None
        found, others = None, []
        while ask.possible(*others):
            if len(others) == CHOICES_MAX:
                raise NotInAnyObject(f"{place} is in what is read-only, at too many places")
            where = ask.possible(*others).number(place)
            fixed = self.image.constant(where, 8)
            if fixed is None:
                return None
            term = number(int.from_bytes(fixed, "little"))
            found = term if found is None else smt.If(place == where, term, found)
            others.append(place != where)
        return simple(found)

    def word(self, place, ask, checked=True):
        """The word there now. What a theorem speaks of need not be `checked`: it says itself when there is such an object."""
        where = value_of(place)
        if where is not None and self.on_stack(where):
            return self.stack.get(where, self.first(place))
        if where is None and checked:
            self._must(self.off_stack(place), ask, f"{place} may be on the kernel's stack")
        over = []
        for at, term in reversed(self.stores):
            if same(at, place):
                found = term
                break
            if self._apart(at, place) or ask.always(at != place):
                continue
            if ask.always(at == place):
                found = term
                break
            over.append((at, term))
        else:
            found = self.initial(place, ask)
        for at, term in reversed(over):
            found = smt.If(place == at, term, found)
        return simple(found)

    @staticmethod
    def _apart(a, b):
        (atoms, constant), (others, other) = linear(a), linear(b)
        return atoms == others and constant != other

    # ---- as the CPU asks
    def load(self, address, size, ask):
        address = self.called(simple(address), ask)
        if self._low(address, ask) is None and ask.always(address & (size - 1) == 0):  # an array of what is smaller than a word
            place, shift = simple(address & -8), (address & 7) << 3
            return extract(simple(smt.LShR(self.word(place, ask), shift)), 0, 8 * size)
        place, low = self.word_of(address, size, ask)
        return extract(self.word(place, ask), 8 * low, 8 * size)

    def store(self, address, term, ask):
        place, low = self.word_of(address, term.bits // 8, ask)
        if term.bits < 64:
            old = self.word(place, ask)
            below, above = 8 * low, 8 * low + term.bits
            under = [extract(old, 0, below)] if low else []
            term = join([*under, term, *([extract(old, above, 64 - above)] if above < 64 else [])])
        where = value_of(place)
        if where is not None and self.on_stack(where):
            self.stack[where] = term
            return
        self._must(self.elsewhere(place), ask, f"a store to {place}, which may be on the kernel's stack, or read-only")
        self.stores.append((place, term))

    def copy_words(self, to, source, words, ask):
        raise NotInAnyObject("a copy of words")


def field(memory, structure, base, name, ask=None):
    """A field of a structure there: as it was at first, or with `ask`, now."""
    offset, size = structure.fields[name]
    place = simple(base + (offset & ~7))
    word = memory.word(place, ask, False) if ask else memory.initial(place)
    return extract(word, 8 * (offset & 7), 8 * size)


def wide(term, bits=64):
    return extend(term, bits)
