#!/usr/bin/env python3
"""Windows (user/systems/windows.system): keys are pressed and the mouse is moved by QEMU's monitor, and the screen is read back: the
terminal's cells by the font's glyphs, frames by their colours.

Prints "ok <name>" or "not ok <name>: why" for each; exit code 0 all passed, 1 something failed.
"""
import re
import tempfile
from functools import partial
from pathlib import Path

from scripts.base import patience
from scripts.base.common import ROOT, BatonError, make_parser, run_main
from tests.files import images
from tests.sdk.systems import build
from tests.verdict import exit_code, why_not
from tests.windows import life, shown
from tests.windows.desk import AWAY, Desk
from tests.windows.shown import Window

SYSTEMS = ROOT / "user/systems"
TITLE_AT = 60, 12  # of a frame: there is its title


def expect(condition, what):
    if not condition:
        raise BatonError(what)


class Session:
    """What the screen must show, and what is done."""

    def __init__(self, desk, glyphs):
        self.desk, self.glyphs = desk, glyphs
        text = (SYSTEMS / "windows.places").read_text(encoding="utf-8")
        places = {name: (int(x), int(y)) for name, x, y in map(str.split, text.splitlines())}
        self.terminal = Window("terminal", 0, *places["terminal"], 652, 412)
        self.clock = Window("clock", 1, *places["clock"], 200, 226)
        self.paint = Window("paint", 2, *places["paint"], 360, 280)
        self.program = Window("proc", 3, 160, 160, life.COLUMNS * life.CELL, life.ROWS * life.CELL)  # where one stands that has no place
        self.order = [self.paint, self.clock, self.terminal]  # the lowest first

    def wrong(self):
        """What is not as it must be, or None."""
        shot = self.desk.picture()
        if (shot.width, shot.height) != (1024, 768):
            return "the mode"
        if shown.bar(shot, self.glyphs) != self.order[-1].name:
            return f"the bar says {shown.bar(shot, self.glyphs)}, not {self.order[-1].name}"
        found = (w.wrong(shot, i + 1 == len(self.order), self.order[i + 1:]) for i, w in enumerate(self.order))
        return next(filter(None, found), None)

    def is_right(self):
        """Once it is; else what is wrong in the end."""
        last = []

        def look():
            last[:] = [self.wrong()]
            return last == [None]
        try:
            self.desk.until(look, "what the screen must show")
        except BatonError as error:
            raise BatonError(f"{error}: {last[0]}") from error

    def lines(self):
        return shown.terminal(self.desk.picture(), self.glyphs, self.terminal)

    def until(self, condition, what):
        """Of the terminal's lines."""
        try:
            self.desk.until(lambda: condition(self.lines()), what)
        except BatonError as error:
            raise BatonError("\n".join([str(error), *self.lines()])) from error

    def shows(self, pattern):
        self.until(lambda lines: any(re.fullmatch(pattern, line) for line in lines), f"the line '{pattern}'")

    def command(self, typed, *patterns):
        """On a cleared screen, at a prompt that has come; what comes, and a prompt again."""
        self.desk.press("ctrl", "l")
        self.until(lambda lines: not any(lines[1:]), f"for '{typed}' a cleared screen")
        self.desk.type(typed + "\n")
        for pattern in patterns:
            self.shows(pattern)
        self.until(lambda lines: [line for line in lines if line][-1] == "/>", f"after '{typed}' the prompt")

    def raised(self, window):
        self.order.remove(window)
        self.order.append(window)
        self.is_right()

    def click(self, x, y):
        self.desk.point(x, y)
        self.desk.hold(True)
        self.desk.hold(False)


def typing(s):
    """Keys come as they are pressed, programs run, and lines are edited."""
    s.command("echo Words & [more] {A-Z} ~ 'x' \\ = ?!", r"Words & \[more\] \{A-Z\} ~ 'x' \\ = \?!")
    s.command("count 3 | upper", "1", "2", "3")
    s.command("ls", r" +bin/", r" +\d+ readme.txt")
    s.desk.type("echo ac")
    s.desk.press("left")
    s.desk.type("b")
    s.desk.press("up")
    s.desk.press("down")
    s.command("echo end", "end")
    s.desk.press("caps_lock")
    s.command("ECHO loud", "LOUD")
    s.desk.press("caps_lock")


def focus(s):
    """Keys go to the window that has the focus, and to no other."""
    s.desk.press("alt", "tab")
    s.raised(s.clock)
    s.desk.type("zz")
    s.desk.press("alt", "tab")
    s.raised(s.terminal)
    s.command("echo mine", "/> echo mine", "mine")


