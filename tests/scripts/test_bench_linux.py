"""make bench-linux: the program itself, its record, and where its numbers stand beside Baton's."""
import json
import subprocess

from scripts.base import patience
from scripts.machine import hostinfo
from scripts.records import peers, record
from scripts.records.events import BootLog
from tests.scripts import json_schema, support
from tests.scripts.support import event, make_record, result

PROGRAM = support.ROOT / "build" / "bench_linux"


class Program(support.unittest.TestCase):
    """The real one. Whether a loaded machine's clock is steady enough for numbers is not tested here."""

    @classmethod
    def setUpClass(cls):
        subprocess.run(["make", "-s", "build/bench_linux"], cwd=support.ROOT, check=True, stdout=subprocess.DEVNULL)

    def run_program(self, *words):
        return patience.run([str(PROGRAM), *words], capture_output=True, encoding="utf-8")

    def test_every_operation_is_reported(self):
        done = self.run_program("--samples", "50", "--raw")
        log = BootLog("on")
        for line in done.stdout.splitlines():
            log.line(line)
        log.finish(done.returncode)
        ids = {b["id"] for b in log.results + log.refused}
        self.assertLessEqual({f"linux.{name}" for name in ("getppid", "pipe", "futex", "eventfd", "fault_minor", "sigsegv")}, ids)
        self.assertEqual("linux.sched_yield" in ids, "no real-time class" not in done.stdout)
        self.assertGreater(log.tsc_hz, 10**8)
        numbers = {b["id"]: b for b in log.results}
        for b in numbers.values():
            self.assertEqual((b["n"], len(b["samples"])), (50, 50))
            self.assertGreater(b["min"], 0)
        if {"linux.getppid", "linux.pipe"} <= set(numbers):  # four system calls and two switches are more than one call
            self.assertGreater(numbers["linux.pipe"]["median"], 4 * numbers["linux.getppid"]["min"])

    def test_words_that_cannot_be(self):
        for words in (("--samples", "0"), ("--samples", "99999"), ("--cpu", "900")):
            self.assertEqual(self.run_program(*words).returncode, 1)
            self.assertIn('"event":"error"', self.run_program(*words).stdout)
        self.assertEqual(self.run_program("--only", "none").returncode, 2)


def console(medians, refused=()):
    lines = [event(event="boot", fastpath="on", trace="off", tsc_hz=10**9), "cpu 0, real-time class",
             event(event="plan", count=len(medians) + len(refused))]
    for i, (benchmark, median) in enumerate(medians.items()):
        lines += [event(event="start", id=benchmark, index=i, count=9), result(benchmark, median)]
    for benchmark in refused:
        lines += [event(event="start", id=benchmark, index=0, count=9), event(event="refused", id=benchmark, why="unsteady")]
    return lines + [event(event="done")]


class Record(support.Workspace):
    def bench_linux(self, *runs, **env):
        """The script with a program that prints these consoles, one a run, the last one again and again."""
        for i, lines in enumerate(runs):
            (self.dir / f"console{i}").write_text("\n".join(lines) + "\n", encoding="utf-8")
        program = self.program("linux", f"""#!/bin/sh
n=$(cat {self.dir}/count 2>/dev/null || echo 0)
echo $((n + 1)) > {self.dir}/count
[ -e {self.dir}/console$n ] || n={len(runs) - 1}
cat {self.dir}/console$n
""")
        return self.run_script("verbs.bench_linux", "--program", program, "--results", self.results, **env)

    def test_the_record(self):
        done = self.bench_linux(console({"linux.getppid": 200, "linux.pipe": 5000}))
        self.assertEqual(done.returncode, 0, done.stderr)
        run = record.read(record.latest_path(self.results, "linux"))
        self.assertEqual((run["backend"], run["unit"]), ("linux", "cycles"))
        self.assertEqual({b["id"]: b["median"] for b in run["benchmarks"]}, {"linux.getppid": 200, "linux.pipe": 5000})
        schema = json.loads((support.ROOT / "docs/record.schema.json").read_text(encoding="utf-8"))
        self.assertEqual(json_schema.errors(schema, run), [])
        self.assertIn("natively, in cycles", done.stdout)
        self.assertRegex(done.stdout, r"linux\.getppid +200 ")

    def test_batons_own_numbers_stand_beside_it_where_cpu_and_unit_agree(self):
        for backend in ("kvm", "tcg"):
            run = make_record({"syscall.null": 50}, backend)
            run["host"]["cpu_model"] = hostinfo.describe()["cpu_model"]
            record.save(self.results, run)
        done = self.bench_linux(console({"linux.getppid": 200}))
        self.assertRegex(done.stdout, r"syscall\.null +50   Linux here getppid 200 = 4\.0x")
        self.assertEqual(done.stdout.count("Linux here"), 1)
        self.assertNotIn("instructions", done.stdout)

    def test_what_is_refused_is_tried_again(self):
        done = self.bench_linux(console({"linux.getppid": 200}, refused=["linux.pipe"]), console({}, refused=["linux.pipe"]),
                                console({"linux.pipe": 5000}))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(set(record.by_id(record.read(record.latest_path(self.results, "linux")))), {"linux.getppid", "linux.pipe"})

    def test_what_stays_refused_is_an_error_and_no_latest(self):
        done = self.bench_linux(console({"linux.getppid": 200}, refused=["linux.pipe"]), console({}, refused=["linux.pipe"]))
        self.assert_error(done, 1, "1 benchmarks were refused")
        self.assertFalse(record.latest_path(self.results, "linux").exists())
        self.assertEqual(len(record.run_paths(self.results, "linux")), 1)

    def test_a_program_that_does_not_run_or_breaks_off(self):
        self.assert_error(self.run_script("verbs.bench_linux", "--program", self.dir / "none", "--results", self.results), 1,
                          "cannot run", "make bench-linux")
        self.assert_error(self.bench_linux(console({"linux.getppid": 200})[:-1]), 1, "before it was done")
        self.assertEqual(record.run_paths(self.results, "linux"), [])

    def test_wrong_options(self):
        self.assert_error(self.bench_linux([], SAMPLES="many"), 2, "SAMPLES=many")
        self.assert_error(self.bench_linux([], ONLY="a b"), 2, "ONLY=")


class Beside(support.Workspace):
    def figures(self, backend="kvm", **host):
        linux = make_record({"linux.getppid": 200, "linux.sched_yield": 3000}, "linux")
        record.save(self.results, linux)
        run = make_record({"syscall.null": 50, "switch.yield/cross": 500}, backend)
        run["host"].update(host)
        return peers.beside(run, peers.own_linux(run, self.results))

    def test_on_the_same_cpu_in_the_same_unit(self):
        found = {i: [peers.phrase(b) for b in row] for i, row in self.figures().items()}
        self.assertEqual(found, {"syscall.null": ["Linux here getppid 200 = 4.0x"],
                                 "switch.yield/cross": ["Linux here sched_yield 1500 = 3.0x"]})

    def test_not_on_another_cpu_or_in_another_unit(self):
        self.assertEqual(self.figures(cpu_model="another"), {})
        self.assertEqual(self.figures("tcg"), {})

    def test_its_series_has_charts_of_its_own(self):
        for i in range(2):
            record.save(self.results, make_record({"linux.getppid": 200 + i}, "linux", number=i))
        self.assertEqual(self.run_script("verbs.chart", "--results", self.results).returncode, 0)
        self.assertTrue((record.charts_dir(self.results, "linux") / "history/linux.getppid.svg").is_file())
