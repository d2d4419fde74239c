"""The permutation tests of a suite: what they can decide at all, compared with all splits by hand, and series that were once misjudged."""
import math
import random
import unittest
from itertools import combinations
from unittest import mock

from scripts.judge import permutation, splits, stats

LEAST = stats.MIN_EFFECT


def suite(rng, boots, names=80, spread=0.001, base=1000):
    """{name: numbers} of two equal builds, each number of its own."""
    return [{i: [round(base * rng.gauss(1, spread)) for _ in range(boots)] for i in range(names)} for _ in "ab"]


def verdicts(old, new):
    return {d.id: d.verdict for d in stats.compare_noisy(old, new) if d.verdict in ("worse", "better")}


def by_hand(pairs, benchmark):
    """The first step's p of one benchmark: all splits, each number for itself."""
    def statistic(old, new, cut):
        whole = sorted([*old, *new])
        old, new = ([min(max(v, whole[cut]), whole[-1 - cut]) for v in side] for side in (old, new))
        unit, means = LEAST * stats.median(whole), [sum(side) / len(side) for side in (old, new)]
        within = sum((v - mean)**2 for side, mean in zip((old, new), means) for v in side)
        beyond = abs(means[1] - means[0]) - unit
        return max(0.0, beyond) / math.sqrt(max(within, 1e-6 * unit**2))

    (a, b), cut = map(len, pairs[0]), min(map(len, pairs[0])) // 2
    bar = statistic(*pairs[benchmark], cut) / permutation.MARGIN * (1 - 1e-6)
    reached = tried = 0
    for chosen in combinations(range(a + b), b):
        rest = [i for i in range(a + b) if i not in chosen]
        numbers = [[*new, *old] for old, new in pairs]
        highest = max(statistic([n[i] for i in rest], [n[i] for i in chosen], cut) for n in numbers)
        reached, tried = reached + (highest >= bar), tried + 1
    return reached / tried


