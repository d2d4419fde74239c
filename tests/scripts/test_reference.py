"""abi.def as scripts read it, the manual made from it, and the comparison with what the kernel counted."""
import re
import subprocess
import unittest

from scripts.base.common import BatonError
from scripts.source import abi, layout
from scripts.verbs import reference
from tests.runner import coverage
from tests.scripts import support
from tests.scripts.support import ROOT

SMALL = """\
NOTE("what this is")
KIND(CAP_EP, CAP, 1 << TYPE_ENDPOINT, RIGHT_SEND | RIGHT_RECV, "endpoint")
KIND(CAP_CNODE, CAP, 1 << TYPE_CNODE, 0, "CNode")
KIND(SLOT, SLOT_FREE, 0, 0, "slot")
SYSCALL(0x00, NULL, "nothing")
SYSCALL(0x01, SEND, "send, and wait")
    ARG(SEND, rdi, CAP_EP, "endpoint", "where, and so on")
    BLOCKS(SEND, "until somebody comes")
    FAILS(SEND, CANCELED, "it was cut off")
SYSCALL(0x02, SAVE, "save")
    ARG(SAVE, rdi, CAP_CNODE, "cnode", "where")
    ARG(SAVE, rsi, SLOT, "index", "slot")
    RESULT(SAVE, rax, "value", "a number")
SYSCALL(0x03, WAIT, "wait")
    ARG(WAIT, rdi, CAP_EP, "endpoint", "where")
    GIVES(WAIT, NOTIFIED, "always: it was signalled")
ERROR(-1, BAD_CAP, "a")
ERROR(-2, WRONG_TYPE, "b")
ERROR(-3, NO_RIGHT, "c")
ERROR(-4, BAD_ARGUMENT, "d")
ERROR(-6, OCCUPIED, "e")
ERROR(-11, CANCELED, "f")
OUTCOME(0, MESSAGE, "g")
OUTCOME(1, NOTIFIED, "h")
TYPE(2, CNODE, 0, "i")
TYPE(4, ENDPOINT, 6, "j")
RIGHT(0x01, SEND, "k")
RIGHT(0x02, RECV, "l")
"""


class Reading(support.Workspace):
    def read(self, text=SMALL):
        path = self.dir / "abi.def"
        path.write_text(text, encoding="utf-8")
        return abi.read(path)

    def test_errors_follow_from_arguments(self):
        calls = self.read().calls
        self.assertEqual(list(calls["SEND"].errors()), ["BAD_CAP", "WRONG_TYPE", "NO_RIGHT", "CANCELED"])
        self.assertEqual(list(calls["SAVE"].errors()), ["BAD_CAP", "WRONG_TYPE", "BAD_ARGUMENT", "OCCUPIED"])
        self.assertEqual(calls["SEND"].blocks, "until somebody comes")
        self.assertEqual(calls["WAIT"].outcomes(), ["NOTIFIED"])
        self.assertEqual(abi.check(self.read()), [])

    def test_a_line_that_is_none(self):
        for line in ('SYSCALL(0x05, OTHER)', 'ARG(NOBODY, rdi, CAP_EP, "a", "b")', 'ARG(SEND, rsi, NO_KIND, "a", "b")',
                     "hello", 'SYSCALL(five, OTHER, "a")', 'WORD(1, "a")'):
            with self.assertRaisesRegex(BatonError, "abi.def:29"):
                self.read(SMALL + line + "\n")

    def test_what_is_incomplete(self):
        for line, what in (('SYSCALL(0x09, OTHER, "x")', "OTHER: its arguments are not described"),
                           ('FAILS(SEND, NO_SUCH, "x")', "no error or outcome NO_SUCH"),
                           ('ARG(SEND, rdi, CAP_EP, "a", "b")', "rdi is none, or there twice"),
                           ('ARG(SEND, rbx, CAP_EP, "a", "b")', "rbx is none"),
                           ('ARG(SEND, rsi, SLOT, "a", "b")', "no CNode stands before it"),
                           ('SYSCALL(0x00, OTHER, "x")', "two system calls have the number 0x0"),
                           ('KIND(X, CAP, 1 << TYPE_NONE, 0, "x")', "no type or right NONE"),
                           ('KIND(X, CLUB, 0, 0, "x")', "no class CLUB")):
            self.assertIn(what, "\n".join(abi.check(self.read(SMALL + line + "\n"))))

    def test_coverage(self):
        lines = ["coverage NULL MESSAGE 3", "coverage SEND BAD_CAP 1", "coverage SEND EMPTY 2", "coverage SAVE LONG 1",
                 "coverage SAVE NOTIFIED 1", "ok coverage SEND MESSAGE 1", "coverage WAIT MESSAGE 1"]
        small = self.read(SMALL + 'OUTCOME(2, LONG, "m")\n')
        unknown, missing = coverage.compare(small, coverage.pairs(lines))
        self.assertEqual(unknown, [("SEND", "EMPTY"), ("WAIT", "MESSAGE")])
        self.assertIn(("SEND", "CANCELED"), missing)
        self.assertIn(("SEND", "MESSAGE"), missing)
        self.assertNotIn(("SAVE", "VALUE"), missing)


