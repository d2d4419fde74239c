"""scripts/keep.sh: results on a branch of their own, with a repository that stands in for GitHub's."""
import os
import re
import subprocess

from scripts.base import patience
from scripts.source import plaingit
from tests.scripts import support
from tests.scripts.support import ROOT


class Keep(support.Workspace):
    def setUp(self):
        super().setUp()
        self.origin, self.tree, self.new = self.dir / "origin.git", self.dir / "clone", self.dir / "new"
        self.git("init", "-q", "--bare", self.origin, at=self.dir)
        self.git("clone", "-q", self.origin, self.tree, at=self.dir)
        self.new.mkdir()

    def git(self, *arguments, at=None):
        done = plaingit.run(*map(str, arguments), cwd=at or self.origin)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def start(self, *words, **environ):
        return subprocess.Popen([ROOT / "scripts/keep.sh", *map(str, words)], cwd=self.tree, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, encoding="utf-8", env={**os.environ, "HOME": str(self.dir), **environ})

    def keep(self, *words, code=0, **environ):
        process = self.start(*words, **environ)
        said, errors = patience.communicate(process)
        self.assertEqual(process.returncode, code, errors)
        return said + errors

    def files(self, branch="history"):
        return self.git("ls-tree", "-r", "--name-only", branch).split()

    def test_the_branch_begins_and_grows(self):
        (self.new / "tcg").mkdir()
        (self.new / "tcg" / "one.json").write_text("1", encoding="utf-8")
        self.keep("history", "First", self.new, "runs")
        self.assertEqual(self.files(), ["runs/tcg/one.json"])
        (self.new / "tcg" / "one.json").unlink()
        (self.new / "tcg" / "a two.json").write_text("2", encoding="utf-8")
        self.keep("history", "Second", self.new, "runs")
        self.assertEqual(self.git("log", "--format=%s", "history").split(), ["Second", "First"])
        self.assertEqual(self.git("show", "history:runs/tcg/a two.json"), "2")
        self.assertIn("runs/tcg/one.json", self.files())

    def test_the_same_again_is_no_commit(self):
        (self.new / "one").write_text("1", encoding="utf-8")
        self.keep("history", "First", self.new, "runs")
        self.assertIn("has it already", self.keep("history", "Again", self.new, "runs"))
        self.assertEqual(self.git("rev-list", "--count", "history").strip(), "1")

    def test_at_the_same_time(self):
        several = []
        for i in range(5):
            place = self.dir / f"new{i}"
            place.mkdir()
            (place / f"{i}.json").write_text(str(i), encoding="utf-8")
            several.append(self.start("history", f"Run {i}", place, "runs"))
        for process in several:
            self.assertEqual(patience.communicate(process)[1], "")
        self.assertEqual(self.files(), [f"runs/{i}.json" for i in range(5)])

    def test_links_are_not_followed(self):
        (self.new / "one").write_text("1", encoding="utf-8")
        (self.new / "passwd").symlink_to("/etc/passwd")
        self.keep("history", "First", self.new, "pull")
        self.assertEqual(self.files(), ["pull/one"])

    def test_what_a_user_has_configured_changes_nothing(self):
        hooks = self.dir / "hooks"
        hooks.mkdir()
        (hooks / "pre-push").write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
        (hooks / "pre-push").chmod(0o755)
        (self.dir / "attributes").write_text("* filter=other text\n", encoding="utf-8")
        (self.dir / ".gitconfig").write_text(f"""[core]
    hooksPath = {hooks}
    attributesFile = {self.dir}/attributes
    autocrlf = input
[filter "other"]
    clean = tr a b
    required = true
[push]
    gpgSign = true
    followTags = true
[color]
    ui = always
[i18n]
    commitEncoding = ISO-8859-1
""", encoding="utf-8")
        (self.new / "one").write_bytes(b"a line\r\n")
        self.keep("history", "First, caf\u00e9", self.new, "runs", GIT_DIR=str(self.dir / "nowhere"))
        self.assertEqual(self.git("cat-file", "-s", "history:runs/one").strip(), str(len(b"a line\r\n")))
        self.assertIn("a line", self.git("show", "history:runs/one"))
        self.assertNotIn("encoding ISO", self.git("cat-file", "commit", "history"))

    def test_git_is_called_as_elsewhere(self):
        text = (ROOT / "scripts/keep.sh").read_text(encoding="utf-8")
        self.assertEqual(dict(re.findall(r" -c ([\w.]+)=(\S+)", text)), plaingit.PLAIN)
        self.assertEqual(re.search(r"^unset (.*)", text, re.M).group(1).split(), list(plaingit.DROPPED))

    def test_the_working_tree_is_left_alone(self):
        (self.tree / "mine").write_text("mine", encoding="utf-8")
        self.git("add", "mine", at=self.tree)
        (self.new / "one").write_text("1", encoding="utf-8")
        self.keep("history", "First", self.new, "runs")
        self.assertEqual(self.git("status", "--porcelain", at=self.tree), "A  mine\n")

    def test_what_fails(self):
        self.assertIn("four words", self.keep("history", code=2))
        self.assertIn("is no directory", self.keep("history", "x", self.dir / "none", "runs", code=1))
        self.git("remote", "set-url", "origin", self.dir / "gone", at=self.tree)
        self.assertIn("baton: git ls-remote: ", self.keep("history", "x", self.new, "runs", code=1))
        self.assertIn("Links are not followed", self.keep("--help"))
