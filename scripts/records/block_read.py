"""Text blocks from where they come: a file that was typed, or read from a photograph, or captured, with other lines between;
or typed by a person, line by line.
"""
import itertools
import re
import sys
from dataclasses import dataclass, field

from scripts.base.common import BatonError
from scripts.records import block
from scripts.records.block import OFF_LINES, BadBlock, EndOfLines

TRIED = 3000  # combinations of readings of wrong lines
LOOKS = re.compile(r"\W*[0-9A-Za-z|!]{2}[\s.:)]+\S{3,}(\s+\S{1,9}){0,12}\s*")  # a number and groups; prose has longer words, too
SHOWN = 3  # readings of a wrong line that are named


def first_of(path):
    """Number of the first line of a boot with that path."""
    return 1 if path == "on" else 1 + OFF_LINES


@dataclass
class Lines:
    """What is known about the lines of one boot."""

    path: str
    right: dict = field(default_factory=dict)  # number: characters without check
    wrong: dict = field(default_factory=dict)  # number: (where it stands, characters)
    notes: list = field(default_factory=list)

    def last(self):
        return max([*self.right, *self.wrong], default=0)

    def missing(self):
        return [n for n in range(first_of(self.path), self.last() + 1) if n not in self.right and n not in self.wrong]

    def whole(self, chosen=None):
        """The Block of these lines. chosen: readings of the wrong ones. fails: BadBlock, EndOfLines"""
        known = {**self.right, **{n: text[:-block.CHECK] for n, text in (chosen or {}).items()}}
        return block.decode("".join(known[n] for n in sorted(known)))

    def whole_of_right(self):
        """The Block of the right lines, if they are all that it needs; else None."""
        try:
            return self.whole() if self.right and sorted(self.right) == list(range(first_of(self.path), max(self.right) + 1)) else None
        except (EndOfLines, BatonError):
            return None

    def complaints(self):
        """A line for each that is wrong or missing."""
        found = []
        for number, (where, text) in self.wrong.items():
            close = [block.grouped(t) for t in block.near(number, text)[:SHOWN]]
            hint = f"; it could be: {', or '.join(close)}" if close else ""
            found.append(f"line {number:02} {where} is wrong: {block.grouped(text)}{hint}")
        return found + [f"line {number:02} is missing" for number in self.missing()]


class Reader:
    """Takes lines of text as they come, and finds the blocks in them."""

    def __init__(self):
        self.lines = {"on": Lines("on"), "off": Lines("off")}
        self.earlier = {}  # path: Lines of the boot before, in a capture of several
        self.last = None  # the number that came last

    def of(self, number):
        return self.lines["off" if number > OFF_LINES else "on"]

    def take(self, text, where):
        """Whether it is a line of a block. where: for people."""
        found = block.split(text)
        if found is None or not 0 < found[0] < 2 * OFF_LINES:
            return False
        number, characters = found
        if block.is_right(number, characters):
            return self._right(number, characters[:-block.CHECK])
        others = [n for n in range(1, 2 * OFF_LINES) if block.is_right(n, characters)]
        if len(others) == 1 and others[0] not in self.of(others[0]).right:
            self.of(others[0]).notes.append(f"line {others[0]:02} {where} has the number {number:02}")
            return self._right(others[0], characters[:-block.CHECK])
        if number not in self.of(number).right and LOOKS.fullmatch(text) and block.CHECK < len(characters) <= block.LINE + 4:
            self.of(number).wrong.setdefault(number, (where, characters))
        return False

    def _right(self, number, characters):
        lines = self.of(number)
        if number == first_of(lines.path) and number in lines.right and number != self.last:
            self.earlier[lines.path] = lines  # a later boot begins
            lines = self.lines[lines.path] = Lines(lines.path)
        if lines.right.get(number, characters) != characters:
            raise BadBlock(f"line {number:02} is there twice, and not the same: two boots with fastpath={lines.path}",
                           "leave out the lines of one")
        self.last = number
        lines.right[number] = characters
        lines.wrong.pop(number, None)
        return True

    def finish(self):
        """(blocks by path, notes for people). fails: BadBlock"""
        used = {path: lines for path, lines in self.lines.items() if lines.right}
        if not used:
            wrong = [c for lines in self.lines.values() for c in lines.complaints() if "is wrong" in c]
            raise BadBlock("there is no line of a text block in it" + (f" that is right: {wrong[0]}" if wrong else ""),
                           "each line is a number and groups of five characters, as on the screen", details=wrong[1:])
        notes = []
        blocks = {path: self._last_whole(lines, notes) for path, lines in used.items()}
        return blocks, notes + [n for lines in used.values() for n in lines.notes]

    def _last_whole(self, lines, notes):
        try:
            return _solved(lines, notes)
        except BadBlock as error:
            if lines.path not in self.earlier:
                raise
            notes.append(f"the last boot with fastpath={lines.path} is left out, the one before is taken: {error.what}")
            return _solved(self.earlier[lines.path], notes)


