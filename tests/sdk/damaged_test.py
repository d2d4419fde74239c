#!/usr/bin/env python3
"""Damaged images: the root task refuses them before it builds anything, and nothing that an image says makes it or the kernel fail.

A bit is changed, two words change places, or the end is cut off; or a number of a table is changed and the checksum made right again:
then the root task may refuse it, or find in the middle that something cannot be done, or build what it says; but it must not crash.
SEED: another one.

Prints "ok <name>" or "not ok <name>: why" for each; exit code 0 all passed, 1 something failed.
"""
import random
import struct
import tempfile
from pathlib import Path

from scripts.base.common import make_parser, run_main
from scripts.machine import guest
from tests.sdk import systems
from tests.sdk.systems import ROOT, build
from tests.verdict import exit_code

PAGE, FLIPS, SWAPS, CUTS, LIES = 4096, 8, 4, 4, 40
STARTED, LAST = "memory: vaddr: *", "fault: 'reader': *"    # the first and the last that the undamaged system says
ERROR = "error: *"              # of the root task
LIMITS = guest.Limits(total=2.0, silence=2.0)
CHECK_AT, TABLES_AT, MODULUS = 32, 44, 2**64 - 59


def _start(data):
    """Where in the file the image begins."""
    return next(at for at in range(PAGE, len(data), PAGE) if data[at:at + 8] == b"BTNSYS1\0")


def _flip(choose, data, start):
    damaged = bytearray(data)
    at = choose.randrange(start, len(data))
    damaged[at] ^= 1 << choose.randrange(8)
    return bytes(damaged), f"bit of byte {at - start:#x}"


def _swap(choose, data, start):
    damaged = bytearray(data)
    words = [at for at in range(start, len(data), 8) if any(data[at:at + 8])]
    one, two = choose.sample(words, 2)
    damaged[one:one + 8], damaged[two:two + 8] = data[two:two + 8], data[one:one + 8]
    return bytes(damaged), f"words at {one - start:#x} and {two - start:#x}"


def _cut(choose, data, start):
    length = choose.choice((choose.randrange(start + 1, len(data)), start + PAGE * choose.randrange(1, (len(data) - start) // PAGE)))
    return data[:length], f"cut at {length - start:#x}"


def _lie(choose, data, start):
    """A field of a table, another number, and a checksum that agrees."""
    lying = bytearray(data)
    places = struct.unpack_from("<10I", data, start + TABLES_AT)   # offset and count of each table
    table, record = choose.choice(((0, 24), (1, 24), (1, 24), (2, 96)))
    at = start + places[2 * table] + record * choose.randrange(places[2 * table + 1])
    size = choose.choice((1, 2, 4, 8))
    at += choose.randrange(record // size) * size
    old = int.from_bytes(data[at:at + size], "little")
    value = choose.choice((0, 1, 2**(8 * size) - 1, old + 1, old - 1, old ^ 1 << choose.randrange(8 * size), choose.randrange(64)))
    lying[at:at + size] = (value % 2**(8 * size)).to_bytes(size, "little")
    struct.pack_into("<Q", lying, start + CHECK_AT, 0)
    rest = int.from_bytes(lying[start:], "little") % MODULUS
    struct.pack_into("<Q", lying, start + CHECK_AT, (MODULUS - rest) * pow(2**(8 * CHECK_AT), -1, MODULUS) % MODULUS)
    return bytes(lying), f"number at {at - start:#x} is {value:#x}"


def _boot(image, data, patterns):
    image.write_bytes(data)
    return systems.boot(image, patterns, limits=LIMITS)


def _refused(done):
    if done.missing:
        return f"it is not refused: {done.lines[-1] if done.lines else 'no word'}"
    early = not any(line.startswith("memory:") for line in done.lines)
    return "" if early and "image damaged at 0x" in done.lines[-1] else done.lines[-1]


def _survived(done):
    bad = [line for line in done.lines if "PANIC" in line or "without a handler" in line]
    return bad[0] if bad else ""


def _checks(seed):
    choose = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="baton-test-") as where:
        image = build(ROOT / "tests/sdk/boot/memory", where)
        data = Path(image).read_bytes()
        start = _start(data)
        done = systems.boot(image, [STARTED])
        yield "damaged/none", done.missing
        refused, survived = ([ERROR], _refused), ([LAST, f"!{ERROR}"], _survived)
        kinds = ((FLIPS, _flip, refused), (SWAPS, _swap, refused), (CUTS, _cut, refused), (LIES, _lie, survived))
        for many, damage, (until, judge) in kinds:
            for i in range(many):
                damaged, what = damage(choose, data, start)
                why = judge(_boot(image, damaged, until)) if damaged != data else ""
                yield f"damaged/{damage.__name__[1:]}/{i}", why and f"{what}: {why}"


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("--seed", default="1")
    options = parser.parse_args(arguments)
    return exit_code(_checks(options.seed))


if __name__ == "__main__":
    run_main(main)
