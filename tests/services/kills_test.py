#!/usr/bin/env python3
"""Drivers, file system, network stack and timer are killed at random moments while a client works with them (tests/services/kills): each
alone, KILLS times. The system is that in which the suite measures the network (bench/systems), whose devices are memory, so that
the moments depend on the seed only: one instruction is one tick of the clock, and nothing comes from outside. No number that was
safe is lost, each datagram comes back in the end, and what exists at the end is what the tool's report says. Then the same beside a client
of the network that lies (tests/services/kills/evil.c): nobody dies but the one that is killed.

The web server, too, which the client asks for a page until it comes whole. At last pci, with drivers below it that die of themselves: the
devices are on a bus in memory (tests/services/kills/bus.h), and do something only while they may master it.

Other services are killed in other systems: serial and log in that of restart_test.py, ramfs, proc and shell in sessions at the prompt
(shell_test.py; only there it depends on the host, too, what is typed when), those with a screen in tests/windows/kills_test.py; they
run only if they are named.

Prints "ok <name>" or "not ok <name>: why" for each; exit code 0 all passed, 1 something failed.
"""
import re
import tempfile
import xml.etree.ElementTree as ET
from functools import partial
from pathlib import Path

from scripts.base.common import ROOT, make_parser, run_main
from scripts.machine import guest, qemu
from scripts.source.image import Image
from tests.sdk.systems import boot_machine, build
from tests.services import restart_test, shell_test
from tests.services.killed import lives_told, unlike_itself, unlike_the_report
from tests.verdict import exit_code, why_not
from tests.windows import kills_test as windows

HERE = ROOT / "tests/services/kills"
NET = ROOT / "bench/systems/net.system"
VICTIMS = ("timer", "fat", "blk", "virtio_blk", "net", "virtio_net", "echo")
# Ticks, at most, from a kill to the next, and its halves (killer.c): FAT has its disk again after 390 000, and a datagram comes back
# through a stack that began anew after 1 800 000. So the client has done at least so much when all are over.
SPREAD, SPREAD_OF = 400000, {"fat": 800000, "virtio_blk": 800000, "net": 2500000, "web": 4000000}
HALVES, LEAST = 6, 40
LIMITS = guest.Limits(total=200.0, silence=200.0)
WRITTEN = re.compile(r"client: numbers written: (\d+)")
MORE = """<system>
    <memory_region name="words" size="0x1000" prefill_bootinfo="cmdline" />
    <memory_region name="score" size="0x1000" />
    <protection_domain name="killer" priority="253">
        <program_image path="killer.elf" />
        <map mr="words" vaddr="0x4000000" perms="r" setvar_vaddr="words" />
        <map mr="score" vaddr="0x4001000" perms="rw" setvar_vaddr="score" />
        <timer id="1" />
    </protection_domain>
    <protection_domain name="dumper" priority="1"><program_image path="dumper.elf" /></protection_domain>
    <channel><end pd="killer" id="0" pp="true" notify="false" /><end pd="keeper" id="2" notify="false" /></channel>
    <channel><end pd="suite" id="4" /><end pd="fat" id="1" /></channel>
    <channel><end pd="suite" id="5" /><end pd="dumper" id="0" /></channel>
</system>"""
MAPS = """<pd><map mr="score" vaddr="0x11000000" perms="r" setvar_vaddr="score" />
    <map mr="keeper_names" vaddr="0x11001000" perms="r" setvar_vaddr="names" />
    <map mr="fat_rings" vaddr="0x11100000" perms="rw" setvar_vaddr="fat_rings" />
    <map mr="fat_data" vaddr="0x11200000" perms="rw" setvar_vaddr="fat_data" /></pd>"""

