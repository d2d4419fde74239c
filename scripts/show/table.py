"""A record as text: what each benchmark costs, the fast path beside the slow one, and cold caches beside warm ones."""
from scripts.records import conditions
from scripts.records.record import by_id

MEANING = {
    "instructions": "guest instructions, counted exactly by QEMU's TCG: of one compiler's code the same on every machine; not a time",
    "core cycles / 100": "hundredths of a cycle of the core",
    "cycles": "cycles of the time-stamp counter, which ticks at a fixed rate; they differ from machine to machine",
}
COLUMNS = ("median", "min", "p99")
WIDTH = 9
COLD = "/cold"
MIB = 1 << 20


def pathless(benchmark):
    """The id without its path: "ipc.call/same/fast/0w" is "ipc.call/same/0w"."""
    return "/".join(p for p in benchmark.split("/") if p not in ("fast", "slow"))


def pairs(record):
    """Name without the path -> {"fast": ..., "slow": ...}, in the record's order; one of the two may be missing. Where only the
    slow one's id says so ("switch.yield/same/slow"), the id without that is the fast one's. Those of cold caches are not among them."""
    numbers = {b: n for b, n in by_id(record).items() if not b.endswith(COLD)}
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
    return [b for b in record["benchmarks"] if not b["id"].endswith(COLD) and pathless(b["id"]) not in paired]


def colds(record):
    """Name without path and "/cold" -> {"fast": (cold, warm), "slow": ...}: numbers of both, warm may be None."""
    known, found = by_id(record), {}
    for benchmark, numbers in known.items():
        if benchmark.endswith(COLD):
            warm = benchmark.removesuffix(COLD)
            path = "fast" if "fast" in benchmark.split("/") else "slow"
            found.setdefault(pathless(warm), {})[path] = (numbers, known.get(warm))
    return found


def cold_ratio(both):
    """How many times the warm path the cold one takes, as text."""
    cold, warm = both or (None, None)
    return f"{cold['median'] / warm['median']:.1f}x" if cold and warm and warm["median"] else "-"


def cold_notes(record):
    """What emptied the caches, in lines, and what is wrong with it."""
    how = record.get("cold")
    if not how:
        return []
    cache = f"the largest cache has {how['cache'] / MIB:.4g} MiB" if how["cache"] else "CPUID does not say how large the caches are"
    lines = [f"before each sample {how['walk'] / MIB:.4g} MiB are read ({cache}), {how['pages']} pages for the TLBs, and "
             f"{how['code'] >> 10} KiB of branches executed",
             f"a load takes {how['hit']} {record['unit']} in the first-level cache, {how['miss']} after that, the clock's own included"]
    if how["walk"] < 2 * how["cache"]:
        lines.append("warning: that is not twice the cache, so some lines of it may stay (128 MiB and half of the memory are read at most)")
    if record["unit"] == "cycles" and how["miss"] < 2 * how["hit"]:
        lines.append("warning: after eviction a load takes hardly longer: these numbers are not cold")
    return lines


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


def pair_lines(record):
    """Only that part of the table, without what is said above it."""
    return _pair_rows(record, max(map(len, pairs(record)), default=0) + 2)[:-1]


def _cold_cells(both):
    cold, warm = both or (None, None)
    values = (cold["median"], cold["p99"], warm["median"] if warm else "-") if cold else ("-", "-", "-")
    return "".join(f"{v:>{WIDTH}}" for v in values) + f"{cold_ratio(both):>11}"


def _cold_rows(record, width):
    found = colds(record)
    if not found:
        return []
    titles = "".join(f"{t:>{WIDTH}}" for t in ("cold", "p99", "warm")) + f"{'cold/warm':>11}"
    span = len(titles)
    rows = [f"{name:<{width}}{_cold_cells(both.get('fast'))}   {_cold_cells(both.get('slow'))}" for name, both in found.items()]
    return ["cold caches", *(f"  {line}" for line in cold_notes(record)),
            f"{'':<{width}}{'-- fast path --':>{span}}   {'-- slow path --':>{span}}", f"{'benchmark':<{width}}{titles}   {titles}", *rows,
            ""]


def _mitigations(record):
    """What other people's figures mostly are without."""
    inside = record.get("mitigations", "unknown")
    if inside in ("none", "unknown"):
        return []
    return [f"  mitigations in force: {inside}; without them: MITIGATIONS=off; what each costs: make mitigations"]


def virtual_machine(record):
    """What a virtual record was made in; a text block does not say whose hypervisor it is."""
    name = record["host"].get("hypervisor", "unknown")
    return "a virtual machine" + ("" if name == "unknown" else f" ({name})")


def render(record):
    """The whole text, without colour, so that it pipes."""
    unit, host = record["unit"], record["host"]
    dirty = ", with changes that are not committed" if record["dirty"] else ""
    names = [pathless(b["id"]).removesuffix(COLD) for b in record["benchmarks"]]
    width = max(map(len, names), default=0) + 2
    linux, metal = record["backend"] == "linux", record["backend"] == "metal"
    lines = [
        f"Linux {host['kernel']}, natively, in {unit}" if linux else f"Baton, backend {record['backend']}, in {unit}",
        f"  {unit}: {MEANING[unit]}",
        "  each number is one operation as ring 3 sees it, without the clock's own overhead",
        f"  commit {record['commit'][:10]}{dirty}; {'' if linux or metal else 'QEMU ' + host['qemu'] + '; '}{host['cpu_model']}",
        *([f"  in {virtual_machine(record)}, not on bare metal"] if record.get("virtual") else []),
        *([f"  note: {record['note']}"] if record.get("note") else []),
        *_mitigations(record),
        *conditions.clocks(record),
        "",
        *_single_rows(record, width), *_pair_rows(record, width), *_cold_rows(record, width),
    ]
    lines += conditions.notes(record)
    lines += [f"refused: {r['id']}: {r['why']}" for r in record["refused"]]
    return "\n".join(lines).rstrip("\n")
