#!/usr/bin/env python3
"""A window that belongs to a liar (tests/windows/liar), who dies again and again: the manager believes no lie, the windows of others are as
they must be, and keys go where they should.

Prints "ok <name>" or "not ok <name>: why" for each; exit code 0 all passed, 1 something failed.
"""
import shutil
import tempfile
from functools import partial
from pathlib import Path

from scripts.base.common import ROOT, make_parser, run_main
from tests.sdk.systems import build
from tests.verdict import exit_code, why_not
from tests.windows import shown
from tests.windows.desk import Desk
from tests.windows.shown import Window
from tests.windows.windows_test import AWAY, SYSTEMS, Session, expect

HERE = ROOT / "tests/windows/liar"
TRIED, BELIEVED = "liar: it has tried all", "liar: a lie was believed"
PLACE = 330, 470
LIAR = """        <protection_domain name="liar" id="13" priority="90" reset="true">
            <program_image path="liar.elf" />
            <map mr="rings4" vaddr="0x10020000" perms="rw" setvar_vaddr="wm_rings" />
            <map mr="surface4" vaddr="0x20000000" perms="rw" setvar_vaddr="surface" />
        </protection_domain>
"""
MAPS = """            <map mr="rings4" vaddr="0x30008000" perms="rw" />
            <map mr="surface4" vaddr="0x41000000" perms="r" />
"""


def described(where):
    """The system of windows with one more client, as a description in that folder."""
    usual = (SYSTEMS / "windows.system").read_text(encoding="utf-8")
    last = '            <map mr="surface3" vaddr="0x40c00000" perms="r" />\n'
    changes = (('<template name="client" count="4">', '<template name="client" count="5">'), (last, last + MAPS),
               ('        <protection_domain name="clock"', LIAR + '        <protection_domain name="clock"'),
               ("</system>", '    <channel><end pd="wm" id="4" /><end pd="liar" id="0" /></channel>\n</system>'))
    for old, new in changes:
        expect(usual.count(old) == 1, f"windows.system has no '{old.strip()}'")
        usual = usual.replace(old, new)
    (where / "liar.system").write_text(usual, encoding="utf-8")
    shutil.copy(SYSTEMS / "windows.places", where)
    with open(where / "windows.places", "a", encoding="utf-8") as places:
        places.write(f"liar {PLACE[0]} {PLACE[1]}\n")
    (where / "windows.policy").write_text("liar 3 1000000\n* 30 1000\n", encoding="utf-8")


def harms_itself(image, where, glyphs):
    with Desk(image, where) as desk:
        session = Session(desk, glyphs)
        liar = Window("liar", 4, *PLACE, 300, 200)
        session.order.insert(0, liar)
        session.shows("liar stays dead: .*")
        desk.point(*AWAY)
        session.is_right()
        session.command("echo still here", "still here")
        session.command("ps", "wm +life 1", "screen +life 1", "terminal +life 1", "liar +life 4, dead")
        desk.press("alt", "tab")
        session.raised(session.clock)
        session.click(liar.x + 60, liar.y + 190)
        session.raised(liar)  # a dead one's window stays one
        desk.press("alt", "tab")
        session.raised(session.clock)
        desk.press("alt", "tab")
        session.raised(liar)
        said = [line for line in desk.lines if line.startswith("liar:")]
    # Its first life leaves rings in which nobody can be heard any more: that is its own loss.
    expect(said[0] == TRIED and said.count(TRIED) == 4 and BELIEVED not in said, f"it says {said}")


def main(arguments):
    make_parser(__doc__).parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="baton-test-") as directory:
        where = Path(directory)
        described(where)
        image = build(SYSTEMS, where, f"SYSTEM={where}/liar", f"VPATH={HERE}")
        return exit_code([("windows/liar", why_not(partial(harms_itself, image, where, shown.font())))])


if __name__ == "__main__":
    run_main(main)
