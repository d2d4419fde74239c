#!/usr/bin/env python3
"""The driver of the display (user/services/screen): a painter (tests/windows/screen) shows a picture, changes it, and says so of some
rectangles; the screen must be new there, and old elsewhere. A new life of the driver shows all.

Prints "ok <name>" or "not ok <name>: why" for each; exit code 0 all passed, 1 something failed.
"""
import tempfile
from functools import partial

from scripts.base.common import ROOT, make_parser, run_main
from tests.sdk.systems import build
from tests.verdict import exit_code, why_not
from tests.windows.desk import DISPLAYS, Desk

WIDTH, HEIGHT = 1024, 768  # user/services/screen/protocol.h
BEFORE, AFTER = 0x203040, 0xffd060  # tests/windows/screen/painter.c, as are:
CHANGED = ((100, 100, 50, 30), (0, 200, 20, 10), (1000, 300, 24, 5), (500, 0, 3, 7), (300, 760, 9, 8), (600, 600, 1, 1))


def line_of(colour, y):
    return b"".join((colour ^ (x & 0xf) ^ (y & 0xf) << 8).to_bytes(3, "big") for x in range(WIDTH))


def shown(changed):
    """The screen as it must be."""
    lines = [bytearray(line_of(BEFORE, y)) for y in range(HEIGHT)]
    for x, y, width, height in changed:
        for line in range(y, y + height):
            lines[line][3 * x:3 * (x + width)] = line_of(AFTER, line)[3 * x:3 * (x + width)]
    return lines


def differs(image, where, display, cmdline, changed):
    with Desk(image, where, cmdline, display) as desk:
        desk.said("painted")
        seen = desk.picture()
    if (seen.width, seen.height) != (WIDTH, HEIGHT):
        return f"it has {seen.width} x {seen.height} pixels"
    for y, wanted in enumerate(shown(changed)):
        line = seen.stretch(0, y, WIDTH)
        if line != wanted:
            x = next(i for i in range(3 * WIDTH) if line[i] != wanted[i]) // 3
            return f"pixel {x}, {y} is {line[3 * x:3 * x + 3].hex()}, not {wanted[3 * x:3 * x + 3].hex()}"
    return None


def main(arguments):
    make_parser(__doc__).parse_args(arguments)
    cases = [(f"rectangles/{display}", display, "", CHANGED) for display in DISPLAYS]
    cases.append(("new life", DISPLAYS[0], "die", ((0, 0, WIDTH, HEIGHT),)))
    with tempfile.TemporaryDirectory(prefix="baton-test-") as where:
        image = build(ROOT / "tests/windows/screen", where)
        return exit_code((f"windows/screen/{name}", why_not(partial(differs, image, where, *case))) for name, *case in cases)


if __name__ == "__main__":
    run_main(main)
