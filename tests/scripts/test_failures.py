"""make bench when QEMU, the guest, the disk or a person cuts it short: one clear line, earlier results intact."""
import signal

from scripts.base import patience
from scripts.records import record
from tests.scripts import support
from tests.scripts.support import INTERRUPTS, OFF, ON, console, event, result, status_of, summed


class Failing(support.Workspace):
    def setUp(self):
        super().setUp()
        self.before = self.seed_results()

    def assert_intact(self):
        """What was recorded earlier is there, byte for byte, and nothing else, half-written files included."""
        self.assertEqual(self.snapshot(), self.before)


class Guest(Failing):
    def bench_on(self, on, **env):
        self.fake_qemu(on, self.replay(console("off", OFF)))
        return self.bench(**env)

    def test_qemu_dies_at_the_start(self):
        done = self.bench_on("echo 'qemu-system-x86_64: no accelerator found' >&2; exit 1")
        self.assert_error(done, 1, "QEMU ended with status 1: qemu-system-x86_64: no accelerator found")
        self.assert_intact()

    def test_qemu_is_killed(self):
        self.assert_error(self.bench_on("kill -ABRT $$"), 1, "QEMU was killed by signal 6")
        self.assert_intact()

    def test_triple_fault(self):
        self.assert_error(self.bench_on("echo last words; exit 0"), 1, "triple fault", "last words")
        self.assert_intact()

    def test_panic_shows_its_text(self):
        lines = [*console("on", ON)[:4], "PANIC: the run queue is empty", "  rip ffffffff80001234"]
        done = self.bench_on(self.replay(lines, status_of(127)))
        self.assert_error(done, 1, "PANIC: the run queue is empty", "in syscall.null")
        self.assertIn("rip ffffffff80001234", done.stderr)
        self.assert_intact()

    def test_a_guest_that_stands_still_is_ended_and_leaves_no_qemu(self):
        done = self.bench_on('sleep 1000 & echo $! >> "$here/pids"; echo before; wait', BATON_PATIENCE="1")
        self.assert_error(done, 1, "the guest stands still", "before")
        self.assert_nothing_left()
        self.assert_intact()

    def test_error_event(self):
        lines = [*console("on", ON)[:4], event(event="error", why="the peer does not answer")]
        self.assert_error(self.bench_on(self.replay(lines, status_of(1))), 1, "the peer does not answer", "syscall.null")
        self.assert_intact()

    def test_exit_code_without_a_word(self):
        self.assert_error(self.bench_on(self.replay(console("on", ON)[:5], status_of(9))), 1, "ended with code 9")

    def test_ends_without_done(self):
        self.assert_error(self.bench_on(self.replay(console("on", ON)[:-1])), 1, "before it was done")
        self.assert_intact()

    def test_missing_benchmark(self):
        lines = console("on", ON)
        del lines[5:7]  # start and result of one
        self.assert_error(self.bench_on(self.replay(lines)), 1, "3 of 4 benchmarks were reported")
        self.assert_intact()

    def test_console_cut_in_the_middle_of_an_event(self):
        lines = console("on", ON)[:5]
        lines[-1] = lines[-1][:40]
        self.assert_error(self.bench_on(self.replay(lines, end="")), 1, "console line 5", "malformed event")
        self.assert_intact()


