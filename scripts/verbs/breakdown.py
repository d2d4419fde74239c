"""What the fast paths consist of, in kernel instructions by stage, read from the kernel image's machine code and its line
numbers; writes results/latest/breakdown.json.

The instructions from the entry to SYSRET are walked as a successful call executes them. The source line of each says
its stage: a macro's name (LOOKUP, SWITCH..., RETURN..., SYSRET...) or its place before or after the line marked COMMIT. The sum
is compared with what the last complete tcg run measured; where they differ, nothing is written.
"""
import json
import re
from dataclasses import dataclass
from pathlib import Path

from scripts.base import patience
from scripts.base.common import ROOT, BatonError, make_parser, run_main, shown, warn
from scripts.records import record

SCHEMA = "baton-breakdown/1"
MOST = 1 << 20  # instructions of a path
STAGES = ("entry", "lookup", "checks", "transfer", "switch", "exit")
MACROS = (("LOOKUP", "lookup"), ("SWITCH", "switch"), ("SAVE", "transfer"), ("RETURN", "exit"), ("LOAD", "exit"), ("SYSRET", "exit"))
# Path: its function (none: the entry does it all), whether the address space changes, the benchmark that measures it
# (none: it measures more than that) and the ring-3 instructions that the benchmark counts, too (bench/README.md).
PATHS = {
    "empty system call": (None, False, "syscall.null", 2),
    "signal, nobody waits": ("fast_signal", False, "signal.no_waiter", 3),
    "yield, same space": ("fast_yield", False, "switch.yield/same", 2),
    "yield, other space": ("fast_yield", True, "switch.yield/cross", 2),
    "call, same space": ("fast_call", False, "ipc.call/same/fast/8w", 4),
    "call, other space": ("fast_call", True, "ipc.call/cross/fast/8w", 4),
    "reply_recv, same space": ("fast_reply_recv", False, "ipc.reply_recv/same/fast/8w", 4),
    "reply_recv, other space": ("fast_reply_recv", True, "ipc.reply_recv/cross/fast/8w", 4),
    "page fault, other space": ("fast_page_fault", True, None, 0),
}
SUMS = {"call and reply, other space": (("call, other space", "reply_recv, other space"), "ipc.round_trip/cross/fast/8w", 10)}
GATES = ("fast_page_fault",)  # the CPU enters there by itself
ENTRY = "syscall_entry"
LINE = re.compile(r"^(\S+):(\d+)(?: \(discriminator \d+\))?$")
INSTRUCTION = re.compile(r"^\s*([0-9a-f]+):\s+(\S+)(?:\s+(.*))?$")
TARGET = re.compile(r"([0-9a-f]+) <[^>]+>")


@dataclass(frozen=True)
class Step:
    address: int
    operation: str
    operands: str
    target: int  # of a jump, or None
    file: str
    line: int


# ---- the code

def parse(listing):
    """objdump -dl's text -> {address: Step}."""
    steps, file, line = {}, "", 0
    for text in listing.splitlines():
        if match := LINE.match(text):
            file, line = match[1].split("//")[-1], int(match[2])
        elif match := INSTRUCTION.match(text):
            target = TARGET.search(match[3] or "") if match[2].startswith("j") else None
            steps[int(match[1], 16)] = Step(int(match[1], 16), match[2], match[3] or "", int(target[1], 16) if target else None,
                                            file, line)
    return steps


def _output(*command):
    try:
        done = patience.run(command, capture_output=True, encoding="utf-8")
    except FileNotFoundError as error:
        raise BatonError(f"{command[0]} is not installed", "scripts/setup.sh build") from error
    if done.returncode != 0:
        raise BatonError(f"{command[0]} cannot read {shown(command[-1])}: {done.stderr.strip().splitlines()[0]}", "make all")
    return done.stdout


def disassemble(kernel):
    """{address: Step} of the section of fast paths, and {symbol: address}."""
    steps = parse(_output("objdump", "-dl", "-M", "intel", "--no-show-raw-insn", "-j", ".fastpath", str(kernel)))
    symbols = {line.split()[2]: int(line.split()[0], 16) for line in _output("nm", "--defined-only", str(kernel)).splitlines()}
    return steps, symbols


