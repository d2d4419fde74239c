"""The lint of the rooms: it finds an import against the order, a circle, and what else a room may not do; and nothing where all is
well. And the files that a lint looks at, and how wide they may be."""
import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from tests import lint, rooms

TABLE = """| room | what it is for | it imports |
|---|---|---|
| [low](low/__init__.py) | the lowest |  |
| [high](high/__init__.py) | the highest | low |
"""
TREE = {"scripts/__init__.py": '"""All."""\n', "scripts/low/__init__.py": '"""Low."""\n', "scripts/high/__init__.py": '"""High."""\n',
        "scripts/low/a.py": "import re\n", "scripts/low/b.py": "from scripts.low import a\n",
        "scripts/high/c.py": '"""C."""\nfrom scripts.low import a\nfrom scripts.low.b import re\nX = 1\n',
        "tests/__init__.py": '"""Tests."""\n', "tests/t.py": "from scripts.high import c\nfrom scripts.low.a import re\n"}


class Rooms(unittest.TestCase):
    def found(self, changed=None, table=TABLE):
        """For the tree with these files changed; None: without the file."""
        tree = {**TREE, **(changed or {})}
        with tempfile.TemporaryDirectory() as directory:
            for name, text in {**tree, rooms.TABLE: table}.items():
                if text is not None:
                    (Path(directory) / name).parent.mkdir(parents=True, exist_ok=True)
                    (Path(directory) / name).write_text(text, encoding="utf-8")
            return rooms.look([name for name, text in tree.items() if text is not None], Path(directory))

    def test_all_is_well(self):
        self.assertEqual(self.found(), [])

    def test_against_the_order(self):
        for text in ("from scripts.high import c\n", "from scripts.high.c import X\n", "import scripts.high.c\n", "from ..high import c\n",
                     "def f():\n    from scripts.high import c\n", "from scripts.high import c as d\n"):
            with self.subTest(text):
                line = text.count("\n")
                self.assertEqual(self.found({"scripts/low/new.py": text}),
                                 [f"scripts/low/new.py:{line}: scripts.high.c is imported: low may not import high (scripts/README.md)"])

    def test_a_room_that_the_row_does_not_name(self):
        found = self.found(table=TABLE.replace("| low |", "|  |"))
        self.assertEqual([line.split(": ", 1)[0] for line in found], ["scripts/high/c.py:2", "scripts/high/c.py:3"])

    def test_a_row_that_names_what_is_not_above(self):
        self.assertEqual(self.found(table=TABLE.replace("lowest |  |", "lowest | high |")),
                         ["scripts/README.md:1: low may not import high, whose row is not above its own"])

    def test_circles(self):
        self.assertEqual(self.found({"scripts/low/a.py": "from scripts.low import b\n"}),
                         ["scripts/low/a.py:1: a circle: scripts.low.a imports scripts.low.b imports scripts.low.a"])
        three = self.found({"scripts/low/a.py": "def f():\n    from scripts.low.d import x\n", "scripts/low/d.py": "from . import b\n"})
        self.assertEqual(three, ["scripts/low/a.py:1: a circle: "
                                 "scripts.low.a imports scripts.low.d imports scripts.low.b imports scripts.low.a"])
        self.assertEqual(len(self.found({"tests/t.py": "from tests import u\n", "tests/u.py": "from tests import t\n"})), 1)

    def test_scripts_do_not_import_tests(self):
        self.assertEqual(self.found({"scripts/high/new.py": "from tests import t\n"})[0],
                         "scripts/high/new.py:1: tests.t is imported: scripts/ may not import tests/")

    def test_a_room_without_a_row_or_a_word(self):
        self.assertEqual(self.found({"scripts/new/__init__.py": '"""New."""\n'}),
                         ["scripts/README.md:1: the table has no row of the room new"])
        self.assertEqual(self.found(table=f"{TABLE}| [top](top/__init__.py) | none | low |\n"),
                         ["scripts/README.md:1: there is no room top"])
        for text in ("", None):
            self.assertIn("tests/__init__.py:1: does not say what the folder is for", self.found({"tests/__init__.py": text}))

    def test_where_python_looks(self):
        path = "sys" + ".path"
        self.assertEqual(self.found({"tests/t.py": f"import sys\n{path}.insert(0, 'scripts')\nimport re\n"}),
                         ["tests/t.py:3: an import after other code",
                          "tests/t.py:2: it changes where Python looks for modules; run it from the root, as python3 -m tests.t"])

    def test_what_may_be_missing(self):
        self.assertEqual(self.found({"tests/t.py": "import sys\ntry:\n    import z3\nexcept ImportError:\n    sys.exit(1)\nimport re\n"}),
                         [])


class Files(unittest.TestCase):
    def test_without_git_they_are_the_same(self):
        patterns = ("scripts/*.py", "tests/*.c", "*.md", ".ci/run")
        known = lint.tracked(*patterns)
        with mock.patch("scripts.source.plaingit.run", return_value=subprocess.CompletedProcess((), 128)):
            self.assertEqual(lint.tracked(*patterns), known)
        self.assertIn("scripts/verbs/bench.py", known)

    def test_a_line_that_is_too_wide(self):
        with tempfile.TemporaryDirectory() as directory:
            root = Path(directory)
            (root / "pyproject.toml").write_text("[tool.ruff]\nline-length = 20\n", encoding="utf-8")
            (root / "a.py").write_text(f"# {'ä' * 18}\n\n# {'a' * 19}\n", encoding="utf-8")
            with mock.patch.object(lint, "ROOT", root), mock.patch.object(lint, "tracked", lambda *_: ["a.py"]):
                self.assertEqual(lint.width(), ["a.py:3: 21 characters, more than 20"])
