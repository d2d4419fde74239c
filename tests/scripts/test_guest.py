"""Running a guest: the command line that QEMU gets, and what each way to end becomes. And the KVM probe."""
import contextlib
import io
import os
import sys
from pathlib import Path
from unittest import mock

from scripts.base import patience
from scripts.base.common import BatonError
from scripts.machine import guest, measure, probe, qemu
from scripts.source.image import Image, built_image
from tests.scripts import support
from tests.scripts.support import ROOT, status_of
from tests.system import metal_test


class CommandLine(support.Workspace):
    def test_tcg_is_deterministic(self):
        line = " ".join(qemu.command(qemu.Machine("tcg", built_image(self.build))))
        for part in ("-accel tcg -icount shift=0,sleep=off", "-cpu max,-rdrand",
                     "-rtc base=2026-01-01T00:00:00,clock=vm", "-seed 1", "-m 512", "-no-reboot"):
            self.assertIn(part, line)

    def test_the_root_task_is_the_first_module(self):
        line = qemu.command(qemu.Machine("tcg", built_image(self.build), cmdline="a b"))
        user = self.build / "user"
        self.assertEqual(line[line.index("-initrd") + 1], f"{user}/root.elf root,{user}/bench.elf bench")
        self.assertEqual(line[line.index("-append") + 1], "a b")

    def test_kvm_takes_the_cpu_of_the_probe(self):
        line = " ".join(qemu.command(qemu.Machine("kvm", built_image(self.build), cpu="host,-arch-capabilities")))
        self.assertIn("-accel kvm -cpu host,-arch-capabilities", line)
        self.assertNotIn("icount", line)

    def test_paths_that_qemu_would_cut(self):
        odd = self.build / "user" / "a,b.elf"
        odd.write_text("", encoding="utf-8")
        with self.assertRaisesRegex(Exception, "comma"):
            qemu.command(qemu.Machine("tcg", Image(self.build / "baton32.elf", (odd,))))


