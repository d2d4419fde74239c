"""Compares the latest tcg run and the latest footprint with the committed baselines, exactly: no benchmark may cost
other instructions, no path other instructions, loads, stores, cache lines, pages or bytes of code. What differs is named,
with the commits between. Less is news as much as more: a benchmark that measures less than it did costs less, too. And
within the run the benchmarks must agree with one another (scripts/judge/relations.py).

Exit code: 0 nothing differs, 1 something does (or a benchmark, path or file is new or missing), 2 wrong options. --accept
makes both the new baseline, which is then committed with the change that moved the numbers.
"""
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from scripts.base.common import BatonError, make_parser, run_main, shown
from scripts.judge import relations
from scripts.judge.gate_compare import compare_footprints, compare_runs
from scripts.records import footprint_record, record
from scripts.source import commits


@dataclass(frozen=True)
class Held:
    """One of the two things that are held, and where its records lie."""

    new: Path
    baseline: Path
    read: Callable
    dump: Callable
    compare: Callable
    count: Callable  # of a record
    made_by: str

    def read_new(self):
        if not self.new.is_file():
            raise BatonError(f"{shown(self.new)} is missing", self.made_by)
        return self.read(self.new)

    def read_baseline(self):
        if not self.baseline.is_file():
            raise BatonError(f"there is no baseline {shown(self.baseline)}", "python3 -m scripts.verbs.gate --accept")
        return self.read(self.baseline)


def _read_run(path):
    run = record.read(path)
    if run["backend"] != "tcg" or not record.is_complete(run):
        raise BatonError(f"{shown(path)} is not a complete run of the backend tcg", "make bench BACKEND=tcg")
    return run


def _dump_run(run):
    """Without what a baseline does not need."""
    kept = [{k: v for k, v in b.items() if k != "samples"} for b in run["benchmarks"]]
    return record.dump({**run, "benchmarks": kept})


def _both(options):
    results, baselines = options.results, options.baselines or options.results / "baseline"
    return [
        Held(options.run or record.latest_path(results, "tcg"), baselines / "tcg.json", _read_run, _dump_run,
             compare_runs, lambda r: f"{len(r['benchmarks'])} benchmarks", "make bench BACKEND=tcg"),
        Held(options.footprint or footprint_record.latest_path(results), baselines / "footprint.json",
             footprint_record.read, footprint_record.dump, compare_footprints, lambda f: f"{len(f['paths'])} paths",
             "make footprint"),
    ]


# ---- telling

NEW = "it is not in the baseline, so nothing holds it"
MISSING = "it is in the baseline, and not in the run"


def _print_tap(found):
    """One line per benchmark or path for tests/run.py."""
    for name in found.held:
        told = [f"{c.number} {word} from {c.old} to {c.new}"
                for word, changes in (("grew", found.grown), ("fell", found.shrunk)) for c in changes if c.id == name]
        print(f"not ok {found.prefix}{name}: {', '.join(told)}" if told else f"ok {found.prefix}{name}")
    for why, names in ((MISSING, found.missing), (NEW, found.added)):
        for name in names:
            print(f"not ok {found.prefix}{name}: {why}")


def _print_people(found):
    for word, changes in (("grew", found.grown), ("fell", found.shrunk)):
        for change in changes:
            print(f"{word:<9} {found.prefix}{change}")
    for word, why, names in (("missing", MISSING, found.missing), ("new", NEW, found.added)):
        for name in names:
            print(f"{word:<9} {found.prefix}{name}: {why}")


def _print_notes(found, baseline):
    if found.other_tools:
        print(f"# other tools ({'; '.join(found.other_tools)}): {found.note}")
    if found.grown or found.shrunk:
        for line in commits.between(found.old["commit"], found.new["commit"], found.new["dirty"], baseline):
            print(f"# {line}")


def _advice(comparisons):
    """More is a cost, and what no longer is measured is worse than that; anything else may be meant."""
    if any(found.grown or found.missing for found in comparisons):
        return "find what the change costs; if it is worth it, make baseline and say why"
    if not any(found.shrunk for found in comparisons):
        return "make baseline, and commit results/baseline with what is new"
    return ("find why: if the change was to save that, make baseline, and commit results/baseline with it; if not, "
            "less is measured than before")


def _check_relations(run, told, tap=False):
    """What the numbers of the run say about one another; `told` is what else failed."""
    wrong = 0
    for name, why in relations.compare(run):
        wrong += why is not None
        if tap:
            print(f"ok {name}" if why is None else f"not ok {name}: {why}")
        elif why is not None:
            print(f"wrong     {name}: {why}")
    if wrong:
        raise BatonError("; ".join([f"{wrong} numbers of the run contradict others of it", *told]),
                         "no baseline makes that right: a benchmark measures something else than its name says")


def _check(both, tap):
    news = [held.read_new() for held in both]
    comparisons = [held.compare(held.read_baseline(), new) for held, new in zip(both, news)]
    for held, found in zip(both, comparisons):
        (_print_tap if tap else _print_people)(found)
        _print_notes(found, held.baseline.resolve())
    told = [words for found in comparisons for words in found.told()]
    _check_relations(news[0], told, tap)
    for found in comparisons:
        if not found.held:
            raise BatonError(f"not one {found.kind} was compared", "make gate")
    if told:
        raise BatonError("; ".join(told), _advice(comparisons))
    print(f"# {' and '.join(f'{len(f.held)} {f.kind}s' for f in comparisons)} compared, none differs from the baseline")
    return 0


# ---- accepting

def _accept(both):
    news = [held.read_new() for held in both]
    if news[0]["commit"] != news[1]["commit"]:
        raise BatonError(f"the run is of commit {news[0]['commit'][:10]}, the footprint of {news[1]['commit'][:10]}",
                         "make gate, which measures both")
    _check_relations(news[0], [])
    for held, new in zip(both, news):
        if held.baseline.is_file():
            _print_people(held.compare(held.read_baseline(), new))
    for held, new in zip(both, news):
        record.replace_file(held.baseline, held.dump(new))
        print(f"# {shown(held.baseline)} now holds the {held.count(new)} of commit {new['commit'][:10]}")
    return 0


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("run", nargs="?", type=Path, help="default: results/latest/tcg.json")
    parser.add_argument("--footprint", type=Path, metavar="FILE", help="default: results/latest/footprint.json")
    parser.add_argument("--results", type=Path, default=record.RESULTS, help="default: results")
    parser.add_argument("--baselines", type=Path, metavar="DIR", help="default: results/baseline")
    parser.add_argument("--accept", action="store_true", help="make both the baseline")
    parser.add_argument("--tap", action="store_true", help='print "ok <name>" lines for tests/run.py')
    options = parser.parse_args(arguments)
    return _accept(_both(options)) if options.accept else _check(_both(options), options.tap)


if __name__ == "__main__":
    run_main(main)
