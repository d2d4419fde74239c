"""What happens to a pull request, as the workflows' own shell does it: in a copy of the tree, with a bare repository in GitHub's place,
and a gh that notes what it is asked for."""
import json
import re
import shutil

from scripts.base import patience
from scripts.base.common import ROOT, BatonError
from scripts.records import record
from scripts.source import plaingit
from scripts.verbs import comment
from tests.scripts import support
from tests.scripts.support import make_record
from tests.scripts.test_workflow import steps

HEAD = "a1" * 20
GH = """#!/bin/sh
here=${0%/*}
echo "$*" >> "$here/asked"
case "$*" in
"run download"*) cp -r "$here/left" comment ;;
*pulls/12*) echo """ + HEAD + """ ;;
*--paginate*) [ ! -e "$here/old" ] || cat "$here/old" ;;
*body=@body.md) cp body.md "$here/said" ;;
*) exit 1 ;;
esac
"""
SIDE = {"commit": "b" * 40, "dirty": False, "image_sha256": None, "refused": {}}
EVIL = "![x](http://e) <img src=x> @all [a](javascript:b) | `tick` #1"


def compared(old, new, backend="tcg", refused=None):
    """The record of a comparison. old, new: [{benchmark: median} of each boot]"""
    boots = [[{i: {"median": m, "min": m} for i, m in boot.items()} for boot in side] for side in (old, new)]
    return {"schema": "baton-compare/1", "date": "2026-01-01T00:00:00Z", "backend": backend, "unit": record.UNITS[backend],
            "old": {**SIDE, "boots": boots[0]}, "new": {**SIDE, "boots": boots[1], "refused": refused or {}}, "differences": [EVIL]}


class Commented(support.Workspace):
    def setUp(self):
        super().setUp()
        self.left, self.tree = self.bin / "left", self.dir / "tree"
        self.left.mkdir()
        self.program("gh", GH)
        for part in ("scripts", "results/peers"):
            shutil.copytree(ROOT / part, self.tree / part, ignore=shutil.ignore_patterns("__pycache__"))
        self.git("init", "-q", "--bare", self.dir / "origin.git")
        self.git("init", "-q", "-b", "trunk")
        self.git("remote", "add", "origin", self.dir / "origin.git")
        self.leave("run.json", make_record())
        self.leave("tcg.json", compared([{"cap.copy": 100, "cap.mint": 7}], [{"cap.copy": 80, "cap.mint": 7}]))
        (self.left / "number").write_text("12\n", encoding="utf-8")

    def git(self, *words):
        return plaingit.run("-c", "user.name=A", "-c", "user.email=a@b", *map(str, words), cwd=self.tree, check=True).stdout

    def leave(self, name, value):
        (self.left / name).write_text(json.dumps(value), encoding="utf-8")

    def shell(self, script, **env):
        return patience.run(["bash", "-e", "-o", "pipefail", "-c", script], cwd=self.tree, encoding="utf-8", capture_output=True,
                            env=self.environment(env))

    def comment(self):
        """What is said on the pull request, or None; all steps of the job that are due."""
        shutil.rmtree(self.tree / "comment", ignore_errors=True)
        (self.bin / "asked").unlink(missing_ok=True)
        (self.bin / "said").unlink(missing_ok=True)
        output = self.dir / "output"
        output.write_text("", encoding="utf-8")
        env = {"GITHUB_OUTPUT": str(output), "REPOSITORY": "some/one", "RUN": "1", "HEAD_SHA": HEAD, "NUMBER": "12",
               "MARK": "<!-- mark -->", "GITHUB_SERVER_URL": "https://example.org"}
        for step in steps("comment.yml", "comment"):
            if step.get("if") not in (None, "steps.left.outputs.number"):
                self.fail(f"a condition that this test does not know: {step['if']}")
            if "run" in step and ("if" not in step or re.search(r"^number=.", output.read_text(encoding="utf-8"), re.M)):
                done = self.shell(step["run"], **env)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        said = self.bin / "said"
        return said.read_text(encoding="utf-8") if said.exists() else None

    def asked(self):
        return (self.bin / "asked").read_text(encoding="utf-8")

    def test_a_table_and_a_chart(self):
        said = self.comment()
        self.assertTrue(said.startswith("<!-- mark -->\nWhat a1a1a1a1a1 changes.\n"))
        self.assertIn("| cap.copy | 100 | 80 | -20 (-20.00 %) | better |", said)
        self.assertIn("2 compared: 1 better, 1 same", said)
        link = r"!\[fast and slow paths\]\(https://example.org/some/one/raw/bench-page/(pull/\d{8}-12-a1a1a1a1a1.png)\)"
        page = self.git("ls-remote", "origin", "bench-page").split()[0]
        self.assertEqual(self.git("ls-tree", "-r", "--name-only", page).split(), [re.search(link, said)[1]])
        self.assertIn("-X POST repos/some/one/issues/12/comments", self.asked())

    def test_the_comment_that_is_there_is_changed(self):
        (self.bin / "old").write_text("77\n", encoding="utf-8")
        self.assertIsNotNone(self.comment())
        self.assertIn("-X PATCH repos/some/one/issues/comments/77", self.asked())

    def test_cycles_where_the_runner_had_them(self):
        boots = [[{"cap.copy": 1000 + i % 3 + more} for i in range(20)] for more in (0, 200)]
        self.leave("kvm.json", compared(*boots, "kvm"))
        said = self.comment()
        self.assertIn("### In cycles, under KVM on the runner", said)
        self.assertRegex(said, r"\| cap\.copy \| 1001 \| 1201 \| \+19\.98 % \| .* \| worse \|")

    def test_no_word_of_the_pull_request_has_markup(self):
        """The verdicts are reached here, so those in the file are not even read; a reason is shown, as it is written."""
        boots = [[{"cap.copy": 1000 + i % 3} for i in range(20)]] * 2
        self.leave("kvm.json", compared(*boots, "kvm", {"cap.mint": EVIL}))
        said = self.comment()
        self.assertIn("refused in some boots: cap.mint: `![x](http://e) <img src=x> @all [a](javascript:b) | 'tick' #1`", said)
        outside = re.sub(r"`[^`]*`", "", said)
        for mark in ("<img", "@", "javascript", "http://e"):
            self.assertNotIn(mark, outside)

    def test_what_is_no_record_is_not_shown(self):
        wrong = compared([{"cap.copy": 100}], [{EVIL: 80}])
        for name, value in (("tcg.json", wrong), ("tcg.json", {"schema": EVIL}), ("run.json", {**make_record(), "commit": EVIL}),
                            ("tcg.json", {**compared([{}], [{}]), "new": {**SIDE, "boots": [{"cap.copy": {"median": EVIL, "min": 1}}]}})):
            before = (self.left / name).read_bytes()
            self.leave(name, value)
            self.assertEqual(self.comment(), "<!-- mark -->\nWhat the run of a1a1a1a1a1 left are no records; its log says more.\n")
            (self.left / name).write_bytes(before)

    def test_what_is_no_ordinary_file_is_not_read(self):
        (self.left / "kvm.json").symlink_to("/etc/passwd")
        self.assertIsNone(self.comment())
        (self.left / "kvm.json").unlink()
        (self.left / "kvm.json").write_bytes(bytes(4000000))
        self.assertIsNone(self.comment())

    def test_another_pull_request_is_not_spoken_to(self):
        for number in ("13\n", "none"):
            (self.left / "number").write_text(number, encoding="utf-8")
            self.assertIsNone(self.comment())

    def test_nothing_to_compare_with(self):
        (self.left / "tcg.json").unlink()
        self.assertIn(comment.NONE, self.comment())

    def test_a_comparison_of_another_backend_is_refused(self):
        self.leave("kvm.json", compared([{"cap.copy": 1}], [{"cap.copy": 1}]))
        with self.assertRaisesRegex(BatonError, "is a comparison of tcg, not of kvm"):
            comment.body(self.left, HEAD)

    def test_a_table_that_is_too_long_is_told_in_a_line(self):
        medians = {f"cap.copy/{'long' * 20}/{i}": 100 for i in range(400)}
        self.leave("tcg.json", compared([medians], [{i: 101 for i in medians}]))
        said = self.comment()
        self.assertIn("400 compared: 400 worse**: too many for a comment", said)
        self.assertLess(len(said), comment.LONGEST)


