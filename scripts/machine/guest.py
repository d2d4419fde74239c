"""A guest under QEMU: started, its console read line by line, and ended when it falls silent or does not end.

The limits are of the guest's own time, not of the clock on the wall: under tcg a second is 10^9 instructions (or as long
idle), elsewhere a second of a CPU that QEMU has used.
"""
import ctypes
import os
import selectors
import signal
import subprocess
import time
from dataclasses import dataclass

from scripts.base import patience
from scripts.base.common import ROOT, BatonError, end_group
from scripts.machine import qemu
from scripts.machine.guest_clock import GuestClock

PANIC_CODE = 127
TIMED_OUT, NOT_RUN = 124, 125
PANIC_LINES = 40  # of a panic's text, registers and stack included
PR_SET_PDEATHSIG = 1


class GuestError(BatonError):
    """The guest gave no exit code of its own. `console` has its lines, the last one perhaps cut short."""

    console = ()


@dataclass(frozen=True)
class Limits:
    """Seconds of the guest's own time: for the whole run, and without a byte on the console. `idle`: the limit of
    patience.Pulse."""

    total: float
    silence: float
    idle: float = None


COUNTED, UNCOUNTED = Limits(200.0, 60.0), Limits(1800.0, 300.0)


def limits_of(machine):
    return COUNTED if qemu.counts(machine) else UNCOUNTED


@dataclass(frozen=True)
class Outcome:
    code: int  # the guest's exit code
    lines: list  # its console


def die_with_parent():
    """What a child is to run first (preexec_fn): even when this script is killed by SIGKILL, no QEMU stays behind."""
    libc, parent = ctypes.CDLL(None), os.getpid()

    def first():
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it has been killed already, and nobody sends that signal
            os.kill(os.getpid(), signal.SIGKILL)
    return first


def start(machine, *more, stderr=subprocess.PIPE):
    """QEMU's process and its clock (None: it has none), with more words of its command line. pre: the caller ends its group."""
    program = qemu.find()
    arguments = qemu.command(machine)[1:]
    clock = GuestClock() if qemu.counts(machine) else None
    try:
        # A session of its own: Ctrl-C reaches this script only, which then ends the whole group.
        with open(machine.typed or os.devnull, "rb") as typed:
            process = subprocess.Popen([program, *arguments, *(clock.arguments() if clock else ()), *more], cwd=ROOT,
                                       stdin=typed, stdout=subprocess.PIPE, stderr=stderr, start_new_session=True,
                                       preexec_fn=die_with_parent(), pass_fds=(clock.theirs.fileno(),) if clock else ())
        return process, clock
    except OSError as error:
        raise GuestError(f"QEMU cannot be started: {error}", "scripts/setup.sh run", NOT_RUN) from error


def _kill(process):
    end_group(process)
    process.stdout.close()
    process.stderr.close()


def line_shown(raw):
    """What a terminal shows of a line: what comes after a carriage return takes the place of what was before."""
    return raw.decode("utf-8", "replace").rstrip("\r").rpartition("\r")[2]


def _last(lines):
    return f"its last line was: {lines[-1]}" if lines else "it printed nothing"


class Console:
    """Bytes in, whole lines out."""

    def __init__(self, on_line):
        self.lines, self.rest, self.on_line = [], b"", on_line

    def feed(self, data):
        *whole, self.rest = (self.rest + data).split(b"\n")
        for line in whole:
            self._line(line)

    def end(self):
        if self.rest:
            self._line(self.rest)
        self.rest = b""

    def seen(self):
        """The lines, with what has arrived of the next."""
        return self.lines + ([line_shown(self.rest)] if self.rest else [])

    def _line(self, raw):
        line = line_shown(raw)
        self.lines.append(line)
        if self.on_line:
            self.on_line(line)


