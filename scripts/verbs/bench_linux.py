"""Measures this machine's own Linux with the harness, clock and statistics of Baton's suite, natively: system calls, switches,
round trips between two processes on one CPU, page faults, a signal. Unit: cycles of the time-stamp counter.

The record lies in results/runs/linux, a series of its own. `make bench` under KVM shows it beside Baton's numbers when the
CPU model is the same. Options: ONLY, SAMPLES, RAW from the environment, too. Exit code: 0 measured, 1 not, 2 wrong options.
"""
from pathlib import Path

from scripts.base.common import ROOT, USAGE, BatonError, make_parser, run_main, shown, warn
from scripts.machine import hostinfo, native
from scripts.records import peers, record
from scripts.show import table
from scripts.verbs import after

BACKEND = "linux"


def _options(arguments):
    parser = make_parser(__doc__)
    native.add_options(parser, "linux.*")
    parser.add_argument("--program", type=Path, default=ROOT / "build" / "bench_linux", help="default: build/bench_linux")
    options = parser.parse_args(arguments)
    native.check_options(options)
    return options


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
    program = native.Program([options.program], "make bench-linux", options)
    log, refused = program.measured()
    if not log.planned:
        raise BatonError(f"no benchmark of Linux matches ONLY='{options.only}'", "make bench-linux ONLY='linux.*'", USAGE)
    for line in log.other_lines:
        if "no real-time class" in line:
            warn(line)
    run = program.record(BACKEND, log, refused, sorted(log.results, key=lambda r: r["id"]))
    path = record.save(options.results, run)
    beside = _beside(options.results) if record.is_complete(run) else []
    print("\n".join([table.render(run), *beside, "", f"record: {shown(path)}"]))
    after.tell_refused(run)
    return 0


if __name__ == "__main__":
    run_main(main)
