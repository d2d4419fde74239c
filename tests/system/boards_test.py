"""Boards that lack what nearly every PC has: the conformance program passes on each, and skips the cases of what is not there, with the
reason; no others. A board without a clock of known speed is refused in a line.

Prints "ok <name>" or "not ok <name>: why" lines. Exit code: 0 all passed, 1 something failed."""
import re
from dataclasses import dataclass, replace
from functools import partial

from scripts.base.common import make_parser, run_main
from scripts.machine import guest, qemu
from scripts.source.image import built_image
from tests.verdict import exit_code, first_failure, why_not

NO_LINES, NO_EDU, NO_PCI = ("the machine has no I/O APIC", "the machine has no edu device", "the machine has no PCI")
# On every machine under TCG: evil cases and FS bases that no emulator here refuses; and what trace_test.py boots.
ANYWHERE = re.compile("the trace is off|"
                      r"this (emulator executes it, as no CPU does|CPU \(QEMU's TCG\) takes an address that is not canonical)")
# One case of each that must be skipped: so that a reason does not vanish unseen.
SKIPPED = {NO_LINES: "irq/comes", NO_EDU: "irq/pci/line_comes", NO_PCI: "io_port/every_value"}
ASSUMED = "baton: ACPI tells of no I/O APIC, there is no RSDP; one is assumed, at fec00000"
NO_ANSWER = "baton: no I/O APIC answers at fec00000"
NO_CLOCK = "PANIC: neither the PIT nor ACPI's timer counts"


@dataclass(frozen=True)
class Board:
    name: str  # what QEMU's -machine says
    test: str = "*"
    devices: tuple = ("edu",)
    lacks: tuple = ()  # reasons
    says: tuple = ()


BOARDS = (
    Board("isapc", devices=(), lacks=(NO_LINES, NO_EDU, NO_PCI), says=(ASSUMED, NO_ANSWER)),
    Board("pc,acpi=off", says=(ASSUMED,)),
    Board("q35", "*irq*"),
    Board("pc,smp.cpus=8", "*irq*"),
    Board("pc,acpi=off,smp.cpus=4", "*irq*", says=(ASSUMED,)),
)
PLAIN = Board("pc", devices=(), lacks=(NO_EDU,))  # case_counts_test.py boots it


def boot(board):
    machine = qemu.Machine("tcg", built_image(), cmdline=f"run=conform test={board.test}", board=board.name, devices=board.devices)
    return guest.run(machine)


def wrong_skips(board, lines):
    """What is wrong with the reasons for which cases were skipped."""
    skips = dict(match.groups() for match in (re.match(r"ok (\S+) # skip: (.*)", line) for line in lines) if match)
    for name, reason in skips.items():
        if reason not in board.lacks and not ANYWHERE.match(reason):
            yield f"{name} was skipped: {reason}"
    for reason in board.lacks:
        if skips.get(SKIPPED[reason]) != reason:
            yield f"{SKIPPED[reason]} was not skipped, though {reason}"


def passes(board):
    outcome = boot(board)
    wrong = first_failure(outcome.code, outcome.lines)
    said = [line for line in outcome.lines if "I/O APIC" in line and line.startswith("baton: ")]
    if not wrong and said != list(board.says):
        return f"of its I/O APIC the kernel said {said}, not {list(board.says)}"
    return wrong or "; ".join(wrong_skips(board, outcome.lines))


def refused():
    try:
        boot(replace(PLAIN, name="microvm,pit=off,pic=on,rtc=on,acpi=off"))
    except guest.GuestError as error:
        return None if NO_CLOCK in error.what else error.what
    return "it ran"


def main(arguments):
    make_parser(__doc__).parse_args(arguments)
    checks = [(f"boards/{board.name}", partial(passes, board)) for board in BOARDS]
    return exit_code((name, why_not(check)) for name, check in (*checks, ("boards/no clock", refused)))


if __name__ == "__main__":
    run_main(main)
