"""The lint against clocks: each form that a wait, a limit or a look at the time can have is found, and what only looks like one is not."""
import unittest
from pathlib import Path
from unittest import mock

from tests import clocks, lint
from tests.scripts import support


def lines(kind):
    """(name of the file, line) of clocks.txt."""
    name = None
    for line in (Path(__file__).parent / "clocks.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("== "):
            name = line.removeprefix(f"== {kind} ") if line.startswith(f"== {kind} ") else None
        elif line and name:
            yield name, line


class Clocks(support.Workspace):
    def test_are_found(self):
        for name, line in lines("in"):
            with self.subTest(name=name, line=line):
                self.assertEqual(clocks.look(name, f"    {line}"), [f"{name}:1: a clock: {line}"])

    def test_other_lines_are_not(self):
        for name, line in lines("not in"):
            with self.subTest(name=name, line=line):
                self.assertEqual(clocks.look(name, line), [])

    def test_the_reason_is_asked_for(self):
        for mark, found in (("# clock:", 1), ("# clock: told", 0), ("# a clock: told", 1)):
            self.assertEqual(len(clocks.look("x.py", f"process.wait(5)  {mark}")), found, mark)  # clock: to be found

    def test_the_lint_looks(self):
        (self.dir / "x.py").write_text("process.wait(5)\n", encoding="utf-8")  # clock: to be found
        with mock.patch.object(lint, "ROOT", self.dir), mock.patch.object(lint, "tracked", lambda *_: ["x.py"]):
            self.assertEqual(lint.clocks_seen(), ["x.py:1: a clock: process.wait(5)"])  # clock: to be found


if __name__ == "__main__":
    unittest.main()
