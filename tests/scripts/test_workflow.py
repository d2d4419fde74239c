"""The GitHub workflows: what they run exists here, and their shell is sound. Nothing else about them can be tried here."""
import re
import shutil
import subprocess
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
VERB = re.compile(r"\bmake ([a-z-]+)")
SCRIPT = re.compile(r"\b((?:scripts|tests)/[\w/.-]+\.(?:py|sh))")
RUN = re.compile(r"^( *)(?:- )?run: *(.*)$")


def shell_blocks(text):
    """The value of every `run:`, whole."""
    lines, found = text.splitlines(), []
    for number, line in enumerate(lines):
        if not (match := RUN.match(line)):
            continue
        if match[2] != "|":
            found.append(match[2])
            continue
        depth, block = len(match[1]) + 1, []
        for following in lines[number + 1:]:
            if following.strip() and len(following) - len(following.lstrip()) < depth:
                break
            block.append(following[depth:])
        found.append("\n".join(block))
    return found


class Workflows(unittest.TestCase):
    def test_there_are_some(self):
        self.assertEqual([w.name for w in WORKFLOWS], ["ci.yml", "comment.yml"])
        self.assertGreater(sum(len(shell_blocks(w.read_text(encoding="utf-8"))) for w in WORKFLOWS), 8)

    def test_verbs_and_scripts_exist(self):
        verbs = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
        for workflow in WORKFLOWS:
            for block in shell_blocks(workflow.read_text(encoding="utf-8")):
                self.assertLessEqual(set(VERB.findall(block)), verbs)
                for script in SCRIPT.findall(block):
                    self.assertTrue((ROOT / script).is_file(), script)

    def test_options_of_compare(self):
        block = next(b for w in WORKFLOWS for b in shell_blocks(w.read_text(encoding="utf-8")) if "scripts.verbs.compare" in b)
        known = subprocess.run(["python3", "-m", "scripts.verbs.compare", "--help"], cwd=ROOT, capture_output=True, encoding="utf-8")
        for option in re.findall(r"(--[a-z]+) ", block.split("scripts.verbs.compare")[1].splitlines()[0]):
            self.assertIn(option, known.stdout)

    def test_shell_is_sound(self):
        for workflow in WORKFLOWS:
            for block in shell_blocks(workflow.read_text(encoding="utf-8")):
                done = subprocess.run(["bash", "-n"], input=block, capture_output=True, encoding="utf-8")
                self.assertEqual(done.stderr, "", block)
                if shutil.which("shellcheck"):
                    done = subprocess.run(["shellcheck", "-s", "bash", "-"], input=block, capture_output=True, encoding="utf-8")
                    self.assertEqual(done.stdout, "", block)

    def test_actions_are_pinned(self):
        """A tag can be moved to other code; the name of a commit cannot."""
        for workflow in WORKFLOWS:
            for used in re.findall(r"uses: *(.+)", workflow.read_text(encoding="utf-8")):
                self.assertRegex(used, r"^actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")

    def test_it_works_on_a_fork_unchanged(self):
        for workflow in WORKFLOWS:
            text = workflow.read_text(encoding="utf-8")
            self.assertNotIn("secrets.", text)
            self.assertNotIn("github.com/", text)
            top = text.split("\njobs:")[0]
            self.assertIn("\npermissions:\n", top)
            self.assertNotIn("write-all", text)
        # What runs code of a pull request may write nothing.
        self.assertIn("\npermissions:\n  contents: read\n", WORKFLOWS[0].read_text(encoding="utf-8").split("\njobs:")[0])

    def test_no_expression_inside_the_shell(self):
        """What a pull request says (its title, its branch) must not become a part of a command."""
        for workflow in WORKFLOWS:
            for block in shell_blocks(workflow.read_text(encoding="utf-8")):
                self.assertNotIn("${{", block)


if __name__ == "__main__":
    unittest.main()
