"""Brings Spleen, the font of user/services/wm and its clients, and prints the file with its glyphs: for each character of Latin-1 sixteen
bytes, a line of eight dots each, the leftmost dot the highest bit.

It is Debian's package of one version, which is checked, fetched once from the mirror that this machine's own apt uses, and kept in
~/.cache/baton/spleen. Nothing of it is in the tree. BATON_SPLEEN=<that package> takes that file instead. Exit code: 0 it is there, 1 it is
not.
"""
import gzip
import io
import struct
import tarfile

from scripts.base.common import BatonError, make_parser, run_main
from scripts.base.files import cache_folder, replace_file
from scripts.build import mirrors

VERSION = "1.9.1"
PACKAGE = mirrors.Archive(f"fonts-spleen_{VERSION}-1_all.deb", "fonts-spleen",
                          "30327f54c2ef1bf9b257cebe601df089b1791d68f05df5fa175bb7d8aa014cc6", f"the font Spleen {VERSION}",
                          "the font of windows", "package fonts-spleen", "BATON_SPLEEN", "systems with windows")
FONT = "./usr/share/consolefonts/spleen-8x16.psfu.gz"
HEIGHT, LATIN = 16, 256  # lines of a glyph; characters


def member(package, prefix):
    """A member of a Debian package, which is an archive of the format ar: its head has 60 bytes, with the size at 48."""
    at = 8
    while at + 60 <= len(package):
        name, size = package[at:at + 16].decode("ascii"), int(package[at + 48:at + 58])
        if name.startswith(prefix):
            return package[at + 60:at + 60 + size]
        at += 60 + size + size % 2
    raise BatonError(f"{PACKAGE.name} has no {prefix}")


def glyphs(psf):
    """Of a font of the first PC screen format with a table of characters: character -> its lines."""
    magic, mode, height = struct.unpack_from("<HBB", psf)
    count = 512 if mode & 1 else 256
    if magic != 0x0436 or height != HEIGHT or not mode & 2:
        raise BatonError(f"{FONT} is not the font that it was")
    table, found = struct.iter_unpack("<H", psf[4 + count * height:]), {}
    for number in range(count):
        for (code,) in iter(lambda: next(table), (0xffff,)):
            found.setdefault(code, psf[4 + number * height:4 + (number + 1) * height])
    return found


def made():
    with tarfile.open(fileobj=io.BytesIO(member(PACKAGE.data(), "data.tar"))) as packed:
        known = glyphs(gzip.decompress(packed.extractfile(FONT).read()))
    return b"".join(known.get(code, bytes(HEIGHT)) for code in range(LATIN))


def main(arguments):
    make_parser(__doc__).parse_args(arguments)
    font = cache_folder("spleen") / f"{VERSION}.font"
    if not font.is_file():
        replace_file(font, made())
    print(font)
    return 0


if __name__ == "__main__":
    run_main(main)
