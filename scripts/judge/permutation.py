"""Which benchmarks of a suite differ between two sides of boots: permutation tests over the boots, of all benchmarks at once.

If nothing has changed, it is luck which boots were old and which new: every other split of the same boots into two such sides
was as likely. So a difference is one that hardly any split shows in any benchmark (Westfall and Young's maximum, stepped down:
what was found no longer competes). The boots are split whole, so what the host does to all benchmarks of a boot alike counts
once, and benchmarks in which luck has no room cost no power. Two things are asked:

- the location: by how much the middles differ beyond `least`, in standard errors. The outer quarter of the numbers on each side
  is drawn in to where it begins: the tails are heavy. A split counts from 1 / MARGIN of what was seen on: boots are measured in
  blocks of two and two, and what comes back with every block moves the sides by up to 15 % more than splits do (the square root
  of 4/3: the numbers of a block vary around its own mean);
  Where boots are many, their ranks ask the same, which on a busy host sees more;
- the modes: whether boots far above the rest (or far below) lie more on one side, each by as much as it is far.
"""
import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import count
from statistics import median

from scripts.judge.splits import DRAWN, Splits, all_are_tried

ALPHA = 0.01  # of one false alarm or more in a suite that has not changed; both tests share it where both can decide
MARGIN, RANK_MARGIN = 1.25, 1.0
RANK_SHARE = 0.6  # of the location's level, where boots are many enough for two tests of it
FAR = 5  # standard deviations, estimated by the median of the distances from the median,
FAR_EFFECTS = 3  # and this many times what counts: these boots are in a mode of their own

SCALE, MOST = 1 << 30, 1 << 50  # scores are whole numbers (splits.py)


# ---- what can be decided at all

def smallest_p(old, new):
    """What no p of `old` boots against `new` can be below: a split and, where the sides are alike, its mirror image show the same."""
    splits = math.comb(old + new, new)
    return max((2 if old == new else 1) / splits, 0 if all_are_tried(new, old + new) else 1 / (DRAWN + 1))


FEWEST = next(n for n in count(1) if smallest_p(n, n) <= ALPHA)  # boots of each side


def _far_p(far, old, new):
    """The smallest p for this many far boots, all of them on the smaller side."""
    return (1 + (old == new)) * math.comb(min(old, new), far) / math.comb(old + new, far)


def fewest_far(old, new, alpha=ALPHA):
    """At best this many boots in a mode of their own, all on one side and not the whole of it, are told from luck; None: no number is."""
    return next((far for far in range(1, min(old, new)) if _far_p(far, old, new) <= alpha / 2), None)


def limits(old, new, alpha=ALPHA):
    """What this many boots can decide at best, for people."""
    far = fewest_far(old, new, alpha)
    share = alpha if far is None else alpha / 2
    modes = "slow boots beside usual ones cannot" if far is None else f"of slow boots {far} against none can"
    return f"the smallest p is {smallest_p(old, new):.2g}, where {share:g} is needed; {modes} be told from luck"


def _step_down(columns, size, statistic, room, alpha, margin):
    """The adjusted p of each column."""
    splits = Splits(columns, size, statistic, room) if columns else None
    bars = {i: t / margin * (1 - 1e-6) for i, t in splits.observed().items()} if columns else {}
    ps = [1.0] * len(columns)
    if not bars:
        return ps
    found, drawn = splits.all(max(bars.values()), alpha)
    left, least = set(range(len(columns))), 0.0
    while True:
        highest = sorted(max((t for i, t in s.items() if i in left), default=0) for s in found)
        for i in left & set(bars):
            ps[i] = max(least, (len(highest) - bisect_left(highest, bars[i]) + drawn) / (len(highest) + drawn))
        decided = {i for i in left if ps[i] <= alpha}
        if not decided:
            return ps
        left, least = left - decided, max(ps[i] for i in decided)


# ---- scores

def _standard(values, sides):
    """Whole numbers whose sums over the new side have the mean 0 and the deviation SCALE, over all splits."""
    numbers = [v for v in values if v is not None]
    mean = sum(numbers) / len(numbers)
    squares = sum((v - mean)**2 for v in numbers)
    deviation = math.sqrt(math.prod(sides) * squares / (len(numbers) * (len(numbers) - 1))) or 1
    return [0 if v is None else round((v - mean) / deviation * SCALE) for v in values]


def _ranks(old, new):
    values = [*new, *old]
    order = sorted(v for v in values if v is not None)
    sides = [sum(v is not None for v in side) for side in (new, old)]
    return _standard([None if v is None else bisect_left(order, v) + bisect_right(order, v) for v in values], sides)


# ---- location

def _drawn_in(values, numbers, sides):
    """The values without their tails. At least half of the smaller side stays as it is, wherever that side lies."""
    order, cut = sorted(numbers), min(sides) // 2
    low, high = order[cut], order[-1 - cut]
    return [v if v is None else min(max(v, low), high) for v in values]


