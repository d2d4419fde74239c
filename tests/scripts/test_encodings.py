"""Files are UTF-8 and what is said can always be printed, whatever the locale; paths may be long and have commas."""
import os
import socket
import subprocess
import sys
import tempfile
import unittest.mock
from pathlib import Path

from tests.scripts import support
from tests.scripts.support import ROOT

from scripts.machine import qemu
from tests.system.debugger import SocketDirectory
from tests.text_encodings import by_locale

BAD = ("open('a')", "open('a', 'w')", "p.open()", "p.open('w')", "p.read_text()", "p.write_text(x)", "subprocess.run(a, text=True)",
       "patience.run(a, check=True, text=True)", "Popen(a, universal_newlines=True)", "os.fdopen(f)", "NamedTemporaryFile('w')")
GOOD = ("open('a', 'rb')", "p.open('wb')", "p.read_text(encoding='utf-8')", "p.read_bytes()", "subprocess.run(a)", "os.open(a, 0)",
        "open('a', encoding='utf-8')", "subprocess.run(a, encoding='utf-8')", "tarfile.open(a)", "NamedTemporaryFile()", "read_text(path)")


class Encodings(support.Workspace):
    def test_no_call_leaves_it_to_the_locale(self):
        for top in ("scripts", "tests"):
            for path in sorted((ROOT / top).rglob("*.py")):
                calls = by_locale(path.read_text(encoding="utf-8"))
                self.assertEqual([f"{path}:{c.lineno}" for c in calls], [], "give encoding=\"utf-8\"")

    def test_what_is_told_apart(self):
        for source in BAD:
            self.assertEqual(len(by_locale(source)), 1, source)
        for source in GOOD:
            self.assertEqual(by_locale(source), [], source)

    def said(self, code, **options):
        program = f"from scripts.base.common import *\ndef main(_):\n    {code}\nrun_main(main)"
        return subprocess.run([sys.executable, "-c", program], cwd=ROOT, stderr=subprocess.PIPE, encoding="utf-8",
                              env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}, **options)

    def test_a_terminal_of_another_encoding(self):
        done = self.said("print('caf\\u00e9'); raise BatonError('na\\u00efve')", stdout=subprocess.PIPE)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (1, "caf\\xe9\n", "baton: na\\xefve\n"))

    def test_standard_output_is_full(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = self.said("print('words')", stdout=full)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex(done.stderr, r"^baton: cannot write to standard output: No space left on device[^\n]*\n$")

    def test_standard_output_is_full_at_once(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = self.said("print('words', flush=True)", stdout=full)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex(done.stderr, r"^baton: cannot write to standard output: No space left on device[^\n]*\n$")

    def test_standard_output_is_closed(self):
        done = self.said("print('words'); return 0", preexec_fn=lambda: os.close(1))
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex(done.stderr, r"^baton: standard output is closed[^\n]*\n$")

    def test_sockets_below_a_long_tmpdir(self):
        long = self.dir / f"a,comma-{'x' * 120}"
        long.mkdir()
        with unittest.mock.patch.object(tempfile, "tempdir", str(long)), SocketDirectory() as at, \
                socket.socket(socket.AF_UNIX) as bound, socket.socket(socket.AF_UNIX) as other:
            self.assertNotIn(",", str(at))
            bound.bind(str(at / "qmp"))
            bound.listen()
            other.connect(str(at / "qmp"))
            self.assertEqual(len(list(long.iterdir())), 1)
        self.assertEqual(list(long.iterdir()), [])

    def test_a_stick_with_a_comma(self):
        stick = self.dir / "a,b.iso"
        stick.write_bytes(b"")
        self.assertIn(f"file={self.dir}/a,,b.iso", " ".join(qemu.command(qemu.Machine("tcg", iso=Path(stick), stick=True))))
