"""The index of the published page: a line for each measured commit, with what changed there and its report where that is kept."""
from dataclasses import dataclass

from scripts.judge import gate_compare, history
from scripts.records import record
from scripts.show import page
from scripts.show.page import section, table, tag
from scripts.show.words import commit, moved, percent

ABOUT = "Every commit of the default branch that was measured, the newest first: what one operation costs, and what changed there."


@dataclass(frozen=True)
class Line:
    run: dict
    before: dict  # the run before it, or None
    subject: str  # of the commit
    report: str  # the address of its page, or nothing


def _changes(line):
    """Medians that differ from those of the run before, the largest change first."""
    found = gate_compare.medians(line.before, line.run) if line.before else []
    return sorted(found, key=gate_compare.size, reverse=True)


def _changed(line):
    found = _changes(line)
    if not found:
        return "nothing" if line.before else "the first"
    first = found[0]
    return page.Raw(f"{len(found)}, most " + moved(percent(first.old, first.new), first.new > first.old) + f" {page.text(first.id)}")


def _row(line):
    report = tag("a", "report", href=line.report) if line.report else ""
    return line.run["date"][:10], commit(line.run), report, _changed(line), line.subject


def index(lines):
    heads = [("date", ""), ("commit", ""), ("page", ""), ("medians that changed", ""), ("subject", "")]
    return page.document("Baton, measured", "", "", tag("h1", "Baton, measured"), tag("p", ABOUT),
                         section("commits", "Commits", table(heads, map(_row, lines))))


def readme(lines):
    """The same for who looks at the branch: without subjects, which are other people's words."""
    where = "`index.html` is for a browser: by GitHub Pages (Settings, Pages, this branch), or from a clone."
    out = ["# Baton, measured", "", f"{ABOUT} {where}", "", "| date | commit | medians that changed | report |", "|---|---|--:|---|"]
    return "\n".join(out + [f"| {line.run['date'][:10]} | {history.short(line.run)} | {len(_changes(line))} | "
                            f"{f'[report]({line.report})' if line.report else ''} |" for line in lines]) + "\n"


def of_runs(runs, subjects, reports):
    """Lines, the newest first. runs: the oldest first; subjects: {commit: its subject}; reports: {record.run_name(): address}."""
    return [Line(run, before, subjects.get(run["commit"], ""), reports.get(record.run_name(run), ""))
            for before, run in zip([None, *runs], runs)][::-1]
