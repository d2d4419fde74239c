#!/usr/bin/env python3
"""Measures: boots Baton twice (fast paths on, then off), records the numbers, prints them, draws charts.

Each option can come from the environment, too (make bench BACKEND=tcg ONLY='ipc.*' SAMPLES=200 RAW=1).
Without a backend it takes kvm where a probe guest works in it, else tcg. Exit code: 0 measured, 1 not
measured (earlier results are as they were), 2 wrong options. BATON_TIMEOUT=<seconds> limits each boot.
"""
import datetime
import os
import re
import sys
from pathlib import Path

import breakdown
import chart
import hostinfo
import peers
import qemu
import record
import table
from common import FAILED, ROOT, USAGE, BatonError, make_parser, run_main, shown, warn
from events import BootLog
from guest import GuestError, run
from image import built_image
from probe import probe

MAX_SAMPLES = 16384  # STATS_MAX_COUNT in bench/stats.h
MAX_PATTERN = 63  # the guest keeps so many characters
VALID_PATTERN = re.compile(r"[A-Za-z0-9_./*?-]+")


# ---- options

def _options(arguments):
    parser = make_parser(__doc__)
    env = os.environ.get
    parser.add_argument("--backend", default=env("BACKEND", ""), help="kvm or tcg; BACKEND")
    parser.add_argument("--only", default=env("ONLY") or "*", help="shell pattern on the benchmark ids; ONLY")
    parser.add_argument("--samples", default=env("SAMPLES") or "1000", help="of each benchmark; SAMPLES")
    parser.add_argument("--raw", action="store_true", default=env("RAW", "") not in ("", "0"),
                        help="keep every sample in the record; RAW=1")
    parser.add_argument("--no-charts", action="store_true", help="do not draw")
    parser.add_argument("--results", type=Path, default=record.RESULTS, help="default: results")
    parser.add_argument("--build", type=Path, default=ROOT / "build", help="default: build")
    options = parser.parse_args(arguments)
    _check(options)
    return options


def _check(options):
    if options.backend not in ("", *qemu.BACKENDS):
        raise BatonError(f"there is no backend '{options.backend}'; there are: kvm, tcg", "make bench BACKEND=tcg", USAGE)
    if not VALID_PATTERN.fullmatch(options.only) or len(options.only) > MAX_PATTERN:
        raise BatonError(f"ONLY='{options.only}' is not a pattern of at most {MAX_PATTERN} letters, digits and . _ / * ?",
                         "make bench ONLY='ipc.*'", USAGE)
    if not options.samples.isascii() or not options.samples.isdigit() or not 1 <= int(options.samples) <= MAX_SAMPLES:
        raise BatonError(f"SAMPLES={options.samples} is not a whole number from 1 to {MAX_SAMPLES}",
                         "make bench SAMPLES=1000", USAGE)
    options.samples = int(options.samples)


def _choose_backend(wanted):
    """Backend and CPU model."""
    if wanted == "tcg":
        return "tcg", None
    verdict = probe()
    if verdict.usable:
        return "kvm", verdict.cpu
    if wanted == "kvm":
        raise BatonError(f"KVM does not work here: {verdict.why}", "make bench BACKEND=tcg")
    warn(f"using tcg, since KVM does not work here: {verdict.why}")
    return "tcg", None


# ---- measuring

class Progress:
    """One line on a terminal that is written over; plain lines elsewhere."""

    def __init__(self, stream=sys.stderr):
        self.stream, self.tty = stream, stream.isatty()

    def show(self, text):
        self.stream.write(f"\r\x1b[K{text}" if self.tty else text + "\n")
        self.stream.flush()

    def end(self):
        if self.tty:
            self.stream.write("\r\x1b[K")
            self.stream.flush()


def _boot(machine, fastpath, progress):
    log = BootLog(fastpath, lambda benchmark, index, count: progress.show(
        f"fastpath={fastpath}: {index + 1} of {count}: {benchmark}"))
    try:
        progress.show(f"fastpath={fastpath}: booting")
        outcome = run(machine, log.line)
    except GuestError as error:
        error.code = FAILED
        error.what += f" [fastpath={fastpath}, in {log.current or 'the start'}]"
        raise
    finally:
        progress.end()
    log.finish(outcome.code)
    return log


def _measure(options, image, backend, cpu):
    progress = Progress()
    logs = []
    for fastpath in ("on", "off"):
        words = f"fastpath={fastpath} run=bench bench={options.only} samples={options.samples}"
        machine = qemu.Machine(backend, image, cpu=cpu, cmdline=words + (" raw=on" if options.raw else ""))
        logs.append(_boot(machine, fastpath, progress))
    if not any(log.results or log.refused for log in logs):
        # The guest has listed the ids that it knows in a line for people.
        details = [line for log in logs for line in log.other_lines if line.startswith("no benchmark")]
        raise BatonError(f"no benchmark matches ONLY='{options.only}'", "make bench ONLY='ipc.*'", USAGE, details)
    return logs


def _make_record(options, image, backend, logs):
    commit, dirty = hostinfo.commit()
    unit = record.UNITS[backend]
    now = datetime.datetime.now(datetime.timezone.utc)
    return {
        "schema": record.SCHEMA, "commit": commit, "dirty": dirty, "image_sha256": image.sha256(),
        "date": now.strftime("%Y-%m-%dT%H:%M:%SZ"), "backend": backend, "unit": unit,
        "host": {**hostinfo.describe(), "tsc_hz": logs[0].tsc_hz},
        "options": {"only": options.only, "samples": options.samples, "raw": options.raw},
        "refused": [r for log in logs for r in log.refused],
        "benchmarks": [{"id": r["id"], "unit": unit, **r} for log in logs for r in log.results],
    }


# ---- after

def _draw(options, run_record):
    """Charts are a by-product: what goes wrong with them does not undo a measurement."""
    lines = []
    if run_record["backend"] == "tcg":
        try:
            breakdown.write(options.results, options.build / "baton.elf", run_record)
        except BatonError as error:
            lines.append(f"breakdown of an IPC: none: {error}")
    try:
        lines.append(f"charts: {shown(chart.draw(options.results, run_record['backend']))}/")
    except BatonError as error:
        lines.append(f"charts: none: {error}")
    return "\n".join(lines)


def _peers(run_record):
    """What others cost, for a record that holds a benchmark of theirs; not being able to say it undoes nothing."""
    try:
        return "".join(f"\n{line}" for line in ["", *peers.lines(run_record, peers.read())])
    except BatonError as error:
        return f"\n\npeers: none: {error}"


def _report(options, run_record, path):
    print(table.render(run_record) + _peers(run_record))
    print(f"\nrecord: {shown(path)}")
    if run_record["refused"]:
        raise BatonError(f"{len(run_record['refused'])} benchmarks were refused; results/latest is as it was",
                         "quiet the machine and measure again")
    if not record.is_complete(run_record):
        print(f"a part only (ONLY={options.only}), so results/latest and the charts are as they were")
    elif not options.no_charts:
        print(_draw(options, run_record))


def main(arguments):
    options = _options(arguments)
    image = built_image(options.build)
    image.check()
    qemu.find()
    backend, cpu = _choose_backend(options.backend)
    record.check_writable(options.results, backend)
    logs = _measure(options, image, backend, cpu)
    run_record = _make_record(options, image, backend, logs)
    _report(options, run_record, record.save(options.results, run_record))
    return 0


if __name__ == "__main__":
    run_main(main)
