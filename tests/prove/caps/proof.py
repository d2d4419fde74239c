"""What the theorems about a C function have in common: its states, all ways through it, and what must be so at the end of each."""
from dataclasses import dataclass

from tests.prove import smt
from tests.prove.explore import PathTooLong
from tests.prove.instructions import Unsupported
from tests.prove.memory import NotInAnyObject
from tests.prove.smt import FALSE, number, simple
from tests.prove.terms import extract, same
from tests.prove.theorems import Refuted, Result, attempt
from tests.prove.caps.calls import Ask, Call, Caller
from tests.prove.caps.words import field


@dataclass(frozen=True)
class Fact:
    """A precondition: the name of an invariant in docs/invariants.md, or of what the boot does, and what it says here."""

    name: str
    text: str
    condition: object


class End:
    """Where a path has ended, and the memory there."""

    def __init__(self, proof, state):
        self.proof, self.state, self.ask = proof, state, Ask(proof.explorer, state)
        self.result = state.registers["rax"]

    def always(self, condition):
        return self.ask.always(simple(condition))

    def now(self, structure, base, name):
        return field(self.state.memory, structure, base, name, self.ask)

    def word(self, place):
        return self.state.memory.word(simple(place), self.ask, False)

    def stores(self):
        """The address of each word that was stored outside of the stack."""
        return list({simple(place).ast: simple(place) for place, _ in self.state.memory.stores}.values())

    def unchanged_but(self, *places):
        """The condition that no other word has been stored. Those that hold what they held do not count."""
        places = [simple(p) for p in places]
        wrong = [smt.And(*(place != p for p in places), self.word(place) != self.state.memory.initial(place))
                 for place in self.stores() if not any(same(place, p) for p in places)]
        return smt.Not(smt.Or(FALSE, *wrong))


def done(end):
    """Can it be the end of a call that has succeeded?"""
    return end.ask.possible(end.result == 0) is not None


def every(_end):
    return True


class Proof:
    """Of one function. A subclass says what is known at its entry (assume), and has a method for each theorem, which gives what must be
    so at an end, as pairs of a text and a condition."""

    function, searches, theorems = None, (), ()

    def __init__(self, kernel, *arguments):
        self.kernel, self.image, self.c, self.structures = kernel, kernel.image, kernel.constants, kernel.structures
        self.call = Call(self.image, self.function, *arguments)
        self.memory, self.facts, self.shown = self.call.memory, [], {}
        self.explorer = Caller(self.image, [(name, getattr(self, name)) for name in self.searches])
        self.found = None

    def assume(self, name, text, *conditions):
        for condition in map(simple, conditions):
            if not smt.is_true(condition):
                self.facts.append(Fact(name, text, condition))

    def first(self, structure, base, name):
        return field(self.memory, self.structures[structure], base, name)

    def no_trace(self):
        at = self.image.symbol("trace_on")
        self.assume("no-trace", "the event trace is off", extract(self.memory.initial(number(at & ~7)), 8 * (at & 7), 8) == 0)

    # ---- all ways through it
    def ends(self):
        if self.found is None:
            self.found = list(self._explored())
            if not self.found:
                raise Refuted("no state satisfies the preconditions")
        return self.found

    def _explored(self):
        """Each end, as soon as it is known."""
        self.explorer.facts = len(self.facts)
        yield from self._from(self.call.start([f.condition for f in self.facts]))

    def wrong(self, state):
        """Why a way must not end like this, or None."""
        return "it panics" if state.end != "returned" else self.call.broken(state)

    def _from(self, start):
        try:
            for state in self.explorer.paths(start):
                why = self.wrong(state)
                if why:
                    raise Refuted(f"a way through {self.function}: {why}", self.explorer.model(state.path))
                yield End(self, state)
        except (NotInAnyObject, Unsupported, PathTooLong) as error:
            raise Refuted(" ".join(str(error).split()), self.explorer.model(self.explorer.last.path)) from error

    def holds(self, ends, theorem):
        """Of all these ends; how many."""
        for end in ends:
            said = [(text, simple(condition)) for text, condition in theorem(end)]
            wrong = smt.Not(smt.And(*(condition for _, condition in said)))
            model = self.explorer.model(end.ask.short(), wrong, about="a name") and self.explorer.model(end.state.path, wrong)
            if model is not None:
                wrong = [text for text, condition in said if not model.holds(condition)]
                raise Refuted(f"not so: {wrong[0]}; {self.told(model)}", model)
        return len(ends)

    def told(self, model):
        """The state, for people: what has a name, and the memory that matters."""
        named = [f"{name} 0x{model.number(term):x}" for name, term in self.shown.items()]
        return ", ".join(named)

    def results(self):
        """One after another."""
        name = self.function
        for text, method, of in self.theorems:
            result = Result(f"{name}: {text}")

            def theorem(result=result, method=method, of=of):
                ends = [e for e in self.ends() if of(e)]
                if not ends:
                    raise Refuted("no way through it is one that this speaks of")
                self.holds(ends, getattr(self, method))
                result.facts = f"{len(ends)} of {len(self.ends())} ways"
                result.code = {a for e in ends for a in e.state.code}
            yield attempt(result, theorem)

    def one(self, method):
        """The result of one theorem, which looks for no further end than one that refutes it."""
        text, of = next((text, of) for text, name, of in self.theorems if name == method)
        result = Result(f"{self.function}: {text}")

        def theorem():
            for end in self._explored():
                if of(end):
                    self.holds([end], getattr(self, method))
        return attempt(result, theorem)
