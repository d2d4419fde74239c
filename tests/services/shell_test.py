#!/usr/bin/env python3
"""Sessions at the shell's prompt (user/systems/shell.system): each file of tests/services/shell is one (session.py says how they are
written). WORD: only those whose name has it.

Prints "ok <name>" or "not ok <name>: why" for each; exit code 0 all passed, 1 something failed.
"""
import re
import shutil
import tempfile
import xml.etree.ElementTree as ET
from functools import partial
from itertools import chain
from pathlib import Path

from scripts.base.common import ROOT, make_parser, run_main
from scripts.machine import guest, qemu
from scripts.source.image import Image
from tests.files import images
from tests.files.images import Kind
from tests.sdk.systems import build
from tests.net.web_test import free_port
from tests.services import pages
from tests.services.session import run
from tests.verdict import exit_code, why_not

HERE = ROOT / "tests/services/shell"
KILLED = HERE / "killed"
DENIED = HERE / "denied"
DISK = HERE / "disk"
TRACE = HERE / "trace"
USERS = HERE / "users"
LETTER = b"Dear all,\nthe machine was killed at any moment, and nothing was lost.\nYours, ann\n"
VICTIMS = ("timer", "serial", "ramfs", "blk", "fat", "proc", "shell", "pci")
LIVES = re.compile(r"^(\w+) \* life \[.*$", re.M)
KIND = Kind("fat16", 8192, ("-F", "16", "-s", "2"))

GREETED = "Baton, * ms after the machine was switched on. help lists what there is.\n"


def _machine(image, more, typed):
    kernel = Image(image.parent / "baton32.elf", (image,))
    return qemu.Machine("tcg", kernel, memory_mib=256, board="q35", serial=True, typed=typed, **more)


def _fails(image, path, **more):
    _text_fails(image, path.read_text(encoding="utf-8"), **more)


def _text_fails(image, text, **more):
    run(partial(_machine, image, more), text)


def _formatted(where, program):
    """A disk that other people's programs made, with a text and a program of ours on it."""
    disk, text = images.make(KIND, where), where / "text"
    text.write_text("written by mtools\n", encoding="utf-8")
    images.run("mcopy", "-i", disk, text, "::from the host.txt")
    images.run("mcopy", "-i", disk, program, "::hello")
    return disk


def _numbers(last):
    return "".join(f"{i}\n" for i in range(1, last + 1)).encode("ascii")


def _read_back(disk, where, wanted):
    """Why other people's programs do not read what the session has written, or None."""
    found = images.complaints(disk)
    if found:
        return f"fsck.fat: {found[0]}"
    listed = set(filter(None, images.run("mdir", "-/", "-b", "-i", disk).stdout.split("\n")))
    if listed != {"::/from the host.txt", "::/hello", *wanted}:
        return f"mdir lists {sorted(listed)}"
    for name, content in wanted.items():
        if name.endswith("/"):
            continue
        images.run("mcopy", "-n", "-i", disk, name, where / "read")
        if (where / "read").read_bytes() != content:
            return f"mcopy reads another {name}"
    return None


def _disk_fails(image):
    with tempfile.TemporaryDirectory(prefix="baton-test-") as directory:
        where = Path(directory)
        disk = _formatted(where, image.parent / "bin/hello")
        _fails(image, DISK / "session.txt", disk=disk)
        _fails(image, DISK / "again.txt", disk=disk)
        numbers = _numbers(3000) + _numbers(2)
        return _read_back(disk, where, {
            "::/A long name of a file.txt": (ROOT / "user/systems/files/readme.txt").read_bytes(), "::/letters/": None,
            "::/back": numbers, "::/after": b"dead and alive\n"})


def _users_fail(where):
    """The same system, made anew with a table of users."""
    _fails(build(ROOT / "user/systems", where, "SYSTEM=shell", f"USERS={USERS}/table.users"), USERS / "session.txt")


