"""Sequences of inputs as programs of ring 3 (tests/lockstep/program.py, stage.py, visible.py): what their table says, what no program can
have, and what none can tell."""
import unittest
from unittest import mock

from tests.lockstep import brought, program, start, visible, world
from tests.lockstep.stage import PAGE_FAULT, READ_OF_NOTHING, Stage
from tests.model import step
from tests.model.numbers import CONST, FAULTS

SMALL = list(start.small())
ENDPOINT = start.at(start.ENDPOINTS[0])


def table(*inputs):
    return program.text(world.first_state(), [("a test", [*SMALL, *inputs])])


def refused(i, *before):
    state, stage = world.first_state(), Stage(world.first_state())
    for one in (*SMALL, *before, i):
        after, outcome = step.step(state, one)
        found = stage.refuses(state, one, after, outcome)
        state = after
    return found


class Program(unittest.TestCase):
    def test_who_comes_next_with_which_registers(self):
        text = table(start.call("RECV", rdi=ENDPOINT), start.call("CALL", rdi=ENDPOINT, rsi=7, rdx=8))
        self.assertIn(".thread = 0, .has = {", text)
        self.assertRegex(text, r'"the end", \d+,\n     .thread = 0, .has = {.rsi = 0x7, .rdx = 0x8}')

    def test_what_the_program_has_in_place_of_addresses_and_what_it_does_not_look_at(self):
        text = table()
        self.assertIn(".in = {.rax = SYS_THREAD_SET_ENTRY, .rdi = 0x200, .rsi = ENTRY, .rdx = STACK(1)}", text)
        self.assertIn(".unknown = RDX | RSI", text)

    def test_a_sequence_that_ends_while_nobody_is_ready(self):
        text = table(*(start.call("RECV", rdi=ENDPOINT) for _ in range(3)))
        self.assertIn('"the end"', text)
        self.assertIn(".thread = NOBODY}", text)

    def test_ticks_and_times_are_waited_for(self):
        text = table(step.Time(5), step.Tick(), step.Time(8))
        for at in (5, 16, 19):
            self.assertIn(f".does = WAITS, .at = {at}}}", text)

    def test_a_page_that_is_not_there_is_touched_until_it_is(self):
        receives = [start.call("RECV", rdi=start.at(start.ENDPOINTS[1]))]
        touch = step.Exception_(FAULTS.PAGE, start.USER, READ_OF_NOTHING, PAGE_FAULT, {})
        answers = start.call("REPLY_RECV", rdi=start.at(start.ENDPOINTS[1]))
        self.assertIn(f".does = TOUCHES, .in = {{.rdi = {start.USER:#x}}}", table(*receives, touch))
        self.assertIn("by itself", table(*receives, touch, answers, touch))
        self.assertFalse(refused(touch, *receives, touch, answers))
        self.assertTrue(refused(start.call("YIELD"), *receives, touch, answers))

    def test_what_no_program_can_have(self):
        self.assertTrue(refused(step.Irq(0x30)))
        self.assertTrue(refused(step.Time(15)))
        self.assertTrue(refused(start.call("IRQ_MSI_GET", rdi=start.at(CONST.CAP_IRQ_CONTROL), rsi=start.ROOT, rdx=50)))
        self.assertFalse(refused(start.call("YIELD")))

    def test_a_thread_without_an_entry_cannot_run(self):
        more = [start.retype(3, 0, 50, 1),
                start.call("THREAD_CONFIGURE", rdi=start.at(50), rsi=start.ROOT, rdx=start.at(CONST.CAP_SELF_SPACE), r9=0x303)]
        entry = start.call("THREAD_SET_ENTRY", rdi=start.at(50), rsi=start.ENTRY)
        resume = start.call("THREAD_RESUME", rdi=start.at(50))
        self.assertTrue(refused(resume, *more))
        self.assertFalse(refused(resume, *more, entry))


class Host:
    """A kernel by which that thread runs."""

    def __init__(self, current):
        self._current = current

    def user(self):
        return self._current, {}


class Visible(unittest.TestCase):
    def setUp(self):
        self.state = self.first = world.first_state()
        self.stage = Stage(self.first)
        for i in SMALL:
            after, outcome = step.step(self.state, i)
            self.stage.refuses(self.state, i, after, outcome)
            self.state = after

    def test_another_thread_is_seen_if_it_has_an_entry(self):
        other = self.state.slots[world.ARENA, start.THREADS[0]].object
        self.assertIn("runs and not", visible.told(self.state, Host(other), self.stage))
        self.assertIn("runs and not", visible.told(self.state, Host(0), self.stage))
        self.assertIsNone(visible.told(self.first, Host(other), Stage(self.first)))

    def test_a_buffer_is_written_where_there_is_one(self):
        write = step.Write(world.MEMORY, 1, 2)
        self.assertEqual(visible.play(self.first, mock.Mock(), [write]), (None, ""))


class BroughtToLight(unittest.TestCase):
    """Sequences that are tried when random inputs find nothing."""

    def test_a_program_can_have_each_of_them_whole(self):
        for sequence in brought.EVERY:
            state, stage = world.first_state(), Stage(world.first_state())
            for n, i in enumerate(sequence()):
                after, outcome = step.step(state, i)
                self.assertFalse(stage.refuses(state, i, after, outcome), (sequence.__name__, n, i))
                state = after

    def test_they_come_last(self):
        host, found = mock.Mock(), ([step.Tick()], "something")
        for random, known, wanted in ((found, None, 1), ((None, ""), found, 1), ((None, ""), (None, ""), None)):
            with mock.patch.multiple(visible, _brought_to_light=lambda *_, r=random: r, _by_known=lambda *_, k=known: k), \
                    mock.patch.object(visible.pair, "shortest", lambda _first, _host, inputs, _play: (inputs, "something")):
                seen = visible.shortest(None, host, [])
            self.assertEqual(seen and len(seen[0]), wanted)

    def test_a_page_that_is_not_there_is_not_read(self):
        host = mock.Mock()
        host.step_encoded.return_value, host.user.return_value = "", (0, {})
        for is_there, found in ((False, ""), (True, "a page is where nothing is")):
            host.has_page.return_value = is_there
            self.assertEqual(visible.play(world.first_state(), host, [brought.TOUCH])[1], found)


if __name__ == "__main__":
    unittest.main()
