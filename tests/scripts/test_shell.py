"""The shell scripts: setup.sh with a made-up apt-get, mkiso.sh with a made-up grub-mkrescue."""
import os
import re
import shutil

from tests.scripts import support
from tests.scripts.support import ROOT

TOOLS = ("sh", "id", "sort", "tr", "sed", "env", "cat", "mktemp", "rm", "mkdir", "cp", "mv", "basename", "dirname",
         "tail", "touch")


class Setup(support.Workspace):
    """PATH holds only what the script itself needs and Python, so that every other command that it looks for is missing."""

    def setUp(self):
        super().setUp()
        for name in TOOLS:
            os.symlink(shutil.which(name), self.bin / name)
        self.program("python3", "")
        self.log = self.dir / "apt.log"

    def setup_sh(self, *arguments):
        return self.run_script("setup.sh", *arguments, path=str(self.bin))

    def have_apt(self, then=""):
        self.program("apt-get", f'#!/bin/sh\necho "$*" >> {self.log}\n{then}\n')

    def be_user(self, number):
        (self.bin / "id").unlink()
        self.program("id", f"#!/bin/sh\necho {number}\n")

    def test_nothing_missing_is_fast_and_silent(self):
        self.have_apt()
        for name in ("gcc", "ld", "nasm", "make"):
            self.program(name, "")
        done = self.setup_sh("build")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        self.assertFalse(self.log.exists())

    def test_missing_is_installed_without_questions(self):
        self.be_user(0)
        self.have_apt(f'case "$*" in *install*) cp {self.bin}/sh {self.bin}/gnuplot ;; esac')
        done = self.setup_sh("chart")
        update, install = self.log.read_text(encoding="utf-8").splitlines()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(update.endswith("update"))
        self.assertIn("-y", install.split())
        self.assertIn("--no-install-recommends", install)
        self.assertEqual(install.split()[-1], "gnuplot-nox")

    def test_check_installs_nothing(self):
        self.be_user(0)
        self.have_apt()
        self.assert_error(self.setup_sh("--check", "chart"), 1, "missing: gnuplot-nox", "scripts/setup.sh chart")
        self.assertFalse(self.log.exists())

    def test_without_root_it_names_one_command_for_all_verbs(self):
        self.be_user(1000)
        self.have_apt()
        done = self.setup_sh("chart")
        self.assert_error(done, 1, "missing: gnuplot-nox", "needs root")
        self.assertRegex(done.stderr, r"do: su -c 'apt-get update && apt-get install -y --no-install-recommends "
                                      r"(?=[^']*\bgcc\b)(?=[^']*\bqemu-system-x86\b)(?=[^']*\bgnuplot-nox\b)(?=[^']*\bspin\b)[^']*'$")
        self.assertNotIn("bochs", done.stderr, "which only asks who wants that verb")
        self.assertIn("bochs", self.setup_sh("bochs").stderr.split("do: ")[1])
        self.assertFalse(self.log.exists())

    def test_who_has_sudo_with_a_password_is_told_so(self):
        self.be_user(1000)
        self.have_apt()
        self.program("sudo", "#!/bin/sh\nexit 1\n")
        self.assert_error(self.setup_sh("chart"), 1, "needs root", "do: sudo sh -c 'apt-get update && apt-get install")

    def test_sudo_without_password_is_used(self):
        self.be_user(1000)
        self.have_apt(f'case "$*" in *install*) cp {self.bin}/sh {self.bin}/gnuplot ;; esac')
        self.program("sudo", '#!/bin/sh\n[ "$1" = -n ] || exit 1\nshift\nexec "$@"\n')
        (self.bin / "true").symlink_to(shutil.which("true"))
        self.assertEqual(self.setup_sh("chart").returncode, 0)

    def test_without_apt_get(self):
        self.be_user(0)
        (self.bin / "python3").unlink()
        self.assert_error(self.setup_sh("build"), 1, "missing: binutils gcc make nasm python3", "no apt-get")

    def test_failing_apt_get(self):
        self.be_user(0)
        self.have_apt("exit 100")
        done = self.setup_sh("chart")
        self.assertEqual(done.returncode, 1)
        self.assertIn("apt-get could not install gnuplot-nox", done.stderr)

    def test_an_installation_that_was_interrupted(self):
        """What mends that is another command, and there is one to say."""
        self.be_user(0)
        self.have_apt("exit 100")
        self.program("dpkg", '#!/bin/sh\n[ "$1" = --audit ] && echo "The following packages are only half configured"\n')
        self.assert_error(self.setup_sh("chart"), 1, "could not install gnuplot-nox", "do: dpkg --configure -a")

    def test_package_that_brings_nothing(self):
        self.be_user(0)
        self.have_apt()
        done = self.setup_sh("chart")
        self.assertEqual(done.returncode, 1)
        self.assertIn("still missing after the installation: gnuplot-nox", done.stderr)

    def test_unknown_group(self):
        self.assert_error(self.setup_sh("games"), 2, "'games'", "--help")


