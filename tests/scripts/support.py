"""What the tests of the host scripts share: a QEMU that replays a console, made-up records, and a workspace."""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import zlib
from pathlib import Path

from scripts.base import patience
from scripts.base.common import ROOT
from scripts.records import footprint_record, record
from tests.scripts import forked

# Runs on.sh or off.sh, after the boot that is asked for; the tests write those. $PIDS is a file that gets its id.
FAKE_QEMU = """#!/bin/sh
case "$*" in
--version) echo "QEMU emulator version 7.2.22 (replayed)"; exit 0 ;;
esac
here=${0%/*}
echo $$ >> "$here/pids"
echo "$*" >> "$here/calls"
case "$*" in
*fastpath=off*) . "$here/off.sh" ;;
*) . "$here/on.sh" ;;
esac
"""
OF_PYTHON = ("PYTHON", "LC_", "LANG")  # variables that it looks at when it starts
SUCCESS = 1  # QEMU's exit status after debug_exit(0)


def status_of(code):
    """QEMU's exit status after debug_exit(code)."""
    return (2 * code + 1) & 255


def event(**fields):
    return "#baton " + json.dumps(fields)


def summed(line):
    """An event as the guest prints it: its checksum is its last field."""
    body = line[len("#baton "):-1]
    return f'#baton {body},"sum":"{zlib.crc32(body.encode()):08x}"}}'


def result(benchmark, median=50, **more):
    numbers = dict(n=10, min=median, q1=median, median=median, q3=median, p99=median + 1, max=median + 700,
                   mean=median + 0.5, stddev=1.25, overhead=6)
    return event(event="result", id=benchmark, **{**numbers, **more})


def console(fastpath, medians, refused=()):
    """The whole console of one boot that measures these."""
    count = len(medians) + len(refused)
    lines = ["baton: a line for people", event(event="boot", fastpath=fastpath, trace="off", tsc_hz=10**9),
             event(event="plan", count=count)]
    for i, (benchmark, median) in enumerate(medians.items()):
        lines += [event(event="start", id=benchmark, index=i, count=count), result(benchmark, median)]
    for i, benchmark in enumerate(refused, len(medians)):
        lines += [event(event="start", id=benchmark, index=i, count=count),
                  event(event="refused", id=benchmark, why="the overhead is unstable")]
    return lines + [event(event="done")]


ON = {"syscall.null": 54, "cap.lookup/1": 22, "ipc.call/same/fast/0w": 100, "ipc.call/cross/fast/0w": 125}
OFF = {"ipc.call/same/slow/0w": 250, "ipc.call/cross/slow/0w": 300}


def make_record(medians=None, backend="tcg", number=0, **changes):
    """A whole record, as bench.py makes it."""
    unit = record.UNITS[backend]
    numbers = [json.loads(result(i, m)[len("#baton "):]) for i, m in (medians or {**ON, **OFF}).items()]
    benchmarks = [{"id": b["id"], "unit": unit, **{k: v for k, v in b.items() if k != "event"}} for b in numbers]
    host = dict.fromkeys(record.HOST_TEXTS, "made up")
    return {"schema": record.SCHEMA, "commit": f"{number:04x}" * 10, "dirty": False, "image_sha256": "0" * 64,
            "date": f"2026-01-01T00:{number:02}:00Z", "backend": backend, "unit": unit, "host": host,
            "options": {"only": "*", "samples": 10, "raw": False}, "refused": [], "benchmarks": benchmarks, **changes}


NASM_PATHS = {"syscall.null": 8, "ipc.call/cross/fast": 35}
C_PATHS = {"ipc.call/cross/slow": 194}


def make_path(name, instructions, **changes):
    code = "nasm" if name in NASM_PATHS else "c"
    return {"id": name, "code": code, "exit": "sysret", **dict.fromkeys(footprint_record.FIGURES, 4),
            "instructions": instructions, **changes}


def make_footprint(number=0, host=None, **changes):
    """A whole footprint; `changes` are figures by path: {"ipc.call/cross/fast": {"stores": 6}}."""
    paths = [{**make_path(name, n), **changes.pop(name, {})} for name, n in {**NASM_PATHS, **C_PATHS}.items()]
    made_up = dict.fromkeys(footprint_record.HOST_TEXTS, "made up")
    return {"schema": footprint_record.SCHEMA, "commit": f"{number:04x}" * 10, "dirty": False,
            "image_sha256": "0" * 64, "date": f"2026-01-01T00:{number:02}:00Z", "host": {**made_up, **(host or {})},
            "paths": paths, **changes}


def save_footprint(results, footprint):
    footprint_record.check(footprint)
    record.replace_file(footprint_record.latest_path(results), footprint_record.dump(footprint))


