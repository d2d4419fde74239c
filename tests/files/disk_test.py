#!/usr/bin/env python3
"""user/systems/files.system, with a disk: what mtools wrote a client in ring 3 reads, and what that wrote mtools reads; fsck.fat has no
complaint. Then the same with a driver that dies again and again; one that does nothing else stays dead.

Prints "ok <name>" or "not ok <name>: why" for each; exit code 0 all passed, 1 something failed.
"""
import tempfile
from functools import partial
from pathlib import Path

from scripts.base.common import ROOT
from scripts.machine import guest, qemu
from scripts.source.image import Image
from tests.files.images import Kind, complaints, make, run
from tests.sdk.systems import boot_machine, build, dying, patterns_of
from tests.verdict import run_checks, why_not

HERE = ROOT / "tests/files"
KINDS = (Kind("fat16", 8192, ("-F", "16", "-s", "2")), Kind("fat32", 34000, ("-F", "32", "-s", "1")))
# The guest's time runs fast while it idles, and it does until the host has read or written.
LIMITS = guest.Limits(total=4000.0, silence=2000.0)
LIFE = 60  # notifications of a driver's life
DEATHS = 2  # that the test must see, at least
LONG = bytes((i * 7 + (i >> 8)) % 256 for i in range(100000))
TEXT = "written in ring 3\n"


def _disk(kind, where):
    image, text = make(kind, where), where / "text"
    text.write_text("written by mtools\n", encoding="utf-8")
    run("mcopy", "-i", image, text, "::from the host.txt")
    return image


def _boot(kind, where, words=(), wanted=None):
    """Runs the system until it has said all that it must; the image of the disk, and what it printed."""
    image = build(ROOT / "user/systems", where, "SYSTEM=files", *words)
    disk = _disk(kind, where)
    kernel = Image(image.parent / "baton32.elf", (image,))
    done = boot_machine(qemu.Machine("tcg", kernel, memory_mib=256, board="q35", disk=disk), wanted or patterns_of(HERE), LIMITS)
    if done.missing:
        print(*done.lines, sep="\n")
        raise ValueError(done.missing)
    return disk, done.lines


def _read_back(disk, where):
    found = complaints(disk)
    if found:
        return f"fsck.fat: {found[0]}"
    listed = run("mdir", "-/", "-b", "-i", disk).stdout.split("\n")
    wanted = ["::/from the host.txt", "::/from Baton/", "::/from Baton/A name of many letters.txt", "::/long one.bin"]
    if sorted(filter(None, listed)) != sorted(wanted):
        return f"mdir lists {listed}"
    run("mcopy", "-n", "-i", disk, "::long one.bin", where / "long")
    if (where / "long").read_bytes() != LONG:
        return "mcopy reads another long file"
    said = run("mtype", "-i", disk, "::from Baton/A name of many letters.txt").stdout
    return None if said == TEXT else f"mtype reads '{said}'"


def _reads_and_writes(kind):
    with tempfile.TemporaryDirectory(prefix="baton-test-") as directory:
        where = Path(directory)
        disk, _ = _boot(kind, where)
        return _read_back(disk, where)


def _driver_dies():
    """Its device is taken off the bus, it begins anew, and nobody notices more than that."""
    with tempfile.TemporaryDirectory(prefix="baton-test-") as directory:
        where = Path(directory)
        disk, lines = _boot(KINDS[0], where, (dying(where, "virtio_blk", LIFE),))
        deaths = sum("the driver has died" in line for line in lines)
        return _read_back(disk, where) or (None if deaths >= DEATHS else f"the driver died {deaths} times only")


def _driver_crashes():
    """It is not started again for ever."""
    with tempfile.TemporaryDirectory(prefix="baton-test-") as directory:
        where = Path(directory)
        _boot(KINDS[0], where, (dying(where, "virtio_blk", 1),), ["pci: it has died too often, and stays dead"])


def _checks():
    tests = [*((kind.name, partial(_reads_and_writes, kind)) for kind in KINDS), ("driver dies", _driver_dies),
             ("driver crashes", _driver_crashes)]
    return ((f"disk/{name}", why_not(test)) for name, test in tests)


if __name__ == "__main__":
    run_checks(__doc__, _checks)
