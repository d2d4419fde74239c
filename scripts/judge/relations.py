"""What the numbers of one run under tcg say about one another, whatever the baseline: another address space costs more than the
same one, a round trip is its two ways, and half of the samples are alike. A benchmark that measures less than its name says, or now
one thing and now another, breaks that.
"""
from fnmatch import fnmatchcase

from scripts.judge import agreement
from scripts.judge.gate_compare import phase_room
from scripts.records import record

# How many times the way from the first reading of the clock to the second enters another address space; each time is at
# least the instruction that loads CR3.
SWITCHES = (("ipc.round_trip/*", 2), ("ipc.long/*", 2), ("signal.wake/*", 2), ("signal.ping_pong/*", 2), ("fault.page/*", 2),
            ("*", 1))
# Its middle sample depends on where in its loop the spinning thread most often is; the least does not: the samples go through
# all places of the loop (bench/irq_latency.c).
LEAST_ONLY = "irq.latency/*"


def _switches(benchmark):
    return next(count for pattern, count in SWITCHES if fnmatchcase(benchmark, pattern))


def _other_space(benchmark):
    """The id of the same benchmark in two address spaces, or None."""
    parts = benchmark.split("/")
    return "/".join("cross" if p == "same" else p for p in parts) if "same" in parts else None


def _spaces(known):
    for same, numbers in known.items():
        cross = _other_space(same)
        if cross not in known:
            continue
        least, why = _switches(cross), None
        for number in ("min",) if fnmatchcase(cross, LEAST_ONLY) else ("min", "median"):
            more = known[cross][number] - numbers[number]
            if more < least:
                why = (f"{number} {known[cross][number]} is {more:+d} to the {numbers[number]} of {same}, and going into "
                       f"another address space {least} times takes +{least} at least")
        yield f"spaces/{cross}", why


def _round_trips(known):
    for both, numbers in known.items():
        ways = [both.replace("round_trip", way) for way in ("call", "reply_recv")]
        if not both.startswith("ipc.round_trip/") or not all(way in known for way in ways):
            continue
        parts = [known[way]["median"] for way in ways]
        right = numbers["median"] == sum(parts) + agreement.RESULT
        told = f"{numbers['median']} is not {parts[0]} (call) + {parts[1]} (reply_recv) + {agreement.RESULT} (the server's own)"
        yield f"sum/{both}", None if right else told


def _alike(known):
    """The middle sample of two kinds that come about equally often is a toss-up, which one more tick in the run decides anew."""
    for benchmark, numbers in known.items():
        spread, room = numbers["q3"] - numbers["q1"], phase_room(benchmark)
        why = f"a quarter of its samples is {numbers['q1']} or less, a quarter {numbers['q3']} or more: the same work every time?"
        yield f"alike/{benchmark}", why if spread > room else None


def compare(run):
    """(name, what is wrong or None) for each pair of address spaces, each sum and each benchmark. Cold caches do not matter to counts."""
    known = {name: numbers for name, numbers in record.by_id(run).items() if not name.endswith("/cold")}
    yield from _spaces(known)
    yield from _round_trips(known)
    yield from _alike(known)
