"""Programs that measure with the suite's harness as processes of this machine's Linux: their options, their run, what they refused."""
import datetime
import hashlib
import os
import subprocess
from pathlib import Path

from scripts.base import patience
from scripts.base.common import BatonError, shown
from scripts.machine import hostinfo, measure
from scripts.records import record
from scripts.records.events import BootLog

RETRIES = 4  # for what is refused: other programs may have disturbed it


def add_options(parser, ids):
    env = os.environ.get
    parser.add_argument("--only", default=env("ONLY") or "*", help=f"shell pattern on the ids, {ids}; ONLY")
    parser.add_argument("--samples", default=env("SAMPLES") or "1000", help="of each; SAMPLES")
    parser.add_argument("--raw", action="store_true", default=env("RAW", "") not in ("", "0"), help="keep every sample; RAW=1")
    parser.add_argument("--cpu", type=int, default=-1, help="to pin to; default: the last that may be used")
    parser.add_argument("--results", type=Path, default=record.RESULTS, help="default: results")


def check_options(options):
    measure.check_pattern(options.only)
    options.samples = measure.checked_samples(options.samples)


class Program:
    """words: the program and what follows its options; verb: the make verb that builds it."""

    def __init__(self, words, verb, options):
        self.words, self.verb, self.options = [str(w) for w in words], verb, options

    def output(self, *before, only="*"):
        """What it prints, and its exit code."""
        o, path = self.options, Path(self.words[0])
        words = [self.words[0], "--only", only, "--samples", str(o.samples), "--cpu", str(o.cpu), *(["--raw"] if o.raw else []),
                 *self.words[1:], *before]
        try:
            done = patience.run(words, capture_output=True, encoding="utf-8", stdin=subprocess.DEVNULL)
        except OSError as error:
            raise BatonError(f"cannot run {shown(path)}: {error.strerror}", self.verb) from error
        except patience.Hung as hung:
            raise BatonError(f"{shown(path)} was started, and {hung.what}", hung.do) from hung
        return done.stdout, done.returncode

    def log(self, only):
        """The BootLog of one run."""
        text, code = self.output(only=only)
        log = BootLog("on")
        for line in text.splitlines():
            log.line(line)
        log.finish(code)
        return log

    def measured(self):
        """(log, what is still refused): refused benchmarks are tried again. A log without `planned`: the pattern matches nothing."""
        log = self.log(self.options.only)
        refused = {r["id"]: r for r in log.refused}
        for _ in range(RETRIES):
            for benchmark in list(refused):
                again = self.log(benchmark)
                log.results += again.results
                if again.results:
                    del refused[benchmark]
        return log, list(refused.values())

    def record(self, backend, log, refused, benchmarks):
        commit, dirty = hostinfo.commit()
        o, unit = self.options, record.UNITS[backend]
        return {
            "schema": record.SCHEMA, "commit": commit, "dirty": dirty,
            "image_sha256": hashlib.sha256(Path(self.words[0]).read_bytes()).hexdigest(),
            "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"), "backend": backend, "unit": unit,
            "host": {**hostinfo.describe(), "tsc_hz": log.tsc_hz},
            "options": {"only": o.only, "samples": o.samples, "raw": o.raw}, "refused": refused,
            "benchmarks": [{"id": r["id"], "unit": unit, **r} for r in benchmarks],
        }
