"""Compares what two versions cost, measured in one sitting: make compare BASE=<commit, tag or record>

BASE is built in a tree of its own and kept in build/commits; NEW is the working tree, or another commit. Exact numbers
(tcg) are compared exactly, after one boot of each. Noisy ones (kvm): BOOTS boots of each, interleaved, then permutation
tests over the boots of the whole suite; changes below 1 % do not count. A record can be BASE where numbers are exact; one
earlier run of noisy ones is not enough to compare with.

Runs that were recorded are compared without measuring: BASE=<records> NEW=<records> (file names or patterns), and of metal also
BACKEND=metal BASE=<commit> NEW=<commit>: all complete runs of each (NEW: default that of the latest). With fewer than five boots or
runs of each side nothing can be called worse or better: so few are not measured.

Exit code: 0 compared, 1 not compared (with --check also: something is worse or gone, or nothing could be decided), 2 wrong options.
"""
import datetime
import json
import math
import os
import sys
from dataclasses import asdict
from fnmatch import fnmatchcase
from pathlib import Path

from scripts.base.common import ROOT, USAGE, BatonError, make_parser, run_main, shown
from scripts.build import builds
from scripts.judge import compare_recorded, permutation, sides, stats
from scripts.judge.sides import Side
from scripts.machine import hostinfo, measure, qemu
from scripts.records import comparison, record
from scripts.show import compare_table
from scripts.source import gitlog
from scripts.source.image import built_image

BOOTS = 20  # of each side: with fewer, 3 % in one of eighty benchmarks does not stand out from the usual noise
MOST_BOOTS = 1000


# ---- options

def _options(arguments):
    parser = make_parser(__doc__)
    env = os.environ.get
    parser.add_argument("--base", default=env("BASE", ""), help="commit, tag, branch, or a record's file; BASE")
    parser.add_argument("--new", default=env("NEW", ""), help="commit, or records; default: the working tree as it is built; NEW")
    parser.add_argument("--backend", default=env("BACKEND", ""), help="kvm, tcg, or of recorded runs metal; BACKEND")
    parser.add_argument("--only", default=env("ONLY") or "*", help="shell pattern on the benchmark ids; ONLY")
    parser.add_argument("--samples", default=env("SAMPLES") or "1000", help="of each benchmark in a boot; SAMPLES")
    parser.add_argument("--boots", default=env("BOOTS") or str(BOOTS), help=f"of each side, if noisy: {BOOTS}; BOOTS")
    parser.add_argument("--changed", action="store_true", help="leave out of the table what is the same")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table there, too, as GitHub shows it")
    parser.add_argument("--check", action="store_true", help="end with 1 when something is worse or gone")
    parser.add_argument("--results", type=Path, default=record.RESULTS, help="default: results")
    parser.add_argument("--build", type=Path, default=ROOT / "build", help="default: build")
    options = parser.parse_args(arguments)
    _check(options)
    return options


def _check(options):
    if not options.base:
        raise BatonError("compare with what?", "make compare BASE=HEAD~1", USAGE)
    if options.backend != "metal":
        measure.check_backend(options.backend)
    measure.check_pattern(options.only)
    options.samples = measure.checked_samples(options.samples)
    options.boots = _checked_boots(options.boots)


def _checked_boots(text):
    """The number."""
    fewest = permutation.FEWEST
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MOST_BOOTS:
        raise BatonError(f"BOOTS={text} is not a whole number from {fewest} to {MOST_BOOTS}", f"BOOTS={BOOTS}", USAGE)
    if int(text) < fewest:
        p = permutation.smallest_p(int(text), int(text))
        raise BatonError(f"BOOTS={text} of each cannot decide anything that is not exact: p is {p:.2g} at best, "
                         f"above {permutation.ALPHA:g}",
                         f"BOOTS={BOOTS}, at least BOOTS={fewest}", USAGE)
    return int(text)


# ---- the two sides

def _is_file(name):
    return name.endswith(".json") or ("/" in name and Path(name).is_file())


def _recorded(path, options):
    """The side that a record stands for."""
    run = record.read(path)
    backend = run["backend"]
    if options.backend and options.backend != backend:
        raise BatonError(f"{shown(path)} is a run of {backend}, not of {options.backend}", f"BACKEND={backend}", USAGE)
    if run["unit"] != "instructions":
        raise BatonError(f"{shown(path)} is one run of {backend}: boots differ, so one says nothing about its build",
                         "record five of each build, then NEW='results/runs/metal/*<commit>*.json', BASE likewise" if backend == "metal"
                         else f"make compare BASE={run['commit'][:10]}, which measures it again", USAGE)
    options.backend = backend
    host = hostinfo.describe()
    side = Side(f"{shown(path)}, commit {run['commit'][:10]}", run["commit"], run["dirty"])
    side.notes = [f"{shown(path)} was measured with {tool} {run['host'][tool]}, now it is {host[tool]}: that moves numbers, too"
                  for tool in ("gcc", "nasm", "qemu") if run["host"][tool] != host[tool]]
    side.add([b for b in run["benchmarks"] if fnmatchcase(b["id"], options.only)], run["refused"])
    return side


