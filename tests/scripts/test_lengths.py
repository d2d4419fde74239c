"""Files that are too long are named, and exceptions that nothing needs."""
import unittest
from unittest import mock

from tests import lengths
from tests.scripts import support


class Lengths(support.Workspace):
    def look(self, lines, **long):
        """What is said of a file of so many lines."""
        (self.dir / "a.c").write_text("\n" * lines, encoding="utf-8")
        with mock.patch.object(lengths, "LONG", {name.replace("_", "."): why for name, why in long.items()}):
            return lengths.look(["a.c"], self.dir)

    def test_as_long_as_may_be(self):
        self.assertEqual(self.look(lengths.MOST), [])

    def test_too_long(self):
        self.assertEqual(len(self.look(lengths.MOST + 1)), 1)

    def test_named(self):
        self.assertEqual(self.look(lengths.MOST + 1, a_c="one idea"), [])

    def test_exceptions_that_nothing_needs(self):
        self.assertIn("need not name it", self.look(lengths.MOST, a_c="one idea")[0])
        self.assertIn("there is no file b.c", self.look(1, b_c="one idea")[0])

    def test_tests_of_one_thing(self):
        for name, may in (("tests/host/irq_test.c", True), ("tests/scripts/test_gate.py", True), ("tests/conform/irq/pci.c", False)):
            self.assertEqual(lengths.TESTS.fullmatch(name) is not None, may, name)


if __name__ == "__main__":
    unittest.main()
