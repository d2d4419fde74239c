"""The source that the README shows is in the source, and the run that it shows is in the committed baseline."""
import json
import re
import unittest

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

    def test_the_rows_of_nasm_paths_are_the_baseline(self):
        run = json.loads((ROOT / "results/baseline/tcg.json").read_text(encoding="utf-8"))
        medians = {b["id"]: b["median"] for b in run["benchmarks"]}
        rows = re.findall(r"^    (\S+) +(\d+) +\d+ +\d+ +\d+ ", README, re.M)
        self.assertEqual(7, len(rows))
        for name, fast in rows:
            [found] = [m for i, m in medians.items() if "slow" not in i and i.replace("/fast", "") == name]
            self.assertEqual(int(fast), found, name)
