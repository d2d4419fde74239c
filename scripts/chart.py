#!/usr/bin/env python3
"""Draws the recorded runs of one backend with gnuplot, as SVG and as PNG, into results/charts/<backend>/.

    fast-vs-slow        the fast path beside the slow one, and what has only one path, in the latest run
    history-<family>    the median of each benchmark over the runs, with the band from q1 to q3

A chart has one unit. Only complete runs are drawn.
"""
import math
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import qemu
import record
import table
from common import BatonError, make_parser, run_main, shown, warn

GNUPLOT = "gnuplot"
FONT = "DejaVu Sans"
MAX_RUNS = 40  # in a history: more labels than that cannot be read
# Colours that people with any kind of colour vision can tell apart (Okabe and Ito).
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#8c6d31")
FAST, SLOW = COLOURS[0], COLOURS[4]


@dataclass(frozen=True)
class Chart:
    name: str  # of the files, without suffix
    width: int
    height: int
    body: str  # gnuplot commands, without terminal and output


# ---- gnuplot

def quote(text):
    """A gnuplot string that means just these characters (single quotes know no escapes but their own)."""
    return "'" + text.replace("'", "''").replace("\n", " ") + "'"


def _script(chart, terminal, path):
    term = {"svg": f"svg size {chart.width},{chart.height} font '{FONT},13' background rgb 'white'",
            "png": f"pngcairo size {chart.width},{chart.height} font '{FONT},10'"}[terminal]
    big, small = {"svg": (18, 12), "png": (14, 9)}[terminal]  # pixels, points
    return f"""set terminal {term} noenhanced
set output {quote(str(path))}
big = ',{big}'
small = ',{small}'
set border 3 lc rgb '#444444'
set tics nomirror out
set grid ytics lc rgb '#dddddd' lt 1
{chart.body}
"""


def _render(chart, terminal):
    """The picture's bytes."""
    with tempfile.TemporaryDirectory(prefix="baton-chart-") as directory:
        path = Path(directory) / "picture"
        try:
            done = subprocess.run([GNUPLOT, "-"], input=_script(chart, terminal, path), text=True, timeout=60,
                                  capture_output=True)
        except FileNotFoundError as error:
            raise BatonError("gnuplot is not installed", "scripts/setup.sh chart") from error
        except subprocess.TimeoutExpired as error:
            raise BatonError(f"gnuplot hangs on {chart.name}") from error
        if done.returncode != 0 or not path.is_file():
            said = [line for line in done.stderr.splitlines() if line.strip()]
            raise BatonError(f"gnuplot cannot draw {chart.name}: {said[-1] if said else 'it said nothing'}")
        return path.read_bytes()


def _numbers(rows):
    return "\n".join(" ".join(str(cell) for cell in row) for row in rows)


# ---- fast beside slow

def _log_needed(values):
    values = [v for v in values if v > 0]
    return bool(values) and max(values) > 20 * min(values)


def _bar_rows(latest):
    """(label, fast or None, slow or None, only or None) for each group of bars."""
    rows = [(b["id"], None, None, b["median"]) for b in latest["benchmarks"] if table.pair_name(b["id"]) is None]
    for name, both in table.pairs(latest).items():
        rows.append((name, *(both[p]["median"] if p in both else None for p in ("fast", "slow")), None))
    return rows


def _bars(rows, column, offset, half, low):
    """Box corners: x from, x to, height from, height to; and the label's place."""
    found = []
    for i, row in enumerate(rows):
        if row[column] is not None:
            found.append((i + offset, low, i + offset - half, i + offset + half, low, max(row[column], low), row[column]))
    return found


def fast_vs_slow(latest):
    unit = latest["unit"]
    rows = _bar_rows(latest)
    values = [v for row in rows for v in row[1:] if v is not None]
    log = _log_needed(values)
    low = 10 ** math.floor(math.log10(max(1, min(v for v in values if v > 0) * 0.8))) if log else 0
    top = max(values, default=1)
    series = [("one path", "#999999", _bars(rows, 3, 0, 0.2, low)), ("fast path", FAST, _bars(rows, 1, -0.2, 0.2, low)),
              ("slow path", SLOW, _bars(rows, 2, 0.2, 0.2, low))]
    series = [s for s in series if s[2]]
    blocks, plots = [], []
    for i, (title, colour, bars) in enumerate(series):
        blocks.append(f"$d{i} << EOD\n{_numbers(bars)}\nEOD")
        plots.append(f"$d{i} using 1:2:3:4:5:6 with boxxyerror fill solid 0.9 noborder lc rgb '{colour}' title '{title}'")
        plots.append(f"$d{i} using 1:6:7 with labels rotate left offset 0,0.4 font small notitle")
    ticks = ", ".join(f"{quote(row[0])} {i}" for i, row in enumerate(rows))
    title = f"Baton {latest['commit'][:10]}, {latest['backend']}: median in {unit}"
    body = "\n".join([
        *blocks, f"set title {quote(title)} font big", f"set ylabel {quote(unit + (', log scale' if log else ''))}",
        "set logscale y" if log else "",
        f"set yrange [{low}:{top * (4 if log else 1.15) or 1}]", f"set xrange [-0.7:{len(rows) - 0.3}]",
        f"set xtics ({ticks}) rotate by 40 right", "set key top left horizontal", "set rmargin 3", "plot " + ", \\\n  ".join(plots)])
    return Chart("fast-vs-slow", max(640, 130 + 58 * len(rows)), 600, body)