class Watchdog:
    """Ends the waiting for a guest that goes on for ever, says nothing for ever, or stands still."""

    def __init__(self, limits, seen, pid, clock=None):
        """seen() gives the lines that it has printed."""
        self.limits, self.seen, self.clock = limits, seen, clock
        # A guest that idles comes to a short limit at once, and then works on for nothing until somebody looks.
        self.pulse = patience.Pulse(pid, limits.idle, every=min(limits.total, limits.silence) / 2)
        self.heard_at, self.looked, self.every = 0.0, time.monotonic(), self.pulse.every  # clock: paces looks

    def _now(self):
        return self.clock.seconds if self.clock else self.pulse.used()

    def heard(self):
        self.pulse.heard()
        self.heard_at = self._now()

    def look(self):
        """To be called at least each `every` seconds; it looks that often."""
        if time.monotonic() < self.looked + self.every:  # clock: paces looks
            return
        self.looked = time.monotonic()  # clock: paces looks
        if self.clock:
            self.clock.look()
        now, unit = self._now(), "* 10^9 instructions" if self.clock else "s of CPU time"
        if now > self.limits.total:
            self._fail(f"the guest did not end within {self.limits.total:g} {unit}")
        if now - self.heard_at > self.limits.silence:
            self._fail(f"the guest was silent for {self.limits.silence:g} {unit}")
        try:
            self.pulse.look()
        except patience.Hung as hung:
            self._fail(f"the guest stands still: {hung.what}")

    def _fail(self, what):
        raise GuestError(f"{what}; {_last(self.seen())}", code=TIMED_OUT)


def _pump(process, console, watchdog):
    """Moves the console until QEMU closes it; returns QEMU's own complaints."""
    complaints = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        selector.register(process.stderr, selectors.EVENT_READ)
        while selector.get_map():
            for key, _ in selector.select(watchdog.every):  # clock: until the next look
                data = os.read(key.fd, 65536)
                if not data:
                    selector.unregister(key.fileobj)
                elif key.fileobj is process.stdout:
                    watchdog.heard()
                    console.feed(data)
                else:
                    complaints = (complaints + data)[-65536:]
            watchdog.look()
    console.end()
    patience.wait(process)  # its output is closed, so it is about to end
    return complaints.decode("utf-8", "replace").splitlines()


def wait(process, watchdog):
    """Like process.wait(), for a guest whose console somebody else reads."""
    while True:
        try:
            return process.wait(watchdog.every)  # clock: until the next look
        except subprocess.TimeoutExpired:
            watchdog.look()


def panic_lines(lines):
    """The panic's text in a console, or an empty list."""
    first = next((i for i, line in enumerate(lines) if line.startswith("PANIC")), len(lines))
    return lines[first:first + PANIC_LINES]


def _judge(status, lines, complaints):
    """The guest's exit code from QEMU's status; GuestError when QEMU did not get it from the guest."""
    said = [c for c in complaints if c.strip() and "warning:" not in c]
    # QEMU's own failures end with status 1, as debug_exit(0) does; only they leave words on stderr.
    if status < 0 or (status == 1 and said) or (status % 2 == 0 and status != 0):
        how = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
        raise GuestError(f"QEMU {how}: {said[-1] if said else 'it said nothing'}", "check the QEMU installation",
                         NOT_RUN, said[:-1])
    if status == 0:
        raise GuestError(f"the machine shut down (a triple fault, or a reset); {_last(lines)}", code=NOT_RUN, details=said)
    if status >> 1 == PANIC_CODE:
        text = panic_lines(lines) or ["PANIC: (the kernel left no text)"]
        raise GuestError(f"the kernel panicked: {text[0]}", code=PANIC_CODE, details=text[1:])
    return status >> 1


def run(machine, on_line=None, limits=None, on_start=None, console=None):
    """Boots the machine and waits for its end. on_line(text) gets each console line as it comes (or `console`, a Console, what is
    printed), on_start(pid) QEMU's process.

    fails: GuestError. Whatever is raised, by on_line too, no QEMU is left running.
    """
    console = console or Console(on_line)
    process, clock = start(machine)
    try:
        if on_start:
            on_start(process.pid)
        complaints = _pump(process, console, Watchdog(limits or limits_of(machine), console.seen, process.pid, clock))
        return Outcome(_judge(process.returncode, console.lines, complaints), console.lines)
    except GuestError as error:
        error.console = console.seen()
        raise
    finally:
        _kill(process)
        if clock:
            clock.close()