PAGES = """<pd><map mr="page_rings" vaddr="0x10300000" perms="rw" /><map mr="page_data" vaddr="0x10310000" perms="rw" /></pd>"""
SERVED = """<pd><map mr="web_rings" vaddr="0x12000000" perms="r" setvar_vaddr="web" /></pd>"""
MORE_FOR_WEB = """<system>
    <memory_region name="page_rings" size="0x4000" page_size="0x1000" />
    <memory_region name="page_data" size="0x40000" page_size="0x1000" />
    <channel><end pd="fat" id="2" /><end pd="web" id="1" /></channel>
</system>"""

DRIVERS = {"virtio_blk": "mortal_disk.elf", "virtio_net": "mortal_interface.elf"}
PCI_ID = WEB_ID = len(VICTIMS)
FIRST_DEVICE = 2
MANY, FEW = 500, 100
HERE_ARE = (*VICTIMS, "pci", "web", "evil client")
ELSEWHERE = ("serial", "log", "ramfs", "proc", "shell", *windows.VICTIMS)
WITH_PCI = (*(name for name in VICTIMS if name not in DRIVERS), "pci")
PCI = """<protection_domain name="pci" priority="242" reset="true">
    <program_image path="pci_in_memory.elf" />
    <ioport id="0" addr="0xcf8" size="8" />
    <map mr="pci_kept" vaddr="0x10000000" perms="rw" setvar_vaddr="kept" />
    <map mr="bus" vaddr="0x10001000" perms="rw" setvar_vaddr="bus" />
    <map mr="blk_messages" vaddr="0x10002000" perms="rw" setvar_vaddr="blk_messages" />
    <map mr="net_messages" vaddr="0x10003000" perms="rw" setvar_vaddr="net_messages" />
    <map mr="blk_registers" vaddr="0x10100000" perms="rw" setvar_vaddr="blk_registers" />
    <map mr="net_registers" vaddr="0x10200000" perms="rw" setvar_vaddr="net_registers" />
    <setvar symbol="blk_messages_paddr" region_paddr="blk_messages" />
    <setvar symbol="net_messages_paddr" region_paddr="net_messages" />
    <setvar symbol="blk_registers_paddr" region_paddr="blk_registers" />
    <setvar symbol="net_registers_paddr" region_paddr="net_registers" />
</protection_domain>"""
DRIVER = """<pd><map mr="bus" vaddr="0x11000000" perms="rw" setvar_vaddr="bus" />
    <irq id="2" pcidev="00:{0:02}.0" handle="0" vector="{0}" setvar_msi_address="msi_address" setvar_msi_data="msi_data" /></pd>"""
WIRES = """<pd><map mr="bus" vaddr="0x11002000" perms="r" setvar_vaddr="bus" />
    <map mr="blk_messages" vaddr="0x11003000" perms="r" setvar_vaddr="blk_messages" />
    <map mr="net_messages" vaddr="0x11004000" perms="r" setvar_vaddr="net_messages" />
    <setvar symbol="blk_messages_paddr" region_paddr="blk_messages" />
    <setvar symbol="net_messages_paddr" region_paddr="net_messages" />
    <setvar symbol="blk_registers_paddr" region_paddr="blk_registers" />
    <setvar symbol="net_registers_paddr" region_paddr="net_registers" /></pd>"""
BUS = """<system><memory_region name="bus" size="0x1000" />
    <memory_region name="pci_kept" size="0x1000" />
    <memory_region name="blk_messages" size="0x1000" />
    <memory_region name="net_messages" size="0x1000" /></system>"""


