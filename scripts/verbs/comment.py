"""Writes the comment on a pull request, and draws its chart, from what the run that measured it left:

    run.json          the record of its run under tcg
    <backend>.json    a comparison with its base, under tcg and where the runner had it under kvm; none that could not be made

The author of the pull request decides what is in them. So they are data only, which is checked; the verdicts are reached and the words
are written here, by code of this repository; and what is free text in them (why a benchmark was refused) has no markup.
"""
from pathlib import Path

from scripts.base.common import BatonError, make_parser, run_main
from scripts.judge import sides
from scripts.records import comparison, record
from scripts.show import chart_bars, compare_table, plot

HEADS = {"tcg": "In instructions, counted exactly", "kvm": "In cycles, under KVM on the runner"}
NONE = "It could not be compared with its base; the run's log says why."
LONGEST = 60000  # characters: what a comment may have, with room for the rest


def _table(path, backend, head):
    """A comparison as Markdown."""
    compared = comparison.read(path)
    if compared["backend"] != backend:
        raise BatonError(f"{path} is a comparison of {compared['backend']}, not of {backend}")
    old, new = (sides.recorded(compared[side]) for side in ("old", "new"))
    old.name, new.name = f"its base, {old.name}", f"{head[:10]}, merged with it"
    found = sides.judged(backend, old, new)
    text = compare_table.markdown(backend, old, new, found)
    return text if len(text) <= LONGEST // 2 else f"**{compare_table.summary(found)}**: too many for a comment; the run's log has them.\n"


def body(directory, head):
    parts = [(words, _table(path, backend, head)) for backend, words in HEADS.items() if (path := directory / f"{backend}.json").exists()]
    lines = [f"What {head[:10]} changes.", "", *(line for words, text in parts for line in (f"### {words}", "", text))]
    return "\n".join(lines if parts else [*lines, NONE]) + "\n"


def chart(path):
    """The picture of the run's fast and slow paths."""
    found = {drawn.name: drawn for drawn in chart_bars.charts(record.read(path))}
    if "fast-vs-slow" not in found:
        raise BatonError(f"{path} has no benchmark that a fast path has a part in")
    return plot.render(found["fast-vs-slow"])["png"]


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("directory", type=Path, help="where those files are")
    parser.add_argument("--head", required=True, help="the pull request's commit")
    parser.add_argument("--body", type=Path, required=True, help="the comment")
    parser.add_argument("--chart", type=Path, required=True, help="the picture")
    options = parser.parse_args(arguments)
    text, picture = body(options.directory, options.head), chart(options.directory / "run.json")
    record.replace_file(options.body, text.encode())
    record.replace_file(options.chart, picture)
    return 0


if __name__ == "__main__":
    run_main(main)
