"""What performance counters counted in one operation of each benchmark, as a table like that of `perf stat`."""
from scripts.records import record

TITLES = {"cycles": "cycles", "instructions": "instr", "branch_misses": "br-miss", "l1d_misses": "L1d-miss", "l2_misses": "L2-miss",
          "llc_misses": "LLC-miss", "dtlb_misses": "dTLB-miss", "itlb_misses": "iTLB-miss"}
MEDIANS = ("cycles", "instructions")  # for the others, most often none or one, the mean says more
WIDTH = 10


def cells(counters):
    """Texts by column: the events, with the instructions in a cycle after the first two; "-" for what was not counted."""
    counts = counters["counts"]
    found = {name: "-" if name not in counts else f"{counts[name]['median']}" if name in MEDIANS else f"{counts[name]['mean']:.2f}"
             for name in record.EVENTS}
    cycles, instructions = (counts.get(name, {}).get("median") for name in MEDIANS)
    ratio = f"{instructions / cycles:.2f}" if cycles and instructions is not None else "-"
    values = [found[name] for name in record.EVENTS]
    return [*values[:2], ratio, *values[2:]]


def titles():
    names = [TITLES[name] for name in record.EVENTS]
    return [*names[:2], "instr/cyc", *names[2:]]


def rows(run):
    """Id and cells of each benchmark that was counted."""
    return [(b["id"], cells(b["counters"])) for b in run["benchmarks"] if "counters" in b]


def notes(run):
    """What was not counted, and why, in lines."""
    pmu = run["pmu"]
    if not pmu["counted"]:
        return ["none: this CPU, or the hypervisor beneath, shows no performance counters that Baton knows"]
    if not pmu["running"]:
        return ["none: there are performance counters, but they stand still; a hypervisor may keep them for itself"]
    unknown = [TITLES[e] for e in record.EVENTS if e not in pmu["counted"] and e not in pmu["left"]]
    lines = ["per operation, in ring 3 and in the kernel: medians of cycles and instructions, means of misses; cycles are the core's own"]
    if unknown:
        lines.append(f"not counted on this CPU: {', '.join(unknown)}")
    if pmu["left"]:
        lines.append(f"no counter was left for: {', '.join(TITLES[e] for e in pmu['left'])}")
    return lines


def render(run):
    """The whole text, beginning with an empty line, or nothing where nobody asked for counters."""
    if "pmu" not in run:
        return ""
    found = rows(run)
    if not found:
        return "\n\n".join(["", f"performance counters: {notes(run)[0]}"])
    width = max(len(name) for name, _ in found) + 2
    lines = ["", "performance counters", *(f"  {line}" for line in notes(run)), "",
             f"{'benchmark':<{width}}" + "".join(f"{t:>{WIDTH}}" for t in titles())]
    lines += [f"{name:<{width}}" + "".join(f"{c:>{WIDTH}}" for c in row) for name, row in found]
    return "\n" + "\n".join(lines)