def _owners_fail(where):
    """What is whose: with a login, and a disk, on which each file has more than one name."""
    image = build(ROOT / "user/systems", where, "SYSTEM=shell", f"USERS={USERS}/table.users")
    with tempfile.TemporaryDirectory(prefix="baton-test-") as directory:
        place = Path(directory)
        disk = _formatted(place, image.parent / "bin/hello")
        _fails(image, HERE / "owners/session.txt", disk=disk)
        poem = b"for all\n"
        return _read_back(disk, place, {
            **dict.fromkeys(("::/home/", "::/home/ann/", "::/home/ann/public/", "::/home/dora/", "::/home/dora/box/")),
            "::/home/ann/a long diary.txt": b"for nobody\n", "::/home/ann/public/poem": poem, "::/home/dora/poem": poem,
            "::/home/dora/box/copy": (ROOT / "user/systems/files/readme.txt").read_bytes()})


def _day_fails(where):
    """What a user does in a day: with a login, a disk, a reboot."""
    image = build(ROOT / "user/systems", where, "SYSTEM=shell", f"USERS={USERS}/table.users")
    with tempfile.TemporaryDirectory(prefix="baton-test-") as directory:
        place = Path(directory)
        disk = _formatted(place, image.parent / "bin/hello")
        for part in ("morning", "evening"):
            _fails(image, HERE / "day" / f"{part}.txt", disk=disk)
        return _read_back(disk, place, {"::/letters/": None, "::/letters/letter": LETTER, "::/count": b"1000 1000 3893\n"})


# While all that is in it idles the guest's time runs fast, and what others have not answered yet is given up. With somebody who never
# does, it is limited by its instructions.
BUSY = guest.Limits(total=100.0, silence=100.0)
RESTLESS = '    <protection_domain name="restless" priority="1"><program_image path="restless.elf" /></protection_domain>\n</system>'


