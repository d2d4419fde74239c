"""The two sides of a comparison of runs that were recorded earlier, where nothing is measured: files against files, and of metal,
which no command can measure, the runs of one commit against those of another."""
import glob
from fnmatch import fnmatchcase
from pathlib import Path

from scripts.base.common import USAGE, BatonError, shown
from scripts.judge import permutation
from scripts.records import record
from scripts.source import gitlog


def files(words):
    """The files that the words (names, or patterns of them) stand for; empty when they are no files."""
    found = []
    for word in words.split():
        matches = sorted(glob.glob(word)) if set(word) & set("*?[") else [word]
        if not matches:
            raise BatonError(f"no file is called {word}", "ls results/runs/metal", USAGE)
        found += [Path(m) for m in matches]
    return found if found and all(p.suffix == ".json" or p.is_file() for p in found) else []


def wanted(options):
    """Whether both sides are records."""
    return options.backend == "metal" or bool(options.new and files(options.new))


def _of_commit(name, options):
    """All complete runs of a commit."""
    commit = gitlog.resolve(name)
    found = []
    for path in record.run_paths(options.results, "metal"):
        run = record.read(path)
        if run["commit"] == commit.hash and not run["dirty"] and record.is_complete(run):
            found.append((path, run))
    if not found:
        name = commit.hash[:10]
        raise BatonError(f"no complete run of metal at {commit} is recorded",
                         f"git worktree add ../baton-{name} {name}, there make iso, boot both entries, and make record here")
    return found


def _latest_commit(options):
    path = record.latest_path(options.results, "metal")
    if not path.is_file():
        raise BatonError("NEW is not given, and there is no latest run of metal", "make record, or NEW=<commit or records>", USAGE)
    return record.read(path)["commit"]


def _runs(name, options):
    """(path, record) of each run of a side."""
    return [(path, record.read(path)) for path in files(name)] or _of_commit(name, options)


def _same(runs, what, of):
    """All runs have one of that; else an error that names two files."""
    first = of(runs[0][1])
    for path, run in runs[1:]:
        if of(run) != first:
            raise BatonError(f"{shown(runs[0][0])} and {shown(path)} are of two {what}: {first} and {of(run)}", "compare those of one",
                             USAGE)
    return first


def _machine(run):
    return run["host"]["cpu_model"] + (" (virtual)" if run.get("virtual") else "")


def _side(make, runs, options):
    commits = list(dict.fromkeys(run["commit"][:10] + ("+" if run["dirty"] else "") for _, run in runs))
    places = shown(runs[0][0]) if len(runs) == 1 else f"{len(runs)} runs, {shown(runs[0][0])} and on"
    side = make(f"{places}, commit {', '.join(commits)}", runs[0][1]["commit"], any(run["dirty"] for _, run in runs))
    for _, run in runs:
        side.add([b for b in run["benchmarks"] if fnmatchcase(b["id"], options.only)], run["refused"])
    if len(commits) > 1:
        side.notes.append(f"the runs of one side are of {len(commits)} builds: {', '.join(commits)}")
    return side


def sides(options, make):
    """(backend, old, new). make: compare.Side"""
    both = [_runs(options.base, options), _runs(options.new or _latest_commit(options), options)]
    everything = both[0] + both[1]
    backend = _same(everything, "backends", lambda run: run["backend"])
    if options.backend and options.backend != backend:
        raise BatonError(f"{shown(everything[0][0])} is a run of {backend}, not of {options.backend}", f"BACKEND={backend}", USAGE)
    if record.UNITS[backend] != "instructions":
        _same(everything, "machines", _machine)
    elif len(everything) > 2:
        raise BatonError("of exact numbers one run of each side is enough", "BASE=<record> NEW=<record>", USAGE)
    old, new = (_side(make, runs, options) for runs in both)
    if not any(boot for side in (old, new) for boot in side.boots):
        raise BatonError(f"no benchmark matches ONLY='{options.only}'", "make compare ONLY='ipc.*'", USAGE)
    return backend, old, new


def enough(old, new):
    """There are boots or runs enough for verdicts."""
    return min(len(old.boots), len(new.boots)) >= permutation.FEWEST
