"""Prints records in the formats that other people's tools read:

    go           Go benchmark format, for benchstat: one line a benchmark and record, the median
    github       JSON of github-action-benchmark, tool customSmallerIsBetter: one record, with the quartiles as range
    bencher      Bencher Metric Format (JSON): one record, with the quartiles as limits
    openmetrics  OpenMetrics text 1.0: a summary for each benchmark, each number with the time of its record
    csv          one row a run, one column a benchmark, oldest first, for change-point tools (Apache Otava, for one)

Without records as arguments: the last complete one of the backend, and for csv all that are drawn in its history. All
records of one export have one unit. docs/record.schema.json describes the record itself. FORMAT, BACKEND: options, too.
"""
import csv
import io
import json
import os
import sys
from datetime import datetime, timezone
from pathlib import Path

from scripts.base.common import USAGE, BatonError, make_parser, run_main, shown
from scripts.judge import history
from scripts.records import record


# ---- Go benchmark format (golang.org/design/14313-benchmark-format, units: golang.org/issue/43744)

def _go_name(benchmark):
    """A name begins with "Benchmark" and a capital; "/" parts it as ours are."""
    return "Benchmark" + benchmark[0].upper() + benchmark[1:]


def _go_head(run):
    """benchstat compares only what has the same configuration, so that commit and date, which are what one compares, stand in
    a line that it does not read."""
    host, commit = run["host"], run["commit"] + ("-dirty" if run["dirty"] else "")
    pairs = [("backend", run["backend"]), ("cpu", host["cpu_model"]), ("compiler", host["gcc"]), ("qemu", host["qemu"])]
    return [f"# commit {commit}, {run['date']}", *(f"{key}: {' '.join(value.split())}" for key, value in pairs)]


def _counts(b):
    """Mean count of each event that performance counters counted (PMU=1), by a name that is no unit of ours."""
    return {f"pmu-{event.replace('_', '-')}": count["mean"] for event, count in b.get("counters", {"counts": {}})["counts"].items()}


def go(runs):
    unit = runs[0]["unit"]
    exact = " assume=exact" if unit == "instructions" else ""
    lines = [f"Unit {unit} better=lower{exact}"]
    lines += [f"Unit {event} better=lower" for event in dict.fromkeys(e for run in runs for b in run["benchmarks"] for e in _counts(b))]
    for run in runs:
        lines += _go_head(run)
        for b in run["benchmarks"]:
            more = "".join(f" {mean} {event}" for event, mean in _counts(b).items())
            lines.append(f"{_go_name(b['id'])} {b['n']} {b['median']} {unit}{more}")
    return "\n".join(lines) + "\n"


# ---- JSON, of one record

def _range(b):
    """As the action reads it: a sign and one number, within which of the value both quartiles lie."""
    return f"± {max(b['q3'] - b['median'], b['median'] - b['q1'])}"


def github(runs):
    run, = runs
    rows = [{"name": b["id"], "unit": run["unit"], "value": b["median"], "range": _range(b),
             "extra": f"n {b['n']}\nmin {b['min']}\np99 {b['p99']}\nbackend {run['backend']}"} for b in run["benchmarks"]]
    return json.dumps(rows, indent=2, ensure_ascii=False) + "\n"


def bencher(runs):
    run, = runs
    rows = {b["id"]: {run["unit"]: {"value": b["median"], "lower_value": b["q1"], "upper_value": b["q3"]},
                      **{event: {"value": mean} for event, mean in _counts(b).items()}} for b in run["benchmarks"]}
    return json.dumps(rows, indent=2) + "\n"


# ---- OpenMetrics

QUANTILES = (("0", "min"), ("0.25", "q1"), ("0.5", "median"), ("0.75", "q3"), ("0.99", "p99"), ("1", "max"))


def _labels(**pairs):
    """{name="value",...}"""
    def escaped(value):
        return str(value).replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
    return "{" + ",".join(f'{key}="{escaped(value)}"' for key, value in pairs.items()) + "}"


