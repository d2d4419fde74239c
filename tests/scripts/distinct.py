"""Records in which every number is different: so a column that shows the wrong one is seen."""
from tests.scripts.support import make_record

SINGLE, FAST, SLOW = "syscall.null", "ipc.call/cross/fast/8w", "ipc.call/cross/slow/8w"
COLD_FAST, COLD_SLOW = f"{FAST}/cold", f"{SLOW}/cold"
# No two of all these are alike, nor two ratios of medians.
STATISTICS = ("min", "q1", "median", "q3", "p99", "max")
TABLE = {
    SINGLE: (101, 113, 127, 139, 151, 163),
    FAST: (211, 223, 241, 251, 263, 277),
    SLOW: (811, 823, 839, 853, 863, 877),
    COLD_FAST: (1511, 1523, 1543, 1559, 1571, 1583),
    COLD_SLOW: (3011, 3023, 3041, 3061, 3079, 3089),
}
MEANS = {SINGLE: 130.25, FAST: 244.75, SLOW: 842.5, COLD_FAST: 1547.125, COLD_SLOW: 3047.375}
COUNTS = {name: 21 + i for i, name in enumerate(TABLE)}


def numbers(name, more=0):
    found = {key: value + more for key, value in zip(STATISTICS, TABLE[name])}
    return {**found, "mean": MEANS[name] + more, "n": COUNTS[name]}


def make(names=tuple(TABLE), backend="kvm", number=0, more=0, **changes):
    """A record of these; `more` is added to each number."""
    run = make_record({name: TABLE[name][2] for name in names}, backend, number, **changes)
    for benchmark in run["benchmarks"]:
        benchmark.update(numbers(benchmark["id"], more))
    return run
