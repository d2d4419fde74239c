"""What the host does to all benchmarks of a run alike (its clock, its neighbours, its heat), taken from their histories.

A history is one number per run, or None. Here it is the logarithm of each, so that "4 % slower" is the same distance for a
benchmark of 25 ticks and for one of 20000. What a run's host did, seen from one benchmark, is the median over all
*others* of how far each is from its own centre: its own step is not in it, and a step of a few others does not move it.
"""
import math
from statistics import median

WITNESSES = 4  # other benchmarks that a run needs: the median of fewer is one of theirs, not the host's
ROUNDS = 4  # rounds of fitting centres and runs in turn; the third changes nothing that counts
LAG = 8  # runs between two that a slope is taken from: a step of its own lies between few such pairs
MOST = 2.0  # times as much as the middle of the others: what a host does to one benchmark


def logarithms(series):
    """A history as logarithms. A number that is not above 0 has none: it counts as missing."""
    return [math.log(v) if v is not None and v > 0 else None for v in series]


class Runs:
    """How far each benchmark is from its own centre in each run, in order, so that the median of all others is at hand."""

    def __init__(self, histories):
        """`histories`: {name: logarithms}, all of the same length."""
        self._logs = {name: logs for name, logs in histories.items() if any(v is not None for v in logs)}
        count = max(map(len, histories.values()), default=0)
        self._centres = dict.fromkeys(self._logs, 0.0)
        middle = [0.0] * count
        for _ in range(ROUNDS):
            for name, logs in self._logs.items():
                self._centres[name] = median(v - m for v, m in zip(logs, middle) if v is not None)
            self._sorted = [sorted(logs[i] - self._centres[name] for name, logs in self._logs.items() if logs[i] is not None)
                            for i in range(count)]
            middle = [median(there) if there else 0.0 for there in self._sorted]

    def all(self):
        """The host's own history: None where too few benchmarks say what it is."""
        return [median(there) if len(there) > WITNESSES else None for there in self._sorted]

    def seen_from(self, name):
        """The same without this benchmark, for each run that has it; None where the others are too few."""
        logs = self._logs.get(name, ())
        return [self._without(i, value - self._centres[name]) for i, value in enumerate(logs) if value is not None]

    def _without(self, run, own):
        there = self._sorted[run]
        if len(there) <= WITNESSES:
            return None
        high, low = len(there) // 2, (len(there) - 1) // 2  # of the middle once it is gone, counted from below
        if len(there) % 2 == 0:  # an odd number is left
            return there[high] if own <= there[low] else there[low]
        left, right = (high - 1, high) if own > there[high] else (high, high + 1) if own < there[high] else (high - 1, high + 1)
        return (there[left] + there[right]) / 2


def slope(own, others):
    """How strongly this benchmark feels what moves the others, 0 to MOST: the line with the least absolute errors through
    the differences of runs that lie near to each other, which neither a drift nor a step of its own bends."""
    pairs = []
    for lag in range(1, LAG + 1):
        for a, b, c, d in zip(own, own[lag:], others, others[lag:]):
            if c != d:
                pairs.append(((b - a) / (d - c), abs(d - c)))
    pairs.sort()
    half, seen = sum(weight for _, weight in pairs) / 2, 0.0
    for ratio, weight in pairs:
        seen += weight
        if seen >= half:
            return min(max(ratio, 0.0), MOST)
    return 0.0
