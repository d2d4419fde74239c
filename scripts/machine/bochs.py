"""A second machine: Bochs, an interpreter whose processors have what QEMU's TCG lacks (PCID, INVPCID, faults of
IRETQ in ring 0, #GP for unknown MSRs), booting an ISO by GRUB.

No guest goes on for ever (tests/system/endless_test.py).

It is judged by what the guest says alone: Bochs has no exit code of its own (it ends with 1 when all is well) and no device
that gives it one, so a guest's success is the line that the kernel prints when it halts. Bochs's serial port takes as long for
a byte as a real one, which the kernel waits for: half of the work of a boot that says much. So the console is the debug port,
whose bytes Bochs writes among its own few lines, except where the serial port is wanted.
"""
import functools
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from scripts.base import patience
from scripts.base.common import BatonError, end_group
from scripts.machine.guest import NOT_RUN, PANIC_CODE, TIMED_OUT, Console, GuestError, Outcome, die_with_parent, panic_lines

BOCHS = "bochs"
BIOS = "/usr/share/bochs/BIOS-bochs-latest"
VGA_BIOS = "/usr/share/vgabios/vgabios.bin"
HALTED = "baton: halted"
INSTALL = "scripts/setup.sh bochs"
CONSOLE = "console"  # the file
POLL = 0.1  # seconds between two looks at the console's file
LOG_SHOWN = 5  # lines of Bochs's own, when it fails

# How far a guest may come: instructions, or as long idle; the whole conformance program comes to 2 * 10^9. What executes is stopped by
# the debugger, which counts in 32 bits. What sleeps executes nothing, and is stopped by what Bochs has for benchmarks; that does not
# stop what executes and lets no interrupt in.
LIMIT = 20 * 10**9
STEPS = 4 * 10**9
MEGA = 10**6
# Debian 12's Bochs 2.7 always starts in the debugger; 13's 3.0 only by this word, which the other one does not know.
IN_DEBUGGER = "-debugger"
AT = "Next at t="  # what it says where it stands, and how far that is
TIME, OWN = re.compile(rf"{AT}(\d+)$", re.M), re.compile(rf".*{AT}\d+$|\(0\)[ .]")
# A time that is always the same, only the needed devices; what Bochs itself finds wrong ends it. rfb shows the
# screen to nobody: of Debian's displays it is the one that needs neither X nor a terminal.
CONFIGURATION = """plugin_ctrl: unmapped=1, biosdev=1, speaker=0, extfpuirq=1, parallel=0, serial=1, iodebug=1
display_library: rfb, options="timeout=0"
romimage: file={bios}
vgaromimage: file={vga_bios}
cpu: model={model}, ips={speed}, ignore_bad_msrs=0
clock: sync=none, time0=1767225600
memory: guest={memory}, host={memory}
ata0-master: type=cdrom, path="{iso}", status=inserted
boot: cdrom
{console}
panic: action=fatal
error: action=report
info: action=ignore
log: "{log}"
"""
SERIAL = 'com1: enabled=1, mode=file, dev="{}"'
DEBUG_PORT = "com1: enabled=0\nport_e9_hack: enabled=1"  # writes to Bochs's stdout


@dataclass(frozen=True)
class Machine:
    iso: Path
    model: str
    memory_mib: int = 512
    speed: int = 80_000_000  # instructions in a second of its clocks
    serial: bool = False  # the console is the serial port


def find():
    """Path of Bochs, or an error that says how to get it and what it boots with."""
    path = shutil.which(BOCHS)
    if path is None:
        raise BatonError(f"{BOCHS} is not installed", INSTALL)
    for file in (BIOS, VGA_BIOS):
        if not Path(file).is_file():
            raise BatonError(f"{file} is missing, and Bochs boots with it", INSTALL)
    return path


