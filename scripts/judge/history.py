"""The runs of one backend over time: those recorded here and, where results/ is the tree's own, the baselines that its
commits hold; when a number changed, by which commit, and what else had changed by then."""
import subprocess
from dataclasses import dataclass, replace

from scripts.base.common import warn
from scripts.judge import changes
from scripts.records import record
from scripts.source import plaingit

MAX_RUNS = 40  # more cannot be read in one chart
PATH = "results/baseline/{}.json"
TOOLS = {"gcc": "compiler", "nasm": "assembler", "qemu": "emulator", "cpu_model": "CPU"}
NOISY_TOOLS = {**TOOLS, "kernel": "host kernel"}  # an exact number does not depend on it


@dataclass(frozen=True)
class Mark:
    """Between a run and the one before it, this tool had changed."""

    run: int
    tool: str  # "compiler"
    old: str
    new: str


def _git(*words):
    try:
        return plaingit.run(*words, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ""


def _baseline_at(commit, backend):
    """As a record, or None."""
    try:
        run = record.parse_json(_git("show", f"{commit}:{PATH.format(backend)}"))
        record.check(run)
    except ValueError:
        return None
    return run


def committed_baselines(backend):
    """The baselines that the last commits hold, as records. What cannot be read is left out: it may have another form."""
    commits = _git("log", "-n", str(MAX_RUNS), "--format=%H", "--", PATH.format(backend)).split()
    return [run for commit in commits if (run := _baseline_at(commit, backend))]


def _recorded(results, backend):
    for path in record.run_paths(results, backend):
        try:
            yield record.read(path)
        except record.BadRecord as error:
            warn(f"left out of the charts: {error}")


def runs(results, backend):
    """The newest complete runs, oldest first. A file that is no record is named and left out. Runs of virtual machines that were
    recorded as metal, and those of bare metal, are not one series: the newest says which is drawn."""
    own = [r for r in _recorded(results, backend) if record.is_complete(r) and r["backend"] == backend and r["benchmarks"]]
    if results.resolve() == record.RESULTS:
        # Each run once: an own one may have become a baseline, and a baseline comes again when a later one is taken back.
        known = {(r["date"], r["commit"]) for r in own}
        committed = {(r["date"], r["commit"]): r for r in committed_baselines(backend)}
        own += [r for which, r in committed.items() if which not in known]
    own.sort(key=lambda r: r["date"])
    return [r for r in own if r.get("virtual") == own[-1].get("virtual")][-MAX_RUNS:]


def release(results, backend):
    """(name, the baseline that it holds) of the newest tag of a version before this commit; None: there is none, or it holds none."""
    name = _git("describe", "--tags", "--abbrev=0", "--match", "v*").strip() if results.resolve() == record.RESULTS else ""
    run = _baseline_at(name, backend) if name else None
    return (name, run) if run else None


def short(run):
    return run["commit"][:7] + ("+" if run["dirty"] else "")


def marks(series):
    """Where compiler, assembler, emulator or CPU differ from those of the run before."""
    found = []
    tools = TOOLS if series[-1]["unit"] == "instructions" else NOISY_TOOLS
    for i, (before, run) in enumerate(zip(series, series[1:]), 1):
        found += [Mark(i, word, before["host"][tool], run["host"][tool]) for tool, word in tools.items()
                  if before["host"][tool] != run["host"][tool]]
    return found


def _same_build(run, other):
    return run["commit"] == other["commit"] and not run["dirty"] and not other["dirty"]


def _at_builds(found, series):
    """Each step at the nearest place where another build was measured. Where there is none, no commit can be the cause."""
    others = [i for i in range(1, len(series)) if not _same_build(series[i - 1], series[i])]
    placed = {}
    for step in found:
        near = [i for i in others if abs(i - step.index) <= changes.NEAR and i not in placed]
        if step.host or not near:
            placed[step.index] = replace(step, host=True)
        else:
            place = min(near, key=lambda i: abs(i - step.index))
            placed[place] = replace(step, index=place)
    return [placed[place] for place in sorted(placed)]


def steps(series):
    """{benchmark: [changes.Step]} of the runs; of an exact unit every difference is a step."""
    numbers, exact = [record.by_id(run) for run in series], series[-1]["unit"] == "instructions"
    ids = dict.fromkeys(i for found in numbers for i in found)
    medians = {i: [found[i]["median"] if i in found else None for found in numbers] for i in ids}
    found = changes.of_suite(medians, exact)
    return found if exact else {i: _at_builds(those, series) for i, those in found.items()}
