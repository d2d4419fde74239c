"""The Makefile's rules: what is compiled anew, what a warning does, and with which compilers."""
import os
import re
import subprocess
import unittest

from scripts.source import gitlog
from tests.scripts import support
from tests.scripts.support import ROOT

SOURCE = "kernel/object/derive"
NEWER = '#!/bin/sh\n[ "$1" = --version ] && echo "gcc of next year" && exit\nexec gcc "$@"\n'


class Make(support.Workspace):
    def make(self, *words):
        clean = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "WERROR", "CC", "BUILD", "CHECK")}
        done = subprocess.run(["make", "-s", f"BUILD={self.dir}", f"{self.dir}/{SOURCE}.o", *words], cwd=ROOT, env=clean,
                              stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8")
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_another_compiler_makes_all_anew(self):
        newer = self.dir / "gcc-new"
        newer.write_text(NEWER, encoding="utf-8")
        newer.chmod(0o755)
        compiled = [f"CC   {SOURCE}.c" in self.make(*words) for words in ((), (), (f"CC={newer}",), (f"CC={newer}",), ())]
        self.assertEqual(compiled, [True, False, True, False, True])

    def test_only_ci_ends_at_a_warning(self):
        self.assertNotIn("-Werror", self.make("-n"))
        self.assertIn("-Werror", self.make("-n", "WERROR=1"))

    def test_no_other_makefile_or_script_does(self):
        """A newcomer's `make test` builds with a compiler that nobody here has tried."""
        asked, anyway = r"\$\(filter 1,\$\(WERROR\)\),-Werror|filter-out -Werror|if \$\(FATAL\),WERROR=1|^#.*", []
        for name in gitlog.git("ls-files", "Makefile", "*/Makefile", "*.mk", "user/*.py", "tests/*.py").split():
            text = re.sub(asked, "", (ROOT / name).read_text(encoding="utf-8"), flags=re.MULTILINE)
            if re.search(r"WERROR=1|-Werror\b", text) and not name.startswith(("tests/scripts/", "tests/sdk/others")):
                anyway.append(name)
        self.assertEqual(anyway, [])

    def test_clang_gets_no_word_that_only_gcc_has(self):
        said = self.make("-n", "CC=clang")
        self.assertIn("clang", said)
        self.assertNotRegex(said, "-fcallgraph-info|-mpreferred-stack-boundary")


if __name__ == "__main__":
    unittest.main()
