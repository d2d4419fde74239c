"""Counts what each path through the shipped kernel costs, prints it as a table, and records it.

build/footprint executes build/baton.elf in a CPU emulator (tests/footprint): instructions from the kernel's first
to SYSRET or IRETQ, both included; loads and stores; distinct cache lines (64 bytes) and pages (4 KiB) of data and
of code; bytes of distinct instructions. The record is results/latest/footprint.json.

With --check nothing is recorded: it prints "ok" or "not ok" for the budgets of scripts/judge/budget.py, for the table in
fastpath/README.md, and for the two committed baselines agreeing. --agree FILE compares the kernel's instructions
with a run of the suite under tcg of the same build. --readme writes the table in fastpath/README.md from the
committed baseline. Exit code: 0 all is well, 1 a budget is exceeded or something differs, 2 wrong options.
"""
import datetime
import hashlib
import re
from pathlib import Path

from scripts.base import patience
from scripts.base.common import ROOT, BatonError, make_parser, run_main, shown
from scripts.judge import agreement, budget
from scripts.machine import hostinfo
from scripts.records import footprint_record, record
from scripts.records.footprint_record import FIGURES

README = ROOT / "fastpath" / "README.md"
BEGIN, END = "<!-- footprint: written by python3 -m scripts.verbs.footprint --readme -->\n", "<!-- end of footprint -->\n"


# ---- measuring

def _output_of(program, kernel):
    try:
        done = patience.run([str(program), "--image", str(kernel)], capture_output=True, encoding="utf-8")
    except OSError as error:
        raise BatonError(f"{shown(program)} cannot be run: {error.strerror}", "make footprint") from error
    except patience.Hung as hung:
        raise BatonError(f"{shown(program)} was started, and {hung.what}", hung.do) from hung
    if done.returncode != 0:
        raise BatonError(f"{shown(program)} ended with code {done.returncode}",
                         "see tests/footprint/README.md", details=done.stderr.splitlines())
    return done.stdout.splitlines()


def _parse(lines):
    """The emulator's version, and the paths."""
    try:
        head, *paths = [record.parse_json(line) for line in lines]
        return str(head["unicorn"]), paths
    except (ValueError, KeyError, TypeError) as error:
        raise BatonError(f"build/footprint printed no footprint: {error}", "make footprint") from error


def measure(build):
    kernel = Path(build) / "baton.elf"
    unicorn, paths = _parse(_output_of(Path(build) / "footprint", kernel))
    commit, dirty = hostinfo.commit()
    host = hostinfo.describe()
    footprint = {
        "schema": footprint_record.SCHEMA, "commit": commit, "dirty": dirty,
        "image_sha256": hashlib.sha256(kernel.read_bytes()).hexdigest(),
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "host": {"gcc": host["gcc"], "nasm": host["nasm"], "unicorn": unicorn}, "paths": paths,
    }
    try:
        footprint_record.check(footprint)
    except ValueError as error:
        raise BatonError(f"build/footprint printed no footprint: {error}", "make footprint") from error
    return footprint


# ---- for people

TITLES = (("", "path"), ("", "code"), ("instruc-", "tions"), ("", "loads"), ("", "stores"), ("data", "lines"),
          ("code", "lines"), ("data", "pages"), ("code", "pages"), ("code", "bytes"))


def _cells(path):
    return [path["id"], {"nasm": "NASM", "c": "C"}[path["code"]], *(str(path[f]) for f in FIGURES)]


def table(footprint):
    """The whole text, without colour, so that it pipes."""
    rows = [[t[0] for t in TITLES], [t[1] for t in TITLES], *(_cells(p) for p in footprint["paths"])]
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = ["  ".join(cell.ljust(w) if i < 2 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths)))
             for row in rows]
    host, dirty = footprint["host"], ", with changes that are not committed" if footprint["dirty"] else ""
    return "\n".join([
        "What the kernel's paths cost, from the first instruction in the kernel to SYSRET or IRETQ, both included",
        "  lines are distinct cache lines of 64 bytes, pages are of 4 KiB; NASM: no compiled instruction takes part",
        f"  commit {footprint['commit'][:10]}{dirty}; {host['gcc']}; NASM {host['nasm']}; Unicorn {host['unicorn']}",
        "", *(line.rstrip() for line in lines), "", *_budget_lines(footprint)])


