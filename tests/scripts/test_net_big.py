"""What wrk says of a served page: no verdict depends on how many pages came in how many seconds."""
import contextlib
import io
import unittest
from types import SimpleNamespace
from unittest import mock

from tests.net import big

ERRORS = "  9 requests in 10.01s\n  Socket errors: connect 0, read {}, write 0, timeout 9"  # clock: what wrk calls late is no error


class Wrk(unittest.TestCase):
    def told(self, *answers):
        """The verdict where wrk says these, one after the other, and for how long it was told to ask."""
        said, asked = list(answers), []

        def say(*words):
            asked.append(words[words.index("--duration") + 1])
            return "Running\n" + (said.pop(0) if len(said) > 1 else said[0])
        with mock.patch.object(big, "_say", say), mock.patch.object(big.patience, "patience", lambda: 300.0), \
                contextlib.redirect_stdout(io.StringIO()):
            return big._wrk(SimpleNamespace(url=str), 10), asked

    def test_pages(self):
        self.assertEqual(self.told("  9 requests in 10.01s"), (None, ["10s"]))
        self.assertEqual(self.told(ERRORS.format(0)), (None, ["10s"]))

    def test_where_none_came_it_asks_for_longer(self):
        said = [f"  {n} requests in {seconds}.01s" for n, seconds in ((0, 10), (0, 20), (1, 40))]
        self.assertEqual(self.told(*said), (None, ["10s", "20s", "40s"]))

    def test_who_never_answers_fails(self):
        why, asked = self.told("  0 requests in 10.01s")
        self.assertEqual((why, asked), ("answers that are no pages, or none", ["10s", "20s", "40s", "80s", "160s", "320s"]))

    def test_errors(self):
        self.assertIn("read 1", self.told(ERRORS.format(1))[0])
        self.assertEqual(self.told("  9 requests in 10.01s\n  Non-2xx or 3xx responses: 9")[0], "answers that are no pages, or none")


if __name__ == "__main__":
    unittest.main()
