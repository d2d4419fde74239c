"""The specification (tests/model): it is pure, and each of its properties can fail."""
import unittest
from unittest import mock

from tests.lockstep import start, world
from tests.model import communicating, notifications, properties, step
from tests.model.numbers import ABI, ERR, TYPE
from tests.model.state import AWAITING, MESSAGE, READY, WAITING


def after(inputs):
    state = world.first_state()
    for i in inputs:
        state = step.step(state, i)[0]
    return state


def broken(change, inputs=()):
    state = after([*start.small(), *inputs])
    change(state)
    return properties.broken(state)


def object_in(state, index):
    return state.slots[world.ARENA, index].object


def shown(state):
    return repr((state.slots, state.order, state.ready, [t.regs for t in state.objects.values() if hasattr(t, "regs")]))


class Model(unittest.TestCase):
    def test_a_step_changes_nothing_of_the_state_that_it_starts_from(self):
        state = after(start.small())
        before = shown(state)
        step.step(state, start.call("CAP_DELETE", rdi=start.ROOT, rsi=start.THREADS[0]))
        step.step(state, start.call("RECV", rdi=start.at(start.ENDPOINTS[0])))
        self.assertEqual(shown(state), before)

    def test_a_refused_call_changes_only_its_result(self):
        state = after(start.small())
        new, outcome = step.step(state, start.call("CAP_COPY", rdi=start.ROOT, rsi=1, rdx=start.ROOT, r8=start.ENDPOINTS[0]))
        self.assertEqual(outcome, ERR.OCCUPIED)
        self.assertEqual((new.slots, new.order, new.ready, new.current), (state.slots, state.order, state.ready, state.current))

    def test_every_call_of_the_abi_is_there(self):
        self.assertEqual(set(step.CALLS), {call.number for call in ABI.calls.values()})

    def test_the_properties_hold(self):
        self.assertEqual(broken(lambda s: None), [])

    def test_a_right_too_many(self):
        copy = start.call("CAP_COPY", rdi=start.ROOT, rsi=40, rdx=start.ROOT, r8=start.ENDPOINTS[0], r9=1)
        mint = start.call("CAP_MINT", rdi=start.ROOT, rsi=41, rdx=start.ROOT, r8=start.ENDPOINTS[0], r9=0xff, r10=5)

        def widen(s):
            s.slots[world.ARENA, 40] = s.slots[world.ARENA, 40]._replace(rights=9)

        def other_badge(s):
            s.parent[world.ARENA, 40] = world.ARENA, 41
        self.assertEqual(broken(widen, [copy]), ["authority never widens"])
        self.assertEqual(broken(other_badge, [copy, mint]), ["authority never widens"])

    def test_an_object_that_is_gone(self):
        self.assertEqual(broken(lambda s: s.objects.pop(object_in(s, start.TIMER))), ["nothing of a dead object is reachable"])

    def test_two_objects_in_one_place(self):
        def overlap(s):
            cap = s.slots[world.ARENA, start.TIMER]
            s.objects[cap.object + 32] = s.objects[cap.object]
            s.slots[world.ARENA, 40] = cap._replace(object=cap.object + 32)
        self.assertEqual(broken(overlap), ["memory of two objects never overlaps"])

    def test_a_reply_right_that_is_used_up_or_there_twice(self):
        def stale(s):
            s.objects[s.current].caller = object_in(s, start.THREADS[0])

        def lost(s):
            s.objects[object_in(s, start.THREADS[0])].state = AWAITING
        for change in (stale, lost):
            self.assertIn("a reply right is in one place", broken(change))

    def test_somebody_more_urgent_is_ready(self):
        def urgent(s):
            s.ready[200] = s.ready.pop(max(s.ready))
        self.assertEqual(broken(urgent), ["the most urgent runs"])

    def test_a_wait_in_no_queue_and_bits_that_nobody_takes(self):
        def nowhere(s):
            thread = s.objects[object_in(s, start.THREADS[0])]
            self.assertEqual(thread.state, READY)
            thread.state, thread.at = WAITING, object_in(s, start.NOTIFICATION)

        def untaken(s):
            nowhere(s)
            notification = s.objects[object_in(s, start.NOTIFICATION)]
            notification.queue.append(object_in(s, start.THREADS[0]))
            notification.pending = 1
        for change in (nowhere, untaken):
            self.assertEqual(broken(change), ["no wake up is lost"])

    def test_what_a_step_does_to_others_depends_on_no_schedule(self):
        state, signal = after(start.small()), start.call("SIGNAL", rdi=start.at(start.NOTIFICATION))

        def both():
            return [communicating.seen(step.step(s, signal)[0]) for s in (state, communicating.shaken(state))]
        self.assertEqual(*both())
        with mock.patch.object(notifications, "signal", lambda s, name, bits: setattr(s.objects[name], "pending", s.left)):
            self.assertNotEqual(*both())

    def test_an_unknown_number_is_a_fault(self):
        state, outcome = step.step(after(start.small()), step.Call(0x1f, dict.fromkeys(MESSAGE, 0)))
        self.assertEqual(outcome, "fault")
        self.assertEqual(state.slots[world.ARENA, 3].type, TYPE.TCB)


if __name__ == "__main__":
    unittest.main()
