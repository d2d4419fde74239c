"""The record of a run: its form, reading and checking it, writing it, and where records lie.

    results/runs/<backend>/<UTC time>-<commit>.json   every run
    results/latest/<backend>.json                     the last complete one
    results/baseline/<backend>.json                   the committed one that the gate compares with
    results/charts/<backend>/                         what chart.py draws

A record is one JSON object. Numbers of ticks are in `unit`, and the harness's own overhead is subtracted.
"""
import json
import math
import os
import re
import tempfile
from pathlib import Path

from scripts.base.common import ROOT, BatonError, shown
from scripts.base.files import create_file, make_directory, read_text, replace_file, write_error

SCHEMA = "baton-run/1"
RESULTS = ROOT / "results"
UNITS = {"tcg": "instructions", "kvm": "cycles", "metal": "cycles", "linux": "cycles",  # linux: this host's own kernel
         "logic": "core cycles / 100"}  # the paths without what only a kernel may do
TICKS = ("min", "q1", "median", "q3", "p99", "max")  # ascending
WHOLE = ("n", *TICKS, "overhead")
SHORT = ("n", "min", "q1", "median", "q3", "p99")  # all that a text block has
FRACTIONS = ("mean", "stddev")
OPTIONAL_FRACTIONS = ("batch_mean", "cycle_ticks", "cycle_ticks_after")
OPTIONAL_WHOLE = ("rejected", "rejected_max")
CLOCK = ("cycle_ticks", "tick_cost")  # ticks in a cycle of the core; those that a tick of the kernel's clock takes
EVENTS = ("cycles", "instructions", "branch_misses", "l1d_misses", "l2_misses", "llc_misses", "dtlb_misses", "itlb_misses")
COLD = ("cache", "walk", "pages", "code", "hit", "miss")
LIMIT = 1 << 64  # no counter of a CPU goes beyond
COMMIT = re.compile(r"[0-9a-f]{40}|unknown")
SHA256 = re.compile(r"[0-9a-f]{64}")
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
ID = re.compile(r"[a-z0-9_.]+(/[a-z0-9_.]+)*")
SPELLED = re.compile(r"\\u(?:00|[dD][89a-fA-F])")  # how JSON spells what is looked for next
UNPRINTABLE = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\ud800-\\udfff]")
RESTORE = "delete the file, or restore it"
HOST_TEXTS = ("cpu_model", "cpu_stepping", "kernel", "os", "qemu", "gcc", "nasm")


class BadRecord(BatonError):
    """A file that should hold a record does not."""


# ---- checking. Each function raises ValueError, with where in the object it is and what is wrong.

def need(condition, where, what):
    if not condition:
        raise ValueError(f"{where}: {what}")


def _short(value):
    """As it stands in the file, but no longer than a line has room for."""
    text = repr(value) if not isinstance(value, int) or abs(value) < LIMIT else "a number of too many digits"
    return text if len(text) <= 60 else text[:56] + " ..."


def get(table, key, kind, where):
    """The value of a field that must be there and be of a kind: str, bool, int, float, list, dict."""
    need(isinstance(table, dict), where, "is not an object")
    need(key in table, where, f"field '{key}' is missing")
    value = table[key]
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < LIMIT
    if kind is int:
        need(is_number and isinstance(value, int) and value >= 0, f"{where}.{key}", f"{_short(value)} is not a whole number")
    elif kind is float:
        need(is_number and math.isfinite(value) and value >= 0, f"{where}.{key}", f"{_short(value)} is not a number")
    else:
        need(isinstance(value, kind), f"{where}.{key}", f"{_short(value)} is not a {kind.__name__}")
    return value


def check_statistics(table, where, short=False):
    """The numbers of one benchmark, as the guest prints them and as a record keeps them; short: only those of a text block."""
    need(ID.fullmatch(get(table, "id", str, where)), f"{where}.id", "is not a benchmark id")
    for key in SHORT if short else WHOLE + tuple(k for k in OPTIONAL_WHOLE if k in table):
        get(table, key, int, where)
    need(table["n"] >= 1, f"{where}.n", "is 0")
    ticks = [key for key in TICKS if key in (SHORT if short else TICKS)]
    for low, high in zip(ticks, ticks[1:]):
        need(table[low] <= table[high], where, f"{low} {table[low]} is above {high} {table[high]}")
    for key in (*WHOLE, *OPTIONAL_WHOLE, *FRACTIONS, *OPTIONAL_FRACTIONS) if short else ():
        need(key in SHORT or key not in table, f"{where}.{key}", "is there, and the record's statistics are short")
    if short:
        return
    for key in FRACTIONS + tuple(k for k in OPTIONAL_FRACTIONS if k in table):
        get(table, key, float, where)
    need(table["min"] - 0.001 <= table["mean"] <= table["max"] + 0.001, where, "mean is not between min and max")


