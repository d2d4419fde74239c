#!/usr/bin/env python3
"""A driver that lies (tests/services/drivers), in the system of kills_test.py: in place of the disk's, or of the interface's. It also
dies again and again. It harms those that the report names as its clients, and these only in what they are given: nobody but the liar dies,
and the other device's files or datagrams are right. When the real driver is back, and its client has begun anew, all is right again, and
what exists is what the tool's report says.

Prints "ok <name>" or "not ok <name>: why" for each; exit code 0 all passed, 1 something failed.
"""
import re
import tempfile
import xml.etree.ElementTree as ET
from functools import partial
from pathlib import Path

from scripts.base.common import ROOT, make_parser, run_main
from scripts.machine import qemu
from scripts.source.image import Image
from tests.sdk.systems import boot_machine, build
from tests.services.killed import lives_told, unlike_the_report
from tests.services.kills_test import LIMITS, VICTIMS, description
from tests.verdict import exit_code, why_not

HERE = ROOT / "tests/services/drivers"
LIARS = {"virtio_blk": "evil_disk.elf", "virtio_net": "evil_net.elf"}
KILLED = re.compile(r"client: killed child (\d+) (\d+) times")
COUNTS = re.compile(r"client: the liar (?:was asked|did well): (\d+)")
DEATHS, LEAST = 4, 50  # of the liar, and of what it is asked and does well, at least: else it lies to nobody
MAPS = """<pd><map mr="words" vaddr="0x12000000" perms="r" setvar_vaddr="words" /></pd>"""
TRUCE = """<pd><map mr="truce" vaddr="0x12001000" perms="{}" setvar_vaddr="truce" /></pd>"""


def with_a_liar(name, image):
    root = ET.fromstring(description())
    pds = {pd.get("name"): pd for pd in root.iter("protection_domain")}
    pds[name].find("program_image").set("path", image)
    pds[name].extend(ET.fromstring(TRUCE.format("r")))
    pds["suite"].find("program_image").set("path", "witness.elf")
    pds["suite"].extend([*ET.fromstring(MAPS), *ET.fromstring(TRUCE.format("rw"))])
    ET.SubElement(root, "memory_region", name="truce", size="0x1000")
    return ET.tostring(root, encoding="unicode")


def _said(pattern, lines):
    return [tuple(map(int, found.groups())) for found in map(pattern.fullmatch, lines) if found]


def _fails(where, liar):
    (where / "drivers.system").write_text(with_a_liar(liar, LIARS[liar]), encoding="utf-8")
    image = build(HERE, where, f"SYSTEM={where}/drivers")
    words = f"kills=0 victim={VICTIMS.index(liar)}"
    machine = qemu.Machine("tcg", Image(image.parent / "baton32.elf", (image,)), memory_mib=256, cmdline=words)
    done = boot_machine(machine, ["dumped"], LIMITS)
    said = [line for line in done.lines if line.startswith("client: ")]
    if done.missing:
        return f"{done.missing}: {done.lines[-5:]}"
    lives = lives_told(said)
    wanted = {VICTIMS[child]: 1 + times for child, times in _said(KILLED, said)}
    died = lives.pop(liar, 0) - wanted.pop(liar, 0)
    counts = [one for one, in _said(COUNTS, said)]
    if lives != wanted or died < DEATHS or len(counts) != 2 or min(counts) < LEAST or said[-1] != "client: wrong: 0":
        return f"it ends with {said[-18:]}"
    return unlike_the_report(image.parent, done.lines)


def _tests(where, options):
    (where / "measured.policy").write_text("* 1 0\n", encoding="utf-8")
    (where / "measured.settings").write_text("10.0.2.15 255.255.255.0 10.0.2.2\n", encoding="utf-8")
    for liar in options.liars:
        yield f"drivers/{liar} lies", why_not(partial(_fails, where, liar))


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("liars", nargs="*", default=LIARS)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="baton-test-") as where:
        return exit_code(_tests(Path(where), options))


if __name__ == "__main__":
    run_main(main)
