"""The bare systems of make test-release: where they come from, how they are made, and what is run in them."""
import contextlib
import io
import os
import shutil
import subprocess
import sys
import unittest
from pathlib import Path
from unittest import mock

from scripts.base.common import BatonError
from tests import release
from tests.scripts import support
from tests.scripts.support import ROOT

SCRIPTS = Path("/usr/share/debootstrap/scripts")
FAKE = '#!/bin/sh\nfor word; do printf "%s\\n" "$word"; done\n'


class Bare(support.Workspace):
    def mirror(self, name, *releases, origin="Ubuntu"):
        """A directory as apt knows them."""
        for code in releases:
            directory = self.dir / name / "dists" / code
            directory.mkdir(parents=True)
            (directory / "Release").write_text(f"Origin: {origin}\nCodename: {code}\n", encoding="ascii")
        return f"file:{self.dir / name}"

    def keys(self, *kinds):
        for kind in kinds:
            (self.dir / kind.keyring).write_text("", encoding="ascii")
        return self.dir

    @unittest.skipUnless(shutil.which("apt-get"), "no apt here")
    def test_the_first_mirror_that_has_it_and_whose_it_is(self):
        mirrors = [self.mirror("a", "bookworm", origin="Debian"), self.mirror("b", "noble")]
        self.assertEqual((mirrors[1], release.KINDS["Ubuntu"]), release.find("noble", mirrors, "these"))
        self.assertEqual((mirrors[0], release.KINDS["Debian"]), release.find("bookworm", mirrors, "these"))
        with self.assertRaisesRegex(BatonError, "these .* does not have 'trixie'"):
            release.find("trixie", mirrors, "these")
        with self.assertRaisesRegex(BatonError, "is of Slackware"):
            release.find("x", [self.mirror("c", "x", origin="Slackware")], "these")

    def test_a_release_that_is_younger_than_debootstrap(self):
        for kind in release.KINDS.values():
            command = release.debootstrap(kind, "noble", self.dir / "tree", "http://mirror.invalid", self.keys(kind))
            self.assertEqual(command[-4:], ["noble", str(self.dir / "tree"), "http://mirror.invalid", kind.script])
            self.assertTrue(not SCRIPTS.is_dir() or (SCRIPTS / kind.script).exists(), kind)

    @unittest.skipUnless(shutil.which("apt-get"), "no apt here")
    def test_updates_where_the_mirror_has_them(self):
        lists = self.dir / "etc/apt/sources.list.d"
        lists.mkdir(parents=True)
        for name, releases, expected in (("a", ["noble"], []), ("b", ["noble", "noble-updates"], ["noble-updates main universe"])):
            mirror = self.mirror(name, *releases)
            release.add_updates(self.dir, "noble", mirror, release.KINDS["Ubuntu"])
            self.assertEqual([f"deb {mirror} {words}\n" for words in expected], [p.read_text(encoding="ascii") for p in lists.iterdir()])

    def test_nothing_is_taken_unsigned(self):
        kind = release.KINDS["Ubuntu"]
        with self.assertRaisesRegex(BatonError, "no .*ubuntu-archive-keyring.gpg to check the signatures of noble") as caught:
            release.debootstrap(kind, "noble", self.dir, "http://mirror.invalid", self.keys(release.KINDS["Debian"]))
        self.assertIn("install ubuntu-keyring", caught.exception.do)
        self.assertIn("--force-check-gpg", release.debootstrap(kind, "noble", self.dir, "http://mirror.invalid", self.keys(kind)))

    def test_making_tells_how_far_it_is(self):
        said = "".join(f"I: Retrieving {name}\n" for name in ("a", "b")) + "W: odd\nI: Unpacking a\nI: Retrieving c\n"
        log, told = self.dir / "log", io.StringIO()
        with contextlib.redirect_stderr(told):
            self.assertEqual(release.make_and_tell(["sh", "-c", f"printf '{said}'; exit 3"], log), 3)
        self.assertEqual(log.read_text(encoding="utf-8"), said)
        self.assertEqual(told.getvalue(), "baton: Retrieving a\nbaton: Unpacking a\n")


class Kept(support.Workspace):
    def run_in(self, failing=None):
        """What is run in a system that is there, and the exit code."""
        (self.dir / "baton/releases/trixie").mkdir(parents=True, exist_ok=True)
        ran = []

        def inside(_, *command):
            ran.append(command)
            return int(command == failing)
        with mock.patch.dict("os.environ", XDG_CACHE_HOME=str(self.dir)), mock.patch("os.geteuid", lambda: 0), \
                mock.patch.multiple(release, clone=mock.DEFAULT, inside=inside), contextlib.redirect_stdout(io.StringIO()):
            return ran, release.main(["trixie", "--run", "lint"])

    def test_what_a_kill_has_cut_short_is_finished_first(self):
        ran, code = self.run_in()
        self.assertEqual((code, ran[1], ran[2][-1]), (0, release.FINISH, "lint"))

    def test_what_cannot_be_finished_is_made_anew(self):
        with self.assertRaises(BatonError) as caught:
            self.run_in(release.FINISH)
        self.assertEqual(caught.exception.do, "FRESH=1")


class Lock(support.Workspace):
    """One run at a time in a bare system."""

    HOLDER = "import sys; from pathlib import Path; from tests import release\n" \
             "with release.locked(Path(sys.argv[1]), 'trixie'): print('in', flush=True); sys.stdin.read()"

    def holder(self):
        process = subprocess.Popen([sys.executable, "-c", self.HOLDER, str(self.dir)], cwd=ROOT, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
        self.addCleanup(self._reap, process)
        return process

    def test_who_waits_says_for_whom_and_a_killed_one_holds_nothing(self):
        first = self.holder()
        self.assertEqual(first.stdout.readline(), "in\n")
        second = self.holder()
        self.assertIn(f"process {first.pid}; waiting", second.stderr.readline())
        first.kill()
        self.assertEqual(second.stdout.readline(), "in\n")
        self.assertEqual((self.dir / ".trixie.lock").read_text(encoding="ascii"), f"{second.pid}\n")


class Verbs(support.Workspace):
    def test_quotes_of_both_kinds_reach_the_tool(self):
        verbs = """bench ONLY='ipc.*'; run CMDLINE="run=conform fastpath=off"; iso"""
        fake = self.dir / "python3"
        fake.write_text(FAKE, encoding="ascii")
        fake.chmod(0o755)
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS", "FRESH", "SHORT"))}
        told = subprocess.run(["make", "-sn", "test-release", f"VERBS={verbs}"], cwd=ROOT, env=clean, capture_output=True,
                              encoding="utf-8", check=True).stdout
        command = told[told.index("python3"):]
        done = subprocess.run(["sh", "-c", command], env={"PATH": f"{self.dir}:{clean['PATH']}", "VERBS": verbs},
                              capture_output=True, encoding="utf-8", check=True)
        self.assertEqual(done.stdout.splitlines()[1:], ["tests.release", "trixie", "--run", verbs])
        self.assertEqual(release.commands(verbs), [["bench", "ONLY=ipc.*"], ["run", "CMDLINE=run=conform fastpath=off"], ["iso"]])
