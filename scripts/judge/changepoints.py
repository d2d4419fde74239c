"""Where a series becomes another one, although it remembers, drifts, walks or comes back every few runs by itself.

A step is compared with what the series does without one: the ratio of its square to how far the running sums on either side of
it wander (self-normalised, after Shao and Zhang). Memory makes both large, so no model of it is needed, and none is guessed
from a few runs. How large the ratio must be was measured, with the search for the place in it (docs/measuring.md). A step is
also sudden: a slope has no place.
"""
import math
from statistics import median

from scripts.judge import stats

MIN_SEGMENT = 5  # runs: fewer are a bad hour, not a change
PENALTY = 2.0  # for each further segment, in variances of the ranks times the logarithm of the length
RANK_ALPHA = 0.002  # of a rank test of the two sides: no more than a guard where few distinct numbers have no scale
SOFT = 0.2  # of the step may lie elsewhere than between the MIN_SEGMENT runs before it and those after it
SLOPE = 0.5  # of the step may lie between the halves of one side
STRAY = 6  # one in this many runs of a short side may be on the wrong side of a step
# The ratio that is needed. A random walk, the worst case, exceeds STRONG once in 200 histories; what does not remember
# exceeds WEAK as rarely. Memory between LITTLE and MUCH needs what lies between.
WEAK, STRONG, LITTLE, MUCH = 150.0, 400.0, 0.1, 0.4


# ---- candidates

def _partition(values):
    """Cuts of the cheapest partition of the ranks: squares within the segments, and a penalty for each segment.

    What PELT finds, by the plain recursion that PELT prunes: histories are short."""
    n = len(values)
    ranks = stats.midranks(values)
    sums, squares = [0.0], [0.0]
    for rank in ranks:
        sums.append(sums[-1] + rank)
        squares.append(squares[-1] + rank * rank)
    penalty = PENALTY * math.log(n) * (squares[n] - sums[n]**2 / n) / n
    best, last = [-penalty] + [math.inf] * n, [0] * (n + 1)
    for end in range(MIN_SEGMENT, n + 1):
        for start in (0, *range(MIN_SEGMENT, end - MIN_SEGMENT + 1)):
            inner = squares[end] - squares[start] - (sums[end] - sums[start])**2 / (end - start)
            if best[start] + inner + penalty < best[end]:
                best[end], last[end] = best[start] + inner + penalty, start
    cuts, end = [], n
    while last[end] > 0:
        end = last[end]
        cuts.append(end)
    return cuts[::-1]


def _split(values, offset=0):
    """Partitions, and partitions the segments again: their own ranks show steps that a larger one had hidden."""
    if len(values) < 2 * MIN_SEGMENT:
        return []
    cuts = _partition(values)
    found = [offset + c for c in cuts]
    for start, end in zip([0, *cuts], [*cuts, len(values)]):
        found += _split(values[start:end], offset + start) if cuts else []
    return sorted(found)


def _misfit(values, start, cut, end):
    """How far all numbers are from the levels that a cut there would have."""
    return sum(abs(v - middle) for part in (values[start:cut], values[cut:end]) for middle in [median(part)] for v in part)


def _settled(values, start, cut, end):
    """The cut moved to where the numbers themselves part best: ranks know only which is larger."""
    near = range(max(start + MIN_SEGMENT, cut - MIN_SEGMENT + 1), min(end - MIN_SEGMENT + 1, cut + MIN_SEGMENT))
    return min(near, key=lambda place: (_misfit(values, start, place, end), abs(place - cut)))


# ---- how sure

