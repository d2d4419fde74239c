"""A quiet place for a guest that is measured in cycles: one CPU of the host for its virtual CPU, the others for QEMU's other
threads and for these scripts; and a meter of what is taken from it while it runs.

CPU=<n> chooses the CPU, CPU=any leaves all to the scheduler.
"""
import os
import time
from dataclasses import dataclass, field

from scripts.base.common import USAGE, BatonError, warn
from scripts.machine import disturb

ANY = "any"
VCPU = "CPU 0/KVM"  # what QEMU calls the thread, with debug-threads=on
LOOK = 0.2  # seconds, to see which CPUs are busy
BUSY_TOO = 0.2  # of its time: such a CPU is taken only if there is no other
PAUSE, LOOKS = 0.005, 12000  # seconds between two looks for QEMU's virtual CPU; how many looks
TAKEN = 0.02  # of the time: more, and the boot is thrown away
TAKEN_SHARED = 0.5  # the same where these scripts have to run on that CPU, too
NANO = 1e9


@dataclass(frozen=True)
class Seat:
    """Where the virtual CPU runs, and where everything else does."""

    cpu: int = None  # None: anywhere
    others: frozenset = frozenset()
    isolated: bool = False
    findings: tuple = ()  # lines about what disturbs there

    def is_shared(self):
        """The host has no second CPU for us."""
        return self.cpu in self.others


# ---- choosing

def may_run_on(cpu):
    """Whether the system lets this process have that CPU."""
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {cpu})
    except (OSError, OverflowError, ValueError):
        return False
    os.sched_setaffinity(0, before)
    return True


def _rank(tree, cpu, isolated, busy):
    """The lowest is the best: isolated, then idle with an idle neighbour, then not CPU 0, which has most interrupts."""
    most = max(busy.get(c, 0.0) for c in {cpu} | tree.siblings(cpu))
    return (cpu not in isolated, most > BUSY_TOO, cpu == 0, round(most, 1), -cpu)


def _chosen(tree, wanted, allowed, busy, may):
    isolated = tree.isolated()
    if wanted:
        if not wanted.isascii() or not wanted.isdecimal():
            raise BatonError(f"CPU={wanted} is neither the number of a CPU nor '{ANY}'", "make bench CPU=1", USAGE)
        if not may(int(wanted)):
            free = disturb.cpu_list(allowed | isolated)
            raise BatonError(f"CPU={wanted}: this program may not run there; it may on {free}", f"CPU={max(allowed)}", USAGE)
        return int(wanted)
    for cpu in sorted(allowed | isolated, key=lambda c: _rank(tree, c, isolated, busy)):
        if may(cpu):
            return cpu
    raise BatonError("this program may be pinned to no CPU", f"CPU={ANY}")


def choose(tree, wanted, allowed, busy, may=may_run_on):
    """The Seat. wanted: "", a number, or "any"; allowed: the CPUs of this process; busy: shares of their time."""
    if wanted == ANY:
        return Seat(findings=(f"the guest is not pinned to a CPU (CPU={ANY}); do: leave CPU out",))
    cpu = _chosen(tree, wanted, set(allowed), busy, may)
    others = set(allowed) - {cpu}
    others = others - tree.siblings(cpu) or others or {cpu}
    lines = disturb.findings(tree, cpu, busy)
    if others == {cpu}:
        lines.append(f"these scripts have only CPU {cpu}, too: they interrupt the guest; do: measure with two CPUs")
    return Seat(cpu, frozenset(others), cpu in tree.isolated(), tuple(lines))


def find_seat(tree=None):
    """Looks at the host for a moment, chooses, and says what disturbs. These scripts, and QEMU's other threads after
    them, leave the CPU at once."""
    tree = tree or disturb.Tree()
    before = tree.times()
    time.sleep(LOOK)
    seat = choose(tree, os.environ.get("CPU", ""), os.sched_getaffinity(0), disturb.busy_shares(before, tree.times()))
    for line in seat.findings:
        warn(line)
    if seat.cpu is not None:
        os.sched_setaffinity(0, seat.others)
    return seat


# ---- watching

@dataclass
class Look:
    """At the thread of the virtual CPU and at its CPU, at one time."""

    when: float  # seconds
    waited: float  # seconds, ready without a CPU
    switches: int  # it was made to leave its CPU
    steal: float  # seconds that the host's own host took


@dataclass
class Meter:
    """Of one boot."""

    seat: Seat
    tree: disturb.Tree = field(default_factory=disturb.Tree)
    task: str = None  # of the virtual CPU: proc/<pid>/task/<tid>
    first: Look = None
    last: Look = None

    def _find(self, pid):
        directory = self.tree.root / f"proc/{pid}/task"
        try:
            tids = [t.name for t in directory.iterdir()]
        except OSError:
            return None
        return next((t for t in tids if self.tree.text(f"proc/{pid}/task/{t}/comm") == VCPU), None)

    def _has_ended(self, pid):
        state = (self.tree.text(f"proc/{pid}/stat") or ") Z").rpartition(")")[2].split()
        return state[:1] in (["Z"], ["X"])

    def started(self, pid):
        """Pins the virtual CPU of that QEMU as soon as it is there. A QEMU that ends before has its own say."""
        for _ in range(LOOKS):
            tid = self._find(pid)
            if tid is not None or self._has_ended(pid):
                break
            time.sleep(PAUSE)
        if tid is None:
            return
        self.task = f"proc/{pid}/task/{tid}"
        if self.seat.cpu is not None:
            try:
                os.sched_setaffinity(int(tid), {self.seat.cpu})
            except ProcessLookupError:
                pass
            except OSError as error:
                raise BatonError(f"the guest cannot be pinned to CPU {self.seat.cpu}: {error.strerror}", "CPU=any") from error

    def look(self):
        """To be called now and then; the last look before QEMU ends counts."""
        found = self._look() if self.task else None
        self.first, self.last = self.first or found, found or self.last

    def _look(self):
        schedstat, status = (self.tree.text(f"{self.task}/{name}") for name in ("schedstat", "status"))
        switches = next((line.split()[1] for line in (status or "").splitlines() if line.startswith("nonvoluntary_ctxt")), None)
        if switches is None:
            return None
        waited = int(schedstat.split()[1]) / NANO if schedstat else 0.0
        times = self.tree.times().get(self.seat.cpu)
        steal = times[disturb.STEAL] / os.sysconf("SC_CLK_TCK") if times else 0.0
        return Look(time.monotonic(), waited, int(switches), steal)  # clock: measures

    def taken(self):
        """How much of the time the virtual CPU wanted to run and could not, as far as can be known here: 0 to 1."""
        if not self.first or self.last.when <= self.first.when:
            return 0.0
        lost = self.last.waited - self.first.waited + self.last.steal - self.first.steal
        return min(1.0, max(0.0, lost) / (self.last.when - self.first.when))

    def switches(self):
        return self.last.switches - self.first.switches if self.first else 0

    def is_disturbed(self):
        return self.taken() > (TAKEN_SHARED if self.seat.is_shared() else TAKEN)
