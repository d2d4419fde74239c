"""Which fast paths a run took: by the places in the kernel from which ring 3 went on."""
from bisect import bisect
from collections import Counter

from tests.replay.machine import variant_of

BEGINS = "fast_"


def taken(names, ways):
    """How often each was taken to its end. ways: how often ring 3 went on from each place; what is none of a fast path is C's."""
    known, found = sorted((at, name) for name, at in names.items()), Counter()
    for place, times in ways.items():
        name = known[bisect(known, (place, "~")) - 1][1].split(".")[0]
        name = name.removesuffix(variant_of(name))
        found[name.removeprefix(BEGINS) if name.startswith(BEGINS) else "C"] += times
    return found


def told(counts):
    return ", ".join(f"{name} {times}" for name, times in sorted(counts.items(), key=lambda item: -item[1]))
