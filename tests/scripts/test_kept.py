"""Results that are kept: used while nothing that the step depends on has changed, and only if they passed."""
import os
from pathlib import Path
from unittest import mock

from scripts.base import files
from tests import run
from tests.runner import kept, steps
from tests.scripts import support


class Results(support.Workspace):
    def setUp(self):
        super().setUp()
        (self.dir / "source").write_text("one", encoding="utf-8")
        self.says("echo 'ok a'")
        for patch in (mock.patch.object(kept, "ROOT", self.dir), mock.patch.object(kept, "LIBRARIES", ()),
                      mock.patch.dict("os.environ", XDG_CACHE_HOME=str(self.dir / "home"), FRESH="")):
            patch.start()
            self.addCleanup(patch.stop)

    def says(self, code):
        self.program("step", f"#!/bin/sh\necho >> {self.dir}/runs\n{code}\n")

    def step(self, *depends, name="s"):
        return kept.Kept(steps.Command(name, (str(self.bin / "step"),)), depends or ("source*",))

    def runs(self):
        return len((self.dir / "runs").read_text(encoding="utf-8").splitlines())

    def test_what_passed_is_not_run_again(self):
        first, second = self.step().run(), self.step().run()
        self.assertEqual((self.runs(), first.passed, second.passed, second.failed), (1, ["a"], ["a"], []))
        self.assertIn("FRESH=1", second.output[0])

    def test_a_change_runs_it_again(self):
        self.step().run()
        (self.dir / "source").write_text("two", encoding="utf-8")
        self.step().run()
        (self.dir / "source2").write_text("", encoding="utf-8")
        self.step().run()
        self.step(name="t").run()
        self.step("elsewhere").run()
        self.assertEqual(self.runs(), 5)

    def test_so_does_what_its_program_imports(self):
        """Also by way of another, and within a function; what it does not import, does not."""
        for name, text in (("tests/try.py", "def f():\n    from scripts.base import near\n"), ("scripts/base/__init__.py", ""),
                           ("scripts/base/near.py", "from . import far\n"), ("scripts/base/far.py", ""), ("scripts/base/other.py", "")):
            (self.dir / name).parent.mkdir(parents=True, exist_ok=True)
            (self.dir / name).write_text(text, encoding="utf-8")
        step = kept.Kept(steps.Command("s", (str(self.bin / "step"), "-m", "tests.try")), ("source*",))
        for name, runs in (("other", 1), ("near", 2), ("far", 3), ("__init__", 4), ("other", 4)):
            step.run()
            with open(self.dir / f"scripts/base/{name}.py", "a", encoding="utf-8") as file:
                file.write("# more\n")
            step.run()
            self.assertEqual(self.runs(), runs, name)

    def test_so_does_another_tool(self):
        self.step().run()
        self.program("nasm", "#!/bin/sh\n")
        with mock.patch.dict("os.environ", PATH=self.environment({})["PATH"]):
            self.step().run()
        self.assertEqual(self.runs(), 2)

    def test_what_failed_is_not_kept(self):
        for code in ("echo 'ok a'; echo 'not ok b: no'", "echo 'ok a'; exit 1", "true"):
            self.says(code)
            before = len(list(self.dir.glob("home/**/*.json")))
            self.step().run()
            self.assertEqual(len(list(self.dir.glob("home/**/*.json"))), before, code)

    def test_fresh(self):
        self.step().run()
        with mock.patch.dict("os.environ", FRESH="1"):
            self.step().run()
        self.assertEqual(self.runs(), 2)

    def test_a_home_that_cannot_be_written_to_and_a_result_that_is_none(self):
        (self.dir / "home").write_text("in the way", encoding="utf-8")
        self.assertEqual(self.step().run().passed, ["a"])
        (self.dir / "home").unlink()
        self.step().run()
        for path in self.dir.glob("home/**/*.json"):
            path.write_text("{", encoding="utf-8")
        self.assertEqual(self.step().run().passed, ["a"])
        self.assertEqual(self.runs(), 3)


class Home(support.Workspace):
    def folder(self, home=None, cache=None):
        given = {name: value for name, value in (("HOME", home), ("XDG_CACHE_HOME", cache)) if value is not None}
        with mock.patch.dict("os.environ", given):
            for name in {"HOME", "XDG_CACHE_HOME"} - given.keys():
                os.environ.pop(name, None)
            return files.cache_folder("x")

    def test_where_the_cache_is(self):
        self.assertEqual(self.folder("/home/a"), Path("/home/a/.cache/baton/x"))
        self.assertEqual(self.folder("/home/a", "/cache"), Path("/cache/baton/x"))
        for relative in ("", "here"):
            self.assertEqual(self.folder("/home/a", relative), Path("/home/a/.cache/baton/x"))
        self.assertEqual(self.folder("here"), support.ROOT / "build/cache/baton/x")

    def test_a_user_whom_the_system_does_not_know(self):
        with mock.patch("os.getuid", return_value=54321):
            self.assertEqual(self.folder(), support.ROOT / "build/cache/baton/x")


class Image(support.unittest.TestCase):
    def test_all_that_makes_the_image_is_named(self):
        """The Python that kernel.mk runs, with what it imports."""
        for module in ("scripts.build.ksyms", "scripts.build.stack_bound"):
            programs = {path for path in kept.imported(module) if path.name != "__init__.py"}
            self.assertLessEqual(programs, set(kept._files(run.IMAGE)), module)