def _following(steps):
    order = sorted(steps)
    return dict(zip(order, order[1:]))


def _to(steps, start, is_end):
    """The shortest way from an address to a step that is an end, whatever the conditions say."""
    following, ways = _following(steps), [[start]]
    seen = {start}
    for way in ways:
        step = steps[way[-1]]
        if is_end(step):
            return [steps[address] for address in way]
        ends = step.operation.startswith("sysret")
        onward = [step.target] if step.operation == "jmp" else [following.get(step.address), step.target]
        for address in onward if not ends else []:
            if address in steps and address not in seen:
                seen.add(address)
                ways.append([*way, address])
    raise BatonError("no way leads through the system-call entry", "see python3 -m scripts.verbs.breakdown --help")


def _success(steps, start, crosses):
    """From a fast path's first instruction to SYSRET: the only jump that success takes is the one around CR3."""
    following, found, place = _following(steps), [], start
    while place in steps:
        step = steps[place]
        found.append(step)
        if step.operation.startswith("sysret"):
            return found
        if step.operation == "jmp" and step.target <= place:
            break
        behind = steps.get(following.get(place))
        around_cr3 = step.target and behind and behind.operands.startswith("cr3,")
        place = step.target if step.operation == "jmp" or (around_cr3 and not crosses) else following.get(place)
    raise BatonError("a fast path does not end at SYSRET", "see python3 -m scripts.verbs.breakdown --help")


def walk(steps, symbols, function, crosses):
    """The instructions of one path, in order."""
    for name in (ENTRY, function or ENTRY):
        if symbols.get(name) not in steps:
            raise BatonError(f"the kernel has no fast path {name}", "see python3 -m scripts.verbs.breakdown --help")
    entry = steps[symbols[ENTRY]]
    if function is None:
        return _to(steps, entry.address, lambda s: s.operation.startswith("sysret"))
    start = symbols[function]
    if function in GATES:
        return _success(steps, start, crosses)
    return _to(steps, entry.address, lambda s: s.address == start)[:-1] + _success(steps, start, crosses)


# ---- the stages

def _macro_lines(path):
    """Line number -> macro that it belongs to."""
    found, macro = {}, None
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if match := re.match(r"\s*%macro\s+(\w+)", text):
            macro = match[1]
        if macro:
            found[number] = macro
        if re.match(r"\s*%endmacro", text):
            macro = None
    return found


def _line_of(path, mark):
    """The first line that holds it."""
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if mark in text:
            return number
    return None


class Sources:
    """What the assembly files say about their lines."""

    def __init__(self, root=ROOT):
        self.root, self.macros, self.commits, self.enters = root, {}, {}, {}

    def macro(self, step):
        if step.file not in self.macros:
            self.macros[step.file] = _macro_lines(self.root / step.file)
            self.commits[step.file] = _line_of(self.root / step.file, "==== COMMIT")
            self.enters[step.file] = _line_of(self.root / step.file, "    KERNEL_ENTER")
        return self.macros[step.file].get(step.line)

    def commit(self, step):
        self.macro(step)
        return self.commits[step.file]

    def entered(self, step):
        """Whether a path's own first line, KERNEL_ENTER, has been passed."""
        self.macro(step)
        return self.enters[step.file] is not None and step.line > self.enters[step.file]


def _before_commit(step, sources, has_lookup, looked_up):
    if has_lookup:
        return "checks" if looked_up else "entry"
    return "checks" if sources.entered(step) else "entry"


def stages(steps, sources):
    """Stage -> number of instructions."""
    macros = [sources.macro(step) or "" for step in steps]
    has_lookup = any(macro.startswith("LOOKUP") for macro in macros)
    counts, looked_up, committed = dict.fromkeys(STAGES, 0), False, False
    for i, (step, macro) in enumerate(zip(steps, macros)):
        named = next((stage for word, stage in MACROS if macro.startswith(word)), None)
        commit = sources.commit(step)
        committed = committed or (commit is not None and step.line > commit)
        looked_up = looked_up or named == "lookup"
        if len(steps) - i <= 2 and not named and not committed:
            named = "exit"  # of a system call that does nothing: the flags and SYSRET
        counts[named or ("transfer" if committed else _before_commit(step, sources, has_lookup, looked_up))] += 1
    return counts


