"""tests/mutant_images.py and what build/equiv makes of its images: each mutant is the bytes that its file gives by itself, and the one that
runs is the one that was chosen."""
import subprocess
import tempfile
import unittest
from pathlib import Path

from scripts.base import patience
from scripts.base.common import ROOT, BatonError
from tests import mutant_images, mutants, mutation

FILE, ENTRY = "identify.asm", "fast_identify"
RUN = ("--states", "300", "--random", "--operation", "identify")
BEHIND = b"\xe9\0\0\0\0"  # the jump to what lies behind the path; its target is the link's


@unittest.skipUnless((ROOT / "build/baton.elf").exists() and (ROOT / "build/equiv").exists(), "nothing is built")
class Images(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="baton-test-")
        self.addCleanup(folder.cleanup)
        self.dir = Path(folder.name)
        self.lines = mutation.sources()[FILE]
        self.builder = mutant_images.builder(mutation.FILES)
        self.mutants = list(mutation.mutants_of(FILE, self.lines))

    def image(self, changes, lines=None):
        return self.builder.image(FILE, lines or self.lines, changes, self.dir)

    def serve(self, image):
        server = mutants.Server(image, "--mutant", "0", *RUN)
        self.addCleanup(server.end)
        return lambda number: server.noticed("--mutant", str(number), *RUN)

    def section(self, assembled, name):
        out = self.dir / "bytes"
        patience.run(["objcopy", "-O", "binary", "-j", name, assembled, out], check=True, stdin=subprocess.DEVNULL)
        return out.read_bytes()

    def test_each_is_what_its_file_gives_by_itself(self):
        self.image([(mutant.number, mutant.line) for mutant in self.mutants])
        for number in (0, 1, len(self.mutants)):
            lines = list(self.lines)
            if number:
                lines[self.mutants[number - 1].number] = self.mutants[number - 1].line
            alone = self.dir / "alone.asm"
            alone.write_text("\n".join(lines) + "\n", encoding="utf-8")
            patience.run([*self.builder.assemble[FILE], alone, "-o", self.dir / "alone.o"], check=True, cwd=ROOT, stdin=subprocess.DEVNULL)
            self.assertEqual(self.section(self.dir / f"{FILE}.o", f".text.{ENTRY}__{number}"),
                             self.section(self.dir / "alone.o", f".plain.{ENTRY}") + BEHIND)

    def test_the_chosen_one_runs(self):
        broken = self.mutants[0]
        same = (broken.number, self.lines[broken.number])
        noticed = self.serve(self.image([same, (broken.number, broken.line), same]))
        told = [noticed(number) for number in (1, 2, 3, 0, 2)]
        self.assertEqual([how is None for how in told], [True, False, True, True, False], told)
        self.assertEqual(told[1], told[4])
        self.assertRegex(told[1], r"^not ok equiv --state \d+: identify: ")

    def test_one_that_the_image_has_not_is_refused(self):
        with self.assertRaisesRegex(BatonError, "could not run"):
            self.serve(self.image([]))(1)

    def test_a_path_that_is_wrong_as_it_is_is_told_first(self):
        lines = list(self.lines)
        lines[self.mutants[0].number] = self.mutants[0].line
        with self.assertRaisesRegex(BatonError, "without any change"):
            self.serve(self.image([], lines))

    def test_what_does_not_assemble_is_told(self):
        with self.assertRaisesRegex(BatonError, "does not build: .*: error"):
            self.image([(self.mutants[0].number, "    nonsense rax, rbx, rcx")])


if __name__ == "__main__":
    unittest.main()
