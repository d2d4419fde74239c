"""The Makefile's verbs are listed, in order, and the commands of its C files are told to tools."""
import os
import re
import subprocess
import unittest

from scripts.build import compile_commands
from tests.scripts.support import ROOT

NO_VERBS = {"always"}


def make(*words):
    """What it prints, whatever make has started the tests."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(["make", "-s", *words], cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", check=True).stdout


class Help(unittest.TestCase):
    def test_every_verb_is_listed_once_and_in_order(self):
        said = make("help")
        listed = re.findall(r"^  make (\S+) ", said, re.M)
        files = [ROOT / "Makefile", *ROOT.glob("*/*/*.mk")]
        verbs = {v for f in files for line in re.findall(r"^\.PHONY: (.*)$", f.read_text(encoding="utf-8"), re.M) for v in line.split()}
        self.assertEqual(sorted(verbs - NO_VERBS), listed)


class Commands(unittest.TestCase):
    def test_the_first_way_in_which_a_file_is_compiled(self):
        text = "mkdir x\ngcc -O2 -c a.c -o a.o\ngcc -O1 \\\n  -I'b c' a.c b.c -o t\nsed 's/\\'/x/' a.c\n"
        found = {e["file"]: e["arguments"] for e in compile_commands.entries(text)}
        self.assertEqual({"a.c": ["gcc", "-O2", "-c", "a.c", "-o", "a.o"], "b.c": ["gcc", "-O1", "-Ib c", "b.c", "-o", "t"]}, found)

    def test_every_file_of_the_kernel(self):
        found = {e["file"] for e in compile_commands.entries(make("-n", "-B", "all", "CHECK=1"))}
        kernel = {str(p.relative_to(ROOT)) for p in (ROOT / "kernel").rglob("*.c")}
        self.assertEqual(set(), kernel - found)
