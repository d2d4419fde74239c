"""A program that is compiled with SSE and linked with the C library's build for it, in ring 3: doubles are printed, read and sorted. And
the other build uses no register of extended state, so that a program without doubles needs none.

Prints "ok <name>" or "not ok <name>: why" for each; exit code 0 all passed, 1 something failed.
"""
import re
import subprocess

from scripts.base.common import ROOT
from scripts.machine import guest
from scripts.machine.qemu import Machine
from scripts.source.image import Image
from tests.verdict import run_checks

BUILD = ROOT / "build"
EXPECTED = 3
LAST = "doubles: 0.666667"
EXTENDED = re.compile(r"%(?:[xyz]?mm|st)\d*\b")  # registers of SSE, AVX, MMX and the x87


def _boot():
    """Name and complaint, or None, of what the program checked; and whether it said all."""
    image = Image(BUILD / "baton32.elf", (BUILD / "user/root.elf", BUILD / "tests/system/doubles.elf"))
    outcome = guest.run(Machine(image=image, cmdline="run=doubles"))
    found = [match.groups() for match in (re.fullmatch(r"(not )?ok (\S+)", line) for line in outcome.lines) if match]
    for wrong, name in found:
        yield name, "it is not" if wrong else None
    whole = len(found) == EXPECTED and outcome.code == 0 and LAST in outcome.lines
    yield "doubles/all", None if whole else f"the guest ended with {outcome.code}: {outcome.lines[-1:]}"


def _uses(library):
    """Functions of an archive that name a register of extended state."""
    listing = subprocess.run(["objdump", "-d", "--no-show-raw-insn", str(BUILD / "user/libc" / library)], check=True, capture_output=True,
                             encoding="utf-8").stdout
    function, users = None, set()
    for line in listing.splitlines():
        found = re.match(r"[0-9a-f]+ <(\w+)>:", line)
        function = found.group(1) if found else function
        if EXTENDED.search(line):
            users.add(function)
    return users


def _checks():
    yield from _boot()
    users = _uses("libc.a")
    yield "libc/no_extended_state", f"{', '.join(sorted(users))} use it" if users else None
    yield "libc/sse", None if "printf" in _uses("libc_sse.a") else "printf of the build with SSE saves no register of it"


if __name__ == "__main__":
    run_checks(__doc__, _checks)
