"""Offsets, sizes and constants of the kernel, from layout.c, which gcc reads with the kernel's own headers."""
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from scripts.base.common import ROOT, BatonError

HERE = Path(__file__).resolve().parent
LINE = re.compile(r"^\s*->(\w+) (.*)$", re.M)


@dataclass
class Structure:
    """A structure of the kernel: its size, and field -> (offset, size)."""

    name: str
    size: int
    fields: dict = field(default_factory=dict)

    def at(self, offset):
        """(name, offset, size) of the field that this byte is in; None for padding and what is not listed."""
        for name, (start, size) in self.fields.items():
            if start <= offset < start + size:
                return name, start, size
        return None


class Constants(dict):
    """The kernel's constants as attributes."""

    __getattr__ = dict.__getitem__

    def __missing__(self, name):
        raise BatonError(f"tests/prove/layout.c does not list {name}", f"add a line CONSTANT({name})")


def _listing(compiler):
    command = [compiler, "-std=gnu11", "-O2", "-S", "-o", "-", "-iquote", str(ROOT / "kernel")]
    made = subprocess.run(command + [str(HERE / "layout.c")], stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8")
    if made.returncode:
        raise BatonError("gcc does not take tests/prove/layout.c", "the fields that it names must be those of the headers",
                         details=made.stderr.splitlines())
    return made.stdout


def read(compiler="gcc"):
    """(structures by name, constants)"""
    structures, constants = {}, Constants()
    for kind, rest in LINE.findall(_listing(compiler)):
        words = rest.split()
        numbers = [int(w) for w in words if re.fullmatch(r"-?\d+", w)]
        if kind == "struct":
            structures[words[0]] = Structure(words[0], numbers[0])
        elif kind == "field":
            structures[words[0]].fields[words[1]] = tuple(numbers)
        else:
            constants[words[0]] = sum(n << 24 * i for i, n in enumerate(numbers)) & (1 << 64) - 1
    return structures, constants