def description():
    """That of the suite, with all victims below the keeper, and the client in the web server's place."""
    root = ET.parse(NET).getroot()
    pds = {pd.get("name"): pd for pd in root.iter("protection_domain")}
    for parent in (root, pds["keeper"]):
        for pd in parent.findall("protection_domain"):
            if pd.get("name") in (*VICTIMS, "web"):
                parent.remove(pd)
    for number, name in enumerate(VICTIMS):
        pds[name].attrib.update(id=str(number), reset="true")
        pds["keeper"].append(pds[name])
    for channel in root.findall("channel"):
        if any(end.get("pd") == "web" for end in channel):
            root.remove(channel)
    suite = pds["suite"]
    suite.find("program_image").set("path", "client.elf")
    suite.extend(ET.fromstring(MAPS))
    for one in suite.findall("map"):
        if one.get("mr") in ("cmdline", "clock"):
            suite.remove(one)
    for one in suite.findall("ioport"):
        suite.remove(one)
    root.extend(ET.fromstring(MORE))
    return ET.tostring(root, encoding="unicode")


def beside_a_liar():
    """The same, and a client of the network in the place that the web server had. It is more urgent than the client that never sleeps."""
    root, net = ET.fromstring(description()), ET.parse(NET).getroot()
    web = next(pd for pd in net.iter("protection_domain") if pd.get("name") == "web")
    web.find("program_image").set("path", "evil.elf")
    for one in web.findall("map"):
        if one.get("mr") in ("fat_rings", "fat_data"):
            web.remove(one)
    ET.SubElement(web, "timer", id="1")
    root.append(web)
    root.extend(channel for channel in net.findall("channel") if {end.get("pd") for end in channel} == {"net", "web"})
    return ET.tostring(root, encoding="unicode")


def with_web():
    """The same, and the web server among the victims: it reads another file of the client's disk, as FAT's second client."""
    root, net = ET.fromstring(description()), ET.parse(NET).getroot()
    pds = {pd.get("name"): pd for pd in root.iter("protection_domain")}
    web = next(pd for pd in net.iter("protection_domain") if pd.get("name") == "web")
    web.attrib.update(id=str(WEB_ID), reset="true")
    for one in web.findall("map"):
        one.set("mr", one.get("mr").replace("fat_", "page_"))
    pds["keeper"].append(web)
    for one in pds["fat"].findall("map"):
        if one.get("mr") == "fat_data":
            one.set("vaddr", "0x10210000")  # the second client's are so far behind as the protocol says
    pds["fat"].extend(ET.fromstring(PAGES))
    pds["suite"].extend(ET.fromstring(SERVED))
    root.extend(channel for channel in net.findall("channel") if {end.get("pd") for end in channel} == {"net", "web"})
    root.extend(ET.fromstring(MORE_FOR_WEB))
    return ET.tostring(root, encoding="unicode")


def with_pci():
    """The system of all victims, with pci in the place of what stands for it in the suite: a child of the keeper, and drivers' parent."""
    root = ET.fromstring(description())
    pds = {pd.get("name"): pd for pd in root.iter("protection_domain")}
    root.remove(pds["board"])
    pci = ET.fromstring(PCI)
    for number, (name, image) in enumerate(DRIVERS.items()):
        pds["keeper"].remove(pds[name])
        pds[name].set("id", str(number))
        pds[name].find("program_image").set("path", image)
        pds[name].extend(ET.fromstring(DRIVER.format(number + FIRST_DEVICE)))
        pci.append(pds[name])
    pci.set("id", str(PCI_ID))
    pds["keeper"].append(pci)
    for end in root.iter("end"):
        if end.get("pd") == "board":
            end.set("pd", "pci")
    pds["suite"].find("program_image").set("path", "client_on_bus.elf")
    pds["suite"].extend(ET.fromstring(WIRES))
    root.extend(ET.fromstring(BUS))
    return ET.tostring(root, encoding="unicode")


def _boot(image, seed, kills, victim):
    number = (*VICTIMS, victim).index(victim)
    words = f"seed={seed} kills={kills} victim={number} spread={SPREAD_OF.get(victim, SPREAD)} halves={HALVES}"
    machine = qemu.Machine("tcg", Image(image.parent / "baton32.elf", (image,)), memory_mib=256, cmdline=words)
    return boot_machine(machine, ["dumped"], LIMITS)