class Iso(support.Workspace):
    def setUp(self):
        super().setUp()
        self.output = self.dir / "out.iso"
        self.program("grub-mkrescue", '#!/bin/sh\ncp "$3/boot/grub/grub.cfg" "$2"\n')

    def mkiso(self, *arguments, **more):
        return self.run_script("mkiso.sh", "--build", self.build, "--output", self.output, *arguments, **more)

    def configuration(self, *arguments):
        done = self.mkiso(*arguments)
        self.assertEqual((done.returncode, done.stdout), (0, f"{self.output}\n"), done.stderr)
        lines = [line.strip() for line in self.output.read_text(encoding="utf-8").splitlines()]
        return [re.sub(r" 'commit=[^']*' 'image=[0-9a-f]{64}' 'nasm=[^']*'$", " ORIGIN", line) for line in lines]

    def test_what_the_image_is_stands_in_both_entries(self):
        from scripts.machine import hostinfo
        from scripts.source.image import built_image
        self.assertEqual(self.mkiso().returncode, 0)
        commit, dirty = hostinfo.commit()
        for path in ("on", "off"):
            words = f"'commit={commit}{'+' if dirty else ''}' 'image={built_image(self.build).sha256()}' 'nasm={hostinfo.nasm()}'\n"
            self.assertIn(f"multiboot2 /boot/baton.elf fastpath={path} {words}", self.output.read_text(encoding="utf-8"))

    def test_a_link_and_what_is_no_ordinary_file_stay_what_they_are(self):
        whole, self.output = self.configuration(), self.dir / "link"
        self.output.symlink_to(self.dir / "linked.iso")
        self.assertEqual((self.configuration(), self.output.is_symlink()), (whole, True))
        self.output = self.dir / "pipe"
        os.mkfifo(self.output)
        with open(os.open(self.output, os.O_RDONLY | os.O_NONBLOCK), encoding="utf-8") as reader:
            self.assertEqual((self.mkiso().returncode, self.output.is_fifo()), (0, True))
            self.assertEqual(len(reader.read().splitlines()), len(whole))

    def test_more_words_than_the_kernel_keeps_are_refused(self):
        room = 255 - len("fastpath=off  ") - len(self.origin())
        self.configuration("--cmdline", "x" * room)
        self.assert_error(self.mkiso("--cmdline", "x" * (room + 1)), 2, f"longer than {room} characters")

    def origin(self):
        return self.run_script("build.origin", "--build", self.build).stdout.strip()

    def test_entries(self):
        lines = self.configuration("--cmdline", "run=bench bench=ipc.*")
        for part in ("multiboot2 /boot/baton.elf fastpath=on 'run=bench' 'bench=ipc.*' ORIGIN",
                     "multiboot2 /boot/baton.elf fastpath=off 'run=bench' 'bench=ipc.*' ORIGIN", "set default=0",
                     "set timeout=3", "module2 /boot/root.elf root", "module2 /boot/bench.elf bench"):
            self.assertIn(part, lines)
        self.assertLess(lines.index("module2 /boot/root.elf root"), lines.index("module2 /boot/bench.elf bench"))

    def test_fastpath_off_chooses_the_second_entry(self):
        lines = self.configuration("--cmdline", "fastpath=off raw=on", "--no-menu")
        self.assertIn("set default=1", lines)
        self.assertIn("set timeout=0", lines)
        self.assertIn("multiboot2 /boot/baton.elf fastpath=off 'raw=on' ORIGIN", lines)

    def test_screen(self):
        lines = self.configuration()
        self.assertEqual([line for line in lines if "gfxpayload" in line][2], "set gfxpayload=text")
        self.assertTrue(lines.index("insmod all_video") < lines.index("set gfxpayload=text"))
        lines = self.configuration("--screen", "800x600x24,text")
        self.assertEqual([line for line in lines if "gfxpayload" in line],
                         [*["set gfxpayload=800x600x24,text"] * 2, "set gfxpayload=text"])

    def test_mode_without_depth_is_refused(self):
        for modes in ("", "1024x768", "auto", "640x480x8", "1024x768x32,", "text;reboot", "text reboot"):
            with self.subTest(modes):
                self.assert_error(self.mkiso("--screen", modes), 2, "no list such as")

    def test_font(self):
        font = self.dir / "mine.pf2"
        self.assert_error(self.mkiso("--font", font), 1, "mine.pf2 is missing", "--font")
        font.write_bytes(b"FILE")
        self.program("grub-mkrescue", '#!/bin/sh\ncp "$3/boot/font.pf2" "$2"\n')
        self.assertEqual(self.mkiso("--font", font).returncode, 0)
        self.assertEqual(self.output.read_bytes(), b"FILE")

    def test_quotes_are_refused(self):
        for text in ("a'b", 'a"b', "a\\b"):
            with self.subTest(text):
                self.assert_error(self.mkiso("--cmdline", text), 2, "quotes")

    def test_failure_leaves_the_earlier_iso(self):
        self.output.write_text("earlier", encoding="utf-8")
        self.program("grub-mkrescue", "#!/bin/sh\necho no space >&2; exit 1\n")
        done = self.mkiso()
        self.assert_error(done, 1, "grub-mkrescue failed", "scripts/setup.sh run")
        self.assertIn("no space", done.stderr)
        self.assertEqual(self.output.read_text(encoding="utf-8"), "earlier")

    def test_output_that_cannot_be_written(self):
        done = self.run_script("mkiso.sh", "--build", self.build, "--output", self.dir / "none" / "x.iso")
        self.assert_error(done, 1, "cannot write")

    def test_missing_kernel(self):
        (self.build / "baton.elf").unlink()
        self.assert_error(self.mkiso(), 1, "baton.elf is missing", "do: make")

    def test_option_without_value(self):
        self.assert_error(self.mkiso("--cmdline"), 2, "--cmdline needs a value")


class Help(support.Workspace):
    def test_every_script_has_it(self):
        names = [p.name for p in (ROOT / "scripts").glob("*.sh")]
        names += [f"{p.parent.name}.{p.stem}" for p in (ROOT / "scripts").glob("*/*.py")
                  if "\nif __name__ ==" in p.read_text(encoding="utf-8")]
        self.assertIn("verbs.bench", names)
        for name in names:
            with self.subTest(name):
                done = self.run_script(name, "--help")
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertGreater(len(done.stdout.splitlines()), 2)
