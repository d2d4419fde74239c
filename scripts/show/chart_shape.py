"""How a cost grows (revoke over children, a switch over ready threads), and how the samples of the last two runs are spread."""
import re

from scripts.records import record
from scripts.show.plot import COLOURS, INK, Chart, block, hover, quote

WIDTH, HEIGHT = 420, 290
# For which benchmarks the last part is a size, and the size of what.
SIZES = {"cap.revoke": "children", "sched.scale": "ready threads", "cap.lookup": "levels", "ipc.long": "words",
         "switch.yield": "threads that yield",
         "mem.map_many": "pages", "mem.unmap_many": "pages", "mem.protect_many": "pages"}
SIZE = re.compile(r"(.+)/(\d+)w?")
NEEDED = 3  # points
APART = 0.08  # of the highest point: what two numbers need between them
SHOWN = 96  # percent of the samples


def _families(run):
    """Chart name -> line name -> [(size, median)]."""
    found = {}
    for b in run["benchmarks"]:
        match = SIZE.fullmatch(b["id"])
        group = b["id"].split("/")[0]
        if match and group in SIZES:
            found.setdefault(group, {}).setdefault(match[1], []).append((int(match[2]), b["median"]))
    kept = {g: {line: sorted(p) for line, p in lines.items() if len(p) >= NEEDED} for g, lines in found.items()}
    return {g: lines for g, lines in kept.items() if lines}


def _wide(values):
    return min(values) > 0 and max(values) > 20 * min(values)


def _labelled(lines, high):
    """The names of the lines whose points have their numbers: not two that nearly lie upon one another."""
    found = []
    for name, points in lines.items():
        others = [dict(lines[other]) for other in found]
        if all(abs(y - other.get(x, y + high)) > APART * high for other in others for x, y in points):
            found.append(name)
    return found


def _growth(run, group, lines):
    unit, lines = run["unit"], _together(lines)
    points = [p for line in lines.values() for p in line]
    log_x, log_y = (_wide([p[i] for p in points]) for i in (0, 1))
    top = max(p[1] for p in points) or 1
    blocks = [block(f"d{i}", [(*p, hover(p[1], run, unit)) for p in line]) for i, line in enumerate(lines.values())]
    plots, labelled = [], _labelled(lines, top)
    for i, name in enumerate(lines):
        dashes = "" if name in labelled else "dt 2"  # the line that it nearly lies upon is seen between them
        plots.append(f"$d{i} using 1:2 with linespoints lw 2 {dashes} pt 7 ps 0.6 lc rgb '{COLOURS[i]}' title {quote(name)}")
        plots.append(f"$d{i} using 1:2:3 with labels hypertext point pt 7 ps 0.6 lc rgb '{COLOURS[i]}' notitle")
        if name in labelled:
            plots.append(f"$d{i} using 1:2:2 with labels offset 0,0.9 font small textcolor rgb '{INK}' notitle")
    sizes = sorted({p[0] for p in points})
    ticks = ", ".join(f"'{s}' {s}" for s in sizes)
    # A linear axis may have ticks between two powers of a thousand: 1500 is no "1k".
    tall, many = log_y or top > 20000, len(lines) > 1
    body = "\n".join([
        *blocks, "set logscale x" if log_x else "", "set logscale y" if log_y else "",
        f"set format y '{'%.0s%c' if log_y else '%.0f'}'",
        f"set ylabel {quote(unit + (', log scale' if log_y else ''))} textcolor rgb '{INK}'",
        f"set xlabel {quote(SIZES[group] + (', log scale' if log_x else ''))} textcolor rgb '{INK}'", f"set xtics ({ticks})",
        f"set yrange [{min(p[1] for p in points) * 0.5 if log_y else 0}:{top * (3 if log_y else 1.25)}]",
        "set offsets graph 0.06, graph 0.08, 0, 0",
        f"set key at screen 0.96, screen {1 - 36 / HEIGHT} right horizontal font small" if many else "unset key",
        f"set lmargin at screen {0.2 if tall else 0.18}; set rmargin at screen 0.96",
        f"set tmargin at screen {0.82 if many else 0.88}",
        "plot " + ", \\\n  ".join(plots)])
    return Chart(f"scale-{group}", f"{group}: median in {unit} by {SIZES[group]}", WIDTH, HEIGHT, body)


def _together(lines):
    """Lines that lie upon one another are one, with all their names."""
    found = {}
    for name, points in lines.items():
        found.setdefault(tuple(points), []).append(name)
    return {" = ".join(names): list(points) for points, names in found.items()}


def growth(run):
    return [_growth(run, group, lines) for group, lines in _families(run).items()]


# ---- distribution

def _steps_of(samples):
    """The share of samples that are at most x, in percent, as a staircase."""
    ordered, rows = sorted(samples), []
    for i, value in enumerate(ordered, 1):
        if i == len(ordered) or ordered[i] != value:
            rows.append((value, 100 * i / len(ordered)))
    return [(rows[0][0], 0), *rows]


def _distribution(benchmark, shown):
    unit = shown[0][0]["unit"]
    samples = [numbers["samples"] for _, numbers in shown]
    low = min(map(min, samples))
    high = max(sorted(s)[max(0, -(-len(s) * SHOWN // 100) - 1)] for s in samples)  # of the rest the key names the largest
    margin = max((high - low) * 0.15, 2)
    blocks, plots, names = [], [], []
    for i, (run, numbers) in enumerate(shown):
        name = f"{run['commit'][:7]} {run['date'][:16].replace('T', ' ')}: {len(numbers['samples'])} samples, largest {numbers['max']}"
        names.append(f"set label {quote(name)} at screen 0.025, screen {0.875 - 0.055 * i} left font small textcolor rgb '{COLOURS[i]}'")
        stairs = [(low - margin, 0), *_steps_of(numbers["samples"]), (max(high + margin, numbers["max"]), 100)]
        blocks.append(block(f"d{i}", stairs))
        plots.append(f"$d{i} using 1:2 with steps lw {4 - 2 * i} lc rgb '{COLOURS[i]}' notitle")
    body = "\n".join([
        *blocks, *names, f"set xlabel {quote(f'{unit}, up to the {SHOWN}th percentile')} textcolor rgb '{INK}'",
        f"set ylabel 'samples at or below, %' textcolor rgb '{INK}'", f"set xrange [{low - margin}:{high + margin}]",
        "set yrange [0:105]", "set lmargin at screen 0.18; set rmargin at screen 0.95",
        "set tmargin at screen 0.77; set bmargin at screen 0.21",
        "plot " + ", \\\n  ".join(plots)])
    return Chart("samples/" + benchmark.replace("/", "-"), f"{benchmark}: samples of {'two runs' if len(shown) > 1 else 'a run'}",
                 WIDTH, HEIGHT, body, benchmark)


def distributions(runs):
    """For each benchmark whose samples were kept (RAW=1): the last two runs that have them."""
    found = {}
    for run in reversed(runs):
        for benchmark, numbers in record.by_id(run).items():
            if numbers.get("samples"):
                found.setdefault(benchmark, []).append((run, numbers))
    return [_distribution(benchmark, shown[:2][::-1]) for benchmark, shown in found.items()]
