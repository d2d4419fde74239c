"""How deep the kernel's stack can get, from gcc's own account of every function (-fcallgraph-info=su): the deepest chain
of calls from the functions that assembly calls. The build fails when it is deeper than the stack, when a function may
call itself, or when a call through a pointer is not in the list below.

Prints the bound and the chain. Exit code: 0 it fits, 1 it does not, 2 wrong options or files."""
import re
from pathlib import Path

from scripts.base.common import ROOT, BatonError, make_parser, run_main

# The functions that assembly calls, on an empty stack.
ROOTS = ("boot_main", "syscall_dispatch", "quick_call_checked", "trap_user", "trap_kernel")
# What the entry pushes before it calls one of them: an interrupt's frame, all registers, what aligns the stack.
ENTRY_BYTES = 256
# The functions that call through a pointer, and which ones they call: names, or a pattern of names in a file.
INDIRECT = {
    "each": ("kernel/check/dump.c", r"each\(\w+, \w+, (\w+)\)"),
    **dict.fromkeys(("boot_memory_rest", "boot_device_memory"),
                    ("kernel/boot/root.c", r"boot_(?:memory_rest|device_memory)\(.*?(\w+)\);")),
    **dict.fromkeys(("acpi_read", "rsdp_at", "find_rsdp", "table_at", "find_below", "find_table"),
                    ("kernel/boot/main.c", r"acpi_read\(.*, (\w+)\)")),
}

NODE = re.compile(r'node: \{ title: "([^"]+)" label: "[^"]*?\\n(\d+) bytes \((\w+)\)')
EDGE = re.compile(r'edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"')


def plain(title):
    """A function's name as the source says it: without the file, and without what gcc adds to a part or copy of it."""
    return title.rsplit(":", 1)[-1].split(".")[0]


def indirect(title):
    """The functions that this one calls through a pointer."""
    if plain(title).startswith(("syscall_dispatch", "quick_call_checked")):
        return [f"sys_{name.lower()}" for name in re.findall(r"^SYSCALL\(\w+, (\w+)",
                                                             (ROOT / "kernel/abi/abi.def").read_text(encoding="utf-8"), re.M)]
    for name, (file, pattern) in INDIRECT.items():
        if plain(title).startswith(name):
            return re.findall(pattern, (ROOT / file).read_text(encoding="utf-8"))
    raise BatonError(f"{title} calls through a pointer, and nobody knows whom",
                     "add it to INDIRECT in scripts/build/stack_bound.py")


class Graph:
    def __init__(self):
        self.bytes, self.calls, self.titles = {}, {}, {}

    def read(self, path):
        text = path.read_text(encoding="utf-8")
        for title, size, kind in NODE.findall(text):
            if kind != "static":
                raise BatonError(f"{title} has a frame whose size is not known ({kind})", "give its arrays a fixed size")
            self.bytes[title] = int(size)
            self.titles.setdefault(plain(title), []).append(title)
        for source, target in EDGE.findall(text):
            self.calls.setdefault(source, set()).add(target)

    def callees(self, title):
        for target in sorted(self.calls.get(title, ())):
            if target != "__indirect_call":
                yield target
                continue
            for name in indirect(title):
                yield from self.titles.get(name, ())


def deepest(graph, title, path=(), known=None):
    """(bytes, chain of titles) of the deepest chain that begins with this function."""
    if title in path:
        raise BatonError(f"{' calls '.join(plain(t) for t in path[path.index(title):])} calls {plain(title)}: recursion",
                         "make it a loop: the kernel's stack has a bound")
    if title in known:
        return known[title]
    best = (0, ())
    for callee in graph.callees(title):
        best = max(best, deepest(graph, callee, (*path, title), known))
    known[title] = (best[0] + graph.bytes.get(title, 0), (title, *best[1]))
    return known[title]


def stack_bytes():
    found = re.search(r"#define KERNEL_STACK (\d+)", (ROOT / "kernel/arch/x86_64/layout.h").read_text(encoding="utf-8"))
    if not found:
        raise BatonError("layout.h does not say KERNEL_STACK", "define it there")
    return int(found.group(1))


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("file", nargs="+", type=Path, help="*.ci, as gcc writes them beside the objects")
    parser.add_argument("--stack", type=int, help="bytes there are (default: KERNEL_STACK of layout.h)")
    options = parser.parse_args(arguments)
    graph, known = Graph(), {}
    for path in options.file:
        if not path.is_file():
            raise BatonError(f"{path} is missing", "make clean all")
        graph.read(path)
    size, chain = max(deepest(graph, root, (), known) for root in ROOTS if root in graph.bytes)
    there = (options.stack or stack_bytes()) - ENTRY_BYTES
    print(f"the kernel's stack: at most {size} of {there} bytes")
    for title in chain:
        print(f"  {graph.bytes.get(title, 0):6} {plain(title)}")
    if size > there:
        raise BatonError(f"the kernel's stack is too small: {size} bytes are needed, there are {there}",
                         "look at the chain above")
    return 0


if __name__ == "__main__":
    run_main(main)
