"""The commits between two measurements: found, or told why not."""
from scripts.source import commits, plaingit
from tests.scripts import support


class Between(support.Workspace):
    def setUp(self):
        super().setUp()
        self.tree = self.dir / "tree"
        self.tree.mkdir()
        self.git("init", "-q", "-b", "main")
        self.commits = [self.commit("kernel/a.c", "first")]

    def git(self, *words, tree=None):
        settings = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a",
                    "GIT_COMMITTER_EMAIL": "a@b"}
        return plaingit.run(*words, cwd=tree or self.tree, check=True, **settings).stdout.strip()

    def commit(self, file, title):
        path = self.tree / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(title, encoding="utf-8")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", title)
        return self.git("rev-parse", "HEAD")

    def between(self, old, new, dirty=False, file=None, tree=None):
        return commits.between(old, new, dirty, file, tree or self.tree)

    def test_those_that_touch_what_is_measured(self):
        old = self.commits[0]
        self.commit("docs/x.md", "a document")
        new = self.commit("fastpath/call.asm", "a slower call")
        lines = self.between(old, new)
        self.assertRegex(lines[0], f"^commits from {old[:10]} to {new[:10]} that touch .*: 1:$")
        self.assertEqual([line.split(" ", 3)[3] for line in lines[1:]], ["a slower call"])

    def test_none(self):
        new = self.commit("docs/x.md", "a document")
        lines = self.between(self.commits[0], new)
        self.assertEqual(len(lines), 1)
        self.assertTrue(lines[0].endswith(": 0"), lines)

    def test_changes_that_are_not_committed(self):
        old = self.commits[0]
        self.assertEqual(self.between(old, old, dirty=True)[-1], "and changes that are not committed")

    def test_only_the_newest_are_listed(self):
        for i in range(commits.SHOWN + 3):
            new = self.commit("kernel/a.c", f"change {i}")
        lines = self.between(self.commits[0], new)
        self.assertIn(f": {commits.SHOWN + 3}, the newest {commits.SHOWN}:", lines[0])
        self.assertEqual(len(lines), 1 + commits.SHOWN)

    def test_a_commit_that_nobody_has(self):
        lines = self.between("1" * 40, self.commits[0])
        self.assertEqual(lines, ["commit 1111111111 is not in this clone, so the commits between are not known"])

    def test_a_baseline_whose_commit_was_rebased(self):
        brought = self.commit("results/baseline/tcg.json", "numbers")
        new = self.commit("fastpath/call.asm", "a slower call")
        lines = self.between("1" * 40, new, file="results/baseline/tcg.json")
        self.assertEqual(lines[0], f"commit 1111111111 is not in this clone; its measurement came with {brought[:10]}")
        self.assertIn(f"commits from {brought[:10]}", lines[1])
        self.assertTrue(lines[2].endswith("a slower call"))

    def test_a_baseline_that_was_never_committed(self):
        lines = self.between("1" * 40, self.commits[0], file="results/baseline/tcg.json")
        self.assertIn("the commits between are not known", lines[0])

    def test_an_unknown_commit(self):
        self.assertIn("not in this clone", self.between("unknown", self.commits[0])[0])

    def test_a_shallow_clone(self):
        new = self.commit("kernel/a.c", "second")
        self.git("clone", "-q", "--depth", "1", f"file://{self.tree}", str(self.dir / "shallow"))
        lines = self.between(self.commits[0], new, tree=self.dir / "shallow")
        self.assertIn("do: git fetch --unshallow", lines[0])

    def test_another_branch(self):
        self.git("checkout", "-q", "-b", "other")
        old = self.commit("kernel/b.c", "elsewhere")
        self.git("checkout", "-q", "main")
        new = self.commit("kernel/a.c", "here")
        self.assertIn("is no ancestor of", self.between(old, new)[-1])

    def test_no_git_tree(self):
        empty = self.dir / "empty"
        empty.mkdir()
        self.assertIn("no git tree", self.between("1" * 40, "2" * 40, tree=empty)[0])