class Events(Failing):
    """Line 4 is the start of syscall.null, line 5 its result."""

    def assert_rejected(self, number, line, *parts):
        lines = console("on", ON)
        lines[number - 1] = line
        self.fake_qemu(self.replay(lines), self.replay(console("off", OFF)))
        self.assert_error(self.bench(), 1, f"console line {number} (fastpath=on)", *parts)
        self.assert_intact()

    def test_no_json(self):
        self.assert_rejected(5, '#baton {"event":"result",', "malformed event")

    def test_no_object(self):
        self.assert_rejected(5, "#baton 17", "not an object")

    def test_checksum(self):
        lines = [summed(line) if line.startswith("#baton") else line for line in console("on", ON)]
        self.fake_qemu(self.replay(lines), self.replay(console("off", OFF)))
        self.assertEqual(self.bench().returncode, 0)
        self.assertNotIn("sum", record.by_id(record.read(record.latest_path(self.results, "tcg")))["syscall.null"])
        self.before = self.snapshot()
        # A digit lost or another: still JSON.
        self.assert_rejected(5, summed(result("syscall.null")).replace('"n": 10,', '"n": 1,'), "its checksum is wrong")

    def test_unknown_event(self):
        self.assert_rejected(5, event(event="party"), "unknown event 'party'")

    def test_event_without_a_name(self):
        self.assert_rejected(5, "#baton {}", "'event' is missing")

    def test_missing_number(self):
        line = result("syscall.null").replace('"p99"', '"p98"')
        self.assert_rejected(5, line, "field 'p99' is missing")

    def test_wrong_types(self):
        for value in ("fast", None, True, 1.5, -1, [1]):
            with self.subTest(value):
                self.assert_rejected(5, result("syscall.null", median=50, q1=value), "q1")

    def test_not_a_number(self):
        self.assert_rejected(5, result("syscall.null", mean=float("nan")), "NaN")

    def test_numbers_out_of_order(self):
        self.assert_rejected(5, result("syscall.null", median=50, q3=40), "median 50 is above q3 40")

    def test_result_of_another(self):
        self.assert_rejected(5, result("cap.lookup/1"), "was not started")

    def test_result_twice(self):
        lines = console("on", ON)
        lines[5:5] = lines[3:5]
        self.fake_qemu(self.replay(lines))
        self.assert_error(self.bench(), 1, "console line 7 (fastpath=on)", "syscall.null is reported twice")

    def test_start_before_the_last_result(self):
        self.assert_rejected(5, event(event="start", id="cap.lookup/1", index=1, count=4), "no result yet")

    def test_kernel_that_ignores_the_option(self):
        self.assert_rejected(2, event(event="boot", fastpath="off", trace="off", tsc_hz=1), "asked for fastpath=on")

    def test_no_boot_event(self):
        lines = console("on", ON)
        del lines[1]
        self.fake_qemu(self.replay(lines))
        self.assert_error(self.bench(), 1, "before the boot event")


class Disk(Failing):
    def test_results_that_cannot_be_written_are_told_before_the_run(self):
        self.fake_measurement()
        blocked = self.dir / "file"
        blocked.write_text("", encoding="utf-8")
        done = self.run_script("verbs.bench", "--build", self.build, "--results", blocked / "results", BACKEND="tcg")
        self.assert_error(done, 1, "cannot write", "--results")
        self.assertFalse((self.bin / "calls").exists())  # QEMU was not started

    def test_full_disk_is_told_before_the_run(self):
        # A limit on the size of files stands in for a disk with that much room.
        self.fake_measurement()
        done = patience.run(["sh", "-c", 'ulimit -f 64; exec "$@"', "sh", *self.bench_command()], encoding="utf-8",
                            env=self.environment({"BACKEND": "tcg"}), capture_output=True)
        self.assert_error(done, 1, "cannot write", "File too large")
        self.assertFalse((self.bin / "calls").exists())
        self.assert_intact()

    def bench_command(self):
        return self.command("verbs.bench", "--build", self.build, "--results", self.results, "--no-charts")

    def test_disk_that_fails_at_the_end(self):
        runs = self.results / "runs" / "tcg"
        on = self.replay(console("on", ON))
        off = f"mv {runs} {runs}.away; touch {runs}; " + self.replay(console("off", OFF))
        self.fake_qemu(on, off)
        self.assert_error(self.bench(), 1, "cannot write")
        runs.unlink()
        runs.with_name("tcg.away").rename(runs)
        self.assert_intact()


class Interrupted(Failing):
    def test_signals(self):
        for number, code in INTERRUPTS.items():
            with self.subTest(signal.Signals(number).name):
                self.interrupt(number, code)

    def interrupt(self, number, code):
        hang = "\n".join(console("on", ON)[:6])
        self.fake_qemu(f"cat <<'EOF'\n{hang}\nEOF\ntouch {self.dir}/hangs; sleep 100")
        process = self.start_script("verbs.bench", "--build", self.build, "--results", self.results, BACKEND="tcg")
        self.wait_for((self.dir / "hangs").exists)
        (self.dir / "hangs").unlink()
        process.send_signal(number)
        _, errors = patience.communicate(process)
        self.assertEqual(process.returncode, code)
        self.assertNotIn("Traceback", errors)
        self.assert_nothing_left()
        self.assert_intact()
