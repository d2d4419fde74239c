"""Where in a row of commits a number changed: made-up rows, every place of the change, gaps that cannot be measured."""
import random
import unittest

from scripts.judge import search


class Row:
    """Commits with these values; None cannot be measured. Counts what is asked."""

    def __init__(self, values):
        self.values, self.asked = values, set()

    def same(self, a, b):
        assert None not in (self.values[a], self.values[b]), "it was told to be unmeasurable"
        return self.values[a] == self.values[b]

    def measurable(self, place):
        self.asked.add(place)
        return self.values[place] is not None


def last_step(values):
    row = Row(values)
    return search.last_step(row.same, row.measurable, 0, len(values) - 1), row


class LastStep(unittest.TestCase):
    def test_every_place(self):
        for length in range(2, 40):
            for place in range(1, length):
                found, row = last_step([1] * place + [2] * (length - place))
                self.assertEqual(found, (place - 1, place))
                self.assertLessEqual(len(row.asked), length.bit_length())

    def test_the_last_of_several_unless_they_undo_each_other(self):
        self.assertEqual(last_step([1, 1, 2, 2, 2, 3, 3, 3, 3])[0], (4, 5))

    def test_gaps(self):
        rng = random.Random(1)
        for _ in range(500):
            length = rng.randint(2, 30)
            place = rng.randint(1, length - 1)
            values = [None if rng.random() < 0.4 else 1 + (i >= place) for i in range(length)]
            values[0], values[-1] = 1, 2
            a, b = last_step(values)[0]
            with self.subTest(values=values):
                self.assertEqual((values[a], values[b]), (1, 2))
                self.assertTrue(a < place <= b)
                self.assertEqual(set(values[a + 1:b]) - {None}, set())


class Before(unittest.TestCase):
    def before(self, values):
        row = Row(values)
        return search.before(row.same, row.measurable, len(values) - 1)

    def test_it_goes_back_until_the_number_differs(self):
        for length in range(2, 40):
            for place in range(1, length):
                found = self.before([1] * place + [2] * (length - place))
                self.assertIsNotNone(found)
                self.assertLess(found, place)

    def test_nothing_ever_changed(self):
        for length in range(1, 20):
            self.assertIsNone(self.before([5] * length))

    def test_gaps(self):
        self.assertEqual(self.before([1, 1, 1, None, None, 2]), 2)
        self.assertIsNone(self.before([None, None, 2]))
        self.assertIsNone(self.before([2, None, 2]))
        self.assertEqual(self.before([None] * 30 + [1] + [2] * 40), 30)


class EveryStep(unittest.TestCase):
    def test_also_what_was_taken_back(self):
        row = Row([1, 2, 1, None, 1, 3, None, 4])
        self.assertEqual(search.every_step(row.same, row.measurable, 0, 7), [(0, 1), (1, 2), (4, 5), (5, 7)])
