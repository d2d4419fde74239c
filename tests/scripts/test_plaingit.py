"""What the user has configured changes nothing in what the scripts read from git, and every call goes by plaingit."""
import os
import re
import unittest.mock

from scripts.machine import hostinfo
from scripts.source import commits, gitlog, plaingit
from tests.scripts import support
from tests.scripts.support import ROOT

HOSTILE = """[log]
showSignature = true
abbrevCommit = true
date = relative
decorate = full
[format]
pretty = format:%%an only
[core]
abbrev = 39
hooksPath = {hooks}
quotePath = false
[color]
ui = always
[status]
showUntrackedFiles = no
branch = true
[commit]
gpgSign = true
[gpg]
program = {gpg}
"""
# Signs anything, and finds every signature good.
GPG = """#!/bin/sh
case "$*" in
*--verify*) echo "[GNUPG:] GOODSIG 0 A"; echo "gpg: a good signature" >&2 ;;
*) cat > /dev/null; echo "[GNUPG:] SIG_CREATED " >&2; printf -- '-----BEGIN PGP SIGNATURE-----\n\nx\n-----END PGP SIGNATURE-----\n' ;;
esac
"""
WHO = ("-c", "user.name=A", "-c", "user.email=a@example.org")


class Plain(support.Workspace):
    def setUp(self):
        super().setUp()
        self.tree, self.config = self.dir / "tree", self.dir / "gitconfig"
        (self.tree / "kernel").mkdir(parents=True)
        self.gpg = self.dir / "gpg"
        self.gpg.write_text(GPG, encoding="utf-8")
        self.gpg.chmod(0o755)
        self.git("init", "-q", "-b", "main")
        self.first, self.last = self.commit("first"), self.commit("\u00e9 second", "-S")
        (self.tree / "new").write_text("not added", encoding="utf-8")

    def git(self, *words):
        return plaingit.run(*words, cwd=self.tree, check=True).stdout.strip()

    def commit(self, subject, *options):
        (self.tree / "kernel" / "a.c").write_text(subject, encoding="utf-8")
        self.git("add", "kernel")
        self.git(*WHO, "-c", f"gpg.program={self.gpg}", "commit", "-q", *options, "-m", subject)
        return self.git("rev-parse", "HEAD")

    def all_that_is_read(self):
        last = gitlog.resolve("HEAD", root=self.tree)
        with unittest.mock.patch.object(plaingit.run, "__kwdefaults__", {**plaingit.run.__kwdefaults__, "cwd": self.tree}):
            state = hostinfo.commit()
        return last, gitlog.first_parents(last, root=self.tree), commits.between(self.first, self.last, False, tree=self.tree), state

    def test_a_user_s_configuration(self):
        plain = self.all_that_is_read()
        self.assertEqual((plain[0].subject, plain[3]), ("\u00e9 second", (self.last, True)))
        self.config.write_text(HOSTILE.format(hooks=self.dir, gpg=self.gpg), encoding="utf-8")
        with unittest.mock.patch.dict(os.environ, {"GIT_CONFIG_GLOBAL": str(self.config), "GIT_DIR": "/nowhere", "LC_ALL": "C"}):
            self.assertEqual(self.all_that_is_read(), plain)
            self.commit("third")  # unsigned, whatever is configured
        os.replace(self.config, self.dir / "other")
        with open(self.tree / ".git" / "config", "a", encoding="utf-8") as own:
            own.write((self.dir / "other").read_text(encoding="utf-8"))
        plain = self.all_that_is_read()
        self.assertEqual(plain[0].subject, "third")
        self.assertEqual(len(plain[0].hash), 40)

    def test_safe_directories_are_the_user_s(self):
        self.config.write_text("[safe]\ndirectory = /some/where\n", encoding="utf-8")
        with unittest.mock.patch.dict(os.environ, {"GIT_CONFIG_GLOBAL": str(self.config)}):
            self.assertEqual(self.git("config", "--get-all", "safe.directory"), "/some/where")

    def test_nobody_calls_git_otherwise(self):
        called = re.compile(r"""["'](?:/\w+)*git["'], """)
        allowed = {"plaingit.py", "test_plaingit.py", "regression_test.py"}  # the last: in run(), which goes by plaingit
        found = [str(p) for top in ("scripts", "tests") for p in (ROOT / top).rglob("*.py")
                 if p.name not in allowed and called.search(p.read_text(encoding="utf-8"))]
        self.assertEqual(found, [])