def _seconds(run):
    """When the run was, as OpenMetrics counts."""
    return int(datetime.strptime(run["date"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp())


def _info(run):
    host = run["host"]
    where = _labels(backend=run["backend"], commit=run["commit"], dirty=str(run["dirty"]).lower(), date=run["date"],
                    cpu=host["cpu_model"], compiler=host["gcc"], qemu=host["qemu"])
    return f"baton_run_info{where} 1 {_seconds(run)}"


def _summary(name, run, b):
    labels = {"backend": run["backend"], "benchmark": b["id"]}
    lines = [f"{name}{_labels(**labels, quantile=q)} {b[key]}" for q, key in QUANTILES if key in b]
    lines.append(f"{name}_count{_labels(**labels)} {b['n']}")
    lines += [f"{name}_sum{_labels(**labels)} {b['mean'] * b['n']:.3f}"] if "mean" in b else []
    return [f"{line} {_seconds(run)}" for line in lines]


def _points(runs):
    """(run, its numbers of the benchmark): all points of one metric stand together, oldest first, as the format wants it."""
    ids = dict.fromkeys((run["backend"], b["id"]) for run in runs for b in run["benchmarks"])
    return [(run, numbers) for backend, i in ids for run in runs if run["backend"] == backend and (numbers := record.by_id(run).get(i))]


def _events(points):
    name = "baton_operation_events"
    found = {}
    for run, b in points:
        for event, mean in _counts(b).items():
            labels = _labels(backend=run["backend"], benchmark=b["id"], event=event.removeprefix("pmu-"))
            found.setdefault(labels, []).append(f"{name}{labels} {mean} {_seconds(run)}")
    lines = [line for those in found.values() for line in those]
    return [f"# TYPE {name} gauge", f"# HELP {name} Mean of what performance counters count in one operation.", *lines] if lines else []


def openmetrics(runs):
    unit = runs[0]["unit"]
    name = f"baton_operation_{unit}"
    runs = sorted(runs, key=_seconds)
    points = _points(runs)
    return "\n".join(["# TYPE baton_run info", "# HELP baton_run What was measured, and where.", *map(_info, runs),
                      f"# TYPE {name} summary", f"# UNIT {name} {unit}",
                      f"# HELP {name} One operation as ring 3 sees it, without the clock's own overhead.",
                      *(line for run, b in points for line in _summary(name, run, b)), *_events(points), "# EOF"]) + "\n"


# ---- CSV (RFC 4180)

def as_csv(runs):
    ids = list({b["id"]: None for run in reversed(runs) for b in run["benchmarks"]})
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["time", "commit", "dirty", "backend", "unit", *ids])
    for run in runs:
        numbers = record.by_id(run)
        writer.writerow([run["date"], run["commit"], str(run["dirty"]).lower(), run["backend"], run["unit"],
                         *(numbers[i]["median"] if i in numbers else "" for i in ids)])
    return out.getvalue()


FORMATS = {"go": go, "github": github, "bencher": bencher, "openmetrics": openmetrics, "csv": as_csv}
OF_ONE = ("github", "bencher")  # they have no place for a second record


# ---- which records

def _backend(options):
    if options.backend:
        return options.backend
    found = [b for b in record.UNITS if record.latest_path(options.results, b).is_file()]
    if not found:
        raise BatonError("there is no record to export", "make bench")
    return found[0]


def _chosen(options):
    if options.records:
        return [record.read(path) for path in options.records]
    backend = _backend(options)
    if options.format == "csv":
        runs = history.runs(options.results, backend)
        if not runs:
            raise BatonError(f"there is no complete run of {backend}", f"make bench BACKEND={backend}")
        return runs
    path = record.latest_path(options.results, backend)
    if not path.is_file():
        raise BatonError(f"{shown(path)} is missing", f"make bench BACKEND={backend}")
    return [record.read(path)]


def _check_form(name, runs):
    """No record is left out without a word."""
    if name in OF_ONE and len(runs) > 1:
        raise BatonError(f"the format {name} holds one record, and {len(runs)} were given", "export them one at a time", USAGE)
    times = [(run["backend"], run["date"]) for run in runs]
    if name == "openmetrics" and len(set(times)) < len(times):
        again = next(t for t in times if times.count(t) > 1)
        raise BatonError(f"two records of {again[0]} have the same time, {again[1]}",
                         "openmetrics has one number for each time: leave one out", USAGE)


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("records", nargs="*", type=Path, help="files in results/runs, oldest first")
    parser.add_argument("--format", default=os.environ.get("FORMAT", ""), help=", ".join(FORMATS))
    parser.add_argument("--backend", default=os.environ.get("BACKEND", ""), help="default: the first that has a record")
    parser.add_argument("--results", type=Path, default=record.RESULTS, help="default: results")
    options = parser.parse_args(arguments)
    if options.format not in FORMATS:
        raise BatonError(f"there is no format '{options.format}'; there are: {', '.join(FORMATS)}", "make export FORMAT=go", USAGE)
    if options.backend not in ("", *record.UNITS):
        raise BatonError(f"there is no backend '{options.backend}'; there are: {', '.join(record.UNITS)}",
                         "make export FORMAT=go BACKEND=tcg", USAGE)
    runs = _chosen(options)
    units = sorted({run["unit"] for run in runs})
    if len(units) > 1:
        raise BatonError(f"the records have different units: {', '.join(units)}", "export those of one unit at a time", USAGE)
    _check_form(options.format, runs)
    sys.stdout.buffer.write(FORMATS[options.format](runs).encode())
    return 0


if __name__ == "__main__":
    run_main(main)
