"""What only shows when a system is planned: what the machine's memory does not hold, and programs that cannot be reset."""
import unittest
from pathlib import Path

from tests.sdk import elf_builder, support
from user.sdk.tool import plan

MIB = 1 << 20
IMAGE = '<program_image path="{}"/>'


def domain(inner="", more="", program="good.elf"):
    return f'<protection_domain name="a" {more}>{IMAGE.format(program)}{inner}</protection_domain>'


def refused(text, memory=support.MEMORY):
    """The lines; empty: it is planned."""
    log, context = support.phases("plan.system", f"<system>\n{text}\n</system>".encode())
    if log.failed:
        raise AssertionError(log.told())
    try:
        plan.make(context.system, memory, True)
    except plan.Refused as error:
        return error.lines
    return []


def mapped(region, vaddr="0x40000000"):
    return f"<memory_region {region}/>\n" + domain(f'<map mr="r" vaddr="{vaddr}"/>')


class Trace(unittest.TestCase):
    def test_only_builds_with_a_console_show_what_the_kernel_records(self):
        text = '<memory_region name="r" size="0x9000" prefill_bootinfo="trace"/>' + domain('<map mr="r" vaddr="0x40000000" perms="r"/>')
        _, context = support.phases("plan.system", f"<system>{text}</system>".encode())
        for console in (False, True):
            made = plan.make(context.system, support.MEMORY, console)
            self.assertEqual([op.value for op in made.ops if op.code == "OP_BOOTINFO"], [plan.BOOTINFO["BOOT_TRACE"]] * console)


class Memory(unittest.TestCase):
    def said(self, lines, *words):
        self.assertEqual(len(lines), 1, lines)
        for word in words:
            self.assertIn(word, lines[0])

    def test_a_region_that_does_not_fit_is_named_with_what_is_missing(self):
        text = mapped('name="r" size="0x4000000"')
        self.assertEqual(refused(text, 128 * MIB), [])
        self.said(refused(text, 64 * MIB), "plan.system:2:1: error: 'r' does not fit: ",
                  " KiB of memory are missing in a machine of 64 MiB",
                  "make it smaller, or say --memory", "the largest is 'r' with 65536 KiB")

    def test_one_piece_needs_more_room_than_pieces(self):
        text = mapped('name="r" size="0x2800000" page_size="0x1000"')
        text = text.replace("</protection_domain>", '<setvar symbol="word" region_paddr="r"/></protection_domain>')
        self.assertEqual(refused(text, 128 * MIB), [])
        self.said(refused(text, 72 * MIB), "'r' does not fit", "KiB of one piece of memory are missing")

    def test_a_pool_is_memory(self):
        text = domain('<pool size="0x2000000"/>')
        self.assertEqual(refused(text, 96 * MIB), [])
        self.said(refused(text, 40 * MIB), "'pool piece 0 of a' does not fit")

    def test_content_that_does_not_fit_is_named(self):
        with open("numbers.bin", "wb") as file:
            for i in range(24 << 8):
                file.write(i.to_bytes(8, "little") * 512)
        text = mapped('name="r" prefill_path="numbers.bin"')
        self.assertEqual(refused(text), [])
        self.said(refused(text, 32 * MIB), "plan.system:2:1: error: prefill of 'r' does not fit: programs and prefills have ",
                  "fit into a machine of 32 MiB", "this is the largest, with 24576 KiB")
        self.said(refused(text, 48 * MIB), "'r' does not fit", "a machine of 48 MiB")   # the copy has no room
        self.said(refused(domain(), 8 * MIB), "error: the program of 'a' does not fit", "at most 0 KiB fit into a machine of 8 MiB")

    def test_more_capabilities_than_a_table_holds(self):
        text = mapped('name="r" size="0x100000000" page_size="0x1000"', "0x4000000000")
        self.said(refused(text, 8192 * MIB), "plan.system:2:1: error: the system has 10", "at most 1048576 can be", "larger by page_size",
                  "'r' has 1048576")
        self.assertEqual(refused(text.replace(' page_size="0x1000"', ""), 8192 * MIB), [])


class Reset(unittest.TestCase):
    def elf(self, **more):
        elf = elf_builder.Elf(**more)
        Path("reset.elf").write_bytes(elf.bytes())

    def test_what_a_program_must_have(self):
        symbol = elf_builder.symbols() + [("baton_reset", elf_builder.DATA + 0x400, 32, elf_builder.OBJECT, 2)]
        text = domain(more='reset="true"', program="reset.elf")
        self.elf(symbols=symbol)
        self.assertEqual(refused(text), [])
        self.elf()
        self.assertEqual(refused(text), ["plan.system:2:1: error: reset of 'a': its program has no symbol baton_reset; link it with "
                                         "libmicrokit, and do not strip it"])
        segments = elf_builder.Elf().segments + [elf_builder.Segment(elf_builder.READ | elf_builder.WRITE, 0x300000, b"x")]
        self.elf(symbols=symbol, segments=segments)
        self.assertEqual(refused(text), ["plan.system:2:1: error: reset of 'a': its program has not one segment that is written to; link "
                                         "it with microkit.ld"])


class StandIn(unittest.TestCase):
    def test_only_code_of_the_program_is_started(self):
        """A symbol of that name may be anything."""
        channel = '<channel><end pd="b" id="1" pp="true"/><end pd="a" id="1"/></channel>'
        caller = '<protection_domain name="b"><program_image path="good.elf"/></protection_domain>'
        for address, has in ((elf_builder.TEXT, True), (elf_builder.DATA, False), (0x900000, False)):
            symbols = elf_builder.symbols() + [("baton_stand_in", address, 8, elf_builder.FUNCTION, 1)]
            Path("stand_in.elf").write_bytes(elf_builder.Elf(symbols=symbols).bytes())
            text = domain(more='priority="9"', program="stand_in.elf") + caller + channel
            _, context = support.phases("plan.system", f"<system>{text}</system>".encode())
            made = plan.make(context.system, support.MEMORY, True)
            self.assertEqual([d.stand_in is not None for d in made.domains], [has, False])