def check_clock(table, where):
    get(table, "cycle_ticks", float, where)
    get(table, "tick_cost", int, where)


def _check_conditions(table, where):
    for key, kind in (("isolated", bool), ("disturbed", bool), ("findings", list), ("thrown_away", int), ("switches", int),
                      ("taken", float)):
        get(table, key, kind, where)
    need("cpu" in table, where, "field 'cpu' is missing")
    if table["cpu"] is not None:
        get(table, "cpu", int, where)
    for i, line in enumerate(table["findings"]):
        need(isinstance(line, str), f"{where}.findings[{i}]", f"{_short(line)} is not a str")


def check_samples(table, where):
    samples = get(table, "samples", list, where)
    for i, value in enumerate(samples):
        need(type(value) is int and value >= 0, f"{where}.samples[{i}]", f"{_short(value)} is not a whole number")


def check_cold(table, where):
    """What emptied the caches, in bytes and pages, and a load before and after, with the clock's own ticks in it."""
    for key in COLD:
        get(table, key, int, where)


def check_counters(table, where):
    """What one operation counts of each event, over n of them."""
    need(get(table, "n", int, where) >= 1, f"{where}.n", "is 0")
    for name, count in get(table, "counts", dict, where).items():
        need(name in EVENTS, f"{where}.counts", f"there is no event {_short(name)}")
        get(count, "median", int, f"{where}.counts.{name}")
        get(count, "mean", float, f"{where}.counts.{name}")


def check_pmu(table, where):
    """Which events were counted, and which not because counters were too few."""
    for key in ("counted", "left"):
        names = get(table, key, list, where)
        need(all(name in EVENTS for name in names) and len(set(names)) == len(names), f"{where}.{key}", f"{_short(names)} are no events")
    get(table, "running", bool, where)


def _check_benchmark(table, where, unit, short):
    check_statistics(table, where, short)
    need(get(table, "unit", str, where) == unit, f"{where}.unit", f"is not the record's unit, {unit}")
    if "samples" in table:
        check_samples(table, where)
    if "counters" in table:
        check_counters(get(table, "counters", dict, where), f"{where}.counters")


def _check_refused(table, where):
    get(table, "id", str, where)
    get(table, "why", str, where)


def check(record):
    """Raises ValueError when the object is not a whole record."""
    schema = get(record, "schema", str, "record")
    need(schema == SCHEMA, "record.schema", f"is {_short(schema)}, this script reads {SCHEMA!r}")
    for key in ("commit", "image_sha256", "date"):
        get(record, key, str, "record")
    need(COMMIT.fullmatch(record["commit"]), "record.commit", f"{_short(record['commit'])} is not a commit's 40 digits")
    need(DATE.fullmatch(record["date"]), "record.date", f"{_short(record['date'])} is not a time like 2026-01-31T12:00:00Z")
    get(record, "dirty", bool, "record")
    backend, unit = get(record, "backend", str, "record"), get(record, "unit", str, "record")
    need(UNITS.get(backend) == unit, "record.unit", f"{_short(unit)} is not the unit of backend {_short(backend)}")
    host, options = get(record, "host", dict, "record"), get(record, "options", dict, "record")
    for key in HOST_TEXTS:
        get(host, key, str, "record.host")
    get(options, "only", str, "record.options")
    get(options, "samples", int, "record.options")
    for table, key, where in ((record, "mitigations", "record"), (options, "mitigations", "record.options"),
                              (options, "cold", "record.options")):
        if key in table:  # not in the oldest records
            get(table, key, str, where)
    for table, key, where in ((record, "virtual", "record"), (options, "virtual", "record.options")):
        if key in table:
            get(table, key, bool, where)
    if "note" in record:
        get(record, "note", str, "record")
    for i, text in enumerate(get(record, "partial", list, "record") if "partial" in record else []):
        need(isinstance(text, str), f"record.partial[{i}]", f"{_short(text)} is not a str")
    if "pmu" in record:
        check_pmu(get(record, "pmu", dict, "record"), "record.pmu")
    if "pmu" in options:
        get(options, "pmu", bool, "record.options")
    if "cold" in record:
        check_cold(get(record, "cold", dict, "record"), "record.cold")
    if "clock" in record:  # not where instructions are counted
        check_clock(record["clock"], "record.clock")
    if "conditions" in record:
        _check_conditions(record["conditions"], "record.conditions")
    for i, table in enumerate(get(record, "refused", list, "record")):
        _check_refused(table, f"refused[{i}]")
    if "statistics" in record:
        need(record["statistics"] == "short", "record.statistics", f"is {_short(record['statistics'])}, not 'short'")
    benchmarks = get(record, "benchmarks", list, "record")
    for i, table in enumerate(benchmarks):
        _check_benchmark(table, f"benchmarks[{i}]", unit, "statistics" in record)
    ids = [b["id"] for b in benchmarks]
    need(len(set(ids)) == len(ids), "benchmarks", "an id is there twice")


