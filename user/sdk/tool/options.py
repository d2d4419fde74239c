"""The command line, as people's Makefiles write it."""
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

from .log import shown
from .values import parse_number

USAGE = """\
usage: microkit [-h] [OPTIONS] --board BOARD --config CONFIG [--search-path DIR ...] system

Makes an image that boots from a description of a system (docs: user/sdk/README.md).

  system                    the description, a .system file; it stands before --search-path
  -h, --help                this text
  -o, --output FILE         the image (default: loader.img); the kernels are put beside it
  -r, --report FILE         what the system is, in words (default: report.txt)
  --board BOARD             {boards}
  --config CONFIG           {configs}
  --search-path DIR ...     where programs and prefill files are; the current folder always comes last
  --image-type elf|iso      a module for the kernel (default), or a disc that boots
  --memory SIZE             bytes of RAM of the machine, K, M or G (default: 256M)
  --json FILE, --dot FILE   the report as data, and as a graph
  --override-kernel FILE    another kernel
  --check                   only read and check: the description and its programs; writes nothing
  --capdl-json FILE, --viper-output DIR    accepted for old Makefiles; writes nothing
"""
BOARDS = {"x86_64_generic": "x86_64_generic", "baton": "x86_64_generic"}
CONFIGS = ("debug", "release", "benchmark")
IMAGE_TYPES = {"elf": None, "iso": None, "binary": "x86_64", "uimage": "x86_64"}
UNITS = {"K": 10, "M": 20, "G": 30}
PATHS = {"-o": "output", "--output": "output", "-r": "report", "--report": "report", "--json": "json", "--dot": "dot",
         "--override-kernel": "kernel"}
IGNORED = {"--capdl-json": "there is no capDL here; --json has the report as data",
           "--viper-output": "no invariants for Viper are written"}


class UsageError(Exception):
    pass


@dataclass
class Options:
    system: Path
    board: str
    config: str
    output: Path = Path("loader.img")
    report: Path = Path("report.txt")
    search_path: list = field(default_factory=list)
    image_type: str = "elf"
    json: Optional[Path] = None
    dot: Optional[Path] = None
    kernel: Optional[Path] = None   # instead of the SDK's own
    memory: int = 256 << 20
    check: bool = False
    ignored: list = field(default_factory=list)     # options that do nothing here, as lines


def usage():
    return USAGE.format(boards=" or ".join(BOARDS), configs=", ".join(CONFIGS))


def sdk_folder():
    """Where include, lib and the kernels are: $MICROKIT_SDK, or where this tool lies."""
    told = os.environ.get("MICROKIT_SDK")
    return Path(told) if told else Path(__file__).resolve().parents[1]


def _memory(text):
    scale = UNITS.get(text[-1:].upper(), 0)
    value = parse_number(text[:-1] if scale else text)
    if value is None or not 0 < value << scale <= 1 << 52:
        raise UsageError(f"argument --memory: '{shown(text)}' is no size; it is like 256M")
    return value << scale


def _board(text):
    if text not in BOARDS:
        raise UsageError(f"argument --board: unknown parameter '{shown(text)}' (choose from: {', '.join(BOARDS)})")
    return BOARDS[text]


def _config(text):
    if text.startswith("smp-"):
        raise UsageError(f"argument --config: '{shown(text)}' is for several processors, and Baton uses one "
                         f"(choose from: {', '.join(CONFIGS)})")
    if text not in CONFIGS:
        raise UsageError(f"argument --config: invalid choice '{shown(text)}' (choose from: {', '.join(CONFIGS)})")
    return text


def _image_type(text):
    if text not in IMAGE_TYPES:
        raise UsageError(f"argument --image-type: unknown parameter '{shown(text)}' (choose from: elf, iso)")
    if IMAGE_TYPES[text]:
        raise UsageError(f"building the output image as '{text}' is unsupported for target architecture 'x86_64' "
                         "(choose from: elf, iso)")
    return text


PARSERS = {"--board": ("board", _board), "--config": ("config", _config), "--image-type": ("image_type", _image_type),
           "--memory": ("memory", _memory)}


def parse(words):
    """Options; None: help was asked for. fails: UsageError."""
    found, ignored, search_path, words = {}, [], [], list(words)
    if "-h" in words or "--help" in words:
        return None
    while words:
        word = words.pop(0)
        if word == "--search-path":
            while words and not words[0].startswith("-"):
                search_path.append(Path(words.pop(0)))
        elif word == "--check":
            found["check"] = True
        elif word in PATHS or word in PARSERS or word in IGNORED:
            if not words:
                raise UsageError(f"argument {word}: expected one parameter")
            _take(word, words.pop(0), found, ignored)
        elif word.startswith("-") or "system" in found:
            raise UsageError(f"unrecognized argument '{shown(word)}'")
        else:
            found["system"] = Path(word)
    missing = [name for name, key in (("--board", "board"), ("--config", "config"), ("system", "system")) if key not in found]
    if missing:
        raise UsageError(f"the following arguments are required: {', '.join(missing)}"
                         + ("; system stands before --search-path, which takes all words up to the next option"
                            if missing[-1] == "system" and search_path else ""))
    return Options(search_path=search_path, ignored=ignored, **found)


def _take(word, value, found, ignored):
    if word in PATHS:
        found[PATHS[word]] = Path(value)
    elif word in IGNORED:
        ignored.append(f"{word} is ignored: {IGNORED[word]}")
    else:
        key, parser = PARSERS[word]
        found[key] = parser(value)
