"""What guards, mutants and others break on purpose is a copy of a tree that was built; of one that never was they say so in a line."""
import unittest
from unittest import mock

from scripts.base.common import BatonError
from tests import guards, treecopy
from tests.scripts import support


class Copies(support.Workspace):
    def setUp(self):
        super().setUp()
        self.root = self.dir / "tree"
        for name in (*treecopy.SOURCES[1:], "tests/__pycache__"):
            (self.root / name).mkdir(parents=True)
        self.write("Makefile")
        patch = mock.patch.object(treecopy, "ROOT", self.root)
        patch.start()
        self.addCleanup(patch.stop)

    def write(self, name):
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(name, encoding="utf-8")

    def test_sources_and_what_is_built(self):
        for name in ("kernel/a.c", "tests/__pycache__/a.pyc", "build/kernel/a.o", "build/commits/x", "build/host/y", "other"):
            self.write(name)
        treecopy.copy_tree(self.dir / "copy", "host")
        found = {path.relative_to(self.dir / "copy").as_posix() for path in (self.dir / "copy").rglob("*") if path.is_file()}
        self.assertEqual(found, {"Makefile", "kernel/a.c", "build/kernel/a.o"})

    def test_a_tree_that_was_never_built(self):
        with self.assertRaises(BatonError) as raised:
            guards.main(["delete/share"])
        self.assertEqual((raised.exception.what, raised.exception.do),
                         ("nothing is built here that a copy of the tree could begin from", "make made"))


if __name__ == "__main__":
    unittest.main()
