"""Writes docs/reference.md, the reference manual, from kernel/abi, the stubs in user/lib/syscall.h and the committed
baseline.

--check writes nothing: it prints "ok" or "not ok" for the descriptions in abi.def and for the manual being what this
script makes of them. Exit code: 0 all is well, 1 not.
"""
import re
from fnmatch import fnmatchcase

from scripts.base.common import ROOT, make_parser, run_main, shown
from scripts.records import record
from scripts.source import abi as abi_def, layout

MANUAL = ROOT / "docs/reference.md"
SYSCALL_H = ROOT / "user/lib/syscall.h"
SPECIFICATION = ROOT / "tests/model"
BASELINE = ROOT / "results/baseline/tcg.json"
HEADERS = ("kernel/abi/bootinfo.h", "kernel/abi/ipc_buffer.h", "kernel/abi/trace.h")
STUB = re.compile(r"((?:/\*(?:(?!\*/).)*\*/\n)?)static inline (\w+ \w+\([^)]*\))\n\{\n(.*?)\n\}", re.S)
PLACES = {"message": "message registers", "buffer": "IPC buffer"}

GROUPS = (  # title, a pattern for the names of its calls
    ("Messages", ("SEND*", "RECV*", "CALL", "REPLY*", "LONG_*")),
    ("Notifications", ("SIGNAL", "WAIT", "POLL", "NOTIFICATION_*")),
    ("Threads", ("THREAD_*", "YIELD")),
    ("Memory", ("RETYPE", "MEMORY_*", "FRAME_*")),
    ("Capabilities", ("CAP_*",)),
    ("Interrupts, timers and I/O ports", ("IRQ_*", "TIMER_*", "IO_*")),
    ("Console, and the rest", ("*",)),
)
COSTS = {  # call -> the benchmarks that measure it; ids that the baseline lacks are left out
    "NULL": ("syscall.null",), "CALL": ("ipc.call/*/8w", "ipc.round_trip/*/8w", "ipc.queue/*"),
    "REPLY_RECV": ("ipc.reply_recv/*/8w", "ipc.round_trip/*/8w", "ipc.queue/*"), "RECV": ("signal.bound/waits*",),
    "YIELD": ("switch.yield/*", "sched.scale/*"),
    "LONG_CALL": ("ipc.long/*",), "LONG_REPLY_RECV": ("ipc.long/*",), "SIGNAL": ("signal.*",),
    "WAIT": ("signal.wake/*", "signal.ping_pong/*"), "CAP_IDENTIFY": ("cap.lookup/*",), "CAP_COPY": ("cap.copy*",),
    "CAP_MOVE": ("cap.move*",), "CAP_MINT": ("cap.mint*",), "CAP_DELETE": ("cap.delete*",),
    "CAP_REVOKE": ("cap.revoke*",), "RETYPE": ("object.retype/*",), "MEMORY_MAP": ("mem.map_unmap*",),
    "MEMORY_UNMAP": ("mem.map_unmap*",), "MEMORY_PROTECT": ("mem.protect*",), "IRQ_HANDLER_ACK": ("irq.*",),
}
HEAD = """\
# Reference

What ring 3 can ask of the kernel: every system call, object, right, fault and number. `make docs` writes this page from
`kernel/abi/`, the stubs in `user/lib/syscall.h` and `results/baseline/tcg.json`; a test fails when it is out of date. A
program's first steps are in [guide.md](guide.md). Exactly what a call does is a function of the
[specification](../tests/model/README.md), to which its section leads: the order of its lines is the order of its errors.
"""
CONVENTIONS = """\
## Conventions

**A system call** is the instruction SYSCALL with the number in `rax`. Afterwards `rax` is the result: 0 or an
[outcome](#outcomes) when it succeeded, below 0 an [error](#errors), and then nothing has changed (where a call deletes, its
errors say what may have). `rcx` and `r11` are the return address and `FLAGS_AFTER_SYSCALL`; the arithmetic flags are lost.
All other registers stay as they are, but for the results that a call names and, after a call on messages or a wait, `rbx`,
which is 0. An unknown number is no error but a [fault](#faults).

**A capability argument** is an address: the slot's index in the thread's root CNode, times 32 (`cap_at(index)`). Slots of a
CNode that lies in the root are reached by further bits: above those of the root come the guard of that CNode, then
the index in it, and so on; all bits above are 0.
While an object is taken apart, which may take several entries, its last capability stays in its slot and serves nobody: to an
argument of a type it is one of another (`WRONG_TYPE`), where a slot or any type is asked for it is none (`BAD_CAP`).

**A register message** is a label in `rsi` and eight words in `rdx r8 r9 r10 r12 r13 r14 r15`. All of them always travel, so
a sender clears what it does not use. A `LONG_` call sends the [IPC buffer](#struct-ipc_buffer), too.

**Costs** are medians of {unit} as ring 3 sees them, one operation, on the {backend} backend, from the committed baseline; those
that `make bench` prints for another machine or backend differ. `fast` and `slow` are the path taken, `same` and `cross` the
partner's address space, `8w` that all words are set.
"""


