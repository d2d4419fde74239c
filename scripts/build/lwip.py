"""Brings lwIP, the TCP/IP stack of user/services/net, and prints the folder with its sources.

It is Debian's source package of one version, which is checked, fetched once from the mirror that this machine's own apt uses, and kept in
~/.cache/baton/lwip. Nothing of it is in the tree. BATON_LWIP=<its archive> takes that file instead. Exit code: 0 it is there, 1 it is not.
"""
import io
import shutil
import tarfile
import tempfile
from pathlib import Path

from scripts.base import files
from scripts.base.common import make_parser, run_main
from scripts.build import mirrors

VERSION = "2.1.3+dfsg1"
ARCHIVE = mirrors.Archive(f"lwip_{VERSION}.orig.tar.xz", "lwip", "0a8276d09fc4e97bbba2f953d74af2388fc2195ea156be9d7589e297a68fde24",
                          f"lwIP {VERSION}", "the TCP/IP stack's source", "source package lwip", "BATON_LWIP", "systems with a network")


def unpack(where):
    with tarfile.open(fileobj=io.BytesIO(ARCHIVE.data())) as packed:
        files.unpack(packed, where)
    return next(where.glob("*/src")).parent


def main(arguments):
    make_parser(__doc__).parse_args(arguments)
    where = files.cache_folder("lwip")
    whole = where / VERSION
    if not whole.is_dir():
        where.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=where) as directory:
            found = unpack(Path(directory))
            try:
                found.rename(whole)
            except OSError:  # another one was faster
                shutil.rmtree(found, ignore_errors=True)
    print(whole / "src")
    return 0


if __name__ == "__main__":
    run_main(main)