def _net_fails():
    """Pages of a server on this machine, by QEMU's own network; and of one in the guest, at which that server calls."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="baton-test-") as directory, pages.served(_numbers(3000), port) as (server, closed):
        where, usual = Path(directory), ROOT / "user/systems/shell.system"
        (where / "shell.system").write_text(usual.read_text(encoding="utf-8").replace("</system>", RESTLESS), encoding="utf-8")
        shutil.copy(usual.with_suffix(".policy"), where)
        image = build(ROOT / "user/systems", where / "made", f"SYSTEM={where}/shell", "NET=1", f"VPATH={ROOT}/tests/net")
        sessions = [(HERE / "net" / f"{part}.txt").read_text(encoding="utf-8") for part in ("session", "programs")]
        for text in (*sessions, _guides(1).replace("8000", "PORT")):
            text = text.replace("SERVER", f"10.0.2.2:{server}").replace("CLOSED", f"10.0.2.2:{closed}")
            text = text.replace("NOBODY", str(closed)).replace("PORT", str(server))
            run(partial(_machine, image, {"network": f"user,hostfwd=tcp:127.0.0.1:{port}-:8080"}), text, BUSY)


def _guides(number):
    """A block of the guide as a session: what it shows, with what differs."""
    block = re.findall(r"^ {8}/> .*\n(?: {8}.*\n)*", (ROOT / "docs/guide.md").read_text(encoding="utf-8"), re.M)[number]
    steps = re.findall(r"^/> (.*)\n((?:(?!/> ).*\n)*)", re.sub("^ {8}", "", block, flags=re.M), re.M)
    return GREETED + "".join(f"{'%' if shown else '$'} {typed}\n{shown.replace('[', '[[]').replace('...', '*')}" for typed, shown in steps)


def _guide_fails(image):
    _text_fails(image, _guides(0))


def _denied_fails(where):
    """What services refuse, one who asks for it."""
    usual = (ROOT / "user/systems/shell.system").read_text(encoding="utf-8")
    before = '<map mr="proc_data" vaddr="0x10110000" perms="rw" />\n'
    maps = "".join(f'<map mr="liar_{what}" vaddr="{0x10200000 + at:#x}" perms="rw" />\n' for what, at in (("rings", 0), ("data", 0x10000)))
    more = (DENIED / "liar.xml").read_text(encoding="utf-8")
    system = Path(where) / "denied.system"
    system.write_text(usual.replace(before, before + maps).replace("</system>\n", more), encoding="utf-8")
    shutil.copy(ROOT / "user/systems/shell.policy", where)
    _fails(build(ROOT / "user/systems", where, f"SYSTEM={where}/denied", f"VPATH={DENIED}"), DENIED / "session.txt")


def _trace_fails(where):
    """What the kernel records, with one who asks it for what it may not."""
    usual = (ROOT / "user/systems/shell.system").read_text(encoding="utf-8")
    more = (TRACE / "asker.xml").read_text(encoding="utf-8")
    (Path(where) / "trace.system").write_text(usual.replace("</system>\n", more), encoding="utf-8")
    shutil.copy(ROOT / "user/systems/shell.policy", where)
    image = build(ROOT / "user/systems", where, f"SYSTEM={where}/trace", f"VPATH={TRACE}")
    run(partial(_machine, image, {"cmdline": "trace=on"}), (TRACE / "session.txt").read_text(encoding="utf-8"), BUSY)


def _killed_session(victim):
    """What the session must show of the lives: of one victim, that no other one had more than one."""
    text = (KILLED / "session.txt").read_text(encoding="utf-8")
    return LIVES.sub(lambda found: found[0] if found[1] == victim else f"{found[1]} *", text) if victim else text


def _killed_fails(image, cmdline, victim):
    with tempfile.TemporaryDirectory(prefix="baton-test-") as directory:
        where = Path(directory)
        disk = _formatted(where, image.parent / "bin/hello")
        _text_fails(image, _killed_session(victim), cmdline=cmdline, disk=disk)
        return _read_back(disk, where, {"::/many": _numbers(3000)})


def _killed(seeds, kills, victim):
    """The same system, and beside it one who kills its services, or one of them, while programs run and files are written."""
    with tempfile.TemporaryDirectory(prefix="baton-test-") as directory:
        where = Path(directory)
        usual = (ROOT / "user/systems/shell.system").read_text(encoding="utf-8")
        more = (KILLED / "killer.xml").read_text(encoding="utf-8")
        (where / "killed.system").write_text(usual.replace("</system>\n", more), encoding="utf-8")
        shutil.copy(KILLED / "shell.policy", where)
        image = build(ROOT / "user/systems", where, f"SYSTEM={where}/killed", f"VPATH={KILLED}")
        pds = ET.fromstring(usual).iter("protection_domain")
        word = f" victim={next(pd.get('id') for pd in pds if pd.get('name') == victim)}" if victim else ""
        for seed in seeds:
            yield f"shell/killed/{victim or seed}", why_not(partial(_killed_fails, image, f"seed={seed} kills={kills}{word}", victim))


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("word", nargs="?", default="")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--kills", type=int, default=300, help="of all services together")
    parser.add_argument("--victim", choices=VICTIMS, help="only these sessions, and only that one is killed")
    options = parser.parse_args(arguments)
    if options.victim:
        return exit_code(_killed(options.seeds, options.kills, options.victim))
    with tempfile.TemporaryDirectory(prefix="baton-test-") as where:
        image = build(ROOT / "user/systems", where, "SYSTEM=shell")
        paths = sorted(path for path in HERE.glob("*.txt") if options.word in path.stem)
        sessions = ((f"shell/{path.stem}", why_not(partial(_fails, image, path))) for path in paths)
        disk = ((name, why_not(partial(_disk_fails, image))) for name in ["shell/disk"] if options.word in name)
        day = ((name, why_not(partial(_day_fails, where))) for name in ["shell/day"] if options.word in name)
        guide = ((name, why_not(partial(_guide_fails, image))) for name in ["shell/guide"] if options.word in name)
        users = ((name, why_not(partial(_users_fail, where))) for name in ["shell/users"] if options.word in name)
        net = ((name, why_not(_net_fails)) for name in ["shell/net"] if options.word in name)
        owners = ((name, why_not(partial(_owners_fail, where))) for name in ["shell/owners"] if options.word in name)
        denied = ((name, why_not(partial(_denied_fails, where))) for name in ["shell/denied"] if options.word in name)
        trace = ((name, why_not(partial(_trace_fails, where))) for name in ["shell/trace"] if options.word in name)
        killed = _killed(options.seeds, options.kills, None) if options.word in "killed" else ()
        return exit_code(chain(sessions, guide, disk, users, owners, net, day, denied, trace, killed))


if __name__ == "__main__":
    run_main(main)