@functools.cache
def _in_debugger(program):
    said = patience.run([program, "--help"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout
    return (IN_DEBUGGER,) if f"  {IN_DEBUGGER} ".encode("ascii") in said else ()


def command(limit):
    """Bochs in its debugger, of the directory that has the file bochsrc. It ends a guest that has slept until that limit."""
    program = find()
    return [program, "-q", *_in_debugger(program), "-benchmark", str(-(-limit // MEGA)), "-f", "bochsrc"]


def has_come(said):
    """How far, by what the debugger said last."""
    return int((TIME.findall(said) or "0")[-1])


def endless(limit, what="it goes on"):
    return GuestError(f"the guest did not end within {limit / 10**9:g} * 10^9 instructions, or as long idle; {what}", code=TIMED_OUT)


def configure(machine, directory):
    """Writes the file bochsrc there."""
    (directory / "bochsrc").write_text(CONFIGURATION.format(
        bios=BIOS, vga_bios=VGA_BIOS, model=machine.model, speed=machine.speed, memory=machine.memory_mib, iso=machine.iso,
        console=SERIAL.format(directory / CONSOLE) if machine.serial else DEBUG_PORT, log=directory / "log"), encoding="utf-8")


def _start(machine, directory, limit):
    words = [*command(limit), "-rc", "debugger"]
    parts = [min(STEPS, limit - first) for first in range(0, limit, STEPS)]
    (directory / "debugger").write_text("".join(f"s {part}\n" for part in parts) + "q\n", encoding="ascii")
    configure(machine, directory)
    try:
        with open(directory / _stdout(machine), "wb") as stdout:
            # A session of its own: Ctrl-C reaches this script only, which then ends it.
            return subprocess.Popen(words, cwd=directory, stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.DEVNULL,
                                    start_new_session=True, preexec_fn=die_with_parent())
    except OSError as error:
        raise GuestError(f"Bochs cannot be started: {error}", INSTALL, NOT_RUN) from error


def _stdout(machine):
    return "stdout" if machine.serial else CONSOLE


def _has_halted(console):
    return any(line.startswith(HALTED) for line in console.lines)


def _pump(process, path, console):
    """Reads the console's file as it grows, until the guest has halted or Bochs has ended."""
    if not patience.until(path.exists, process, POLL):
        return
    with path.open("rb") as file:
        def has_halted():
            console.feed(file.read())
            return _has_halted(console)
        patience.until(has_halted, process, POLL)
        has_halted()  # what came between the last look and its end
    console.end()


def _judge(lines, directory, machine, limit):
    panic = panic_lines(lines)
    if panic:
        raise GuestError(f"the kernel panicked: {panic[0]}", code=PANIC_CODE, details=panic[1:])
    if any(line.startswith(HALTED) for line in lines):
        return
    last = f"its last line was: {next((line for line in reversed(lines) if not OWN.match(line)), '(nothing)')}"
    if has_come((directory / _stdout(machine)).read_text(encoding="utf-8", errors="replace").replace("\r", "")) >= limit:
        raise endless(limit, last)
    log = directory / "log"
    said = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
    why = [line for line in said if "PANIC" in line or "exception" in line] or said
    raise GuestError(f"Bochs ended before the guest did (a triple fault, or its own failure); {last}", code=NOT_RUN,
                     details=why[-LOG_SHOWN:])


def _seen(error, console):
    error.console = console.seen()
    return error


def run(machine, on_line=None, limit=LIMIT):
    """Boots the machine and waits until it halts, or has come that far. The code is 0: whether it succeeded, only its lines can tell.

    fails: GuestError. Whatever is raised, no Bochs is left running and no file.
    """
    console = Console(on_line)
    with tempfile.TemporaryDirectory(prefix="baton-bochs-") as name:
        directory = Path(name)
        process = _start(machine, directory, limit)
        try:
            _pump(process, directory / CONSOLE, console)
            _judge(console.lines, directory, machine, limit)
            return Outcome(0, console.lines)
        except patience.Hung as hung:
            raise _seen(GuestError(f"Bochs was started, and {hung.what}", hung.do, NOT_RUN), console) from hung
        except GuestError as error:
            raise _seen(error, console)
        finally:
            end_group(process)
