"""Killed at any moment: real measurements, comparisons and acceptances of a baseline are killed at random moments by SIGKILL:
the script alone, it with all that it started, or QEMU. Whatever was recorded before is there byte for byte, whatever is there
is whole, nothing runs on, and what comes next works.

Prints "ok <name>" or "not ok <name>: why" lines; SEED=<number> for another course. Exit code: 0 all passed, 1 not.
"""
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from scripts.base import patience
from scripts.base.common import ROOT
from scripts.base.files import TEMPORARY
from scripts.records import footprint_record, record
from tests.verdict import run_checks, why_not

ROUNDS = 16
PART = ("--only", "syscall.null", "--samples", "20", "--backend", "tcg")
# Command, and about how long it takes: seconds in which it is killed.
COMMANDS = {
    "bench": (("bench", *PART), 2.5),
    "compare": (("compare", "--base", ROOT / "results/baseline/tcg.json", *PART), 2.5),
    "accept": (("gate", "--accept"), 0.3),
    "whole suite": (("bench", "--only", "*", "--backend", "tcg", "--no-charts"), 4),  # a QEMU left behind is seen
}
THEN = ("bench", "compare", "accept")
GOES_ON = 0.3  # seconds of CPU time: what is killed uses no more, a boot that goes on by itself does
MARK = "BATON_KILLED_TEST"


def running(mark):
    """Processes that the marked command has started, with what they are called."""
    found = {}
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (place / "environ").read_bytes().split(b"\0") and (place / "cmdline").read_bytes():
                found[int(place.name)] = (place / "comm").read_text(encoding="utf-8").strip()
        except OSError:
            pass  # it has ended, or we may not look at it
    return found


def command(name, results):
    words, _ = COMMANDS[name]
    return [sys.executable, "-m", f"scripts.verbs.{words[0]}", *words[1:], "--results", results]


def start(name, results, mark):
    return subprocess.Popen(command(name, results), cwd=ROOT, env={**os.environ, MARK: mark.decode().split("=")[1]},
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8",
                            start_new_session=True)


def kill(process, whom, mark):
    if whom == "all":
        os.killpg(process.pid, signal.SIGKILL)
    elif whom == "QEMU":
        for pid, name in running(mark).items():
            if name.startswith("qemu"):
                os.kill(pid, signal.SIGKILL)
    else:
        process.kill()


def snapshot(results):
    return {p.relative_to(results): p.read_bytes() for p in results.rglob("*") if p.is_file()}


def left_running(mark):
    """What goes on although it was killed. What has yet to die, on a busy machine, is waited for."""
    before = {pid: cpu_seconds(pid) for pid in running(mark)}
    for _ in range(int(patience.patience() / 0.05)):
        left = running(mark)
        if not left or any(cpu_seconds(pid) > before.get(pid, 0) + GOES_ON for pid in left):
            break
        time.sleep(0.05)
    return left


def cpu_seconds(pid):
    fields = patience.stat(Path(f"/proc/{pid}"))
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK") if fields else 0.0


def damage(results, before):
    """What is lost; None: nothing. fails: something is half-written."""
    after = snapshot(results)
    for path, data in before.items():
        if path.parts[0] in ("runs", "compare") and after.get(path) != data:
            return f"{path} is not what it was"
    for path in after:
        if path.parts[0] in ("runs", "latest", "baseline") and not path.name.startswith(TEMPORARY):
            (footprint_record if path.stem == "footprint" else record).read(results / path)
    return None


def one(rng, results, number):
    """Why a round failed, or None."""
    name, whom = rng.choice(list(COMMANDS)), rng.choice(("the script", "the script", "all", "QEMU"))
    mark, before = f"{MARK}={os.getpid()}.{number}".encode(), snapshot(results)
    process = start(name, results, mark)
    time.sleep(rng.uniform(0, COMMANDS[name][1]))  # clock: any moment will do
    try:
        kill(process, whom, mark)
    except ProcessLookupError:
        pass  # it was faster
    errors = patience.communicate(process)[1]
    left = left_running(mark)
    why = damage(results, before) or (f"still running: {left}" if left else None) or ("Traceback" in errors and errors) or None
    return why and f"{name}, {whom} killed: {why}"


def then(name, results):
    done = patience.run(command(name, results), cwd=ROOT, capture_output=True, encoding="utf-8")
    return done.stderr or f"code {done.returncode}" if done.returncode else None


def checks(seed):
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="baton-killed-") as directory:
        results = Path(directory) / "results"
        for place in ("latest", "baseline"):
            shutil.copytree(ROOT / "results/baseline", results / place)
        for number in range(ROUNDS):
            yield f"killed/{number} of seed {seed} loses nothing and leaves nothing running", why_not(one, rng, results, number)
        shutil.copytree(ROOT / "results/baseline", results / "latest", dirs_exist_ok=True)  # one commit's, which can be accepted
        for name in THEN:
            yield f"killed/then {name} works", then(name, results)
        print(f"# seed {seed}, {ROUNDS} kills, temporary files left for an hour: {len(list(results.rglob(f'{TEMPORARY}*')))}")


def _checks():
    return checks(int(os.environ.get("SEED", "1")))


if __name__ == "__main__":
    run_checks(__doc__, _checks)
