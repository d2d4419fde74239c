"""The splits of boots into two sides that a permutation test tries: all of them, or where they are too many random ones, the same in
every run."""
import math
import random
from array import array
from functools import lru_cache
from itertools import combinations
from operator import itemgetter
from sys import byteorder

ALL_SPLITS = 1800  # up to this many are tried one by one; of more, random ones
BATCHES, BATCH = 16, 250
DRAWN = BATCHES * BATCH
OFFSET = 1 << 52  # a score is a whole number in a field of 64 bits, for sums of up to 4000


def all_are_tried(size, total):
    return math.comb(total, size) <= ALL_SPLITS * (1 + (2 * size == total))


def _all_splits(size, total):
    """One of two that mirror each other."""
    if 2 * size == total:
        return [itemgetter(0, *rest) for rest in combinations(range(1, total), size - 1)]
    return [itemgetter(*chosen) for chosen in combinations(range(total), size)]


@lru_cache(maxsize=4 * BATCHES)
def _batch(size, total, number):
    """Functions that pick `size` of `total` boots: the same in every run, so that the same numbers have the same verdict."""
    rng = random.Random(f"{size} of {total}, {number}")
    return [itemgetter(*rng.sample(range(total), size)) for _ in range(BATCH)]


@lru_cache(maxsize=16)
def _known_batches(size, total):
    """All splits, in random order; None: there are too many."""
    if not all_are_tried(size, total):
        return None
    splits = _all_splits(size, total)
    random.Random(f"{size} of {total}").shuffle(splits)
    return [splits[i:i + BATCH] for i in range(0, len(splits), BATCH)]


class Splits:
    """What the columns' statistics are in each split. A column has a whole number for each boot, those of the new side first,
    and all of it lies around 0; statistic(i, sum) is that of column i, and 0 where the sum is at most `room` from 0."""

    def __init__(self, columns, size, statistic, room):
        self.columns, self.size, self.statistic, self.room = columns, size, statistic, room
        self.total = len(columns[0])
        # All columns of a boot are fields of one number: one addition adds a boot to all sums.
        self.boots = [int.from_bytes(array("Q", [column[b] + OFFSET for column in columns]).tobytes(), byteorder)
                      for b in range(self.total)]

    def seen(self, pick):
        """{column: its statistic} of one split, without those that are 0."""
        sums = memoryview(sum(pick(self.boots)).to_bytes(8 * len(self.columns), byteorder)).cast("Q")
        middle = self.size * OFFSET
        low, high = middle - self.room, middle + self.room
        if min(sums) >= low and max(sums) <= high:
            return {}
        return {i: self.statistic(i, s - middle) for i, s in enumerate(sums) if not low <= s <= high}

    def observed(self):
        return self.seen(itemgetter(*range(self.size)))

    def all(self, bar, alpha):
        """(the statistics of each split, whether splits are drawn: then the one that was measured is a further one); cut short when
        too many reach this bar."""
        known = _known_batches(self.size, self.total)
        batches = known or (_batch(self.size, self.total, number) for number in range(BATCHES))
        most = alpha * (sum(map(len, known)) if known else DRAWN)
        found, reached = [], 0
        for batch in batches:
            seen = [self.seen(pick) for pick in batch]
            found += seen
            reached += sum(max(s.values(), default=0) >= bar for s in seen)
            if reached > most:
                break
        return found, not known
