"""Strict readers of the formats that scripts/verbs/export.py writes, each written from its specification; a ValueError says what is wrong.
They share no code with the writer."""
import json
import math
import re


def need(condition, what):
    if not condition:
        raise ValueError(what)


# ---- Go benchmark format: golang.org/design/14313-benchmark-format; "Unit" lines: golang.org/issue/43744

CONFIGURATION = re.compile(r"([a-z][^\sA-Z:]*):(?:[ \t]+(.*))?")


def go(text):
    """([(name, iterations, {unit: value}, configuration)], {unit: {property: value}})."""
    results, units, configuration = [], {}, {}
    need(text.endswith("\n"), "the last line does not end")
    for line in text[:-1].split("\n"):
        match = CONFIGURATION.fullmatch(line)
        if match:
            configuration = {**configuration, match[1]: match[2] or ""}
        elif line.startswith("Unit "):
            _, unit, *properties = line.split()
            pairs = dict(p.split("=") for p in properties)
            need(set(pairs) <= {"better", "assume"}, f"unknown property: {line}")
            need(pairs.get("better", "lower") in ("higher", "lower") and pairs.get("assume", "exact") in ("exact", "nothing"), line)
            units[unit] = pairs
        elif not line.startswith("#"):  # the format lets any other line stand; ours are comments
            results.append(_go_result(line, configuration))
    return results, units


def _go_result(line, configuration):
    fields = line.split()
    need(len(fields) >= 4 and len(fields) % 2 == 0, f"not an even number of at least four fields: {line!r}")
    need(re.fullmatch(r"Benchmark([A-Z]\S*)?", fields[0]), f"a name is 'Benchmark' and a capital: {fields[0]}")
    need(re.fullmatch(r"[1-9][0-9]*", fields[1]), f"the iterations are no number: {fields[1]}")
    values = {}
    for value, unit in zip(fields[2::2], fields[3::2]):
        need(math.isfinite(float(value)), f"not a number: {value}")
        need(unit not in values, f"a unit is there twice: {unit}")
        values[unit] = float(value)
    return fields[0], int(fields[1]), values, configuration


# ---- github-action-benchmark, tool customSmallerIsBetter: an array of name, unit, value; range and extra may be there

RANGE = re.compile(r"(\+-|±)\s*(\d.*)")  # src/extractRangeInfo.ts; what follows must be one number


def github(text):
    rows = json.loads(text)
    need(isinstance(rows, list) and rows, "not an array with results")
    for row in rows:
        need(isinstance(row, dict) and {"name", "unit", "value"} <= set(row) <= {"name", "unit", "value", "range", "extra"}, row)
        need(isinstance(row["value"], (int, float)) and not isinstance(row["value"], bool), row)
        need(all(isinstance(row[k], str) for k in row if k != "value") and row["name"], row)
        match = RANGE.fullmatch(row.get("range", "± 0"))
        need(match and NUMBER.fullmatch(match[2]), f"a range that the action cannot read: {row.get('range')}")
    need(len({row["name"] for row in rows}) == len(rows), "a name is there twice: the action would compare the wrong ones")
    return rows


# ---- Bencher Metric Format: bencher.dev/bmf.json; lengths from its reference page

def bencher(text):
    found = json.loads(text, object_pairs_hook=_no_doubles)
    need(isinstance(found, dict) and found, "not an object with benchmarks")
    for name, measures in found.items():
        need(0 < len(name) <= 1024 and isinstance(measures, dict) and measures, f"benchmark {name!r}")
        for measure, metric in measures.items():
            need(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", measure) and len(measure) <= 64, f"measure {measure!r} is no slug")
            need("value" in metric and set(metric) <= {"value", "lower_value", "upper_value"}, f"{name}: {metric}")
            need(all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in metric.values()), f"{name}: {metric}")
            need(metric.get("lower_value", metric["value"]) <= metric["value"] <= metric.get("upper_value", metric["value"]), name)
    return found


def _no_doubles(pairs):
    need(len(dict(pairs)) == len(pairs), "a key is there twice")
    return dict(pairs)


