"""Results of tests that are kept: a step whose every input is as it was when all of it passed says again what it said then.

For steps that compute for minutes and depend on nothing but files and tools: the proofs, the mutants, the comparison. What they
depend on is hashed, by contents and not by dates, so a fresh clone finds the results of another: the files that run.py names, and of
Python what the step's program imports. They lie in $XDG_CACHE_HOME/baton
(~/.cache/baton); FRESH=1 looks at nothing that was kept. Only what passes is kept.
"""
import ast
import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from scripts.base import patience
from scripts.base.common import ROOT, BatonError
from scripts.base.files import cache_folder, make_directory, replace_file
from tests import rooms
from tests.runner.steps import Report

KEPT = 200  # results; the least recently used go
LIBRARIES = ("/usr/lib/*/libunicorn.so.*", "/usr/lib/*/libz3.so*", "/usr/lib/python3/dist-packages/capstone/**/*.so*",
             "/usr/lib/*/libcapstone.so.*", "/usr/bin/python3")
TOOLS = ("gcc", "ld", "nasm", "objcopy", "make")


def directory():
    return cache_folder("results")


def _files(patterns):
    found = {path for pattern in patterns for path in (Path("/").glob(pattern[1:]) if pattern.startswith("/") else ROOT.glob(pattern))}
    return sorted(path for path in found if path.is_file() and "__pycache__" not in path.parts)


def _tools():
    """What compiles and assembles: the programs themselves, and the compiler behind gcc."""
    compiler = patience.run(["gcc", "-print-prog-name=cc1"], capture_output=True, encoding="utf-8").stdout.strip()
    return [Path(path).resolve() for path in (compiler, *(shutil.which(tool) or "" for tool in TOOLS)) if path]


def _add(digest, name, path):
    data = hashlib.sha256(path.read_bytes()).digest()
    digest.update(f"{len(name)} {name} ".encode() + data)


def imported(module):
    """The files of the tree that a Python program is made of: its own, and all that it imports, one by way of another."""
    paths = (path for folder in ("scripts", "tests") for path in ROOT.glob(f"{folder}/**/*.py"))
    known = {rooms.module_of(str(path.relative_to(ROOT))): path for path in paths}
    found, waiting = set(), [module]
    while waiting:
        one = waiting.pop()
        # With a module its packages are imported.
        for name in {".".join(one.split(".")[:n]) for n in range(1, one.count(".") + 2)} & known.keys() - found:
            found.add(name)
            tree = ast.parse(known[name].read_text(encoding="utf-8"))
            waiting += [other for _, other in rooms.imported(tree, str(known[name].relative_to(ROOT)), known.keys())]
    return {known[name] for name in found}


def _program(step):
    """The module that a step's command runs by Python's -m, or None."""
    words = getattr(step, "command", ())
    return words[words.index("-m") + 1] if "-m" in words else None


def key(step):
    """A name for all that the step depends on, its own command included."""
    digest = hashlib.sha256(repr(step.step).replace(str(ROOT), "").encode())
    program = _program(step.step)
    for path in sorted({*_files(step.depends), *(imported(program) if program else ())}):
        _add(digest, str(path.relative_to(ROOT)), path)
    for path in [*_files(LIBRARIES), *_tools()]:
        _add(digest, str(path), path)
    return digest.hexdigest()[:32]


def _read(path):
    """The Report that is kept there, or None."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        os.utime(path)
        return Report(list(kept["passed"]), [], ["kept: nothing that this depends on has changed since it passed (FRESH=1 runs it)"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(path, report):
    try:
        make_directory(path.parent)
        replace_file(path, json.dumps({"passed": report.passed}).encode())
        for old in sorted(path.parent.glob("*.json"), key=lambda p: p.stat().st_mtime)[:-KEPT]:
            old.unlink(missing_ok=True)
    except (OSError, BatonError):
        pass  # a home that cannot be written to: nothing is kept


@dataclass(frozen=True)
class Kept:
    """A step whose result is kept for as long as these files (patterns, relative to the tree), its Python and the tools are the same."""

    step: object
    depends: tuple

    @property
    def name(self):
        return self.step.name

    def run(self):
        path = directory() / f"{key(self)}.json"
        report = _read(path) if os.environ.get("FRESH") != "1" else None
        if report is None:
            report = self.step.run()
            if report.passed and not report.failed:
                _write(path, report)
        return report
