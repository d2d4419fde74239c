"""Systems that tests build share what they compile, and nothing that is not the same."""
from scripts.base import patience
from tests.scripts import support
from tests.sdk.systems import ONCE

GCC = """#!/bin/sh
echo once >> "${0%/*}/compiled"
PATH=${PATH#*:} exec gcc "$@"
"""


class Once(support.Workspace):
    def setUp(self):
        super().setUp()
        self.program("gcc", GCC)
        for name in ("a", "b", "objects"):
            (self.dir / name).mkdir()
        for name in ("", "a/"):
            self.write(f"{name}one.c", '#include "one.h"\nint one(void) { return ONE; }\n')
            self.write(f"{name}one.h", "#define ONE 1\n")

    def write(self, name, text):
        (self.dir / name).write_text(text, encoding="utf-8")

    def compile(self, object_, *flags, folder=""):
        """How often gcc has compiled by now."""
        done = patience.run([str(ONCE), *flags, "-MMD", "-MP", "-I.", "-c", "one.c", "-o", str(self.dir / object_)],
                            cwd=self.dir / folder, env=self.environment({"BATON_OBJECTS": str(self.dir / "objects")}), capture_output=True,
                            encoding="utf-8")
        self.code = done.returncode
        return len((self.bin / "compiled").read_text(encoding="utf-8").split())

    def made(self, object_):
        path = self.dir / object_
        return path.read_bytes(), path.with_suffix(".d").read_text(encoding="utf-8").replace(str(path), "")

    def test_the_same_is_compiled_once(self):
        self.assertEqual([self.compile("a/one.o"), self.compile("b/one.o")], [1, 1])
        self.assertEqual(self.made("a/one.o"), self.made("b/one.o"))
        self.assertTrue((self.dir / "b/one.d").read_text(encoding="utf-8").startswith(f"{self.dir}/b/one.o: one.c one.h"))

    def test_another_word_or_folder_or_name_is_compiled(self):
        self.compile("a/one.o")
        self.assertEqual([self.compile("b/one.o", "-O1"), self.compile("b/one.o", "-O2"), self.compile("b/one.o", "-O1")], [2, 3, 3])
        self.assertEqual(self.compile("b/one.o", folder="a"), 4)
        self.assertEqual(self.compile("b/two.o"), 5)

    def test_what_has_changed_is_compiled(self):
        self.compile("a/one.o")
        self.write("one.h", "#define ONE 2\n")
        self.assertEqual(self.compile("b/one.o"), 2)
        self.assertNotEqual(self.made("a/one.o")[0], self.made("b/one.o")[0])
        (self.dir / "one.h").unlink()
        self.assertEqual((self.compile("b/one.o"), self.code), (3, 1))

    def test_what_fails_fails_again(self):
        self.write("one.c", "int one(void) { return }\n")
        self.assertEqual([(self.compile("a/one.o"), self.code), (self.compile("b/one.o"), self.code)], [(1, 1), (2, 1)])
