"""The statistics of comparisons: what differs, and by how much. Histories have their own (changes.py).

Exact numbers (instructions under tcg) differ when they differ. For noisy ones (cycles) the unit of replication is the
boot: samples of one boot share its memory layout, its clock and its neighbours, so a thousand of them say no more
than one about the next boot. Each boot gives one number (its median), and

- whether two builds differ is asked of the whole suite at once, so that the chance of even one false alarm in it stays below
  ALPHA (permutation.py);
- the shift is Hodges and Lehmann's estimate, with the interval of the rank test that belongs to it (Mann-Whitney U, its exact
  permutation distribution, ties included), of one benchmark alone;
- a difference below MIN_EFFECT is none, however sure it is.
"""
import math
import random
from dataclasses import dataclass
from functools import lru_cache
from statistics import median

from scripts.judge import permutation

ALPHA = permutation.ALPHA
CONFIDENCE = 0.95
MIN_EFFECT = 0.01  # of the old number
BLOCKS_FROM = 8  # boots of each side
EXACT_LIMIT = 60  # numbers in both groups; beyond it the normal approximation is as good


# ---- ranks

def midranks(values):
    """The rank of each value, from 1; equal values share the mean of their ranks."""
    order = sorted(values)
    first, count = {}, {}
    for i, value in enumerate(order):
        first.setdefault(value, i)
        count[value] = count.get(value, 0) + 1
    return [first[v] + (count[v] + 1) / 2 for v in values]


@lru_cache(maxsize=4096)
def _rank_sums(doubled, size):
    """How many choices of `size` ranks have each sum: counts by doubled sum, packed into one integer.

    Polynomials with fixed-width fields in big integers: exact, with ties, in microseconds."""
    width = len(doubled) + 1  # bits: there are fewer than 2**n choices
    counts = [1] + [0] * size
    for place, rank in enumerate(doubled):
        left = len(doubled) - place - 1  # too few to fill up a smaller choice
        for k in range(min(size, place + 1), max(0, size - left - 1), -1):
            counts[k] += counts[k - 1] << (width * rank)
    mask, fields, packed = (1 << width) - 1, [], counts[size]
    while packed:
        fields.append(packed & mask)
        packed >>= width
    return tuple(fields)


def _exact_p(ranks, size):
    """Two-sided: the share of all choices whose rank sum is as far from the middle as that of the first `size`."""
    doubled = [round(2 * r) for r in ranks]
    fields = _rank_sums(tuple(sorted(doubled)), size)
    middle2 = size * (len(ranks) + 1) * 2  # doubled once more, so that it is whole
    distance = abs(2 * sum(doubled[:size]) - middle2)
    below, above = (middle2 - distance) // 2, -((-middle2 - distance) // 2)
    extreme = sum(fields) if distance == 0 else sum(fields[:below + 1]) + sum(fields[above:])
    return extreme / math.comb(len(ranks), size)


def _normal_p(ranks, size):
    """The same by the normal distribution, with the corrections for ties and continuity."""
    n, other = len(ranks), len(ranks) - size
    ties = {}
    for rank in ranks:
        ties[rank] = ties.get(rank, 0) + 1
    tied = sum(t**3 - t for t in ties.values())
    variance = size * other / 12 * (n + 1 - tied / (n * (n - 1)))
    if variance <= 0:
        return 1.0
    distance = abs(sum(ranks[:size]) - size * (n + 1) / 2) - 0.5
    return min(1.0, math.erfc(max(distance, 0) / math.sqrt(2 * variance)))


def mann_whitney(old, new):
    """The two-sided p of Mann and Whitney's U: how likely are ranks as uneven as these if nothing has changed."""
    if not old or not new:
        raise ValueError("a rank test needs numbers on both sides")
    ranks = midranks([*old, *new])
    exact = len(ranks) <= EXACT_LIMIT
    return (_exact_p if exact else _normal_p)(ranks, len(old))


# ---- how far apart

