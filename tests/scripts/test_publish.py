"""What the workflow keeps on branches, with bare repositories that stand in for GitHub's: one of the project, and two forks."""
import contextlib
import io
import re
import shutil
from unittest import mock

from scripts.base import patience
from scripts.base.common import BatonError
from scripts.records import record
from scripts.source import branch, plaingit
from scripts.verbs import publish
from tests.scripts import support
from tests.scripts.support import make_record
from tests.scripts.test_report import Page

MEDIANS = {"syscall.null": 10, "cap.copy": 200}


class Repositories(support.Workspace):
    """Each repository is a bare one, and a clone of it that lies beside it."""

    def git(self, at, *words):
        done = plaingit.run("-c", "user.name=A", "-c", "user.email=a@b", *map(str, words), cwd=self.dir / at)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def repository(self, name, head="main"):
        self.git(".", "init", "-q", "--bare", "-b", head, f"{name}.git")
        self.git(".", "init", "-q", "-b", head, name)
        self.git(name, "remote", "add", "origin", self.dir / f"{name}.git")

    def fork(self, of, name, head="main"):
        self.git(".", "clone", "-q", "--bare", f"{of}.git", f"{name}.git")
        self.git(f"{name}.git", "branch", "-m", "main", head)
        self.git(".", "clone", "-q", f"{name}.git", name)

    def commit(self, tree, subject):
        head = self.git(tree, "symbolic-ref", "--short", "HEAD")
        self.git(tree, "commit", "-q", "--allow-empty", "-m", subject)
        self.git(tree, "push", "-q", "origin", head)
        return self.git(tree, "rev-parse", "HEAD")

    def publish(self, tree, *words, code=0, **options):
        more = [word for name, value in options.items() for word in (f"--{name}", value)]
        done = self.run_script("verbs.publish", *words, "--tree", self.dir / tree, "--results", self.results, *more)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout + done.stderr

    def measured(self, tree, number, medians=None, commit=None):
        """A run of a clone's commit on its history, as the workflow puts it there."""
        run = make_record(medians or MEDIANS, number=number)
        run["commit"] = commit or self.git(tree, "rev-parse", "HEAD")
        new = self.dir / f"{tree}-{number}"
        record.replace_file(new / "tcg" / f"{record.run_name(run)}.json", record.dump(run))
        self.publish(tree, "runs", new)
        return run

    def report(self, text="<p>a report</p>"):
        path = self.dir / "report.html"
        path.write_text(text, encoding="utf-8")
        return path

    def files(self, name, kept):
        return self.git(f"{name}.git", "ls-tree", "-r", "--name-only", kept).split()

    def earlier(self, tree):
        """The commits of the runs that a clone's HEAD gets."""
        shutil.rmtree(self.results, ignore_errors=True)
        self.publish(tree, "earlier")
        return [record.read(path)["commit"] for path in record.run_paths(self.results, "tcg")]


