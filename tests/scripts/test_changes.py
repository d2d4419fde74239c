"""Steps in histories: none where nothing changed, whatever the host does, and real ones where they are (docs/measuring.md)."""
import json
import random
import unittest
from pathlib import Path

from scripts.judge import changepoints, changes, history, hostpart
from tests.scripts import histories, noise
from tests.scripts.support import make_record

RECORDED = json.loads((Path(__file__).parent / "noisy.json").read_text(encoding="utf-8"))  # 116 boots of a busy machine
# Of 40 benchmarks that became 3 % slower, at least this many are found, one of 20 in each suite: (runs before, runs after).
POWER = {("quiet", 15, 6): 28, ("quiet", 15, 10): 34, ("usual", 15, 15): 22, ("usual", 30, 30): 24,
         ("two sticky states 4 % apart", 20, 20): 20,
         ("autocorrelation 0.9", 20, 20): 20, ("smooth drift of 10 %", 20, 20): 14}


def own(steps):
    return [s for s in steps if not s.host]


class FalseSteps(unittest.TestCase):
    """Of all histories, fewer than one in a hundred has a step of its own, with a confidence of 95 %."""

    def assert_rare(self, make, sizes, tries=700):
        rng, alarms, seen = random.Random(2031), 0, 0
        while seen < tries:
            for runs, names in sizes:
                for steps in changes.of_suite(make(rng, runs, names)).values():
                    alarms, seen = alarms + bool(own(steps)), seen + 1
        self.assertLess(noise.most(alarms, seen), 0.01, f"{alarms} of {seen}")

    def test_hosts(self):
        for host in histories.HOSTS:
            with self.subTest(host):
                self.assert_rare(lambda rng, runs, names, host=host: histories.suite(rng, host, runs, names), ((15, 20), (40, 20), (60, 6)))

    def test_a_host_that_does_two_things(self):
        self.assert_rare(histories.two_clocks, ((60, 40),), 800)

    def test_hosts_that_one_benchmark_or_three_show(self):
        for host in histories.HOSTS:
            with self.subTest(host):
                self.assert_rare(lambda rng, runs, names, host=host: histories.suite(rng, host, runs, names), ((40, 1), (40, 3)), 320)

    def test_benchmarks_that_share_nothing(self):
        for kind in histories.ALONE:
            with self.subTest(kind):
                self.assert_rare(lambda rng, runs, names, kind=kind: histories.each_for_itself(rng, kind, runs, names), ((40, 20), (30, 8)))

    def test_recorded_boots(self):
        """All 116 of a busy machine, and stretches of them."""
        for first, last in ((0, 116), (0, 40), (38, 78), (76, 116)):
            found = changes.of_suite({name: series[first:last] for name, series in RECORDED.items()})
            self.assertEqual([(name, own(steps)) for name, steps in found.items() if own(steps)], [])


class RealSteps(unittest.TestCase):
    def test_three_percent_in_one_of_twenty(self):
        for (host, before, after), least in POWER.items():
            rng, found = random.Random(2032), 0
            for _ in range(40):
                steps = changes.of_suite(histories.suite(rng, host, before + after, 20, (before, 0.03)))[0]
                found += any(abs(s.index - before) <= 2 and s.change > 0.015 for s in own(steps))
            with self.subTest(host=host, before=before, after=after):
                self.assertGreaterEqual(found, least)

    def test_five_percent_in_recorded_boots(self):
        found, half = 0, 58
        for name, series in RECORDED.items():
            stepped = {**RECORDED, name: series[:half] + [round(v * 1.05) for v in series[half:]]}
            found += any(abs(s.index - half) <= 5 and s.change > 0.02 for s in own(changes.of_suite(stepped)[name]))
        self.assertGreaterEqual(found, 9)  # of 15; most of them scatter by 5 % and more

    def test_a_bump_and_a_small_step_beside_a_large_one(self):
        rng = random.Random(13)
        level = [100] * 12 + [110] * 12 + [100] * 12 + [400] * 12 + [412] * 12
        suite = {name: [100 * rng.gauss(1, 0.003) for _ in level] for name in range(1, 12)}
        steps = changes.of_suite({0: [v * rng.gauss(1, 0.003) for v in level], **suite})[0]
        self.assertEqual([s.index for s in steps], [12, 24, 36, 48])
        self.assertAlmostEqual(steps[3].change, 0.03, delta=0.005)
        self.assertEqual(own(steps), steps)

    def test_a_doubled_number_needs_no_witness(self):
        rng = random.Random(15)
        steps = changes.of_suite({0: [round(100 * (1 + (i >= 20)) * rng.gauss(1, 0.01)) for i in range(40)]})[0]
        self.assertEqual([(s.index, s.host) for s in steps], [(20, False)])


