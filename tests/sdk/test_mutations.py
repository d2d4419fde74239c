"""Thousands of descriptions and programs that are nearly right: each is accepted, or refused in lines of the right form;
never a traceback, never without end. Seeded: what failed fails again, and is printed."""
import random
import re
import struct
import unittest
from pathlib import Path

from tests.sdk import bad, elf_builder, support, work
from tests.sdk.test_bad import FORM
from tests.sdk.test_good import FILE
from user.sdk.tool import image, plan, report
from user.sdk.tool.elf import ElfError, read_program, read_symbols

SEEDS, OF_EACH = 4, 600         # descriptions
PROGRAMS = 4000
CALLS = 1000000                 # function calls that one of them may take; most take a hundredth
VALUES = ("", "0", "-1", "1", "61", "62", "63", "255", "4096", "0x1000", "0x200000", "0xffffffffffffffff", "18446744073709551616", "0x",
          "1_", "true", "false", "rwx", "w", "good.elf", "pie.elf", "empty.bin", "folder", "/", ".", "..", "a", "driver", "{i}", "{i+9}",
          "after:driver", "after:", "x86_vbe", "00:00.0", "0x7fffffffa000", "0x7fffffffe000", "0x8000000000000000", "\u00e4\u00f6",
          "&#9;", "&lt;", "x" * 70, "9" * 30, "microkit_name", "word", "twice", "client0", "plain", "denied")
TOKENS = ("<", ">", "/>", "</system>", "<system>", "<!--", "-->", "<![CDATA[", "]]>", "<?x?>", "&a;", "&#0;", '"', "'", "=", "\0", "\r",
          "\ufeff", "<template name=\"t\" count=\"9\">", "<channel/>", "<end/>", "<irq/>", "<map/>", "<cspace/>", "<pool/>",
          "<protection_domain/>", "text", "<!DOCTYPE a>")
SYSTEM = b"""<system><protection_domain name="a"><program_image path="mutant.elf"/><irq id="1" isa="1" setvar_id="word"/>
<irq id="2" isa="2" setvar_id="init"/><irq id="3" isa="3" setvar_id="wird"/></protection_domain></system>"""
ELEMENT = re.compile(r"<[a-z_]+(?:\s[^<>]*)?/>")
ATTRIBUTE = re.compile(r'\s([a-z_]+)="([^"]*)"')


class Mutator:
    """Changes a description a little, in one of a few ways."""

    def __init__(self, seed, texts):
        self.random, self.texts = random.Random(seed), texts

    def value(self, text):
        found = self.random.choice(list(ATTRIBUTE.finditer(text)) or [None])
        new = self.random.choice(VALUES)
        return text[:found.start(2)] + new + text[found.end(2):] if found else text

    def name(self, text):
        found = self.random.choice(list(ATTRIBUTE.finditer(text)) or [None])
        other = self.random.choice(list(ATTRIBUTE.finditer(self.texts[0])))
        return text[:found.start(1)] + other[1] + text[found.end(1):] if found else text

    def drop(self, text):
        found = self.random.choice(list(ATTRIBUTE.finditer(text)) or [None])
        return text[:found.start()] + text[found.end():] if found else text

    def element(self, text):
        """One of another description, or of the same, at the place of an element or beside it."""
        here = self.random.choice(list(ELEMENT.finditer(text)) or [None])
        there = self.random.choice(list(ELEMENT.finditer(self.random.choice(self.texts))) or [None])
        if not here or not there:
            return text
        return text[:here.start()] + there[0] + text[self.random.choice((here.start(), here.end())):]

    def token(self, text):
        at = self.random.randrange(len(text) + 1)
        return text[:at] + self.random.choice(TOKENS) + text[at + self.random.choice((0, 0, 1, 5)):]

    def cut(self, text):
        at = self.random.randrange(len(text) + 1)
        return text[:at] + text[min(at + self.random.choice((1, 3, 40, 400)), len(text)):]

    def double(self, text):
        a, b = sorted(self.random.randrange(len(text) + 1) for _ in range(2))
        return text[:b] + text[a:b] * self.random.choice((1, 1, 2)) + text[b:]

    def mutant(self):
        text = self.random.choice(self.texts)
        for _ in range(self.random.choice((1, 1, 1, 2, 5))):
            text = self.random.choice((self.value, self.value, self.value, self.name, self.drop, self.element, self.element, self.element,
                                       self.token, self.cut, self.double))(text)
        data = text.encode("utf-8")
        if data and self.random.random() < 0.1:
            at = self.random.randrange(len(data))
            data = data[:at] + bytes([self.random.randrange(256)]) + data[at + 1:]
        return data


def texts():
    """Half of them right, by their number in the list."""
    right = [FILE.read_text(encoding="utf-8").replace('count="512"', 'count="5"'),
             (FILE.parent / "small.system").read_text(encoding="utf-8")]
    every = right * len(bad.names())
    for name in bad.names():
        data = (bad.FOLDER / f"{name}.system").read_bytes()
        if 0 < len(data) < 3000:
            every.append(data.decode())
    return every


