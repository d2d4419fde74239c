"""The Makefile's verbs are listed, in order, the commands of its C files are told to tools, and assembly depends on what it includes."""
import os
import re
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

from scripts.build import compile_commands
from tests.scripts.support import ROOT

NO_VERBS = {"always", "made"}
NEEDS_NOTHING = {"help", "clean"}


def make(*words, **variables):
    """What it prints, whichever make has started the tests."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))} | variables
    return subprocess.run(["make", "-s", *words], cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", check=True).stdout


def fake_python(directory, text):
    """The environment in which that is python3."""
    fake = Path(directory) / "python3"
    fake.write_text(text, encoding="ascii")
    fake.chmod(0o755)
    return {"PATH": f"{directory}:{os.environ['PATH']}"}


def verbs(text):
    return re.findall(r"^([a-z][a-z_.-]*):.*## ", text, re.M)


class Systems(unittest.TestCase):
    def test_a_system_gets_the_disk_and_the_words_that_it_is_given(self):
        said = make("-n", "-C", "user/systems", "run", "SYSTEM=files", "BUILD=build/x", "MICROKIT_SDK=build/sdk", "DISK=/some/disk.img",
                    "QEMU_MORE=-s")
        boot, = (line for line in said.splitlines() if line.startswith("qemu-system"))
        for words in ("-s", "-drive file=/some/disk.img,", "-device virtio-blk-pci,drive=disk,"):
            self.assertIn(f" {words}", boot)

    def test_without_words_it_is_a_shell(self):
        for words, system in (((), "shell"), (("SYSTEM=web",), "web"), (("CMDLINE=run=hello",), None)):
            said = make("-n", "run", *words, "SUBMAKE=true", "MAKE=echo make:")
            self.assertEqual(re.findall(r"^make: .*-C user/systems run SYSTEM=(\S+)", said, re.M), [system] if system else [], words)
            self.assertEqual("scripts.verbs.run --cmdline" in said, not system)


class Parts(unittest.TestCase):
    """The Makefile's own parts, which lie beside what they build."""

    def setUp(self):
        said = make("-p", "-n", "help")
        self.read, self.made_with = (re.search(rf"^{name} :?= ?(.*)$", said, re.M)[1].split() for name in ("MAKEFILE_LIST", "MADE_WITH"))

    def test_a_change_of_any_makes_all_anew(self):
        self.assertEqual([], [p for p in self.read if not p.endswith(".d") and p not in self.made_with])
        self.assertIn("kernel/kernel.mk", self.made_with)

    def test_no_part_is_left_behind(self):
        parts = {str(p.relative_to(ROOT)) for top in ("kernel", "user", "bench", "tests") for p in (ROOT / top).rglob("*.mk")}
        others = {"user/examples/example.mk", "user/services/services.mk",  # components of one's own include those, and these with them
                  "user/services/net/net.mk", "user/services/proc/proc.mk", "user/programs/programs.mk", "bench/systems/inside/walls.mk"}
        self.assertEqual(others, parts - set(self.read), "included by nobody")

    def test_the_verbs_stand_by_name(self):
        named = verbs((ROOT / "Makefile").read_text(encoding="utf-8"))
        self.assertEqual(sorted(named), named)


class Help(unittest.TestCase):
    def test_every_verb_is_listed_once_and_in_order(self):
        said = make("help")
        listed = re.findall(r"^  make (\S+) ", said, re.M)
        files = [ROOT / "Makefile", *ROOT.glob("*/*.mk"), *ROOT.glob("*/*/*.mk")]
        phony = {v for f in files for line in re.findall(r"^\.PHONY: (.*)$", f.read_text(encoding="utf-8"), re.M) for v in line.split()}
        self.assertEqual(sorted(phony - NO_VERBS), listed)

    def test_the_make_of_a_verb_does_not_install_again(self):
        self.assertIn(" SET_UP=1 ", re.search(r"^SUBMAKE = (.*)$", make("-p", "-n", "help"), re.M)[1])
        self.assertEqual([1, 0], [make("-n", *words, "build/tools").count("scripts/setup.sh") for words in ((), ("SET_UP=1",))])

    def test_every_verb_first_installs_what_it_runs(self):
        """Where there is git and make and nothing else. python3 stands for all: most verbs run it, and no package brings it for sure."""
        table = (ROOT / "scripts/setup.sh").read_text(encoding="utf-8")
        with_python = set(re.findall(r"^(\w+) +python3 +python3$", table, re.M))
        for verb in re.findall(r"^  make (\S+) ", make("help"), re.M):
            with self.subTest(verb):
                commands = make("-n", verb).splitlines()
                groups = re.fullmatch(r"scripts/setup\.sh((?: \w+)*)(?: >&2)?", commands[0])
                self.assertEqual(groups is None, verb in NEEDS_NOTHING, commands[0])
                if groups and groups[1] and any("python3" in command for command in commands):
                    self.assertTrue(with_python & set(groups[1].split()), commands[0])
                if groups:
                    self.assertEqual(set(groups[1].split()) - set(re.findall(r"^(\w+) +\S+ +\S+$", table, re.M)), set(), "not in the table")


