#!/usr/bin/env python3
"""Sessions of the file systems on the host: an evil client beside a good one, with RAM and with FAT. Both must answer each request alike.
Before that: whose files are whose, by whatever name.

Prints "ok <name>" or "not ok <name>: why" for each; exit code 0 all passed, 1 something failed.
"""
import subprocess
import tempfile
from pathlib import Path

from scripts.base import patience
from scripts.base.common import ROOT
from tests.files.images import SMALL, complaints, make
from tests.verdict import run_checks

PROGRAMS = ROOT / "build/files"


def _said(program, *words):
    """Its lines; the complaints of the sanitizers are the last."""
    done = patience.run([str(PROGRAMS / program), *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")
    lines = done.stdout.splitlines()
    failed = [line for line in lines if line.startswith("not ok")] or (lines[-1:] if done.returncode else [])
    if failed:
        print(*lines, sep="\n")
    return lines, "; ".join(failed) or None


def _checks():
    with tempfile.TemporaryDirectory(prefix="baton-test-") as directory:
        image = make(SMALL[0], Path(directory))
        other = make(SMALL[1], Path(directory))
        yield "session/owners/ram", _said("ram_session", "owners")[1]
        yield "session/owners/fat", _said("fat_session", str(other), "owners")[1]
        ram, ram_fails = _said("ram_session")
        fat, fat_fails = _said("fat_session", str(image))
        yield "session/ram", ram_fails
        yield "session/fat", fat_fails
        found = complaints(image) + complaints(other)
        yield "session/fsck", found[0] if found else None
    answers = [[line for line in lines if line.startswith("# evil")] for lines in (ram, fat)]
    yield "session/alike", None if answers[0] and answers[0] == answers[1] else f"RAM answers {answers[0]}, FAT {answers[1]}"


if __name__ == "__main__":
    run_checks(__doc__, _checks)
