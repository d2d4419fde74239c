"""Programs: what is read from them, and which code is said to use extended state."""
import unittest
from pathlib import Path

from tests.sdk import elf_builder
from tests.sdk import support
from user.sdk.tool.elf import ElfError, read_program
from user.sdk.tool.extended import Extended

# Machine code and whether it needs x87, MMX, SSE or AVX.
CODES = {
    "nothing": ("c3", False),
    "integers, rep, lock, segment prefixes": ("f348ab f04883062a 64488b0425280000002e662e0f1f840000000000 c3", False),
    "a call through memory, cmov, bit operations": ("ff1500000000 480f44c2 f3480fb8c0 c3", False),
    "fences and prefetches": ("0faee8 0faef0 0faef8 0f1808 c3", False),
    "sse: xorps": ("0f57c0 c3", True),
    "sse: a store": ("0f290424 c3", True),
    "sse2 between registers": ("66480f6ec0 c3", True),
    "sse: ldmxcsr": ("0fae1424 c3", True),
    "avx": ("c5fc57c0 c3", True),
    "avx: vzeroupper": ("c5f877 c3", True),
    "avx-512: a mask": ("c5f892c8 c3", True),
    "mmx": ("0f6fc1 c3", True),
    "mmx: emms": ("0f77 c3", True),
    "x87: fld1": ("d9e8 c3", True),
    "x87: fninit": ("dbe3 c3", True),
    "x87: a load of a double": ("dd0424 c3", True),
    "fxsave": ("0fae0424 c3", True),
    "xsave": ("0fae2424 c3", True),
    "after much else": ("90" * 5000 + "0f57c0 c3", True),
}


class Code(unittest.TestCase):
    def test_extended_state_is_seen(self):
        for name, (code, uses) in CODES.items():
            with self.subTest(name):
                self.assertIs(support.EXTENDED([bytes.fromhex(code)]), uses)

    def test_without_objdump_every_program_has_it(self):
        extended = Extended()
        extended.objdump = None
        self.assertTrue(extended([b"\xc3"]))

    def test_only_code_is_looked_at(self):
        """Read-only data in an executable segment is no code where sections say so; where none do, it may be."""
        elf = elf_builder.Elf(code_size=len(elf_builder.CODE))
        elf.segments[0].data = elf_builder.CODE + support.SSE
        elf.segments[1].data = support.SSE * 20
        self.assertFalse(read_program("x", elf.bytes(), support.EXTENDED).extended)
        elf.code_sections = False
        self.assertTrue(read_program("x", elf.bytes(), support.EXTENDED).extended)
        elf.segments[0].data = elf_builder.CODE
        self.assertFalse(read_program("x", elf.bytes(), support.EXTENDED).extended)


class Reading(unittest.TestCase):
    def test_a_program(self):
        program = read_program("x", elf_builder.good(), support.EXTENDED)
        self.assertEqual(program.entry, elf_builder.TEXT)
        self.assertEqual([(s.vaddr, s.size, len(s.data), s.read, s.write, s.execute) for s in program.segments],
                         [(0x200000, len(elf_builder.CODE), len(elf_builder.CODE), True, False, True),
                          (0x201000, 0x1000, 0x80, True, True, False)])
        self.assertEqual(program.segments[0].data, elf_builder.CODE)
        self.assertEqual([(s.address, s.size, s.code) for s in program.symbols["word"]], [(0x201068, 8, False)])
        self.assertEqual([s.code for s in program.symbols["init"]], [True])
        self.assertEqual(len(program.symbols["twice"]), 2)
        self.assertNotIn("elsewhere", program.symbols)

    def test_segments_come_by_address(self):
        elf = elf_builder.Elf()
        elf.segments.reverse()
        self.assertEqual([s.vaddr for s in read_program("x", elf.bytes(), support.EXTENDED).segments], [0x200000, 0x201000])

    def test_variables_lie_in_a_segment_to_their_last_byte(self):
        """Those of libmicrokit and one of the program."""
        text = b'<system><protection_domain name="a"><program_image path="end.elf"/><irq id="1" isa="1" setvar_id="word"/>' \
               b'</protection_domain></system>'
        end = elf_builder.DATA + 0x1000
        for name, size in (*elf_builder.LIBRARY, ("word", 8)):
            for address, fits in ((end - size, True), (end - size + 1, False), (elf_builder.DATA, True), (elf_builder.DATA - 1, False)):
                symbols = elf_builder.symbols(without=(name,)) + [(name, address, size, elf_builder.OBJECT, 2)]
                Path("end.elf").write_bytes(elf_builder.Elf(symbols=symbols).bytes())
                with self.subTest(name, address=hex(address)):
                    log, _ = support.phases("end.system", text)
                    self.assertIs(log.failed, not fits, log.told())

    def test_every_cut_of_a_program_is_told(self):
        data = elf_builder.good()
        for length in range(len(data)):
            with self.assertRaises(ElfError, msg=f"{length} bytes"):
                read_program("x", data[:length], support.EXTENDED)

    def test_names_that_share_their_bytes_have_an_end(self):
        """A table of a few million symbols, each of which is named by the same megabyte."""
        elf = elf_builder.Elf()
        elf.symbols = [("a" * (1 << 20), 0x201000, 8, 1, 2)]
        data = bytearray(elf.bytes())
        at = data.index(b"\x01\0\0\0\x11\0\x02\0")
        many = bytes(data[at:at + 24]) * 1000
        names = bytes(data[at + 24:at + 24 + (1 << 20) + 2])
        table = len(data)
        data += bytes(24) + many + names
        sections = int.from_bytes(data[40:48], "little")
        for index, offset, size in ((2, table, 24 + len(many)), (3, table + 24 + len(many), len(names))):
            data[sections + 64 * index + 24:sections + 64 * index + 40] = offset.to_bytes(8, "little") + size.to_bytes(8, "little")
        with self.assertRaisesRegex(ElfError, "names of its symbols have more than 64 MiB"):
            read_program("x", bytes(data), support.EXTENDED)
