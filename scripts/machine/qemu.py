"""QEMU's command line for a Baton guest.

Under tcg everything that a guest can see is fixed: one instruction is one tick of the time-stamp counter
(icount), the clock starts at one date and runs on virtual time, and random numbers have one seed. Two runs
of one image then execute the same instructions, timer interrupts included.
"""
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from scripts.base import patience
from scripts.base.common import BatonError
from scripts.source.image import Image, boot_path, module_name

QEMU = "qemu-system-x86_64"
BACKENDS = ("tcg", "kvm")
UEFI = "/usr/share/ovmf/OVMF.fd"
EXIT_PORT = "isa-debug-exit,iobase=0xf4,iosize=1"


@dataclass(frozen=True)
class Machine:
    """What to boot (an image or an ISO) and on what."""

    backend: str = "tcg"
    image: Image = None
    iso: Path = None
    initrd: Path = None  # the kernel is a Linux, and this its first disk
    cmdline: str = ""
    cpu: str = None
    memory_mib: int = 512
    devices: tuple = ()  # of PCI, besides what every PC has
    disk: Path = None  # a virtio disk with the contents of that file, which the guest may change
    network: str = ""  # a virtio interface, and what is behind it: what -netdev says without the id
    capture: Path = None  # a file for all that goes over its wire, as tcpdump writes it
    board: str = ""  # another than QEMU's default, or options of it
    exit_port: bool = True  # False: the guest halts at the end, as a PC does
    stick: bool = False  # the ISO is a USB stick, not a disc
    uefi: bool = False  # it boots by UEFI; not repeatable
    serial: bool = False  # the console that is read is the serial port, which a driver in ring 3 may have
    typed: Path = None  # a file with what is typed there
    port: bool = False  # there is a serial port that leads nowhere: for a driver, or to be looked for


def counts(machine):
    """Does its clock count its instructions?"""
    return machine.backend == "tcg" and not machine.uefi


def _accelerator(machine):
    if machine.backend == "kvm":
        # With the host's own cache sizes: by them bench/evict.c knows how much to evict.
        cpu = machine.cpu or "host"
        cpu = f"{cpu},host-cache-info=on" if cpu.split(",")[0] == "host" else cpu
        # Threads get names, by which scripts/machine/quiet.py finds the virtual CPU's.
        return ["-accel", "kvm", "-cpu", cpu, "-name", "baton,debug-threads=on"]
    if not counts(machine):  # UEFI polls the clock for so long that counting the instructions takes minutes
        return ["-accel", "tcg", "-cpu", machine.cpu or "max"]
    return ["-accel", "tcg", "-icount", "shift=0,sleep=off", "-cpu", machine.cpu or "max,-rdrand",
            "-rtc", "base=2026-01-01T00:00:00,clock=vm", "-seed", "1"]


def _quoted(path):
    """For a list of options, where a comma ends a value and two are one."""
    return str(path).replace(",", ",,")


def _boot(machine):
    """What boots, and which of the two consoles is read.

    The kernel writes each byte to the serial port and to port 0xE9. The latter has no status to poll, so
    that a slow reader here cannot make the guest run other instructions; but GRUB knows only the former.
    """
    if machine.iso:
        firmware = ["-bios", UEFI] if machine.uefi else []
        medium = ["-drive", f"if=none,id=stick,format=raw,readonly=on,file={_quoted(machine.iso)}", "-device", "qemu-xhci", "-device",
                  "usb-storage,drive=stick,bootindex=0"] if machine.stick else ["-cdrom", str(machine.iso), "-boot", "d"]
        return ["-serial", "chardev:console", *firmware, *medium]
    console = ["-serial", "chardev:console"] if machine.serial else ["-device", "isa-debugcon,iobase=0xe9,chardev=console"]
    console += ["-chardev", "null,id=nowhere", "-serial", "chardev:nowhere"] if machine.port else []
    arguments = [*console, "-kernel", boot_path(machine.image.kernel)]
    if machine.image.modules:
        modules = [f"{boot_path(m)} {module_name(m)}" for m in machine.image.modules]
        arguments += ["-initrd", ",".join(modules)]
    if machine.initrd:
        arguments += ["-initrd", str(machine.initrd)]
    if machine.cmdline:
        arguments += ["-append", machine.cmdline]
    return arguments


def _disk(machine):
    if not machine.disk:
        return []
    # unsafe: a flush waits for no disk of the host's; while the guest waits, its own time runs.
    return ["-drive", f"if=none,id=disk,format=raw,cache=unsafe,file={_quoted(machine.disk)}",
            "-device", "virtio-blk-pci,drive=disk,disable-legacy=on"]


def _network(machine):
    if not machine.network:
        return []
    capture = ["-object", f"filter-dump,id=capture,netdev=net,file={_quoted(machine.capture)}"] if machine.capture else []
    return ["-netdev", f"{machine.network},id=net", *capture, "-device", "virtio-net-pci,netdev=net,disable-legacy=on,rombar=0"]


def command(machine):
    if machine.image:
        machine.image.check()
    elif not Path(machine.iso).is_file():
        raise BatonError(f"{machine.iso} is missing", "make iso")
    if machine.uefi and not Path(UEFI).is_file():
        raise BatonError(f"{UEFI} is missing", "scripts/setup.sh test")
    return [QEMU, *_accelerator(machine), "-m", str(machine.memory_mib), "-nodefaults", "-display", "none",
            "-no-reboot", *(["-machine", machine.board] if machine.board else []),
            *(["-device", EXIT_PORT] if machine.exit_port else []),
            *(word for d in machine.devices for word in ("-device", d)), *_disk(machine), *_network(machine),
            "-chardev", "stdio,id=console,signal=off", *_boot(machine)]


def find():
    """Path of QEMU, or an error that says how to get it."""
    path = shutil.which(QEMU)
    if path is None:
        raise BatonError(f"{QEMU} is not installed", "scripts/setup.sh run")
    return path


def version():
    """Such as "7.2.22", or "unknown"."""
    try:
        out = patience.run([QEMU, "--version"], capture_output=True, encoding="utf-8", check=True).stdout
        return out.split("version", 1)[1].split()[0]
    except (OSError, subprocess.SubprocessError, IndexError):
        return "unknown"
