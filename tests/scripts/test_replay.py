"""The booted machine beside the specification (tests/replay): what is compared, and by what an entry is known."""
import contextlib
import io
import os
import socket
import unittest
from pathlib import Path
from unittest import mock

from scripts.machine.guest import GuestError, Limits, Watchdog
from tests.lockstep import start, world
from tests.model import step
from tests.model.numbers import ABI, FLAG_RESUME, TYPE
from tests.model.state import REGISTERS, Cap, Table
from tests.replay import bochs, compare, faults, machine, paths, run
from tests.replay.beside import Differs, Memory
from tests.replay.machine import CLOCK, INTERRUPTED, VARIANTS, Event, Machine

STUBS = {"vector_stubs": 0x1000, "interrupt_stubs": 0x3000, "fast_page_fault": 0x4000, "fast_clock": 0x5000, "syscall_entry": 0x6000}
HELD = "(0) Breakpoint 2, 0xffffffff80100000 in ?? ()\n"
NAMES = {name + variant: (at << 8 * n) for n, variant in enumerate(VARIANTS) for name, at in STUBS.items()}


def state():
    s = world.first_state()
    for i in start.small():
        step.apply(s, i)
    return s


class WholeState(unittest.TestCase):
    def found(self, change):
        wanted, found = state(), state()
        change(found)
        return compare.differs(wanted, found)

    def test_the_same_does_not_differ(self):
        self.assertEqual(self.found(lambda s: None), "")

    def test_a_right_more_is_seen(self):
        def change(s):
            slot = world.ARENA, start.ENDPOINTS[0]
            s.slots[slot] = s.slots[slot]._replace(rights=1)
        self.assertIn("slot", self.found(change))

    def test_another_parent_is_seen(self):
        self.assertIn("parent", self.found(lambda s: s.parent.update({(world.ARENA, start.TIMER): None})))

    def test_another_order_of_a_queue_is_seen(self):
        self.assertIn("ready", self.found(lambda s: next(iter(s.ready.values())).reverse()))

    def test_another_priority_is_seen(self):
        self.assertIn("priority", self.found(lambda s: setattr(s.objects[s.current], "priority", 77)))

    def test_a_capability_too_many_is_seen(self):
        self.assertIn("slot", self.found(lambda s: s.slots.update({(world.ARENA, 60): Cap(TYPE.DEBUG, 0)})))

    def test_a_mapping_is_the_same_in_the_same_space_whatever_its_number(self):
        wanted, found = state(), state()
        for s, life in ((wanted, 1), (found, 9)):
            s.objects[world.ROOT_SPACE] = Table(life)
            s.slots[world.ARENA, 60] = Cap(TYPE.FRAME, 0x5000, data=(life, 0x1000, 0))
        self.assertEqual(compare.differs(wanted, found), "")
        found.slots[world.ARENA, 60] = Cap(TYPE.FRAME, 0x5000, data=(9, 0x2000, 0))
        self.assertIn("slot", compare.differs(wanted, found))


class Registers(unittest.TestCase):
    def found(self, unknown=0, **regs):
        wanted = dict.fromkeys(REGISTERS, 0)
        return compare.registers(wanted, {**wanted, **regs}, unknown)

    def test_what_differs(self):
        self.assertEqual(self.found(), "")
        self.assertEqual(self.found(r8=5), "r8 is 0x5, not 0x0")
        self.assertEqual(self.found(rflags=FLAG_RESUME), "rflags is 0x10000, not 0x0")

    def test_results_of_arithmetic_stand_elsewhere(self):
        self.assertEqual(self.found(rflags=0x8d5), "")

    def test_RF_saved_by_an_interrupt_says_nothing_of_what_was_there_and_the_other_flags_do(self):
        self.assertEqual(self.found(FLAG_RESUME, rflags=FLAG_RESUME), "")
        self.assertEqual(self.found(FLAG_RESUME, rflags=FLAG_RESUME | 0x100), "rflags is 0x10100, not 0x0")


class Buffers(unittest.TestCase):
    def setUp(self):
        self.words, self.written = {0x2008: 5}, {}
        self.memory = Memory(self, 0x2000, self.written)

    def word(self, address):
        """As the machine's."""
        return self.words.get(address, 0)

    def test_what_is_not_written_is_the_machines(self):
        self.assertEqual(self.memory.get(1, 0), 5)
        self.assertEqual(self.written, {})

    def test_what_is_written_must_come(self):
        self.memory[1] = 6
        self.assertEqual(self.memory.get(1, 0), 6)
        with self.assertRaises(Differs):
            self.memory.settle()
        self.words[0x2008] = 6
        self.memory.settle()
        self.assertEqual(self.memory.words, {})

    def test_zero_is_written_too(self):
        self.memory.pop(1, None)
        self.assertIn(0x2000, self.written)
        with self.assertRaises(Differs):
            self.memory.settle()


