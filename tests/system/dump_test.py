"""What debug_dump prints of a known scene (tests/conform/debug/dump.c): threads, address spaces, endpoints, capabilities.

Prints "ok <name>" or "not ok <name>: why" lines. Exit code: 0 all passed, 1 something failed."""
import re

from scripts.machine import guest
from scripts.machine.qemu import Machine
from scripts.source.image import built_image
from tests.verdict import run_checks

ADDRESS = "[0-9a-f]{16}"
# What each dump must have, lines in any order. (?P<name>...) is an address that other lines must agree with.
THREADS = [
    rf"dump thread (?P<A>{ADDRESS}) waits to receive at endpoint (?P<receives>{ADDRESS}); priority 110 of 110, .*",
    rf"dump thread (?P<B>{ADDRESS}) waits to send \(call, badge 77\) at endpoint (?P<calls>{ADDRESS}); priority 110 .*",
    rf"dump thread (?P<C>{ADDRESS}) waits at notification (?P<signal>{ADDRESS}); priority 110 of 110, .*",
    rf"dump thread {ADDRESS} is ready; priority 80 of 80, slice 50 of 50",
    rf"dump thread {ADDRESS} is stopped; priority 110 of 110, .*",
    rf"dump thread {ADDRESS} runs; priority 100 of 200, slice \d+ of 50",
    r"dump     rip [0-9a-f]+ rsp [0-9a-f]+ cr3 [0-9a-f]+",
]
SPACES = [
    r"dump space \d+, root [0-9a-f]+:",
    r"dump     400000 to [0-9a-f]+: read execute",
    r"dump     7ffe0000 to 7fff0000: read write",
    r"dump     3ff000 to 400000: read",
]
ENDPOINTS = [
    rf"dump endpoint (?P<receives>{ADDRESS}): receivers: (?P<A>{ADDRESS})",
    rf"dump endpoint (?P<calls>{ADDRESS}): senders: (?P<B>{ADDRESS})",
    rf"dump notification (?P<signal>{ADDRESS}): pending 0, bound thread 0{{16}}, waiting: (?P<C>{ADDRESS})",
    rf"dump endpoint {ADDRESS}: nobody waits",
]
# The copy of the badged capability is a child of it, which is a child of the endpoint's first one.
CAPS = [
    rf"dump (?P<in>(?:  )*)cap {ADDRESS} ENDPOINT rights 7 object [0-9a-f]+ badge 0",
    rf"dump (?:  )+cap {ADDRESS} ENDPOINT rights 1 object [0-9a-f]+ badge 77",
    rf"dump (?:  )+cap {ADDRESS} UNTYPED rights 0 object [0-9a-f]+ size 2\^\d+ taken [0-9a-f]+",
    rf"dump cap {ADDRESS} CNODE rights 0 object [0-9a-f]+ radix 12 guard 0 of 0 bits",
    rf"dump (?:  )*cap {ADDRESS} FRAME rights 28 object [0-9a-f]+ mapped at 40000000 in space 1",
]
WANTED = {"threads": THREADS, "spaces": SPACES, "endpoints": ENDPOINTS, "capabilities": CAPS,
          "everything": THREADS[:3] + SPACES + ENDPOINTS + CAPS}


def sections(console):
    """Name of a case -> the dump lines that it printed."""
    found, lines = {}, []
    for line in console:
        if line.startswith("dump "):
            lines.append(line)
        match = re.fullmatch(r"ok debug/dump/(\w+)", line)
        if match:
            found[match.group(1)], lines = lines, []
    return found


def candidates(pattern, lines):
    return [m.groupdict() for m in (re.fullmatch(pattern, line) for line in lines) if m]


def missing(wanted, lines, known=None):
    """The first pattern that no line fits, given the addresses that earlier ones have named; None: all fit."""
    if not wanted:
        return None
    why = wanted[0]
    for names in candidates(wanted[0], lines):
        known_now = {**(known or {}), **names}
        if all(known_now[name] == value for name, value in (known or {}).items()):
            why = missing(wanted[1:], lines, known_now)
            if why is None:
                return None
    return why


def depths(lines):
    """Indentation of the two capabilities with badge 77."""
    return [len(m.group(1)) // 2 for m in (re.match(r"dump ((?:  )*)cap \w+ ENDPOINT .* badge 77$", line) for line in lines)
            if m]


def verdicts(console):
    found = sections(console)
    for name, wanted in WANTED.items():
        why = missing(wanted, found.get(name, []))
        yield f"dump/{name}", f"no line fits {why}" if why else None
    deep = depths(found.get("capabilities", []))
    yield "dump/tree", None if len(deep) == 2 and deep[0] < deep[1] else f"the badged ones stand at depths {deep}"


def _checks():
    console = guest.run(Machine(image=built_image(), cmdline="run=conform test=debug/dump/*")).lines
    return verdicts(console)


if __name__ == "__main__":
    run_checks(__doc__, _checks)
