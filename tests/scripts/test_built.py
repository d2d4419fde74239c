"""A build that is older than its sources is noticed before its tests say anything."""
import contextlib
import io
import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from scripts.base.common import BatonError
from tests import run
from tests.runner import built

FILES = ("kernel/a.c", "kernel/a.h", "build/kernel/a.o", "build/baton.elf")  # in the order in which they are made


class Built(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="baton-test-")
        self.addCleanup(directory.cleanup)
        self.root = Path(directory.name)
        for when, name in enumerate(FILES):
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
            self.date(name, when)
        self.listed("build/kernel/a", "kernel/a.c \\\n kernel/a.h")

    def listed(self, name, sources):
        (self.root / f"{name}.d").write_text(f"{name}.o: {sources}\n\nkernel/a.h:\n", encoding="utf-8")

    def date(self, name, when):
        os.utime(self.root / name, (when, when))

    def test_of_today(self):
        self.assertIsNone(built.stale("build", self.root))
        built.check(self.root)

    def test_a_newer_source(self):
        for name in ("kernel/a.c", "kernel/a.h"):
            with self.subTest(name):
                self.date(name, 9)
                self.assertEqual(built.stale("build", self.root), ("build/kernel/a.o", name))
                with self.assertRaises(BatonError) as raised:
                    built.check(self.root)
                self.assertEqual((raised.exception.what, raised.exception.do),
                                 (f"build/kernel/a.o is older than {name}", "make made"))
                self.date(name, FILES.index(name))

    def test_an_image_that_was_not_linked_again(self):
        self.date("build/kernel/a.o", 9)
        self.assertEqual(built.stale("build", self.root), ("build/baton.elf", "build/kernel/a.o"))

    def test_a_program_of_the_other_build(self):
        for when, name in enumerate(("build/user/a.debug", "build/check/baton.elf", "build/check/user/a.elf")):
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).touch()
            self.date(name, when)
        built.check(self.root)
        self.date("build/user/a.debug", 9)
        self.assertEqual(built.stale("build/check", self.root), ("build/check/user/a.elf", "build/user/a.debug"))

    def test_what_is_gone_or_no_longer_wanted(self):
        self.listed("build/kernel/old", "kernel/old.c kernel/a.h")
        self.listed("build/kernel/gone", "kernel/a.c")
        (self.root / "build/kernel/old.o").touch()
        self.date("build/kernel/old.o", 0)
        self.date("kernel/a.h", 1)
        self.assertIsNone(built.stale("build", self.root))

    def test_what_other_verbs_make(self):
        (self.root / "build/bench/logic").mkdir(parents=True)
        self.listed("build/bench/logic/b", "kernel/a.c")
        (self.root / "build/bench/logic/b.o").touch()
        self.date("build/bench/logic/b.o", 0)
        self.date("kernel/a.c", 1)
        self.assertIsNone(built.stale("build", self.root))

    def test_only_steps_that_need_no_build_run_without_asking(self):
        with mock.patch.object(built, "check", side_effect=BatonError("it is old")), mock.patch.object(run, "_run_all", return_value=[]):
            self.assertRaisesRegex(BatonError, "it is old", run.main, ["gate"])
            with contextlib.redirect_stdout(io.StringIO()):
                run.main(["guard list"])

    def test_nothing_is_built(self):
        (self.root / "build/baton.elf").unlink()
        self.date("kernel/a.c", 9)
        built.check(self.root)
