"""The root file system of the test machine: parts.py's files, and QEMU, nasm and Python copied from this one.

It has Baton's real scripts and images, so what is tested is what a user runs.
"""
import fnmatch
import os
import re
import shutil
import stat
import sys
import sysconfig
from pathlib import Path

from scripts.base import patience
from scripts.base.common import ROOT, BatonError
from scripts.machine import qemu

HERE = Path(__file__).resolve().parent
PROGRAMS = (qemu.QEMU, "nasm")  # nasm assembles the probe guest
FIRMWARE = ("bios-256k.bin", "kvmvapic.bin", "linuxboot_dma.bin", "multiboot_dma.bin")
# From Python's library; the rest is small, or needed.
PYTHON_WITHOUT = ("test", "tests", "idlelib", "lib2to3", "ensurepip", "distutils", "pydoc_data", "tkinter", "turtledemo",
                  "site-packages", "dist-packages", "config-*", "asyncio", "unittest", "sqlite3", "curses",
                  "multiprocessing", "_tkinter.*", "_sqlite3.*", "_decimal.*", "unicodedata.*", "_test*", "_codecs_??.*")


class Archive:
    """A cpio archive in the form that Linux unpacks (newc), written file by file."""

    def __init__(self, stream):
        self.stream, self.names = stream, set()

    def _entry(self, name, mode, data=b"", mtime=0):
        self.names.add(name)
        fields = (len(self.names), mode, 0, 0, 1, int(mtime), len(data), 0, 0, 0, 0, len(name) + 1, 0)
        head = b"070701" + b"".join(b"%08x" % field for field in fields) + name.encode() + b"\0"
        for piece in (head, data):
            self.stream.write(piece + b"\0" * (-len(piece) % 4))

    def directory(self, name):
        """The directory and all above it."""
        name = name.strip("/")
        if name and name not in self.names:
            self.directory(os.path.dirname(name))
            self._entry(name, stat.S_IFDIR | 0o755)

    def data(self, name, data, executable=False, mtime=0):
        name = name.strip("/")
        if name not in self.names:
            self.directory(os.path.dirname(name))
            self._entry(name, stat.S_IFREG | (0o755 if executable else 0o644), data, mtime)

    def file(self, path, name=None):
        """A file's content (links are followed), by default at its own path. Python trusts its compiled files only
        when the time of the source is as it was."""
        path = Path(path)
        found = path.stat()
        self.data(str(name or path), path.read_bytes(), bool(found.st_mode & stat.S_IXUSR), found.st_mtime)

    def link(self, name, target):
        self.directory(os.path.dirname(name.strip("/")))
        self._entry(name.strip("/"), stat.S_IFLNK | 0o777, str(target).encode())

    def end(self):
        self._entry("TRAILER!!!", 0)


def _program(name):
    path = shutil.which(name)
    if path is None:
        raise BatonError(f"{name} is not installed", "scripts/setup.sh run")
    return path


def _libraries(binaries):
    """Paths of all shared libraries that the binaries need, the loader included."""
    done = patience.run(["ldd", *map(str, binaries)], capture_output=True, encoding="utf-8")
    missing = re.search(r"(\S+) => not found", done.stdout)
    if missing:
        raise BatonError(f"the library {missing.group(1)} is missing here", "scripts/setup.sh run")
    return sorted(set(re.findall(r"^\t(?:\S+ => )?(/\S+)", done.stdout, re.MULTILINE)))


def _firmware():
    """QEMU's own directories, in the order in which it searches them."""
    done = patience.run([_program(qemu.QEMU), "-L", "help"], capture_output=True, encoding="utf-8", check=True)
    directories = [Path(line) for line in done.stdout.splitlines()]
    for name in FIRMWARE:
        found = next((d / name for d in directories if (d / name).is_file()), None)
        if found is None:
            raise BatonError(f"QEMU's firmware file {name} is missing here", "scripts/setup.sh run")
        yield found, os.path.normpath(found)


def _wanted(name):
    return ".opt-" not in name and not any(fnmatch.fnmatch(name, pattern) for pattern in PYTHON_WITHOUT)


def _python_library():
    library = Path(sysconfig.get_path("stdlib"))
    for directory, folders, files in os.walk(library):
        here = Path(directory)
        folders[:] = [f for f in folders if _wanted(f)]
        yield from (here / f for f in files if _wanted(f))


def _add_programs(archive):
    """Programs at their own paths, each reached by its name in /bin."""
    python = Path(sys.executable).resolve()
    programs = {name: _program(name) for name in PROGRAMS} | {"python3": python}
    library = list(_python_library())
    libraries = _libraries([*programs.values(), *(path for path in library if path.suffix == ".so")])
    for path in [*programs.values(), *library, *libraries]:
        archive.file(path)
    for name, path in programs.items():
        if os.path.dirname(path) != "/bin":
            archive.link(f"bin/{name}", path)
    for path, name in _firmware():
        archive.file(path, name)


def _add_baton(archive, image):
    """Baton's scripts and images, laid out as in the tree."""
    files = [*(ROOT / "scripts").rglob("*.py"), *(ROOT / "scripts").rglob("*.asm"), *image.files(),
             *(ROOT / "tests").glob("*.py"), *(ROOT / "tests" / "system").glob("*.py")]
    for path in files:
        archive.file(path, f"baton/{Path(path).resolve().relative_to(ROOT)}")


def write(target, parts, image, commands):
    """Writes the archive; `commands` maps a name to a line of shell that /init runs."""
    with target.open("wb") as stream:
        archive = Archive(stream)
        for name in ("dev", "proc", "sys", "tmp", "run"):
            archive.directory(name)
        archive.file(HERE / "init", "init")
        archive.file(parts.busybox, "bin/busybox")
        for path in parts.modules:
            archive.file(path, f"modules/{path.name}")
        for i, (name, line) in enumerate(commands.items()):
            archive.data(f"commands/{i:02}-{name}", f"{line}\n".encode())
        _add_programs(archive)
        _add_baton(archive, image)
        archive.end()
