"""Firmware has used the CPU before the kernel: whatever it leaves in control registers and MSRs, ring 3 gets what the kernel
means it to have. QEMU starts stopped, its gdb stub turns on what must not be on, and the conformance program runs. What a
loader may leave in the local APIC is left by code that runs before the kernel's first instruction.

Prints "ok <name>" or "not ok <name>: why" lines. Exit code: 0 all passed, 1 something failed."""
import subprocess
import tempfile
from functools import partial
from pathlib import Path

from scripts.machine import qemu
from scripts.machine.guest import Limits
from scripts.source.image import built_image
from tests.system.debugger import RIP, Debugged, symbols
from tests.verdict import first_failure, run_checks, why_not

CR0, CR4, EFER = 27, 30, 32  # numbers of the gdb stub
# What is left on, and the cases that would fail.
INHERITED = {
    "cr4": (CR4, 1 << 16 | 1 << 8 | 1 << 2, "evil/privileged/rd*"),  # FSGSBASE, PCE, TSD
    "cr0": (CR0, 1 << 18 | 1 << 2 | 0x10, "thread/fpu*"),  # AM, EM, ET
    "efer": (EFER, 1 << 12, "evil/privileged/vm*"),  # SVME
}

LOADER = Path(__file__).with_name("left_in_service.asm")
LOADER_AT, RDI = 0x20000, 5
LIMITS = Limits(5.0, 3.0)  # of a guest whose clock does not tick, too
# Its case needs the clock to tick.
TICKS = "run=conform test=timer/sleeps"


def boot(number, value, glob):
    """What is wrong, or None; the guest's console."""
    with Debugged(qemu.Machine("tcg", built_image(), cmdline=f"run=conform clock=loose fastpath=off test={glob}")) as d:
        d.gdb.set_register(number, value)
        left = d.gdb.ask(f"p{number:x}")
        d.gdb.resume()
        code = d.end()
    if int.from_bytes(bytes.fromhex(left)[:4], "little") & value != value:
        return f"the register was not written: it holds {left}", d.lines
    return first_failure(code, d.lines), d.lines


def boot_behind_loader(work):
    """As boot(): of a kernel that finds interrupts in service."""
    binary = Path(work) / "loader.bin"
    subprocess.run(["nasm", "-f", "bin", "-o", str(binary), str(LOADER)], check=True)
    with Debugged(qemu.Machine("tcg", built_image(), cmdline=TICKS), limits=LIMITS) as d:
        entry = symbols()["boot_entry"]
        d.gdb.stop_at(entry)
        d.gdb.resume()
        d.gdb.pass_by(entry)
        d.gdb.write(LOADER_AT, binary.read_bytes())
        d.gdb.set_register(RDI, entry)
        d.gdb.set_register(RIP, LOADER_AT)
        d.gdb.resume()
        code = d.end()
    return first_failure(code, d.lines), d.lines


def failure_of(case):
    why, console = case()
    for line in console if why else []:
        print(f"    {line}")
    return why


def _checks():
    with tempfile.TemporaryDirectory(prefix="baton-inherited-") as work:
        cases = {**{name: partial(boot, *what) for name, what in INHERITED.items()}, "apic": partial(boot_behind_loader, work)}
        yield from ((f"inherited.{name}", why_not(failure_of, case)) for name, case in cases.items())


if __name__ == "__main__":
    run_checks(__doc__, _checks)
