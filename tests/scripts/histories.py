"""Made-up histories of suites on hosts of many kinds, for the tests of change points. Like noise.py, it shares no code with
them. A host says by which part everything in a run takes longer; what a benchmark does besides is its own."""
import math

from tests.scripts import noise


def _walk(rng, runs, spread):
    value, found = 0.0, []
    for _ in range(runs):
        value += rng.gauss(0, spread)
        found.append(value)
    return found


def _wave(rng, runs, spread):
    period, phase = rng.choice((4, 8, 14, 30, 60)), rng.uniform(0, 7)
    return [spread * math.sin(2 * math.pi * i / period + phase) for i in range(runs)]


def _curve(rng, runs, spread):
    """Slowly, then faster, then slowly again, from one level to another; from a tenth to nine tenths of it in nine runs at least."""
    middle, width = rng.uniform(0.2, 0.8) * runs, max(4.0, rng.uniform(0.05, 0.3) * runs)
    return [spread / (1 + math.exp(2 * (middle - i) / width)) for i in range(runs)]


def _sticky(gap, stay):
    return lambda rng, runs: [a + b for a, b in zip(noise.states(rng, runs, gap, stay), noise.wander(rng, runs, 0.3, 0.002))]


def _kind(kind):
    return lambda rng, runs: noise.host(rng, runs, kind)


HOSTS = {
    **{kind: _kind(kind) for kind in noise.HOSTS},
    "two sticky states 4 % apart": _sticky(0.04, 0.95),
    "states that change often": _sticky(0.04, 0.8),
    "autocorrelation 0.9": lambda rng, runs: noise.wander(rng, runs, 0.9, 0.02),
    "smooth drift of 10 %": lambda rng, runs: [0.1 * i / runs for i in range(runs)],
    "walk": lambda rng, runs: _walk(rng, runs, 0.005),
    "wave": lambda rng, runs: _wave(rng, runs, 0.03),
    "curve": lambda rng, runs: _curve(rng, runs, 0.1),
}
# What each benchmark may do by itself, without a host that all share.
ALONE = {
    "autocorrelation 0.9": lambda rng, runs: noise.wander(rng, runs, 0.9, 0.02),
    "walk": lambda rng, runs: _walk(rng, runs, 0.01),
    "walk with noise": lambda rng, runs: [v + rng.gauss(0, 0.01) for v in _walk(rng, runs, 0.01)],
    "ramp": lambda rng, runs: [0.1 * i / runs + rng.gauss(0, 0.003) for i in range(runs)],
    "curve": lambda rng, runs: [v + rng.gauss(0, 0.003) for v in _curve(rng, runs, 0.1)],
    "wave": lambda rng, runs: [v + rng.gauss(0, 0.003) for v in _wave(rng, runs, 0.02)],
    "heavy tails": lambda rng, runs: [0.01 * noise.heavy(rng) for _ in range(runs)],
    "few distinct numbers": lambda rng, runs: [rng.choice((0, 0, 0, 0.04)) for _ in range(runs)],
    "states that change often": lambda rng, runs: [v + rng.gauss(0, 0.002) for v in noise.states(rng, runs, 0.04, 0.8)],
}


def suite(rng, host, runs, names, step=None):
    """{name: numbers}. step (place, part): from there on benchmark 0 costs that much more; it has at least 100 ticks."""
    boots = HOSTS[host](rng, runs)
    kind = host if host in noise.HOSTS else "usual"
    found = {name: noise.benchmark(rng, boots, kind) for name in range(names)}
    while step and min(found[0]) < 90:
        found[0] = noise.benchmark(rng, boots, kind)
    at, part = step or (runs, 0)
    return {name: [round(v * (1 + part if name == 0 and i >= at else 1)) for i, v in enumerate(numbers)] for name, numbers in found.items()}


def two_clocks(rng, runs, names):
    """{name: numbers} on a host whose core and memory change their frequencies, each by itself; each benchmark has its part of both."""
    clocks = [noise.states(rng, runs, gap, 0.93) for gap in (0.04, 0.06)]
    found = {}
    for name in range(names):
        base, parts = rng.choice(noise.BASES[1:]), [rng.uniform(0, 1.5) for _ in clocks]
        found[name] = [round(base * (1 + sum(p * c for p, c in zip(parts, run)) + 0.003 * noise.heavy(rng))) for run in zip(*clocks)]
    return found


def each_for_itself(rng, kind, runs, names):
    """{name: numbers} of benchmarks that share nothing."""
    return {name: [max(1, round(base * (1 + v))) for v in ALONE[kind](rng, runs)]
            for name in range(names) for base in [rng.choice(noise.BASES)]}
