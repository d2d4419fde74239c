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


def _chains(library):
    """Of each block its address, and the lines: its own, then of whom it is inlined into."""
    begins = list(_begins(library))
    told = _tool("addr2line", "-a", "-i", "-e", str(library), given="".join(f"{a:#x}\n" for a in begins))
    for address, lines in zip(begins, re.split(r"^0x[0-9a-f]+\n", told, flags=re.M)[1:]):
        yield address, tuple(lines.splitlines())


def report(library, seen):
    """For each file: how many of its blocks were gone through, and the lines where one begins that was not. Not told is a block that is
    a copy, inlined elsewhere, of what was. seen: a function of an address."""
    files = defaultdict(lambda: [[], []])  # where blocks begin that were not gone through; and were
    for address, chain in _chains(library):
        found = PLACE.match(chain[0])
        if found:
            files[found[1]][seen(address)].append((int(found[2]), chain[1:]))
    reached, every, copies = 0, 0, 0
    for name, (left, gone) in sorted(files.items()):
        lines_gone = {line for line, _ in gone}
        never = [(line, callers) for line, callers in left if line not in lines_gone or (line, callers) in gone]
        lines = f"; not: lines {', '.join(map(str, sorted({line for line, _ in never})))}" if never else ""
        yield f"blocks of kernel/{name}: {len(gone)} of {len(left) + len(gone)}{lines}"
        reached, every, copies = reached + len(gone), every + len(left) + len(gone), copies + len(left) - len(never)
    yield f"blocks: {reached} of {every}; of the others {copies} are copies of what was gone through"