class Running(support.Workspace):
    def guest(self, *arguments, **env):
        return self.run_script("verbs.run", "--build", self.build, *arguments, **env)

    def test_console_and_exit_codes(self):
        for code in (0, 1, 2, 100):
            self.fake_qemu(self.replay(["first", "second"], status_of(code)))
            done = self.guest()
            self.assertEqual((done.returncode, done.stdout, done.stderr), (code, "first\nsecond\n", ""))

    def test_a_line_is_what_a_terminal_shows(self):
        self.fake_qemu("printf 'at a/b\\rok a/b\\r\\nat c\\r\\nPANIC\\r\\n'; exit 1")
        self.assertEqual(self.guest().stdout, "ok a/b\nat c\nPANIC\n")

    def test_lines_come_as_they_are_printed(self):
        self.fake_qemu("echo first; sleep 100")
        process = self.start_script("verbs.run", "--build", self.build)
        self.assertEqual(process.stdout.readline(), "first\n")

    def test_panic(self):
        self.fake_qemu(self.replay(["PANIC: no more", "  at rip 0"], status_of(127)))
        self.assert_error(self.guest(), 127, "the kernel panicked: PANIC: no more")

    def test_standing_still(self):
        self.fake_qemu("printf 'half a line'; sleep 1000")
        self.assert_error(self.guest(BATON_PATIENCE="1"), 124, "stands still", "half a line")
        self.assert_nothing_left()

    # A QEMU whose guest is at that second of its clock.
    CLOCK = """fd=$(echo "$*" | sed -n 's/.*id=clock,fd=\\([0-9]*\\).*/\\1/p')
answer() {{ echo '{{"return": {{"tm_year": 126, "tm_mon": 0, "tm_mday": 1, "tm_hour": 0, "tm_min": '$1', "tm_sec": 0}}}}' >&$fd; }}
answer {}; """

    def test_the_guest_s_own_time_limits_it(self):
        self.fake_qemu(self.CLOCK.format(10) + "while :; do echo more; done")
        self.assert_error(self.guest("--limit", "599"), 124, "did not end within 599 * 10^9 instructions")
        self.assert_nothing_left()

    def captured(self, boot):
        """What metal_test captures of a guest that boots from a disc."""
        self.fake_qemu(boot)
        (self.dir / "x.iso").touch()
        with mock.patch.dict(os.environ, self.environment({})), mock.patch.object(metal_test, "_made_iso", lambda *_: self.dir / "x.iso"):
            return metal_test.captured("on", self.dir)

    def test_a_capture_is_limited_too(self):
        with self.assertRaisesRegex(guest.GuestError, "did not end within 200 "):
            self.captured(self.CLOCK.format(10) + "while :; do echo more; done")
        self.assert_nothing_left()
        self.assertEqual(self.captured(r"printf 'a\r\n\377\0\033[2Jb'; exit 1"), b"a\r\n\xff\0\x1b[2Jb")

    def test_silence_is_of_the_guest_s_own_time(self):
        self.fake_qemu(self.CLOCK.format(1) + "echo last; while :; do :; done")
        self.assert_error(self.guest("--silence", "59"), 124, "was silent for 59 * 10^9 instructions", "last")
        self.assert_nothing_left()

    def test_what_has_begun_and_does_not_end_is_named(self):
        self.fake_qemu(self.CLOCK.format(1) + "printf 'at a/b\\rok a/b\\r\\nat c/d\\r'; while :; do :; done")
        self.assert_error(self.guest("--silence", "59"), 124, "its last line was: at c/d")

    def test_the_shorter_a_limit_the_oftener_it_is_looked_at(self):
        every = [guest.Watchdog(limits, list, 1).every for limits in (guest.COUNTED, guest.Limits(0.5, 9.0), guest.Limits(9.0, 1.0))]
        self.assertEqual(every, [patience.LOOK, 0.25, 0.5])

    def test_a_slow_guest_has_time(self):
        self.fake_qemu(self.CLOCK.format(1) + "sleep 3; echo ok; exit 1")
        self.assertEqual(self.guest("--limit", "61").returncode, 0)

    def test_a_parent_that_was_killed_before_its_child_has_begun(self):
        """On a busy machine there is time for that; nobody would send the child the signal that it asks for."""
        code = (f"import os, time\nfrom scripts.machine import guest\nfirst, parent = guest.die_with_parent(), os.getpid()\n"
                f"if os.fork() == 0:\n    while os.getppid() == parent:\n        time.sleep(0.01)\n"
                f"    first()\n    open('{self.dir}/lives', 'w')\n")
        patience.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
        self.assertFalse((self.dir / "lives").exists())

    def test_shut_down(self):
        self.fake_qemu("exit 0")
        self.assert_error(self.guest(), 125, "shut down")

    def test_bytes_that_are_no_text(self):
        self.fake_qemu(r"printf '\377\376\000x\r\n'; exit 1")
        self.assertEqual(self.guest().stdout, "\ufffd\ufffd\0x\n")

    def test_warnings_of_qemu_are_no_failure(self):
        self.fake_qemu("echo 'qemu-system-x86_64: warning: no such feature' >&2; exit 1")
        self.assertEqual(self.guest().returncode, 0)

    def test_missing_qemu(self):
        self.assert_error(self.guest(path=str(self.bin)), 1, "not installed", "scripts/setup.sh run")

    def test_iso_has_its_own_command_line(self):
        self.assert_error(self.guest("--iso", "x.iso", "--cmdline", "a"), 2, "mkiso.sh --cmdline")

    def test_stick_and_uefi_are_for_an_iso(self):
        self.assert_error(self.guest("--uefi"), 2, "--stick and --uefi are for --iso", "make iso")

    def test_stick_and_uefi(self):
        self.fake_qemu("exit 1")
        iso = self.dir / "x.iso"
        iso.write_text("x", encoding="utf-8")
        self.assertEqual(self.guest("--iso", iso).returncode, 0)
        self.assertEqual(self.guest("--iso", iso, "--stick", "--uefi").returncode, 0)
        disc, stick = self.calls()
        self.assertTrue(f"-cdrom {iso}" in disc and "-icount" in disc and "usb-storage" not in disc)
        for part in (f"readonly=on,file={iso}", "usb-storage,drive=stick", "-bios /usr/share/ovmf/OVMF.fd"):
            self.assertIn(part, stick)
        self.assertFalse("-cdrom" in stick or "-icount" in stick)

    def test_missing_iso(self):
        self.fake_qemu()
        self.assert_error(self.guest("--iso", "nowhere.iso"), 1, "nowhere.iso is missing", "make iso")


