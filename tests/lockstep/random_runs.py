"""Long runs of random inputs."""
import random

from tests.lockstep import pair
from tests.lockstep.generate import Generator
from tests.lockstep.kernel import FIRST, START
from tests.model import step

IDLE = 6


def begin(kernel, first, inputs):
    """From the boot on both take these inputs; what the kernel is then is kept as START. The specification's state, and if they disagree
    the inputs until then and what differs."""
    state = first
    kernel.restore(FIRST)
    for n, i in enumerate(inputs):
        if not step.allowed(state, i):
            raise AssertionError(f"input {n} of the start cannot happen")
        state, _, differs = pair.advance(state, kernel, i)
        if differs:
            return state, list(inputs)[:n + 1], differs
    kernel.keep(START)
    return state, None, ""


def run(start, kernel, seed, length, coverage):
    """One run, until nobody runs for long: None, or (the inputs, what differs)."""
    generator, state, inputs, idle = Generator(random.Random(seed), coverage), start, [], 0
    kernel.restore(START)
    while len(inputs) < length and idle < IDLE:
        i = generator.input(state)
        if not step.allowed(state, i):
            continue
        inputs.append(i)
        before = state
        state, outcome, differs = pair.advance(state, kernel, i)
        if differs:
            return inputs, differs
        coverage.note(before, i, state, outcome)
        idle = 0 if state.current else idle + 1
    return None
