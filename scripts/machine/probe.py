"""Says whether KVM can be used here, by running a small guest in it; exit code 0 when it can, 1 when not.

A /dev/kvm that opens is not a KVM that works, so the guest (probe.asm) makes a thousand round
trips to ring 3, uses a port, and runs a long loop; a guest that uses too much CPU time, or stands still for too long, counts as broken.
"""
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from scripts.base.common import BatonError, fatal, make_parser, positive_number, run_main
from scripts.machine import qemu
from scripts.machine.guest import TIMED_OUT, GuestError, Limits, run
from scripts.source.image import Image

SOURCE = Path(__file__).with_name("probe.asm")
MAGIC = 42  # as in probe.asm
LIMIT = 10.0  # seconds of CPU time of one attempt, or of standing still
# Some hosts offer a feature register that cannot be set: QEMU aborts at the start, unless it is left out.
CPUS = {"kvm": ("host", "host,-arch-capabilities"), "tcg": (None,)}
# Letter that the guest prints after a step, and what it does next.
NEXT_STEP = {"": "starting", "B": "entering long mode", "L": "1000 SYSCALL/SYSRET round trips to ring 3",
             "S": "port input and output", "P": "a ring-0 loop of 20 million rounds", "T": "ending"}


@dataclass(frozen=True)
class Verdict:
    usable: bool
    why: str  # one line
    cpu: str = None  # QEMU's CPU model that works


def build_probe(directory):
    """Assembles the guest; returns its path."""
    target = Path(directory) / "probe.bin"
    try:
        subprocess.run(["nasm", "-w+all", "-w-unknown-warning", "-w-reloc", *fatal(), "-f", "bin", "-o", str(target), str(SOURCE)],
                       check=True, capture_output=True, encoding="utf-8")
    except FileNotFoundError as error:
        raise BatonError("nasm is not installed", "scripts/setup.sh build") from error
    except subprocess.CalledProcessError as error:
        raise BatonError(f"cannot assemble the probe guest: {error.stderr.strip()}") from error
    return target


def _run_guest(machine, limit):
    """Its exit code; GuestError when it has none. Under KVM a guest that hangs may use no CPU at all, so little patience is right."""
    return run(machine, limits=Limits(limit, limit, idle=limit)).code


def _describe(error, cpu):
    """What failed, and in which step."""
    step = NEXT_STEP.get("".join(error.console)[-1:], "an unknown step")
    tried = f"with -cpu {cpu}, " if cpu else ""
    if error.code == TIMED_OUT:
        return f"{tried}the probe guest hangs or crawls in: {step}"
    return f"{tried}the probe guest fails in: {step} ({error.what.split(';')[0]})"


def _no_device():
    """Why /dev/kvm cannot even be opened, or None."""
    if not os.path.exists("/dev/kvm"):
        return "there is no /dev/kvm"
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "/dev/kvm is there but this user may not open it (add the user to the group kvm)"
    return None


def _attempts(backend, image, limit, tell):
    tried = []
    for cpu in CPUS[backend]:
        tell(f"a probe guest tries {backend}{f' with -cpu {cpu}' if cpu else ''}: {limit:g} s of a CPU at most")
        try:
            code = _run_guest(qemu.Machine(backend, image, cpu=cpu), limit)
            if code == MAGIC:
                return Verdict(True, "the probe guest did all its steps" + (f" with -cpu {cpu}" if cpu else ""), cpu)
            tried.append(f"the probe guest found a wrong result (exit code {code})")
        except GuestError as error:
            tried.append(_describe(error, cpu))
    return Verdict(False, "; ".join(tried))


def probe(backend="kvm", limit=LIMIT, tell=lambda text: None):
    """Runs the guest under the backend, each attempt for `limit` seconds of its own time, or of standing still. tell: what it does."""
    qemu.find()
    why = _no_device() if backend == "kvm" else None
    if why:
        return Verdict(False, why)
    with tempfile.TemporaryDirectory(prefix="baton-probe-") as directory:
        try:
            image = Image(build_probe(directory))
        except BatonError as error:  # who can do without this backend goes on
            return Verdict(False, error.what)
        return _attempts(backend, image, limit, tell)


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("--backend", choices=qemu.BACKENDS, default="kvm", help="default: kvm")
    parser.add_argument("--limit", default=str(LIMIT), metavar="SECONDS", help=f"default {LIMIT:g}")
    options = parser.parse_args(arguments)
    verdict = probe(options.backend, positive_number(options.limit, "--limit"))
    print(f"{options.backend}: {'usable' if verdict.usable else 'not usable'}: {verdict.why}")
    return 0 if verdict.usable else 1


if __name__ == "__main__":
    run_main(main)