class Faults(unittest.TestCase):
    def verdicts(self, why):
        """Of the trials, where the comparison says that of each kernel."""
        def lay(tree, *_):
            for fault, _run, _path in faults.chosen():
                file = tree / "kernel" / fault.file
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text("", encoding="ascii")
        with mock.patch.multiple(faults, copy_tree=lay, make=mock.DEFAULT, broken=lambda _: ""), contextlib.redirect_stdout(io.StringIO()):
            return [verdict for _, verdict in faults.trials(lambda *_: ("", why))]

    def test_only_what_the_fault_does_is_found(self):
        self.assertEqual(self.verdicts("rdi is 0x0, not 0x7; after 5 calls"), [None, None])
        for why in (None, "rflags is 0x10202, not 0x202; after 5 calls"):
            self.assertTrue(all(self.verdicts(why)), why)


class Vectors(unittest.TestCase):
    """What the CPU leaves on the stack: an error code or none, then rip, cs, rflags, rsp."""

    def vector(self, at, rsp=0):
        machine = Machine.__new__(Machine)
        machine.enter_at(NAMES, False)
        return machine.vector(Event(INTERRUPTED, False, {"rip": at, "rsp": rsp}, 0, (), (1, 2, 3, 4, 5, 6, 7)))

    def test_by_the_stub(self):
        self.assertEqual(self.vector(0x1000 + 16 * 6), (6, 0, (1, 2, 3, 4)))
        self.assertEqual(self.vector(0x1000 + 16 * 13), (13, 1, (2, 3, 4, 5)))
        self.assertEqual(self.vector(0x3000 + 8 * 5), (0x35, 0, (1, 2, 3, 4)))
        self.assertEqual(self.vector(0x5000), (CLOCK, 0, (1, 2, 3, 4)))
        self.assertEqual(self.vector(0x4000), (14, 1, (2, 3, 4, 5)))

    def test_in_each_variant(self):
        self.assertEqual(self.vector(NAMES["vector_stubs_hardened"] + 16 * 13), (13, 1, (2, 3, 4, 5)))
        self.assertEqual(self.vector(NAMES["fast_clock_kpti"]), (CLOCK, 0, (1, 2, 3, 4)))

    def test_above_15_the_stack_says_whether_it_was_an_exception(self):
        self.assertEqual(self.vector(0x1000 + 16 * 17, rsp=0x8), (17, 1, (2, 3, 4, 5)))
        self.assertEqual(self.vector(0x1000 + 16 * 17, rsp=0x10), (17, 0, (1, 2, 3, 4)))


class UnderBochs(unittest.TestCase):
    """What its debugger says, and where its breakpoints hold the machine."""

    def setUp(self):
        self.machine = bochs.Bochs.__new__(bochs.Bochs)
        self.machine.enter_at(NAMES, False)
        self.machine._fast, self.machine._traps = [0x7000, 0x4000, 0x5002], [0x7100, 0x7200]

    def vector(self, at):
        return self.machine.vector(Event(INTERRUPTED, False, {"rip": at, "rsp": 0}, 0, (), (1, 2, 3, 4, 5, 6, 7)))

    def test_a_vector_by_where_the_stubs_lead(self):
        for at in (0x7100, 0x7200):
            self.assertEqual(self.vector(at), (1, 2, (3, 4, 5, 6)))
        for at in (0x7000, 0x5002):  # the second behind its `push byte`
            self.assertEqual(self.vector(at), (0x91, 0, (2, 3, 4, 5)))
        self.assertEqual(self.vector(0x4000), (14, 1, (2, 3, 4, 5)))

    def test_registers_as_each_version_says_them(self):
        self.machine._words, self.machine._said = (), ""
        went = f"{HELD}Next at t=5\n(0) [0x000000100000] 0008:ffffffff80100000 (unk. ctxt): nop\n"
        for flags in ("eflags 0x00000246: id", "eflags: 0x00000246: id"):
            said = "".join(f"{name:3}: 00000001_00000002\n" for name in machine.ORDER[:-1]) + flags
            code, values, _ = self.machine._step(lambda *_: [went, said])
            self.assertEqual((code, values["r8"], values["rflags"]), (8, 0x100000002, 0x246))

    def comes(self, inside, *answers):
        """Where it comes, and how often it was asked; the machine goes on by one answer, and is asked by the other."""
        self.machine._words, self.machine._said, self.machine._exits = (), "", {0xffffffff80100000}
        said = "".join(f"{name:3}: 00000000_00000003\n" for name in machine.ORDER[:-1]) + "eflags 0x00000246: id"
        self.machine._bochs = mock.Mock()
        self.machine._bochs.go.side_effect = lambda *then: [*answers, *(said for _ in then)]
        self.machine._bochs.ask.side_effect = lambda *_: [said]
        code, values, _ = self.machine._comes(inside)
        return code, values.get("r8"), self.machine._bochs.ask.call_count

    def test_of_an_exit_only_the_place_is_asked_for(self):
        went = HELD + "Next at t=5\n(0) [0x000000100000] 0008:ffffffff8010000{} (unk. ctxt): sysret\n"
        self.assertEqual(self.comes(True, went.format(0)), (8, None, 0))
        self.assertEqual(self.comes(True, went.format(1)), (8, 3, 1))
        self.assertEqual(self.comes(False, went.format(0)), (8, 3, 0))

    def test_the_variant_is_that_of_the_command_line(self):
        for words, ending in (("run=fuzz mitigations=off", ""), ("run=fuzz", ""), ("mitigations=all run=fuzz", "_kpti"),
                              ("mitigations=verw,rsb,bhb", "_hardened")):
            self.assertEqual(bochs.variant(words), ending)

    def test_ways_out_are_those_of_one_variant(self):
        said = ("0010 <leave_kernel>:\n  0011:\tsysretq\n  0012:\tret\n0020 <leave_kernel_kpti.iretq>:\n  0021:\tiretq\n"
                "0030 <fast_call>:\n  0031:\tiretq\n")
        with mock.patch.object(bochs.patience, "run", lambda *_, **__: mock.Mock(stdout=said)):
            self.assertEqual(bochs.exits("x", ""), [0x11, 0x31])
            self.assertEqual(bochs.exits("x", "_kpti"), [0x21])

    def test_a_place_where_no_page_is(self):
        self.machine._bochs = mock.Mock(ask=lambda _: ["es:0x0000, dh=0x00000000\ncs:0x0033, dh=0x00affb00, dl=0x0000ffff, valid=1\n"])
        self.assertEqual(self.machine._segment("Next at t=9\n(0) [0x000000400000] 0008:ffffffff80100000 (x): nop\n"), 8)
        self.assertEqual(self.machine._segment("Next at t=9\n(0).[9] ??? (physical address not available)\n"), 0x33)


