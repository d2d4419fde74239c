"""tests/kvm/run.py: what is put down to the emulator, and what is not."""
import contextlib
import io
import unittest

from tests.kvm import checks, machine, run

PANIC, FRAME = "PANIC: interrupt (vector 32, error 0) in the kernel", "rip ffffffff8021d4a0  rsp ffffffff8024ffc8  rflags {:x}  cs 8 ss 0"


class Impossible(unittest.TestCase):
    def judged(self, panic, flags):
        lines = ["baton: booted", panic, FRAME.format(flags), "backtrace:", f"baton: the kernel panicked: {panic}"]
        return run.impossible(machine.Step(127, lines))

    def test_an_interrupt_while_they_are_off(self):
        self.assertTrue(self.judged(PANIC, 0x6))
        self.assertTrue(run.impossible(machine.Step(127, ["1 of 86", FRAME.format(6), f"baton: it panicked: {PANIC}"])))

    def test_what_a_kernel_can_bring_about(self):
        self.assertFalse(self.judged(PANIC, 0x206))
        self.assertFalse(self.judged("PANIC: page fault (vector 14, error 0) in the kernel", 0x6))
        self.assertFalse(run.impossible(machine.Step(0, ["ok a", FRAME.format(6)])))
        self.assertFalse(run.impossible(machine.Step(127, [PANIC, FRAME.format(6), "PANIC: page fault (vector 14, error 0)"])))


class Again(unittest.TestCase):
    """A command that is tried again inside the machine."""

    def console(self, flags, *before):
        console = machine.Console(lambda line: None)
        for lines in ((*before, PANIC, FRAME.format(flags), "@code conform 127"), ("ok a", "@code conform 0")):
            console.feed("\n".join(("@begin conform", *lines, "")).encode())
        return console

    def test_the_last_try_counts(self):
        self.assertEqual(self.console(0x6).steps["conform"].code, 0)

    def test_only_what_no_cpu_does_is_forgiven(self):
        with contextlib.redirect_stdout(io.StringIO()):
            self.assertEqual(list(run.begun_anew(self.console(0x6))), [])
            self.assertEqual(list(run.begun_anew(self.console(0x206))), ["conform"])
            self.assertEqual(list(run.begun_anew(self.console(0x6, PANIC, FRAME.format(0x206)))), ["conform"])
            self.assertEqual(list(run.begun_anew(self.console(0x6, "not ok a: 1"))), ["conform"])


class Numbers(unittest.TestCase):
    def test_one_instruction_more_is_another_number(self):
        def same(*quarters):
            b, other = ({"id": "a", "q1": q1, "median": q1, "q3": q3, "n": 50} for q1, q3 in quarters)
            return not list(checks._compare({"refused": [], "benchmarks": [b]}, {"a": other}))
        self.assertTrue(same((39, 39), (39, 39)))
        self.assertFalse(same((40, 40), (39, 39)))
        self.assertTrue(same((218296, 229738), (218296, 218296)))


if __name__ == "__main__":
    unittest.main()
