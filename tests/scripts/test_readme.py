"""The source that the README shows is in the source, and the run that it shows is in the committed baseline."""
import re
import unittest

from scripts.records import peers, record
from scripts.show import sample
from tests.scripts.support import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def families(text):
    """What stands in the first columns of bench/README.md, without what tells the variants of a benchmark apart."""
    found, last = set(), ""
    for row in re.findall(r"^\| (`[^|]*) \|", text, re.M):
        for name in re.findall(r"`([^`]+)`", row):
            if not name.startswith(("/", "...")):
                last = last.split(".")[0] + name if name.startswith(".") else name
                found.add(last.split("/")[0])
    return found


def code(line):
    return line.split(";")[0].strip()


class Benchmarks(unittest.TestCase):
    def test_each_is_told_in_its_readme(self):
        told = families((ROOT / "bench/README.md").read_text(encoding="utf-8"))
        self.assertEqual(set(), {b.split("/")[0] for b in record.by_id(record.read(ROOT / "results/baseline/tcg.json"))} - told)


class Readme(unittest.TestCase):
    def test_it_is_read_in_one_go(self):
        self.assertLessEqual(README.count("\n"), 100)

    def test_the_call_is_call_asm(self):
        [shown] = re.findall(r"```nasm\n(.*?)```", README, re.S)
        lines = [code(line) for line in (ROOT / "fastpath/call.asm").read_text(encoding="utf-8").splitlines()]
        first = lines.index("mov rbx, [rel cpu + CPU_CURRENT]")
        wanted = lines[first:lines.index("RETURN_MESSAGE r11") + 1]
        self.assertEqual(wanted, [code(line) for line in shown.splitlines()])

    def test_the_run_is_the_baseline(self):
        run = record.read(ROOT / "results/baseline/tcg.json")
        self.assertEqual(README, sample.replaced(README, run, peers.read()))
        shown = "\n".join(sample.lines(run, peers.read()))
        medians = {b: numbers["median"] for b, numbers in record.by_id(run).items()}
        fast, slow = (medians[f"ipc.round_trip/cross/{path}/8w"] for path in ("fast", "slow"))
        self.assertRegex(shown, rf"ipc.round_trip/cross/8w +{fast} .* {slow} ")
        self.assertRegex(shown, rf"switch.yield/cross +{medians['switch.yield/cross']}   .*seL4")

    def test_another_run_is_another_text(self):
        run = record.read(ROOT / "results/baseline/tcg.json")
        record.by_id(run)["signal.bound/waits"]["median"] += 1
        self.assertNotEqual(README, sample.replaced(README, run, peers.read()))
        with self.assertRaises(ValueError):
            sample.replaced(README.replace(sample.BEGIN, ""), run, peers.read())
