"""The values of attributes: numbers, words, names. One parser of numbers for all of them.

What is wrong is logged at the attribute, and the value is then None, as that of an attribute which is not there.
"""
import re

from .log import shown

MOST = (1 << 64) - 1
NUMBER = re.compile(r"(-?)(?:0x_*([0-9a-fA-F]+(?:_+[0-9a-fA-F]+)*)|([0-9]+(?:_+[0-9]+)*))")
DIGITS = 40  # more than any 64-bit number needs, with room for zeros and underscores
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
PCI = re.compile(r"([^:]*):([^.]*)\.(.*)", re.DOTALL)
HEX = re.compile(r"(-?)([0-9a-fA-F]{1,8})")


def parse_number(text):
    """A number as descriptions write them, maybe negative; None: it is not one."""
    found = NUMBER.fullmatch(text) if len(text) <= DIGITS else None
    if not found:
        return None
    sign, hexadecimal, decimal = found.groups()
    value = int(hexadecimal, 16) if hexadecimal else int(decimal)
    return -value if sign else value


def number_words(value):
    """Sizes and addresses as hexadecimal, small numbers as decimal."""
    return f"{value:#x}" if value >= 0x1000 else str(value)


class Values:
    """Those of one node."""

    def __init__(self, node, log):
        self.node, self.log = node, log

    def __contains__(self, name):
        return name in self.node.attributes

    def at(self, name):
        """The place of an attribute, or of the element that lacks it."""
        return self.node.attributes.get(name, self.node)

    def error(self, name, words, advice):
        """At the attribute; the element is named after the words."""
        self.log.error(self.at(name), f"{words} on element '{self.node.name}'", advice)

    def text(self, name, default=None):
        attribute = self.node.attributes.get(name)
        return default if attribute is None else attribute.value

    def number(self, name, low=0, high=MOST, default=None, words=None, below=None):
        """`words`: what is said about a number that is out of range, `below`: about a negative one."""
        text = self.text(name)
        if text is None:
            return default
        value = parse_number(text)
        span = f"from {number_words(low)} to {number_words(high)}"
        advice = f"{name} takes a number {span}: decimal, or hexadecimal after 0x"
        if value is not None and low <= value <= high:
            return value
        if value is None or value < 0 and not (below or words) or value > MOST:
            self.error(name, f"failed to parse integer '{shown(text)}'", advice)
        else:
            self.error(name, below if value < 0 and below else words or f"{name} is out of range", advice)
        return None

    def id(self, high):
        """An id; `high` is the greatest one."""
        return self.number("id", 0, high, words=f"id must be < {high + 1}", below="id must be >= 0")

    def boolean(self, name, default):
        return self.word(name, {"true": True, "false": False}, default, f"{name} must be 'true' or 'false'")

    def word(self, name, choices, default, words):
        """`choices`: word -> value."""
        text = self.text(name)
        if text is None:
            return default
        if text not in choices:
            self.error(name, words, f"'{shown(text)}' is neither; in small letters, without blanks" if len(choices) == 2 else
                       f"not '{shown(text)}'")
            return default
        return choices[text]

    def name(self, name="name", longest=None, without=""):
        """A name that something gets; None when it is unusable."""
        text = self.text(name)
        if text is None:
            return None
        bad = [c for c in without if c in text]
        if not text:
            self.error(name, f"{name} must not be empty", "give it a name")
        elif CONTROL.search(text):
            self.error(name, f"{name} '{shown(text)}' contains a control character", "use letters, digits, '_', '-'")
        elif bad:
            self.error(name, f"{name} '{shown(text)}' contains '{bad[0]}'", "use letters, digits, '_', '-'")
        elif longest and len(text.encode()) > longest:
            self.error(name, f"{name} '{shown(text)}' is too long: {len(text.encode())} bytes", f"it may have {longest}")
        else:
            return text
        return None

    def pci(self, name):
        """bus, device, function of "bb:dd.f", all hexadecimal; None: it was wrong."""
        text = self.text(name)
        found = PCI.fullmatch(text)
        advice = f"'{shown(text)}' is not like '00:1f.2': bus, device and function in hexadecimal"
        if not found:
            self.error(name, "expected PCI address in bus:device.function form", advice)
            return None
        values = []
        for part, what, most in zip(found.groups(), ("bus", "device", "function"), (255, 31, 7)):
            digits = HEX.fullmatch(part)
            value = int(digits[2], 16) * (-1 if digits[1] else 1) if digits else None
            if value is None:
                self.error(name, f"failed to parse PCI {what}", advice)
                return None
            if not 0 <= value <= most:
                self.error(name, f"PCI {what} must be within [0..{most}]", advice)
                return None
            values.append(value)
        return tuple(values)
