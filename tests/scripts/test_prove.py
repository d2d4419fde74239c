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

# A function with a loop, one with two that stand side by side, one with a loop in a loop, as a compiler may make of one loop.
LOOPS = """
from types import SimpleNamespace
from tests.prove.caps.loop import loops
from tests.prove.instructions import Unsupported
def cpu(*code):
    found = {at: SimpleNamespace(address=at, size=1, mnemonic=word, operands=[SimpleNamespace(imm=int(n)) for n in to])
             for at, (word, *to) in enumerate(map(str.split, code))}
    return SimpleNamespace(decode=found.get, image=SimpleNamespace(symbol=lambda name: 0))
for code in (("nop", "jne 1", "ret"), ("jne 3", "jne 1", "ret", "nop", "jne 3", "jmp 2"), ("nop", "jne 1", "jne 0", "ret"), ("ret",)):
    try:
        print(*((loop.begin, loop.body) for loop in loops(cpu(*code), "f")))
    except Unsupported as error:
        print(error)
"""

# What follows from a condition without the solver must be so by the solver, and what is wrong must not pass here.
FACTS = """
from tests.prove import facts, parts, smt, solver, terms
from tests.prove.smt import number, simple, variable
{change}
a, b, c = (variable(name) for name in "abc")
low = smt.ULE(a, b)
for condition in (smt.And(low, smt.Not(smt.Or(a == c, b == 0))), smt.Or(a == 3, smt.Not(low)), smt.And(a == b + 1, c == 7), smt.Not(low),
                  smt.Not(smt.And(low, c == 1)), smt.And(a == b, b == a), smt.Implies(low, a == c)):
    known = facts.Facts([simple(smt.Or(smt.Not(condition), b & 63 == 0)), simple(condition)])
    for asked in (a, simple(smt.Extract(3, 2, b + 1)), b + c, a - c, smt.If(low, a, c), smt.If(a == b, b, c), smt.If(smt.ULE(b, a), a, b)):
        if solver.Solver([smt.Implies(condition, b & 63 == 0), condition, asked != known.of(asked)], 1000000).check() is not False:
            print("refuted:", asked, "is not", known.of(asked), "where", condition)
    for what, there in ((smt.If(low, a, c), terms.choose(low, a, c)), (a, terms.choose(simple(a == b), b, a)),
                        (b, terms.choose(simple(a != b), b, a))):
        if solver.Solver([what != there], 1000000).check() is not False:
            print("refuted:", what, "is not", there)
print("known:", facts.Facts([simple(smt.And(a == b + 1, b == 6))]).of(a + c))
"""

# What the solver says of some of the conditions that it knows is what another says who knows no others; and of those that cannot all be it
# names enough. In a sample what is always equal is equal, and what is not mostly is not.
SELECTING = """
import itertools
from tests.prove import smt, solver
from tests.prove.smt import simple, variable
{change}
a, b, f = variable("a"), variable("b"), smt.unknown("f")
conditions = [a == b, f(a) != f(b), smt.ULT(a, b), a == 3, b == 4, f(a) == 1]
asked, contradictions = solver.Selecting(1000000, b"QF_UFBV"), 0
for chosen in (list(some) for count in range(1, 5) for some in itertools.combinations(conditions, count)):
    answer = asked.check(chosen)
    if answer is not solver.Solver(chosen, 1000000, b"QF_UFBV").check():
        print("refuted: the answer", answer, *chosen)
    if answer is False:
        core, contradictions = asked.core(), contradictions + 1
        if solver.Solver(core, 1000000, b"QF_UFBV").check() is not False or not {{c.ast for c in core}} <= {{c.ast for c in chosen}}:
            print("refuted: the contradiction", *core)
sample = solver.Sample()
for one, other in ((a + b, simple(b + a)), (f(a + b), f(simple(b + a))), (a ^ b ^ a, b), (f(f(a)), f(f(a + 0)))):
    if sample.number(one) != sample.number(other):
        print("refuted:", one, "is not", other)
for one, other in itertools.combinations((a, b, a + b, a | b, f(a), f(b), f(f(a)), f(a + 8)), 2):
    if sample.number(one) == sample.number(other):
        print("refuted:", one, "is always", other)
print(contradictions, "contradictions")
"""

# A theorem that refutes a fault must not refute what has none.
FAULTLESS = """
from pathlib import Path
from tests.prove import layout
from tests.prove.caps import mutants, run
class Faultless:
    def image(self, mutant):
        return Path("build/baton.elf")
print(run.refuted(mutants.MUTANTS[0], Faultless(), layout.read()))
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

    def script(self, text):
        done = run(PYTHON, "-c", text)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def selftest(self, change):
        return self.script(SELFTEST.format(change=change))

    def test_its_own_cpu_is_compared(self):
        self.assertEqual(self.selftest(""), "refuted: None")
        wrong = "alu.logic = lambda operation: lambda a, b: (a, alu.of_result(a))"
        self.assertRegex(self.selftest(wrong), "refuted: (and|cmp) .*by Unicorn")

    def facts(self, change):
        return self.script(FACTS.format(change=change))

    def test_what_is_said_to_follow_follows(self):
        self.assertEqual(self.facts(""), "known: (bvadd #x0000000000000007 c)")
        for wrong in ("old, facts.facts = facts.facts, lambda condition, truth=True: old(condition, not truth)",
                      "parts.KINDS[parts.z3consts.Z3_OP_OR] = 'and'",
                      "parts.KINDS[parts.z3consts.Z3_OP_ULEQ] = 'equal'",
                      "old = facts._two; facts._two = lambda condition: (smt.FALSE, old(condition)[0]) if old(condition) else None",
                      "facts._aligned = lambda part, known: [(b, smt.ZeroExt(58, known))] if known.bits == 6 else []",
                      "terms.choose = lambda condition, a, b: simple(smt.If(condition, b, a))"):
            with self.subTest(wrong):
                self.assertIn("refuted:", self.facts(wrong))

    def test_contradictions_and_samples(self):
        self.assertRegex(self.script(SELECTING.format(change="")), r"^[1-9]\d* contradictions$")
        for wrong, says in (("old = solver.Selecting.core; solver.Selecting.core = lambda self: old(self)[1:]", "the contradiction"),
                            ("solver.Selecting.check = lambda self, conditions: solver.Solver.check(self)", "refuted: the answer"),
                            ("solver.is_variable = lambda term: False", "refuted:"),
                            ("solver.Sample._choose = lambda self, unknown, some: None", "refuted: .* is always")):
            with self.subTest(wrong):
                self.assertRegex(self.script(SELECTING.format(change=wrong)), says)

    def test_loops_beside_each_other_are_told_apart(self):
        self.assertEqual(self.script(LOOPS).splitlines(), ["(1, [1])", "(1, [1]) (3, [3, 4])", "2 loops, one within another", "no loop"])

    def test_the_kernel_is_none_of_its_mutants(self):
        self.assertIn("the theorem narrower does not notice", self.script(FAULTLESS))

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
