"""The lint of citations finds what is not there, and nothing else."""
import tempfile
import unittest
from pathlib import Path

from tests import citations

DESIGN = "# Design\n\n## 1. The parts\n\n## 2. What's `x`, and why?\n"


class Citations(unittest.TestCase):
    def found(self, name, text):
        with tempfile.TemporaryDirectory() as directory:
            root = Path(directory)
            tree = {"docs/design.md": DESIGN, "kernel/a.c": "", name: text}
            for path, content in tree.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(content, encoding="utf-8")
            return citations.look([name], tree, root)

    def test_what_is_there(self):
        self.assertEqual([], self.found("kernel/b.c", "/* kernel/a.c, a.c; docs/design.md section 2 */"))
        self.assertEqual([], self.found("docs/x.md", "[a](design.md#2-whats-x-and-why) [b](../kernel/a.c) [c](https://a.b/c.md) `make`"))

    def test_a_file(self):
        self.assertEqual(["kernel/b.c:2: there is no file kernel/c.c"], self.found("kernel/b.c", "/* kernel/a.c\n kernel/c.c */"))
        self.assertEqual(["kernel/b.asm:1: there is no file c.h"], self.found("kernel/b.asm", "mov eax, 1 ; see c.h"))
        self.assertEqual(["tests/t.py:1: there is no file c.h"], self.found("tests/t.py", '"""See c.h."""\nX = "d.h"'))

    def test_a_section(self):
        self.assertEqual(["kernel/b.c:1: docs/design.md has no section 3"], self.found("kernel/b.c", "// docs/design.md section 3"))
        self.assertEqual(["kernel/b.c:1: docs/design.md has no section 5"],
                         self.found("kernel/b.c", "// docs/design.md sections 1 and 5"))

    def test_a_link(self):
        self.assertEqual([], self.found("docs/x.md", "[a](../kernel/)"))
        self.assertEqual(["docs/x.md:1: ../user/: there is no such file"], self.found("docs/x.md", "[a](../user/)"))
        self.assertEqual(["docs/x.md:2: design.md#3-x: there is no such heading"], self.found("docs/x.md", "\n[a](design.md#3-x)"))
        self.assertEqual(["docs/x.md:1: #y: there is no such heading"], self.found("docs/x.md", "[a](#y)"))
