"""Which commits lie between two measurements: the candidates when a number has moved."""
from scripts.base.common import ROOT
from scripts.source import plaingit

SHOWN = 12
# What a measured number can depend on; other commits are not candidates.
MEASURED = ("Makefile", "kernel", "fastpath", "bench", "user")


def _git(tree, *words):
    """What git prints, or None when it fails or is not there."""
    try:
        done = plaingit.run(*words, cwd=tree)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _is_there(tree, commit):
    return _git(tree, "cat-file", "-e", f"{commit}^{{commit}}") is not None


def _is_shallow(tree):
    return _git(tree, "rev-parse", "--is-shallow-repository") == "true"


def _why_unknown(tree, commit):
    if _git(tree, "rev-parse", "--git-dir") is None:
        return "this is no git tree, so the commits between are not known"
    hint = "; do: git fetch --unshallow" if _is_shallow(tree) else ""
    return f"commit {commit[:10]} is not in this clone, so the commits between are not known{hint}"


def _last_change(tree, file):
    """The commit that changed a file last, or None. A shallow clone's first commit seems to have made all files."""
    return None if file is None or _is_shallow(tree) else _git(tree, "log", "-1", "--format=%H", "--", str(file)) or None


def _listed(tree, old, new):
    log = _git(tree, "log", "--format=%h %s", f"{old}..{new}", "--", *MEASURED)
    found = log.splitlines() if log else []
    many = f", the newest {SHOWN}" if len(found) > SHOWN else ""
    end = f"{many}:" if found else ""
    lines = [f"commits from {old[:10]} to {new[:10]} that touch {' '.join(MEASURED)}: {len(found)}{end}"]
    lines += [f"  {line}" for line in found[:SHOWN]]
    if _git(tree, "merge-base", "--is-ancestor", old, new) is None:
        lines.append(f"{old[:10]} is no ancestor of {new[:10]}: what it has and the other has not can be the cause, too")
    return lines


def between(old, new, dirty, file=None, tree=ROOT):
    """Lines for people: the commits after `old` up to `new` that touch what is measured, newest first. `dirty`: what
    was measured was not `new` itself, there were changes that are not committed. `file` holds the older measurement:
    when its commit is not there (it was rebased before it landed), the commit that brought the file stands for it."""
    lines = []
    if not _is_there(tree, old) and _last_change(tree, file):
        brought = _last_change(tree, file)
        lines.append(f"commit {old[:10]} is not in this clone; its measurement came with {brought[:10]}")
        old = brought
    unknown = next((c for c in (old, new) if not _is_there(tree, c)), None)
    lines += [_why_unknown(tree, unknown)] if unknown is not None else _listed(tree, old, new)
    if dirty:
        lines.append("and changes that are not committed")
    return lines