def _budget_lines(footprint):
    verdicts = budget.judge(footprint)
    width = max((len(v.budget.name()) for v in verdicts), default=0)
    head = f"{'budgets (docs/design.md section 9)':<{width}}  {'figure':<12}  measured  budget  stretch"
    return [head, *(f"{v.budget.name():<{width}}  {FIGURES[v.budget.figure]:<12}  {v.value:>8}  {v.budget.most:>6}  "
                    f"{v.budget.stretch:>7}  {v.word()}" for v in verdicts)]


# ---- fastpath/README.md

def _markdown(titles, rows):
    align = ["---"] * 2 + ["--:"] * (len(titles) - 2)
    return [f"| {' | '.join(row)} |" for row in ([*titles], align, *rows)]


def readme_part(baseline, run):
    """Of the committed footprint and the committed run of the suite."""
    paths = baseline["paths"]
    nasm, c = ([_cells(p) for p in paths if p["code"] == code] for code in ("nasm", "c"))
    titles = ["path", "code", *FIGURES.values()]
    verdicts = [[v.budget.name(), FIGURES[v.budget.figure], str(v.value), str(v.budget.most), str(v.budget.stretch),
                 v.word()] for v in budget.judge(baseline, run)]
    return "\n".join([
        *_markdown(titles, nasm + c), "", f"(C: as {baseline['host']['gcc']} compiles it.)", "",
        "The [budgets](../docs/design.md#9-what-it-may-cost). *From ring 3*: what the suite measures; of the round trip in C, less the",
        "program's own instructions.", "",
        *_markdown(["path", "figure", "measured", "budget", "stretch", ""], verdicts)]) + "\n"


def with_part(text, part):
    """The README with that between its markers."""
    found = re.fullmatch(f"(.*{re.escape(BEGIN)}).*({re.escape(END)}.*)", text, re.DOTALL)
    if not found:
        raise BatonError(f"{shown(README)} lacks the lines {BEGIN.strip()} and {END.strip()}", "put them back")
    return found.group(1) + part + found.group(2)


# ---- checking

def _tap(name, wrong):
    print(f"not ok {name}: {wrong}" if wrong else f"ok {name}")
    return bool(wrong)


def _baselines(results):
    return (footprint_record.read(footprint_record.baseline_path(results)),
            record.read(record.baseline_path(results, "tcg")))


def check(options):
    footprint, baseline, run = measure(options.build), *_baselines(record.RESULTS)
    failed = 0
    for verdict in budget.judge(footprint, run):
        failed += _tap(f"footprint/budget of {verdict.budget.name()}, {FIGURES[verdict.budget.figure]}",
                       str(verdict) if verdict.failed() else None)
    text = README.read_text(encoding="utf-8")
    stale = with_part(text, readme_part(baseline, run)) != text
    failed += _tap("footprint/table", f"that of {shown(README)} is out of date; do: python3 -m scripts.verbs.footprint --readme"
                   if stale else None)
    failed += _agree(baseline, run, "the baselines agree on ")
    return 1 if failed else 0


def _agree(footprint, run, words):
    return sum(_tap(f"footprint/{words}{benchmark}", wrong) for benchmark, wrong in agreement.compare(footprint, run))


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("--build", type=Path, default=ROOT / "build", help="default: build")
    parser.add_argument("--results", type=Path, default=record.RESULTS, help="default: results")
    parser.add_argument("--quiet", action="store_true", help="record, but print no table")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true", help="record nothing; budgets, README and baselines")
    what.add_argument("--agree", type=Path, metavar="FILE", help="record nothing; compare with a run under tcg")
    what.add_argument("--readme", action="store_true", help="only write the table in fastpath/README.md")
    options = parser.parse_args(arguments)
    if options.check:
        return check(options)
    if options.agree:
        return 1 if _agree(measure(options.build), record.read(options.agree), "ring 3 sees as much: ") else 0
    if options.readme:
        part = readme_part(*_baselines(options.results))
        record.replace_file(README, with_part(README.read_text(encoding="utf-8"), part).encode())
        return 0
    footprint, path = measure(options.build), footprint_record.latest_path(options.results)
    record.replace_file(path, footprint_record.dump(footprint))
    if not options.quiet:
        print(f"{table(footprint)}\n\nrecord: {shown(path)}")
    exceeded = [str(v) for v in budget.judge(footprint) if v.failed()]
    if exceeded:
        raise BatonError(f"{len(exceeded)} budgets are exceeded", "make the path shorter", details=exceeded)
    return 0


if __name__ == "__main__":
    run_main(main)
