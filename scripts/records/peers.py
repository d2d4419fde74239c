"""What other kernels cost (results/peers/*.json), beside a record: only figures of the record's own unit, seen from ring 3.

Prints the ratios for a record (default: the last complete one of each backend); --all also prints the figures that are
neither drawn nor printed elsewhere. results/peers/README.md says what the fields mean.
"""
import textwrap
from dataclasses import dataclass
from pathlib import Path

from scripts.base.common import ROOT, BatonError, make_parser, run_main, shown
from scripts.records import record

PEERS = ROOT / "results" / "peers"
SCHEMA = "baton-peers/1"
KINDS = ("measured", "published", "estimate", "part", "floor")
UNITS = {"instructions": ("instructions",), "cycles": ("cycles", "TSC cycles")}  # a record's unit: figures beside it
KNOWN_UNITS = ("instructions", "cycles", "TSC cycles", "core cycles", "any")
TEXTS = ("version", "kind", "unit", "seen_from", "source", "method", "conditions", "date")
WIDTH = 118


@dataclass(frozen=True)
class Figure:
    peer: str
    label: str
    benchmark: str  # id, or None
    what: str
    value: float  # for one operation; None: computed from the record
    of: str
    times: int
    anchor: bool
    version: str
    kind: str
    unit: str
    seen_from: str
    source: str
    method: str
    conditions: str
    date: str


@dataclass(frozen=True)
class Beside:
    """A figure next to the number that it is compared with."""

    figure: Figure
    value: float
    ours: int

    @property
    def ratio(self):
        return self.value / self.ours if self.ours else None


# ---- reading

def _need(condition, what):
    if not condition:
        raise ValueError(what)


def _figure(name, shared, table):
    where = f"{name}: {table.get('what', '?')}"
    _need(isinstance(table.get("what"), str), f"{where}: it does not say what it is")
    made = "of" in table
    value = table.get("value")
    number = isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0
    _need(made != number, f"{where}: it needs either a value above 0 or 'of'")
    _need(made == (shared["unit"] == "any"), f"{where}: the unit 'any' is for what is made of the record, and only for it")
    benchmark = table.get("benchmark")
    _need(benchmark is None or record.ID.fullmatch(benchmark), f"{where}: {benchmark!r} is no benchmark id")
    operations, times = table.get("operations", 1), table.get("times", 1)
    _need(all(type(n) is int and n >= 1 for n in (operations, times)), f"{where}: a count is not a whole number")
    return Figure(name, table.get("label", shared.get("label", name)), benchmark, table["what"],
                  None if made else value / operations, table.get("of"), times, bool(table.get("anchor")),
                  **{k: shared[k] for k in TEXTS})


def _figures(data):
    _need(isinstance(data, dict) and data.get("schema") == SCHEMA, f"schema is not {SCHEMA!r}")
    _need(isinstance(data.get("name"), str), "field 'name' is missing")
    found = []
    for i, shared in enumerate(data.get("sets", [])):
        for key in TEXTS:
            _need(isinstance(shared.get(key), str) and shared[key], f"sets[{i}].{key} is missing")
        _need(shared["kind"] in KINDS, f"sets[{i}].kind is {shared['kind']!r}")
        _need(shared["unit"] in KNOWN_UNITS, f"sets[{i}].unit is {shared['unit']!r}")
        _need(shared["seen_from"] in ("ring 3", "kernel"), f"sets[{i}].seen_from is {shared['seen_from']!r}")
        found += [_figure(data["name"], shared, table) for table in shared["figures"]]
    _need(found, "it holds no figures")
    return found


def read(directory=PEERS):
    """All figures, in the order of the files' names. fails: a file that cannot be read or is not as it should be."""
    found = []
    for path in sorted(Path(directory).glob("*.json")):
        record.read_as(path, lambda data: found.extend(_figures(data)), BatonError, "restore the file (git checkout)")
    return found


# ---- beside a record

def _fits(figure, unit):
    return figure.seen_from == "ring 3" and (figure.unit == "any" or figure.unit in UNITS.get(unit, ()))


