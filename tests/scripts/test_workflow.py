"""The GitHub workflows: what they run exists here, and their shell is sound. What that shell does is tried by test_pull_request.py and
test_publish.py; nothing else about them can be tried here."""
import re
import shutil
import subprocess
import unittest
from pathlib import Path

from scripts.verbs import publish

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
VERB = re.compile(r"\bmake ([a-z-]+)")
SCRIPT = re.compile(r"\b((?:scripts|tests)/[\w/.-]+\.(?:py|sh))")


def _indent(line):
    return len(line) - len(line.lstrip())


def _inner(lines, at):
    """The lines below one that are further in, or blank."""
    found = []
    for line in lines[at + 1:]:
        if line.strip() and _indent(line) <= _indent(lines[at]):
            break
        found.append(line)
    return found


def _value(lines, at):
    """What stands after a key, whole."""
    text = lines[at].split(": ", 1)[1] if ": " in lines[at] else ""
    if text.strip() != "|":
        return text.strip()
    block = _inner([" " * (len(lines[at]) - len(lines[at].lstrip(" -"))) + "x", *lines[at + 1:]], 0)
    depth = min(_indent(line) for line in block if line.strip())
    return "\n".join(line[depth:] for line in block)


def jobs(name):
    """{job: its lines} of a workflow."""
    lines = (ROOT / ".github/workflows" / name).read_text(encoding="utf-8").splitlines()
    inside = _inner(lines, lines.index("jobs:"))
    return {line.strip(" :"): _inner(inside, i) for i, line in enumerate(inside) if re.match(r"  [\w-]+:$", line)}


def steps(name, job):
    """[{key: value}] of a job's steps: what is on one line, and blocks of shell."""
    lines, found = jobs(name)[job], []
    for i, line in enumerate(lines):
        if match := re.match(r"(      - |        )([\w-]+):", line):
            if match[1].strip():
                found.append({})
            if found:
                found[-1][match[2]] = _value(lines, i)
    return found


def shell_blocks(workflow):
    """The value of every `run:`, whole."""
    return [step["run"] for job in jobs(workflow.name) for step in steps(workflow.name, job) if "run" in step]


class Workflows(unittest.TestCase):
    def test_there_are_some(self):
        self.assertEqual([w.name for w in WORKFLOWS], ["ci.yml", "comment.yml"])
        self.assertGreater(sum(len(shell_blocks(w)) for w in WORKFLOWS), 8)

    def test_verbs_and_scripts_exist(self):
        verbs = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
        for workflow in WORKFLOWS:
            for block in shell_blocks(workflow):
                self.assertLessEqual(set(VERB.findall(block)), verbs)
                for script in SCRIPT.findall(block):
                    self.assertTrue((ROOT / script).is_file(), script)

    def test_options_of_compare(self):
        block = next(b for w in WORKFLOWS for b in shell_blocks(w) if "scripts.verbs.compare" in b)
        known = subprocess.run(["python3", "-m", "scripts.verbs.compare", "--help"], cwd=ROOT, capture_output=True, encoding="utf-8")
        for option in re.findall(r"(--[a-z]+) ", block.split("scripts.verbs.compare")[1].splitlines()[0]):
            self.assertIn(option, known.stdout)

    def test_shell_is_sound(self):
        for workflow in WORKFLOWS:
            for block in shell_blocks(workflow):
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

    def test_the_default_branch_may_have_any_name(self):
        """Jobs run for it and for pull requests, and no word says what it is called."""
        condition = "if: github.event_name == 'pull_request' || github.ref_name == github.event.repository.default_branch"
        for job, lines in jobs("ci.yml").items():
            if job != "history":  # which needs one of the others
                self.assertEqual(lines[0].strip(), condition, job)
        kept = {publish.HISTORY, publish.PAGE}
        text = WORKFLOWS[0].read_text(encoding="utf-8")
        self.assertEqual(set(re.search(r"branches-ignore: \[(.*)\]", text)[1].split(", ")), kept)
        for workflow in WORKFLOWS:
            self.assertNotRegex(workflow.read_text(encoding="utf-8"), r"\b(main|master)\b")

    def test_only_jobs_that_run_no_code_of_others_may_write(self):
        self.assertEqual([job for job, lines in jobs("ci.yml").items() if any("write" in line for line in lines)], ["history"])

    def test_no_expression_inside_the_shell(self):
        """What a pull request says (its title, its branch) must not become a part of a command."""
        for workflow in WORKFLOWS:
            for block in shell_blocks(workflow):
                self.assertNotIn("${{", block)


if __name__ == "__main__":
    unittest.main()
