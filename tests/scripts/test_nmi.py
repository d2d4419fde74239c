"""What the test of NMIs takes for the program's own words: the kernel's message may come between any two of its bytes."""
import io
import os
import unittest
from types import SimpleNamespace

from scripts.base.common import BatonError
from scripts.machine import guest
from tests.system import nmi_test
from tests.system.debugger import Debugged

CONSOLE = b"baton: it boots\r\nat a\rok a\r\nat b/c\rok b/c\r\nat d\rnot ok d: why\r\ntrace 1 2\r\n"
MESSAGE = b"\r\nbaton: an NMI at ffffffff80201234; those that follow are only counted\r\n"


def read(data):
    """Lines as debugger.py reads them."""
    return [guest.line_shown(raw.rstrip(b"\n")) for raw in io.BytesIO(data)]


class Limits(unittest.TestCase):
    """A clock that has jumped by a day, as QEMU 10's does where the stub goes on from an idle guest."""

    def look(self, debugged):
        watchdog = debugged.watchdog_of(os.getpid(), SimpleNamespace(seconds=86400, look=lambda: None))
        watchdog.looked = float("-inf")
        watchdog.look()

    def test_a_guest_that_is_stopped_anywhere_is_not_held_to_its_clock(self):
        self.look(nmi_test.under_the_stub("on"))
        with self.assertRaisesRegex(guest.GuestError, "did not end within 200 "):
            self.look(Debugged(nmi_test.machine("on")))


class Message(unittest.TestCase):
    def test_anywhere(self):
        for at in range(len(CONSOLE) + 1):
            with self.subTest(at=at):
                self.assertEqual([line for line in nmi_test.rejoin(read(CONSOLE[:at] + MESSAGE + CONSOLE[at:])) if line],
                                 read(CONSOLE))

    def test_not_once(self):
        for count in (0, 2):
            with self.subTest(count=count), self.assertRaisesRegex(BatonError, f"tells {count} times"):
                nmi_test.rejoin(read(count * MESSAGE + CONSOLE))

    def test_a_line_that_is_torn_by_anything_else(self):
        for data in (CONSOLE.replace(b"ok a", b"ok\r\n a") + MESSAGE, MESSAGE + CONSOLE.replace(b"ok a\r\n", b"")):
            with self.subTest(data=data), self.assertRaisesRegex(BatonError, "says something else"):
                nmi_test.check_results(read(data), 0, nmi_test.results(read(CONSOLE)))
