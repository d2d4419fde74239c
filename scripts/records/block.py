"""The text block that a boot of the suite ends with: all its results in some twenty lines that a person can type, or an
OCR program read from a photograph. bench/block.c says what is in it and writes it; this reads it.

Case, blanks and the usual confusions (O and 0, I, L and 1) do not matter. Each line has three check characters: every change
within three neighbouring characters is found, so is any other with odds of 32767 in 32768, and the line is named. Where exactly
one reading of a wrong line is close to what stands there and makes the sum over all lines right, it is taken, and a note says so.
"""
import itertools
import re
import zlib
from dataclasses import dataclass, field

from scripts.base.common import ROOT, BatonError
from scripts.source import gitlog

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ALIKE = {"O": "0", "I": "1", "L": "1"}
VERSION = 1
LINE, CHECK, GROUP = 40, 3, 5
OFF_LINES = 50  # added to the numbers of the lines of a boot with fastpath=off
CRC15 = 0x4599
IDS = "bench/ids.txt"
HEAD_ID = re.compile(r"\[(?:fastpath=)?(on|off|sdk)\]")
# Characters that readers, and typists from a photograph, take for others.
CONFUSED = ("0OQDUC", "1I7TJ", "8B3", "5S", "2Z7", "6GC", "4A", "9G6", "VYUW", "MNHW", "EFB", "PRF", "KXH")
FOREIGN = {"U": "V", "$": "S", "§": "5", "|": "1", "!": "1", "€": "C", "£": "E", "&": "8", "@": "0", "?": "7", "]": "1", "/": "1"}


class BadBlock(BatonError):
    """What was typed or read is not a block."""


# ---- lines

def crc15(number, text):
    """The check over a line's number and characters."""
    crc = 0
    for value, width in [(number, 10), *((ALPHABET.index(c), 5) for c in text)]:
        for bit in range(width - 1, -1, -1):
            top = (crc >> 14 ^ value >> bit) & 1
            crc = (crc << 1 & 0x7fff) ^ (CRC15 if top else 0)
    return crc


def check_of(number, text):
    crc = crc15(number, text)
    return "".join(ALPHABET[crc >> 5 * i & 31] for i in range(CHECK - 1, -1, -1))


def is_right(number, text):
    """Whether number and characters (check included) are a line."""
    return (CHECK < len(text) <= LINE and 0 < number < 2 * OFF_LINES and not set(text) - set(ALPHABET)
            and check_of(number, text[:-CHECK]) == text[-CHECK:])


def normal(text):
    """The characters of a line as in the alphabet; what it does not know stays."""
    return "".join(ALIKE.get(c, c) for c in text.upper() if not c.isspace() and c not in "-_.,:;'–—")


def split(line):
    """(number, characters) of what looks like a line of a block, else None."""
    text = normal(line)
    if len(text) < 2 + CHECK + 1:
        return None
    head = "".join(next((a[0] for a in ("0OQD", "1ILT", "2Z", "5S", "8B", "6G") if c in a), c) for c in text[:2])
    return (int(head), text[2:]) if head.isdigit() else None


def _readings(text):
    """What a line's characters could be instead, the likeliest first: (text, how many characters differ)."""
    near = {c: {o for group in CONFUSED if c in group for o in group if o in ALPHABET and o != c} for c in ALPHABET}
    near.update({c: {o} for c, o in FOREIGN.items()})
    places = [[c] if c in ALPHABET else sorted(near.get(c, ALPHABET)) for c in text]
    if sum(len(p) > 1 for p in places) > 2:
        return
    for base in itertools.product(*places):
        yield "".join(base), sum(a != b for a, b in zip(base, text))
    fixed = "".join(p[0] for p in places)
    for i, c in enumerate(fixed):
        for other in ALPHABET:
            if other != c:
                yield fixed[:i] + other + fixed[i + 1:], 1
        if i + 1 < len(fixed) and fixed[i + 1] != c:
            yield fixed[:i] + fixed[i + 1] + c + fixed[i + 2:], 1
    for i, j in itertools.combinations(range(len(fixed)), 2):
        for a, b in itertools.product(near.get(fixed[i], ()), near.get(fixed[j], ())):
            yield fixed[:i] + a + fixed[i + 1:j] + b + fixed[j + 1:], 2


def near(number, text):
    """All lines that stand near to one that is wrong, those with one difference before those with two."""
    found = {}
    if CHECK < len(text) <= LINE:
        for reading, distance in _readings(text):
            if is_right(number, reading):
                found.setdefault(reading, distance)
    return sorted(found, key=found.get)


def nearest(number, text):
    """The one line that stands nearest to a wrong one, or None."""
    found = near(number, text)
    differ = [sum(a != b for a, b in itertools.zip_longest(text, other)) for other in found[:2]]
    return found[0] if len(found) == 1 or len(found) > 1 and differ[0] < differ[1] else None