def _solved(lines, notes):
    """The Block of a boot's lines: as they are, or with the one reading of wrong lines that makes all sums right."""
    found = lines.whole_of_right()
    if found is not None:
        return found
    if lines.missing():
        _refuse(lines)
    if not lines.wrong:
        try:
            return lines.whole()
        except EndOfLines:
            raise BadBlock(f"line {lines.last() + 1:02} is missing: the block of the boot with fastpath={lines.path} goes on, "
                           "or lines of two boots are mixed", "type or read that line, too") from None
    numbers = list(lines.wrong)
    readings = [block.near(n, lines.wrong[n][1]) for n in numbers]
    found = []
    for chosen in itertools.islice(itertools.product(*readings), TRIED):
        try:
            found.append((dict(zip(numbers, chosen)), lines.whole(dict(zip(numbers, chosen)))))
        except (BadBlock, EndOfLines):
            continue
    if len(found) != 1:
        _refuse(lines)
    for number, text in found[0][0].items():
        where, stood = lines.wrong[number]
        notes.append(f"line {number:02} {where}: {block.grouped(stood)} is read as {block.grouped(text)}")
    return found[0][1]


def _refuse(lines):
    wrong = lines.complaints()
    more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
    raise BadBlock(f"{wrong[0]}{more}", "compare with the screen or the photograph", details=wrong[1:])


def from_text(text, first=1):
    """(blocks by path, notes) of a whole text, from line `first` on."""
    reader = Reader()
    for number, line in enumerate(text.split("\n"), 1):
        if number >= first:
            reader.take(line, f"(line {number} of the file)")
    return reader.finish()


# ---- typed

class Typist:
    """Asks for one line after the other, checks each at once, and asks again if it is wrong."""

    def __init__(self, stream=sys.stdin, out=sys.stderr):
        self.stream, self.out, self.reader = stream, out, Reader()
        self.number = 1  # the line that is asked for
        self.offered = None  # what a wrong line could be

    def say(self, text):
        print(text, file=self.out, flush=True)

    def run(self):
        """(blocks by path, notes)"""
        self.say("Type the lines of the block as they stand on the screen; capitals, blanks and the number do not matter. "
                 "Each is checked at once.\nAn empty line: no more; Ctrl-D, too. An editor is more comfortable: BLOCK=<file>.")
        try:
            while self._ask():
                pass
        except KeyboardInterrupt:
            self._give_back()
            raise
        try:
            return self.reader.finish()
        except BatonError:
            self._give_back()
            raise

    def _ask(self):
        print(f"{self.number:02} ", end="", file=self.out, flush=True)
        text = self.stream.readline()
        if not text.strip():
            return False
        if self.offered and text.strip().lower() in ("y", "yes"):
            text = self.offered
        self._judge(text)
        return self.number is not None

    def _judge(self, text):
        self.offered = None
        bare = block.normal(text)
        if block.is_right(self.number, bare):
            text = f"{self.number:02}{bare}"
        if self.reader.take(text, "as typed"):
            self._advance(block.split(text)[0])
            return
        if bare[:2] == f"{self.number:02}":
            bare = bare[2:]
        self.reader.of(self.number).wrong.pop(self.number, None)
        close = block.nearest(self.number, bare)
        if close:
            self.offered = f"{self.number:02}{close}"
            self.say(f"   wrong. Is it this? (y, or type it again)\n   {marked(bare, close)}")
        else:
            why = "which do not fit their check" if len(bare) == block.LINE else f"a line has {block.LINE}"
            self.say(f"   wrong: {len(bare)} characters, {why}")

    def _advance(self, number):
        lines = self.reader.of(number)
        if lines.whole_of_right() is None:
            self.number = lines.missing()[0] if lines.missing() else lines.last() + 1
            return
        other = self.reader.lines["off" if lines.path == "on" else "on"]
        self.say(f"   the boot with fastpath={lines.path} is whole")
        self.number = None if other.whole_of_right() else first_of(other.path) if not other.right else other.last() + 1

    def _give_back(self):
        """What was typed is not lost."""
        kept = [f"{n:02} {block.grouped(t + block.check_of(n, t))}" for lines in self.reader.lines.values()
                for n, t in sorted(lines.right.items())]
        if kept:
            self.say("\nThese lines were right; with the others in a file they make the record: BLOCK=<file>\n" + "\n".join(kept))


def marked(stood, reading):
    """A reading in groups, those that differ in brackets."""
    groups = [(reading[i:i + block.GROUP], stood[i:i + block.GROUP]) for i in range(0, len(reading), block.GROUP)]
    return " ".join(f"[{a}]" if a != b else a for a, b in groups)
