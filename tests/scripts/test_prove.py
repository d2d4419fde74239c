"""make prove: it refutes a wrong fast path by a state that the comparison in the emulator confirms, and notices when its own CPU
is wrong. By Debian's Python, which has z3."""
import re
import subprocess
import unittest

from scripts.base import patience
from tests.scripts import support
from tests.scripts.support import ROOT

PYTHON = "/usr/bin/python3"
PROVE = "tests.prove.prove"
WRONG = "wait: delete `mov [rbx + TCB_RIP], rcx` (2)"

# A CPU that is wrong in one instruction, compared with Unicorn at the first instructions of an entry.
SELFTEST = """
from pathlib import Path
from tests.prove import alu, elf, instructions, layout, selftest
from tests.prove.theorems import Kernel
{change}
kernel = Kernel(elf.Image(Path("build/baton.elf")), *layout.read())
start = kernel.image.symbol("fast_call")
result = selftest.compare(kernel, {{start, start + 7, start + 10, start + 13}})
print("refuted:", result.refuted)
"""


def run(*command):
    return patience.run([str(c) for c in command], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8")


@unittest.skipUnless((ROOT / "build/baton.elf").exists() and (ROOT / "build/equiv").exists(), "nothing is built")
class Prove(support.Workspace):
    def test_a_wrong_fast_path_is_refuted_and_the_emulator_agrees(self):
        done = run(PYTHON, "-m", PROVE, "wait", "--mutant", WRONG)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex(done.stdout, r"not ok prove wait, .*: current\.rip is 0x")
        told = done.stdout[done.stdout.index("current.rip is 0x"):]
        replay = re.search(r"do: (build/equiv --image \S+ --replay \S+)", told).group(1)
        self.assertEqual(run(*replay.split()).returncode, 1)
        right = run("build/equiv", "--replay", replay.split()[-1])
        self.assertEqual(right.returncode, 0, right.stdout)

    def selftest(self, change):
        done = run(PYTHON, "-c", SELFTEST.format(change=change))
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def test_its_own_cpu_is_compared(self):
        self.assertEqual(self.selftest(""), "refuted: None")
        wrong = "alu.logic = lambda operation: lambda a, b: (a, alu.of_result(a))"
        self.assertRegex(self.selftest(wrong), "refuted: (and|cmp) .*by Unicorn")

    def test_a_wrong_state_file_is_refused(self):
        for text, says in (("current.key\n", ":1: a line is"), ("# x\nuser.rax 0x3\nthread.key 1\n", ":3: there is no such object"),
                           ("current.colour 1\n", "no such field"), ("user.rax near\n", "neither a number nor"),
                           ("user.rdi 0x1e0\ncurrent.cspace_mask 0xffe0\nuser.rdi 0xffe0\n", "16 slots")):
            path = self.dir / "wrong.state"
            path.write_text(text, encoding="utf-8")
            done = run("build/equiv", "--replay", path)
            with self.subTest(text):
                self.assertEqual(done.returncode, 2, done.stdout)
                self.assertIn(says, done.stderr)

    def test_wrong_calls(self):
        for words, says in ((("nothing",), "no operation is called"), (("--mutant", "x"), "no mutant is called"),
                            (("--image", "Makefile"), "no kernel image")):
            with self.subTest(words):
                done = run(PYTHON, "-m", PROVE, *words)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(says, done.stderr)
