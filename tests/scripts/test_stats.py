"""The statistics: known values, and recorded noise with and without an injected change."""
import itertools
import json
import math
import random
import statistics
import unittest
from pathlib import Path

from scripts.judge import stats

# Medians of 120 boots, timed by a real clock on a busy machine: QEMU's TCG without icount, a TSC of real time.
RECORDED = json.loads((Path(__file__).parent / "noisy.json").read_text(encoding="utf-8"))
# Where half of the boots lie within 5 %: in more noise than that 58 boots of each build do not show 3 %.
QUIET = [name for name, series in RECORDED.items()
         if (lambda q: q[2] - q[0] < 0.05 * q[1])(statistics.quantiles(series, n=4))]


def by_hand_p(old, new):
    """The permutation test by all choices."""
    ranks = stats.midranks([*old, *new])
    middle = len(old) * (len(ranks) + 1) / 2
    distance = abs(sum(ranks[:len(old)]) - middle)
    sums = [sum(c) for c in itertools.combinations(ranks, len(old))]
    return sum(abs(s - middle) >= distance for s in sums) / len(sums)


class Ranks(unittest.TestCase):
    def test_equal_values_share_their_rank(self):
        self.assertEqual(stats.midranks([30, 10, 20, 10]), [4, 1.5, 3, 1.5])

    def test_p_is_that_of_all_permutations(self):
        rng = random.Random(1)
        for _ in range(40):
            old, new = ([rng.randint(1, 12) for _ in range(rng.randint(1, 6))] for _ in "ab")
            with self.subTest(old=old, new=new):
                self.assertAlmostEqual(stats.mann_whitney(old, new), by_hand_p(old, new), places=12)

    def test_published_value(self):
        # Mann and Whitney's own table: n = m = 5, U = 2: one-sided 0.016.
        self.assertAlmostEqual(stats.mann_whitney([1, 2, 3, 4, 7], [5, 6, 8, 9, 10]), 2 * 4 / 252, places=12)

    def test_many_numbers_go_over_to_the_normal_distribution_without_a_jump(self):
        rng = random.Random(2)
        old, new = ([round(rng.gauss(100 + d, 3)) for _ in range(30)] for d in (0, 1.5))
        ranks = stats.midranks(old + new)
        self.assertAlmostEqual(stats._exact_p(ranks, 30), stats._normal_p(ranks, 30), delta=0.002)

    def test_all_equal(self):
        for count in (5, 50):
            self.assertEqual(stats.mann_whitney([7] * count, [7] * count), 1)

    def test_nothing_to_rank(self):
        with self.assertRaises(ValueError):
            stats.mann_whitney([], [1])


class Order(unittest.TestCase):
    def test_both_as_often(self):
        rng = random.Random(1)
        for count in range(1, 30):
            order = stats.interleaved("a", "b", count, rng)
            self.assertEqual((order.count("a"), order.count("b")), (count, count))
            for block in range(0, len(order), 4) if count >= stats.BLOCKS_FROM else ():
                self.assertEqual(order[block:block + 4].count("a"), 2 if block + 4 <= len(order) else 1)

    def test_the_order_of_blocks_is_drawn(self):
        rng = random.Random(2)
        self.assertEqual(len({tuple(stats.interleaved("a", "b", 20, rng)[4:8]) for _ in range(200)}), 6)
        self.assertGreater(len({tuple(stats.interleaved("a", "b", 20)) for _ in range(20)}), 15)

    def test_few_boots_come_in_every_order(self):
        """So that luck is what the permutations assume it to be, whatever the host does."""
        rng, seen = random.Random(3), {}
        for _ in range(5040):
            order = "".join(stats.interleaved("a", "b", 5, rng))
            seen[order] = seen.get(order, 0) + 1
        self.assertEqual(len(seen), 252)
        self.assertLess(max(seen.values()), 45)


class Shift(unittest.TestCase):
    def test_median_of_differences(self):
        self.assertEqual(stats.hodges_lehmann([10, 20, 30], [13, 22, 35])[0], 3)

    def test_interval_of_the_tables(self):
        # n = m = 10: the tables' critical U for 5 % two-sided is 23, so 23 differences lie outside on each side.
        _, low, high = stats.hodges_lehmann(list(range(10)), [100 * i for i in range(10)])
        differences = sorted(100 * i - j for i in range(10) for j in range(10))
        self.assertEqual((low, high), (differences[23], differences[-24]))

    def test_interval_covers_the_truth(self):
        for count, runs in ((10, 600), (40, 150)):
            rng, covered = random.Random(3), 0
            for _ in range(runs):
                old, new = ([rng.gauss(1000 + d, 10) for _ in range(count)] for d in (0, 25))
                _, low, high = stats.hodges_lehmann(old, new)
                covered += low <= 25 <= high
            self.assertAlmostEqual(covered / runs, stats.CONFIDENCE, delta=0.035)


class Exact(unittest.TestCase):
    def test_verdicts(self):
        found = stats.compare_exact({"a": 10, "b": 10, "c": 10, "d": 0, "gone": 5},
                                    {"new": 1, "a": 10, "b": 11, "c": 9, "d": 3})
        self.assertEqual([(d.id, d.verdict) for d in found],
                         [("new", "new"), ("a", "same"), ("b", "worse"), ("c", "better"), ("d", "worse"), ("gone", "gone")])
        self.assertAlmostEqual(found[2].change, 0.1)
        self.assertEqual(found[4].change, math.inf)


class Recorded(unittest.TestCase):
    """Noise of real boots: what is injected is found, and nothing else."""

    def halves(self, factor):
        old, new = ({name: [v for i, v in enumerate(series) if i % 4 in places] for name, series in RECORDED.items()}
                    for places in ((0, 3), (1, 2)))
        return old, {name: [v * factor.get(name, 1) for v in series] for name, series in new.items()}

    def test_most_are_quiet(self):
        self.assertGreater(len(QUIET), len(RECORDED) // 2)

    def test_the_same_build_is_the_same(self):
        self.assertEqual({d.verdict for d in stats.compare_noisy(*self.halves({}))} & {"worse", "better"}, set())

    def test_three_percent_more_is_worse(self):
        for name in QUIET:
            with self.subTest(name):
                found = stats.compare_noisy(*self.halves({name: 1.03}))
                self.assertEqual([d.id for d in found if d.verdict == "worse"], [name])

    def test_three_percent_less_is_better(self):
        for name in QUIET:
            with self.subTest(name):
                found = stats.compare_noisy(*self.halves({name: 0.97}))
                self.assertEqual([d.id for d in found if d.verdict == "better"], [name])

    def test_less_than_the_least_effect_is_none(self):
        sure = [1000 + i % 3 for i in range(20)]
        found = stats.compare_noisy({"a": sure}, {"a": [v * 1.008 for v in sure]})
        self.assertEqual([(d.verdict, d.p < stats.ALPHA) for d in found], [("same", True)])
