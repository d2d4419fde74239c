"""Builds systems as people do, and boots them until they have said what they must."""
import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from scripts.base import patience
from scripts.base.common import ROOT, BatonError, fatal
from scripts.machine import guest, qemu
from scripts.source.image import Image

LIMITS = guest.Limits(total=20.0, silence=5.0)
SDK = ROOT / "build" / "sdk"
SHARED = "BATON_OBJECTS"  # the variable that names a directory of ccache


class Enough(Exception):
    """All lines have come."""


@dataclass(frozen=True)
class Boot:
    lines: tuple        # of the console
    missing: str = ""   # the first pattern that no line had, or why the guest ended


@contextmanager
def shared_objects():
    """While the steps run, ccache has a directory for what systems are compiled from; in a run within another, that one's."""
    if SHARED in os.environ or not shutil.which("ccache"):
        yield
        return
    with tempfile.TemporaryDirectory(prefix="baton-objects-") as directory:
        os.environ[SHARED] = directory
        try:
            yield
        finally:
            del os.environ[SHARED]


def make(folder, *words):
    """By the Makefile that is there, as if nothing of this tree had been said. fails: BatonError, with the last line."""
    environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "CC", "BUILD")}
    if SHARED in environment:
        environment["CCACHE_DIR"] = environment[SHARED]
        environment["CC"] = "ccache gcc"  # make's own is cc; what a Makefile or a word says goes before
    done = patience.run(["make", "-s", "-C", str(folder), f"MICROKIT_SDK={SDK}", *words], env=environment,
                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")
    if done.returncode:
        raise BatonError(f"{folder.name} cannot be built: {done.stdout.strip().splitlines()[-1]}", f"make -C {folder}")


def build(folder, where, *words):
    """Makes a system's image in a folder; its console lines are in expected.txt. Returns the image."""
    make(folder, f"BUILD={where}", *words)
    return Path(where) / "loader.img"


def dying(where, who, life):
    """A word for build(): that component dies at every so many notifications of its life."""
    dies, include = Path(where) / "dies.o", SDK / "board/x86_64_generic/debug/include"
    patience.run(["gcc", "-c", "-O2", *fatal(), "-ffreestanding", "-mgeneral-regs-only", "-fno-pie", "-fno-stack-protector",
                  f"-DLIFE={life}", f'-DWHO="{who}"', f"-I{include}", f"-I{include}/libc", str(ROOT / "tests/files/dies.c"), "-o",
                  str(dies)], check=True)
    return f"EXTRA=--wrap=notified {dies}"


def microkit(description, where, *words, image="loader.img"):
    """The command by which the tool makes an image of a description, from programs in that folder; image and report come there."""
    return [sys.executable, str(SDK / "bin/microkit"), str(description), "--board", "x86_64_generic", "--config", "debug",
            "-o", f"{where}/{image}", "-r", f"{where}/report.txt", "--search-path", str(where), *words]


class Unwanted(Exception):
    """A line that must not come."""


class Expected:
    """Patterns, each for a line, in their order; other lines may stand between, but none that a pattern behind a ! has."""

    def __init__(self, patterns):
        self.left = [pattern for pattern in patterns if not pattern.startswith("!")]
        self.never = [pattern[1:] for pattern in patterns if pattern.startswith("!")]

    def line(self, text):
        if any(fnmatchcase(text, pattern) for pattern in self.never):
            raise Unwanted(text)
        if self.left and fnmatchcase(text, self.left[0]):
            self.left.pop(0)
            if not self.left:
                raise Enough


def boot(image, patterns, devices=(), cmdline="", limits=LIMITS, **more):
    """An image, with the kernel that lies beside it, until a line for each pattern has come, or the limits. more: of qemu.Machine."""
    kernel = Image(image.parent / "baton32.elf", (image,))
    return boot_machine(qemu.Machine("tcg", kernel, devices=tuple(devices), memory_mib=256, cmdline=cmdline, **more), patterns, limits)


def boot_machine(machine, patterns, limits=LIMITS):
    expected, lines = Expected(patterns), []

    def take(line):
        lines.append(line)
        expected.line(line)
    try:
        outcome = guest.run(machine, take, limits)
        why = f"the guest ended with {outcome.code}"
    except Enough:
        return Boot(tuple(lines))
    except Unwanted as error:
        return Boot(tuple(lines), f"the line '{error}' must not come")
    except guest.GuestError as error:
        why = str(error)
    return Boot(tuple(lines), f"no line '{expected.left[0]}': {why}" if expected.left else why)


def patterns_of(folder):
    return (folder / "expected.txt").read_text(encoding="utf-8").splitlines()
