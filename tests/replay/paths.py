"""Which fast paths a run took: by the places in the kernel from which ring 3 went on."""
from bisect import bisect
from collections import Counter

from tests.model.numbers import ABI
from tests.replay.machine import variant_of

BEGINS = "fast_"
ENDS_IN = {("reply_extended", ABI.calls["CALL"].number): "call_extended"}  # which has its last instructions there


def taken(names, ways):
    """How often each was taken to its end. ways: how often ring 3 went on from each place, where such a call was the last; what is none
    of a fast path is C's."""
    known, found = sorted((at, name) for name, at in names.items()), Counter()
    for (place, call), times in ways.items():
        name = known[bisect(known, (place, "~")) - 1][1].split(".")[0]
        name = name.removesuffix(variant_of(name))
        name = name.removeprefix(BEGINS) if name.startswith(BEGINS) else "C"
        found[ENDS_IN.get((name, call), name)] += times
    return found


def told(counts):
    return ", ".join(f"{name} {times}" for name, times in sorted(counts.items(), key=lambda item: -item[1]))