class _Location:
    """A benchmark's scores, such that their sum over the new side is the difference of the means in units of what counts."""

    def __init__(self, old, new, least):
        sides = [sum(v is not None for v in side) for side in (old, new)]
        numbers = [v for v in (*new, *old) if v is not None]
        self.weight = 1 / sides[0] + 1 / sides[1]
        inner = _drawn_in([*new, *old], numbers, sides)
        middle = sum(v for v in inner if v is not None) / len(numbers)
        unit = least * (abs(median(numbers)) or 1) / self.weight
        self.scores = [0 if v is None else max(-MOST, min(MOST, round((v - middle) / unit * SCALE))) for v in inner]
        self.squares = sum((s / SCALE)**2 for s in self.scores)

    def statistic(self, total):
        difference = abs(total) / SCALE
        within = self.squares - difference**2 * self.weight
        return (difference - 1) / math.sqrt(max(within, 1e-6))


# ---- modes

@dataclass(frozen=True)
class Mode:
    """Boots far from the rest."""

    slow: bool  # far above; else far below
    old: int
    new: int
    of_old: int
    of_new: int
    change: float  # of their median against that of all, as a part of it
    p: float

    def verdict(self):
        return "worse" if (self.new / self.of_new > self.old / self.of_old) == self.slow else "better"


class _Far:
    """Which boots of a benchmark are far above the rest, or far below."""

    def __init__(self, old, new, least, slow):
        numbers = [v for v in (*new, *old) if v is not None]
        middle = median(numbers)
        room = max(FAR * 1.4826 * median(abs(v - middle) for v in numbers), FAR_EFFECTS * least * abs(middle), 1.5)
        is_far = [v is not None and (v - middle if slow else middle - v) > room for v in (*new, *old)]
        self.slow, self.known = slow, [v is not None for v in (*new, *old)]
        self.far, self.size = is_far, len(new)
        self.number = sum(is_far)
        self.distances = [None if v is None else abs(v - middle) if f else 0 for v, f in zip((*new, *old), is_far)]
        far = [v for v, f in zip((*new, *old), is_far) if f]
        self.change = (median(far) - middle) / middle if far and middle else 0.0

    def sides(self):
        """(far, all) of the new side and of the old one."""
        return [(sum(self.far[part]), sum(self.known[part])) for part in (slice(0, self.size), slice(self.size, None))]

    def scores(self):
        return _standard(self.distances, [known for _, known in self.sides()])

    def mode(self, p):
        (new, of_new), (old, of_old) = self.sides()
        return Mode(self.slow, old, new, of_old, of_new, self.change, p)

    def can_decide(self, alpha):
        """It is a part of a side, and would be told from luck if all of it were on one side."""
        (new, of_new), (old, of_old) = self.sides()
        split = {new, of_new - new} == {0, of_new} and {old, of_old - old} == {0, of_old}
        return not split and min(self.number, of_new, of_old) > 0 and _far_p(min(self.number, of_new, of_old), of_old, of_new) <= alpha


# ---- both

@dataclass(frozen=True)
class Judged:
    p: float  # of the location, adjusted
    moved: bool  # p is small enough
    modes: tuple  # those whose share differs


def _padded(values, length):
    return [*values, *[None] * (length - len(values))]


def judge(pairs, least, alpha=ALPHA):
    """A Judged for each (old, new), a number for each boot, in the same order of boots for all; None: that boot has none.

    pre: FEWEST numbers or more on each side of each pair"""
    lengths = [max((len(pair[side]) for pair in pairs), default=0) for side in (0, 1)]
    pairs = [[_padded(side, length) for side, length in zip(pair, lengths)] for pair in pairs]
    many = bool(pairs) and fewest_far(*lengths, alpha) is not None
    share = alpha / 2 if many else alpha
    ps = _locations(pairs, lengths[1], least, share, many)
    modes = _modes(pairs, lengths[1], least, share) if many else [()] * len(pairs)
    return [Judged(p, p <= share, found) for p, found in zip(ps, modes)]


def _locations(pairs, size, least, alpha, many):
    """The p of each; where boots are many, the smaller of those of the distances and of the ranks, each in proportion to its share."""
    share = 1 - RANK_SHARE if many else 1
    locations = [_Location(*pair, least) for pair in pairs]
    ps = _step_down([one.scores for one in locations], size, lambda i, s: locations[i].statistic(s), SCALE, share * alpha, MARGIN)
    if not many:
        return ps
    ranks = _step_down([_ranks(*pair) for pair in pairs], size, lambda _, s: abs(s), 0, RANK_SHARE * alpha, RANK_MARGIN)
    return [min(1.0, by_distance / share, by_rank / RANK_SHARE) for by_distance, by_rank in zip(ps, ranks)]


def _modes(pairs, size, least, alpha):
    fars = [(i, far) for i, pair in enumerate(pairs) for far in (_Far(*pair, least, True), _Far(*pair, least, False))
            if far.can_decide(alpha)]
    ps = _step_down([far.scores() for _, far in fars], size, lambda _, s: abs(s), 0, alpha, 1)
    return [tuple(far.mode(p) for (at, far), p in zip(fars, ps) if at == i and p <= alpha) for i in range(len(pairs))]
