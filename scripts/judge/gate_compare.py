"""What differs between two records: of a run of the suite under tcg, and of a footprint. Units are exact."""
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from scripts.records import footprint_record, record

COMPARED = ("min", "median")
# Another gcc compiles the C code (slow paths, user stubs, servers) to other instructions, and another QEMU may
# count some differently, so most numbers there move without any change here. The fast paths, the system-call
# entry and the one-level lookup are NASM, byte for byte the same: around them only the few instructions of the
# ring-3 stubs can move. Those still are held, with this much room.
NASM_IDS = ("*/fast/*", "syscall.null", "cap.lookup/1", "switch.yield/*", "sched.scale/*", "signal.*")
C_IDS = ("*/slow", "*/slow/*")
STUB_ROOM = 4
# The interrupt finds the spinning thread in one of its loop's three instructions (bench/irq_latency.c): in which one
# most often depends on how many instructions were executed since the boot, in other benchmarks, too.
# A revoke of 10 000, a restart or a large transfer takes as long as from one tick to the next, or longer: how many ticks most samples have
# in them depends on the same. Of services, so does whether a side of a ring finds the other awake.
# A boot has in it how many pages the image has, whatever is on them: a thousandth of it is not looked at.
PHASES = {"irq.latency/*": 2, "cap.revoke/10000": 200, "fs.read/64k/*": 200, "restart.*": 250, "net.tcp_bulk": 400, "web.request": 40,
          "isolation.tax/*": 4, "boot.to_shell": 50000}
# Where the linker puts functions and variables, any change of the C code anywhere can move: for a path that is C
# only those figures are held that do not depend on it.
FIGURES_OF_PLACE = ("code_lines", "code_pages", "data_pages")


def is_nasm(benchmark):
    """Does it measure a path in NASM, which is the same whatever compiler made the rest?"""
    def fits(patterns):
        return any(fnmatchcase(benchmark, pattern) for pattern in patterns)
    return fits(NASM_IDS) and not fits(C_IDS)


@dataclass(frozen=True)
class Change:
    id: str
    number: str  # "median", "min", "stores"
    old: int
    new: int
    unit: str = ""

    def __str__(self):
        unit = f" {self.unit}" if self.unit else ""
        return f"{self.id}: {self.number} {self.old} -> {self.new}{unit} ({self.new - self.old:+d})"


def size(change):
    """As a part of the old number."""
    return abs(change.new - change.old) / max(change.old, 1)


def medians(old, new):
    """Those that differ between two records."""
    before, after = record.by_id(old), record.by_id(new)
    return [Change(i, "median", before[i]["median"], after[i]["median"]) for i in after
            if i in before and before[i]["median"] != after[i]["median"]]


@dataclass
class Comparison:
    """What is held: `kind` is the word for one of them, `prefix` what stands before its id."""

    kind: str  # "benchmark", "path"
    prefix: str
    old: dict
    new: dict
    grown: list = field(default_factory=list)
    shrunk: list = field(default_factory=list)
    missing: list = field(default_factory=list)
    added: list = field(default_factory=list)
    held: list = field(default_factory=list)  # ids that were compared
    other_tools: list = field(default_factory=list)  # "gcc is ..., the baseline's is ..."
    note: str = ""  # what other tools mean for it

    def told(self):
        """What fails the gate, in words. Less is news as much as more: measuring one address space instead of two gives
        less, too."""
        parts = [(self.grown, f"numbers of {self.kind}s grew"), (self.shrunk, f"numbers of {self.kind}s fell"),
                 (self.missing, f"{self.kind}s are missing"), (self.added, f"{self.kind}s are new")]
        return [f"{len(which)} {what}" for which, what in parts if which]

    def add(self, change, room=0):
        if change.new > change.old + room:
            self.grown.append(change)
        elif change.new < change.old - room:
            self.shrunk.append(change)


def _tool_differences(old, new, tools):
    return [f"{tool} is {new['host'][tool]}, the baseline's is {old['host'][tool]}"
            for tool in tools if old["host"][tool] != new["host"][tool]]


def _started(kind, prefix, old, new, before, after, tools):
    return Comparison(kind, prefix, old, new, missing=[i for i in before if i not in after],
                      added=[i for i in after if i not in before], other_tools=_tool_differences(old, new, tools))


def phase_room(benchmark):
    """By so many instructions its numbers differ with what was executed before it."""
    return next((room for pattern, room in PHASES.items() if fnmatchcase(benchmark, pattern)), 0)


def _room(benchmark, other_tools):
    """By how many instructions it may differ; None: by any number."""
    if not other_tools:
        return phase_room(benchmark)
    return STUB_ROOM if is_nasm(benchmark) else None


def compare_runs(old, new):
    """Two runs of the suite under tcg."""
    before, after = record.by_id(old), record.by_id(new)
    found = _started("benchmark", "", old, new, before, after, ("gcc", "qemu"))
    for benchmark in before:
        room = _room(benchmark, found.other_tools)
        if benchmark not in after or room is None:
            continue
        found.held.append(benchmark)
        for number in COMPARED:
            values = before[benchmark][number], after[benchmark][number]
            found.add(Change(benchmark, number, *values, "instructions"), room)
    found.note = (f"only the {len(found.held)} benchmarks of NASM code are held, with room for {STUB_ROOM} "
                  "instructions")
    return found


def compare_footprints(old, new):
    """Two footprints. What is NASM in the baseline is held whatever the compiler."""
    before, after = footprint_record.by_id(old), footprint_record.by_id(new)
    found = _started("path", "footprint of ", old, new, before, after, ("gcc",))
    for path in before:
        if path not in after or (found.other_tools and before[path]["code"] != "nasm"):
            continue
        found.held.append(path)
        for figure, name in footprint_record.FIGURES.items():
            if before[path]["code"] == "c" and figure in FIGURES_OF_PLACE:
                continue
            found.add(Change(path, name, before[path][figure], after[path][figure]))
    found.note = f"only the {len(found.held)} paths of NASM code are held"
    return found
