"""A quiet place on made-up hosts: which CPU is chosen, what is said about it, what is pinned where, when a boot is thrown away."""
import json
import os
import subprocess
import sys
import tempfile
import unittest
from dataclasses import replace
from pathlib import Path
from unittest import mock

from scripts.base import patience
from scripts.base.common import USAGE, BatonError
from scripts.machine import disturb, measure, quiet
from scripts.records import conditions, record
from scripts.records.events import BootLog
from scripts.show import table
from tests.scripts import json_schema, support
from tests.scripts.support import OFF, ON, console, make_record

CALM = "constant_tsc nonstop_tsc sse2"
STAT = "cpu  0 0 0 0 0 0 0 0 0 0\n"


class Host(unittest.TestCase):
    """Four CPUs, two of a core: 0 and 2, 1 and 3. Nothing disturbs."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="baton-host-")
        self.addCleanup(directory.cleanup)
        self.root, self.tree = Path(directory.name), disturb.Tree(directory.name)
        for cpu in range(4):
            self.write(f"{disturb.CPUS}/cpu{cpu}/topology/thread_siblings_list", f"{cpu % 2},{cpu % 2 + 2}\n")
            self.write(f"{disturb.CPUS}/cpu{cpu}/cpufreq/scaling_governor", "performance\n")
        self.write(f"{disturb.CPUS}/isolated", "\n")
        self.write("proc/cpuinfo", f"processor\t: 0\nflags\t\t: {CALM}\n")
        self.write("proc/loadavg", "0.10 0.20 0.30 1/100 1000\n")
        self.write("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n")

    def write(self, path, text):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")

    def choose(self, wanted="", allowed=(0, 1, 2, 3), busy=None, may=lambda cpu: True):
        return quiet.choose(self.tree, wanted, allowed, busy or {}, may)


class Reading(Host):
    def test_lists_of_cpus(self):
        for text, cpus in (("0-3,8", {0, 1, 2, 3, 8}), ("5\n", {5}), ("", set()), (None, set()), ("x,1-y,7", {7})):
            self.assertEqual(disturb.parse_cpus(text), cpus)
        for cpus in (set(), {0}, {0, 1, 2, 8, 9, 31}):
            self.assertEqual(disturb.parse_cpus(disturb.cpu_list(cpus)), cpus)
        self.assertEqual(disturb.cpu_list({0, 1, 2, 8}), "0-2,8")

    def test_busy_shares(self):
        self.write("proc/stat", STAT + "cpu0 100 0 100 800 0 0 0 0 0 0\ncpu1 0 0 0 1000 0 0 0 0 0 0\nintr 5\n")
        before = self.tree.times()
        self.write("proc/stat", STAT + "cpu0 110 0 110 860 20 0 0 0 0 0\ncpu1 0 0 0 1075 0 0 0 25 0 0\nintr 6\n")
        shares = disturb.busy_shares(before, self.tree.times())
        self.assertAlmostEqual(shares[0], 0.2)
        self.assertAlmostEqual(shares[1], 0.25)  # stolen is not idle

    def test_a_host_that_tells_nothing(self):
        tree = disturb.Tree(self.root / "nothing")
        self.assertEqual((tree.times(), tree.isolated(), tree.siblings(1), tree.flags()), ({}, set(), set(), None))
        self.assertEqual(disturb.findings(tree, 1, {}), [])


class Choosing(Host):
    def test_not_cpu_0_and_its_core_alone(self):
        seat = self.choose()
        self.assertEqual((seat.cpu, seat.others, seat.isolated), (3, {0, 2}, False))

    def test_isolated_ones_first(self):
        self.write(f"{disturb.CPUS}/isolated", "2\n")
        seat = self.choose(allowed=(0, 1, 3))
        self.assertEqual((seat.cpu, seat.isolated), (2, True))
        self.assertEqual(seat.others, {1, 3})

    def test_isolated_ones_that_a_container_forbids(self):
        self.write(f"{disturb.CPUS}/isolated", "2\n")
        self.assertEqual(self.choose(allowed=(0, 1, 3), may=lambda cpu: cpu != 2).cpu, 3)

    def test_an_idle_one_with_an_idle_neighbour(self):
        self.assertEqual(self.choose(busy={3: 0.9}).cpu, 2)  # 1 shares a core with 3
        self.assertEqual(self.choose(busy={1: 0.9, 3: 0.9}).cpu, 2)
        self.assertEqual(self.choose(busy={1: 0.9, 2: 0.9, 3: 0.5}).cpu, 3)
        self.assertEqual(self.choose(allowed=(0, 1), busy={1: 0.9}).cpu, 0)

    def test_the_user_chooses(self):
        self.assertEqual(self.choose("0").cpu, 0)
        seat = self.choose("any")
        self.assertEqual((seat.cpu, len(seat.findings)), (None, 1))

    def test_a_wrong_choice_is_an_error_that_says_what_may_be(self):
        with self.assertRaises(BatonError) as caught:
            self.choose("7", may=lambda cpu: cpu < 4)
        self.assertEqual(caught.exception.code, USAGE)
        self.assertIn("CPU=7: this program may not run there; it may on 0-3; do: CPU=3", str(caught.exception))
        for text in ("-1", "two", "1,2", "1.5", "٣"):
            with self.assertRaises(BatonError) as caught:
                self.choose(text)
            self.assertIn(f"CPU={text}", str(caught.exception))

    def test_none_may_be_pinned(self):
        with self.assertRaises(BatonError) as caught:
            self.choose(may=lambda cpu: False)
        self.assertIn("CPU=any", str(caught.exception))

    def test_two_threads_of_one_core(self):
        self.assertEqual(self.choose(allowed=(0, 2)).others, {0})

    def test_only_one_cpu(self):
        seat = self.choose(allowed=(1,))
        self.assertTrue(seat.is_shared())
        self.assertIn("only CPU 1", seat.findings[-1])

    def test_may_run_on_leaves_the_process_where_it_was(self):
        before = os.sched_getaffinity(0)
        self.assertTrue(quiet.may_run_on(min(before)))
        for cpu in (4095, 10**12, -1):
            self.assertFalse(quiet.may_run_on(cpu))
        self.assertEqual(os.sched_getaffinity(0), before)


class Findings(Host):
    def findings(self, cpu=3, busy=None):
        return disturb.findings(self.tree, cpu, busy or {})

    def assert_one(self, *parts, **more):
        [line] = self.findings(**more)
        self.assertEqual(line.count("\n"), 0)
        self.assertIn("; do: ", line)
        for part in parts:
            self.assertIn(part, line)

    def test_a_calm_host(self):
        self.assertEqual(self.findings(busy={0: 1.0, 2: 1.0, 1: 0.01, 3: 0.01}), [])

    def test_governor(self):
        self.write(f"{disturb.CPUS}/cpu3/cpufreq/scaling_governor", "powersave\n")
        self.assert_one("governor powersave", "/sys/devices/system/cpu/cpu3/cpufreq/scaling_governor")
        self.assertEqual(self.findings(cpu=1), [])

    def test_turbo(self):
        self.write(f"{disturb.CPUS}/intel_pstate/no_turbo", "0\n")
        self.assert_one("turbo", "echo 1 | sudo tee /sys/devices/system/cpu/intel_pstate/no_turbo")
        self.write(f"{disturb.CPUS}/intel_pstate/no_turbo", "1\n")
        self.assertEqual(self.findings(), [])
        self.write(f"{disturb.CPUS}/cpufreq/boost", "1\n")
        self.assert_one("turbo", "echo 0 | sudo tee /sys/devices/system/cpu/cpufreq/boost")

    def test_a_busy_neighbour_and_a_busy_cpu(self):
        self.assert_one("CPU 1, which shares its core with CPU 3, is 40% busy", busy={1: 0.4})
        self.assert_one("CPU 3 is 30% busy", busy={3: 0.3})

    def test_load_virtual_counter_pages(self):
        self.write("proc/loadavg", "3.81 2 1 1/100 1000\n")
        self.assert_one("load average is 3.81")
        self.write("proc/loadavg", "0.00 2 1 1/100 1000\n")
        self.write("proc/cpuinfo", f"flags\t: {CALM} hypervisor\n")
        self.assert_one("virtual machine itself", "steal time")
        self.write("proc/cpuinfo", "flags\t: constant_tsc\n")
        self.assert_one("may change its rate")
        self.write("proc/cpuinfo", f"flags\t: {CALM}\n")
        self.write("sys/kernel/mm/transparent_hugepage/enabled", "always madvise [never]\n")
        self.assert_one("4 KiB", "echo madvise")


class Watching(Host):
    PID, TID = 77, 79

    def setUp(self):
        super().setUp()
        self.write(f"proc/{self.PID}/stat", f"{self.PID} (a) name) S 1 1\n")
        for tid, name in ((77, "qemu"), (78, "call_rcu"), (79, "CPU 0/KVM")):
            self.write(f"proc/{self.PID}/task/{tid}/comm", name + "\n")
        self.task()

    def task(self, waited=0.0, switches=0, steal=0):
        self.write(f"proc/{self.PID}/task/{self.TID}/schedstat", f"5000 {int(waited * 1e9)} 12\n")
        self.write(f"proc/{self.PID}/task/{self.TID}/status",
                   f"Name:\tx\nvoluntary_ctxt_switches:\t9\nnonvoluntary_ctxt_switches:\t{switches}\n")
        self.write("proc/stat", STAT + f"cpu3 1 0 1 1 0 0 0 {steal} 0 0\n")

    def meter(self, seconds, first, last, cpu=3, others=(0,)):
        """The Meter of a boot of this many seconds, with what task() says at its ends."""
        meter = quiet.Meter(quiet.Seat(cpu, frozenset(others)), self.tree)
        with mock.patch("os.sched_setaffinity") as pinned:
            meter.started(self.PID)
        self.pinned = pinned.mock_calls
        with mock.patch("time.monotonic", side_effect=[100.0, 100.0 + seconds]):  # clock: made up
            for told in (first, last):
                self.task(**told)
                meter.look()
        return meter

    def test_the_virtual_cpu_is_pinned_and_no_other_thread(self):
        self.meter(1, {}, {})
        self.assertEqual(self.pinned, [mock.call(self.TID, {3})])
        self.meter(1, {}, {}, cpu=None)
        self.assertEqual(self.pinned, [])

    def test_a_boot_that_nobody_disturbs(self):
        meter = self.meter(2, {"waited": 7.0, "switches": 5}, {"waited": 7.01, "switches": 6})
        self.assertAlmostEqual(meter.taken(), 0.005)
        self.assertEqual((meter.switches(), meter.is_disturbed()), (1, False))

    def test_waiting_and_steal_disturb(self):
        self.assertTrue(self.meter(2, {}, {"waited": 0.05}).is_disturbed())
        hz = os.sysconf("SC_CLK_TCK")
        self.assertAlmostEqual(self.meter(2, {}, {"steal": hz // 10}).taken(), 0.05)
        self.assertTrue(self.meter(2, {}, {"steal": hz // 10}).is_disturbed())

    def test_on_a_shared_cpu_the_scripts_themselves_are_no_disturbance(self):
        self.assertFalse(self.meter(2, {}, {"waited": 0.5}, others=(3,)).is_disturbed())
        self.assertTrue(self.meter(2, {}, {"waited": 1.5}, others=(3,)).is_disturbed())

    def test_the_last_look_before_the_end_counts(self):
        meter = self.meter(2, {}, {"waited": 0.2})
        for name in ("schedstat", "status"):
            (self.root / f"proc/{self.PID}/task/{self.TID}/{name}").unlink()
        meter.look()
        self.assertAlmostEqual(meter.taken(), 0.1)

    def test_a_qemu_that_ends_at_once(self):
        (self.root / f"proc/{self.PID}/task/79/comm").unlink()
        for ended in (True, False):
            if ended:
                (self.root / f"proc/{self.PID}/stat").unlink()
            else:
                self.write(f"proc/{self.PID}/stat", f"{self.PID} (a) name) Z 1 1\n")
            meter = quiet.Meter(quiet.Seat(3, frozenset({0})), self.tree)
            meter.started(self.PID)
            meter.look()
            self.assertEqual((meter.taken(), meter.switches(), meter.is_disturbed()), (0.0, 0, False))

    def test_a_real_thread_is_pinned(self):
        cpu = max(os.sched_getaffinity(0))
        name = "import ctypes, time; ctypes.CDLL(None).prctl(15, b'CPU 0/KVM'); time.sleep(60)"
        process = subprocess.Popen([sys.executable, "-c", name])
        self.addCleanup(lambda: (process.kill(), process.wait()))
        meter = quiet.Meter(quiet.Seat(cpu, frozenset({cpu})))
        meter.started(process.pid)
        self.assertEqual(os.sched_getaffinity(process.pid), {cpu})
        meter.look()
        self.assertIsNotNone(meter.first)


class _Taken(quiet.Meter):
    """It says what it is told to."""

    shares = []

    def taken(self):
        if not hasattr(self, "share"):
            self.share = _Taken.shares.pop(0)
        return self.share


class Boots(unittest.TestCase):
    """What becomes of boots that are disturbed."""

    def log(self, planned):
        log = BootLog("on")
        log.planned = planned
        return log

    def boot(self, *shares, planned=3):
        _Taken.shares = list(shares)
        self.said = []
        seat = quiet.Seat(3, frozenset({0}))
        with mock.patch.object(measure, "_boot", side_effect=lambda *_: self.log(planned)) as self.boots, \
                mock.patch.object(measure, "_seat", lambda: seat), mock.patch.object(quiet, "Meter", _Taken), \
                mock.patch.object(measure, "warn", self.said.append):
            return measure.boot(replace(measure.qemu.Machine(), backend="kvm"), "on", None)

    def test_a_quiet_boot_is_the_only_one(self):
        log = self.boot(0.001)
        self.assertEqual((log.thrown_away, log.meter.taken(), self.said, len(self.boots.mock_calls)), (0, 0.001, [], 1))

    def test_a_disturbed_boot_is_thrown_away(self):
        log = self.boot(0.5, 0.001)
        self.assertEqual((log.thrown_away, log.meter.taken(), log.meter.is_disturbed()), (1, 0.001, False))
        self.assertIn("50.0% of the time", self.said[0])

    def test_a_boot_that_measures_nothing_is_not_repeated(self):
        self.assertEqual(self.boot(0.9, planned=0).thrown_away, 0)

    def test_the_least_disturbed_counts_in_the_end(self):
        log = self.boot(0.5, 0.1, 0.3)
        self.assertEqual((log.thrown_away, log.meter.taken(), log.meter.is_disturbed()), (2, 0.1, True))
        self.assertEqual(len(self.said), 3)
        self.assertIn("the least disturbed boot counts", self.said[-1])

    def test_the_record_and_the_table_say_it(self):
        logs = [self.boot(0.5, 0.25, 0.4), self.boot(0.01)]
        fields = conditions.fields(logs)["conditions"]
        self.assertEqual((fields["cpu"], fields["thrown_away"], fields["disturbed"], fields["taken"]), (3, 2, True, 0.25))
        run = make_record(backend="kvm", conditions=fields)
        record.check(run)
        self.assertIn("on CPU 3; other programs had its CPU for 25.00% of the time", table.render(run))
        self.assertIn("of a busy machine", table.render(run))
        schema = json.loads((support.ROOT / "docs/record.schema.json").read_text(encoding="utf-8"))
        clocked = {**run, "clock": {"cycle_ticks": 0.5, "tick_cost": 9000}}
        self.assertEqual(json_schema.errors(schema, clocked) + json_schema.errors(schema, {**run, "conditions": {**fields, "cpu": None}}),
                         [])
        self.assertNotEqual(json_schema.errors(schema, {**run, "conditions": {**fields, "taken": 1.5}}), [])

    def test_bad_conditions_are_refused(self):
        fields = conditions.fields([self.boot(0.01)])["conditions"]
        for key, value in (("cpu", "3"), ("taken", -1), ("findings", [1]), ("disturbed", 0), ("thrown_away", None)):
            with self.subTest(key), self.assertRaises(ValueError):
                record.check(make_record(backend="kvm", conditions={**fields, key: value}))

    def test_exact_backends_are_left_alone(self):
        with mock.patch.object(measure, "_boot", return_value=BootLog("on")), mock.patch.object(measure, "_seat") as seat:
            self.assertIsNone(measure.boot(measure.qemu.Machine(), "on", None).meter)
        seat.assert_not_called()


class WholeRun(support.Workspace):
    """make bench BACKEND=kvm, with a QEMU that only replays, on this host."""

    def test_it_runs_apart_from_the_virtual_cpu(self):
        on, off = (self.replay(console(path, numbers)) for path, numbers in (("on", ON), ("off", OFF)))
        show = f"grep Cpus_allowed_list /proc/self/status >> {self.dir}/mask; "
        self.fake_qemu(show + on, show + off)
        cpu = max(os.sched_getaffinity(0))
        code = ("from scripts.machine import measure\nfrom scripts.verbs import bench\n"
                "measure.choose_backend = lambda _: ('kvm', None)\nbench.run_main(bench.main)")
        done = patience.run([sys.executable, "-c", code, "--build", self.build, "--results", self.results, "--no-charts"],
                            cwd=support.ROOT, env=self.environment({"CPU": str(cpu)}), encoding="utf-8", capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        masks = {line.split()[1] for line in (self.dir / "mask").read_text(encoding="utf-8").splitlines()}
        others = {c for line in masks for c in disturb.parse_cpus(line)}
        self.assertTrue(cpu not in others or others == {cpu}, masks)
        run = record.read(record.latest_path(self.results, "kvm"))
        self.assertEqual(run["conditions"]["cpu"], cpu)
        self.assertIn(f"on CPU {cpu}", done.stdout)
