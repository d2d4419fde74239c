"""The source that the README shows is in the source, and the run that it shows is in the committed baseline."""
import re
import unittest

from scripts.records import peers, record
from scripts.show import sample
from tests.scripts.support import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def code(line):
    return line.split(";")[0].strip()


class Readme(unittest.TestCase):
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
        self.assertRegex(shown, rf"fault.page/cross +{medians['fault.page/cross']}   .*seL4")

    def test_another_run_is_another_text(self):
        run = record.read(ROOT / "results/baseline/tcg.json")
        record.by_id(run)["signal.no_waiter"]["median"] += 1
        self.assertNotEqual(README, sample.replaced(README, run, peers.read()))
        with self.assertRaises(ValueError):
            sample.replaced(README.replace(sample.BEGIN, ""), run, peers.read())
