"""Errors and warnings: all of them are collected, each at its place in the description, and printed in order.

One is "file:line:column: error: what is wrong; what to do". What is wrong begins with the words that Microkit's tool uses for the
same mistake where it has some, so that people find what they know. A name or value from the file is shown short and printable.
"""
import difflib
from bisect import bisect_left, bisect_right
import re

from .model import Position

MOST = 50       # errors that are printed
NEAREST = 200  # names among which a similar one is looked for
LONG = 60       # characters of a value that are shown


def shown(text):
    """A value from the file in an error: in one line, printable, not long."""
    text = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text[:LONG + 1])
    return text if len(text) <= LONG else text[:LONG] + "..."


def nearest(name, names, otherwise):
    """Advice that names the most similar of them."""
    few = [n for n in list(names)[:NEAREST] if len(n) <= LONG]
    close = difflib.get_close_matches(name, few, 1) if len(name) <= LONG else []
    if close:
        return f"the nearest name is '{shown(close[0])}'"
    return f"there are: {', '.join(shown(n) for n in few[:8])}{', ...' if len(few) > 8 else ''}" if few else otherwise


class Source:
    """The bytes of a description, and which line and column a byte of it is."""

    LINE = re.compile(rb"\r\n|\r|\n")

    def __init__(self, name, data):
        self.name, self.data = name, data
        self._lines = [0] + [found.end() for found in self.LINE.finditer(data)]
        # Columns are characters: what only continues one is not counted.
        self._inner = [] if data.isascii() else [found.start() for found in re.finditer(rb"[\x80-\xbf]", data)]

    def position(self, offset):
        line = bisect_right(self._lines, offset) - 1
        start = self._lines[line]
        inner = bisect_left(self._inner, offset) - bisect_left(self._inner, start)
        return Position(self.name, line + 1, offset - start - inner + 1)


class Log:
    """What was found. A place is anything with an `offset` into the source."""

    def __init__(self, source):
        self.source = source
        self._found = {}  # (offset, words) -> (kind, advice); the same is told once

    def _add(self, kind, place, words, advice):
        self._found.setdefault((place.offset, words), (kind, advice))

    def error(self, place, words, advice):
        """`advice`: a text, or what makes one, for what takes a while to find out; only those that are printed ask."""
        self._add("error", place, words, advice)

    def warning(self, place, words, advice):
        self._add("warning", place, words, advice)

    def position(self, place):
        return self.source.position(place.offset)

    @property
    def failed(self):
        return any(kind == "error" for kind, _ in self._found.values())

    def told(self):
        """What a user must read: the errors, or when there are none the warnings."""
        return self.lines("error") or self.lines("warning")

    def lines(self, kind, most=MOST):
        """The lines to print of the errors or of the warnings."""
        found = sorted((offset, words, advice) for (offset, words), (k, advice) in self._found.items() if k == kind)
        lines = [f"{self.source.position(offset)}: {kind}: {words}; {advice() if callable(advice) else advice}"
                 for offset, words, advice in found[:most]]
        if len(found) > most:
            lines.append(f"{self.source.name}: {len(found) - most} more {kind}s are not shown; mend these first")
        return lines
