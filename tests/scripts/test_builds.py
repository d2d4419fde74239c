"""Images of commits: made of real git trees with a Makefile of two lines, killed, cut off, and asked for twice."""
import os
import re
import signal
import subprocess
import sys
import unittest

from scripts.base import patience
from scripts.base.common import BatonError
from scripts.build import builds
from scripts.source import gitlog, plaingit
from tests.scripts import support

MAKEFILE = """all:
	@[ ! -e kernel/slow ] || { touch $(STARTED); sleep 20; }
	@mkdir -p build/user && cp kernel/source build/baton32.elf && echo root > build/user/root.elf
	@! grep -q broken kernel/source || { echo "kernel/source:1: error: it is broken"; exit 1; }
	@echo built >> $(LOG)
"""


class Tree(support.Workspace):
    """A git tree whose commits are built in no time; `log` gets a line for each build."""

    def setUp(self):
        super().setUp()
        self.root, self.store, self.log = self.dir / "tree", self.dir / "store", self.dir / "log"
        self.root.mkdir()
        self.log.write_text("", encoding="utf-8")
        self.started = self.dir / "started"
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.name", "A. Author")
        self.git("config", "user.email", "a@example.org")
        self.write("Makefile", MAKEFILE.replace("$(LOG)", str(self.log)).replace("$(STARTED)", str(self.started)))
        self.first = self.commit("one", source="one")

    def git(self, *arguments):
        return plaingit.run(*arguments, cwd=self.root, check=True).stdout

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def commit(self, subject, source=None, **files):
        if source:
            self.write("kernel/source", source)
        for name, text in files.items():
            self.write(name, text)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", subject)
        return gitlog.resolve("HEAD", self.root)

    def image(self, commit, only="*"):
        return builds.image_of(commit, only, self.store, self.root, lambda _: None)

    def built(self):
        return self.log.read_text(encoding="utf-8").count("built")

    def left(self):
        return [p.name for p in self.store.glob(".tree-*")]


class Images(Tree):
    def test_built_once(self):
        for _ in range(2):
            self.assertEqual(self.image(self.first).kernel.read_text(encoding="utf-8"), "one")
        self.assertEqual((self.built(), self.left()), (1, []))

    def test_each_commit_its_own(self):
        second = self.commit("two", source="two")
        self.assertEqual([self.image(c).kernel.read_text(encoding="utf-8") for c in (second, self.first)], ["two", "one"])

    def test_documents_change_no_image(self):
        same = self.commit("words", **{"README.md": "words", "docs.md": "more", "tests/scripts": "test"})
        self.assertEqual(self.image(same), self.image(self.first))
        self.assertEqual(self.built(), 1)

    def test_the_working_tree_is_left_alone(self):
        self.write("kernel/source", "not committed")
        before = self.git("status", "--porcelain"), self.git("worktree", "list")
        self.assertEqual(self.image(self.first).kernel.read_text(encoding="utf-8"), "one")
        self.assertEqual((self.git("status", "--porcelain"), self.git("worktree", "list")), before)

    def test_what_make_says_when_it_fails(self):
        bad = self.commit("broken", source="broken")
        with self.assertRaises(builds.CannotBuild) as caught:
            self.image(bad)
        self.assertIn(f"{bad.hash[:10]} does not build: kernel/source:1: error: it is broken", str(caught.exception))
        self.assertEqual(self.left(), [])

    def test_another_compiler_is_another_image(self):
        kept = builds._tools
        self.addCleanup(setattr, builds, "_tools", kept)
        self.image(self.first)
        builds._tools = lambda: ["gcc 99"]
        self.image(self.first)
        self.assertEqual(self.built(), 2)

    def test_the_least_recently_used_go(self):
        self.addCleanup(setattr, builds, "KEPT", builds.KEPT)
        builds.KEPT = 2
        commits = [self.first, self.commit("two", source="two")]
        for age, commit in enumerate(commits):
            os.utime(self.image(commit).kernel.parent, (1000 - age, 1000 - age))
        self.image(commits[1])  # used just now, so the other goes
        self.image(self.commit("three", source="three"))
        self.image(commits[1])
        self.assertEqual(self.built(), 3)
        self.image(commits[0])
        self.assertEqual(self.built(), 4)

    def test_a_warning_of_a_newer_compiler_ends_no_build(self):
        makefile = (self.root / "Makefile").read_text(encoding="utf-8")
        strict = self.commit("strict", source="strict", **{
            "Makefile": "WARN := -Wall -Werror\ninclude tests/more.mk\n" + makefile + "\t@echo '$(WARN) $(MORE)' > build/user/words.elf\n",
            "tests/more.mk": "MORE := $(filter-out -Werror,-Werror -O2)\n"})
        self.assertEqual((self.image(strict).kernel.parent / "user/words.elf").read_text(encoding="utf-8"), "-Wall -O2\n")
        self.assertIn("-Werror", self.git("show", "HEAD:Makefile"))

    def test_systems_are_built_where_they_are_measured(self):
        makefile = (self.root / "Makefile").read_text(encoding="utf-8")
        commit = self.commit("systems", **{"Makefile": "BENCH_SYSTEMS := some\n" + makefile +
                                           "\t@echo '$(BENCH_SYSTEMS)' > build/user/words.elf\n"})

        def words(only):
            return (self.image(commit, only).kernel.parent / "user/words.elf").read_text(encoding="utf-8").strip()
        self.assertEqual([words(only) for only in ("ipc.call/*", "fs.read/4k/ram", "ipc.call/*")], ["", "some", "some"])
        self.assertEqual(self.built(), 2)

    def test_words_of_the_calling_make_stay_outside(self):
        os.environ["MAKEFLAGS"] = "-n"  # would only print what it does
        self.addCleanup(os.environ.pop, "MAKEFLAGS")
        self.assertEqual(self.image(self.first).kernel.read_text(encoding="utf-8"), "one")


