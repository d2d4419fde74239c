"""The one rule for waiting: no verdict depends on wall time, so none depends on how busy or slow a machine is.

A program is hung when for a long time it has printed nothing, and neither it nor any program that it started has used a
CPU or waited for one. What could go on for ever while it works is limited by its own work: a guest by its instructions
(guest.py, bochs.py), a proof by the solver's steps (tests/prove/questions.py), a run of emulated code, which takes microseconds,
by seconds of CPU time (tests/equiv).

tests/clocks.py finds every other clock in scripts/, tests/, makefiles and workflows, and the lint refuses it; a line that needs one,
because it measures, paces or only informs people, says so after "# clock:". BATON_PATIENCE=<seconds> is how long (default 300); only
what has stopped fails by it.
"""
import contextlib
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from scripts.base.common import BatonError, positive_number

PATIENCE = 300.0  # seconds
LOOK = 2.0  # seconds between two looks
TICKS_OF_WORK = 5  # of the CPU's clock, a twentieth of a second; a process that only polls uses less
RUNS = "R"  # the state of a thread that has a CPU or waits for one


class Hung(BatonError):
    """It has stopped going on, without having ended."""

    SAYS = "it hangs: for {:g} s it has printed nothing and used no CPU"


def patience():
    text = os.environ.get("BATON_PATIENCE")
    return positive_number(text, "BATON_PATIENCE") if text else PATIENCE


def stat(path):
    """The fields of a stat file after the name: state, parent, ...; None when the process has ended."""
    try:
        return path.joinpath("stat").read_text(errors="replace", encoding="utf-8").rpartition(")")[2].split()
    except (OSError, IndexError):
        return None


def family(pid):
    """pid -> fields of its stat file, for that process and all its descendants."""
    every = {int(p.name): stat(p) for p in Path("/proc").iterdir() if p.name.isdigit()}
    children = {}
    for child, fields in every.items():
        if fields:
            children.setdefault(int(fields[1]), []).append(child)
    found, waiting = {}, [pid]
    while waiting:
        one = waiting.pop()
        if every.get(one):
            found[one] = every[one]
            waiting += children.get(one, [])
    return found


def _runs(pid):
    """Has one of its threads a CPU, or waits for one?"""
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return False
    return any(fields[0] == RUNS for fields in map(stat, threads) if fields)


class Pulse:
    """Sees whether a process and its family go on. Waiting is counted in looks, not by a clock: a process that is kept from looking,
    by a busy machine or in a machine that sleeps, does not lose patience."""

    def __init__(self, pid, limit=None, every=LOOK):
        self.pid, self.limit = pid, limit or patience()
        self.every = min(every, LOOK, self.limit / 4)  # seconds to wait between two looks
        self._ticks, self._at_last_work, self._quiet = {}, 0, 0.0

    def heard(self):
        """It has printed something."""
        self._quiet = 0.0

    def used(self):
        """Seconds of a CPU that it and its family have used, as seen at the last look."""
        return sum(self._ticks.values()) / os.sysconf("SC_CLK_TCK")

    def _works(self):
        there = family(self.pid)
        for pid, fields in there.items():
            self._ticks[pid] = sum(map(int, fields[11:15]))  # its own and that of children that have ended
        used = sum(self._ticks.values())
        if used < self._at_last_work + TICKS_OF_WORK and not any(map(_runs, there)):
            return False
        self._at_last_work = used
        return True

    def look(self):
        """To be called when `every` seconds have passed. fails: Hung."""
        self._quiet = 0.0 if self._works() else self._quiet + self.every
        if self._quiet >= self.limit:
            raise Hung(Hung.SAYS.format(self.limit),
                       "see what it waits for; BATON_PATIENCE=<seconds> waits longer")


def end_family(process):
    """Kills a process and all its descendants."""
    for pid in family(process.pid) if process.poll() is None else ():
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    process.wait()


def communicate(process):
    """Like process.communicate(), without input. fails: Hung, with the lines that it printed; it is not ended."""
    pulse, heard = Pulse(process.pid), 0
    while True:
        try:
            return process.communicate(timeout=pulse.every)  # clock: until the next look
        except subprocess.TimeoutExpired as pause:
            said = (pause.output or b"") + (pause.stderr or b"")
            if len(said) != heard:
                heard = len(said)
                pulse.heard()
            try:
                pulse.look()
            except Hung as hung:
                hung.details = said.decode("utf-8", "replace").splitlines()
                raise


def wait(process):
    """Like process.wait(), for a process whose output goes elsewhere. fails: Hung."""
    pulse = Pulse(process.pid)
    while True:
        try:
            return process.wait(pulse.every)  # clock: until the next look
        except subprocess.TimeoutExpired:
            pulse.look()


def until(condition, process, pause=0.05):
    """Waits until condition() is true or the process has ended; returns what it gave last. fails: Hung, and what condition() raises."""
    pulse = Pulse(process.pid)
    while True:
        for _ in range(max(1, round(pulse.every / pause))):
            ended = process.poll() is not None
            value = condition()
            if value or ended:
                return value
            time.sleep(pause)
        pulse.look()


def run(command, check=False, data=None, capture_output=False, **options):
    """Like subprocess.run(); `data` is its input. fails: Hung, and what subprocess.run() raises; nothing is left running."""
    if capture_output:
        options.update(stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    # A file: communicate() gives what a pipe has no room for only until it is interrupted for a look.
    with tempfile.TemporaryFile() if data is not None else contextlib.nullcontext() as given:
        if data is not None:
            given.write(data if isinstance(data, bytes) else data.encode(options.get("encoding") or "utf-8"))
            given.seek(0)
            options["stdin"] = given
        with subprocess.Popen(command, **options) as process:
            try:
                out, errors = communicate(process)
            finally:
                end_family(process)
    if check and process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, out, errors)
    return subprocess.CompletedProcess(command, process.returncode, out, errors)