class History(Repositories):
    def setUp(self):
        super().setUp()
        self.repository("base")
        self.first = self.commit("base", "First")

    def test_it_begins_and_grows_and_the_same_again_is_no_commit(self):
        self.assertEqual(self.earlier("base"), [])
        self.measured("base", 1)
        self.commit("base", "Second")
        self.measured("base", 2)
        self.assertEqual(len(self.files("base", publish.HISTORY)), 2)
        self.assertIn("has them already", self.publish("base", "runs", self.dir / "base-2"))
        self.assertEqual(self.git("base.git", "rev-list", "--count", publish.HISTORY), "2")
        self.assertEqual(len(self.earlier("base")), 2)

    def test_a_fork_whose_branch_is_not_called_main_has_a_history_of_its_own(self):
        self.measured("base", 1)
        self.fork("base", "fork", "trunk")
        own = self.commit("fork", "Of the fork")
        self.measured("fork", 2)
        theirs = self.commit("base", "Of the base")
        self.measured("base", 3)
        self.assertEqual(self.earlier("fork"), [self.first, own])
        self.assertEqual(self.earlier("base"), [self.first, theirs])

    def test_a_pull_request_gets_the_runs_before_it_and_no_others(self):
        """From one fork to the project: its runs, and what went on in the project meanwhile, are another history."""
        self.measured("base", 1)
        for name, head in (("fork", "trunk"), ("other", "main")):
            self.fork("base", name, head)
            self.commit(name, f"Of {name}")
            self.measured(name, 2)
        self.git("base", "fetch", "-q", self.dir / "fork.git", "trunk")
        self.git("base", "merge", "-q", "--no-ff", "-m", "Merge", "FETCH_HEAD")  # what GitHub checks out
        ahead = self.git("base", "rev-parse", "HEAD")
        self.git("base", "reset", "-q", "--hard", self.first)
        self.commit("base", "Later, in the project")
        self.measured("base", 3)
        self.git("base", "checkout", "-q", ahead)
        self.assertEqual(self.earlier("base"), [self.first])

    def test_at_the_same_time(self):
        several = []
        for i in range(5):
            path = self.dir / f"new{i}" / "tcg" / f"{i}.json"
            record.replace_file(path, b"{}\n")
            several.append(self.start_script("verbs.publish", "runs", path.parents[1], "--tree", self.dir / "base"))
        for process in several:
            self.assertEqual(patience.communicate(process)[1], "")
        self.assertEqual(self.files("base", publish.HISTORY), [f"runs/tcg/{i}.json" for i in range(5)])

    def test_links_are_not_followed(self):
        new = self.dir / "new"
        record.replace_file(new / "one.json", b"{}\n")
        (new / "passwd.json").symlink_to("/etc/passwd")
        self.publish("base", "runs", new)
        self.assertEqual(self.files("base", publish.HISTORY), ["runs/one.json"])

    def test_what_a_user_has_configured_changes_nothing(self):
        for line in ("core.autocrlf=input", "core.hooksPath=hooks", "push.gpgSign=true", "i18n.commitEncoding=ISO-8859-1"):
            self.git("base", "config", *line.split("=", 1))
        (self.dir / "base/hooks").mkdir()
        (self.dir / "base/hooks/pre-push").write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
        (self.dir / "base/hooks/pre-push").chmod(0o755)
        path = self.dir / "new/one.json"
        record.replace_file(path, b"{}\r\n")
        self.publish("base", "runs", path.parent)
        self.assertEqual(self.git("base.git", "cat-file", "-s", f"{publish.HISTORY}:runs/one.json"), "4")
        self.assertNotIn("encoding", self.git("base.git", "cat-file", "commit", publish.HISTORY))

    def test_the_working_tree_is_left_alone(self):
        (self.dir / "base/mine").write_text("mine", encoding="utf-8")
        self.git("base", "add", "mine")
        self.measured("base", 1)
        self.assertEqual(self.git("base", "status", "--porcelain"), "A  mine")

    def test_what_fails(self):
        self.assertIn("is not there to publish", self.publish("base", "runs", self.dir / "none", code=2))
        self.assertIn("of which pull request?", self.publish("base", "chart", self.report(), code=2))
        self.assertIn("has no run of", self.publish("base", "page", self.report(), code=1))
        self.git("base", "remote", "set-url", "origin", self.dir / "gone")
        with mock.patch.object(branch, "TRIES", 1), self.assertRaisesRegex(BatonError, "cannot push to x: git ls-remote: "):
            branch.Branch("x", self.dir / "base").change("x", lambda tip: {})


