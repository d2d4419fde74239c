"""Made-up boots of a suite on hosts of three kinds, for the tests of the statistics. It shares no code with them.

What a host does (its clock's frequency, its neighbours, its temperature) it does to all benchmarks of a boot alike; a
memory layout and its tails are each benchmark's own."""
import math

BASES = (25, 60, 120, 300, 1000, 20000)  # ticks
# kind: (wander, drift over a sitting, frequency states, jump within a sitting, bursts, own noise, own second mode)
HOSTS = {
    "quiet": (0.001, 0.002, (0,), 0, 0.01, (0.001, 0.002), (0, 0, 0.01)),
    "usual": (0.004, 0.01, (0, 0, 0.02), 0.01, 0.03, (0.001, 0.003), (0, 0.01, 0.02)),
    "busy": (0.008, 0.03, (0, 0.02, 0.05, 0.10), 0.05, 0.05, (0.001, 0.003, 0.006), (0, 0.01, 0.03)),
}


def heavy(rng, freedom=3):
    """Student's t: a boot in a hundred lies far out."""
    return rng.gauss(0, 1) / math.sqrt(max(rng.gammavariate(freedom / 2, 1) / (freedom / 2), 1e-3))


def wander(rng, count, memory, spread):
    """Each boot remembers the one before it."""
    value, found = rng.gauss(0, spread), []
    for _ in range(count):
        value = memory * value + math.sqrt(1 - memory * memory) * rng.gauss(0, spread)
        found.append(value)
    return found


def states(rng, count, gap, stay):
    """Two frequencies; which of them lasts for some boots."""
    high, found = False, []
    for _ in range(count):
        if rng.random() > stay:
            high = rng.random() < 0.4
        found.append(gap if high else 0)
    return found


def bursts(rng, count, often):
    """A neighbour that works for one to four boots."""
    left, size, found = 0, 0, []
    for _ in range(count):
        if left == 0 and rng.random() < often:
            left, size = rng.randint(1, 4), rng.uniform(0.03, 0.4)
        found.append(size if left else 0)
        left -= left > 0
    return found


def host(rng, count, kind):
    """By which part everything in a boot takes longer, for each boot."""
    spread, drift, gaps, jump, often, _, _ = HOSTS[kind]
    drift, at, jump = rng.uniform(-drift, drift), rng.randrange(count), rng.uniform(-jump, jump)
    period, phase, beat = rng.choice((0, 0, 2, 3, 4, 5, 8)), rng.randrange(8), rng.uniform(0, 4 * spread)
    parts = (wander(rng, count, rng.choice((0, 0.3, 0.6, 0.9)), rng.uniform(0, spread)),
             states(rng, count, rng.choice(gaps), rng.choice((0.5, 0.8, 0.95))), bursts(rng, count, often),
             [drift * i / count + (jump if i >= at else 0) for i in range(count)],
             [beat if period and i % period == phase % period else 0 for i in range(count)])
    return [sum(boot) for boot in zip(*parts)]


def benchmark(rng, boots, kind):
    """One benchmark's numbers in these boots: whole ticks before they are rounded."""
    base, own, mode = (rng.choice(choices) for choices in (BASES, *HOSTS[kind][-2:]))
    weight = rng.uniform(0.5, 1.2)  # of what the host does, in this benchmark
    return [base * (1 + weight * boot + own * heavy(rng) + (mode if rng.random() < 0.3 else 0)) for boot in boots]


def suites(rng, order, names, kind, slower=None):
    """({name: numbers}, {name: numbers}) of builds 0 and 1, their boots in that order; `slower` costs 3 % more in 1."""
    boots, old, new = host(rng, len(order), kind), {}, {}
    for name in range(names):
        numbers, factor = benchmark(rng, boots, kind), 1.03 if name == slower else 1
        old[name] = [round(v) for v, side in zip(numbers, order) if side == 0]
        new[name] = [round(v * factor) for v, side in zip(numbers, order) if side == 1]
    return old, new


def most(hits, tries, sure=0.95):
    """Clopper and Pearson: a share that, with this many hits, the true one exceeds one time in twenty at most."""
    low, high = hits / tries, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        seen = sum(math.comb(tries, k) * middle**k * (1 - middle)**(tries - k) for k in range(hits + 1))
        low, high = (middle, high) if seen > 1 - sure else (low, middle)
    return high
