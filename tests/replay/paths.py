"""Which fast paths a run took: by the places in the kernel from which ring 3 went on."""
from bisect import bisect
from collections import Counter

from tests.model.numbers import ABI
from tests.replay.machine import variant_of

BEGINS, NULL = "fast_", "syscall_entry"  # where the call that does nothing has its end, too
ENDS_IN = {("reply_extended", ABI.calls["CALL"].number): "call_extended"}  # which has its last instructions there


def places(names):
    """What name_at() takes."""
    return sorted((at, name) for name, at in names.items())


def name_at(known, place, call):
    """Of the path that led to ring 3 from there, when such a call was the last; "C": of none."""
    name = known[bisect(known, (place, "~")) - 1][1].split(".")[0]
    name = name.removesuffix(variant_of(name))
    name = "null" if name == NULL else name.removeprefix(BEGINS) if name.startswith(BEGINS) else "C"
    return ENDS_IN.get((name, call), name)


def taken(names, ways):
    """How often each was taken to its end. ways: how often ring 3 went on from each place, where such a call was the last."""
    known, found = places(names), Counter()
    for (place, call), times in ways.items():
        found[name_at(known, place, call)] += times
    return found


def told(counts):
    return ", ".join(f"{name} {times}" for name, times in sorted(counts.items(), key=lambda item: -item[1]))
