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
    """For each file: how many of its blocks were gone through, and the lines where the others begin. seen: a function of an address."""
    begins = list(_begins(library))
    places = _tool("addr2line", "-e", str(library), given="".join(f"{a:#x}\n" for a in begins)).splitlines()
    files = defaultdict(lambda: [0, 0, set()])
    for address, place in zip(begins, places):
        found = PLACE.match(place)
        if not found:
            continue
        file = files[found[1]]
        file[0] += seen(address)
        file[1] += 1
        if not seen(address):
            file[2].add(int(found[2]))
    for name, (reached, every, lines) in sorted(files.items()):
        left = f"; not: lines {', '.join(map(str, sorted(lines)))}" if lines else ""
        yield f"blocks of kernel/{name}: {reached} of {every}{left}"
    yield f"blocks: {sum(f[0] for f in files.values())} of {sum(f[1] for f in files.values())}"