class Probe(support.Workspace):
    def test_the_probe_guest_passes_where_everything_works(self):
        verdict = probe.probe("tcg")
        self.assertTrue(verdict.usable, verdict.why)

    def test_its_constants_are_the_scripts(self):
        self.assertRegex((ROOT / "scripts/machine/probe.asm").read_text(encoding="utf-8"), rf"(?m)^MAGIC\s+equ {probe.MAGIC}\b")
        self.assertRegex((ROOT / "scripts/machine/probe.asm").read_text(encoding="utf-8"), r"(?m)^LOOPS\s+equ 20000000\b")

    def attempt(self, on, seconds=5):
        self.fake_qemu(on)
        done = self.run_script("machine.probe", "--backend", "tcg", "--limit", str(seconds))
        self.assertEqual(done.returncode, 1, done.stderr)
        return done.stdout

    def test_triple_fault_names_the_step(self):
        self.assertIn("fails in: 1000 SYSCALL/SYSRET round trips to ring 3", self.attempt("printf BL; exit 0"))

    def test_crawling_guest_ends_at_the_limit(self):
        self.assertIn("hangs or crawls in: a ring-0 loop", self.attempt("printf BLSP; sleep 1000", 1))
        self.assert_nothing_left()

    def test_aborting_qemu(self):
        self.assertIn("killed by signal 6", self.attempt("echo 'error: failed to set MSR' >&2; kill -ABRT $$"))

    def test_wrong_result(self):
        self.assertIn("wrong result (exit code 1)", self.attempt("exit 3"))

    def test_other_cpu_is_tried_when_the_first_aborts(self):
        self.fake_qemu(f'case "$*" in *arch-cap*) exit {status_of(probe.MAGIC)} ;; esac; kill -ABRT $$')
        verdict = self.attempts("kvm")
        self.assertTrue(verdict.usable)
        self.assertEqual(verdict.cpu, "host,-arch-capabilities")

    def test_it_says_what_it_does(self):
        said = []
        self.fake_qemu("kill -ABRT $$")
        self.attempts("kvm", said.append)
        self.assertEqual(said, [f"a probe guest tries kvm with -cpu {cpu}: 5 s of a CPU at most" for cpu in probe.CPUS["kvm"]])

    def test_where_it_cannot_be_built_there_is_another_backend(self):
        self.program("nasm", "#!/bin/sh\necho 'nasm: internal error' >&2\nexit 1\n")
        with mock.patch.dict("os.environ", {"PATH": f"{self.bin}:{os.environ['PATH']}"}), \
                mock.patch.object(probe, "_no_device", lambda: None), contextlib.redirect_stderr(io.StringIO()):
            self.assertEqual(measure.choose_backend(""), ("tcg", None))
            with self.assertRaisesRegex(BatonError, "KVM does not work here: cannot assemble the probe guest: nasm: internal error"):
                measure.choose_backend("kvm")

    def attempts(self, backend, tell=lambda text: None):
        """The attempts alone: whether this machine has /dev/kvm does not matter to them."""
        old = os.environ["PATH"]
        os.environ["PATH"] = f"{self.bin}:{old}"
        try:
            return probe._attempts(backend, Image(Path(self.build / "baton32.elf")), 5, tell)
        finally:
            os.environ["PATH"] = old

    def test_kvm_is_judged_within_the_limit(self):
        done = self.run_script("machine.probe", "--limit", "3")
        self.assertRegex(done.stdout, r"^kvm: (not )?usable: .")