class Limits(unittest.TestCase):
    def test_the_smallest_p(self):
        for boots, p in ((4, 2 / 70), (5, 2 / 252), (7, 2 / 3432), (8, 1 / 4001), (20, 1 / 4001)):
            self.assertAlmostEqual(permutation.smallest_p(boots, boots), p)
        self.assertAlmostEqual(permutation.smallest_p(4, 5), 1 / 126)

    def test_the_fewest_boots_are_those_that_can_decide(self):
        self.assertLessEqual(permutation.smallest_p(permutation.FEWEST, permutation.FEWEST), permutation.ALPHA)
        self.assertGreater(permutation.smallest_p(permutation.FEWEST - 1, permutation.FEWEST - 1), permutation.ALPHA)

    def test_the_fewest_far_boots(self):
        """This many are told from luck, where nothing competes, and one less is not."""
        for boots, far in ((5, None), (6, None), (7, 6), (10, 7), (20, 8), (40, 9)):
            self.assertEqual(permutation.fewest_far(boots, boots), far)
            for slow, told in ((far, True), (far - 1, False)) if far else ():
                old, new = ({0: [100, 101] * (boots // 2) + [100] * (boots % 2)} for _ in "ab")
                new[0][:slow] = [200] * slow
                found, = stats.compare_noisy(old, new)
                self.assertEqual((bool(found.modes), boots, slow), (told, boots, slow))


class Location(unittest.TestCase):
    def test_p_is_that_of_all_splits_by_hand(self):
        rng = random.Random(1)
        for sizes in ((5, 5), (4, 5), (6, 5)):
            pairs = [tuple([rng.gauss(100, 2) for _ in range(size)] for size in sizes) for _ in range(3)]
            pairs[1] = (pairs[1][0], [v + 6 for v in pairs[1][1]])
            found = permutation._step_down(*_columns(pairs))
            strongest = min(range(3), key=lambda i: found[i])
            self.assertAlmostEqual(found[strongest], by_hand(pairs, strongest))

    def test_what_was_found_does_not_hide_the_rest(self):
        """Stepped down: after a benchmark that is 50 % slower, 3 % in a noisier one are seen as well as without it."""
        rng = random.Random(2)
        for boots in (7, 20):
            old, new = suite(rng, boots, 20, 0.003)
            for i, cost in ((3, 1.5), (4, 0.7), (7, 1.03)):
                new[i] = [round(v * cost) for v in new[i]]
            self.assertEqual(verdicts(old, new), {3: "worse", 4: "better", 7: "worse"})

    def test_half_more_in_one_of_eighty(self):
        """However few the boots: from the fewest that can decide."""
        for boots in (5, 6, 7, 8, 9, 10, 20):
            old, new = suite(random.Random(boots), boots)
            new[3] = [round(v * 1.5) for v in new[3]]
            self.assertEqual(verdicts(old, new), {3: "worse"}, boots)

    def test_fewer_decide_nothing(self):
        old, new = suite(random.Random(3), 4)
        found = stats.compare_noisy(old, {**new, 3: [2 * v for v in new[3]]})
        self.assertEqual({(d.verdict, d.p, d.low) for d in found}, {("unclear", None, None)})

    def test_a_benchmark_that_some_boots_refused(self):
        old, new = suite(random.Random(4), 20)
        new[3] = [None if i % 3 == 0 else round(v * 1.05) for i, v in enumerate(new[3])]
        old[4][:17] = [None] * 17
        found = {d.id: d for d in stats.compare_noisy(old, new)}
        self.assertEqual((found[3].verdict, found[4].verdict, found[4].low), ("worse", "unclear", None))

    def test_sides_of_different_size(self):
        old, new = suite(random.Random(5), 40, 30)[0], suite(random.Random(6), 6, 30)[1]
        self.assertEqual(verdicts(old, new), {})
        new[3] = [round(v * 1.03) for v in new[3]]
        self.assertEqual(verdicts(old, new), {3: "worse"})

    def test_nothing_but_equal_numbers(self):
        for value in (0, 7):
            self.assertEqual({d.verdict for d in stats.compare_noisy({"a": [value] * 20}, {"a": [value] * 20})}, {"same"})
        found, = stats.compare_noisy({"a": [7] * 20}, {"a": [8] * 20})
        self.assertEqual(found.verdict, "worse")

    def test_the_same_numbers_have_the_same_verdict(self):
        old, new = suite(random.Random(7), 12, 10, 0.02)
        first = stats.compare_noisy(old, new)
        splits._batch.cache_clear()
        splits._known_batches.cache_clear()
        self.assertEqual(stats.compare_noisy(old, new), first)

    def test_what_moves_all_benchmarks_alike_counts_once(self):
        """Eighty benchmarks that a host moves together compete as one: a change of the smallest that shows in one shows there, too."""
        rng = random.Random(8)
        host = [[rng.gauss(1, 0.03) for _ in range(10)] for _ in "ab"]
        one = [[round(1000 * h) for h in side] for side in host]
        pairs = [(one[0], one[1])] * 80
        alone, = permutation.judge(pairs[:1], LEAST)
        self.assertEqual({judged.p for judged in permutation.judge(pairs, LEAST)}, {alone.p})


class Intervals(unittest.TestCase):
    def test_what_leaves_out_no_change_is_not_called_the_same(self):
        rng, seen = random.Random(9), 0
        for _ in range(20):
            old, new = suite(rng, 10, 40, 0.012)
            for d in stats.compare_noisy(old, new):
                if d.verdict == "same":
                    self.assertTrue(abs(d.change) < LEAST or d.low <= 0 <= d.high, d)
                    self.assertLessEqual(max(abs(d.low), abs(d.high)), 3 * LEAST)
                seen += d.verdict == "unclear" and (d.low > 0 or d.high < 0)
        self.assertGreater(seen, 5)

    def test_worse_and_better_agree_with_the_interval(self):
        rng = random.Random(10)
        for _ in range(20):
            old, new = suite(rng, 8, 20, 0.01)
            new = {i: [round(v * (1 + 0.02 * (i % 3))) for v in side] for i, side in new.items()}
            for d in stats.compare_noisy(old, new):
                if d.verdict in ("worse", "better") and not d.modes:
                    self.assertGreater(d.low * d.high, 0, d)


class Modes(unittest.TestCase):
    def changed(self, seed, share, factor, boots=20, spread=0.003, turned=False):
        """For one benchmark of eighty, with that many boots that much slower in the new build (turned: in the old one)."""
        old, new = suite(random.Random(seed), boots, 80, spread)
        slow = (old if turned else new)[5]
        for i in random.Random(seed).sample(range(boots), share):
            slow[i] = round(slow[i] * factor)
        return stats.compare_noisy(old, new)

    def test_nine_of_twenty_boots_twice_as_slow(self):
        for seed in range(5):
            found = [d for d in self.changed(seed, 9, 2) if d.verdict != "same"]
            self.assertEqual([(d.id, d.verdict) for d in found], [(5, "worse")])
            mode, = found[0].modes
            self.assertEqual((mode.slow, mode.old, mode.new, mode.of_old, mode.of_new), (True, 0, 9, 20, 20))
            self.assertAlmostEqual(mode.change, 1, delta=0.02)

    def test_a_slow_mode_that_is_gone(self):
        self.assertEqual([(d.id, d.verdict) for d in self.changed(1, 9, 1.1, turned=True) if d.verdict != "same"], [(5, "better")])

    def test_a_fast_mode_that_is_gone(self):
        found = [d for d in self.changed(2, 9, 0.8, turned=True) if d.verdict != "same"]
        self.assertEqual([(d.id, d.verdict, d.modes[0].slow) for d in found], [(5, "worse", False)])

    def test_most_boots_faster_and_nine_twice_as_slow_is_worse(self):
        old, new = suite(random.Random(4), 20, 30)
        new[5] = [v * 2 if i < 9 else round(v * 0.95) for i, v in enumerate(new[5])]
        self.assertEqual(verdicts(old, new), {5: "worse"})

    def test_the_same_share_on_both_sides_is_no_change(self):
        old, new = suite(random.Random(5), 20)
        for side in (old, new):
            for i in random.Random(len(side[5]) + (side is old)).sample(range(20), 8):
                side[5][i] *= 2
        self.assertEqual(verdicts(old, new), {})

    def test_a_whole_side_is_no_mode(self):
        old, new = suite(random.Random(6), 40, 10)[0], suite(random.Random(6), 8, 10)[1]
        new[5] = [v * 2 for v in new[5]]
        found = {d.id: d for d in stats.compare_noisy(old, new)}[5]
        self.assertEqual((found.verdict, found.modes), ("worse", ()))

    def test_equal_builds_with_modes_of_every_share(self):
        """No more alarms than in one suite of a hundred, plus a few that luck may bring in 200."""
        rng, alarms = random.Random(7), 0
        for _ in range(200):
            old, new = suite(rng, 20, 10, 0.003)
            for side in (old, new):
                for i, values in side.items():
                    side[i] = [2 * v if rng.random() < 0.06 * i else v for v in values]
            alarms += bool(verdicts(old, new))
        self.assertLessEqual(alarms, 5)


class Cost(unittest.TestCase):
    def test_the_splits_of_a_null_suite_are_cut_short(self):
        """A suite in which nothing is found costs a batch or two of splits, not all of them."""
        old, new = suite(random.Random(1), 20, 20, 0.03)
        with mock.patch.object(splits.Splits, "seen", autospec=True, side_effect=splits.Splits.seen) as seen:
            stats.compare_noisy(old, new)
        self.assertLess(seen.call_count, splits.DRAWN)


def _columns(pairs):
    locations = [permutation._Location(*pair, LEAST) for pair in pairs]
    return ([one.scores for one in locations], len(pairs[0][1]), lambda i, s: locations[i].statistic(s), permutation.SCALE,
            1, permutation.MARGIN)


if __name__ == "__main__":
    unittest.main()