COMPARE = """#!/bin/sh
echo "$*" >> "${0%/*}/compared"
case "$*" in *"${FAILS:-none}"*) exit 1 ;; esac
backend=$(echo "$*" | sed 's/.*--backend \\([a-z]*\\).*/\\1/')
mkdir -p "results/compare/$backend"
echo "$backend" > "results/compare/$backend/1.json"
"""


class Measured(support.Workspace):
    """The measuring job leaves data, of what could be measured."""

    def left(self, **env):
        record.replace_file(self.dir / "results/latest/tcg.json", b"run")
        self.program("python3", COMPARE)
        script = next(step["run"] for step in steps("ci.yml", "measure") if step.get("name") == "what the pull request changes")
        done = patience.run(["bash", "-e", "-c", script], cwd=self.dir, encoding="utf-8", capture_output=True,
                            env=self.environment({"NUMBER": "12", **env}))
        self.assertEqual(done.returncode, 0, done.stderr)
        return {path.name: path.read_text(encoding="utf-8").strip() for path in (self.dir / "comment").iterdir()}, done.stdout

    def test_without_kvm(self):
        self.assertEqual(self.left(KVM="")[0], {"number": "12", "run.json": "run", "tcg.json": "tcg"})
        self.assertEqual((self.bin / "compared").read_text(encoding="utf-8").splitlines(),
                         ["-m scripts.verbs.compare --base HEAD^1 --backend tcg --changed"])

    def test_with_kvm(self):
        self.assertEqual(self.left(KVM="yes")[0], {"number": "12", "run.json": "run", "tcg.json": "tcg", "kvm.json": "kvm"})

    def test_what_cannot_be_compared_stops_nothing(self):
        left, said = self.left(KVM="yes", FAILS="--backend tcg")
        self.assertEqual(left, {"number": "12", "run.json": "run", "kvm.json": "kvm"})
        self.assertIn("::warning::tcg could not be compared", said)


if __name__ == "__main__":
    support.unittest.main()
