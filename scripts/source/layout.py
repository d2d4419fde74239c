"""Layouts of the structures in a header of kernel/abi: their fields with offsets, read from the C text.

Only what those headers use: integers of fixed size, char, structures of the same header, arrays of a number or of an
enumeration constant of the same header, and a comment after or above a field. Alignment is natural (SysV ABI).
"""
import re
from dataclasses import dataclass

SIZES = {"char": 1, "uint8_t": 1, "uint16_t": 2, "uint32_t": 4, "uint64_t": 8}
STRUCT = re.compile(r"((?:/\*(?:(?!\*/).)*\*/\s*)?)struct (\w+) \{\n(.*?)\n\};", re.S)
FIELD = re.compile(r"\s*(?:struct )?(\w+) ([^;]+);\s*(?:/\*\s*(.*?)\s*\*/)?", re.S)


@dataclass
class Field:
    offset: int
    size: int
    type: str
    name: str  # with the array's bound, as it is written
    doc: str


@dataclass
class Structure:
    name: str
    size: int
    align: int
    doc: str
    fields: list


def text_of(comment):
    return " ".join(comment.replace("/*", "").replace("*/", "").split())


def _constants(text):
    found = {}
    for body in re.findall(r"enum \{([^}]*)\}", text):
        found.update((name, int(value, 0)) for name, value in re.findall(r"(\w+) = (\w+)", body))
    return found


def _fields(body, known, constants):
    at, align, fields = 0, 1, []
    for kind, names, doc in FIELD.findall(body):
        size, alignment = known[kind]
        for name in (n.strip() for n in names.split(",")):
            bound = re.search(r"\[(\w+)\]", name)
            count = 1 if not bound else constants.get(bound.group(1)) or int(bound.group(1))
            at = -(-at // alignment) * alignment
            fields.append(Field(at, size * count, kind, name, text_of(doc)))
            at += size * count
        align = max(align, alignment)
    return fields, -(-at // align) * align, align


def structures(text):
    """All of a header, in order."""
    known = {name: (size, size) for name, size in SIZES.items()}
    found = []
    for comment, name, body in STRUCT.findall(text):
        fields, size, align = _fields(body, known, _constants(text))
        known[name] = (size, align)
        found.append(Structure(name, size, align, text_of(comment), fields))
    return found
