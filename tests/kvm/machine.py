"""The outer machine: a PC with AMD's SVM, emulated by TCG, in which Linux's kvm_amd works as on hardware."""
import os
import selectors
import subprocess
import time
from dataclasses import dataclass, field

from scripts.base import patience
from scripts.base.common import BatonError, end_group
from scripts.machine import qemu
from scripts.machine.guest import die_with_parent

LINES_SHOWN = 40  # of the console, when the machine fails as a whole
# One instruction is one nanosecond here, so the machine, its clocks and time-outs included, does the same each
# time, however busy the host; the time-stamp counter of the guest in it counts instructions.
COUNTED = ("-icount", "shift=0,sleep=off", "-rtc", "base=2026-01-01T00:00:00,clock=vm", "-seed", "1")
CPU = "max,svm=on,-rdrand"
MEMORY_MIB = 2048
# A Linux that panics resets, and -no-reboot makes that the end.
LINUX = "console=ttyS0 quiet panic=-1 tsc=reliable mitigations=off"


@dataclass
class Step:
    """What one command said, and its exit code (None: it never ended)."""

    code: int = None
    lines: list = field(default_factory=list)
    seconds: float = 0.0


def command(parts, initramfs, counted=True):
    return [qemu.find(), "-accel", "tcg", *(COUNTED if counted else ()), "-cpu", CPU, "-smp", "1",
            "-m", str(MEMORY_MIB), "-nodefaults", "-display", "none", "-no-reboot", "-serial", "stdio",
            "-kernel", str(parts.kernel), "-initrd", str(initramfs), "-append", LINUX]


class Console:
    """Cuts the console into the steps that /init announces; `again` has what was begun anew, as (name, step)."""

    def __init__(self, on_line):
        self.steps, self.again, self.lines = {}, [], []
        self._rest, self._on_line, self._current, self._start = b"", on_line, None, time.monotonic()  # clock: told

    def feed(self, data):
        *whole, self._rest = (self._rest + data).split(b"\n")
        for raw in whole:
            self._line(raw.decode("utf-8", "replace").rstrip("\r"))

    def _line(self, line):
        self.lines.append(line)
        self._on_line(line)
        words = line.split()
        if words[:1] == ["@begin"]:
            self._start = time.monotonic()  # clock: told
            if words[1] in self.steps:
                self.again.append((words[1], self.steps[words[1]]))
            self._current = self.steps[words[1]] = Step()
        elif words[:1] == ["@code"]:
            self.steps[words[1]].code = int(words[2])
            self.steps[words[1]].seconds = time.monotonic() - self._start  # clock: told
            self._current = None
        elif self._current:
            self._current.lines.append(line)

    def last(self):
        return self.lines[-1].strip() if self.lines else "(nothing)"


def _read(process, console):
    pulse = patience.Pulse(process.pid)
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            if not selector.select(pulse.every):  # clock: until the next look
                pulse.look()
            else:
                pulse.heard()
                data = os.read(process.stdout.fileno(), 65536)
                if not data:
                    return
                console.feed(data)


def boot(arguments, on_line):
    """Runs the machine to its end; returns its console. No QEMU stays behind, whatever is raised."""
    console = Console(on_line)
    # A session of its own: Ctrl-C reaches this script only, which then ends the whole group.
    process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               start_new_session=True, preexec_fn=die_with_parent())
    try:
        _read(process, console)
        status = patience.wait(process)
    finally:
        end_group(process)
        process.stdout.close()
    if status != 0:
        raise BatonError(f"QEMU ended with status {status}; the last line was: {console.last()}",
                         "python3 -m tests.kvm.run --verbose", details=console.lines[-LINES_SHOWN:])
    return console
