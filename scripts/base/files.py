"""Files that are whole or not there: what is written survives a kill and a power cut at any moment.

The data goes to a temporary file beside its place, then to the disk, then gets its name, and then the directory goes to
the disk. What a killed writer leaves behind (".new-...") is removed by a later one.
"""
import os
import stat
import tarfile
import tempfile
import time
from pathlib import Path

from scripts.base.common import ROOT, BatonError, shown

TEMPORARY = ".new-"
STALE_SECONDS = 3600  # a write takes a second at most


def cache_folder(name):
    """Our folder of that name in the user's cache; in build/ for a user without a home, as in many a container. What is relative
    to nothing does not count (XDG Base Directory Specification)."""
    try:
        home = Path(os.environ.get("XDG_CACHE_HOME", ""))
        home = home if home.is_absolute() else Path.home() / ".cache"
    except RuntimeError:
        home = Path()
    return (home if home.is_absolute() else ROOT / "build/cache") / "baton" / name


def unpack(packed, directory):
    """All of an open tar file, and nothing outside of the directory, where this Python can hold it to that: Debian 12's cannot, and one
    that can warns of whoever does not say what he wants of it."""
    packed.extraction_filter = getattr(tarfile, "data_filter", None)
    packed.extractall(directory)


def write_error(path, error):
    return BatonError(f"cannot write {shown(path)}: {error.strerror}", "free some space, or give --results <directory>")


def sync_directory(directory):
    fd = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def make_directory(path):
    """With its parents; each new one is on the disk before something is put into it."""
    path = Path(path)
    if path.is_dir():
        return
    if path.parent != path:
        make_directory(path.parent)
    path.mkdir(exist_ok=True)
    sync_directory(path.parent)


def _remove_stale(directory):
    for path in directory.glob(f"{TEMPORARY}*"):
        try:
            if time.time() - path.stat().st_mtime > STALE_SECONDS:  # clock: how old a file is
                path.unlink()
        except OSError:
            pass  # another writer has removed it, or it is not ours


def _write_beside(directory, data):
    """A temporary file there that holds the data, on the disk."""
    make_directory(directory)
    _remove_stale(directory)
    fd, temporary = tempfile.mkstemp(prefix=TEMPORARY, dir=directory)
    try:
        with os.fdopen(fd, "wb") as file:
            os.fchmod(fd, 0o644)
            file.write(data)
            file.flush()
            os.fsync(fd)
    except BaseException:
        os.unlink(temporary)
        raise
    return temporary


def read_text(path, limit=64 << 20):
    """A file's text. fails: OSError; ValueError: no ordinary file, too large, or not UTF-8."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:  # a pipe must not hold us up
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("not an ordinary file")
        if status.st_size > limit:
            raise ValueError(f"{status.st_size >> 20} MiB are more than any record has")
        data = file.read()
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"not text (byte {error.start} is not UTF-8)") from error


def replace_file(path, data):
    """Makes `path` hold `data` (bytes), all or nothing: after any failure the file is as it was before. What a link names is
    replaced, not the link; what is no ordinary file, such as a terminal or a pipe, is written to."""
    path = Path(path)
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(data)
            return
        path = path.resolve()
        temporary = _write_beside(path.parent, data)
        try:
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
        sync_directory(path.parent)
    except OSError as error:
        raise write_error(path, error) from error


def create_file(directory, name, data, suffix=".json"):
    """Puts data into a new file of that name, or where there is one into name_2 and so on; returns its path. Two writers
    at once get two files."""
    directory, number = Path(directory), 1
    path = directory / f"{name}{suffix}"
    try:
        temporary = _write_beside(directory, data)
        try:
            while not _link(temporary, path):
                number += 1
                path = directory / f"{name}_{number}{suffix}"  # "_" sorts after "."
        finally:
            Path(temporary).unlink(missing_ok=True)
        sync_directory(directory)
    except OSError as error:
        raise write_error(path, error) from error
    return path


def _link(temporary, path):
    """Gives the file its name, unless the name is taken."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        return False
    except OSError:  # a file system without links, such as a folder shared with a host: there two writers at once are on their own
        if path.exists():
            return False
        os.replace(temporary, path)
    return True