def _clipped(part):
    """Deviations from the median; the farthest tenth, where it is far, counts as the next farthest does."""
    middle = median(part)
    far = sorted(abs(v - middle) for v in part)
    limit = max(6 * far[len(far) // 2], far[-1 - len(far) // 10])
    return middle, [min(max(v - middle, -limit), limit) for v in part]


def _wander(deviations):
    """(their mean, the sum of the squares of their running sums about it, the products of neighbours, the squares)."""
    mean = sum(deviations) / len(deviations)
    rest = [d - mean for d in deviations]
    running, total = 0.0, 0.0
    for value in rest:
        running += value
        total += running * running
    return mean, total, sum(a * b for a, b in zip(rest, rest[1:])), sum(a * a for a in rest)


def _ratio(left, right):
    """(the step against what both sides do by themselves, how much each run remembers of the one before it)."""
    (low, a), (high, b) = _clipped(left), _clipped(right)
    (mean_a, wander_a, near_a, all_a), (mean_b, wander_b, near_b, all_b) = _wander(a), _wander(b)
    n, step = len(a) + len(b), (high + mean_b) - (low + mean_a)
    wander = wander_a + wander_b
    ratio = (len(a) * len(b) * step)**2 / (n * wander) if wander > 0 else math.inf if step else 0.0
    return ratio, (near_a + near_b) / (all_a + all_b) if all_a + all_b > 0 else 0.0


def memory(values):
    """How much each run remembers of the one before it: about 0 where it remembers nothing, below 1."""
    _, _, near, all_ = _wander(_clipped(values)[1])
    return near / all_ if all_ > 0 else 0.0


def _is_sudden(values, start, cut, end, step):
    """Nearly all of it lies between the runs before and after the place, and neither side moves that way by itself."""
    before, after = values[max(start, cut - MIN_SEGMENT):cut], values[cut:min(end, cut + MIN_SEGMENT)]
    jitter = median(abs(b - a) for a, b in zip(values[start:end], values[start + 1:end]))
    if abs(step - (median(after) - median(before))) > SOFT * abs(step) + jitter:
        return False
    halves = [(side[:len(side) // 2], side[-(len(side) // 2):]) for side in (values[start:cut], values[cut:end])]
    return all(abs(median(late) - median(early)) < SLOPE * abs(step) for early, late in halves)


def _parts(left, right):
    """A short side is one level and not two: nearly all of its runs are nearer to it than to the other side's."""
    low, high = median(left), median(right)
    return all(len(side) >= 2 * MIN_SEGMENT or sum(abs(v - other) < abs(v - own) for v in side) <= len(side) // STRAY
               for side, own, other in ((left, low, high), (right, high, low)))


def _needed(remembered):
    share = min(max((remembered - LITTLE) / (MUCH - LITTLE), 0), 1)
    return WEAK * (STRONG / WEAK)**share


def _strength(values, start, cut, end, counts, suite_memory):
    """(how sure the cut is, in units of what is needed, or 0 where it is none whatever its size; the bare ratio)."""
    left, right = values[start:cut], values[cut:end]
    step = median(right) - median(left)
    ratio, remembered = _ratio(left, right)
    may_be = step and counts(start, cut, end, step) and _is_sudden(values, start, cut, end, step) and _parts(left, right)
    sure = ratio / _needed(max(suite_memory, remembered))
    return (sure if may_be and stats.mann_whitney(left, right) < RANK_ALPHA else 0.0), ratio


def cuts(values, counts, suite_memory=1.0):
    """The places of the steps in a series: the weakest of all that may be one is taken out until each is sure.

    counts(start, cut, end, step): whether the step at cut, between these neighbours, deserves to be one.
    suite_memory: what series of the same host remember as a rule. This one's own runs are too few to show that it is little."""
    bounds = [0, *_split(values), len(values)]
    while len(bounds) > 2:
        for i in range(1, len(bounds) - 1):
            bounds[i] = _settled(values, *bounds[i - 1:i + 2])
        rows = [_strength(values, *three, counts, suite_memory) for three in zip(bounds, bounds[1:], bounds[2:])]
        weakest = min(range(len(rows)), key=rows.__getitem__)
        if rows[weakest][0] >= 1:
            break
        del bounds[weakest + 1]
    return bounds[1:-1]
