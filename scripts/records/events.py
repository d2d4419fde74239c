"""The console of bench.elf as a program reads it: lines "#baton {json}", checked one by one.

    boot, [machine, build, options, clock, pmu], plan, then for each benchmark: start, [cold], [samples], result or refused,
    [counters]; then done. error may come anywhere.

The last field of each is a checksum over what is before it: {"event":"done","sum":"c5482707"}.
"""
import re
import zlib

from scripts.base.common import BatonError
from scripts.records.record import (CLOCK, COLD, check_clock, check_cold, check_counters, check_pmu, check_samples, check_statistics,
                                    parse_json)

PREFIX = "#baton"
MITIGATIONS = "baton: mitigations: "  # and what the kernel has in force: its first line that begins so
SUM = re.compile(r',"sum":"([0-9a-f]{8})"\}\s*')
MATCHES_NOTHING = 2  # the guest's exit code


def check_sum(text):
    """Whether the event's text ends with its checksum; ValueError when that is another."""
    found = SUM.search(text)
    if found is None or found.end() != len(text):
        return False
    if int(found.group(1), 16) != zlib.crc32(text[:found.start()].lstrip().encode("utf-8", "replace")):
        raise ValueError("its checksum is wrong")
    return True


class BootLog:
    """Takes the console lines of one boot; afterwards it has what was measured in it."""

    def __init__(self, fastpath, on_start=lambda benchmark, index, count: None):
        self.fastpath, self.on_start = fastpath, on_start
        self.results, self.refused, self.other_lines = [], [], []
        self.mitigations = self.cold = self.clock = self.pmu = None
        self.meter, self.thrown_away = None, 0  # under kvm: quiet.Meter, and how many boots were disturbed before this one
        self.machine = self.build = self.options = None  # the fields of those events
        self.tsc_hz = self.planned = self.current = self.samples = self.error = None
        self.done = False
        self.counters = {}  # id: what was counted
        self.number = 0

    def line(self, text):
        """One line of the console; BatonError when it is an impossible event."""
        self.number += 1
        if not text.startswith(PREFIX):
            self.other_lines.append(text)
            if text.startswith(MITIGATIONS) and self.mitigations is None:
                self.mitigations = text[len(MITIGATIONS):]
            return
        try:
            check_sum(text[len(PREFIX):])
            event = parse_json(text[len(PREFIX):])
            self._handler(event)(event)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            what = f"field {error} is missing" if isinstance(error, KeyError) else error
            raise self._failure(f"a malformed event ({what}): {text[:100]}", "make clean, then make bench") from error

    def finish(self, code):
        """After the guest has ended by itself: checks that it told everything."""
        if self.error is not None:
            raise self._failure(f"the guest gave up: {self.error}")
        if code == MATCHES_NOTHING and self.planned == 0:
            return
        if code != 0:
            raise self._failure(f"the guest ended with code {code} and did not say why", details=self.other_lines[-10:])
        if not self.done:
            raise self._failure("the guest ended before it was done")
        told = len(self.results) + len(self.refused)
        if told != self.planned:
            raise self._failure(f"{told} of {self.planned} benchmarks were reported")

    def _failure(self, what, do=None, details=()):
        where = f"console line {self.number} (fastpath={self.fastpath})"
        return BatonError(f"{where}: {what}" + (f" [in {self.current}]" if self.current else ""), do, details=details)

    def _handler(self, event):
        if not isinstance(event, dict):
            raise ValueError("not an object")
        handler = getattr(self, f"_on_{event['event']}", None)
        if handler is None:
            raise ValueError(f"unknown event {event['event']!r}")
        if self.tsc_hz is None and event["event"] not in ("boot", "error"):
            raise ValueError("it comes before the boot event")
        return handler

    def _on_boot(self, event):
        if event["fastpath"] != self.fastpath:
            raise ValueError(f"asked for fastpath={self.fastpath}, the kernel runs with {event['fastpath']!r}")
        self.tsc_hz = _whole(event["tsc_hz"])

    def _on_machine(self, event):
        self.machine = event

    def _on_build(self, event):
        self.build = event

    def _on_options(self, event):
        self.options = event

    def _on_clock(self, event):
        self.clock = {key: event[key] for key in CLOCK}
        check_clock(self.clock, "clock")

    def _on_plan(self, event):
        self.planned = _whole(event["count"])

    def _on_start(self, event):
        if self.current is not None:
            raise ValueError(f"{self.current} has no result yet")
        self.current = event["id"]
        self.on_start(event["id"], _whole(event["index"]), _whole(event["count"]))

    def _on_cold(self, event):
        check_cold(event, "cold")
        self.cold = {k: event[k] for k in COLD}

    def _on_pmu(self, event):
        self.pmu = pmu_of(event)

    def _on_counters(self, event):
        if event["id"] not in [r["id"] for r in self.results]:
            raise ValueError(f"{event['id']} has no result")
        if event["id"] in self.counters:
            raise ValueError(f"the counts of {event['id']} are reported twice")
        self.counters[event["id"]] = counters_of(event)

    def _on_samples(self, event):
        self._expect(event["id"])
        check_samples(event, event["id"])
        self.samples = event["samples"]

    def _on_result(self, event):
        self._expect(event["id"])
        check_statistics(event, event["id"])
        result = {k: v for k, v in event.items() if k not in ("event", "sum")}
        if self.samples is not None:
            result["samples"] = self.samples
        self.results.append(result)
        self.current = self.samples = None

    def _on_refused(self, event):
        self._expect(event["id"])
        self.refused.append({"id": event["id"], "why": str(event["why"])})
        self.current = self.samples = None

    def _on_error(self, event):
        self.error = str(event["why"])

    def _on_done(self, event):
        if self.current is not None:
            raise ValueError(f"{self.current} has no result yet")
        self.done = True

    def _expect(self, benchmark):
        if benchmark != self.current:
            raise ValueError(f"{benchmark} was not started")
        seen = [r["id"] for r in self.results + self.refused]
        if benchmark in seen:
            raise ValueError(f"{benchmark} is reported twice")


def pmu_of(event):
    """The event as a record keeps it."""
    pmu = {"counted": event["counted"].split(), "left": event["left"].split(), "running": event["running"]}
    check_pmu(pmu, "pmu")
    return pmu


def counters_of(event):
    """What it says about its benchmark, as a record keeps it."""
    counters = {"n": event["n"], "counts": event["counts"]}
    check_counters(counters, event["id"])
    return counters


def with_counters(results, counters):
    """The results, each with its counts, if there are some."""
    return [{**r, "counters": counters[r["id"]]} if r["id"] in counters else r for r in results]


def _whole(value):
    if type(value) is not int or value < 0:
        raise ValueError(f"{value!r} is not a whole number")
    return value
