"""Since when a number is a different one: the steps in the histories of a suite, one number per run and benchmark.

In instructions every difference is a step. Cycles remember: a host's clock, its neighbours and its heat last for many runs, so
that two stretches of a history differ where nobody changed anything. A step of a noisy history is one that

- the benchmark has for itself: what moved all benchmarks of a run alike is taken out first (hostpart.py), and a step must be
  larger than what moved the others there. What many have at one place is the host's, and no commit's, and so is what happens
  where most of the others move, each another way;
- the series does not make by itself (changepoints.py);
- is of at least MIN_EFFECT, and of more than a tick of the clock, which rounding makes of anything.

Where a run has too few benchmarks to know its host by them, only what is larger than a host's whims counts (ALONE).
"""
import math
from dataclasses import dataclass, replace
from functools import reduce
from statistics import median

from scripts.judge import changepoints, hostpart, stats
from scripts.judge.changepoints import MIN_SEGMENT

ALONE = 0.25  # of the old number: frequencies and neighbours move it by that much
LASTS = 10  # runs: of what the host does, and of what may be the host's, less is a neighbour that comes and goes
DISTINCT = 20  # numbers that say what the clock's tick is: fewer have a divisor by chance
TICKS = 1.25  # a level is a median of whole ticks: one more is what rounding makes
WHIM = 1.5  # times how far the middle one of all goes: where they remember much, they do less than this by themselves
MISFIT = 0.5  # of what moved the others from one level to the other: a benchmark's share of it may be wrong by this much
SHARED, ALIKE = 0.25, 0.5  # of the benchmarks, of the step: where this many go this far it is the host's
STIRRED = 3.0  # times as far as usual: where the middle one of all others goes this far, their host did something
LONE = 0.1  # of the benchmarks with steps, each for itself: that is no row of commits
GROUP = 3  # benchmarks that one commit moves together
NEAR = 2  # runs: places that are the same one


@dataclass(frozen=True)
class Step:
    """From series[index] on the number is a different one."""

    index: int
    change: float  # a part of the old number, without what the host did meanwhile: 0.03 is 3 % more
    host: bool  # what many benchmarks have there: no commit's


def _tick(histories):
    """The clock's step: what all whole numbers are multiples of. 0: they are not whole."""
    known = {v for series in histories for v in series if v is not None}
    if any(v != int(v) for v in known):
        return 0
    return reduce(math.gcd, map(int, known)) if len(known) >= DISTINCT else 1


def _part(logarithm):
    return math.exp(logarithm) - 1


def _lasts(start, cut, end):
    return min(cut - start, end - cut) >= LASTS


def _rest(logs, others):
    """What a history has for itself; others: what its host did, or None."""
    share = hostpart.slope(logs, others) if others else 0.0
    return [v - share * o for v, o in zip(logs, others)] if others else logs


def _own_cuts(logs, others, rest, tick, least, memory):
    """[(place, logarithm of the change)] of a history without gaps."""
    least = max(least, math.log(1 + (stats.MIN_EFFECT if others else ALONE)))

    def moved(start, cut, end):
        """How far the others went there, near the place or from one level to the other."""
        near = median(others[cut:cut + MIN_SEGMENT]) - median(others[max(0, cut - MIN_SEGMENT):cut])
        return max(abs(near), abs(median(others[cut:end]) - median(others[start:cut])) * MISFIT)

    def counts(start, cut, end, step):
        ticks = abs(_part(step)) * math.exp(median(logs[start:cut])) / tick if tick else math.inf
        return abs(step) >= least and ticks >= TICKS and (abs(step) > moved(start, cut, end) if others else _lasts(start, cut, end))

    if not rest:
        return []
    cuts = changepoints.cuts(rest, counts, memory if others else 1.0)
    middles = [median(rest[a:b]) for a, b in zip([0, *cuts], [*cuts, len(rest)])]
    return [(cut, new - old) for cut, old, new in zip(cuts, middles, middles[1:])]


def _exact(series):
    known = [(i, v) for i, v in enumerate(series) if v is not None]
    return [Step(i, (new - old) / old if old else math.copysign(math.inf, new - old), False)
            for (_, old), (i, new) in zip(known, known[1:]) if new != old]


def _host_steps(host):
    """Where the host itself changed. Its history is a median over many, which has no ticks."""
    places = [i for i, value in enumerate(host) if value is not None]
    known = [host[i] for i in places]
    cuts = changepoints.cuts(known, lambda start, cut, end, step: abs(step) >= math.log(1 + stats.MIN_EFFECT) and _lasts(start, cut, end))
    return [places[cut] for cut in cuts]


def _near(step, places):
    return any(abs(step.index - place) <= NEAR for place in places)


def _sharing(step, found):
    """How many benchmarks have a step there, in this direction."""
    return sum(any(abs(s.index - step.index) <= NEAR and (s.change > 0) == (step.change > 0) for s in steps) for steps in found.values())


def _whims(found):
    """How large a step of one benchmark alone must be where many take steps, each for itself: what they do without a commit,
    this one may do, too."""
    lone = {name: those for name, steps in found.items() if (those := [s for s in steps if _sharing(s, found) < GROUP])}
    many = len(lone) >= max(GROUP, LONE * len(found))
    return 2 * median(abs(s.change) for steps in lone.values() for s in steps) if many else 0.0


