#!/usr/bin/env python3
"""`make run` as a person has it, without counted instructions: it builds, boots to the prompt, and answers what is typed there. How long
that took, by the guest's own clock, is printed, and is no verdict: how much it may cost is told in instructions (boot.to_shell, which
`make gate` compares), and each session of shell_test has the prompt within 100 ms of the guest's counted time.

Prints "ok <name>" or "not ok <name>: why"; exit code 0 all passed, 1 something failed.
"""
import os
import re
import subprocess
import tempfile
from pathlib import Path

from scripts.base import patience
from scripts.base.common import ROOT, end_group
from scripts.machine import guest
from tests.verdict import run_checks, why_not

GREETING = re.compile(r"^Baton, \d+ ms after the machine was switched on", re.MULTILINE)
ANSWER = re.compile(r"^=up=$", re.MULTILINE)
TYPED = b"echo =up=\r"


def _fails():
    """Nothing of a build that stands is made again: it goes where `make run` has it."""
    with tempfile.TemporaryDirectory(prefix="baton-test-") as directory, open(Path(directory) / "said", "wb") as out:
        said = Path(directory) / "said"
        keys, typing = os.pipe()
        process = subprocess.Popen(["make", "-s", "run"], cwd=ROOT, stdin=keys, stdout=out, stderr=subprocess.STDOUT,
                                   start_new_session=True, preexec_fn=guest.die_with_parent())
        os.close(keys)

        def came(pattern):
            return pattern.search(said.read_text(encoding="utf-8", errors="replace").replace("\r", ""))

        try:
            greeting = patience.until(lambda: came(GREETING), process)
            if not greeting:
                return f"no prompt: {said.read_text(encoding='utf-8', errors='replace').splitlines()[-1:]}"
            print(greeting[0])
            os.write(typing, TYPED)
            return None if patience.until(lambda: came(ANSWER), process) else "it does not answer"
        finally:
            os.close(typing)
            end_group(process)


def _checks():
    yield "make run/prompt", why_not(_fails)


if __name__ == "__main__":
    run_checks(__doc__, _checks)
