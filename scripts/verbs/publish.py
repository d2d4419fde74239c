"""Keeps on branches of origin what the GitHub workflow measures, so that a fork needs nothing but git:

    earlier         brings into results/runs what earlier runs recorded: of those commits only that HEAD has
    runs DIRECTORY  adds the runs below it to the history
    page FILE       puts a report on the page, with an index of all measured commits; only the newest reports stay
    chart FILE      puts the chart of a pull request there (NUMBER, HEAD) in the place of its earlier one; those of long ago go

The history is the branch bench-history, which only grows. The page is the branch bench-page, which has one commit, so that what has
gone from it takes no room; GitHub Pages can serve it as it is.
"""
import datetime
import re
from pathlib import Path

from scripts.base.common import ROOT, USAGE, BatonError, make_parser, run_main
from scripts.judge import history
from scripts.records import record
from scripts.show import published
from scripts.source import branch, gitlog

HISTORY, PAGE = "bench-history", "bench-page"
RUN = re.compile(r"runs/(\w+)/\d{8}T\d{6}Z-([0-9a-f]{10})(_\d+)?\.json")
REPORT = re.compile(r"reports/(\S+)\.html")
CHART = re.compile(r"pull/(\d{8})-(\d+)-[0-9a-f]{10}\.png")
REPORTS, LINES = 30, 200  # kept, and in the index
DAYS = 90  # that a pull request's chart is kept


# ---- the history

def _runs(kept, tip, head, most):
    """(path, text) of each backend's newest runs whose commit `head` has in its past, oldest first."""
    known, found = {line[:10] for line in kept.git("rev-list", head).split()}, {}
    for path in sorted(kept.files(tip)):
        match = RUN.fullmatch(path)
        if match and match[2] in known:
            found.setdefault(match[1], []).append(path)
    return [(path, kept.read(tip, path)) for paths in found.values() for path in paths[-most:]]


def earlier(options):
    kept = branch.Branch(HISTORY, options.tree)
    found = _runs(kept, kept.tip(), "HEAD", history.MAX_RUNS)
    for path, text in found:
        record.replace_file(options.results / path, text.encode())
    return f"{len(found)} earlier runs of commits that this one has"


def runs(options):
    new = {f"runs/{path.relative_to(options.what).as_posix()}": path for path in sorted(options.what.rglob("*.json"))
           if path.is_file() and not path.is_symlink()}
    put = branch.Branch(HISTORY, options.tree).change(f"Runs of {gitlog.resolve('HEAD', options.tree).hash}", lambda _: new)
    return f"{HISTORY}: {len(new)} runs" if put else f"{HISTORY} has them already"


# ---- the page

def _measured(tree, head):
    """The newest runs of exact counts, oldest first. What cannot be read is left out: it may have another form."""
    kept, found = branch.Branch(HISTORY, tree), []
    for _, text in _runs(kept, kept.tip(), head, LINES):
        try:
            run = record.parse_json(text)
            record.check(run)
        except ValueError:
            continue
        found += [run] if run["backend"] == "tcg" else []
    return found


def _report(measured, commit):
    """Where the report of that commit's last run lies."""
    own = [run for run in measured if run["commit"] == commit]
    if not own:
        raise BatonError(f"{HISTORY} has no run of {commit[:10]}", "publish its runs first")
    return f"reports/{record.run_name(own[-1])}.html"


def page(options):
    """Of HEAD. The index is of origin's default branch, which may have gone on meanwhile."""
    kept = branch.Branch(PAGE, options.tree)

    def edit(tip):
        head = kept.fetched("HEAD")
        subjects = dict(line.split("\0", 1) for line in kept.git("log", "--format=%H%x00%s", head).splitlines())
        measured = _measured(options.tree, head)
        new = _report(measured, gitlog.resolve("HEAD", options.tree).hash)
        there = {new, *filter(REPORT.fullmatch, kept.files(tip))}
        stay = sorted(there)[-REPORTS:]
        lines = published.of_runs(measured, subjects, {REPORT.fullmatch(path)[1]: path for path in stay})
        return {**dict.fromkeys(there - {*stay, new}), **({new: options.what} if new in stay else {}), ".nojekyll": b"",
                "index.html": published.index(lines).encode(), "README.md": published.readme(lines).encode()}

    put = kept.change("The page", edit, alone=True)
    return f"{PAGE}: {options.what}" if put else f"{PAGE} has it already"


def chart(options):
    if options.number is None or not re.fullmatch(r"[0-9a-f]{40}", options.head):
        raise BatonError("of which pull request?", "--number 12 --head <its 40 digits>", USAGE)
    kept = branch.Branch(PAGE, options.tree)
    today = options.today.replace("-", "")
    oldest = (datetime.datetime.strptime(today, "%Y%m%d") - datetime.timedelta(days=DAYS)).strftime("%Y%m%d")
    new = f"pull/{today}-{options.number}-{options.head[:10]}.png"

    def edit(tip):
        charts = filter(None, map(CHART.fullmatch, kept.files(tip)))
        gone = [found[0] for found in charts if found[1] < oldest or int(found[2]) == options.number]
        return {**dict.fromkeys(gone), new: options.what}

    kept.change(f"Chart of pull request {options.number}", edit, alone=True)
    return new


WORDS = {"earlier": earlier, "runs": runs, "page": page, "chart": chart}


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("word", choices=WORDS)
    parser.add_argument("what", type=Path, nargs="?", help="the directory or file")
    parser.add_argument("--number", type=int, help="of the pull request")
    parser.add_argument("--head", default="", help="its commit")
    parser.add_argument("--today", default=datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d"), help="default: the day")
    parser.add_argument("--tree", type=Path, default=ROOT, help="a clone of the repository; default: this tree")
    parser.add_argument("--results", type=Path, default=record.RESULTS, help="default: results")
    options = parser.parse_args(arguments)
    if options.word != "earlier" and (options.what is None or not options.what.exists()):
        raise BatonError(f"{options.what or 'nothing'} is not there to publish", "measure first: make bench; make report", USAGE)
    print(WORDS[options.word](options))
    return 0


if __name__ == "__main__":
    run_main(main)
