"""A power cut at any moment: a file gets its name when its data is on the disk, and the name is on the disk when the writer is
done. The disk is made up: of a file it has what the last fsync found in it."""
import os
from pathlib import Path
from unittest import mock

from scripts.base import files
from scripts.records import record
from tests.scripts import support
from tests.scripts.support import make_record


class Disk:
    """What the operating system was asked for, in its order; `faults` says what a power cut would have lost."""

    def __init__(self):
        self.data, self.unsynced, self.faults, self.named = {}, set(), [], []
        self.real = {name: getattr(os, name) for name in ("fsync", "link", "replace", "mkdir")}

    def patched(self):
        return mock.patch.multiple(os, fsync=self.fsync, link=self.link, replace=self.replace, mkdir=self.mkdir)

    def fsync(self, fd):
        path = Path(os.readlink(f"/proc/self/fd/{fd}"))
        if path.is_dir():
            self.unsynced.discard(path)
        else:
            self.data[os.fstat(fd).st_ino] = path.read_bytes()
        self.real["fsync"](fd)

    def _name(self, how, old, new):
        old, new = Path(old), Path(new)
        if self.data.get(old.stat().st_ino) != old.read_bytes():
            self.faults.append(f"{how}: {new.name} gets its name before its data is on the disk (fsync)")
        self.real[how](old, new)
        self.named.append(new)
        self.unsynced.add(new.parent.resolve())

    def link(self, old, new):
        self._name("link", old, new)

    def replace(self, old, new):
        self._name("replace", old, new)

    def mkdir(self, path, *more):
        self.real["mkdir"](path, *more)
        self.unsynced.add(Path(path).parent.resolve())


class PowerCut(support.Workspace):
    def assert_durable(self, write, names):
        disk = Disk()
        with disk.patched():
            write()
        lost = disk.faults + [f"{path}: what got a name in it may be without one (fsync of the directory)" for path in disk.unsynced]
        if lost:
            self.fail(lost[0])
        self.assertEqual([path.name for path in disk.named], names)

    def test_a_record_and_the_latest(self):
        run = make_record()
        self.assert_durable(lambda: record.save(self.results, run), [f"{record.run_name(run)}.json", "tcg.json"])

    def test_a_file_that_is_replaced(self):
        path = self.dir / "file"
        for data in (b"old", b"new"):
            self.assert_durable(lambda data=data: files.replace_file(path, data), ["file"])

    def test_a_link_and_what_is_no_ordinary_file_stay_what_they_are(self):
        path, link, pipe = self.dir / "file", self.dir / "link", self.dir / "pipe"
        link.symlink_to(path)
        os.mkfifo(pipe)
        self.assert_durable(lambda: files.replace_file(link, b"data"), ["file"])
        self.assertEqual((link.is_symlink(), path.read_bytes()), (True, b"data"))
        with open(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK), "rb") as reader:
            files.replace_file(pipe, b"data")
            self.assertEqual((pipe.is_fifo(), reader.read()), (True, b"data"))

    def test_where_there_are_no_links(self):
        def write():
            with mock.patch("os.link", side_effect=OSError("no links here")):
                files.create_file(self.dir / "new", "a", b"data")
        self.assert_durable(write, ["a.json"])
