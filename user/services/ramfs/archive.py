"""Packs files for a RAM file system to begin with (archive.h). A path that ends with / is a folder, without a file.

usage: python3 archive.py ARCHIVE PATH=FILE... FOLDER/...
"""
import struct
import sys
from pathlib import Path


def packed(path, content):
    name = path.encode("utf-8")
    entry = struct.pack("<II", len(name), len(content)) + name + content
    return entry + bytes(-len(entry) % 8)


def main(archive, *words):
    pairs = (word.partition("=") for word in words)
    entries = (packed(path, Path(file).read_bytes() if file else b"") for path, _, file in pairs)
    Path(archive).write_bytes(b"".join(entries) + bytes(8))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(*sys.argv[1:])
