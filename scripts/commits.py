"""Which commits lie between two measurements: the candidates when a number has moved."""
import subprocess

from common import ROOT

SHOWN = 12
# What a measured number can depend on; other commits are not candidates.
MEASURED = ("Makefile", "kernel", "fastpath", "bench", "user")


def _git(tree, *words):
    """What git prints, or None when it fails or is not there."""
    try:
        done = subprocess.run(["git", *words], cwd=tree, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _is_there(tree, commit):
    return _git(tree, "cat-file", "-e", f"{commit}^{{commit}}") is not None


def _why_unknown(tree, commit):
    if _git(tree, "rev-parse", "--git-dir") is None:
        return "this is no git tree, so the commits between are not known"
    hint = "; do: git fetch --unshallow" if _git(tree, "rev-parse", "--is-shallow-repository") == "true" else ""
    return f"commit {commit[:10]} is not in this clone, so the commits between are not known{hint}"


def between(old, new, dirty, tree=ROOT):
    """Lines for people: the commits after `old` up to `new` that touch what is measured, newest first. `dirty`: what
    was measured was not `new` itself, there were changes that are not committed."""
    unknown = next((c for c in (old, new) if not _is_there(tree, c)), None)
    if unknown is not None:
        lines = [_why_unknown(tree, unknown)]
    else:
        log = _git(tree, "log", "--format=%h %s", f"{old}..{new}", "--", *MEASURED)
        listed = log.splitlines() if log else []
        many = f", the newest {SHOWN}" if len(listed) > SHOWN else ""
        end = f"{many}:" if listed else ""
        lines = [f"commits from {old[:10]} to {new[:10]} that touch {' '.join(MEASURED)}: {len(listed)}{end}"]
        lines += [f"  {line}" for line in listed[:SHOWN]]
        if _git(tree, "merge-base", "--is-ancestor", old, new) is None:
            lines.append(f"{old[:10]} is no ancestor of {new[:10]}: what it has and the other has not can be the cause, too")
    if dirty:
        lines.append("and changes that are not committed")
    return lines