def pixels(shot, window, spots):
    x, y = window.content
    return {spot: shot.stretch(x + spot[0], y + spot[1], 1).hex() for spot in spots}


def mouse(s):
    """A click raises, the title moves, and the client hears of the rest."""
    s.click(s.paint.x + s.paint.width - 40, s.paint.y + s.paint.height)
    s.raised(s.paint)
    s.desk.point(s.paint.x + TITLE_AT[0], s.paint.y + TITLE_AT[1])
    s.desk.hold(True)
    s.desk.move(-220, -130)
    s.desk.hold(False)
    s.paint.x, s.paint.y = s.paint.x - 220, s.paint.y - 130
    s.is_right()
    x, y = s.paint.content
    s.click(x + 5 + 29 + 10, y + 15)  # the second colour
    s.desk.point(x + 40, y + 100)
    s.desk.hold(True)
    s.desk.move(0, 120)
    s.desk.move(700, 0)
    s.desk.hold(False)
    wanted = {(40, 100): "c8483a", (40, 160): "c8483a", (40, 220): "c8483a", (200, 220): "c8483a", (355, 220): "c8483a",
              (60, 160): "faf8f2", (200, 150): "faf8f2", (200, 240): "faf8f2"}
    s.desk.until(lambda: pixels(s.desk.picture(), s.paint, wanted) == wanted, f"the stroke {wanted}")
    s.is_right()  # nothing was drawn outside of it
    s.desk.type("c")
    cleared = dict.fromkeys(wanted, "faf8f2")
    s.desk.until(lambda: pixels(s.desk.picture(), s.paint, wanted) == cleared, "a clear sheet")
    s.click(s.terminal.x + 20, s.terminal.y + 300)
    s.raised(s.terminal)
    s.desk.point(s.clock.x + TITLE_AT[0], s.clock.y + TITLE_AT[1])
    s.desk.hold(True)
    s.desk.move(-400, -2000)  # the bar stays free
    s.desk.hold(False)
    s.clock.x, s.clock.y = s.clock.x - 400, shown.BAR
    s.raised(s.clock)
    s.click(s.terminal.x + 20, s.terminal.y + 300)
    s.desk.point(*AWAY)
    s.raised(s.terminal)


def deaths(s):
    """Whoever dies is started again, and all goes on as it was: the text, the places, the order."""
    for name in ("wm", "screen", "input", "paint", "clock", "terminal"):
        s.command(f"kill {name}")
        s.command("ps", rf"{name} +life 2")
        s.is_right()


def files(s):
    """What is kept on the disk is there when driver and file server have died."""
    s.command("mkdir /disk/letters")
    s.command("echo Kept, dear all > /disk/letters/first")
    s.command("count 4 > /disk/letters/numbers")
    for name in ("fat", "virtio_blk", "blk"):
        s.command(f"kill {name}")
        s.command("cat /disk/letters/first", "Kept, dear all")
    s.command("wc < /disk/letters/numbers", r"4 4 8")


def reboot(s):
    """The machine is reset, which ends QEMU, as it was told to; and with it the monitor that is asked for the time."""
    s.desk.type("reboot\n")
    try:
        s.desk.until(lambda: s.desk.process.poll() is not None, "a reset")
    except (BatonError, ConnectionError):
        if patience.wait(s.desk.process) != 0:
            raise


def kept(disk):
    """What other people's programs read of it."""
    for name, content in (("first", "Kept, dear all\n"), ("numbers", "1\n2\n3\n4\n")):
        read = images.run("mtype", "-i", disk, f"::letters/{name}").stdout
        expect(read == content, f"mtype reads '{read}' from {name}")
    expect(not images.complaints(disk), f"fsck.fat: {images.complaints(disk)}")


def works(image, where, glyphs):
    disk = images.make(images.USUAL[0], Path(where))
    with Desk(image, where, disk=disk) as desk:
        session = Session(desk, glyphs)
        session.shows("/>")
        desk.point(*AWAY)
        session.is_right()
        for part in (typing, focus, mouse, deaths, files, life.programs, reboot):
            try:
                part(session)
            except BatonError as error:
                raise BatonError(f"{part.__name__}: {error}") from error
    kept(disk)


def main(arguments):
    make_parser(__doc__).parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="baton-test-") as where:
        image = build(SYSTEMS, where, "SYSTEM=windows")
        return exit_code([("windows/works", why_not(partial(works, image, where, shown.font())))])


if __name__ == "__main__":
    run_main(main)
