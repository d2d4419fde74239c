"""A record as text: what each benchmark costs, and the fast path beside the slow one."""
from record import by_id

MEANING = {
    "instructions": "guest instructions, counted exactly by QEMU's TCG: the same on every machine; not a time",
    "cycles": "cycles of the time-stamp counter, which ticks at a fixed rate; they differ from machine to machine",
}
COLUMNS = ("median", "min", "p99")
WIDTH = 9


def pathless(benchmark):
    """The id without its path: "ipc.call/same/fast/0w" is "ipc.call/same/0w"."""
    return "/".join(p for p in benchmark.split("/") if p not in ("fast", "slow"))


def pairs(record):
    """Name without the path -> {"fast": ..., "slow": ...}, in the record's order; one of the two may lack. Where only the
    slow one's id says so ("switch.yield/same/slow"), the id without that is the fast one's."""
    numbers = by_id(record)
    named = {pathless(b) for b in numbers if pathless(b) != b}
    found = {}
    for benchmark in numbers:
        if pathless(benchmark) in named:
            path = "slow" if "slow" in benchmark.split("/") else "fast"
            found.setdefault(pathless(benchmark), {})[path] = numbers[benchmark]
    return found


def singles(record):
    """The benchmarks that are measured on one path only."""
    paired = pairs(record)
    return [b for b in record["benchmarks"] if pathless(b["id"]) not in paired]


def _cells(numbers):
    return "".join(f"{numbers[c] if numbers else '-':>{WIDTH}}" for c in COLUMNS)


def _titles():
    return "".join(f"{c:>{WIDTH}}" for c in COLUMNS)


def _single_rows(record, width):
    rows = singles(record)
    if not rows:
        return []
    return [f"{'benchmark':<{width}}{_titles()}", *(f"{b['id']:<{width}}{_cells(b)}" for b in rows), ""]


def ratio(both):
    """How many times the fast path the slow one takes, as text."""
    if len(both) < 2 or both["fast"]["median"] == 0:
        return "-"
    return f"{both['slow']['median'] / both['fast']['median']:.2f}x"


def _pair_rows(record, width):
    found = pairs(record)
    if not found:
        return []
    span = WIDTH * len(COLUMNS)
    head = [f"{'':<{width}}{'-- fast path --':>{span}}   {'-- slow path --':>{span}}",
            f"{'benchmark':<{width}}{_titles()}   {_titles()}   slow/fast"]
    rows = [f"{name:<{width}}{_cells(both.get('fast'))}   {_cells(both.get('slow'))}{ratio(both):>12}"
            for name, both in found.items()]
    return [*head, *rows, ""]


def render(record):
    """The whole text, without colour, so that it pipes."""
    unit, host = record["unit"], record["host"]
    dirty = ", with changes that are not committed" if record["dirty"] else ""
    names = [pathless(b["id"]) for b in record["benchmarks"]]
    width = max(map(len, names), default=0) + 2
    linux, metal = record["backend"] == "linux", record["backend"] == "metal"
    lines = [
        f"Linux {host['kernel']}, natively, in {unit}" if linux else f"Baton, backend {record['backend']}, in {unit}",
        f"  {unit}: {MEANING[unit]}",
        "  each number is one operation as ring 3 sees it, without the clock's own overhead",
        f"  commit {record['commit'][:10]}{dirty}; {'' if linux or metal else 'QEMU ' + host['qemu'] + '; '}{host['cpu_model']}",
        *([f"  in a virtual machine ({host.get('hypervisor', 'unknown')}), not on bare metal"] if record.get("virtual") else []),
        *([f"  note: {record['note']}"] if record.get("note") else []),
        "",
        *_single_rows(record, width), *_pair_rows(record, width),
    ]
    lines += [f"refused: {r['id']}: {r['why']}" for r in record["refused"]]
    return "\n".join(lines).rstrip("\n")
