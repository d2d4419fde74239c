#!/usr/bin/env python3
"""Compares the latest tcg run with the committed baseline, exactly: no benchmark may cost more instructions.

Exit code: 0 nothing grew, 1 something did (or a benchmark or file is missing), 2 wrong options. --accept makes
the run the new baseline, which is then committed with the change that moved the numbers.
"""
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import record
from common import BatonError, make_parser, run_main, shown

COMPARED = ("min", "median")
# Another gcc compiles the C code (slow paths, user stubs, servers) to other instructions, and another QEMU may
# count some differently, so there most numbers move without any change here. The fast paths, the system-call
# entry and the one-level lookup are NASM, byte for byte the same: around them only the few instructions of the
# ring-3 stubs can move. Those still are held, with this much room.
NASM_IDS = ("*/fast/*", "syscall.null", "cap.lookup/1")
STUB_ROOM = 4
TOOLS = ("gcc", "qemu")


@dataclass(frozen=True)
class Change:
    id: str
    number: str  # "median", "min"
    old: int
    new: int

    def __str__(self):
        return f"{self.id}: {self.number} {self.old} -> {self.new} instructions ({self.new - self.old:+d})"


@dataclass
class Comparison:
    grown: list
    shrunk: list
    missing: list
    added: list
    other_tools: list  # "gcc is ..., the baseline's is ..."
    held: list  # ids that were compared


def _room(benchmark, other_tools):
    """By how many instructions it may grow; None: by any number."""
    if not other_tools:
        return 0
    return STUB_ROOM if any(fnmatchcase(benchmark, pattern) for pattern in NASM_IDS) else None


def _tool_differences(old, new):
    return [f"{tool} is {new['host'][tool]}, the baseline's is {old['host'][tool]}"
            for tool in TOOLS if old["host"][tool] != new["host"][tool]]


def compare(old, new):
    """What has changed from one record to another."""
    before, after = record.by_id(old), record.by_id(new)
    found = Comparison([], [], [i for i in before if i not in after], [i for i in after if i not in before],
                       _tool_differences(old, new), [])
    for benchmark in before:
        room = _room(benchmark, found.other_tools)
        if benchmark not in after or room is None:
            continue
        found.held.append(benchmark)
        for number in COMPARED:
            change = Change(benchmark, number, before[benchmark][number], after[benchmark][number])
            if change.new > change.old + room:
                found.grown.append(change)
            elif change.new < change.old:
                found.shrunk.append(change)
    return found


def _print_tap(found):
    """One line a benchmark for scripts/run_tests.py."""
    for benchmark in found.held:
        worse = [f"{c.number} grew from {c.old} to {c.new}" for c in found.grown if c.id == benchmark]
        print(f"not ok {benchmark}: {', '.join(worse)}" if worse else f"ok {benchmark}")
    for benchmark in found.missing:
        print(f"not ok {benchmark}: it is in the baseline, and not in the run")


def _print_people(found):
    for change in found.grown:
        print(f"grew      {change}")
    for benchmark in found.missing:
        print(f"missing   {benchmark}: it is in the baseline, and not in the run")
    for change in found.shrunk:
        print(f"improved  {change}")
    for benchmark in found.added:
        print(f"new       {benchmark}: not in the baseline yet")


def _check(old, new, tap):
    found = compare(old, new)
    (_print_tap if tap else _print_people)(found)
    if found.other_tools:
        print(f"# other tools ({'; '.join(found.other_tools)}): only the {len(found.held)} benchmarks of NASM code are "
              f"held, with room for {STUB_ROOM} instructions")
    if found.shrunk or found.added:
        print("# to hold the new numbers from now on: scripts/gate.py --accept, and commit results/baseline")
    if found.grown or found.missing:
        raise BatonError(f"{len(found.grown)} numbers grew, {len(found.missing)} benchmarks are missing",
                         "find what the change costs; if it is worth it, scripts/gate.py --accept and say why")
    if not found.held:
        raise BatonError("not one benchmark was compared", "make bench BACKEND=tcg")
    print(f"# {len(found.held)} benchmarks compared, none costs more than the baseline")
    return 0


def _read_run(path):
    if not path.is_file():
        raise BatonError(f"{shown(path)} is missing", "make bench BACKEND=tcg")
    new = record.read(path)
    if new["backend"] != "tcg" or not record.is_complete(new):
        raise BatonError(f"{shown(path)} is not a complete run of the backend tcg", "make bench BACKEND=tcg")
    return new


def _read_baseline(path):
    if not path.is_file():
        raise BatonError(f"there is no baseline {shown(path)}", "scripts/gate.py --accept")
    return record.read(path)


def _accept(path, new):
    if path.is_file():
        _print_people(compare(_read_baseline(path), new))
    kept = {**new, "benchmarks": [{k: v for k, v in b.items() if k != "samples"} for b in new["benchmarks"]]}
    record.replace_file(path, record.dump(kept))
    print(f"# {shown(path)} now holds the {len(kept['benchmarks'])} benchmarks of commit {new['commit'][:10]}")
    return 0


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("run", nargs="?", type=Path, help="default: results/latest/tcg.json")
    parser.add_argument("--results", type=Path, default=record.RESULTS, help="default: results")
    parser.add_argument("--baseline", type=Path, help="default: results/baseline/tcg.json")
    parser.add_argument("--accept", action="store_true", help="make this run the baseline")
    parser.add_argument("--tap", action="store_true", help='print "ok <benchmark>" lines for scripts/run_tests.py')
    options = parser.parse_args(arguments)
    new = _read_run(options.run or record.latest_path(options.results, "tcg"))
    baseline = options.baseline or record.baseline_path(options.results, "tcg")
    if options.accept:
        return _accept(baseline, new)
    return _check(_read_baseline(baseline), new, options.tap)


if __name__ == "__main__":
    run_main(main)
