"""The record of a footprint: what each path through the kernel costs, as build/footprint counts it.

    results/latest/footprint.json     the last one (make footprint)
    results/baseline/footprint.json   the committed one that the gate compares with

One JSON object; every figure is a whole number. A path whose `code` is "nasm" runs no compiled instruction, so its
figures are the same with any compiler; those of the others are the named compiler's.
"""
import json
import re
from pathlib import Path

from scripts.base.common import BatonError
from scripts.records.record import read_as

SCHEMA = "baton-footprint/1"
# What people call each, and how.
FIGURES = {
    "instructions": "instructions", "loads": "loads", "stores": "stores", "data_lines": "data lines",
    "code_lines": "code lines", "data_pages": "data pages", "code_pages": "code pages", "code_bytes": "code bytes",
}
CODES, EXITS = ("nasm", "c"), ("sysret", "iret")
TEXTS = ("commit", "image_sha256", "date")
HOST_TEXTS = ("gcc", "nasm", "unicorn")
ID = re.compile(r"[a-z0-9_.]+(/[a-z0-9_.]+)*")
RESTORE = "make footprint, or restore the file"


class BadFootprint(BatonError):
    """A file or a program's output that should be a footprint is not one."""


def _need(condition, what):
    if not condition:
        raise ValueError(what)


def check_path(table, where):
    """Raises ValueError when the object does not describe a path."""
    _need(isinstance(table, dict), f"{where} is not an object")
    _need(set(table) == {"id", "code", "exit", *FIGURES}, f"{where} has not the fields that it should have")
    _need(isinstance(table["id"], str) and ID.fullmatch(table["id"]), f"{where}.id is not the name of a path")
    _need(table["code"] in CODES, f"{where}.code: {table['code']!r} is none of {', '.join(CODES)}")
    _need(table["exit"] in EXITS, f"{where}.exit: {table['exit']!r} is none of {', '.join(EXITS)}")
    for figure in FIGURES:
        _need(type(table[figure]) is int and table[figure] >= 0,
              f"{where}.{figure}: {table[figure]!r} is not a whole number")
    _need(table["instructions"] > 0, f"{where}.instructions is 0")


def check(footprint):
    """Raises ValueError when the object is not a whole footprint."""
    _need(isinstance(footprint, dict), "it is not an object")
    schema = footprint.get("schema")
    _need(schema == SCHEMA, f"schema: is {schema!r}, this script reads {SCHEMA!r}")
    host, paths = footprint.get("host"), footprint.get("paths")
    _need(isinstance(host, dict), "host: is not an object")
    for where, table, keys in (("footprint", footprint, TEXTS), ("host", host, HOST_TEXTS)):
        for key in keys:
            _need(isinstance(table.get(key), str), f"{where}.{key}: {table.get(key)!r} is not a text")
    _need(isinstance(footprint.get("dirty"), bool), "dirty: is neither true nor false")
    _need(isinstance(paths, list) and paths, "paths: there is none")
    for i, table in enumerate(paths):
        check_path(table, f"paths[{i}]")
    _need(len({p["id"] for p in paths}) == len(paths), "paths: an id is there twice")


def read(path):
    """The checked footprint in a file; BadFootprint names the file, the line or field, and what is wrong."""
    return read_as(path, check, BadFootprint, RESTORE, missing="make footprint")


def by_id(footprint):
    return {p["id"]: p for p in footprint["paths"]}


def latest_path(results):
    return Path(results) / "latest" / "footprint.json"


def baseline_path(results):
    return Path(results) / "baseline" / "footprint.json"


def dump(footprint):
    """A footprint as bytes: one path per line, so that a change of one is a change of one line."""
    head = {k: v for k, v in footprint.items() if k != "paths"}
    rows = ",\n".join(f"    {json.dumps(p)}" for p in footprint["paths"])
    return (json.dumps(head, indent=2)[:-2] + ',\n  "paths": [\n' + rows + "\n  ]\n}\n").encode()
