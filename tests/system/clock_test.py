"""How fast the time-stamp counter is, on machines that lack what it is measured by: the PIT, whose clock firmware may turn off,
and ACPI's timer.

Prints "ok <name>" or "not ok <name>: why" lines. Exit code: 0 all passed, 1 something failed."""
from scripts.machine.guest import GuestError, run
from scripts.machine.qemu import Machine
from scripts.records import events
from scripts.source.image import built_image
from tests.verdict import run_checks, why_not

HZ, ROOM = 10**9, 10**6  # under icount one instruction is one nanosecond
NOTHING_COUNTS = "PANIC: neither the PIT nor ACPI's timer counts"


def boot(board):
    """Exit code, console, and the frequency that the guest has found, or None."""
    lines = []
    log = events.BootLog("on")
    machine = Machine(image=built_image(), cmdline="run=bench bench=syscall.null samples=10", board=board)

    def see(line):
        lines.append(line)
        log.line(line)
    code = run(machine, see).code
    return code, lines, log.tsc_hz


def measured(board):
    code, lines, hz = boot(board)
    if code != 0:
        return f"the guest ended with code {code}: {lines[-1:]}"
    return None if hz and abs(hz - HZ) <= ROOM else f"{hz} Hz were measured, where {HZ} are right"


def refused(board):
    try:
        return f"the guest ended with code {boot(board)[0]}, not in a panic"
    except GuestError as error:
        return None if NOTHING_COUNTS in error.what else error.what


CASES = {"pit": ("pc", measured), "acpi": ("pc,pit=off", measured), "acpi_q35": ("q35,pit=off", measured),
         "neither": ("pc,pit=off,acpi=off", refused)}


def _checks():
    return ((f"clock/{name}", why_not(judge, board)) for name, (board, judge) in CASES.items())


if __name__ == "__main__":
    run_checks(__doc__, _checks)