class Manual(unittest.TestCase):
    def test_every_link_has_a_heading(self):
        text = reference.manual()
        headings = {reference.anchor(h) for h in re.findall(r"^##+ (.*)$", text, re.M)}
        links = re.findall(r"\]\(#([^)]*)\)", text)
        self.assertGreater(len(links), 100)
        self.assertEqual([link for link in links if link not in headings], [])

    def test_each_call_leads_to_what_it_means(self):
        text = reference.manual()
        for call in abi.read().calls.values():
            section = text.split(f"\n### {reference.heading(call)}\n")[1].split("\n### ")[0]
            name, file = re.search(r"Exactly: `(\w+)` in \[(?:\w+\.py)\]\(\.\./(tests/model/\w+\.py)\)\.", section).groups()
            self.assertEqual(name, f"sys_{call.name.lower()}")
            self.assertIn(f"\ndef {name}(", (ROOT / file).read_text(encoding="utf-8"))

    def test_every_table_is_whole(self):
        for block in re.findall(r"(?:^\|.*\n)+", reference.manual(), re.M):
            widths = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
            self.assertEqual(len(widths), 1, block)

    def test_layouts_are_the_compiler_s(self):
        for header in reference.HEADERS:
            for s in layout.structures((ROOT / header).read_text(encoding="utf-8")):
                checks = [f"_Static_assert(sizeof(struct {s.name}) == {s.size}, \"size\");"]
                checks += [f"_Static_assert(__builtin_offsetof(struct {s.name}, {f.name.split('[')[0]}) == {f.offset}, "
                           f"\"{f.name}\");" for f in s.fields]
                text = f'#include "{ROOT / header}"\n' + "\n".join(checks)
                done = subprocess.run(["gcc", "-fsyntax-only", "-x", "c", "-I", str(ROOT / "kernel/abi"), "-"], input=text,
                                      capture_output=True, encoding="utf-8", check=False)
                self.assertEqual(done.stderr, "")


class Guide(unittest.TestCase):
    def test_its_code_is_the_example_s(self):
        example = (ROOT / "user/example/example.c").read_text(encoding="utf-8")
        blocks = re.findall(r"```c\n(.*?)```", (ROOT / "docs/guide.md").read_text(encoding="utf-8"), re.S)
        self.assertGreater(len(blocks), 3)
        for block in blocks:
            self.assertIn(block, example)

    def test_its_links_into_the_manual(self):
        headings = {reference.anchor(h) for h in re.findall(r"^##+ (.*)$", reference.manual(), re.M)}
        links = re.findall(r"\]\(reference\.md#([^)]*)\)", (ROOT / "docs/guide.md").read_text(encoding="utf-8"))
        self.assertEqual([link for link in links if link not in headings], [])
