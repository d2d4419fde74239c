"""When two states count as one (tests/lockstep/keys.py): no state is hidden by that. What an exploration finds that goes on from one state
of each key only is what one finds that goes on from every state."""
import unittest

from tests.lockstep import alphabet, explore, keys, project, world
from tests.model import step
from tests.model.state import REGISTERS

DEPTH = 3


class Letters:
    """Those of an alphabet, as the explorations try them."""

    def __init__(self, letters):
        self._explorer = explore.Explorer(world.first_state(), None, letters, None)

    def of(self, s):
        inputs = (self._explorer._input(n, s) for n in range(explore.AGAIN, len(self._explorer._alphabet)))
        return [i for i in inputs if step.allowed(s, i)]


def begun():
    s = world.first_state()
    for i in alphabet.ready():
        s = step.step(s, i)[0]
    return s


def itself(s):
    """Of a state, all but what a thread's next call sets: that and nothing else is assumed to count for nothing."""
    s = s.copy()
    for thing in s.objects.values():
        if hasattr(thing, "regs") and not thing.again:
            thing.regs = dict.fromkeys(REGISTERS, 0)
            thing.fault = thing.fault and (thing.fault[0], 0, 0, 0)
    return hash(tuple(project.numbers(s)))


def levels(letters, same):
    """The keys of the states that are come to by so many inputs, where one of the same is gone on from; and how many were."""
    start, letters = begun(), Letters(letters)
    seen, found, last = {same(start)}, [{keys.key(start)}], [start]
    for _ in range(DEPTH):
        following = []
        for s in last:
            for i in letters.of(s):
                after = step.step(s, i)[0]
                if same(after) not in seen:
                    seen.add(same(after))
                    following.append(after)
        found.append(found[-1] | set(map(keys.key, following)))
        last = following
    return found, len(seen)


def without_order(s):
    """A key that takes states for the same which are not: in which order threads are ready."""
    s = s.copy()
    s.ready = {priority: sorted(queue) for priority, queue in s.ready.items()}
    return keys.key(s)


def few():
    """Of the messages: enough for a thread to be answered, and for endpoints whose senders come in another order."""
    return list(alphabet.messages())[:16]


class Keys(unittest.TestCase):
    def test_no_state_is_hidden(self):
        for letters in (few(), list(alphabet.capabilities())[::2]):
            merged, count = levels(letters, keys.key)
            every, more = levels(letters, itself)
            self.assertEqual(merged, every)
            self.assertGreater(count, 100)
            self.assertGreaterEqual(more, count)

    def test_a_key_that_hides_some_is_seen(self):
        self.assertNotEqual(levels(few(), without_order)[0], levels(few(), keys.key)[0])


if __name__ == "__main__":
    unittest.main()