def _move(rest, place):
    """How far a benchmark, {run: number}, goes there by itself; None: it has no runs on one side."""
    before, after = ([rest[i] for i in range(at, at + MIN_SEGMENT) if i in rest] for at in (place - MIN_SEGMENT, place))
    return median(after) - median(before) if before and after else None


class _Moves:
    """How far each benchmark goes where, of what it has for itself."""

    def __init__(self, rests):
        self.rests, self._usual = rests, {}

    def at(self, place):
        """{benchmark: how far}"""
        return {name: move for name, rest in self.rests.items() if (move := _move(rest, place)) is not None}

    def usual(self, name):
        """The middle one of how far it goes anywhere."""
        if name not in self._usual:
            places = range(MIN_SEGMENT, max(self.rests[name], default=0) + 1 - MIN_SEGMENT, 2)
            far = [abs(move) for place in places if (move := _move(self.rests[name], place)) is not None]
            self._usual[name] = median(far) if far else 0.0
        return self._usual[name]

    def is_stirred(self, name, step):
        """Whether all others move there as they seldom do, up or down, and some of them as far: a host does several things at a
        time, and each benchmark feels another mixture of them."""
        others = {other: abs(move) for other, move in self.at(step.index).items() if other != name}
        if len(others) < hostpart.WITNESSES:
            return False
        unusual = sum(far > STIRRED * self.usual(other) for other, far in others.items())
        return unusual > len(others) / 2 and abs(math.log1p(step.change)) <= WHIM * sorted(others.values())[-GROUP]

    def sharing(self, step):
        """How many go nearly as far there, in the same direction."""
        return sum(move / math.log1p(step.change) >= ALIKE for move in self.at(step.index).values())


def _judged(found, rests):
    """The steps, and which of them are not one benchmark's own: many moved there, or many take steps, each for itself."""
    whims, moves = _whims(found), _Moves(rests)

    def host(name, step):
        lone = _sharing(step, found) < GROUP
        return (moves.sharing(step) >= max(GROUP - 1, SHARED * len(rests)) or lone and abs(step.change) <= whims
                or moves.is_stirred(name, step))

    return {name: [replace(s, host=host(name, s)) for s in steps] for name, steps in found.items()}


def _with_host(logs, own, places):
    """A benchmark's own steps, and the host's where these moved it; what lies at one of the host's is the host's."""
    kept = [step for step in own if step.host or not _near(step, places)]
    more = [place for place in places if not any(_near(step, [place]) for step in kept)]
    bounds = sorted([0, *more, *(step.index for step in kept), len(logs)])
    for start, place, end in zip(bounds, bounds[1:], bounds[2:]):
        before, after = ([v for v in logs[a:b] if v is not None] for a, b in ((start, place), (place, end)))
        if place in more and before and after:
            change = _part(median(after) - median(before))
            kept += [Step(place, change, True)] if abs(change) >= stats.MIN_EFFECT else []
    return sorted(kept, key=lambda step: step.index)


def _range(values):
    """How far a history goes, without its farthest tenths."""
    order = sorted(values)
    return order[-1 - len(order) // 10] - order[len(order) // 10]


def _memory_and_range(rests):
    """What the middle one of all benchmarks remembers, and how far it goes. Where too few are long enough to tell: all, and nowhere."""
    long = [values for values in rests if len(values) >= 2 * MIN_SEGMENT]
    return (median(map(changepoints.memory, long)), median(map(_range, long))) if len(long) > hostpart.WITNESSES else (1.0, 0.0)


def _own_steps(known, others, rest, tick):
    """{benchmark: [(place, logarithm of the change)]} of what each has for itself."""
    memory, far = _memory_and_range([rest[name] for name in rest if others[name]])
    least = WHIM * far if memory > changepoints.MUCH else 0.0
    return {name: _own_cuts(known[name], others[name], rest[name], tick, least, memory) for name in known}


def of_suite(histories, exact=False):
    """{benchmark: [Step]}, oldest first. `histories`: {benchmark: [a number of each run, or None]}, all of the same runs."""
    if exact:
        return {name: _exact(series) for name, series in histories.items()}
    logs = {name: hostpart.logarithms(series) for name, series in histories.items()}
    runs, places = hostpart.Runs(logs), {name: [i for i, v in enumerate(series) if v is not None] for name, series in logs.items()}
    known = {name: [logs[name][i] for i in places[name]] for name in logs}
    others = {name: None if None in seen else seen for name in logs for seen in [runs.seen_from(name)]}
    rest = {name: _rest(known[name], others[name]) for name in logs}
    found = {name: [Step(places[name][cut], _part(change), False) for cut, change in steps]
             for name, steps in _own_steps(known, others, rest, _tick(histories.values())).items()}
    if len(found) > hostpart.WITNESSES:
        found = _judged(found, {name: dict(zip(places[name], rest[name])) for name in logs})
    host = _host_steps(runs.all())
    return {name: _with_host(logs[name], steps, host) for name, steps in found.items()}


def levels(series, steps):
    """[(first index, index after the last, level)] between the steps, for step lines."""
    starts = [0, *(step.index for step in steps)]
    return [(a, b, median(known)) for a, b in zip(starts, [*starts[1:], len(series)])
            if (known := [v for v in series[a:b] if v is not None])]
