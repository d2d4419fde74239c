"""Which basic blocks of the kernel's C a comparison has gone through: gcc calls guard.c at the beginning of each."""
import re
import subprocess
from collections import defaultdict

FLAG = "-fsanitize-coverage=trace-pc"
CALL = re.compile(r"call\s.*<__sanitizer_cov_trace_pc")
ADDRESS = re.compile(r"\s*([0-9a-f]+):")
PLACE = re.compile(r"(?:.*/)?kernel/(\S+):(\d+)")


def _tool(*command, given=None):
    return subprocess.run(command, input=given, stdout=subprocess.PIPE, encoding="utf-8", check=True).stdout


def _begins(library):
    """The address behind each such call, from the library's start on."""
    called = False
    for line in _tool("objdump", "-d", "--no-show-raw-insn", str(library)).splitlines():
        address = ADDRESS.match(line)
        if called and address:
            yield int(address[1], 16)
        called = bool(CALL.search(line))


def report(library, seen):
    """For each file: how many of its blocks were gone through, and the lines where only others begin; other blocks that were not are copies
    of what was, inlined elsewhere. seen: a function of an address."""
    begins = list(_begins(library))
    places = _tool("addr2line", "-e", str(library), given="".join(f"{a:#x}\n" for a in begins)).splitlines()
    files = defaultdict(lambda: [[], []])  # the lines where blocks begin that were not gone through; and were
    for address, place in zip(begins, places):
        found = PLACE.match(place)
        if not found:
            continue
        files[found[1]][seen(address)].append(int(found[2]))
    reached, every, copies = 0, 0, 0
    for name, (left, gone) in sorted(files.items()):
        never = sorted(set(left) - set(gone))
        lines = f"; not: lines {', '.join(map(str, never))}" if never else ""
        yield f"blocks of kernel/{name}: {len(gone)} of {len(left) + len(gone)}{lines}"
        reached, every, copies = reached + len(gone), every + len(left) + len(gone), copies + sum(line in gone for line in left)
    yield f"blocks: {reached} of {every}; of the others {copies} are copies of what was gone through"
