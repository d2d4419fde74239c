"""What the window manager must show, in numbers of user/services/wm and terminal, and how to read it from a picture of the screen."""
from dataclasses import dataclass

from scripts.base import patience
from scripts.base.common import ROOT, BatonError

BORDER, TITLE, BAR, PAD = 3, 22, 26, 6  # wm/wm.h, terminal/server.c
COLUMNS, ROWS, WIDE, HIGH = 80, 25, 8, 16  # terminal/grid.h, draw/draw.h
PAPER = bytes.fromhex("161a22")  # terminal/server.c
DIM_TITLE = bytes.fromhex("3a4150")  # wm/paint.c, as are the colours of the first windows:
COLOURS = tuple(map(bytes.fromhex, ("3d7eea", "1f9e83", "d9772f", "8a5bd6", "cf4f79")))


@dataclass
class Window:
    """As the manager must have it: its channel, where its frame is, and how large its content."""
    name: str
    channel: int
    x: int
    y: int
    width: int
    height: int

    @property
    def content(self):
        return self.x + BORDER, self.y + BORDER + TITLE

    def wrong(self, shot, focused, hidden=()):
        """What of its frame and title is not as it must be; `hidden`: windows above it."""
        colour = COLOURS[self.channel]
        border = colour if focused else bytes(part >> 1 & 0x7f for part in colour)
        title = colour if focused else DIM_TITLE
        right, bottom = self.x + self.width + 2 * BORDER, self.y + self.height + TITLE + 2 * BORDER
        spots = {(x, y): border for x in (self.x, right - 1) for y in range(self.y, bottom, 3)}
        spots |= {(x, y): border for y in (self.y, bottom - 1) for x in range(self.x, right, 3)}
        spots |= {(x, self.y + BORDER): title for x in range(self.x + BORDER, right - BORDER, 3)}
        for (x, y), wanted in spots.items():
            if not any(other.covers(x, y) for other in hidden) and shot.stretch(x, y, 1) != wanted:
                return f"the frame of {self.name} at {x}, {y} is {shot.stretch(x, y, 1).hex()}, not {wanted.hex()}"
        return None

    def covers(self, x, y):
        """With its shadow."""
        return self.x <= x < self.x + self.width + 2 * BORDER + 8 and self.y <= y < self.y + self.height + TITLE + 2 * BORDER + 8


def font():
    """The lines of each glyph -> its character."""
    done = patience.run(["python3", "-m", "scripts.build.spleen"], cwd=ROOT, capture_output=True, encoding="utf-8")
    if done.returncode:
        raise BatonError(done.stderr.strip())
    with open(done.stdout.strip(), "rb") as file:
        data = file.read()
    return {data[HIGH * c:HIGH * (c + 1)]: chr(c) for c in range(0x7e, 0x1f, -1)}


def character(glyphs, rows):
    """Of a cell: eight pixels in each row; the most frequent corner is the background."""
    ground = rows[-1][:3]
    bits = bytes(sum(0x80 >> i for i in range(WIDE) if row[3 * i:3 * i + 3] != ground) for row in rows)
    return glyphs.get(bits, "\ufffd")


def text(shot, glyphs, x, y, columns, seen={}):
    """So many characters from there on."""
    rows = [shot.stretch(x, y + i, WIDE * columns) for i in range(HIGH)]
    cells = (tuple(row[3 * WIDE * i:3 * WIDE * (i + 1)] for row in rows) for i in range(columns))
    return "".join(seen[cell] if cell in seen else seen.setdefault(cell, character(glyphs, cell)) for cell in cells)


def terminal(shot, glyphs, window):
    """Its lines, without blanks at their ends."""
    x, y = window.content
    return [text(shot, glyphs, x + PAD, y + PAD + HIGH * row, COLUMNS).rstrip() for row in range(ROWS)]


def bar(shot, glyphs):
    """The name of who has the keys."""
    return text(shot, glyphs, 10 + 8 * WIDE, (BAR - HIGH) // 2, 30).rstrip()