class Published(Repositories):
    def setUp(self):
        super().setUp()
        self.repository("base", "trunk")
        self.runs = []
        for number, (subject, copy) in enumerate((("First", 200), ("A <b>bold</b> one", 150), ("Third", 150))):
            self.commit("base", subject)
            self.runs.append(self.measured("base", number, {**MEDIANS, "cap.copy": copy}))

    def at(self, number):
        self.git("base", "checkout", "-q", self.runs[number]["commit"])

    def place(self, number):
        return f"reports/{record.run_name(self.runs[number])}.html"

    def show(self, path):
        return self.git("base.git", "show", f"{publish.PAGE}:{path}")

    def test_an_index_of_commits_with_the_reports_that_are_kept(self):
        self.at(0)
        self.publish("base", "page", self.report("<p>one</p>"))
        self.at(1)
        self.publish("base", "page", self.report("<p>two</p>"))
        self.assertEqual(self.show(self.place(0)), "<p>one</p>")
        self.assertEqual(self.show(self.place(1)), "<p>two</p>")
        text = self.show("index.html")
        found = Page(text)
        self.assertEqual([link for link in found.links if link.startswith("reports/")], [self.place(1), self.place(0)])
        rows = [re.sub(r"<[^>]+>", " ", row).split() for row in re.findall("<tr>(.*?)</tr>", text)[1:]]
        self.assertEqual([row[1] for row in rows], [run["commit"][:7] for run in self.runs[::-1]], "the newest first")
        self.assertEqual(rows[0][2:], ["nothing", "Third"])
        self.assertEqual(rows[1][2:8], ["report", "1,", "most", "-25.0", "%", "cap.copy"])
        self.assertIn("A &lt;b&gt;bold&lt;/b&gt; one", text)
        self.assertIn(f"| {self.runs[1]['commit'][:7]} | 1 | [report]({self.place(1)}) |", self.show("README.md"))

    def test_it_has_one_commit_and_the_newest_reports(self):
        with mock.patch.object(publish, "REPORTS", 2), contextlib.redirect_stdout(io.StringIO()):
            for number in range(3):
                self.at(number)
                publish.main(["page", str(self.report(str(number))), "--tree", str(self.dir / "base")])
        self.assertEqual(self.git("base.git", "rev-list", "--count", publish.PAGE), "1")
        self.assertEqual([f for f in self.files("base", publish.PAGE) if f.startswith("reports/")], [self.place(1), self.place(2)])
        with mock.patch.object(publish, "REPORTS", 2), contextlib.redirect_stdout(io.StringIO()):
            self.at(0)  # its job was slow
            publish.main(["page", str(self.report("late")), "--tree", str(self.dir / "base")])
        self.assertEqual([f for f in self.files("base", publish.PAGE) if f.startswith("reports/")], [self.place(1), self.place(2)])

    def chart(self, number, head, today):
        return self.publish("base", "chart", self.report(), number=number, head=head * 40, today=today).strip()

    def test_charts_of_pull_requests_go(self):
        old = self.chart(7, "a", "2026-01-01")
        other = self.chart(8, "b", "2026-03-01")
        newer = self.chart(8, "c", "2026-03-02")
        self.assertEqual((old, newer), ("pull/20260101-7-aaaaaaaaaa.png", "pull/20260302-8-cccccccccc.png"))
        self.assertEqual(self.files("base", publish.PAGE), [old, newer])
        self.assertNotIn(other, self.files("base", publish.PAGE))
        self.publish("base", "page", self.report())
        self.assertIn(newer, self.files("base", publish.PAGE), "the page leaves them alone")
        last = self.chart(9, "d", "2026-04-15")
        self.assertEqual([f for f in self.files("base", publish.PAGE) if f.startswith("pull/")], [newer, last])
        self.assertEqual(self.git("base.git", "rev-list", "--count", publish.PAGE), "1")

    def test_a_chart_and_a_page_at_the_same_time(self):
        several = [self.start_script("verbs.publish", "page", self.report(), "--tree", self.dir / "base"),
                   *(self.start_script("verbs.publish", "chart", self.report(), "--number", str(n), "--head", str(n) * 40, "--tree",
                                       self.dir / "base") for n in range(1, 4))]
        for process in several:
            self.assertEqual(patience.communicate(process)[1], "")
        self.assertEqual(len([f for f in self.files("base", publish.PAGE) if f.startswith("pull/")]), 3)
        self.assertIn("index.html", self.files("base", publish.PAGE))

    def test_what_is_no_record_is_left_out(self):
        new = self.dir / "new"
        record.replace_file(new / "tcg" / f"20270101T000000Z-{self.runs[0]['commit'][:10]}.json", b"{}")
        self.publish("base", "runs", new)
        self.publish("base", "page", self.report())
        self.assertEqual(self.show("index.html").count("<tr>"), 4)


if __name__ == "__main__":
    support.unittest.main()
