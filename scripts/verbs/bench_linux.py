"""Measures this machine's own Linux with the harness, clock and statistics of Baton's suite, natively: system calls, switches,
round trips between two processes on one CPU, page faults, a signal. Unit: cycles of the time-stamp counter.

The record lies in results/runs/linux, a series of its own. `make bench` under KVM shows it beside Baton's numbers when the
CPU model is the same. Options: ONLY, SAMPLES, RAW from the environment, too. Exit code: 0 measured, 1 not, 2 wrong options.
"""
import datetime
import hashlib
import os
import subprocess
from pathlib import Path

from scripts.base import patience
from scripts.base.common import ROOT, USAGE, BatonError, make_parser, run_main, shown, warn
from scripts.machine import hostinfo, measure
from scripts.records import peers, record
from scripts.records.events import BootLog
from scripts.show import table

BACKEND = "linux"
RETRIES = 4  # for what is refused: other programs may have disturbed it


def _options(arguments):
    parser = make_parser(__doc__)
    env = os.environ.get
    parser.add_argument("--only", default=env("ONLY") or "*", help="shell pattern on the ids, linux.*; ONLY")
    parser.add_argument("--samples", default=env("SAMPLES") or "1000", help="of each; SAMPLES")
    parser.add_argument("--raw", action="store_true", default=env("RAW", "") not in ("", "0"), help="keep every sample; RAW=1")
    parser.add_argument("--cpu", type=int, default=-1, help="to pin to; default: the last that may be used")
    parser.add_argument("--results", type=Path, default=record.RESULTS, help="default: results")
    parser.add_argument("--program", type=Path, default=ROOT / "build" / "bench_linux", help="default: build/bench_linux")
    options = parser.parse_args(arguments)
    measure.check_pattern(options.only)
    options.samples = measure.checked_samples(options.samples)
    return options


def _run(options, only):
    """The BootLog of one run."""
    words = [str(options.program), "--only", only, "--samples", str(options.samples), "--cpu", str(options.cpu)]
    try:
        done = patience.run(words + (["--raw"] if options.raw else []), capture_output=True, encoding="utf-8", stdin=subprocess.DEVNULL)
    except OSError as error:
        raise BatonError(f"cannot run {shown(options.program)}: {error.strerror}", "make bench-linux") from error
    except patience.Hung as hung:
        raise BatonError(f"{shown(options.program)} was started, and {hung.what}", hung.do) from hung
    log = BootLog("on")
    for line in done.stdout.splitlines():
        log.line(line)
    log.finish(done.returncode)
    return log


def _measure(options):
    """(log, what is still refused): refused benchmarks are tried again."""
    log = _run(options, options.only)
    if not log.planned:
        raise BatonError(f"no benchmark of Linux matches ONLY='{options.only}'", "make bench-linux ONLY='linux.*'", USAGE)
    refused = {r["id"]: r for r in log.refused}
    for _ in range(RETRIES):
        for benchmark in list(refused):
            again = _run(options, benchmark)
            log.results += again.results
            if again.results:
                del refused[benchmark]
    log.results.sort(key=lambda r: r["id"])
    return log, list(refused.values())


def _make_record(options, log, refused):
    commit, dirty = hostinfo.commit()
    unit = record.UNITS[BACKEND]
    return {
        "schema": record.SCHEMA, "commit": commit, "dirty": dirty,
        "image_sha256": hashlib.sha256(options.program.read_bytes()).hexdigest(),
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"), "backend": BACKEND, "unit": unit,
        "host": {**hostinfo.describe(), "tsc_hz": log.tsc_hz},
        "options": {"only": options.only, "samples": options.samples, "raw": options.raw}, "refused": refused,
        "benchmarks": [{"id": r["id"], "unit": unit, **r} for r in log.results],
    }


def _beside(results):
    """Baton's own numbers on this CPU, in the same unit, with these beside them."""
    found = []
    for backend, unit in record.UNITS.items():
        path = record.latest_path(results, backend)
        if backend != BACKEND and unit == record.UNITS[BACKEND] and path.is_file():
            baton = record.read(path)
            rows = peers.lines(baton, peers.own_linux(baton, results))
            found += ["", f"Baton, backend {backend}, commit {baton['commit'][:10]}:", *rows] if rows else []
    return found


def main(arguments):
    options = _options(arguments)
    record.check_writable(*record.places(options.results, BACKEND))
    flags = hostinfo.cpu_flags()
    if not {"constant_tsc", "nonstop_tsc"} <= flags:
        warn("the time-stamp counter of this CPU may change its rate; believe the numbers less")
    log, refused = _measure(options)
    for line in log.other_lines:
        if "no real-time class" in line:
            warn(line)
    run = _make_record(options, log, refused)
    path = record.save(options.results, run)
    beside = _beside(options.results) if record.is_complete(run) else []
    print("\n".join([table.render(run), *beside, "", f"record: {shown(path)}"]))
    if refused:
        raise BatonError(f"{len(refused)} benchmarks were refused; results/latest is as it was",
                         "quiet the machine and measure again")
    return 0


if __name__ == "__main__":
    run_main(main)
