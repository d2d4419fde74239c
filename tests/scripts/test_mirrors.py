"""What is fetched from Debian's pool, and never committed: from the first place that has it, and only what it should be."""
import contextlib
import hashlib
import io
import os
import tarfile
import unittest
from unittest import mock

from scripts.base import files
from scripts.base.common import ROOT, BatonError
from scripts.build import mirrors
from tests.scripts import support

DATA = b"the package"
ARCHIVE = mirrors.Archive("thing_1.deb", "thing", hashlib.sha256(DATA).hexdigest(), "the thing 1", "a thing", "package thing",
                          "BATON_THING", "things")


class Fetched(support.Workspace):
    def data(self, served, **environment):
        """What is got where these addresses have something, and the addresses that were asked."""
        asked = []

        def download(address, target, _):
            asked.append(address)
            if address in served:
                target.write_bytes(served[address])
            return address in served
        with mock.patch.object(mirrors, "own", lambda: ["http://a/x/", "http://b"]), mock.patch.object(mirrors, "download", download), \
                mock.patch.dict(os.environ, environment), contextlib.redirect_stderr(io.StringIO()):
            return ARCHIVE.data(), asked

    def test_every_mirror_and_both_pools_are_asked(self):
        last = "http://b/pool/universe/t/thing/thing_1.deb"
        every = [f"{mirror}/pool/{pool}/t/thing/thing_1.deb" for mirror in ("http://a/x", "http://b") for pool in ("main", "universe")]
        self.assertEqual(self.data({last: DATA}), (DATA, every))

    def test_nobody_has_it(self):
        with self.assertRaisesRegex(BatonError, "thing_1.deb, a thing, cannot be fetched"):
            self.data({})

    def test_a_file_that_is_given_is_taken_if_it_is_the_right_one(self):
        path = self.dir / "given"
        path.write_bytes(DATA)
        self.assertEqual(self.data({}, BATON_THING=str(path)), (DATA, []))
        path.write_bytes(b"another")
        for wrong in (path, self.dir, self.dir / "none"):
            with self.assertRaisesRegex(BatonError, "is not the thing_1.deb of that checksum"):
                self.data({}, BATON_THING=str(wrong))

    @unittest.skipUnless(hasattr(tarfile, "data_filter"), "this Python cannot hold an archive to a directory")
    def test_what_is_unpacked_stays_inside_of_the_directory(self):
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as tar:
            tar.addfile(tarfile.TarInfo("../outside"))
        packed.seek(0)
        with tarfile.open(fileobj=packed) as tar, self.assertRaises(tarfile.OutsideDestinationError):
            files.unpack(tar, self.dir / "inside")

    def test_where_the_cache_is_stands_in_one_place(self):
        found = [str(p.relative_to(ROOT)) for top in ("scripts", "tests", "user") for p in (ROOT / top).rglob("*.py")
                 if "XDG_CACHE_HOME" in p.read_text(encoding="utf-8") and p.parent != ROOT / "tests/scripts"]
        self.assertEqual(sorted(found), ["scripts/base/files.py", "tests/runner/kept.py"])


if __name__ == "__main__":
    unittest.main()
