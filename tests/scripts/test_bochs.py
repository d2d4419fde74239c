"""Running a guest under Bochs: how each way to end is judged, and that nothing stays behind."""
import os
import signal
import tempfile
from pathlib import Path
from unittest import mock

from scripts.base.common import BatonError
from scripts.machine import bochs
from scripts.machine.guest import NOT_RUN, PANIC_CODE, TIMED_OUT
from tests.runner import discs, steps
from tests.scripts import support

# Bochs itself: `guest` writes to the serial port's file or to Bochs's own output, as its configuration says, in the shell code of
# bochs.sh.
FAKE_BOCHS = """#!/bin/sh
here=${0%/*}
if [ "$1" = --help ]; then
    cat "$here/help"
    exit
fi
echo "$*" > "$here/words"
cp debugger "$here/debugger"
echo $$ >> "$here/pids"
cp bochsrc "$here/bochsrc"
serial=$(sed -n 's/^com1: .*dev="\\(.*\\)"$/\\1/p' bochsrc)
debug_port=$(sed -n 's/^port_e9_hack: enabled=\\(1\\)$/\\1/p' bochsrc)
guest() {
    [ -z "$serial" ] || cat "$1" > "$serial"
    [ -z "$debug_port" ] || cat "$1"
}
. "$here/bochs.sh"
"""
HELP = "Usage: bochs [flags]\n\n  -n               no configuration file\n"
NEWER = "  -debugger        start Bochs internal debugger on startup\n"
FAR = ["Next at t=0", "(0) [0x0000fffffff0] f000:fff0 (unk. ctxt): jmpf 0xf000:e05b", "ok a",
       "on its wayNext at t=7000000009", "(0) [0x0000000f086a] f000:086a (unk. ctxt): nop", "(0).[7000000009] [0x0000000f086a]: nop"]
HALTED = ["", "baton: halted; it is safe to switch off."]


