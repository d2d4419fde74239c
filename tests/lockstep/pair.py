"""Both side by side: each input goes to both, and both must agree. A sequence that makes them disagree is made as short as it gets."""
from tests.lockstep import project, steps
from tests.lockstep.kernel import START
from tests.model import properties, step
from tests.model.numbers import ABI


def disagreement(state, kernel):
    """What differs between the specification's state and the kernel's; "" when nothing does."""
    wanted, found = project.numbers(state), kernel.numbers()
    if wanted == found:
        return ""
    if found is None:
        return "the kernel's structures cannot be read"
    for at, (w, f) in enumerate(zip(wanted, found)):
        if w != f:
            return f"the specification has {w:#x}, the kernel {f:#x}: {project.where(state, at)}"
    return f"the specification has {len(wanted)} numbers, the kernel {len(found)}"


def advance(state, kernel, i):
    """Both take the input: (the specification's state, its outcome, what differs)."""
    before, (state, outcome) = state, step.step(state, i)
    how = kernel.step(i, state.now)
    if state.ended:
        return state, outcome, "" if how else "the machine does not end"
    return state, outcome, how or disagreement(state, kernel) or broken(state) or broken_by(before, i, state, outcome)


def broken(state):
    """What the specification itself must never reach."""
    return _told(properties.broken(state))


def broken_by(before, i, after, outcome):
    """... or do."""
    return _told(steps.broken(before, i, after, outcome))


def _told(rules):
    return f"of the specification this does not hold: {', '.join(rules)}" if rules else ""


def play(start, kernel, inputs):
    """From the kept START and the specification's `start`: (how many inputs it took to disagree, what differs), or (None, "")."""
    state = start
    kernel.restore(START)
    for n, i in enumerate(inputs, 1):
        if step.allowed(state, i):
            state, _, differs = advance(state, kernel, i)
            if differs:
                return n, differs
    return None, ""


def shortest(start, kernel, inputs, play=play):
    """A sequence from which nothing can be left out, that still makes them disagree, and what differs."""
    taken, differs = play(start, kernel, inputs)
    inputs, size = inputs[:taken], max(1, taken // 2)
    while True:
        at, before = 0, len(inputs)
        while at < len(inputs):
            less = inputs[:at] + inputs[at + size:]
            taken, now = play(start, kernel, less)
            if taken:
                inputs, differs = less[:taken], now
            else:
                at += size
        if size == 1 and len(inputs) == before:
            return inputs, differs
        size = max(1, size // 2)


def told(inputs):
    """For people: a call with what it takes; its message is a number that each has of its own."""
    for i in inputs:
        if not isinstance(i, step.Call):
            yield f"{type(i).__name__}{tuple(v for v in i if not isinstance(v, dict))}"
        elif i.number in step.CALLS:
            call = ABI.calls[step.CALLS[i.number][0]]
            taken = [f"{name} {i.regs[register]:#x}" for register, _, name, _ in call.args if register in i.regs]
            yield f"{call.name.lower()}({', '.join(taken)})"
        else:
            yield f"the unknown call {i.number:#x}"