# ---- OpenMetrics text format 1.0

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[n"\\])*"'
SAMPLE = re.compile(rf"({NAME})(?:\{{((?:{LABEL}(?:,{LABEL})*)?)\}})? (\S+)( \S+)?")
NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
TYPES = {"gauge": ("",), "counter": ("_total", "_created"), "info": ("_info",), "summary": ("", "_count", "_sum", "_created"),
         "unknown": ("",), "stateset": ("",), "histogram": ("_bucket", "_count", "_sum", "_created")}


def _labels(text):
    pairs = [p.split("=", 1) for p in re.findall(LABEL, text or "")]
    need(len(dict(pairs)) == len(pairs), f"a label is there twice: {text}")
    return {k: v[1:-1] for k, v in pairs}


def _family(name, families):
    """The family that a sample belongs to, the last one."""
    need(families, f"no TYPE before {name}")
    last = list(families)[-1]
    need(name.startswith(last) and name[len(last):] in TYPES[families[last]["type"]], f"{name} is no sample of the family {last}")
    return families[last]


def _point(family, key, time, value):
    """Numbers of one metric stand together, and their times go up."""
    name, labels = key
    metric = frozenset(pair for pair in labels if pair[0] != "quantile")
    need(metric == family.get("last") or metric not in family["metrics"], f"the metric {labels} is in two places")
    family["last"] = metric
    at = family["metrics"].setdefault(metric, time)
    need(at is None or time is not None and time >= at, f"the times of {labels} go back")
    family["metrics"][metric] = time
    points = family["points"].setdefault(key, [])
    need(not points or time is not None and time > points[-1][0], f"a sample is there twice: {key} at {time}")
    points.append((time, value))
    family["samples"][key] = value


def _sample(match, families):
    name, labels, number, time = match[1], _labels(match[2]), match[3], (match[4] or "").strip()
    need(NUMBER.fullmatch(number) and (not time or NUMBER.fullmatch(time)), f"not a number: {number} {time}")
    family, value = _family(name, families), float(number)
    if family["type"] == "summary" and "quantile" in labels:
        need(0 <= float(labels["quantile"]) <= 1 and not name.endswith(("_count", "_sum")), f"{name}: quantile {labels['quantile']}")
    elif family["type"] == "summary":
        need(name.endswith(("_count", "_sum")) and value >= 0, f"{name}: a summary's sample without a quantile, or below 0")
        need(not name.endswith("_count") or value == int(value), f"{name}: a count that is not whole")
    elif family["type"] == "info":
        need(value == 1, "an info that is not 1")
    _point(family, (name, tuple(sorted(labels.items()))), float(time) if time else None, value)


def openmetrics(text):
    """{family: {"type", "unit", "help", "samples": {(name, labels): the last value}, "points": {(name, labels): [(time, value)]}}}."""
    need(text.endswith("# EOF\n"), "it does not end with # EOF")
    families = {}
    for line in text[:-len("# EOF\n")].split("\n")[:-1]:
        described = re.fullmatch(rf"# (TYPE|UNIT|HELP) ({NAME}) (.*)", line)
        if not described:
            match = SAMPLE.fullmatch(line)
            need(match, f"neither a description nor a sample: {line!r}")
            _sample(match, families)
            continue
        what, name, rest = described.groups()
        if what == "TYPE":
            need(name not in families and rest in TYPES, f"a second TYPE of {name}, or none that there is: {rest}")
            families[name] = {"type": rest, "samples": {}, "points": {}, "metrics": {}}
        need(families and list(families)[-1] == name, f"{what} of {name} is not at its family")
        need(what == "TYPE" or (what.lower() not in families[name] and not families[name]["samples"]), f"a late or second {what} of {name}")
        need(what != "UNIT" or (name.endswith("_" + rest) and families[name]["type"] != "info"),
             f"the unit {rest} is not the end of {name}")
        need(what != "HELP" or not re.search(r'\\(?![n"\\])', rest), f"an escape that there is not: {rest}")
        if what != "TYPE":
            families[name][what.lower()] = rest
    return families


# ---- CSV, RFC 4180

FIELD = re.compile(r'(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)')


def csv(text):
    """Rows of texts: each line ends with CRLF, and all have as many fields as the first."""
    rows, row, at = [], [], 0
    while at < len(text):
        match = FIELD.match(text, at)
        need(match, f"no field at {at}: {text[at:at + 30]!r}")
        row.append(match[1].replace('""', '"') if match[1] is not None else match[2])
        if match[3] == "\r\n":
            rows.append(row)
            row = []
        at = match.end()
    need(not row and rows, "the last line does not end with CRLF")
    need(len({len(r) for r in rows}) == 1, "the lines have different numbers of fields")
    return rows