def beside(run, figures, anchors_only=True):
    """Benchmark id -> what stands beside it, floors last; in the record's order."""
    numbers = record.by_id(run)
    found = {}
    for benchmark in numbers:
        for figure in figures:
            wanted = figure.benchmark == benchmark and (figure.anchor or not anchors_only) and _fits(figure, run["unit"])
            value = figure.value
            if wanted and figure.of:
                value = numbers[figure.of]["median"] * figure.times if figure.of in numbers else None
            if wanted and value:
                found.setdefault(benchmark, []).append(Beside(figure, value, numbers[benchmark]["median"]))
        found.get(benchmark, []).sort(key=lambda b: (b.figure.kind == "floor", -b.value))
    return found


# Which of this machine's own Linux's figures stand beside which benchmark (results/latest/linux.json).
OWN_LINUX = {
    "linux.getppid": ("syscall.null", 1), "linux.fcntl": ("cap.lookup/1", 1), "linux.sched_yield": ("switch.yield/cross", 2),
    "linux.pipe": ("ipc.round_trip/cross/fast/8w", 1), "linux.futex": ("signal.ping_pong/cross", 1),
    "linux.eventfd": ("signal.ping_pong/cross", 1), "linux.sigsegv": ("fault.page/same", 1),
}


def own_linux(run, results):
    """Figures of this machine's Linux for a record of the same CPU model (beside() looks at the unit); none where there is none."""
    path = record.latest_path(results, "linux")
    if run["backend"] == "linux" or not path.is_file():
        return []
    linux = record.read(path)
    if linux["host"]["cpu_model"] != run["host"]["cpu_model"]:
        return []
    shared = dict(version=linux["host"]["kernel"], kind="measured", unit=linux["unit"], seen_from="ring 3",
                  source="make bench-linux", method="the harness of the suite, natively, pinned to one CPU",
                  conditions=f"{linux['host']['cpu_model']}; mitigations as the kernel chose them", date=linux["date"])
    numbers = record.by_id(linux)
    return [Figure("Linux here", f"{i.replace('linux.', 'Linux here ')}", benchmark, i, numbers[i]["median"] / operations, None, 1,
                   True, **shared) for i, (benchmark, operations) in OWN_LINUX.items() if i in numbers]


def number(value):
    return f"{value:.0f}" if value == int(value) or value >= 100 else f"{value:.1f}"


def phrase(one):
    """"seL4 408 = 4.9x"; for a floor only the number."""
    if one.figure.kind == "floor" or one.ratio is None:
        return f"{one.figure.label} {number(one.value)}"
    return f"{one.figure.label} {number(one.value)} = {one.ratio:.{1 if one.ratio < 100 else 0}f}x"


def lines(run, figures, anchors_only=True):
    """The table of peers: empty when nothing of the record's unit stands beside it."""
    found = beside(run, figures, anchors_only)
    found = {i: row for i, row in found.items() if any(b.figure.kind != "floor" for b in row)}
    if not found:
        return []
    names = {i: "/".join(p for p in i.split("/") if p != "fast") for i in found}
    width = max(map(len, names.values())) + 2
    text = {"instructions": "measured under the same emulator",
            "cycles": "this machine's Linux, or published for other machines"}[run["unit"]]
    out = [f"peers, in {run['unit']}, {text} (results/peers/)", f"{'benchmark':<{width}}{'median':>9}   the same elsewhere"]
    for benchmark, row in found.items():
        cells = ";  ".join(phrase(b).replace(" ", "\0") for b in row)
        wrapped = textwrap.wrap(cells, WIDTH - width - 12) or [""]
        out.append(f"{names[benchmark]:<{width}}{row[0].ours:>9}   {wrapped[0]}".replace("\0", " "))
        out += [" " * (width + 12) + part.replace("\0", " ") for part in wrapped[1:]]
    return out


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("run", nargs="*", type=Path, help="records; default: results/latest/*.json")
    parser.add_argument("--results", type=Path, default=record.RESULTS, help="default: results")
    parser.add_argument("--peers", type=Path, default=PEERS, help="default: results/peers")
    parser.add_argument("--all", action="store_true", help="also the figures that are no anchors")
    options = parser.parse_args(arguments)
    paths = options.run or [p for b in record.UNITS if (p := record.latest_path(options.results, b)).is_file()]
    if not paths:
        raise BatonError("there is no record to compare with", "make bench")
    figures = read(options.peers)
    for path in paths:
        run = record.read(path)
        found = lines(run, figures + own_linux(run, options.results), not options.all)
        print("\n".join(found or [f"{shown(path)}: no peer has a figure in its unit"]))
    return 0


if __name__ == "__main__":
    run_main(main)
