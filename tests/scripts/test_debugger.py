"""What Bochs's debugger is asked, and its answers (tests/replay/debugger.py)."""
import socket
import unittest
from unittest import mock

from scripts.machine.guest import TIMED_OUT, GuestError
from tests.replay import debugger

HELD = "(0) Breakpoint 2, 0xffffffff80100000 in ?? ()\n"


class Asked(unittest.TestCase):
    """Bochs's debugger."""

    def setUp(self):
        self.debugger = debugger.Debugger.__new__(debugger.Debugger)
        self.debugger._asked, self.debugger._come, self.debugger.limit = 0x10, 0, 7 * 10**9

    def answers(self, count, said):
        self.debugger._wire, other = socket.socketpair()
        with other, self.debugger._wire:
            other.sendall(said.encode("ascii"))
            return self.debugger._answers(0x11, count)

    def test_each_answer_without_the_number(self):
        self.assertEqual(self.answers(1, "Bochs\nNext at t=0\n0x11 17\n"), ["Bochs\nNext at t=0\n"])
        self.assertEqual(self.answers(2, "hello0x11 17\nrax: 0\n0x12 18\n"), ["hello", "rax: 0\n"])

    def test_what_is_asked(self):
        with mock.patch.object(self.debugger, "_tell") as tell, mock.patch.object(self.debugger, "_answers") as answers:
            self.debugger.one("r")
            self.debugger.ask("q")
        self.assertEqual([call.args[0] for call in tell.call_args_list], [b"s\n? 16\nr\n? 17\n", b"q\n? 18\n"])
        self.assertEqual([call.args for call in answers.call_args_list], [(0x10, 2), (0x12, 1)])

    def go(self, *said):
        """What it answers, and how far it is to go, when that is said of one after the other."""
        with mock.patch.object(self.debugger, "_answers", mock.Mock(side_effect=[[text, "rax: 0\n"] for text in said] + [[]])), \
                mock.patch.object(self.debugger, "_tell") as tell:
            answers = self.debugger.go("r")
        return answers, [call.args[0].partition(b"\n")[0] for call in tell.call_args_list]

    def test_it_goes_on_where_nothing_holds_it(self):
        answers, told = self.go("one\nNext at t=4000000001\n(0) [0x1]\n", f"two\n{HELD}Next at t=4000000005\n(0) [0x2]\n")
        self.assertEqual(answers, [f"one\ntwo\n{HELD}Next at t=4000000005\n(0) [0x2]\n", "rax: 0\n"])
        self.assertEqual(told, [b"s 4000000000", b"s 2999999999"])

    def test_it_has_ended(self):
        self.assertEqual(self.go(), ([], [b"s 4000000000"]))

    def test_no_further_than_the_limit(self):
        for held in ("", HELD):
            with self.assertRaisesRegex(GuestError, r"did not end within 7 \* 10\^9 instructions") as caught:
                self.go(f"one\n{held}Next at t=7000000000\n(0) [0x1]\n")
            self.assertEqual(caught.exception.code, TIMED_OUT)


if __name__ == "__main__":
    unittest.main()