class Workspace(unittest.TestCase):
    """A directory with a build, results, and a bin that comes first in PATH."""

    def setUp(self):
        self.dir = Path(tempfile.mkdtemp(prefix="baton-test-"))
        self.addCleanup(shutil.rmtree, self.dir)
        self.bin, self.build, self.results = self.dir / "bin", self.dir / "build", self.dir / "results"
        self.bin.mkdir()
        (self.build / "user").mkdir(parents=True)
        for name in ("baton32.elf", "baton.elf", "user/root.elf", "user/bench.elf"):
            (self.build / name).write_text(name, encoding="utf-8")

    # ---- fakes

    def program(self, name, text):
        path = self.bin / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)
        return path

    def fake_qemu(self, on="exit 1", off="exit 1"):
        """QEMU whose boots are shell code."""
        self.program("qemu-system-x86_64", FAKE_QEMU)
        (self.bin / "on.sh").write_text(on + "\n", encoding="utf-8")
        (self.bin / "off.sh").write_text(off + "\n", encoding="utf-8")

    def replay(self, lines, status=SUCCESS, end="\n"):
        """Shell code that prints a console and ends with a status."""
        fd, path = tempfile.mkstemp(dir=self.dir)
        os.write(fd, ("\n".join(lines) + end).encode())
        os.close(fd)
        return f"cat {path}; exit {status}"

    def fake_measurement(self, on=None, off=None):
        self.fake_qemu(self.replay(console("on", ON if on is None else on)),
                       self.replay(console("off", OFF if off is None else off)))

    def calls(self):
        """The command lines that the fake QEMU was given."""
        return (self.bin / "calls").read_text(encoding="utf-8").splitlines()

    # ---- running

    def command(self, script, *arguments):
        """`script`: a module of scripts/, such as verbs.bench, or a file there that ends in .sh."""
        start = [str(ROOT / "scripts" / script)] if script.endswith(".sh") else [sys.executable, "-m", f"scripts.{script}"]
        return [*start, *map(str, arguments)]

    def environment(self, env, path=None):
        clean = {k: v for k, v in os.environ.items()
                 if k not in ("BACKEND", "ONLY", "SAMPLES", "RAW", "COLD", "PMU", "FORMAT", "BATON_PATIENCE")}
        clean["PATH"] = path if path is not None else f"{self.bin}:{os.environ['PATH']}"
        return {**clean, **env}

    def run_script(self, script, *arguments, path=None, **env):
        if not script.endswith(".sh") and not any(name.startswith(OF_PYTHON) for name in env):
            return forked.run(f"scripts.{script}", [*map(str, arguments)], self.environment(env, path))
        return patience.run(self.command(script, *arguments), env=self.environment(env, path), encoding="utf-8",
                            stdin=subprocess.DEVNULL, capture_output=True)

    def start_script(self, script, *arguments, **env):
        # Where the tests run in the background of a shell, SIGINT is ignored, and children inherit that.
        process = subprocess.Popen(self.command(script, *arguments), env=self.environment(env), encoding="utf-8",
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        self.addCleanup(self._reap, process)
        return process

    def _reap(self, process):
        process.kill()
        process.communicate()

    def bench(self, *arguments, **env):
        return self.run_script("verbs.bench", "--build", self.build, "--results", self.results, "--no-charts", *arguments,
                               **{"BACKEND": "tcg", **env})

    # ---- judging

    def assert_error(self, done, code, *parts):
        """It failed with that code and one error line with all of these parts, and no Python traceback."""
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertNotIn("Traceback", done.stderr)
        errors = [line for line in done.stderr.splitlines() if line.startswith("baton: ")]
        self.assertEqual(len(errors), 1, done.stderr)
        self.assertEqual(done.stderr.splitlines()[-1], errors[0])
        for part in parts:
            self.assertIn(part, errors[0])

    def seed_results(self):
        """An earlier record, in place; returns what the results directory holds now."""
        record.save(self.results, make_record({"syscall.null": 999}))
        return self.snapshot()

    def snapshot(self):
        return {str(p.relative_to(self.results)): p.read_bytes() for p in self.results.rglob("*") if p.is_file()}

    def wait_for(self, condition, pause=0.02):
        """For as long as one has patience, counted in looks: a process that is kept from looking waits longer."""
        for _ in range(int(patience.patience() / pause)):
            if condition():
                return
            time.sleep(pause)
        self.fail("it never comes to that")

    def assert_nothing_left(self):
        """Every process that has written its id to bin/pids has ended; each fake QEMU writes its own there."""
        for pid in (self.bin / "pids").read_text(encoding="utf-8").split():
            self.wait_for(lambda pid=pid: not _is_running(int(pid)))


def _is_running(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


INTERRUPTS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGKILL: -signal.SIGKILL}