@lru_cache(maxsize=256)
def _cut_off(n, m):
    """How many of the ordered n * m differences lie below the interval of CONFIDENCE, and as many above it: the largest
    U that the test would reject."""
    tail = (1 - CONFIDENCE) / 2
    if n + m > EXACT_LIMIT:
        return max(0, math.floor(n * m / 2 - 1.96 * math.sqrt(n * m * (n + m + 1) / 12)))
    fields = _rank_sums(tuple(range(2, 2 * (n + m) + 1, 2)), n)
    limit, seen, lowest = tail * math.comb(n + m, n), 0, n * (n + 1)
    for doubled in range(lowest, len(fields)):
        seen += fields[doubled]
        if seen > limit:
            return max(0, (doubled - lowest) // 2 - 1)
    return 0


def hodges_lehmann(old, new):
    """(shift, low, high): the median of all differences new - old, and its interval of CONFIDENCE."""
    differences = sorted(b - a for a in old for b in new)
    cut = min(_cut_off(len(old), len(new)), (len(differences) - 1) // 2)
    return median(differences), differences[cut], differences[-1 - cut]


# ---- comparing two builds

def interleaved(a, b, count, rng=random):
    """In which order to measure `count` times each: blocks of two and two, in random order, so that what drifts moves both alike, and
    what comes back every so many boots hardly ever meets the same one. Of few blocks it could, so few boots are one block: every
    order is as likely, as permutations of them take it, whatever the host does."""
    half = 2 if count >= BLOCKS_FROM else count
    order = []
    while len(order) < 2 * count:
        block = [a, b] * min(half, count - len(order) // 2)
        rng.shuffle(block)
        order += block
    return order


@dataclass(frozen=True)
class Difference:
    """One benchmark of two builds. Changes are parts of the old number: 0.03 is 3 % more."""

    id: str
    old: float  # None: it is new
    new: float  # None: it is gone
    change: float  # None where there is nothing to compare with
    low: float
    high: float
    p: float  # of the shift, adjusted for the number of benchmarks; None: exact, or too few boots to say anything
    verdict: str  # same, better, worse, unclear, new, gone
    modes: tuple = ()  # permutation.Mode: boots far from the rest that are more on one side


def _part(of, whole):
    """`of` as a part of `whole`; where whole is 0, 0 or a sign without size."""
    return of / whole if whole else (math.copysign(math.inf, of) if of else 0.0)


def _one_sided(benchmark, old, new):
    verdict = "new" if old is None else "gone"
    return Difference(benchmark, old, new, None, None, None, None, verdict)


def compare_exact(old, new):
    """Differences of two {id: number}, in the order of `new`, then what is gone."""
    found = []
    for benchmark in [*new, *(b for b in old if b not in new)]:
        a, b = old.get(benchmark), new.get(benchmark)
        if a is None or b is None:
            found.append(_one_sided(benchmark, a, b))
            continue
        change = _part(b - a, a)
        verdict = "same" if a == b else "worse" if b > a else "better"
        found.append(Difference(benchmark, a, b, change, change, change, None, verdict))
    return found


def shift(old, new):
    """(change, low, high) of Hodges and Lehmann, as parts of the old median."""
    return tuple(_part(d, median(old)) for d in hodges_lehmann(old, new))


def leaves_out_zero(low, high):
    """No change at all lies outside of the interval."""
    return low > 0 or high < 0


def _noisy_verdict(change, low, high, judged, least):
    """`unclear`: nothing is decided, and the interval has room for three times what would count, or none for no change at all."""
    counts = abs(change) >= least and leaves_out_zero(low, high)
    verdicts = {mode.verdict() for mode in judged.modes}
    if judged.moved and counts:
        verdicts.add("worse" if change > 0 else "better")
    if verdicts:
        return max(verdicts)  # worse, if one is
    return "unclear" if counts or max(abs(low), abs(high)) > 3 * least else "same"


def decides(old, new):
    """There are boots enough for a verdict; None: a boot without this number."""
    return min(sum(v is not None for v in side) for side in (old, new)) >= permutation.FEWEST


def _noisy(benchmark, old, new, judged, least):
    """judged: None where there are too few boots."""
    old, new = ([v for v in side if v is not None] for side in (old, new))
    change, low, high = shift(old, new)
    if judged is None:
        return Difference(benchmark, median(old), median(new), change, None, None, None, "unclear")
    verdict = _noisy_verdict(change, low, high, judged, least)
    return Difference(benchmark, median(old), median(new), change, low, high, judged.p, verdict, judged.modes)


def differ(old, new, alpha, least=MIN_EFFECT):
    """permutation.Judged where the two are told from each other, else None."""
    judged, = permutation.judge([(old, new)], least, alpha)
    return judged if _noisy_verdict(*shift(old, new), judged, least) in ("worse", "better") else None


def compare_noisy(old, new, least=MIN_EFFECT):
    """Differences of two {id: [a number of each boot, or None]}, the boots in the same order for all."""
    both = [b for b in new if any(v is not None for v in old.get(b, ())) and any(v is not None for v in new[b])]
    enough = [b for b in both if decides(old[b], new[b])]
    judged = dict(zip(enough, permutation.judge([(old[b], new[b]) for b in enough], least)))
    found = []
    for benchmark in [*new, *(b for b in old if b not in new)]:
        if benchmark in both:
            found.append(_noisy(benchmark, old[benchmark], new[benchmark], judged.get(benchmark), least))
            continue
        known = [[v for v in side.get(benchmark, ()) if v is not None] for side in (old, new)]
        found.append(_one_sided(benchmark, *(median(side) if side else None for side in known)))
    return found