class Output(unittest.TestCase):
    RESULTS = ("bench", "bench-linux", "chart", "compare", "equiv", "export", "footprint", "mitigations", "prove", "record", "report")

    def test_what_these_print_is_their_result(self):
        """What is installed and built on the way there goes where progress goes."""
        parts = [ROOT / "Makefile", ROOT / "tests/prove/prove.mk"]
        text = "\n".join(part.read_text(encoding="utf-8") for part in parts)
        for verb in self.RESULTS:
            recipe = re.search(rf"^{verb}:.*\n((?:\t.*\n)+)", text, re.M)[1]
            before = [line for line in recipe.splitlines() if "scripts/setup.sh" in line or "$(SUBMAKE)" in line]
            self.assertTrue(before, verb)
            for line in before:
                self.assertRegex(line, r">&2\)?$", verb)


class Parallel(unittest.TestCase):
    """Two makes of verbs would build the same files at once; what one of them builds, it builds by all processors."""

    def serial(self, *goals):
        return "\n.NOTPARALLEL:" in make("-p", "-n", "-j2", *goals)

    def test_verbs_go_one_after_the_other(self):
        for goals in (["gate"], ["made", "sdk"], ["test"], []):
            self.assertTrue(self.serial(*goals), goals)
        self.assertFalse(self.serial("made", "build/equiv"))

    def test_the_makes_of_verbs_share_the_processors(self):
        for file in (ROOT / "Makefile", *ROOT.glob("*/*.mk"), *ROOT.glob("*/*/*.mk")):
            recipes = [line for line in file.read_text(encoding="utf-8").splitlines() if line.startswith("\t") and "$(SUBMAKE)" in line]
            self.assertEqual([], [line for line in recipes if not line.startswith("\t+")], f"{file}: a + is missing")


class Folders(unittest.TestCase):
    def test_one_called_like_a_list_of_what_is_included_is_none(self):
        """Below build/ stand copies of paths, and a clone may lie in a folder of any name."""
        with tempfile.TemporaryDirectory() as build:
            (Path(build) / "clone.d").mkdir()
            self.assertIn("make", make("help", f"BUILD={build}"))


class Asked(unittest.TestCase):
    def test_a_make_that_is_asked_what_it_would_do_runs_no_script(self):
        with tempfile.TemporaryDirectory() as directory:
            said = make("-n", "run", "CMDLINE=run=hello", **fake_python(directory, f"#!/bin/sh\ntouch {directory}/ran\n"))
            self.assertFalse((Path(directory) / "ran").exists())
        self.assertIn("python3 -m scripts.verbs.run", said)


class Ended(unittest.TestCase):
    """Who ends the make of a verb has ended its script, too, which else would go on unseen."""

    FAKE = "#!/bin/sh\necho $$\nexec tail -f /dev/null\n"

    def commands(self, *words):
        """Those that run a script, as make prints them."""
        found = re.findall(r"^.*python3 -m (?:scripts\.verbs|tests)\..*(?:\\\n.*)*$", make("-n", *words), re.M)
        return [text.replace("/usr/bin/python3", "python3") for text in found]

    def outlives(self, command, directory):
        """Whether the script is there after the make that ran the command has been ended."""
        (directory / "Makefile").write_text("script:\n\t@" + command.replace("$", "$$").replace("\n", "\n\t") + "\n", encoding="utf-8")
        with subprocess.Popen(["make", "-s", "-C", directory], env={**os.environ, **fake_python(directory, self.FAKE)},
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="ascii") as process:
            script = int(process.stdout.readline())
            process.terminate()
            process.wait()
            try:
                os.kill(script, signal.SIGKILL)
            except ProcessLookupError:
                return False
            return True

    def test_a_script_ends_with_its_make(self):
        listed = [(verb,) for verb in re.findall(r"^  make (\S+) ", make("help"), re.M)]
        found = {command for words in (*listed, ("test-release", "VERBS=lint", "MIRROR=x")) for command in self.commands(*words)}
        self.assertGreater(len(found), 20)
        for command in found:
            with self.subTest(command), tempfile.TemporaryDirectory() as directory:
                self.assertFalse(self.outlives(command, Path(directory)))


