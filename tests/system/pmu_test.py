"""Performance counters from end to end, on a CPU that has none: a debugger answers CPUID leaf 0AH as a Skylake would, QEMU
lets the kernel write the MSRs (and forgets them), and in a copy of bench.elf the one RDPMC is an RDTSC, which under icount counts
instructions. So every count of an operation must be exactly the instructions that the clock measures, or the pass reads
something else than the region. The counters themselves are not tested: tests/host/pmu_test.c holds what is written to them.

Prints "ok <name>" or "not ok <name>: why" for each; exit code 0 all passed, 1 something failed.
"""
import re
import tempfile
from pathlib import Path

from scripts.base.common import BatonError
from scripts.machine import qemu
from scripts.records.events import BootLog
from scripts.source.image import Image, built_image
from tests.system.debugger import RSP, Debugged, symbols
from tests.verdict import run_checks

RDX, RDI = 3, 5  # numbers of the gdb stub
LEAF, LEAVES_MAX = 0xA, 40  # this many calls of cpuid_leaf until it comes
# Version 4, four general counters of 48 bits and three fixed ones: a Skylake with hyper-threading.
ANSWER = b"".join(word.to_bytes(4, "little") for word in (7 << 24 | 48 << 16 | 4 << 8 | 4, 0, 0, 48 << 5 | 3))
RDPMC, RDTSC = b"\x0f\xae\xe8\x0f\x33", b"\x0f\xae\xe8\x0f\x31"  # after an lfence
PCE = 1 << 8
FIXED = ["cycles", "instructions"]
SETS = {"off": (["branch_misses", "l1d_misses", "l2_misses", "llc_misses"], ["dtlb_misses", "itlb_misses"]),
        "on": (["branch_misses", "l1d_misses", "dtlb_misses", "itlb_misses"], ["l2_misses", "llc_misses"])}
PATTERN = "ipc.*/cross/fast/8w*"  # call, reply_recv, round_trip, with warm and with cold caches


def _patched(directory):
    """The image, with a bench.elf whose RDPMC is an RDTSC."""
    image = built_image()
    bench = next(m for m in image.modules if m.name == "bench.elf")
    data = bench.read_bytes()
    if data.count(RDPMC) != 1:
        raise BatonError(f"bench.elf has {data.count(RDPMC)} RDPMC instructions, not one")
    copy = Path(directory) / "bench.elf"
    copy.write_bytes(data.replace(RDPMC, RDTSC))
    return Image(image.kernel, tuple(copy if m == bench else m for m in image.modules))


def _answer_cpuid(gdb, at):
    """Goes on until the kernel asks for the leaf, and answers."""
    gdb.stop_at(at["pmu_init"])
    if gdb.resume() != at["pmu_init"]:
        raise BatonError("pmu_init is not reached")
    gdb.pass_by(at["pmu_init"])
    gdb.stop_at(at["cpuid_leaf"])
    for _ in range(LEAVES_MAX):
        if gdb.resume() != at["cpuid_leaf"]:
            break
        gdb.pass_by(at["cpuid_leaf"])
        if gdb.register(RDI) & 0xFFFFFFFF == LEAF:
            out, back = gdb.register(RDX), gdb.number(gdb.register(RSP))
            gdb.stop_at(back)
            gdb.resume()
            gdb.pass_by(back)
            gdb.write(out, ANSWER)
            return
        gdb.resume("s")
        gdb.stop_at(at["cpuid_leaf"])
    raise BatonError("the kernel does not ask for the leaf")


def _boot(tlb, image, at):
    """The BootLog of a boot, and CR4 at its entry to the root task."""
    words = f"fastpath=on run=bench bench={PATTERN} samples=50 cold=on pmu=on pmu_tlb={tlb}"
    log = BootLog("on")
    with Debugged(qemu.Machine("tcg", image, cpu="Skylake-Client", cmdline=words)) as d:
        _answer_cpuid(d.gdb, at)
        d.gdb.stop_at(at["mitigations_resume"])
        d.gdb.resume()
        cr4 = int(re.search(r"CR4=([0-9a-f]+)", d.qmp.monitor("info registers")).group(1), 16)
        d.gdb.pass_by(at["mitigations_resume"])
        d.gdb.resume()
        d.end()
        for line in d.lines:
            if not line.startswith("qemu-system"):
                log.line(line)
    return log, cr4


def _checks_of(tlb, log, cr4):
    counted, left = FIXED + SETS[tlb][0], SETS[tlb][1]
    yield "cr4", None if cr4 & PCE else f"CR4 is {cr4:x}: RDPMC is closed"
    yield "events", None if log.pmu == {"counted": counted, "left": left, "running": True} else str(log.pmu)
    exact = [(r["id"], r["median"]) for r in log.results if "round_trip" in r["id"]]
    yield "there", None if len(exact) == 2 else f"{exact} is not two round trips"
    for benchmark, median in exact:
        counts = log.counters.get(benchmark, {}).get("counts", {})
        # A tick of the timer may fall into one of them: that moves the mean.
        good = {name: count["median"] for name, count in counts.items()} == dict.fromkeys(counted, median)
        yield benchmark, None if good else f"the clock says {median}, the counters {counts}"
    others = sorted(set(log.counters) - {benchmark for benchmark, _ in exact})
    yield "ends_elsewhere", None if not others else f"counted, though they end in another thread: {others}"


def _checks():
    at = symbols()
    with tempfile.TemporaryDirectory(prefix="baton-pmu-") as directory:
        image = _patched(directory)
        for tlb in SETS:
            for name, why in _checks_of(tlb, *_boot(tlb, image, at)):
                yield f"pmu/{tlb}/{name}", why


if __name__ == "__main__":
    run_checks(__doc__, _checks)
