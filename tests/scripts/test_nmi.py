"""What the test of NMIs takes for the program's own words: the kernel's message may come between any two of its bytes."""
import io
import os
import unittest
from types import SimpleNamespace

from scripts.base.common import BatonError
from scripts.machine import guest
from tests.system import entries, nmi_test
from tests.system.debugger import Debugged, Gdb

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


# A function that calls another: two ways from its first block, one of which the other function comes to, too, by a pointer.
HIGH = 0xffffffff80200000
CODE = {HIGH + at: text.replace("@", f"{HIGH:x}"[:-2]) for at, text in {
    0x00: "test   %rax,%rax", 0x03: "je     @10 <a.other>", 0x05: "call   @40 <b>", 0x0a: "mov    %rax,%rdx", 0x0d: "ret",
    0x10: "lea    0x0(%rip),%rcx        # @20 <a.pointed>", 0x20: "nop", 0x21: "jmp    @0a <a+0xa>", 0x30: "ud2",
    0x40: "sysretq", 0x50: "hlt", 0x51: "cli"}.items()}


class Blocks(unittest.TestCase):
    def ways(self, code):
        head_of = entries.heads(code, {HIGH + at for at in (0x00, 0x0a, 0x10, 0x20, 0x40)})
        found, others = entries.ways(code, head_of, {HIGH, HIGH + 0x40})
        return {head - HIGH: [last - HIGH for last in lasts] for head, lasts in found.items()}, {head - HIGH for head in others}

    def test_which_blocks_lead_to_which(self):
        found, others = self.ways(CODE)
        self.assertEqual(found, {0x00: [], 0x05: [0x03], 0x0a: [0x21], 0x10: [0x03], 0x20: [0x10], 0x30: [], 0x40: [0x05],
                                 0x50: [], 0x51: []})
        # Functions; behind the call; whose address is taken; what nothing leads to; behind HLT.
        self.assertEqual(others, {0x00, 0x40, 0x0a, 0x20, 0x30, 0x50, 0x51})

    def stops(self, visits):
        """The stub, and where a guest stops whose blocks have had so many NMIs."""
        code = {HIGH: "nop", HIGH + 1: f"je {HIGH + 3:x}", HIGH + 2: "ret", HIGH + 3: "nop", HIGH + 4: "ret"}
        head_of = entries.heads(code, {HIGH})
        found, others = entries.ways(code, head_of, {HIGH})
        standing = set()
        gdb = SimpleNamespace(stop_at=standing.add, pass_by=standing.discard, resume=lambda how: HIGH + 2)
        return standing, entries.Stops(gdb, SimpleNamespace(heads=head_of, ways=found, ways_in=others), visits)

    def test_the_guest_stops_where_it_comes_to_without_a_step(self):
        visits = {HIGH + at: 0 for at in range(5)}
        standing, stops = self.stops(visits)
        self.assertEqual(standing, {HIGH})
        visits[HIGH] = entries.VISITS
        stops.leave(HIGH, step=True)
        self.assertEqual(standing, {HIGH + 1})  # the rest of its block, and nothing behind that yet
        visits[HIGH + 1] = entries.VISITS
        stops.leave(HIGH + 1, step=True)
        self.assertEqual(standing, {HIGH + 2, HIGH + 3})
        self.assertEqual(self.stops(visits)[0], {HIGH + 2, HIGH + 3})  # the same in the next boot


class Registers(unittest.TestCase):
    def test_they_are_asked_for_once_where_the_guest_stands(self):
        gdb, sent = object.__new__(Gdb), []
        gdb.connection, gdb.known = SimpleNamespace(sendall=lambda data: sent.append(data[1:2])), None
        gdb._answer = lambda: "OK" if sent[-1] == b"P" else "".join(f"{sent.count(how):02x}{0:014x}" for how in (b"c", b"s", b"P")) * 6
        for after, change, asked in (((0, 0, 0), lambda: None, 1), ((1, 0, 0), lambda: gdb.resume("c"), 2),
                                     ((1, 1, 0), lambda: gdb.resume("s"), 3), ((1, 1, 1), lambda: gdb.set_register(2, 1), 4),
                                     ((2, 1, 1), gdb.go, 5)):
            change()
            self.assertEqual(tuple(map(gdb.register, range(3))), after)
            self.assertEqual(sent.count(b"g"), asked)


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