def _fails(image, seed, kills, victim, victims=VICTIMS):
    done = _boot(image, seed, kills, victim)
    said = [line for line in done.lines if line.startswith("client: ")]
    if done.missing:
        return f"{done.missing}: {done.lines[-5:]}"
    lives = lives_told(said)
    wanted = {name: 1 + kills * (name == victim) for name in victims}
    if any(line.startswith("bus: ") for line in done.lines):
        return next(line for line in done.lines if line.startswith("bus: "))
    if lives != wanted or said[-1] != "client: wrong: 0":
        return f"it ends with {said[-9:]}"
    written = int(next(filter(None, map(WRITTEN.fullmatch, said)))[1])
    if kills >= 500 and written < LEAST:
        return f"only {written} numbers were written meanwhile"
    return unlike_the_report(image.parent, done.lines)


def _tests(where, options):
    (where / "kills.system").write_text(description(), encoding="utf-8")
    (where / "measured.policy").write_text("* 1 0\n", encoding="utf-8")
    (where / "measured.settings").write_text("10.0.2.15 255.255.255.0 10.0.2.2\n", encoding="utf-8")
    fails = partial(_fails, seed=options.seed, kills=options.kills or MANY)
    image = build(HERE, where, f"SYSTEM={where}/kills")
    for victim in (one for one in VICTIMS if one in options.victims):
        yield f"kills/{victim}", why_not(partial(fails, image, victim=victim))
    if "net" in options.victims:
        yield "kills/again", why_not(partial(unlike_itself, partial(_boot, image, options.seed, 40, "net"), options.seed))
    # Each description is newer than the image that it replaces.
    if "pci" in options.victims:
        (where / "pci.system").write_text(with_pci(), encoding="utf-8")
        image = build(HERE, where, f"SYSTEM={where}/pci")
        yield "kills/pci", why_not(partial(fails, image, victim="pci", victims=WITH_PCI))
        yield "kills/pci, again", why_not(partial(unlike_itself, partial(_boot, image, options.seed, 40, "pci"), options.seed))
    if "web" in options.victims:
        (where / "web.system").write_text(with_web(), encoding="utf-8")
        image = build(HERE, where, f"SYSTEM={where}/web")
        yield "kills/web", why_not(partial(fails, image, kills=options.kills or FEW, victim="web", victims=(*VICTIMS, "web")))
    if "evil client" in options.victims:
        (where / "evil.system").write_text(beside_a_liar(), encoding="utf-8")
        yield "kills/evil client", why_not(partial(fails, build(HERE, where, f"SYSTEM={where}/evil"), victim="echo"))


def _elsewhere(victim, options):
    """Those that live in other systems than this one."""
    seed, kills = str(options.seed), str(options.kills or MANY)
    if victim in windows.VICTIMS:
        return windows.main([victim, "--seed", seed, "--kills", kills])
    if victim in restart_test.SERVICES:
        return restart_test.main([victim, "--seeds", seed, "--kills", kills])
    return shell_test.main(["--victim", victim, "--seeds", seed, "--kills", kills])


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("victims", nargs="*", metavar="VICTIM",
                        help=f"one of {', '.join(HERE_ARE)} (all of these, if none is named), {', '.join(ELSEWHERE)}")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, help=f"500, if it is not said; of web {FEW}")
    options = parser.parse_args(arguments)
    unknown = set(options.victims) - {*HERE_ARE, *ELSEWHERE}
    if unknown:
        parser.error(f"there is no '{min(unknown)}'")
    options.victims = options.victims or HERE_ARE
    codes = [_elsewhere(victim, options) for victim in options.victims if victim in ELSEWHERE]
    if codes and not set(options.victims) & set(HERE_ARE):
        return max(codes)
    with tempfile.TemporaryDirectory(prefix="baton-test-") as where:
        return max(exit_code(_tests(Path(where), options)), *codes, 0)


if __name__ == "__main__":
    run_main(main)