class Endless(unittest.TestCase):
    """Under QEMU: what its clock shows, and not how long it takes, ends a guest that goes on."""

    def receives(self, seconds, tells):
        """Of a guest whose clock shows that."""
        watched, (wire, other) = machine.Machine.__new__(machine.Machine), socket.socketpair()
        clock = mock.Mock(seconds=seconds)
        watched._watchdog, watched._wire = Watchdog(Limits(7.0, 3.0), lambda: ["ok a"], os.getpid(), clock), wire
        watched._watchdog.every = 0.0
        wire.settimeout(0.01)  # clock: until the next look
        with wire, other:
            if tells:
                other.sendall(bytes(8))
                watched._watchdog.heard_at = seconds
            return watched._receive(bytearray(8))

    def test_it_tells(self):
        self.assertTrue(self.receives(6, True))

    def test_it_tells_too_long(self):
        with self.assertRaisesRegex(GuestError, r"did not end within 7 \* 10\^9 instructions; its last line was: ok a"):
            self.receives(8, True)

    def test_it_tells_nothing(self):
        with self.assertRaisesRegex(GuestError, r"silent for 3 \* 10\^9 instructions"):
            self.receives(4, False)


class Play(unittest.TestCase):
    def test_a_run_without_an_end_fails_and_the_others_go_on(self):
        boots = mock.Mock()
        boots.return_value.events.side_effect = GuestError("the guest did not end")
        with mock.patch.multiple(run, _image=lambda *_: (None, ()), symbols=mock.DEFAULT, Beside=mock.DEFAULT, _seen=mock.DEFAULT), \
                mock.patch.object(run.paths, "taken", return_value={}):
            self.assertEqual(run.play(run.Run("x"), "fastpath=on", Path("/b"), None, boots),
                             ("replay/x, fastpath=on", "the guest did not end"))
        boots.return_value.close.assert_called_once_with()


class FastPaths(unittest.TestCase):
    def test_taken_are_those_from_which_ring_3_goes_on(self):
        names = {"fast_call": 0x100, "fast_call.run": 0x120, "fast_wait_kpti": 0x200, "leave_kernel": 0x300}
        found = paths.taken(names, {(0x104, 0): 2, (0x121, 0): 1, (0x208, 0): 4, (0x308, 0): 8})
        self.assertEqual(found, {"call": 3, "wait": 4, "C": 8})
        self.assertEqual(found["yield"], 0)

    def test_a_call_that_ends_where_an_answer_does_is_a_call(self):
        call, answer = (ABI.calls[name].number for name in ("CALL", "REPLY_RECV"))
        found = paths.taken({"fast_reply_extended": 0x100}, {(0x100, call): 2, (0x110, call): 1, (0x110, answer): 4})
        self.assertEqual(found, {"call_extended": 3, "reply_extended": 4})


if __name__ == "__main__":
    unittest.main()
