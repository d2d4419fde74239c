"""A QEMU screenshot as text: every place of the grid that user/lib/screen.c draws is compared, dot by dot, with the
glyphs of the font that it draws with."""
import re
import struct
from pathlib import Path

FONT = Path("/usr/share/grub/ascii.pf2")
PRINTABLE = range(ord(" "), ord("~") + 1)
COLUMNS_GOOD, ROWS_GOOD = 120, 33  # user/lib/screen_mode.c: more of them, and the characters grow


class Picture:
    """A PPM file of 24 bits a pixel, as QEMU's screendump writes it."""

    def __init__(self, data):
        head = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", data)
        if not head:
            raise ValueError("that is no PPM file of 8 bits a colour")
        self.width, self.height = int(head[1]), int(head[2])
        self.bytes = data[head.end():]
        if len(self.bytes) != 3 * self.width * self.height:
            raise ValueError(f"it has {len(self.bytes)} bytes for {self.width} x {self.height} pixels")

    def row(self, x, y, count):
        """The pixels of a stretch of a line, each as bytes."""
        at = 3 * (y * self.width + x)
        return [self.bytes[i:i + 3] for i in range(at, at + 3 * count, 3)]


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


def usual_scale(picture, width, height):
    scale = 1
    while picture.width // (width * (scale + 1)) >= COLUMNS_GOOD and picture.height // (height * (scale + 1)) >= ROWS_GOOD:
        scale += 1
    return scale


def read_text(picture, glyphs):
    """The lines of the screen, without blanks at their ends: in characters of the usual size, or else of twice that size. A
    place that shows no character of the font, every dot of one colour on the background, is "\\ufffd"."""
    width, height = len(glyphs["0"][0]), len(glyphs["0"])
    scale = usual_scale(picture, width, height)
    usual = _read(picture, glyphs, width, height, scale)
    if any("\ufffd" in line for line in usual):
        large = _read(picture, glyphs, width, height, 2 * scale)
        return usual if any("\ufffd" in line for line in large) else large
    return usual


def _read(picture, glyphs, width, height, scale):
    known = {glyph: character for character, glyph in glyphs.items()}
    background = picture.row(picture.width - 1, picture.height - 1, 1)[0]
    return ["".join(_character(picture, x, y, width, height, scale, background, known)
                    for x in range(0, picture.width - width * scale + 1, width * scale)).rstrip()
            for y in range(0, picture.height - height * scale + 1, height * scale)]


def _character(picture, x, y, width, height, scale, background, known):
    lines = [picture.row(x, y + i, width * scale) for i in range(height * scale)]
    colours = {pixel for line in lines for pixel in line} - {background}
    dots = tuple(tuple(pixel != background for pixel in line[::scale]) for line in lines[::scale])
    whole = all(lines[i][j] == lines[i - i % scale][j - j % scale] for i in range(len(lines)) for j in range(width * scale)) \
        if scale > 1 else True
    return known.get(dots, "\ufffd") if len(colours) <= 1 and whole else "\ufffd"
