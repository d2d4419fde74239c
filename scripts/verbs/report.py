"""Writes one self-contained HTML page with all that was recorded: summary, tables, charts, peers, host.

It opens from the disk, without a network and without scripts, in light and dark, on a phone. Each backend has sections of
its own, so that no unit stands beside another. Where nothing was recorded here, it shows the committed baseline.
"""
import re
from pathlib import Path

from scripts.base.common import BatonError, make_parser, run_main, shown
from scripts.judge import history, trail
from scripts.records import footprint_record, peers, record
from scripts.show import bench_list, page, report_compare, report_parts as parts, summary
from scripts.show.page import section, tag
from scripts.verbs import chart

DEFAULT = "report.html"


def _optional(read, path):
    """What a file holds, or None where there is none. fails: it is there and damaged."""
    return read(path) if path.is_file() else None


def _charts(runs, results, steps):
    """(a section of those that show many benchmarks, {benchmark: [its own charts]}, the symbols that the charts share)."""
    run, charts = runs[-1], chart.of_runs(runs, results, steps)
    markup, symbols = page.figures(charts, chart.drawn(charts, record.charts_dir(results, run["backend"])), run["backend"])
    whole, of_benchmark = [], {}
    for drawn, figure in zip(charts, markup):
        (of_benchmark.setdefault(drawn.subject, []) if drawn.subject else whole).append(figure)
    name = run["backend"]
    return section(f"charts-{name}", f"Charts of the last run: {name}, in {run['unit']}", tag("div", *whole, class_="charts big")), \
        of_benchmark, symbols


def _of_backend(runs, results, baselines, figures, footprints):
    figures = figures + peers.own_linux(runs[-1], results)
    baseline = _optional(record.read, record.baseline_path(baselines, runs[-1]["backend"]))
    run, backend = runs[-1], runs[-1]["backend"]
    steps = history.steps(runs)  # a search, where the unit is noisy: once
    trails = {t.id: t for t in trail.trails(runs, steps)}
    charts, of_benchmark, symbols = _charts(runs, results, steps)
    return [*summary.summary(runs, baseline, history.release(results, backend), footprints, figures, trails),
            report_compare.last(results, backend), bench_list.every(run, trails.values(), figures, of_benchmark), charts,
            parts.results(run), parts.others(run, figures), parts.host(run)], symbols, bench_list.style(backend, trails.values())


def _navigation(body):
    """A line for each backend, and one for the rest."""
    lines = {}
    for identity in re.findall(r'<section id="([^"]+)">', body):
        what, _, backend = identity.partition("-")
        lines.setdefault(backend, []).append(tag("a", what.capitalize(), href=f"#{identity}"))
    return tag("nav", *(tag("p", tag("b", f"{backend}: ") if backend else "", *links) for backend, links in lines.items()))


def _newest(footprints):
    """The committed one may be newer than what was counted here."""
    return max((f for f in footprints if f is not None), key=lambda f: f["date"], default=None)


def make(results, baselines):
    """The page's text."""
    series = {b: runs for b in record.UNITS if (runs := history.runs(Path(results), b))}
    if not series:
        raise BatonError("nothing was recorded", "make bench")
    figures = peers.read()
    footprints = [_optional(footprint_record.read, path)
                  for path in (footprint_record.baseline_path(baselines), footprint_record.latest_path(results))]
    content, symbols, style = [], "", ""
    for runs in series.values():
        markup, symbols, rules = _of_backend(runs, results, baselines, figures, footprints)
        content += markup
        style += rules
    content += [parts.footprint(_newest(footprints), figures), parts.how_to_read()]
    last = max((runs[-1] for runs in series.values()), key=lambda r: r["date"])
    title = f"Baton, measured at {last['commit'][:10]}"
    when = last["date"].replace("T", " ").replace("Z", " UTC")
    head = [tag("h1", title), tag("p", f"{when}; {last['host']['cpu_model']}", class_="soft")]
    return page.document(title, symbols, style, *head, _navigation("".join(content)), *content)


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("--results", type=Path, default=record.RESULTS, help="default: results")
    parser.add_argument("--baselines", type=Path, help="whose baseline/ the gate's verdict is about; default: results")
    parser.add_argument("--output", type=Path, help=f"default: results/{DEFAULT}")
    options = parser.parse_args(arguments)
    output = options.output or options.results / DEFAULT
    record.replace_file(output, make(options.results, options.baselines or options.results).encode())
    print(shown(output))
    return 0


if __name__ == "__main__":
    run_main(main)