class Bochs(support.Workspace):
    def setUp(self):
        super().setUp()
        self.program("bochs", FAKE_BOCHS)
        (self.bin / "help").write_text(HELP, encoding="ascii")
        bios = self.dir / "bios"
        bios.touch()
        for patch in (mock.patch.dict("os.environ", PATH=self.environment({})["PATH"], BATON_PATIENCE="1"),
                      mock.patch.object(bochs, "BIOS", str(bios)), mock.patch.object(bochs, "VGA_BIOS", str(bios)),
                      mock.patch.object(tempfile, "tempdir", str(self.dir))):
            patch.start()
            self.addCleanup(patch.stop)

    def boots(self, code):
        (self.bin / "bochs.sh").write_text(code + "\n", encoding="utf-8")

    def says(self, lines, then='sleep 1000 & echo $! >> "$here/pids"; wait'):
        """It goes on running, as Bochs does when the guest has halted; where `bochs` is a script, in a process of its own."""
        text = self.dir / "console"
        text.write_text("".join(line + "\r\n" for line in lines), encoding="utf-8")
        self.boots(f'guest {text}; {then}')

    def run_it(self, serial=False, machine=None, **more):
        return bochs.run(machine or bochs.Machine(Path("/x/baton.iso"), "a_model", serial=serial), **more)

    def test_each_part_of_a_machine_is_configured(self):
        """All numbers differ."""
        self.says(HALTED)
        self.run_it(machine=bochs.Machine(Path("/y/other.iso"), "some_model", memory_mib=96, speed=1234567))
        said = (self.bin / "bochsrc").read_text(encoding="utf-8")
        for part in ("cpu: model=some_model, ips=1234567,", "/y/other.iso", "96"):
            self.assertIn(part, said)

    def assert_fails(self, code, *parts, **more):
        with self.assertRaises(BatonError) as caught:
            self.run_it(**more)
        self.assertEqual(caught.exception.code, code)
        for part in parts:
            self.assertIn(part, str(caught.exception))
        self.assert_nothing_left()
        self.assertEqual(list(self.dir.glob("baton-bochs-*")), [])

    def test_the_end_is_the_halted_line(self):
        self.says(["ok a", "x: 1 passed, 0 failed", *HALTED])
        seen = []
        outcome = self.run_it(on_line=seen.append)
        self.assertEqual((outcome.code, outcome.lines[:2]), (0, ["ok a", "x: 1 passed, 0 failed"]))
        self.assertEqual(seen, outcome.lines)
        self.assert_nothing_left()
        configuration = (self.bin / "bochsrc").read_text(encoding="utf-8")
        self.assertIn("model=a_model", configuration)
        self.assertIn('path="/x/baton.iso"', configuration)

    def test_the_console_is_the_serial_port_where_that_is_wanted(self):
        self.says(["ok a", *HALTED], "echo not the guest; sleep 1000")
        self.assertEqual(self.run_it(serial=True).lines, ["ok a", *HALTED])

    def test_silence_or_no_end(self):
        self.says(["ok a"])
        self.assert_fails(NOT_RUN, "Bochs was started, and it hangs")
        self.boots("sleep 1000")
        self.assert_fails(NOT_RUN, "it hangs")

    def test_an_early_end(self):
        self.says(["ok a"], "exit 1")
        self.assert_fails(NOT_RUN, "its last line was: ok a")
        self.boots("exit 1")
        self.assert_fails(NOT_RUN, "(nothing)")

    def words(self):
        self.says(HALTED)
        self.run_it(limit=7 * 10**9)
        return (self.bin / "words").read_text(encoding="ascii").split()

    def test_what_executes_and_what_sleeps_ends_at_the_limit(self):
        """What has slept that long: 7000 million ticks."""
        words = self.words()
        self.assertEqual(words[words.index("-benchmark") + 1], "7000")
        self.assertEqual(words[words.index("-rc") + 1], "debugger")
        self.assertEqual((self.bin / "debugger").read_text(encoding="ascii"), "s 4000000000\ns 3000000000\nq\n")

    def test_the_debugger_is_asked_for_where_it_must_be(self):
        self.assertNotIn("-debugger", self.words())
        bochs._in_debugger.cache_clear()
        (self.bin / "help").write_text(HELP + NEWER, encoding="ascii")
        self.assertIn("-debugger", self.words())

    def test_what_has_come_to_the_limit_is_said_so(self):
        for serial in (False, True):
            self.says(FAR, "exit 0")
            if serial:
                self.boots(f'printf "ok a\\r\\n" > "$serial"; cat {self.dir / "console"}')
            self.assert_fails(TIMED_OUT, "did not end within 7 * 10^9 instructions", "its last line was: ok a", limit=7 * 10**9,
                              serial=serial)
        self.assert_fails(NOT_RUN, "a triple fault, or its own failure", "its last line was: ok a", limit=8 * 10**9, serial=True)

    def test_panic(self):
        self.says(["ok a", "PANIC: no more", "rip 0", *HALTED])
        self.assert_fails(PANIC_CODE, "PANIC: no more")

    def test_missing(self):
        (self.bin / "bochs").unlink()
        with mock.patch.dict("os.environ", PATH=str(self.bin)), self.assertRaisesRegex(BatonError, "setup.sh bochs"):
            self.run_it()
        self.program("bochs", FAKE_BOCHS)
        with mock.patch.object(bochs, "BIOS", "/nowhere/BIOS"), self.assertRaisesRegex(BatonError, "/nowhere/BIOS"):
            self.run_it()

    def test_interrupt(self):
        self.says(["ok a"])

        def stop(_line):
            os.kill(os.getpid(), signal.SIGINT)
        self.addCleanup(signal.signal, signal.SIGINT, signal.signal(signal.SIGINT, _raise))
        with self.assertRaises(KeyboardInterrupt):
            self.run_it(on_line=stop)
        self.assert_nothing_left()
        self.assertEqual(list(self.dir.glob("baton-bochs-*")), [])

    def step(self, lines):
        self.says([*lines, *HALTED])
        with mock.patch.object(discs, "_made_iso", lambda *_, **__: (Path("/x"), steps.Report())):
            return discs.Bochs("b", "run=x", "a_model").run()

    def test_step(self):
        report = self.step(["ok a", "not ok b: no", "x: 1 passed, 1 failed"])
        self.assertEqual((report.passed, report.failed), (["a"], ["b: no"]))

    def test_step_with_a_case_that_cannot_be(self):
        report = self.step(["ok a", "ok b # skip: no such device", "x: 1 passed, 0 failed, 1 skipped"])
        self.assertEqual((len(report.passed), report.failed), (2, []))

    def test_step_that_does_not_say_how_many(self):
        for last in ("noise", "x: 2 passed, 0 failed"):
            self.assertIn("does not end by saying '1 passed, 0 failed'", self.step(["ok a", last]).failed[0])


def _raise(_signal, _frame):
    raise KeyboardInterrupt
