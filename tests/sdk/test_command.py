"""The command line: options, search path, exit codes, things that are no files."""
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from tests.sdk import support
from tests.sdk.test_good import FILE
from user.sdk.tool import build, iso

TOOL = support.SDK / "bin" / "microkit"
BOARD = ("--board", "x86_64_generic", "--config", "debug")


def run(*words, folder="."):
    done = subprocess.run([sys.executable, str(TOOL), *map(str, words)], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True,
                          encoding="utf-8")
    return done.returncode, done.stdout, done.stderr


class Command(unittest.TestCase):
    def refused(self, words, *expected):
        code, out, err = run(*words)
        self.assertEqual((code, out), (1, ""))
        self.assertEqual(err.count("\n"), 1, err)
        for text in expected:
            self.assertIn(text, err)

    def test_help(self):
        for word in ("-h", "--help"):
            code, out, err = run(word)
            self.assertEqual((code, err), (0, ""))
            for option in ("--output", "--report", "--board", "--config", "--search-path", "--image-type", "--override-kernel"):
                self.assertIn(option, out)

    def test_what_is_missing_is_named(self):
        self.refused((), "microkit: error: the following arguments are required: --board, --config, system")
        self.refused(("x.system", "--board", "baton"), "the following arguments are required: --config\n")
        self.refused((*BOARD, "--search-path", "a", "x.system"), "required: system; system stands before --search-path")

    def test_wrong_words(self):
        self.refused(("x.system", "--board", "tqma8xqp1gb"), "argument --board: unknown parameter 'tqma8xqp1gb'", "x86_64_generic")
        self.refused(("x.system", "--board", "baton", "--config", "fast"), "argument --config: invalid choice 'fast' (choose from: debug")
        self.refused(("x.system", "--board", "baton", "--config", "smp-debug"), "argument --config: 'smp-debug' is for several processors")
        self.refused(("x.system", *BOARD, "--image-type", "uimage"), "as 'uimage' is unsupported for target architecture 'x86_64'")
        self.refused(("x.system", *BOARD, "--image-type", "zip"), "argument --image-type: unknown parameter 'zip'")
        self.refused(("x.system", *BOARD, "-o"), "argument -o: expected one parameter")
        self.refused(("x.system", *BOARD, "--loud"), "unrecognized argument '--loud'")
        self.refused(("x.system", "y.system", *BOARD), "unrecognized argument 'y.system'")
        for size in ("", "0", "M", "12Q", "-1", "9999999G"):
            self.refused(("x.system", *BOARD, "--memory", size), "argument --memory: ")

    def test_a_description_that_is_no_file(self):
        self.refused(("nowhere.system", *BOARD), "system description file 'nowhere.system' does not exist")
        self.refused(("folder", *BOARD), "system description file 'folder' is a folder or device, not a file")
        self.refused(("/dev/zero", *BOARD), "'/dev/zero' is a folder or device")
        self.refused(("good.elf/x.system", *BOARD), "Not a directory")
        self.refused(("x" * 5000, *BOARD), "File name too long")

    def test_all_is_well(self):
        code, out, err = run(FILE, *BOARD, "--check")
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(out, f"{FILE}: 519 protection domains, 15 memory regions, 515 channels: all is well\n")

    def test_errors_go_to_standard_error_and_the_code_is_1(self):
        path = support.HERE / "bad" / "many_kinds.system"
        code, out, err = run(path, *BOARD, "--check")
        self.assertEqual((code, out), (1, ""))
        self.assertEqual([line.partition(": error: ")[1] for line in err.splitlines()], [": error: "] * 9)

    def test_warnings_do_not_fail(self):
        code, out, err = run(support.HERE / "bad" / "warn_null_page.system", *BOARD, "--check")
        self.assertEqual((code, err.count(": warning: ")), (0, 1))

    def test_search_path_takes_all_words_and_the_current_folder_comes_last(self):
        Path("one").mkdir()
        Path("two").mkdir()
        Path("two/only_there.elf").write_bytes(Path("good.elf").read_bytes())
        Path("one/good.elf").write_bytes(b"not a program")
        text = '<system><protection_domain name="a"><program_image path="%s"/></protection_domain></system>'
        Path("there.system").write_text(text % "only_there.elf", encoding="utf-8")
        Path("here.system").write_text(text % "good.elf", encoding="utf-8")
        self.assertEqual(run("there.system", "--search-path", "one", "two", *BOARD, "--check")[0], 0)
        self.assertEqual(run("here.system", "--search-path", "two", *BOARD, "--check")[0], 0)
        code, _, err = run("here.system", "--search-path", "one", "--search-path", "two", *BOARD, "--check")
        self.assertEqual(code, 1)
        self.assertIn("failed to parse ELF 'one/good.elf'", err)

    def test_options_of_old_makefiles(self):
        code, _, err = run("here2.system", *BOARD, "--viper-output", "v", "--capdl-json", "c.json", "--check")
        self.assertEqual(code, 1)
        self.assertIn("warning: --viper-output is ignored", err)
        self.assertIn("warning: --capdl-json is ignored", err)
        self.assertFalse(os.path.exists("c.json") or os.path.exists("v"))

    def test_a_file_that_may_not_be_read(self):
        if os.geteuid() == 0:
            self.skipTest("root may read all")
        Path("secret.system").write_text("<system/>", encoding="utf-8")
        os.chmod("secret.system", 0)
        self.refused(("secret.system", *BOARD), "Permission denied")


class Written(unittest.TestCase):
    def test_a_link_and_what_is_no_ordinary_file_stay_what_they_are(self):
        with tempfile.TemporaryDirectory(prefix="baton-sdk-") as folder:
            path, link, pipe = (Path(folder) / name for name in ("file", "link", "pipe"))
            link.symlink_to(path)
            os.mkfifo(pipe)
            build.write(link, b"data")
            self.assertEqual((link.is_symlink(), path.read_bytes()), (True, b"data"))
            with open(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK), "rb") as reader:
                build.write(pipe, b"data")
                self.assertEqual((pipe.is_fifo(), reader.read()), (True, b"data"))


class Iso(unittest.TestCase):
    """What is said when no disc can be made; discs that boot: boot_test.py."""

    def fails(self, script):
        """The words, with this as grub-mkrescue (None: there is none)."""
        folder, before = Path(f"commands {script is None}").absolute(), os.environ["PATH"]
        folder.mkdir()
        if script is not None:
            (folder / "grub-mkrescue").write_text(script, encoding="utf-8")
            (folder / "grub-mkrescue").chmod(0o755)
        os.environ["PATH"] = str(folder)
        try:
            with self.assertRaises(iso.IsoError) as caught:
                iso.make("good.elf", b"image")
        finally:
            os.environ["PATH"] = before
        return str(caught.exception)

    def test_without_grub(self):
        self.assertIn("grub-mkrescue is not installed; install GRUB", self.fails(None))

    def test_grub_that_fails(self):
        self.assertEqual(self.fails("#!/bin/sh\necho first\necho why\nexit 1\n"), "grub-mkrescue failed: ['why']")
