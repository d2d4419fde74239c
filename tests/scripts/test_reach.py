"""The reach of domains in every state (tests/sdk/reach.py): what a report leaves out is found, at once or when authority has moved."""
import random
import unittest
from unittest import mock

from tests.sdk import reach


def capability(slot, kind, name, *rights):
    return {"slot": slot, "type": kind, "object": name, "rights": rights, "badge": "0x0"}


def report(reaches, **held):
    domains = [{"name": name, "priority": 5, "parent": None, "capabilities": caps} for name, caps in held.items()]
    return {"domains": domains, "reaches": {**{name: [] for name in held}, **reaches}}


SERVER = [capability(1, "ENDPOINT", "endpoint of b", "RECV"), capability(2, "CNODE", "capabilities of b")]
CLIENT = [capability(20, "ENDPOINT", "endpoint of b", "SEND", "GRANT"), capability(21, "TCB", "thread of c")]


class Reach(unittest.TestCase):
    def found(self, reaches, **held):
        return [why for seed in range(8) for why in reach.complaints(report(reaches, **held), random.Random(seed))]

    def test_what_is_promised_is_enough(self):
        self.assertEqual(self.found({"a": ["b", "c"], "b": ["a", "c"], "c": ["a", "b"]}, a=CLIENT, b=SERVER, c=[]), [])

    def test_a_capability_that_no_promise_covers(self):
        found = self.found({"a": ["b"], "b": ["a", "c"], "c": ["a", "b"]}, a=CLIENT, b=SERVER, c=[])
        self.assertIn("after 0 steps a can change what c does, which the report does not say", found)

    def test_authority_that_a_message_brings(self):
        found = self.found({"a": ["b", "c"], "b": ["a"], "c": ["a", "b"]}, a=CLIENT, b=SERVER, c=[])
        self.assertTrue(found)
        self.assertTrue(all("b can change what c does" in why and "after 0" not in why for why in found), found)

    def test_without_the_right_to_grant_none_moves(self):
        client = [capability(20, "ENDPOINT", "endpoint of b", "SEND"), CLIENT[1]]
        self.assertEqual(self.found({"a": ["b", "c"], "b": ["a"], "c": ["a"]}, a=client, b=SERVER, c=[]), [])

    def bounds(self, **held):
        system = reach.System(report({}, **held))
        return system, reach.for_ever(system.state, system.domains)

    def test_what_one_can_ever_hold(self):
        system, bounds = self.bounds(a=CLIENT, b=SERVER, c=[])
        thread = {name: any(c.object == system.domains["c"] for c in hold) for name, hold in bounds.items()}
        self.assertEqual(thread, {"a": True, "b": True, "c": True})  # b by a message, c since a can give its thread anything
        system, bounds = self.bounds(a=[capability(20, "ENDPOINT", "endpoint of b", "SEND")], b=SERVER, c=CLIENT[1:])
        self.assertEqual(bounds, {name: reach.held(system.state, thread) for name, thread in system.domains.items()})

    def test_it_goes_through_several_hands(self):
        via = [capability(1, "ENDPOINT", "endpoint of b", "RECV"), capability(2, "ENDPOINT", "endpoint of d", "SEND", "GRANT")]
        system, bounds = self.bounds(a=CLIENT, b=via, c=[], d=[capability(1, "ENDPOINT", "endpoint of d", "RECV")])
        self.assertTrue(any(c.type == reach.TYPE.TCB and c.object == system.domains["c"] for c in bounds["d"]))

    def test_what_is_held_beyond_the_bound_is_found(self):
        """A bound that counts nothing which moves."""
        def at_first(s, domains):
            return {name: reach.held(s, thread) for name, thread in domains.items()}
        everything = {a: [b for b in "abc" if b != a] for a in "abc"}
        self.assertEqual(self.found(everything, a=CLIENT, b=SERVER, c=[]), [])
        with mock.patch.object(reach, "for_ever", at_first):
            found = self.found(everything, a=CLIENT, b=SERVER, c=[])
        self.assertTrue(found and all(" holds what it never should" in why for why in found), found)

    def test_who_holds_a_thread_or_a_space_sees_what_it_does(self):
        for held in (capability(21, "TCB", "thread of c"), capability(21, "ADDRESS_SPACE", "space of c")):
            with self.subTest(held["type"]):
                self.assertEqual(self.found({"a": ["c"], "c": ["a"]}, a=[held], c=[]), [])
                self.assertTrue(all("c can change what a does" in why for why in self.found({"a": ["c"]}, a=[held], c=[]) or [""]))
                self.assertTrue(all("a can change what c does" in why for why in self.found({"c": ["a"]}, a=[held], c=[]) or [""]))

    def test_a_signal_goes_one_way(self):
        waits, signals = [capability(1, "NOTIFICATION", "n", "WAIT")], [capability(1, "NOTIFICATION", "n", "SIGNAL")]
        self.assertEqual(self.found({"a": ["b"]}, a=signals, b=waits), [])
        self.assertTrue(self.found({"b": ["a"]}, a=signals, b=waits))


if __name__ == "__main__":
    unittest.main()
