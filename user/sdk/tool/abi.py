"""The numbers of the kernel and of the image, read from the headers that define them: no number is written in two places."""
import re
from pathlib import Path

INCLUDE = Path(__file__).resolve().parents[1] / "include"


def _calls(path):
    """NAME -> number, of each kind of line: TYPE(7, FRAME, ...)."""
    found = {}
    for kind, number, name in re.findall(r"^(TYPE|RIGHT)\((\w+), (\w+),", path.read_text(encoding="utf-8"), re.M):
        found[f"{kind}_{name}"] = int(number, 0)
    for name, number in re.findall(r"^CONST\((\w+), (\w+),", path.read_text(encoding="utf-8"), re.M):
        found[name] = int(number, 0)
    return found


def _sizes(path):
    """NAME -> size bits of the types that have one size."""
    return {f"TYPE_{name}": int(bits) for name, bits in re.findall(r"^TYPE\(\d+, (\w+), (\d+),", path.read_text(encoding="utf-8"), re.M)
            if int(bits)}


def _enum(text, name):
    """The names of an enumeration without numbers, from 0 on."""
    body = re.search(rf"enum {name} {{(.*?)}};", text, re.S)[1]
    return {word: i for i, word in enumerate(re.findall(r"\b[A-Z][A-Z_]+\b(?=,)", re.sub(r"/\*.*?\*/", "", body, flags=re.S)))}


def _defines(path):
    return {name: int(number) for name, number in re.findall(r"^#define (\w+) (\d+)$", path.read_text(encoding="utf-8"), re.M)}


def _abi_def():
    """In a built SDK it lies beside the other headers, in the tree in the kernel's folder."""
    built = INCLUDE / "baton" / "abi.def"
    return built if built.is_file() else next(iter(Path(__file__).resolve().parents[3].glob("kernel/**/abi.def")))


ABI = _calls(_abi_def())
SIZES = _sizes(_abi_def())
_IMAGE = (INCLUDE / "baton" / "image.h").read_text(encoding="utf-8")
OPS = _enum(_IMAGE, "image_code")
BOOTINFO = _enum(_IMAGE, "image_bootinfo")
SLOTS = _defines(INCLUDE / "microkit.h")
