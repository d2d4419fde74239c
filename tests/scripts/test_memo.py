"""What is remembered of the specification: a step that notes what it reads does the same as one that does not."""
import random
import unittest

from tests.lockstep import start, traced, world
from tests.lockstep.coverage import Coverage
from tests.lockstep.generate import Generator
from tests.lockstep.places import Places
from tests.model import step

RUNS, LENGTH = 15, 80


def begun():
    state = world.first_state()
    for i in start.large():
        state = step.step(state, i)[0]
    return state


def as_list(row, places):
    return [row.get(place, 0) for place in range(len(places.names))]


def step_of(places, row, i):
    """What a step reads, {place: value}, and what it writes, [(place, value or Later)]."""
    trace = traced.Trace(places, row)
    s = traced.TracedState(trace)
    step.apply(s, i)
    return trace.reads, list(trace.writes(s))


def after(places, row, writes):
    new = dict(enumerate(row))
    for place, value in writes:
        new[place] = row[places.number(value.name)] if isinstance(value, traced.Later) else value
    return {place: value for place, value in new.items() if value}


class Memo(unittest.TestCase):
    def setUp(self):
        self.places = Places(lambda number, value: None)

    def run_of(self, seed):
        """States and the inputs that they take."""
        generator, state = Generator(random.Random(seed), Coverage()), begun()
        for _ in range(LENGTH):
            i = generator.input(state)
            if step.allowed(state, i):
                yield state, i
                state = step.step(state, i)[0]
            if state.ended:
                return

    def test_a_row_and_its_state_are_the_same(self):
        for state, _ in self.run_of(1):
            row = self.places.row(state)
            self.assertEqual(self.places.row(traced.state(self.places, as_list(row, self.places))), row)

    def test_what_a_step_writes_is_what_it_does(self):
        for seed in range(RUNS):
            for state, i in self.run_of(seed):
                row = as_list(self.places.row(state), self.places)
                self.assertEqual(after(self.places, row, step_of(self.places, row, i)[1]), self.places.row(step.step(state, i)[0]),
                                     f"seed {seed}: {i}")

    def test_what_was_remembered_is_so_elsewhere(self):
        inputs = [start.call("YIELD"), start.call("SIGNAL", rdi=start.at(start.NOTIFICATION)), step.Tick(),
                  *(start.call(name, rdi=start.at(start.ENDPOINTS[0])) for name in ("SEND", "CALL", "RECV", "REPLY_RECV"))]
        remembered, hits = [[] for _ in inputs], 0
        for state, _ in (pair for seed in range(RUNS) for pair in self.run_of(seed)):
            row = as_list(self.places.row(state), self.places)
            for i, known in zip(inputs, remembered):
                if not step.allowed(state, i):
                    continue
                writes = next((w for reads, w in known if all(row[p:p + 1] == [v] for p, v in reads.items())), None)
                hits += writes is not None
                if writes is None:
                    known.append(step_of(self.places, row, i))
                    writes = known[-1][1]
                self.assertEqual(after(self.places, row, writes), self.places.row(step.step(state, i)[0]), f"{i}")
        self.assertGreater(hits, 500)

    def test_a_number_that_is_handed_on_is_not_read(self):
        state = begun()
        row = as_list(self.places.row(state), self.places)
        reads, _ = step_of(self.places, row, start.call("SIGNAL", rdi=start.at(start.NOTIFICATION)))
        self.assertNotIn(self.places.number((state.current, "regs", "rip")), reads)
        self.assertIn(self.places.number(("current",)), reads)


if __name__ == "__main__":
    unittest.main()
