"""A benchmark's way through the runs of a history, in numbers: where it began, its steps, where it is."""
import math
from dataclasses import dataclass

from scripts.judge import changes
from scripts.records import record


@dataclass(frozen=True)
class Stage:
    """A step of it: from that run on another number."""

    run: dict
    old: float
    new: float
    change: float  # a part of the old number
    host: bool     # what many benchmarks have there: no commit's


@dataclass(frozen=True)
class Trail:
    id: str
    values: tuple  # a median for each run, or None
    stages: tuple

    @property
    def now(self):
        return self.values[-1]

    @property
    def own(self):
        return [s for s in self.stages if not s.host]

    @property
    def accumulated(self):
        """What the steps make together, as a part of the first number; None where that was 0."""
        whole = math.prod(1 + stage.change for stage in self.own) - 1
        return whole if math.isfinite(whole) else None


def _stages(runs, values, steps):
    levels = changes.levels(list(values), steps)
    return tuple(Stage(runs[step.index], old, new, step.change, step.host)
                 for step, (_, _, old), (_, _, new) in zip(steps, levels, levels[1:]))


def trails(runs, steps):
    """Those of the last run's benchmarks, in its order. steps: {benchmark: [changes.Step]} of the runs."""
    numbers = [record.by_id(run) for run in runs]
    found = []
    for benchmark in numbers[-1]:
        values = tuple(found_in[benchmark]["median"] if benchmark in found_in else None for found_in in numbers)
        found.append(Trail(benchmark, values, _stages(runs, values, steps[benchmark])))
    return found