def grouped(text):
    return " ".join(text[i:i + GROUP] for i in range(0, len(text), GROUP))


# ---- what the lines hold

class Bits:
    """The bits of the characters of the lines; fails: EndOfLines"""

    def __init__(self, text):
        self.text, self.at = text, 0

    def take(self, width):
        if self.at + width > 5 * len(self.text):
            raise EndOfLines
        value = 0
        for i in range(self.at, self.at + width):
            value = value << 1 | ALPHABET.index(self.text[i // 5]) >> (4 - i % 5) & 1
        self.at += width
        return value

    def golomb(self, k):
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > 64:
                raise BadBlock("its numbers cannot be", "compare it with the screen again")
        return (1 << (zeros + k) | self.take(zeros + k)) - (1 << k)

    def fill(self):
        self.at += -self.at % 5


class EndOfLines(Exception):
    """There are more lines."""


@dataclass
class Block:
    """What a boot says in its block."""

    fastpath: str
    dirty: bool
    virtual: bool
    forced: bool  # mitigations= stood on the command line
    mitigations: int
    samples: int
    tsc_hz: int
    list_sum: int
    commit: str  # first digits
    image: str  # first digits
    signature: int
    brand: str
    results: dict = field(default_factory=dict)  # id: statistics
    refused: list = field(default_factory=list)
    not_asked: list = field(default_factory=list)


def _head(bits):
    version = bits.take(5)
    if version != VERSION:
        raise BadBlock(f"the block has form {version}, this script reads form {VERSION}",
                       "git pull, or make record in the tree that made the ISO")
    off, dirty, virtual, forced = (bits.take(1) for _ in range(4))
    block = Block("off" if off else "on", bool(dirty), bool(virtual), bool(forced), bits.take(8), bits.golomb(10), bits.take(36),
                  bits.take(32), f"{bits.take(40):010x}", f"{bits.take(32):08x}", bits.take(32), "")
    block.brand = "".join(chr(bits.take(7)) for _ in range(bits.take(6)))
    return block


def _benchmark(bits, block, name):
    """One benchmark's results, or why there are none."""
    n = block.samples
    if bits.take(1):
        if bits.take(1):
            (block.not_asked if bits.take(1) else block.refused).append(name)
            return
        n = bits.golomb(8)
    low = bits.golomb(8)
    q1 = low + bits.golomb(2)
    median = q1 + bits.golomb(1)
    q3 = median + bits.golomb(1)
    block.results[name] = {"id": name, "n": n, "min": low, "q1": q1, "median": median, "q3": q3, "p99": q3 + bits.golomb(4)}


def decode(text, lists=None):
    """The Block in the characters of all lines, check characters left out. lists: {"on": ids, "off": ids}; default: the tree's.
    fails: BadBlock; EndOfLines: there are more."""
    bits = Bits(text)
    block = _head(bits)
    for name in ids_for(block, lists):
        _benchmark(bits, block, name)
    bits.fill()
    end = bits.at // 5
    if bits.take(32) != zlib.crc32(text[:end].encode()):
        raise BadBlock("the sum over all lines is wrong", "compare each line with the screen again")
    bits.fill()
    if bits.at != 5 * len(text):
        raise BadBlock("there is more than the block", "leave out lines of other boots")
    return block


# ---- the list of benchmarks

def parse_ids(text):
    """{"on": ids, "off": ids, "sdk": ids} of bench/ids.txt; the last have no text block."""
    found, path = {}, None
    for line in text.splitlines():
        head = HEAD_ID.fullmatch(line)
        if head:
            path = head.group(1)
            found[path] = []
        elif line and not line.startswith("#") and path:
            found[path].append(line)
    return found


def ids_of_tree():
    return parse_ids((ROOT / IDS).read_text(encoding="utf-8"))


def list_sum(ids):
    return zlib.crc32("".join(f"{i}\n" for i in ids).encode())


def _ids_of_commit(commit):
    try:
        return parse_ids(gitlog.git("show", f"{commit}:{IDS}"))
    except BatonError:
        return {}


def ids_for(block, lists=None):
    """The ids that the boot of a block knew, in its order: those of this tree, or of the block's commit."""
    for known in (lists or ids_of_tree(), _ids_of_commit(block.commit)):
        if list_sum(known.get(block.fastpath, [])) == block.list_sum:
            return known[block.fastpath]
    changed = ", with changes that are not committed" if block.dirty else ""
    raise BadBlock(f"the block is of commit {block.commit}{changed}, which has other benchmarks than {IDS} here",
                   f"git fetch, then git worktree add ../baton-{block.commit} {block.commit} and make record there")
