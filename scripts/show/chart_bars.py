"""All benchmarks of one run as bars: the fast path beside the slow one, what has one path only, and cold caches beside warm."""
import math

from scripts.show import table
from scripts.show.plot import BLUE, GREY, INK, YELLOW, Chart, block, hover, quote

BARS = 278  # pixels for the bars and what stands right of them
CHARACTER = 6.6  # pixels of an id
ROWS = {1: 21, 2: 25}  # pixels of a row with so many bars, whose numbers stand below one another


def _log_needed(values):
    values = [v for v in values if v > 0]
    return bool(values) and max(values) > 20 * min(values)


def _axis(values):
    """Where the bars begin, where the axis ends, and whether it is logarithmic; the labels of the bars have room."""
    top = max(values, default=1) or 1
    if not _log_needed(values):
        return 0, top * 1.15, False
    low = 10 ** math.floor(math.log10(min(v for v in values if v > 0) * 0.8))
    return low, top * (top / low) ** 0.16, True


def _corners(run, rows, column, offset, half, low):
    """Bars: x, y, x from, x to, y from, y to, value, what the pointer is told."""
    return [(low, i + offset, low, max(row[column], low), i + offset - half, i + offset + half, row[column],
             hover(row[column], run, run["unit"]))
            for i, row in enumerate(rows) if row[column] is not None]


def _chart(name, title, run, rows, series):
    """Rows of (id, value, value ...); series of (title, colour, column, offset, half height)."""
    values = [v for row in rows for v in row[1:] if v is not None]
    low, high, log = _axis(values)
    top = 58 if len(series) > 1 else 34  # pixels: the key, the title
    height = top + 72 + ROWS[len(series)] * len(rows)
    left = round(CHARACTER * max(len(row[0]) for row in rows)) + 10
    width = left + BARS
    blocks, plots = [], []
    for i, (label, colour, column, offset, half) in enumerate(series):
        bars = _corners(run, rows, column, offset, half, low)
        if not bars:
            continue
        blocks.append(block(f"d{i}", bars))
        shown = f"title {quote(label)}" if len(series) > 1 else "notitle"
        # From 1 to 10 and from 10 to 100 are equally long on a logarithmic scale: there a bar's length says nothing.
        what = "4:2 with points pt 7 ps 0.8" if log else "1:2:3:4:5:6 with boxxyerror fill solid 0.9 noborder"
        plots += [f"$d{i} using {what} lc rgb '{colour}' {shown}",
                  f"$d{i} using 4:2:8 with labels hypertext point pt 7 ps 0.8 lc rgb '{colour}' notitle",
                  f"$d{i} using 4:2:7 with labels left offset 0.7,0 font small textcolor rgb '{INK}' notitle"]
    ticks = ", ".join(f"{quote(row[0])} {i}" for i, row in enumerate(rows))
    body = "\n".join([
        *blocks, f"set xlabel {quote(run['unit'] + (', log scale' if log else ''))} textcolor rgb '{INK}'",
        "set logscale x" if log else "", "set format x '%.0s%c'", f"set xrange [{low}:{high}]",
        f"set yrange [{len(rows) - 0.4}:-0.6]", f"set ytics ({ticks}) scale 0", "set grid noytics xtics",
        f"set lmargin at screen {left / width}; set rmargin at screen 0.97",
        f"set tmargin at screen {1 - top / height}; set bmargin at screen {68 / height}",
        f"set key at screen 0.97, screen {1 - 40 / height} right horizontal samplen 1.5 width -2", "plot " + ", \\\n  ".join(plots)])
    return Chart(name, title, width, height, body)


def _title(run, what):
    return f"{what}: median in {run['unit']} ({run['backend']}, {run['commit'][:10]})"


def charts(run):
    pairs = [(name, *(both[p]["median"] if p in both else None for p in ("fast", "slow")))
             for name, both in table.pairs(run).items()]
    singles = [(b["id"], b["median"]) for b in table.singles(run)]
    found = []
    if pairs:
        found.append(_chart("fast-vs-slow", _title(run, "Fast and slow path"), run, pairs,
                            [("fast path", BLUE, 1, -0.2, 0.19), ("slow path", YELLOW, 2, 0.2, 0.19)]))
    for path in ("fast", "slow"):
        colds = [(name, both[path][1] and both[path][1]["median"], both[path][0]["median"])
                 for name, both in table.colds(run).items() if path in both]
        if colds:
            found.append(_chart(f"cold-vs-warm-{path}", _title(run, f"Cold caches, {path} path"), run, colds,
                                [("warm caches", BLUE, 1, -0.2, 0.19), ("cold caches", YELLOW, 2, 0.2, 0.19)]))
    if singles:
        found.append(_chart("one-path", _title(run, "Benchmarks"), run, singles, [("", GREY, 1, 0, 0.36)]))
    return found
