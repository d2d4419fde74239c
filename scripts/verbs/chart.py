"""Draws the recorded runs of one backend with gnuplot, as SVG and as PNG, into results/charts/<backend>/.

    fast-vs-slow, one-path   all benchmarks of the last run in bars
    history/<benchmark>      its median over the runs, with what changed when, and what peers take
    breakdown                the stages of the fast paths (scripts/verbs/breakdown.py)
    left-to-win              what the logic of the fast paths adds to what the CPU's own steps take (make bench BACKEND=logic)
    scale-<group>            how a cost grows with a size
    samples/<benchmark>      the samples of the last two runs that kept them (RAW=1)

A chart has one unit. Only complete runs are drawn; the committed baselines of the last commits are runs, too.
"""
from pathlib import Path

from scripts.base.common import BatonError, make_parser, run_main, shown
from scripts.judge import history
from scripts.machine import measure
from scripts.records import peers, record
from scripts.show import chart_bars, chart_history, chart_shape, chart_stacked, gallery
from scripts.verbs import breakdown


def of_runs(runs, results, steps):
    """All charts of one backend's runs, oldest first. steps: history.steps() of them."""
    last = runs[-1]
    parts = breakdown.read(results, last)
    figures = peers.read()
    return [*chart_bars.charts(last), *([chart_stacked.breakdown(parts)] if parts else []), *chart_stacked.left_to_win(last, figures),
            *chart_shape.growth(last), *chart_shape.distributions(runs),
            *chart_history.charts(runs, figures + peers.own_linux(last, results), steps)]


def runs_to_draw(results, backend):
    runs = history.runs(Path(results), backend)
    if not runs:
        raise BatonError(f"there is no complete run of {backend} to draw", f"make bench BACKEND={backend}")
    return runs


def _remove_others(directory, kept):
    """Charts of benchmarks that no run has any more, and of earlier versions of this script."""
    for path in directory.rglob("*.*"):
        if path not in kept and path.suffix in (".svg", ".png"):
            path.unlink(missing_ok=True)  # another that draws may have been faster


def drawn(charts, directory):
    """Their pictures, in their order; a person at a terminal sees how far it is."""
    progress = measure.Progress(brief=True)
    found = gallery.pictures(charts, directory, lambda done, whole: progress.detail(f"charts: {done} of {whole}"))
    progress.end()
    return found


def draw(results, backend):
    """Draws all charts of a backend; returns their directory. fails: nothing to draw, gnuplot, a full disk."""
    runs = runs_to_draw(results, backend)
    directory, charts = record.charts_dir(results, backend), of_runs(runs, results, history.steps(runs))
    pictures = dict(zip((c.name for c in charts), drawn(charts, directory)))
    kept = {directory / f"{name}.{terminal}": data for name, both in pictures.items() for terminal, data in both.items()}
    for path, data in kept.items():
        if not path.is_file() or path.read_bytes() != data:
            record.replace_file(path, data)
    _remove_others(directory, kept)
    return directory


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("--backend", choices=record.UNITS, action="append", help="default: each that has runs")
    parser.add_argument("--results", type=Path, default=record.RESULTS, help="default: results")
    options = parser.parse_args(arguments)
    backends = options.backend or [b for b in record.UNITS if record.run_paths(options.results, b)]
    if not backends:
        raise BatonError("there are no recorded runs", "make bench")
    for backend in backends:
        print(f"{shown(draw(options.results, backend))}/")
    return 0


if __name__ == "__main__":
    run_main(main)
