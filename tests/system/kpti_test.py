"""With KPTI in force nothing of the kernel is mapped while ring 3 runs except its window: the entries' text and the CPU's
page with its tables and stacks. QEMU walks the page tables of CR3 itself ("info mem") where the guest stands at its
first instruction of ring 3 after a system call, a fault, and an interrupt. Without KPTI the same look must find all RAM.

Prints "ok <name>" or "not ok <name>: why" lines. Exit code: 0 all passed, 1 something failed."""
import re

from scripts.base.common import BatonError
from scripts.machine.qemu import Machine
from scripts.source.image import built_image
from tests.system.debugger import PHYSMAP, Debugged, instructions, symbols
from tests.verdict import run_checks, why_not

UPPER_HALF = 1 << 47
RAM_MIB = 512
RANGE = re.compile(r"^([0-9a-f]{16})-([0-9a-f]{16}) [0-9a-f]{16} ([u-][r-][w-])$", re.M)


def mapped(d):
    """(start, end, rights) of what is mapped in the upper half."""
    ranges = [(int(a, 16), int(b, 16), rights) for a, b, rights in RANGE.findall(d.qmp.monitor("info mem").replace("\r", ""))]
    if not ranges:
        raise BatonError("QEMU shows no mappings")
    return [r for r in ranges if r[0] >= UPPER_HALF]


def exits(at, suffix):
    """Every instruction by which a system call or an interrupt ends in ring 3."""
    start, end = (("entry_kpti_start", "entry_kpti_end") if suffix else ("kernel_text_start", "fastpath_end"))
    found = instructions(at[start], at[end])
    return {a: text.split()[0] for a, text in found.items() if text.split()[0] in ("sysretq", "sysret", "iretq")}


def stand_in_ring_3(d, place):
    """Goes on to that way out and over it. False when the guest does not take it."""
    d.gdb.stop_at(place)
    stopped = d.gdb.resume()
    if stopped != place:
        return False
    d.gdb.pass_by(place)
    return d.gdb.resume("s") < UPPER_HALF


def check_window(at, found):
    window = [(at["entry_kpti_start"], at["entry_kpti_end"]), (at["kernel_window_start"], at["kernel_window_end"])]
    for start, end, rights in found:
        if not any(low <= start and end <= high for low, high in window):
            raise BatonError(f"mapped while ring 3 runs: {start:#x} to {end:#x}, {rights}")
        if rights[0] == "u":
            raise BatonError(f"open to ring 3: {start:#x} to {end:#x}")
    if sum(end - start for start, end, _ in found) != sum(high - low for low, high in window):
        raise BatonError("not all of the window is mapped")


def look(words, suffix, check):
    """Looks after each kind of way out; returns how many."""
    at = symbols()
    looked = set()
    for place, kind in exits(at, suffix).items():
        if kind in looked:
            continue
        with Debugged(Machine(image=built_image(), cmdline=f"run=conform clock=loose test=fault/page* {words}")) as d:
            if stand_in_ring_3(d, place):
                check(at, mapped(d))
                looked.add(kind)
    if len(looked) < 2:
        raise BatonError(f"only {looked} led to ring 3")


def check_ram(_, found):
    ram = sum(end - start for start, end, _ in found if PHYSMAP <= start and end <= PHYSMAP + (RAM_MIB << 20))
    if ram < RAM_MIB << 19:
        raise BatonError(f"without KPTI only {ram:#x} bytes of RAM are found: this look shows nothing")


TESTS = {
    "kpti.hides_the_kernel": lambda: look("mitigations=kpti", "_kpti", check_window),
    "kpti.off_does_not": lambda: look("mitigations=off", "", check_ram),
}


def _checks():
    return ((name, why_not(test)) for name, test in TESTS.items())


if __name__ == "__main__":
    run_checks(__doc__, _checks)
