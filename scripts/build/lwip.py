"""Brings lwIP, the TCP/IP stack of user/services/net, and prints the folder with its sources.

It is Debian's source package of one version, which is checked, fetched once from the mirror that this machine's own apt uses, and kept in
~/.cache/baton/lwip. Nothing of it is in the tree. BATON_LWIP=<its archive> takes that file instead. Exit code: 0 it is there, 1 it is not.
"""
import hashlib
import os
import shutil
import tarfile
import tempfile
from pathlib import Path

from scripts.base.common import BatonError, make_parser, run_main, warn
from scripts.base.files import cache_folder
from scripts.build import mirrors

VERSION = "2.1.3+dfsg1"
ARCHIVE = f"lwip_{VERSION}.orig.tar.xz"
SHA256 = "0a8276d09fc4e97bbba2f953d74af2388fc2195ea156be9d7589e297a68fde24"
POOLS = ("main", "universe")  # Debian's, Ubuntu's


def brought(where):
    """The archive, from the first place that has it."""
    given = os.environ.get("BATON_LWIP")
    if given:
        return Path(given)
    warn(f"fetching lwIP {VERSION}, once")
    for mirror in mirrors.own():
        for pool in POOLS:
            if mirrors.download(f"{mirror.rstrip('/')}/pool/{pool}/l/lwip/{ARCHIVE}", where / ARCHIVE, SHA256):
                return where / ARCHIVE
    raise BatonError(f"{ARCHIVE}, the TCP/IP stack's source, cannot be fetched from the mirror of this machine's apt",
                     "try again with a network, or BATON_LWIP=<that file>; all but systems with a network can be built without it")


def unpack(archive, where):
    if not archive.is_file() or hashlib.sha256(archive.read_bytes()).hexdigest() != SHA256:
        raise BatonError(f"{archive} is not the {ARCHIVE} of that checksum", "take it from Debian's source package lwip")
    with tarfile.open(archive) as packed:
        packed.extractall(where)
    return next(where.glob("*/src")).parent


def main(arguments):
    make_parser(__doc__).parse_args(arguments)
    where = cache_folder("lwip")
    whole = where / VERSION
    if not whole.is_dir():
        where.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=where) as directory:
            found = unpack(brought(Path(directory)), Path(directory) / "unpacked")
            try:
                found.rename(whole)
            except OSError:  # another one was faster
                shutil.rmtree(found, ignore_errors=True)
    print(whole / "src")
    return 0


if __name__ == "__main__":
    run_main(main)
