"""Descriptions that are as large as may be, and made to take long: the work stays in proportion to their size."""
import unittest

from tests.sdk import support
from tests.sdk import work
from user.sdk.tool.read import MAX_BYTES, MAX_NODES

CALLS_A_BYTE = 8
TOLD = 5000000      # calls to make fifty lines, mostly to look for similar names: in proportion to nothing
IMAGE = '<program_image path="good.elf"/>'


def system(*parts):
    return "<system>" + "".join(parts) + "</system>"


def domain(name, inner="", more=""):
    return f'<protection_domain name="{name}" {more}>{IMAGE}{inner}</protection_domain>'


class Large(unittest.TestCase):
    def lines(self, text, more=100000):
        data = text if isinstance(text, bytes) else text.encode()
        log, _ = work.within(CALLS_A_BYTE * len(data) + more, support.phases, "large.system", data)
        return work.within(TOLD, log.told)

    def test_five_mebibytes(self):
        self.assertEqual(self.lines(b"<system>" + b" " * (5 << 20) + b"</system>"), [
            "large.system:1:1: error: could not parse 'large.system': it is too large; a description has at most 4 MiB"])

    def test_utf_16(self):
        self.assertIn("it is UTF-16; save it as UTF-8", self.lines(system(domain("a")).encode("utf-16"))[0])

    def test_utf_16_without_a_mark_and_a_nul(self):
        self.assertIn("it contains a NUL byte", self.lines(system(domain("a")).encode("utf-16-le"))[0])
        self.assertEqual(self.lines(b"<system>\n \0</system>")[0].split(": error")[0], "large.system:2:2")

    def test_not_utf_8(self):
        self.assertEqual(self.lines("<system>\n<!-- \u00e4".encode() + b"\xe4 --></system>"), [
            "large.system:2:7: error: could not parse 'large.system': it is not UTF-8; save it as UTF-8"])

    def test_too_many_elements(self):
        lines = self.lines(system("<channel/>" * MAX_NODES))
        self.assertIn(f"too many elements; at most {MAX_NODES} are read", lines[-1])

    def test_as_many_errors_as_elements_in_one_line(self):
        self.assertEqual(len(self.lines(system("<nonsense/>" * (MAX_NODES - 1)))), 51)

    def test_as_many_attributes_as_fit(self):
        self.assertEqual(len(self.lines(system("<channel " + " ".join(f'a{i}=""' for i in range(100000)) + "/>"))), 51)

    def test_a_value_of_four_mebibytes(self):
        long = "9" * (MAX_BYTES - 1000)
        for text in (system(domain(long)), system(domain("a", f'<map mr="{long}" vaddr="0"/>')),
                     system(domain("a", f'<map mr="a" vaddr="{long}"/>')), system(domain("a").replace("good.elf", long)),
                     system(domain("a", f'<irq id="0" pcidev="{long}"/>'))):
            lines = self.lines(text)
            self.assertTrue(lines and all(len(line) < 500 for line in lines))

    def test_maps_that_all_overlap(self):
        regions = "".join(f'<memory_region name="r{i}" size="0x100000"/>' for i in range(4000))
        maps = "".join(f'<map mr="r{i}" vaddr="{0x4000000 + 0x1000 * i}"/>' for i in range(4000))
        self.assertEqual(len(self.lines(system(regions, domain("a", maps)))), 51)

    def test_names_that_nobody_has(self):
        regions = "".join(f'<memory_region name="region_number_{i}" size="0x1000"/>' for i in range(4000))
        maps = "".join(f'<map mr="region_nomber_{i}" vaddr="0"/>' for i in range(4000))
        self.assertEqual(len(self.lines(system(regions, domain("a", maps)))), 51)

    def test_calls_that_all_go_round(self):
        domains = "".join(domain(f"d{i}") for i in range(1000))
        channels = "".join(f'<channel><end pd="d{i}" id="{j}" pp="true"/><end pd="d{(i + j + 1) % 1000}" id="{j + 31}"/></channel>'
                           for i in range(1000) for j in range(5))
        lines = self.lines(system(domains, channels))
        self.assertEqual(len(lines), 51)
        self.assertIn("the calls go round", lines[0])

    def test_order_that_goes_round_by_all(self):
        domains = "".join(domain(f"d{i}", more=f'start="after:d{(i + 1) % 1000}"') for i in range(1000))
        lines = self.lines(system(domains))
        self.assertEqual(len(lines), 1)
        self.assertLess(len(lines[0]), 400)

    def test_templates_that_make_too_much_text(self):
        one = '<template name="t" count="1000"><memory_region name="{i}%s" size="1"/></template>' % ("x" * 50000)
        self.assertIn("large.system:1:28: error: templates make 50003000 characters; at most 16777216 may be made",
                      self.lines(system(one, domain("a"))))

    def test_names_of_elements_are_shown_short(self):
        lines = self.lines(f"<system><{'e' * 100000}> text </{'e' * 100000}></system>")
        self.assertTrue(lines and all(len(line) < 500 for line in lines))

    def test_templates_that_make_too_much(self):
        """Only the first of these makes everything that it describes."""
        one = '<template name="t" count="900">' + "<channel/>" * 99 + "</template>"
        lines = self.lines(system(one, one.replace("900", "901") * 50, domain("a")), more=30 * MAX_NODES)
        self.assertEqual(len(lines), 51)