# ---- together

def _checked(name, counts, benchmark, stub, numbers):
    """A path as the record has it. fails: the run measured something else."""
    total = sum(counts.values())
    if benchmark and benchmark not in numbers:
        raise BatonError(f"the run does not measure {benchmark}", "make bench BACKEND=tcg")
    if benchmark and total + stub != numbers[benchmark]["median"]:
        raise BatonError(f"{name}: the code has {total} instructions and {stub} in ring 3, but {benchmark} measured "
                         f"{numbers[benchmark]['median']}", "make bench BACKEND=tcg")
    return {"name": name, "benchmark": benchmark, "instructions": total, "stages": counts}


def measure(kernel, run, root=ROOT):
    """The record's form: {"paths": [{"name", "benchmark", "instructions", "stages"}]}. fails: it differs from the run."""
    steps, symbols = disassemble(kernel)
    numbers, sources = record.by_id(run), Sources(root)
    found = {name: (stages(walk(steps, symbols, function, crosses), sources), benchmark, stub)
             for name, (function, crosses, benchmark, stub) in PATHS.items()}
    for name, (parts, benchmark, stub) in SUMS.items():
        found[name] = ({s: sum(found[part][0][s] for part in parts) for s in STAGES}, benchmark, stub)
    return {"schema": SCHEMA, "commit": run["commit"], "image_sha256": run["image_sha256"], "unit": "instructions",
            "seen_from": "kernel", "paths": [_checked(name, *path, numbers) for name, path in found.items()]}


def path_of(results):
    return Path(results) / "latest" / "breakdown.json"


def write(results, kernel, run):
    record.replace_file(path_of(results), (json.dumps(measure(kernel, run), indent=2) + "\n").encode())


def _need(condition, what):
    if not condition:
        raise ValueError(what)


def check(data):
    """Raises ValueError when the value is no breakdown."""
    _need(isinstance(data, dict) and data.get("schema") == SCHEMA, f"schema is not {SCHEMA!r}")
    for key in ("commit", "image_sha256"):
        _need(isinstance(data.get(key), str), f"{key} is not a text")
    _need(isinstance(data.get("paths"), list) and data["paths"], "paths is not a list with paths")
    for i, path in enumerate(data["paths"]):
        where = f"paths[{i}]"
        _need(isinstance(path, dict) and isinstance(path.get("name"), str), f"{where} has no name")
        counts = path.get("stages")
        _need(isinstance(counts, dict) and tuple(counts) == STAGES, f"{where}.stages are not {', '.join(STAGES)}")
        _need(all(type(n) is int and 0 <= n < MOST for n in counts.values()), f"{where}.stages: a count is no whole number")
        _need(path.get("instructions") == sum(counts.values()) > 0, f"{where}.instructions is not the sum of its stages")


def read(results, run):
    """The breakdown that belongs to the run's image, or None; a damaged file is named, and left out like a damaged run."""
    path = path_of(results)
    if not path.exists():
        return None
    try:
        data = record.read_as(path, check, BatonError, "make bench BACKEND=tcg")
    except BatonError as error:
        warn(f"left out of the charts: {error}")
        return None
    return data if data["image_sha256"] == run["image_sha256"] else None


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("--results", type=Path, default=record.RESULTS, help="default: results")
    parser.add_argument("--build", type=Path, default=ROOT / "build", help="default: build")
    options = parser.parse_args(arguments)
    latest = record.latest_path(options.results, "tcg")
    if not latest.is_file():
        raise BatonError(f"{shown(latest)} is missing", "make bench BACKEND=tcg")
    run = record.read(latest)
    write(options.results, options.build / "baton.elf", run)
    data = read(options.results, run)
    print(f"{'path':<28}" + "".join(f"{s:>10}" for s in STAGES) + f"{'all':>8}")
    for path in data["paths"]:
        print(f"{path['name']:<28}" + "".join(f"{path['stages'][s]:>10}" for s in STAGES) + f"{path['instructions']:>8}")
    return 0


if __name__ == "__main__":
    run_main(main)