def anchor(title):
    """As GitHub makes it of a heading."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def cell(text):
    return text.replace("|", "\\|")


def table(titles, rows):
    rows = [titles, ["---"] * len(titles), *rows]
    return [f"| {' | '.join(cell(str(c)) for c in row)} |" for row in rows] + [""]


def stubs():
    """Call -> the C prototypes that make it, with the comments above them."""
    found = {}
    for comment, prototype, body in STUB.findall(SYSCALL_H.read_text(encoding="utf-8")):
        for name in re.findall(r"\bSYS_(\w+)", body):
            found.setdefault(name, []).append(f"{comment}{' '.join(prototype.split())};")
    return found


def meanings():
    """Call -> the file of the specification that says what it does."""
    return {name.upper(): path.name for path in sorted(SPECIFICATION.glob("*.py"))
            for name in re.findall(r"^def sys_(\w+)\(", path.read_text(encoding="utf-8"), re.M)}


def where(place):
    return PLACES.get(place) or f"`{place}`"


def heading(call):
    return f"{call.name.lower()} (0x{call.number:02x})"


def sentence(text):
    return text[:1].upper() + text[1:] + "."


def cause(error, by):
    """Why a call ends with that error: words from a FAILS line, or what is wrong with an argument."""
    if isinstance(by, str):
        return by
    name, kind = by
    return {
        "BAD_CAP": f"slot `{name}` is empty",
        "NO_RIGHT": f"`{name}` lacks the right {' or '.join(kind.rights)}",
        "OCCUPIED": f"slot `{name}` is not empty",
        "BAD_ARGUMENT": f"`{name}` is beyond the end of that CNode" if kind.group.startswith("SLOT_")
                        else f"`{name}` is not: {kind.doc}",
    }[error]


def merged(causes, error):
    """Names of arguments that are wrong in the same way stand together."""
    alike = {"BAD_CAP": "names no capability", "WRONG_TYPE": "is of another type"}
    texts, caps = [], []
    for by in causes:
        if error in alike and not isinstance(by, str) and by[1].group.startswith("CAP"):
            caps.append(f"`{by[0]}`")
        else:
            texts.append(cause(error, by))
    if caps:
        listed = " or ".join(", ".join(caps).rsplit(", ", 1))
        texts.insert(0, f"{listed} {alike[error]}")
    return "; ".join(texts)


def takes(kind):
    return f"{kind.doc}, or 0" if kind.group == "CAP_OR_0" else kind.doc


def cost_rows(call, costs):
    return [(f"`{i}`", b["median"]) for i, b in costs.items()
            if any(fnmatchcase(i, pattern) for pattern in COSTS.get(call.name, ()))]


def call_text(call, prototypes, meaning, abi, costs, unit):
    exactly = f"Exactly: `sys_{call.name.lower()}` in [{meaning}](../tests/model/{meaning})."
    lines = [f"### {heading(call)}", "", f"{sentence(call.doc)} {exactly}", ""]
    if call.name in prototypes:
        lines += ["```c", *prototypes[call.name], "```", ""]
    if call.args:
        lines += table(("argument", "where", "takes", ""),
                       [(f"`{name}`", where(place), takes(kind), doc) for place, kind, name, doc in call.args])
    if call.blocks:
        lines += [f"**Blocks** {call.blocks}.", ""]
    rows = [(f"`{name}`", where(place), doc) for place, name, doc in call.results]
    rows += [(f"`GOT_{name}`", "`rax`", doc) for name, doc in call.gives]
    if rows:
        lines += table(("result", "where", ""), rows)
    order = {name: n for n, (_, name, _) in enumerate(abi.errors)}
    errors = sorted(call.errors().items(), key=lambda e: order[e[0]])
    if errors:
        lines += table(("error", "when"), [(f"`ERR_{error}`", merged(causes, error)) for error, causes in errors])
    else:
        lines += ["It cannot fail.", ""]
    rows = cost_rows(call, costs)
    if rows:
        lines += table(("benchmark", unit), rows)
    return lines


def grouped(abi):
    """(title, calls), each call in the first group that it matches."""
    left = list(abi.calls.values())
    for title, patterns in GROUPS:
        chosen = [c for c in left if any(fnmatchcase(c.name, p) for p in patterns)]
        left = [c for c in left if c not in chosen]
        yield title, chosen


def overview(abi):
    rows = []
    for title, calls in grouped(abi):
        rows += [(f"[0x{c.number:02x}](#{anchor(heading(c))})", f"`{c.name}`", title, "yes" if c.blocks else "",
                  sentence(c.doc)) for c in calls]
    return ["## System calls", "", "By subject; the number is a link to the call's own section.", "",
            *table(("number", "name", "subject", "blocks", ""), rows)]


def size_of(bits, doc):
    if bits != "0":
        return f"{1 << int(bits)} bytes"
    return "by size bits" if "size bits" in doc else ""


def objects(abi):
    rows = []
    for number, name, bits, doc in abi.types:
        rights = ", ".join(r for _, r, text in abi.rights if text.startswith(name.lower().replace("_", " ") + ":"))
        rows.append((number, f"`TYPE_{name}`", size_of(bits, doc), rights, doc))
    return ["## Objects", "", "`retype` makes them of untyped memory, but those that only the boot, a call or another call "
            "makes. The size is what one takes of untyped memory.", "",
            *table(("number", "type", "size", "rights", ""), rows)]


def rights(abi):
    return ["## Rights", "", "A capability has a byte of them. Copying and minting can only take some away. Each bit belongs "
            "to one type.", "", *table(("bit", "right", "allows"),
                                       [(f"0x{n:02x}", f"`RIGHT_{name}`", doc) for n, name, doc in abi.rights])]


def faults(abi):
    note = next(n for n in abi.notes if n.startswith("FAULT("))
    words = [w.split(" ", 1) for w in note.split("words: ", 1)[1].rstrip(".").split(", ")]
    return ["## Faults", "", "A thread's exception, or its system call with an unknown number, becomes a message to its fault "
            "endpoint, with the number below as label; the reply resumes the thread. A thread without one is stopped.",
            "", *table(("message word", "holds"), words),
            *table(("label", "fault", "cause"), [(n, f"`FAULT_{name}`", doc) for n, name, doc in abi.faults])]


def numbers(abi):
    lines = ["## Outcomes", "", *table(("rax", "outcome", "meaning"),
                                       [(n, f"`GOT_{name}`", doc) for n, name, doc in abi.outcomes])]
    lines += ["## Errors", "", *table(("rax", "error", "meaning"),
                                      [(n, f"`ERR_{name}`", doc) for n, name, doc in abi.errors])]
    return lines + ["## Constants", "", *table(("name", "value", "meaning"),
                                               [(f"`{name}`", f"`{value}`", doc) for name, value, doc in abi.constants])]


def layouts():
    lines = ["## Structures", ""]
    for header in HEADERS:
        text = (ROOT / header).read_text(encoding="utf-8")
        lines += [f"From `{header}`. {layout.text_of(text[:text.index('*/')])}", ""]
        for s in layout.structures(text):
            lines += [f"### struct {s.name}", "", f"{s.size} bytes.{' ' + s.doc if s.doc else ''}", ""]
            lines += table(("offset", "type", "field", ""),
                           [(f"0x{f.offset:x}", f"`{f.type}`", f"`{f.name}`", f.doc) for f in s.fields])
    return lines


def contents(lines):
    """Of the two upper levels of headings."""
    found = []
    for line in lines:
        m = re.match(r"(##+) (.*)", line)
        if m:
            found.append(f"{'  ' * (len(m.group(1)) - 2)}- [{m.group(2)}](#{anchor(m.group(2))})")
    return found + [""]


def manual():
    abi, baseline = abi_def.read(), record.read(BASELINE)
    costs, prototypes, exactly, unit = record.by_id(baseline), stubs(), meanings(), baseline["unit"]
    body = [CONVENTIONS.format(unit=unit, backend=baseline["backend"]), *overview(abi)]
    for title, calls in grouped(abi):
        body += [f"## {title}", ""]
        for call in calls:
            body += call_text(call, prototypes, exactly[call.name], abi, costs, unit)
    body += objects(abi) + rights(abi) + faults(abi) + numbers(abi) + layouts()
    text = "\n".join([HEAD, *contents("\n".join(body).split("\n")), *body])
    return re.sub(r"\n{3,}", "\n\n", text).rstrip("\n") + "\n"


def check():
    wrong = abi_def.check(abi_def.read())
    prototypes = stubs()
    wrong += [f"user/lib/syscall.h has no stub for {name}" for name in abi_def.read().calls if name not in prototypes]
    if not MANUAL.is_file() or MANUAL.read_text(encoding="utf-8") != manual():
        wrong.append(f"{shown(MANUAL)} is out of date; do: make docs")
    for what in wrong:
        print(f"not ok reference: {what}")
    if not wrong:
        print(f"ok reference: abi.def describes every system call\nok reference: {shown(MANUAL)} is up to date")
    return 1 if wrong else 0


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, only compare")
    options = parser.parse_args(arguments)
    if options.check:
        return check()
    MANUAL.write_text(manual(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    run_main(main)
