"""Sequences by which ring 3 can tell that the kernel is not what the specification says: by who runs, or what its registers hold. A
difference of states is followed by whatever brings it to light."""
import random

from tests.lockstep import alphabet, brought, pair
from tests.lockstep.coverage import Coverage
from tests.lockstep.generate import Generator
from tests.lockstep.kernel import FIRST, HERE, encoded
from tests.lockstep.stage import Stage, is_touch
from tests.model import step
from tests.model.numbers import FAULTS
from tests.model.state import KEPT, MESSAGE, REGISTERS, Frame

TRIES, LENGTH = 4000, 10
SEEN = [r for r in REGISTERS if r not in (*KEPT, "rcx", "r11", "rflags")]
BREAKPOINT = step.Exception_(FAULTS.DEBUG, 0, 0, 3, {})  # the exception behind which a program goes on


def told(state, host, stage):
    """What ring 3 finds otherwise than it should, or ""; None: what comes then nobody looks at, as a thread runs that has no entry."""
    current, user = host.user()
    if current != state.current:
        if current and not stage.comes(current):
            return None
        return f"thread {current:#x} runs and not {state.current:#x}"
    if not current:
        return ""
    regs = state.objects[current].regs
    if user["rip"] != regs["rip"]:
        return "the call has more to do" if state.objects[current].again else "the call ends otherwise"
    if state.objects[current].again:
        return ""
    return next((f"{r} is {user[r]:#x} and not {regs[r]:#x}" for r in SEEN if user[r] != regs[r]), "")


def _take(state, stage, host, i):
    """One input to both, if a program can have it now: the specification's state, and what ring 3 finds otherwise."""
    if not step.allowed(state, i) or isinstance(i, step.Write) and not isinstance(state.objects.get(i.frame), Frame):
        return state, ""
    after, outcome = step.step(state, i)
    if after.ended or stage.refuses(state, i, after, outcome):
        return state, ""
    if is_touch(i) and host.has_page(i.address):
        return after, "a page is where nothing is"
    how = host.step_encoded(encoded(i), after.now)
    return after, how or told(after, host, stage)


def _go(state, stage, host, inputs):
    """Through all that a program can have, until something is found: (how many, what, the last state)."""
    for n, i in enumerate(inputs, 1):
        state, found = _take(state, stage, host, i)
        if found or found is None:
            return n if found else None, found, state
    return None, "", state


def play(first, host, inputs):
    """As pair.play: (how many inputs it took, what is found), or (None, "")."""
    host.restore(FIRST)
    return _go(first, Stage(first), host, inputs)[:2]


def _breakpoints(inputs):
    return [BREAKPOINT if isinstance(i, step.Exception_) and not is_touch(i) else i for i in inputs]


def letters():
    return [i for letters in (alphabet.messages, alphabet.signals, alphabet.capabilities) for i in letters()]


def with_message(i, number):
    """A call with a message of its own, where it has none."""
    return i._replace(regs={**i.regs, **{r: i.regs.get(r) or number + 1 << 8 | at for at, r in enumerate(MESSAGE)}})


def choose(state, rng, known, generator, number, often=0.7):
    """An input at random, that often of an alphabet, else of all; its message is one of its own."""
    if step.allowed(state, step.Again()):
        return step.Again()
    i = rng.choice(known) if rng.random() < often else generator.input(state)
    i = i(state) if callable(i) else i
    if isinstance(i, step.Call):
        i = with_message(i, number)
    return _breakpoints([i])[0]


def _probe(state, stage, host, generator, rng, known):
    """Random inputs from the state that is kept as HERE: those that were taken, and what was found."""
    inputs, stage = [], stage.copy()
    host.restore(HERE)
    for n in range(LENGTH):
        inputs.append(choose(state, rng, known, generator, n))
        state, found = _take(state, stage, host, inputs[-1])
        if found or found is None:
            return inputs, found
    return inputs, ""


def _brought_to_light(first, host, inputs, seed):
    state, stage, rng = first, Stage(first), random.Random(seed)
    host.restore(FIRST)
    _, found, state = _go(state, stage, host, inputs)
    if found:
        return inputs, found
    host.keep(HERE)
    generator, known = Generator(rng, Coverage()), letters()
    for _ in range(TRIES):
        more, found = _probe(state, stage, host, generator, rng, known)
        if found:
            return [*inputs, *more], found
    return None, ""


def _by_known(first, host):
    for sequence in brought.EVERY:
        inputs = list(sequence())
        count, found = play(first, host, inputs)
        if found:
            return inputs[:count], found
    return None, ""


def shortest(first, host, inputs, seed=1):
    """From the boot: a sequence from which nothing can be left out that a program of ring 3 can have and see, and what it sees; or None."""
    longer, found = _brought_to_light(first, host, _breakpoints(inputs), seed)
    if not found:
        longer, found = _by_known(first, host)
    if not found:
        return None
    return pair.shortest(first, host, longer, play)