# ---- reading

def _no_constant(name):
    raise ValueError(f"{name} is not JSON")


def _each_key_once(pairs):
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("a key is twice in one object")
    return table


def _texts(value):
    """Every text in a JSON value, keys too."""
    if isinstance(value, str):
        yield value
    for part in (*value, *value.values()) if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(part)


def parse_json(text):
    """json.loads that refuses what is not JSON (NaN, Infinity), can be read in two ways (a key twice), would do
    something to a terminal or cannot be printed at all."""
    value = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_each_key_once)
    if (SPELLED.search(text) or UNPRINTABLE.search(text)) and any(UNPRINTABLE.search(one) for one in _texts(value)):
        raise ValueError("a control character, or half of a character, in a text")
    return value


def _line(error, longest=240):
    """What is wrong, in one line."""
    text = " ".join(str(error).split())
    return text if len(text) <= longest else text[:longest - 4] + " ..."


def read_as(path, check_it, kind, do=RESTORE, missing=None):
    """The JSON value in a file that check_it(value) lets pass. Else raises kind(what, do), a BatonError: the line names
    the file, the line or field, and what is wrong. What check_it raises is taken as its opinion."""
    try:
        value = parse_json(read_text(path))
        check_it(value)
    except OSError as error:
        raise kind(f"cannot read {shown(path)}: {error.strerror}", missing) from error
    except json.JSONDecodeError as error:
        raise kind(f"{shown(path)}:{error.lineno}:{error.colno}: not JSON: {error.msg}", do) from error
    except KeyError as error:
        raise kind(f"{shown(path)}: field {_line(error)} is missing", do) from error
    except (ValueError, TypeError, AttributeError, RecursionError, ArithmeticError) as error:
        raise kind(f"{shown(path)}: {_line(error)}", do) from error
    return value


def read(path):
    """The checked record in a file; BadRecord names the file, the line or field, and what is wrong."""
    return read_as(path, check, BadRecord)


def is_complete(record):
    """All benchmarks of the backend were asked for, with the mitigations that the CPU needs; none was refused or lost; and if it
    comes from a virtual machine, that is on purpose."""
    options = record["options"]
    meant = not record.get("virtual") or options.get("virtual")
    usual = all(options.get(key, "auto") == "auto" for key in ("mitigations", "cold"))
    return bool(options["only"] == "*" and usual and not record["refused"] and not record.get("partial") and meant)


def by_id(record):
    return {b["id"]: b for b in record["benchmarks"]}


# ---- places

def latest_path(results, backend):
    return Path(results) / "latest" / f"{backend}.json"


def baseline_path(results, backend):
    return Path(results) / "baseline" / f"{backend}.json"


def charts_dir(results, backend):
    return Path(results) / "charts" / backend


def run_paths(results, backend):
    """All recorded runs, oldest first: their names begin with the time."""
    return sorted((Path(results) / "runs" / backend).glob("*.json"))


def run_name(record):
    """Of its file, without suffix: names sort by time."""
    return f"{re.sub(r'[-:]', '', record['date'])}-{record['commit'][:10]}"


# ---- writing

def places(results, backend):
    """The directories that save() writes to."""
    return Path(results) / "runs" / backend, Path(results) / "latest"


def check_writable(*directories, size=1 << 20):
    """Before a run: an error when a record would not fit there or may not be written."""
    for directory in directories:
        try:
            make_directory(directory)
            with tempfile.TemporaryFile(dir=directory) as file:
                file.write(bytes(size))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise write_error(directory, error) from error


def dump(record):
    """A record as bytes: one benchmark per line, so that a change of one is a change of one line."""
    head = {k: v for k, v in record.items() if k != "benchmarks"}
    rows = ",\n".join(f"    {json.dumps(b)}" for b in record["benchmarks"])
    text = json.dumps(head, indent=2)[:-2] + ',\n  "benchmarks": [\n' + rows + "\n  ]\n}\n"
    return text.encode()


def save(results, record):
    """Writes a run; a complete one becomes the latest, too. Returns the path in runs/."""
    check(record)
    path = create_file(Path(results) / "runs" / record["backend"], run_name(record), dump(record))
    if is_complete(record):
        replace_file(latest_path(results, record["backend"]), dump(record))
    return path
