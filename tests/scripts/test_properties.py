"""What is true of every step of the specification (tests/lockstep/steps.py): each of these properties can fail."""
import unittest

from tests.lockstep import pair, start, steps, world
from tests.lockstep.alphabet import NEW, OTHER, E, N, ready
from tests.lockstep.start import ENDPOINTS, ROOT, TIMER, at, call, retype
from tests.model import caps, properties, step
from tests.model.numbers import ERR, GOT, TYPE
from tests.model.state import AWAITING, READY, RECEIVING
from tests.scripts import support

SLOT = world.ARENA  # of the root CNode
AUTHORITY, TAKEN_BACK, MESSAGE, SIGNAL, SHARE, TICK, MEMORY = (rule.__name__.replace("_", " ") for rule in steps.OF_STEPS)


def both(name, to, source, **more):
    return call(name, rdi=ROOT, rsi=to, rdx=ROOT, r8=source, **more)


def copy(to, source, rights):
    return both("CAP_COPY", to, source, r9=rights)


def nothing(_state):
    pass


class Steps(unittest.TestCase):
    def setUp(self):
        self.state = world.first_state()
        self.take(*ready())

    def take(self, *inputs):
        for i in inputs:
            self.state = step.step(self.state, i)[0]

    def broken(self, i, change, outcome=0):
        """By a step that leads where `change` makes of what it leads to; without the change nothing is."""
        after, found = step.step(self.state, i)
        self.assertEqual(found, outcome)
        self.assertEqual(steps.broken(self.state, i, after, found), [])
        change(after)
        return steps.broken(self.state, i, after, found)

    def test_a_copy_of_a_copy_that_has_what_only_the_original_has(self):
        self.take(copy(NEW, ENDPOINTS[0], 2))

        def widen(s):
            s.slots[SLOT, OTHER] = s.slots[SLOT, OTHER]._replace(rights=3)
            self.assertEqual(properties.broken(s), [])  # no state shows it
        self.assertEqual(self.broken(copy(OTHER, NEW, 0xff), widen), [AUTHORITY])

    def test_another_badge_and_another_object(self):
        self.take(both("CAP_MINT", NEW, ENDPOINTS[0], r9=7, r10=5))

        def other_badge(s):
            s.slots[SLOT, OTHER] = s.slots[SLOT, OTHER]._replace(data=6)

        def other_object(s):
            s.slots[SLOT, OTHER] = s.slots[SLOT, OTHER]._replace(object=s.slots[SLOT, ENDPOINTS[1]].object)
        for change in (other_badge, other_object):
            self.assertIn(AUTHORITY, self.broken(copy(OTHER, NEW, 7), change))

    def test_a_revocation_that_leaves_something_or_takes_more(self):
        self.take(copy(NEW, ENDPOINTS[0], 2), copy(OTHER, ENDPOINTS[0], 2))

        def leaves(s):
            s.slots[SLOT, OTHER], s.parent[SLOT, OTHER] = self.state.slots[SLOT, OTHER], (SLOT, ENDPOINTS[0])
            s.order.insert(s.order.index((SLOT, ENDPOINTS[0])) + 1, (SLOT, OTHER))

        def takes_more(s):
            caps.remove(s, (SLOT, TIMER))
        revoke = call("CAP_REVOKE", rdi=ROOT, rsi=ENDPOINTS[0])
        self.assertIn(TAKEN_BACK, self.broken(revoke, leaves))
        self.assertIn(TAKEN_BACK, self.broken(revoke, takes_more))

    def test_a_deletion_that_leaves_it_or_takes_more(self):
        def leaves(s):
            s.slots[SLOT, ENDPOINTS[0]], s.parent[SLOT, ENDPOINTS[0]] = self.state.slots[SLOT, ENDPOINTS[0]], None
            s.objects.update({name: thing for name, thing in self.state.objects.items() if name not in s.objects})

        def takes_more(s):
            caps.remove(s, (SLOT, ENDPOINTS[1]))
        for change in (leaves, takes_more):
            self.assertIn(TAKEN_BACK, self.broken(call("CAP_DELETE", rdi=ROOT, rsi=ENDPOINTS[0]), change))

    def receiver(self):
        return next(name for name, thing in self.state.objects.items() if getattr(thing, "state", None) == RECEIVING)

    def test_a_message_that_is_changed_lost_or_there_twice(self):
        self.take(call("RECV", rdi=E))
        name = self.receiver()

        def changed(s):
            s.objects[name].regs["r13"] ^= 1

        def lost(s):
            s.objects[name].state = RECEIVING

        def twice(s):
            s.objects[self.state.current].regs.update(s.objects[name].regs)
            s.objects[self.state.current].state = READY
        for change in (changed, lost):
            for kind in ("SEND", "CALL"):
                self.assertIn(MESSAGE, self.broken(call(kind, rdi=E, r13=8), change))
        self.take(call("CALL", rdi=E, r13=8))
        self.assertIn(MESSAGE, self.broken(call("REPLY", r13=9), lambda s: s.objects[self.caller()].regs.update(r13=8)))
        self.assertEqual(self.broken(call("REPLY", r13=9), nothing), [])
        self.state.objects[name].caller = 0
        self.state.objects[self.caller()].state = RECEIVING
        self.assertIn(MESSAGE, self.broken(call("NULL"), lambda s: s.objects[self.other()].regs.update(rax=GOT.MESSAGE) or self.runs(s)))

    def caller(self):
        return next(n for n, thing in self.state.objects.items() if getattr(thing, "state", None) in (AWAITING, RECEIVING))

    other = caller

    def runs(self, s):
        s.objects[self.other()].state = READY

    def test_a_signal_that_nobody_gets(self):
        def lost(s):
            s.objects[s.slots[SLOT, start.NOTIFICATION].object].pending = 0
        self.assertEqual(self.broken(call("SIGNAL", rdi=N), lost), [SIGNAL])
        self.take(call("SIGNAL", rdi=N))
        self.assertEqual(self.broken(call("NULL"), lost), [SIGNAL])

    def test_who_is_passed_over_and_who_does_not_give_way(self):
        def passed(s):
            (line,) = (line for line in s.ready.values() if len(line) > 1)
            line.reverse()
        self.assertEqual(self.broken(call("NULL"), passed), [SHARE])

        def ahead(s):
            line = next(line for line in s.ready.values() if self.state.current in line)
            self.assertGreater(len(line), 1)
            line.insert(0, line.pop())
        self.assertEqual(self.broken(call("YIELD"), ahead), [SHARE])

        def runs_on(s):
            s.current = self.state.current
        self.state.left = 1
        self.assertIn(SHARE, self.broken(step.Tick(), runs_on, None))

        def second(s):
            line = next(line for line in self.state.ready.values() if len(line) > 1)
            priority = s.objects[line[0]].priority
            s.current, s.ready[priority] = line[1], [line[0]]
        self.assertIn(SHARE, self.broken(call("THREAD_SUSPEND", rdi=at(self.slot_of_current())), second))

    def slot_of_current(self):
        return next(index for (name, index), cap in self.state.slots.items()
                    if (name, cap.object, cap.type) == (SLOT, self.state.current, TYPE.TCB))

    def test_a_tick_that_nobody_pays_for_and_one_that_another_pays(self):
        self.state.left = 5
        self.assertEqual(self.broken(step.Tick(), lambda s: setattr(s, "left", 5), None), [TICK])
        self.assertEqual(self.broken(call("NULL"), lambda s: setattr(s, "left", 4)), [TICK])

        def longer(s):
            s.objects[self.state.current].left += 1
        self.assertEqual(self.broken(call("YIELD"), longer), [TICK])

        def another(s):
            s.objects[s.ready[max(s.ready)][0]].left += 7
        self.assertEqual(self.broken(call("NULL"), another), [TICK])

    def test_memory_that_is_given_twice_or_lies_elsewhere(self):
        def twice(s):
            first = s.slots[SLOT, NEW]
            s.slots[SLOT, OTHER] = s.slots[SLOT, OTHER]._replace(object=first.object + 64)
            s.objects[first.object + 64] = s.objects[first.object]

        def above(s):
            source = SLOT, world.SLOT_MEMORY
            total, watermark = s.slots[source].data
            s.slots[source] = s.slots[source]._replace(data=(total, watermark - 1))
        for change in (twice, above):
            self.assertIn(MEMORY, self.broken(retype(TYPE.TCB, 0, NEW, 2), change))

        def over_untyped(s):  # which is no object, so that the property of states does not look at it
            s.slots[SLOT, OTHER] = s.slots[SLOT, OTHER]._replace(object=s.slots[SLOT, NEW].object)
            self.assertEqual(properties.broken(s), [])
        self.assertIn(MEMORY, self.broken(retype(TYPE.UNTYPED, 11, NEW, 2), over_untyped))

    def test_each_is_told_where_properties_and_invariants_are(self):
        for name in ("models.md", "invariants.md"):
            text = (support.ROOT / "docs" / name).read_text(encoding="utf-8").replace("-", " ")
            untold = [rule.__name__ for rule in (*properties.OF_STATES, *steps.OF_STEPS) if rule.__name__.replace("_", " ") not in text]
            self.assertEqual(untold, [], name)

    def test_it_is_looked_at_in_runs(self):
        refused = call("CAP_COPY", rdi=ROOT, rsi=NEW, rdx=ROOT, r8=OTHER)
        after, outcome = step.step(self.state, refused)
        self.assertEqual((outcome, pair.broken_by(self.state, refused, after, outcome)), (ERR.BAD_CAP, ""))
        after.left += 3
        self.assertIn(TICK, pair.broken_by(self.state, refused, after, outcome))


if __name__ == "__main__":
    unittest.main()
