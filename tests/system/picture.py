"""A QEMU screenshot as text: every place of the grid that user/lib/screen.c draws is compared, dot by dot, with the
glyphs of the font that it draws with."""
import re
import struct
from pathlib import Path

FONT = Path("/usr/share/grub/ascii.pf2")
PRINTABLE = range(ord(" "), ord("~") + 1)
COLUMNS_GOOD, ROWS_GOOD = 120, 33  # user/lib/screen_mode.c: more of them, and the characters grow


class Picture:
    """A PPM file with 24 bits per pixel, as QEMU's screendump writes it."""

    def __init__(self, data):
        head = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", data)
        if not head:
            raise ValueError("that is no PPM file of 8 bits a colour")
        self.width, self.height = int(head[1]), int(head[2])
        self.bytes = data[head.end():]
        if len(self.bytes) != 3 * self.width * self.height:
            raise ValueError(f"it has {len(self.bytes)} bytes for {self.width} x {self.height} pixels")

    def stretch(self, x, y, count):
        """The bytes of some pixels of a line, three each."""
        at = 3 * (y * self.width + x)
        return self.bytes[at:at + 3 * count]

    def row(self, x, y, count):
        """The pixels of a stretch of a line, each as bytes."""
        row = self.stretch(x, y, count)
        return [row[i:i + 3] for i in range(0, len(row), 3)]


def read_font(path=FONT):
    """Width, height, and for each character of ASCII its lines, each a tuple of bools."""
    data = path.read_bytes()
    sections, at = {}, 0
    while data[at:at + 4] != b"DATA":
        length = struct.unpack(">I", data[at + 4:at + 8])[0]
        sections[data[at:at + 4]] = data[at + 8:at + 8 + length]
        at += 8 + length
    ascent, descent = (struct.unpack(">H", sections[name])[0] for name in (b"ASCE", b"DESC"))
    glyphs = {}
    for code, _, offset in struct.iter_unpack(">IBI", sections[b"CHIX"]):
        if code in PRINTABLE:
            glyphs[chr(code)] = _glyph(data[offset:], ascent, ascent + descent)
    return glyphs


def _glyph(data, ascent, cell_height):
    width, height, left, bottom, advance = struct.unpack(">HHhhh", data[:10])
    rows = [[False] * advance for _ in range(cell_height)]
    for i in range(width * height):
        if data[10 + i // 8] >> (7 - i % 8) & 1:
            rows[ascent - bottom - height + i // width][left + i % width] = True
    return tuple(map(tuple, rows))


class Reader:
    """Reads pictures with that font."""

    def __init__(self, glyphs):
        self.width, self.height = len(glyphs["0"][0]), len(glyphs["0"])
        self.known = {tuple(map(bytes, glyph)): character for character, glyph in glyphs.items()}
        self.blank = tuple(map(bytes, glyphs[" "]))
        self.seen = {}

    def usual_scale(self, picture):
        scale = 1
        while (picture.width // (self.width * (scale + 1)) >= COLUMNS_GOOD
               and picture.height // (self.height * (scale + 1)) >= ROWS_GOOD):
            scale += 1
        return scale

    def lines(self, picture, rows=slice(None)):
        """The lines of the screen (or those rows of them), without blanks at their ends: in characters of the usual size, or
        else of twice that size. A place that shows no character of the font, every dot of one colour on the background, is
        "\ufffd"."""
        scale = self.usual_scale(picture)
        usual = self._lines(picture, scale, rows)
        if any("\ufffd" in line for line in usual):
            large = self._lines(picture, 2 * scale, rows)
            return usual if any("\ufffd" in line for line in large) else large
        return usual

    def _lines(self, picture, scale, rows):
        height = self.height * scale
        return [self._line(picture, top, scale) for top in range(0, picture.height - height + 1, height)[rows]]

    def _line(self, picture, top, scale):
        background = picture.bytes[-3:]
        rows = [picture.stretch(0, top + y, picture.width) for y in range(self.height * scale)]
        if rows == [background * picture.width] * len(rows):
            return ""
        width = 3 * self.width * scale
        places = (tuple(row[x:x + width] for row in rows) for x in range(0, 3 * picture.width - width + 1, width))
        return "".join(self._seen(place, background, scale) for place in places).rstrip()

    def _seen(self, *place):
        """What shows the same is looked at once: a screen has 10 000 places, and some hundred different ones."""
        if place not in self.seen:
            self.seen[place] = self._character(*place)
        return self.seen[place]

    def _character(self, rows, background, scale):
        pixels = [[row[i:i + 3] for i in range(0, len(row), 3)] for row in rows]
        dots = [bytes(pixel != background for pixel in row) for row in pixels]
        found = tuple(row[::scale] for row in dots[::scale])
        if found == self.blank and not any(map(any, dots)):
            return " "
        whole = all(row[i::scale] == found[y // scale] for y, row in enumerate(dots) for i in range(scale))
        colours = {pixel for line, row in zip(pixels, dots) for pixel, dot in zip(line, row) if dot}
        return self.known.get(found, "\ufffd") if whole and len(colours) == 1 else "\ufffd"
