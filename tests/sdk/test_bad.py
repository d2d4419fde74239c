"""One mistake per file, one error per mistake, in exactly these words at exactly this place."""
import re
import unittest

from tests.sdk import bad

FORM = re.compile(r"[^:]+\.system:[1-9]\d*:[1-9]\d*: (error|warning): [^;]+; .+")


class Bad(unittest.TestCase):
    def test_each_file_is_told_as_expected(self):
        expected = bad.expected()
        for name in bad.names():
            with self.subTest(name):
                self.assertEqual(bad.told(name), expected.get(name))

    def test_every_expected_line_has_its_file(self):
        self.assertEqual(sorted(bad.expected()), bad.names())

    def test_one_mistake_is_one_line_with_place_and_advice(self):
        for name, lines in bad.expected().items():
            with self.subTest(name):
                self.assertTrue(name in bad.SEVERAL or len(lines) == 1, lines)
                self.assertEqual([line for line in lines if not FORM.fullmatch(line) and "are not shown" not in line], [])

    def test_at_most_fifty_are_printed_sorted_by_line(self):
        lines = bad.told("many_errors")
        self.assertEqual(len(lines), 51)
        self.assertEqual(lines[-1], "many_errors.system: 10 more errors are not shown; mend these first")
        self.assertEqual([int(line.split(":")[1]) for line in lines[:50]], list(range(2, 52)))