class Descriptions(unittest.TestCase):
    def build(self, system):
        """What is accepted is built, twice the same, or refused in such lines, too."""
        try:
            made = work.within(CALLS, plan.make, system, support.MEMORY, True)
        except plan.Refused as refused:
            self.assertEqual([line for line in refused.lines if not FORM.fullmatch(line)], [])
            return False
        data = work.within(CALLS, image.image_bytes, made)
        self.assertEqual(data, image.image_bytes(plan.make(system, support.MEMORY, True)))
        found = work.within(CALLS, report.data, made)
        for words in (report.text, report.as_json, report.dot):
            self.assertTrue(work.within(CALLS, words, found))
        return True

    def test_no_mutant_is_too_much(self):
        every, accepted, unread, built = texts(), 0, 0, 0
        for seed in range(SEEDS):
            mutator = Mutator(seed, every)
            for number in range(OF_EACH):
                data = mutator.mutant()
                with self.subTest(seed=seed, number=number, data=data):
                    log, context = work.within(CALLS, support.phases, "mutant.system", data)
                    lines = work.within(CALLS, log.told)
                    self.assertEqual([line for line in lines if not FORM.fullmatch(line) and "are not shown" not in line], [])
                    accepted += not log.failed
                    unread += "could not parse" in "".join(lines)
                    built += not log.failed and self.build(context.system)
        print(f"# of {SEEDS * OF_EACH} mutants of descriptions {accepted} are accepted, {built} built, {unread} are no XML",
              flush=True)
        # Otherwise the mutants would say little about what comes after reading.
        self.assertGreater(accepted, 50)
        self.assertGreater(built, 20)
        self.assertLess(unread, SEEDS * OF_EACH // 2)


    def test_nothing_that_is_left_out_is_too_much(self):
        """Each element without content and each attribute of a right description, one after the other."""
        text, built = texts()[0], 0
        pieces = [*ELEMENT.finditer(text), *ATTRIBUTE.finditer(text)]
        for piece in pieces:
            data = (text[:piece.start()] + text[piece.end():]).encode("utf-8")
            with self.subTest(left_out=piece[0]):
                log, context = work.within(CALLS, support.phases, "mutant.system", data)
                self.assertEqual([line for line in log.told() if not FORM.fullmatch(line)], [])
                built += not log.failed and self.build(context.system)
        print(f"# without one of {len(pieces)} pieces a description can be built {built} times", flush=True)
        self.assertGreater(built, len(pieces) // 4)


class Programs(unittest.TestCase):
    """Of each field of the headers and tables every odd value, and random bytes."""

    ODD = (0, 1, 7, 0x1000, 0x7fffffff, 0x80000000, 0xffffffff, 0x7ffffffff000, 0x7fffffffffffffff, 0x8000000000000000,
           0xfffffffffffff000, 0xffffffffffffffff)

    def mutants(self):
        data, choose = elf_builder.good(), random.Random(1)
        sections = struct.unpack_from("<Q", data, 40)[0]
        tables = [*range(0, 64 + 2 * 56, 2), *range(sections, len(data), 4)]
        for at in tables:
            for size in (1, 2, 4, 8):
                if at + size <= len(data):
                    odd = choose.choice(self.ODD) & ((1 << 8 * size) - 1)
                    yield data[:at] + odd.to_bytes(size, "little") + data[at + size:]
        while True:
            new = bytearray(data)
            for _ in range(choose.choice((1, 2, 5, 20))):
                new[choose.randrange(len(new))] = choose.randrange(256)
            yield bytes(new[:choose.choice((len(new), len(new), choose.randrange(len(new))))])

    def test_no_mutant_is_too_much(self):
        accepted = 0
        for number, data in zip(range(PROGRAMS), self.mutants()):
            with self.subTest(number=number):
                accepted += self.read(data)
        print(f"# {accepted} of {PROGRAMS} mutants of a program are accepted", flush=True)
        self.assertGreater(accepted, PROGRAMS // 20)
        self.assertGreater(PROGRAMS - accepted, PROGRAMS // 20)

    def read(self, data):
        try:
            work.within(CALLS, read_symbols, data)
        except ElfError:
            pass
        try:
            work.within(CALLS, read_program, "x", data, lambda code: any(len(piece) > len(data) for piece in code))
        except ElfError as error:
            self.assertTrue(error.words and error.advice)
            return False
        # And what it says to a description that names all its kinds of symbols.
        Path("mutant.elf").write_bytes(data)
        log, _ = work.within(CALLS, support.phases, "mutant.system", SYSTEM, lambda code: False)
        self.assertEqual([line for line in log.told() if not FORM.fullmatch(line)], [])
        return True