# ---- history

def families(runs):
    """Chart name -> ids: a family is the id's first part; its fast and slow path have charts of their own,
    as their numbers are far apart."""
    found = {}
    for run in runs:
        for benchmark in by_id_order(run):
            parts = benchmark.split("/")
            path = next((p for p in parts if p in ("fast", "slow")), None)
            name = parts[0] + (f"-{path}" if path else "")
            found.setdefault(name, {})[benchmark] = None
    return {name: list(ids) for name, ids in found.items()}


def by_id_order(run):
    return [b["id"] for b in run["benchmarks"]]


def _history_rows(runs, benchmark):
    rows = []
    for x, run in enumerate(runs):
        numbers = record.by_id(run).get(benchmark)
        if numbers:
            rows.append((x, numbers["median"], numbers["q1"], numbers["q3"]))
    return rows


def _history_range(all_rows):
    low, high = min(r[2] for r in all_rows), max(r[3] for r in all_rows)
    margin = max((high - low) * 0.15, high * 0.03, 1)
    return max(0, low - margin), high + margin


def history(name, ids, runs):
    unit, backend = runs[0]["unit"], runs[0]["backend"]
    rows = {benchmark: _history_rows(runs, benchmark) for benchmark in ids}
    low, high = _history_range([r for found in rows.values() for r in found])
    blocks, plots = [], []
    for i, benchmark in enumerate(ids):
        colour = COLOURS[i % len(COLOURS)]
        title = f"{benchmark}: {rows[benchmark][-1][1]}"
        blocks.append(f"$d{i} << EOD\n{_numbers(rows[benchmark])}\nEOD")
        plots.append(f"$d{i} using 1:3:4 with filledcurves fill transparent solid 0.2 lc rgb '{colour}' notitle")
        plots.append(f"$d{i} using 1:2 with linespoints lw 2 pt 7 ps 0.7 lc rgb '{colour}' title {quote(title)}")
    ticks = ", ".join(f"{quote(run['commit'][:7] + ('+' if run['dirty'] else ''))} {x}" for x, run in enumerate(runs))
    body = "\n".join([
        *blocks, f"set title {quote(f'Baton {name}, {backend}: median and q1 to q3, in {unit}')} font big",
        f"set ylabel {quote(unit)}", "set xlabel 'commit of the run, oldest first (+: with changes not committed)'",
        f"set yrange [{low}:{high}]", f"set xrange [-0.5:{len(runs) - 0.5}]",
        f"set xtics ({ticks}) rotate by 45 right", "set key outside right top vertical Left reverse title 'last median' left",
        "plot " + ", \\\n  ".join(plots)])
    return Chart(f"history-{name}", max(560, 24 * len(runs)) + 110 + 8 * max(map(len, ids)), 480, body)


# ---- all of them

def _complete_runs(results, backend):
    """The newest complete runs, oldest first. A file that is no record is named and left out."""
    runs = []
    for path in record.run_paths(results, backend):
        try:
            run = record.read(path)
        except record.BadRecord as error:
            warn(f"left out of the charts: {error}")
            continue
        if record.is_complete(run) and run["backend"] == backend and run["benchmarks"]:
            runs.append(run)
    return runs[-MAX_RUNS:]


def draw(results, backend):
    """Draws all charts of a backend; returns their directory. fails: nothing to draw, gnuplot, a full disk."""
    runs = _complete_runs(results, backend)
    if not runs:
        raise BatonError(f"there is no complete run of {backend} to draw", f"make bench BACKEND={backend}")
    charts = [fast_vs_slow(runs[-1])]
    charts += [history(name, ids, runs) for name, ids in families(runs).items()]
    directory = record.charts_dir(results, backend)
    for chart in charts:
        for terminal in ("svg", "png"):
            record.replace_file(directory / f"{chart.name}.{terminal}", _render(chart, terminal))
    return directory


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("--backend", choices=qemu.BACKENDS, action="append", help="default: each that has runs")
    parser.add_argument("--results", type=Path, default=record.RESULTS, help="default: results")
    options = parser.parse_args(arguments)
    backends = options.backend or [b for b in qemu.BACKENDS if record.run_paths(options.results, b)]
    if not backends:
        raise BatonError("there are no recorded runs", "make bench")
    for backend in backends:
        print(f"{shown(draw(options.results, backend))}/")
    return 0


if __name__ == "__main__":
    run_main(main)
