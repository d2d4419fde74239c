"""The benchmarks of cold caches do the same as those of warm ones: under TCG, which has no caches, each must take as many
instructions as the one without /cold, on both paths. And there they run only if asked for.

Prints "ok <name>" or "not ok <name>: why" for each; exit code 0 all passed, 1 something failed.
"""
from scripts.machine import measure
from scripts.source.image import built_image
from tests.verdict import run_checks

COLD = "/cold"
PATTERN, EXPECTED = "ipc.*/8w*", 12  # of cold caches


def _measure(cold, samples):
    logs = measure.both_paths(built_image(), "tcg", None, PATTERN, samples, progress=measure.Progress(brief=True), cold=cold)
    return {r["id"]: r for log in logs for r in log.results}, [log.cold for log in logs]


def _compare(numbers):
    """Name and complaint, or None, for each benchmark of cold caches."""
    for name, result in numbers.items():
        if name.endswith(COLD):
            # Not the most: a tick may fall into a sample of either.
            cold, warm = ([n[k] for k in ("min", "median")] for n in (result, numbers[name.removesuffix(COLD)]))
            yield name, None if cold == warm else f"min and median are {cold}, of warm caches {warm}"


def _checks():
    numbers, evicted = _measure("on", 10)
    found = list(_compare(numbers))
    yield from found
    yield "cold/all", None if len(found) == EXPECTED else f"{len(found)} benchmarks, not {EXPECTED}"
    yield "cold/evicted", None if all(e and e["walk"] >= 2 * e["cache"] and e["pages"] and e["code"] for e in evicted) else str(evicted)
    numbers, evicted = _measure("auto", 1)
    asked = [name for name in numbers if name.endswith(COLD)]
    yield "cold/not_under_tcg", None if numbers and not asked and not any(evicted) else f"they were measured: {asked or evicted}"


if __name__ == "__main__":
    run_checks(__doc__, _checks)
