"""scripts/show/table.py: which benchmarks stand beside one another."""
import unittest

from scripts.judge import gate_compare
from scripts.show import table
from tests.scripts.support import make_record


class Pairs(unittest.TestCase):
    def test_by_a_path_in_both_ids_or_in_the_slow_one_only(self):
        run = make_record({"syscall.null": 10, "ipc.call/same/fast/8w": 38, "switch.yield/same": 61, "sched.scale/10": 61,
                           "ipc.call/same/slow/8w": 191, "switch.yield/same/slow": 204, "sched.scale/slow/10": 205})
        found = {name: {path: b["median"] for path, b in both.items()} for name, both in table.pairs(run).items()}
        self.assertEqual(found, {"ipc.call/same/8w": {"fast": 38, "slow": 191}, "switch.yield/same": {"fast": 61, "slow": 204},
                                 "sched.scale/10": {"fast": 61, "slow": 205}})
        self.assertEqual([b["id"] for b in table.singles(run)], ["syscall.null"])

    def test_what_was_measured_on_one_path_only_is_no_pair(self):
        run = make_record({"switch.yield/same": 61, "signal.no_waiter": 27})
        self.assertEqual(table.pairs(run), {})
        self.assertNotIn("slow path", table.render(run))
        self.assertEqual(table.ratio(table.pairs(make_record({"signal.no_waiter/slow": 118}))["signal.no_waiter"]), "-")

    def test_mitigations_are_told_when_there_are_some(self):
        self.assertIn("\n  mitigations in force: kpti,ibpb;", table.render(make_record(mitigations="kpti,ibpb")))
        self.assertNotIn("mitigations", table.render(make_record(mitigations="none")))

    def test_the_slow_one_is_compiled_c(self):
        for name, nasm in (("switch.yield/same", True), ("switch.yield/same/slow", False), ("sched.scale/slow/10", False),
                           ("ipc.call/same/fast/8w", True), ("ipc.call/same/slow/8w", False), ("switch.yield/ready/3", False)):
            self.assertEqual(gate_compare.is_nasm(name), nasm, name)


if __name__ == "__main__":
    unittest.main()