def _commit(name):
    """What a name that is no record stands for: found out before anything takes time."""
    try:
        return gitlog.resolve(name)
    except BatonError:
        if Path(name).is_dir():
            raise BatonError(f"{name} is a directory, neither a commit nor a record", "make compare BASE=HEAD~1", USAGE) from None
        raise


def _built(commit, only):
    return Side(str(commit), commit.hash, image=builds.image_of(commit, only))


def _working_tree(build):
    image = built_image(build)
    image.check()
    commit, dirty = hostinfo.commit()
    what = "the working tree: " + commit[:10] + (" and changes that are not committed" if dirty else "")
    return Side(what, commit, dirty, image)


# ---- measuring

def _measure(side, options, backend, cpu, before):
    progress = measure.Progress(before=before, brief=True)
    logs = measure.both_paths(side.image, backend, cpu, options.only, options.samples, progress=progress)
    side.add([r for log in logs for r in log.results], [r for log in logs for r in log.refused])


def _measure_both(both, options, backend, cpu):
    if record.UNITS[backend] == "instructions":
        order = [name for name, side in both.items() if side.image]
    else:
        order = stats.interleaved("old", "new", options.boots)
        print(f"{options.boots} boots of each: {permutation.limits(options.boots, options.boots)}", file=sys.stderr, flush=True)
    for i, name in enumerate(order):
        _measure(both[name], options, backend, cpu, f"[{i + 1}/{len(order)}, {name}] ")
    if not any(side.ids() or side.refused for side in both.values()):
        raise BatonError(f"no benchmark matches ONLY='{options.only}'", "make compare ONLY='ipc.*'", USAGE)


# ---- comparing

def _as_record(options, backend, both, differences):
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "schema": comparison.SCHEMA, "date": now, "backend": backend, "unit": record.UNITS[backend], "host": hostinfo.describe(),
        "options": {"only": options.only, "samples": options.samples},
        **{name: {"commit": side.commit, "dirty": side.dirty, "image_sha256": side.image.sha256() if side.image else None,
                  "boots": side.boots, "refused": side.refused} for name, side in both.items()},
        "differences": [_finite(asdict(d)) for d in differences],
    }


def _finite(table):
    """JSON has no number for what was nothing before."""
    return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in table.items()}


def _save(results, compared):
    stamp = compared["date"].replace("-", "").replace(":", "")
    name = f"{stamp}-{compared['old']['commit'][:10]}-{compared['new']['commit'][:10]}"
    return record.create_file(comparison.directory(results, compared["backend"]), name,
                              (json.dumps(compared, indent=1) + "\n").encode())


def _measured(options):
    """(backend, old, new), both built and measured, or old from a record."""
    qemu.find()
    old = _recorded(options.base, options) if _is_file(options.base) else _commit(options.base)
    new = _commit(options.new) if options.new else _working_tree(options.build)
    backend, cpu = measure.choose_backend(options.backend)
    record.check_writable(comparison.directory(options.results, backend))
    old, new = (side if isinstance(side, Side) else _built(side, options.only) for side in (old, new))
    _measure_both({"old": old, "new": new}, options, backend, cpu)
    return backend, old, new


def _check_verdict(differences, decided):
    bad = [d.id for d in differences if d.verdict in ("worse", "gone", "refused")]
    if bad:
        raise BatonError(f"{len(bad)} benchmarks are worse, gone or refused: {', '.join(bad[:5])}{' ...' if bad[5:] else ''}")
    if not decided:
        raise BatonError("so few runs decide nothing", f"record at least {permutation.FEWEST} of each")


def main(arguments):
    options = _options(arguments)
    recorded = compare_recorded.wanted(options)
    backend, old, new = compare_recorded.sides(options, Side) if recorded else _measured(options)
    exact, differences = record.UNITS[backend] == "instructions", sides.judged(backend, old, new)
    # First what is kept: the reader of the table may have seen enough after ten lines.
    path = _save(options.results, _as_record(options, backend, {"old": old, "new": new}, differences))
    if options.markdown:
        record.replace_file(options.markdown, compare_table.markdown(backend, old, new, differences).encode())
    print(compare_table.render(backend, old, new, differences, options.changed))
    print(f"\nrecord: {shown(path)}", flush=True)
    if options.check:
        _check_verdict(differences, exact or compare_recorded.enough(old, new))
    return 0


if __name__ == "__main__":
    run_main(main)
