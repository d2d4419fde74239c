"""The stages of the fast paths: read from the kernel's code as it was built, and compared with what was measured."""
import functools
import json
import re
import shutil

from scripts.base.common import BatonError
from scripts.records import record
from scripts.verbs import breakdown
from tests.scripts import support
from tests.scripts.support import make_record

FOOTPRINT = support.ROOT / "results/baseline/footprint.json"
KERNEL = support.ROOT / "build" / "baton.elf"


@functools.cache
def walks():
    """Of each path, in the kernel that is built."""
    steps, symbols = breakdown.disassemble(KERNEL)
    return {name: breakdown.walk(steps, symbols, function, crosses) for name, (function, crosses, _, _) in breakdown.PATHS.items()}


class Breakdown(support.Workspace):
    def setUp(self):
        super().setUp()
        if not KERNEL.is_file():
            self.skipTest("there is no kernel (make all)")
        self.walks = walks()

    def run_of(self, extra=0):
        """A record that measures just what the code has."""
        lengths = {b: len(self.walks[name]) + stub + extra for name, (_, _, b, stub) in breakdown.PATHS.items() if b}
        for parts, benchmark, stub in breakdown.SUMS.values():
            lengths[benchmark] = sum(len(self.walks[part]) for part in parts) + stub + extra
        return make_record(lengths)

    def test_all_stages_are_there_and_sum_up(self):
        """But a system call without a capability has no lookup, and one that stays in its thread has no switch."""
        lacking = {"empty": {"lookup", "checks", "transfer", "switch"}, "signal,": {"switch"}, "yield,": {"lookup"},
                   "page": {"lookup"}}
        for path in breakdown.measure(KERNEL, self.run_of())["paths"]:
            with self.subTest(path["name"]):
                self.assertEqual(sum(path["stages"].values()), path["instructions"])
                self.assertEqual({s for s, n in path["stages"].items() if not n}, lacking.get(path["name"].split()[0], set()))

    def test_they_are_as_long_as_the_footprint_counts_them(self):
        counted = {p["id"]: p["instructions"] for p in json.loads(FOOTPRINT.read_text(encoding="utf-8"))["paths"]}
        for name, path in {"signal, nobody waits": "signal.no_waiter", "yield, other space": "switch.yield/cross",
                           "call, other space": "ipc.call/cross/fast", "reply_recv, same space": "ipc.reply_recv/same/fast",
                           "page fault, other space": "fault.page/cross", "empty system call": "syscall.null"}.items():
            self.assertEqual(len(self.walks[name]), counted[path], name)

    def test_the_lookup_is_as_long_as_its_macro(self):
        text = (support.ROOT / "fastpath/fastpath.inc").read_text(encoding="utf-8")
        for macro, name in (("LOOKUP", "call, same space"), ("LOOKUP_KEEP", "signal, nobody waits")):
            body = re.search(rf"%macro {macro} .*?\n(.*?)%endmacro", text, re.DOTALL)[1]
            lines = [line for line in body.splitlines() if line.strip() and not line.strip().startswith((";", "%"))]
            [found] = [p for p in breakdown.measure(KERNEL, self.run_of())["paths"] if p["name"] == name]
            self.assertEqual(found["stages"]["lookup"], len(lines))

    def test_another_space_costs_one_instruction_more(self):
        self.assertEqual(len(self.walks["call, other space"]) - len(self.walks["call, same space"]), 1)
        cr3 = [s for s in self.walks["call, other space"] if s not in self.walks["call, same space"]]
        self.assertEqual([s.operation for s in cr3], ["mov"])

    def test_code_that_is_not_what_was_measured_is_refused(self):
        with self.assertRaisesRegex(BatonError, "syscall.null measured"):
            breakdown.measure(KERNEL, self.run_of(extra=1))

    def test_it_is_drawn_for_its_own_image_only(self):
        run = self.run_of()
        record.save(self.results, run)
        build = self.dir / "build"
        shutil.copy(KERNEL, build / "baton.elf")
        done = self.run_script("verbs.breakdown", "--results", self.results, "--build", build)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"call, other space +\d+")
        self.assertEqual(self.run_script("verbs.chart", "--results", self.results).returncode, 0)
        chart = record.charts_dir(self.results, "tcg") / "breakdown.svg"
        for stage in breakdown.STAGES:
            self.assertIn(stage, chart.read_text(encoding="utf-8"))
        record.save(self.results, {**run, "date": "2026-02-01T00:00:00Z", "image_sha256": "1" * 64})
        self.run_script("verbs.chart", "--results", self.results)
        self.assertFalse(chart.exists())

    def test_a_damaged_one_is_named_and_left_out(self):
        record.save(self.results, self.run_of())
        for data in ('{"schema": "baton-brea', '{"schema": "baton-breakdown/1", "paths": 5}', "[]"):
            breakdown.path_of(self.results).write_text(data, encoding="utf-8")
            done = self.run_script("verbs.chart", "--results", self.results)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("left out of the charts: ", done.stderr)
            self.assertIn("breakdown.json", done.stderr)

    def test_no_kernel(self):
        record.save(self.results, self.run_of())
        self.assert_error(self.run_script("verbs.breakdown", "--results", self.results, "--build", self.dir), 1, "objdump cannot read")