class TheHost(unittest.TestCase):
    def stepped(self, names, of, part=0.04):
        rng = random.Random(17)
        return changes.of_suite({name: [round(1000 * rng.gauss(1, 0.002) * (1 + part * (name < of and i >= 20))) for i in range(40)]
                                 for name in range(names)})

    def test_what_all_have_is_the_hosts(self):
        for steps in self.stepped(20, 20).values():
            self.assertEqual([(s.index, s.host) for s in steps], [(20, True)])
            self.assertAlmostEqual(steps[0].change, 0.04, delta=0.005)

    def test_what_a_quarter_has_is_the_hosts(self):
        found = self.stepped(20, 5)
        self.assertEqual([[s.host for s in found[name]] for name in range(20)], [[True]] * 5 + [[]] * 15)

    def test_what_few_have_is_a_commits(self):
        found = self.stepped(20, 3)
        self.assertEqual([[s.host for s in found[name]] for name in range(20)], [[False]] * 3 + [[]] * 17)

    def test_one_beside_the_hosts(self):
        rng = random.Random(18)
        suite = {name: [round(1000 * rng.gauss(1, 0.002) * (1 + 0.04 * (i >= 15) + 0.06 * (name == 0 and i >= 28))) for i in range(45)]
                 for name in range(12)}
        self.assertEqual([(s.index, s.host) for s in changes.of_suite(suite)[0]], [(15, True), (28, False)])

    def test_seen_from_one_it_is_the_median_of_the_others(self):
        rng = random.Random(19)
        for names in (5, 6, 9, 12):
            logs = {name: [rng.choice((0.0, 0.1, rng.random())) for _ in range(7)] for name in range(names)}
            runs = hostpart.Runs(logs)
            for name in logs:
                others = [sorted(logs[o][i] - runs._centres[o] for o in logs if o != name) for i in range(7)]
                self.assertEqual(runs.seen_from(name), [hostpart.median(there) for there in others])

    def test_too_few_to_know_it_by(self):
        runs = hostpart.Runs({name: [1.0, 2.0] for name in range(4)})
        self.assertEqual((runs.all(), runs.seen_from(0)), ([None, None], [None, None]))

    def test_a_step_between_runs_of_one_commit_has_no_commit(self):
        rng, runs = random.Random(20), []
        for i in range(40):
            numbers = {f"cap.copy/{name}": round(1000 * rng.gauss(1, 0.002) * (1 + 0.05 * (name == 0 and i >= 20))) for name in range(8)}
            runs.append(make_record(numbers, "kvm", number=i))
        self.assertEqual([(s.index, s.host) for s in history.steps(runs)["cap.copy/0"]], [(20, False)])
        for run in runs[:23]:
            run["commit"] = runs[0]["commit"]
        self.assertEqual([s.host for s in history.steps(runs)["cap.copy/0"]], [True])
        for run in runs[21:23]:  # the search may miss the place by a run or two
            run["commit"] = runs[23]["commit"]
        self.assertEqual([(s.index, s.host) for s in history.steps(runs)["cap.copy/0"]], [(21, False)])


class Plain(unittest.TestCase):
    def test_of_an_exact_unit_every_difference_is_a_step(self):
        steps = changes.of_suite({"a": [10, 10, None, 11, 11, 10], "b": [0, 0, 0, 3, 3, 3]}, exact=True)
        self.assertEqual([(s.index, round(s.change, 3), s.host) for s in steps["a"]], [(3, 0.1, False), (5, -0.091, False)])
        self.assertEqual([s.index for s in steps["b"]], [3])

    def test_short_empty_and_even_histories(self):
        for series in ([], [5], [None], [None, 5], [7] * 40, [0] * 40, [None] * 40):
            for exact in (True, False):
                self.assertEqual(changes.of_suite({name: series for name in range(6)}, exact), {name: [] for name in range(6)})

    def test_levels(self):
        steps = changes.of_suite({"a": [10, 10, None, 11, 12]}, exact=True)["a"]
        self.assertEqual(changes.levels([10, 10, None, 11, 12], steps), [(0, 3, 10), (3, 4, 11), (4, 5, 12)])

    def test_a_tick_is_no_step(self):
        """Rounded, a number between two ticks becomes another one at once, though it moved by next to nothing."""
        rng = random.Random(21)
        suite = {name: [1000 + rng.randint(0, 3) for _ in range(40)] for name in range(1, 9)}
        for after, found in ((26, 0), (27, 1)):
            self.assertEqual(len(changes.of_suite({0: [25] * 20 + [after] * 20, **suite})[0]), found)

    def test_a_history_with_gaps(self):
        rng = random.Random(22)
        suite = {name: [1000 + rng.randint(0, 5) if rng.random() < 0.8 else None for _ in range(60)] for name in range(9)}
        suite[0] = [v and round(v * (1 + 0.03 * (i >= 30))) for i, v in enumerate(suite[0])]
        [step] = changes.of_suite(suite)[0]
        self.assertAlmostEqual(step.index, 30, delta=2)
        self.assertIsNotNone(suite[0][step.index])

    def test_it_is_the_same_every_time(self):
        suite = histories.suite(random.Random(23), "busy", 40, 8, (20, 0.1))
        self.assertEqual(changes.of_suite(suite), changes.of_suite(dict(reversed(suite.items()))))

    def test_memory(self):
        rng = random.Random(24)
        self.assertGreater(changepoints.memory(noise.wander(rng, 200, 0.9, 1)), 0.6)
        self.assertLess(abs(changepoints.memory([rng.gauss(0, 1) for _ in range(200)])), 0.2)


if __name__ == "__main__":
    unittest.main()
