"""The rule for waiting: what works or waits for a CPU may go on, what stands still is ended, and no other clock decides."""
import os
import signal
import subprocess
from unittest import mock

from scripts.base import patience
from tests.scripts import support

LIMIT = 0.4  # seconds; a look every tenth of one
LOOKS = 5  # more than there are in LIMIT


class Looks(support.Workspace):
    def start(self, code):
        process = subprocess.Popen(["sh", "-c", code], start_new_session=True)
        self.addCleanup(lambda: patience.end_family(process))
        return process

    def look(self, process, times=LOOKS):
        pulse = patience.Pulse(process.pid, LIMIT)
        for _ in range(times):
            pulse.look()

    def test_what_sleeps_hangs(self):
        process = self.start("sleep 1000; :")
        with self.assertRaisesRegex(patience.Hung, "for 0.4 s it has printed nothing and used no CPU"):
            pulse = patience.Pulse(process.pid, LIMIT)
            self.wait_for(lambda: pulse.look())  # until it has begun to sleep, it works

    def test_what_works_does_not(self):
        self.look(self.start("while :; do :; done"), 40)

    def test_nor_whose_child_s_child_works(self):
        process = self.start("sh -c '(while :; do :; done) & wait' & wait")
        self.wait_for(lambda: len(patience.family(process.pid)) == 3)
        self.look(process, 40)

    def test_what_waits_for_a_cpu_does_not(self):
        """A machine so busy that it gets none, as far as can be seen."""
        process = self.start("sleep 1000; :")
        with mock.patch.object(patience, "_runs", lambda pid: pid == process.pid):
            self.look(process, 40)

    def test_what_prints_does_not(self):
        pulse = patience.Pulse(self.start("sleep 1000; :").pid, LIMIT)
        for _ in range(20):
            pulse.heard()
            pulse.look()

    def test_what_was_stopped_hangs(self):
        process = self.start("while :; do :; done")
        os.kill(process.pid, signal.SIGSTOP)
        with self.assertRaises(patience.Hung):
            pulse = patience.Pulse(process.pid, LIMIT)
            self.wait_for(lambda: pulse.look())


class Runs(support.Workspace):
    def run_it(self, code, limit="1", **more):
        with mock.patch.dict("os.environ", BATON_PATIENCE=limit):
            return patience.run(["sh", "-c", code], capture_output=True, text=True, **more)

    def test_output_and_code(self):
        done = self.run_it("cat; echo no >&2; exit 3", data="said")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (3, "said", "no\n"))
        with self.assertRaises(subprocess.CalledProcessError):
            self.run_it("exit 3", check=True)

    def test_who_reads_late_gets_all_of_a_long_input(self):
        """More than a pipe holds, to one that is looked at before it reads."""
        code = "for i in 1 2 3 4; do echo $i; sleep 0.5; done; wc -c"
        self.assertEqual(self.run_it(code, data="x" * 1000000).stdout.split(), ["1", "2", "3", "4", "1000000"])

    def test_longer_than_its_patience_while_it_says_something(self):
        code = "for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.5; done"
        self.assertEqual(self.run_it(code).stdout.split(), list("12345678"))

    def test_what_hangs_is_ended_with_all_that_it_started(self):
        with self.assertRaises(patience.Hung) as caught:
            self.run_it(f"echo last; sh -c 'echo $$ > {self.bin}/pids; sleep 1000; :' & wait")
        self.assertEqual(caught.exception.details, ["last"])
        self.assert_nothing_left()

    def test_a_condition_or_the_end(self):
        process = subprocess.Popen(["sh", "-c", f"sleep 0.3; touch {self.dir}/there; sleep 0.3"])
        self.assertTrue(patience.until((self.dir / "there").exists, process))
        self.assertFalse(patience.until((self.dir / "elsewhere").exists, process))
        self.assertEqual(patience.wait(process), 0)