class Killed(Tree):
    def test_signals(self):
        slow = self.commit("slow", **{"kernel/slow": "yes"})
        program = ("import sys; from pathlib import Path; from scripts.base import common; from scripts.build import builds\n"
                   "from scripts.source import gitlog; root, store = map(Path, sys.argv[1:3]); sys.argv[1:] = []\n"
                   "common.run_main(lambda _: builds.image_of(gitlog.resolve('HEAD', root), '*', store, root))")
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            with self.subTest(signal.Signals(number).name):
                process = subprocess.Popen([sys.executable, "-c", program, self.root, self.store], cwd=support.ROOT,
                                           stderr=subprocess.DEVNULL,
                                           preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
                self.wait_for(self.started.exists)
                self.started.unlink()
                self.assertEqual(len(self.left()), 1)
                process.send_signal(number)
                patience.wait(process)
                if number != signal.SIGKILL:
                    self.assertEqual(self.left(), [])
        self.assertEqual(len(self.left()), 1)  # the one killed by SIGKILL; the next run removes it, and works
        self.assertEqual(self.image(self.first).kernel.read_text(encoding="utf-8"), "one")
        self.assertEqual(self.left(), [])
        self.assertFalse((self.store / builds.key(slow, self.root)).exists())

    def test_a_tree_in_use_is_not_removed(self):
        with builds._tree(self.store) as path:
            self.image(self.first)
            self.assertTrue(path.is_dir())
        self.assertFalse(path.exists())


class Names(Tree):
    def test_what_is_no_commit(self):
        for name in ("nonsense", "--all", "", "0" * 40, "HEAD~5", "HEAD:Makefile"):
            with self.subTest(name), self.assertRaisesRegex(BatonError, "is not a commit"):
                gitlog.resolve(name, self.root)

    def test_what_is_said_of_one(self):
        self.git("tag", "v1")
        self.assertEqual(gitlog.resolve("v1", self.root), self.first)
        self.assertEqual((self.first.author, self.first.subject), ("A. Author", "one"))

    def test_history(self):
        second, third = self.commit("two"), self.commit("three")
        self.assertEqual(gitlog.first_parents(third, None, self.root), [self.first, second, third])
        self.assertEqual(gitlog.first_parents(third, second, self.root), [second, third])
        with self.assertRaisesRegex(BatonError, "not among the first parents"):
            gitlog.first_parents(second, third, self.root)


RULES = ("Makefile", "kernel/kernel.mk", "user/user.mk", "user/libc/libc.mk")
NO_INPUT = {"scripts/setup.sh"}  # it installs the tools, and a tool is told from another by what it says about itself


class Inputs(unittest.TestCase):
    def test_every_file_that_the_compiler_read_is_known(self):
        read = set()
        for path in (support.ROOT / "build").rglob("*.d"):
            if not path.is_relative_to(support.ROOT / "build/commits") and "tests/host" not in str(path):
                read |= set(re.findall(r"(?:kernel|fastpath|bench|user|tests|scripts)/[\w./-]+", path.read_text(encoding="utf-8")))
        self.assertTrue(read, "build first: make")
        self.assertEqual({name for name in read if not builds.is_built(name) and not name.startswith("tests/")}, set())

    def test_every_script_of_the_build_is_known(self):
        rules = "".join((support.ROOT / name).read_text(encoding="utf-8").split("# ---- verbs")[0] for name in RULES)
        scripts = set(re.findall(r"scripts/[\w/]+\.(?:py|sh)", rules))
        for name in list(scripts):
            text = (support.ROOT / name).read_text(encoding="utf-8")
            scripts |= {f"{m.replace('.', '/')}.py" for m in re.findall(r"^\s*from (scripts\.[\w.]+)", text, re.MULTILINE)}
        self.assertIn("scripts/build/ksyms.py", scripts)
        self.assertEqual({name for name in scripts - NO_INPUT if not builds.is_built(name)}, set())
