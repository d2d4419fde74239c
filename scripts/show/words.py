"""Small things that several parts of the report say: a benchmark's name with the way to its charts, a commit, a change."""
from scripts.judge import history, remote
from scripts.show.page import tag


def ident(benchmark, run=None, words=None):
    """A benchmark's name. run: one that has it; then it leads to its line in the list of that run's backend."""
    shown, class_ = words or benchmark, None if words else "id"
    if run is None:
        return tag("span", shown, class_=class_)
    return tag("a", shown, class_=class_, href=f"#b-{run['backend']}-{benchmark}")


def commit(run):
    where = remote.commit(run["commit"])
    return tag("a", history.short(run), href=where) if where else tag("code", history.short(run))


def percent(old, new):
    return f"{(new - old) / old * 100:+.1f} %" if old else "-"


def moved(text, more):
    """More is worse: all units are costs."""
    return tag("span", text, class_="bad" if more else "good")
