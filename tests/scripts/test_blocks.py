"""Which basic blocks a comparison has not gone through (tests/lockstep/blocks.py): a copy of what was is one of an inline function, in
another caller; the other arm of a condition is none."""
import re
import subprocess
import unittest

from tests.lockstep import blocks
from tests.scripts import support

SOURCE = """\
int side(int a);
static inline __attribute__((always_inline)) int inner(int a)
{
    if (a > 3)
        side(a);
    return a * 3;
}
int gone(int a)
{
    return inner(a);
}
int never(int a)
{
    return side(inner(a + 1));
}
int arms(int a)
{
    return a > 5 ? side(1) * 7 : side(2) * 9;
}
"""
INNER, GONE, NEVER, OTHER, ARMS = range(2, 8), range(8, 12), range(12, 16), range(16, 20), 18


class Blocks(support.Workspace):
    def setUp(self):
        super().setUp()
        (self.dir / "kernel").mkdir()
        source, self.library = self.dir / "kernel/small.c", self.dir / "small.so"
        source.write_text(SOURCE, encoding="ascii")
        subprocess.run(["gcc", "-O1", "-g", "-fPIC", "-shared", blocks.FLAG, "-o", self.library, source], check=True)
        self.chains = [(address, [int(line) for line in re.findall(r"small\.c:(\d+)", " ".join(chain))])
                       for address, chain in blocks._chains(self.library)]

    def report(self, seen):
        """(the lines that are told, how many blocks were gone through, of how many, how many copies)."""
        *files, last = blocks.report(self.library, lambda address: address in seen)
        lines = re.search(r"not: lines ([\d, ]*)$", files[0])
        return [int(n) for n in lines[1].split(", ")] if lines else [], *map(int, re.findall(r"\d+", last))

    def within(self, lines):
        return {address for address, chain in self.chains if any(line in lines for line in chain)}

    def test_what_was_gone_through_is_not_told(self):
        every = {address for address, _ in self.chains}
        self.assertGreater(len(every), 6)
        self.assertEqual(self.report(every), ([], len(every), len(every), 0))

    def test_a_copy_in_another_caller_is_counted_and_not_told(self):
        seen = self.within(GONE) | self.within(OTHER)
        copies = self.within(NEVER) & self.within(INNER)
        self.assertTrue(copies and self.within(GONE) & self.within(INNER))
        told, reached, every, counted = self.report(seen)
        self.assertEqual((reached, every, counted), (len(seen), len(self.chains), len(copies)))
        self.assertTrue(told and set(told) <= set(NEVER), told)

    def test_the_other_arm_of_a_condition_is_told(self):
        arms = sorted(address for address, chain in self.chains if chain == [ARMS])
        self.assertGreater(len(arms), 1)
        seen = {address for address, _ in self.chains} - {arms[-1]}
        self.assertEqual(self.report(seen), ([ARMS], len(seen), len(self.chains), 0))

    def test_a_function_of_which_no_copy_was_gone_through_is_told(self):
        told, *_, copies = self.report(self.within(OTHER))
        self.assertEqual(copies, 0)
        self.assertTrue(set(told) & set(INNER), told)


if __name__ == "__main__":
    unittest.main()
