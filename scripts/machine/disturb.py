"""What on this host disturbs a measurement in cycles, read from /proc and /sys: each finding is one line that says what to do.

A Tree reads below any root, so that the tests can make up hosts. What a kernel does not tell is no finding.
"""
from pathlib import Path

CPUS = "sys/devices/system/cpu"
BUSY = 0.05  # of a CPU's time; from here on somebody else is at work there
LOAD = 1.0  # programs that run, in the mean of the last minute
TIMES = 8  # user, nice, system, idle, iowait, irq, softirq, steal: guest time is in the first two again
IDLE, IOWAIT, STEAL = 3, 4, 7


def parse_cpus(text):
    """The set that a list such as "0-3,8" names."""
    found = set()
    for part in (text or "").replace("\n", "").split(","):
        first, _, last = part.partition("-")
        if first.strip().isdecimal() and (last or first).strip().isdecimal():
            found.update(range(int(first), int(last or first) + 1))
    return found


def cpu_list(cpus):
    """The reverse, for people: "0-3,8"."""
    runs = []
    for cpu in sorted(cpus):
        if runs and cpu == runs[-1][1] + 1:
            runs[-1][1] = cpu
        else:
            runs.append([cpu, cpu])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


class Tree:
    def __init__(self, root="/"):
        self.root = Path(root)

    def text(self, path):
        """The file's text, or None."""
        try:
            return (self.root / path).read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            return None

    def cpus(self, path):
        return parse_cpus(self.text(path))

    def isolated(self):
        return self.cpus(f"{CPUS}/isolated")

    def siblings(self, cpu):
        """The other hardware threads of the CPU's core."""
        return self.cpus(f"{CPUS}/cpu{cpu}/topology/thread_siblings_list") - {cpu}

    def flags(self):
        for line in (self.text("proc/cpuinfo") or "").splitlines():
            if line.startswith("flags"):
                return set(line.partition(":")[2].split())
        return None

    def times(self):
        """CPU: its TIMES in ticks of the kernel's clock, since the start."""
        found = {}
        for line in (self.text("proc/stat") or "").splitlines():
            name, *values = line.split()
            if name[:3] == "cpu" and name[3:].isdecimal() and len(values) >= TIMES:
                found[int(name[3:])] = [int(v) for v in values[:TIMES]]
        return found


def busy_shares(before, after):
    """CPU: how much of the time between two Tree.times() it did something, in its own kernel or another's."""
    found = {}
    for cpu, then in before.items():
        passed = [b - a for a, b in zip(then, after.get(cpu, then))]
        idle = passed[IDLE] + passed[IOWAIT]
        found[cpu] = 1 - idle / sum(passed) if sum(passed) > 0 else 0.0
    return found


# ---- findings, one function each: None, or what is wrong and what to do

def _virtual(tree, _cpu, _busy):
    if "hypervisor" in (tree.flags() or ()):
        return ("this host is a virtual machine itself: what its own host takes away shows as steal time at best, and exits "
                "cost many times as much; do: measure on a machine of your own")
    return None


def _counter(tree, _cpu, _busy):
    flags = tree.flags()
    if flags is not None and not {"constant_tsc", "nonstop_tsc"} <= flags:
        return "the time-stamp counter of this CPU may change its rate; do: believe ratios only"
    return None


def _governor(tree, cpu, _busy):
    path = f"{CPUS}/cpu{cpu}/cpufreq/scaling_governor"
    governor = tree.text(path)
    if governor in (None, "performance"):
        return None
    return f"the clock of CPU {cpu} follows the load (governor {governor}); do: echo performance | sudo tee /{path}"


def _turbo(tree, _cpu, _busy):
    for path, off, on in ((f"{CPUS}/intel_pstate/no_turbo", "1", "0"), (f"{CPUS}/cpufreq/boost", "0", "1")):
        if tree.text(path) == on:
            return f"turbo is on: the clock depends on heat and on the other cores; do: echo {off} | sudo tee /{path}"
    return None


def _own(_tree, cpu, busy):
    if busy.get(cpu, 0) <= BUSY:
        return None
    return f"CPU {cpu} is {busy[cpu]:.0%} busy with other programs; do: CPU=<an idle one>, or end them"


def _neighbour(tree, cpu, busy):
    for other in sorted(tree.siblings(cpu)):
        if busy.get(other, 0) > BUSY:
            return (f"CPU {other}, which shares its core with CPU {cpu}, is {busy[other]:.0%} busy; do: CPU=<one of an idle "
                    f"core>, or echo off | sudo tee /{CPUS}/smt/control")
    return None


def _load(tree, _cpu, _busy):
    text = tree.text("proc/loadavg")
    if not text or float(text.split()[0]) < LOAD:
        return None
    return f"the load average is {text.split()[0]}: other programs share caches, memory and heat; do: end them"


def _huge_pages(tree, _cpu, _busy):
    path = "sys/kernel/mm/transparent_hugepage/enabled"
    if "[never]" in (tree.text(path) or ""):
        return f"the guest's memory is in pages of 4 KiB, which miss the TLB more often; do: echo madvise | sudo tee /{path}"
    return None


FINDINGS = (_virtual, _counter, _governor, _turbo, _own, _neighbour, _load, _huge_pages)


def findings(tree, cpu, busy):
    """Lines about a measurement on that CPU; busy: as busy_shares() gives it."""
    return [line for line in (find(tree, cpu, busy) for find in FINDINGS) if line]
