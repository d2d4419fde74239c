"""The conformance program has at least a given number of cases of each category: as many as seL4's own test suite has,
and more where that is thin. Counts the cases that pass in one boot. And that boot reports each case that the
source has (tests/cases.py), and no name twice: none is lost on the way into the program; and skips none but for a reason that
this machine gives.

Prints "ok <category>" or "not ok <category>: why" lines. Exit code: 0 all are enough, 1 some are not."""
import re

from scripts.base.common import ROOT
from scripts.machine import guest
from scripts.machine.qemu import Machine
from scripts.source.image import built_image
from tests import cases
from tests.system import boards_test as boards
from tests.verdict import run_checks

# Category: the least number, and what its cases are called.
AT_LEAST = {
    "all": (200, r".*"),
    "ipc": (27, r"ipc/(?!badged)"),
    "scheduler": (21, r"sched/|thread/priority/"),
    "register preservation": (18, r"registers/"),
    "faults": (14, r"fault/"),
    "cnode operations": (9, r"caps/slots/|delete/(cnode|swap)/"),
    "breakpoints and single step": (9, r"thread/(break|step)/"),
    "address spaces": (9, r"memory/\w+$|exhaust/"),
    "bound notifications": (6, r"notification/bound/"),
    "frames": (6, r"memory/(large|protect|device)/"),
    "interrupts": (5, r"irq/"),
    "ipc rights": (5, r"caps/rights/"),
    "fpu": (12, r"thread/fpu/"),
    "sync": (4, r"notification/(?!bound/)"),
    "page tables and TLB": (3, r"memory/(tables|tlb)/"),
    "tls": (3, r"thread/tls/"),
    "untyped": (25, r"untyped/"),
    "cancel badged sends": (2, r"ipc/badged/"),
    "threads": (2, r"thread/registers/|sched/thread/"),
    "timer": (2, r"timer/"),
    "cspace": (20, r"caps/(nested|first)/"),
    "preemptible revoke": (15, r"delete/(revoke|long|self|reset)/"),
    "others between two entries": (32, r"(delete|untyped|memory)/between/|delete/(lines|given|messages)/"),
    "non-blocking wait": (1, r"ipc/nb/|notification/.*poll|notification/registers_without_waiting"),
    "I/O ports": (1, r"io_port/"),
}


def unsaid(names):
    """Cases that this boot did not report, and names that it reported twice."""
    for path, pattern in cases.wanted(ROOT):
        if not any(map(pattern.fullmatch, names)):
            yield f"{pattern.pattern} ({path.relative_to(ROOT)}) did not run"
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"{name} is two cases"


def checks(console):
    passed = [match.group(1) for match in (re.fullmatch(r"ok (\S+)", line) for line in console) if match]
    for category, (least, pattern) in AT_LEAST.items():
        count = sum(re.match(pattern, name) is not None for name in passed)
        yield f"case_counts/{category.replace(' ', '_')}", None if count >= least else f"{count} cases, at least {least} are wanted"
    reported = [match.group(1) for match in (re.match(r"(?:not )?ok (\S+)", line) for line in console) if match]
    yield "case_counts/each_case_runs", "; ".join(unsaid(reported))
    yield "case_counts/skips", "; ".join(boards.wrong_skips(boards.PLAIN, console))


def _checks():
    return checks(guest.run(Machine(image=built_image(), cmdline="run=conform")).lines)


if __name__ == "__main__":
    run_checks(__doc__, _checks)
