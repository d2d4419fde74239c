"""Measures: boots Baton twice (fast paths on, then off), and each of the SDK's systems once, records the numbers, prints them, draws
charts.

Each option can come from the environment, too (make bench BACKEND=tcg ONLY='ipc.*' SAMPLES=200 RAW=1).
Without a backend it takes kvm where a probe guest works in it, else tcg. Exit code: 0 measured, 1 not
measured (earlier results are as they were), 2 wrong options.
"""
import datetime
import os
from pathlib import Path

from scripts.base.common import ROOT, USAGE, BatonError, make_parser, run_main, shown
from scripts.machine import hostinfo, measure, qemu
from scripts.records import conditions, events, record
from scripts.show import counter_table, table
from scripts.source.image import built_image
from scripts.verbs import after

COUNTED = 101  # operations that the guest counts, OPERATIONS in bench/counters.c


# ---- options

def _options(arguments):
    parser = make_parser(__doc__)
    env = os.environ.get
    parser.add_argument("--backend", default=env("BACKEND", ""), help="kvm or tcg; BACKEND")
    parser.add_argument("--only", default=env("ONLY") or "*", help="shell pattern on the benchmark ids; ONLY")
    parser.add_argument("--samples", default=env("SAMPLES") or "1000", help="of each benchmark; SAMPLES")
    parser.add_argument("--raw", action="store_true", default=env("RAW", "") not in ("", "0"),
                        help="keep every sample in the record; RAW=1")
    parser.add_argument("--mitigations", default=env("MITIGATIONS") or "auto",
                        help="against what the CPU's speculation shows: auto, off, all or a list; MITIGATIONS")
    parser.add_argument("--cold", default=env("COLD") or "auto", help="with cold caches, too: on, off, or auto: on hardware; COLD")
    parser.add_argument("--pmu", action="store_true", default=env("PMU", "") not in ("", "0"),
                        help="count events of the CPU, too: instructions, misses of caches and TLBs; PMU=1")
    parser.add_argument("--no-charts", action="store_true", help="do not draw")
    parser.add_argument("--results", type=Path, default=record.RESULTS, help="default: results")
    parser.add_argument("--build", type=Path, default=ROOT / "build", help="default: build")
    options = parser.parse_args(arguments)
    measure.check_backend(options.backend)
    measure.check_pattern(options.only)
    measure.check_mitigations(options.mitigations)
    measure.check_cold(options.cold)
    options.samples = measure.checked_samples(options.samples)
    return options


# ---- measuring

def _join(logs, further):
    """Where counters are too few for all events, those from two more boots that began with the others."""
    for log, more in zip(logs, further):
        if not log.pmu:  # the SDK's systems count none
            continue
        for benchmark, counted in log.counters.items():
            for event, count in more.counters.get(benchmark, {}).get("counts", {}).items():
                counted["counts"].setdefault(event, count)
        counted = [e for e in record.EVENTS if e in log.pmu["counted"] or (more.pmu and e in more.pmu["counted"])]
        log.pmu = {**log.pmu, "counted": counted, "left": [e for e in log.pmu["left"] if e not in counted]}


def _measure(options, image, backend, cpu):
    settings = {"mitigations": options.mitigations, "cold": options.cold}
    logs = measure.both_paths(image, backend, cpu, options.only, options.samples, options.raw, **settings,
                              pmu=" pmu=on" if options.pmu else "")
    if any(log.pmu and log.pmu["left"] and log.counters for log in logs):
        _join(logs, measure.both_paths(image, backend, cpu, options.only, min(options.samples, COUNTED), **settings,
                                       pmu=" pmu=on pmu_tlb=on"))
    if not any(log.results or log.refused for log in logs):
        # The guest has listed the ids that it knows in a line for people.
        details = [line for log in logs for line in log.other_lines if line.startswith("no benchmark")]
        raise BatonError(f"no benchmark matches ONLY='{options.only}'", "make bench ONLY='ipc.*'", USAGE, details)
    return logs


def _make_record(options, image, backend, logs):
    commit, dirty = hostinfo.commit()
    unit = record.UNITS[backend]
    now = datetime.datetime.now(datetime.timezone.utc)  # clock: dates the record
    return {
        "schema": record.SCHEMA, "commit": commit, "dirty": dirty, "image_sha256": image.sha256(),
        "date": now.strftime("%Y-%m-%dT%H:%M:%SZ"), "backend": backend, "unit": unit,
        "host": {**hostinfo.describe(), "tsc_hz": logs[0].tsc_hz},
        "options": {"only": options.only, "samples": options.samples, "raw": options.raw,
                    "mitigations": options.mitigations, "cold": options.cold,
                    **({"pmu": True} if options.pmu else {})},
        "mitigations": logs[0].mitigations or "unknown",
        **next(({"cold": log.cold} for log in logs if log.cold), {}),
        **conditions.fields(logs),
        **next(({"pmu": log.pmu} for log in logs if log.pmu), {}),
        "refused": [r for log in logs for r in log.refused],
        "benchmarks": [{"id": r["id"], "unit": unit, **r} for log in logs for r in events.with_counters(log.results, log.counters)],
    }


# ---- after

def _report(options, run_record, path):
    print(table.render(run_record) + counter_table.render(run_record) + after.peers_text(run_record, options.results))
    print(f"\nrecord: {shown(path)}")
    after.tell_refused(run_record)
    if not record.is_complete(run_record):
        forced = "".join(f" {key}={word}" for key, word in (("MITIGATIONS", options.mitigations), ("COLD", options.cold)) if word != "auto")
        print(f"a part only (ONLY={options.only}{forced}), so results/latest and the charts are as they were")
    elif not options.no_charts:
        print(after.draw(options.results, run_record, options.build / "baton.elf"))


def main(arguments):
    options = _options(arguments)
    image = built_image(options.build)
    image.check()
    qemu.find()
    backend, cpu = measure.choose_backend(options.backend)
    record.check_writable(*record.places(options.results, backend))
    logs = _measure(options, image, backend, cpu)
    run_record = _make_record(options, image, backend, logs)
    _report(options, run_record, record.save(options.results, run_record))
    return 0


if __name__ == "__main__":
    run_main(main)
