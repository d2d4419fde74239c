"""The two sides of a comparison, each with the numbers of its boots, and the verdict on each benchmark."""
from dataclasses import dataclass, field, replace

from scripts.judge import permutation, stats
from scripts.judge.gate_compare import phase_room
from scripts.records import record


@dataclass
class Side:
    """One of the two: what it is, its image (or the record that stands for it), and what its boots measured."""

    name: str  # for people
    commit: str
    dirty: bool = False
    image: object = None
    boots: list = field(default_factory=list)  # of {id: {"median": .., "min": ..}}
    refused: dict = field(default_factory=dict)  # id: why
    notes: list = field(default_factory=list)  # for people

    def add(self, benchmarks, refused=()):
        self.boots.append({b["id"]: {"median": b["median"], "min": b["min"]} for b in benchmarks})
        self.refused.update({r["id"]: r["why"] for r in refused})

    def values(self, benchmark, number="median"):
        """One for each boot; None where it was refused."""
        return [boot[benchmark][number] if benchmark in boot else None for boot in self.boots]

    def known(self, benchmark):
        """How many boots have a number."""
        return sum(v is not None for v in self.values(benchmark))

    def ids(self):
        return list(dict.fromkeys(i for boot in self.boots for i in boot))


@dataclass(frozen=True)
class _Recorded:
    """The image that a record names."""

    digest: str

    def sha256(self):
        return self.digest


def recorded(side):
    """The Side that a record of a comparison (scripts/records/comparison.py) holds."""
    image = _Recorded(side["image_sha256"]) if side["image_sha256"] else None
    return Side(side["commit"][:10] + ("+" if side["dirty"] else ""), side["commit"], side["dirty"], image, side["boots"], side["refused"])


def _exact(old, new):
    """By the medians; a minimum that moved where the median did not has a row of its own, as the gate holds both."""
    medians = [{i: side.values(i)[0] for i in side.ids()} for side in (old, new)]
    found = [_without_phase(d) for d in stats.compare_exact(*medians)]
    for benchmark in [d.id for d in found if d.verdict == "same"]:
        least = [{f"{benchmark} (min)": side.values(benchmark, "min")[0]} for side in (old, new)]
        found += [d for d in map(_without_phase, stats.compare_exact(*least)) if d.verdict != "same"]
    return found


def _without_phase(d):
    """Where the phase of an interrupt alone can move a number, the gate gives it that room, and so do we."""
    in_room = d.change is not None and abs(d.new - d.old) <= phase_room(d.id)
    return replace(d, verdict="same") if in_room else d


def _noisy(old, new):
    return stats.compare_noisy(*({i: side.values(i) for i in side.ids()} for side in (old, new)))


def _or_refused(d, old, new):
    """What a side refused in every boot is neither new nor gone; what only the new one refuses in too many is not compared."""
    refused = d.verdict == "gone" and d.id in new.refused or d.verdict == "new" and d.id in old.refused
    if d.change is not None and d.low is None and d.id in new.refused:
        refused = old.known(d.id) >= permutation.FEWEST
    return replace(d, verdict="refused") if refused else d


def judged(backend, old, new):
    """stats.Difference of each benchmark."""
    exact = record.UNITS[backend] == "instructions"
    return [_or_refused(d, old, new) for d in (_exact if exact else _noisy)(old, new)]