class Modules(unittest.TestCase):
    def test_a_program_that_is_no_more_is_none(self):
        with tempfile.TemporaryDirectory() as build:
            (Path(build) / "user").mkdir()
            for name in ("no_more", "bench"):
                (Path(build) / "user" / f"{name}.elf").touch()
            removed = re.findall(r"^rm -f (.*)$", make("-n", "made", f"BUILD={build}"), re.M)
        self.assertIn(f"{build}/user/no_more.elf", removed)
        self.assertNotIn(f"{build}/user/bench.elf", " ".join(removed))


class Assembly(unittest.TestCase):
    """Each change of what an assembly file includes makes it anew, in the variants that see it."""

    def anew(self, *words):
        made = make("-n", "-o", "build/tools", *words, "build/baton.elf")
        return {line.split()[-1] for line in made.splitlines() if line.startswith("nasm ") and line.split()[-1].endswith(".asm.o")}

    def setUp(self):
        if not (ROOT / "build/baton.elf").is_file():
            self.skipTest("there is no kernel (make all)")
        self.assertEqual(set(), self.anew(), "make all")

    def test_what_is_included_is_known(self):
        paths = [str(p.relative_to(ROOT)) for p in sorted((ROOT / "fastpath").glob("*.asm"))]
        entries, variants = ["kernel/arch/x86_64/entry.asm", *paths], "kernel/arch/x86_64/variant"
        for file, who, sources in (("fastpath/fastpath.inc", ("plain", "hardened", "kpti"), paths),
                                   ("kernel/arch/x86_64/macros.inc", ("plain", "hardened", "kpti"), entries),
                                   (f"{variants}/names.inc", ("plain", "hardened", "kpti"), entries),
                                   (f"{variants}/barrier.inc", ("hardened", "kpti"), entries),
                                   (f"{variants}/kpti/variant.inc", ("kpti",), entries)):
            with self.subTest(file):
                self.assertEqual({f"build/{v}/{s}.o" for v in who for s in sources}, self.anew("-W", file))


class Generated(unittest.TestCase):
    """What the build writes is there before the first that includes it, whatever else is being made at the time."""

    def test_each_first_makes_what_it_includes(self):
        with tempfile.TemporaryDirectory() as build:
            programs = ("baton.elf", "equiv", "footprint", "barriers", "host/cnode_test")
            said = make("-n", f"BUILD={build}", *(f"{build}/{program}" for program in programs))
            compiled = [line.split() for line in said.splitlines() if re.search(rf" -(I|iquote){build}( |$)", line)]
            # One of each way to compile.
            outputs = [words[-1].replace("offsets.s", "offsets.inc") for words in compiled]
            targets = {Path(output).relative_to(build).parts[0]: output for output in outputs}
            self.assertEqual({"kernel", "host", "offsets.inc", "equiv", "footprint", "barriers"}, set(targets))
            for target in targets.values():
                with self.subTest(target):
                    self.assertIn(f" > {build}/abi/handlers.def", make("-n", f"BUILD={build}", target))


class Headers(unittest.TestCase):
    """A change of a header makes anew what includes it: each list of these that a compiler has written is read."""

    def read(self, *words):
        listed = re.search(r"^MAKEFILE_LIST :?= ?(.*)$", make("-n", "-p", *words), re.M)[1]
        return {str(ROOT / path) for path in listed.split()}

    def test_no_list_is_left_out(self):
        build = ROOT / "build"
        read = {"": self.read("help")}
        for system in ("files", "net", "shell"):
            read[f"bench_{system}"] = self.read("-C", "bench/systems", f"SYSTEM={system}", f"BUILD={build}/bench_{system}",
                                                f"MICROKIT_SDK={build}/sdk", f"HARNESS={build}/bench_sdk/libharness.a", "CC=gcc")
        for path in build.rglob("*.d"):
            part = path.relative_to(build).parts[0]
            self.assertIn(str(path), read.get(part, read[""]))


class Commands(unittest.TestCase):
    def test_the_first_way_in_which_a_file_is_compiled(self):
        text = "mkdir x\ngcc -O2 -c a.c -o a.o\ngcc -O1 \\\n  -I'b c' a.c b.c -o t\nsed 's/\\'/x/' a.c\n"
        found = {e["file"]: e["arguments"] for e in compile_commands.entries(text)}
        self.assertEqual({"a.c": ["gcc", "-O2", "-c", "a.c", "-o", "a.o"], "b.c": ["gcc", "-O1", "-Ib c", "b.c", "-o", "t"]}, found)

    def test_every_file_of_the_kernel(self):
        found = {e["file"] for e in compile_commands.entries(make("-n", "-B", "all", "CHECK=1"))}
        kernel = {str(p.relative_to(ROOT)) for p in (ROOT / "kernel").rglob("*.c")}
        self.assertEqual(set(), kernel - found)
