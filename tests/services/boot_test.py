#!/usr/bin/env python3
"""Systems of services boot and say what they must (expected.txt): those of the folders here, and those of user/systems, of which a
folder without a Makefile has the name. What is in typed.txt is typed at the serial port, which then is the console; elsewhere there is
none. One system's picture must be that in the README. WORD: only those whose name has it.

Prints "ok <name>" or "not ok <name>: why" for each; exit code 0 all passed, 1 something failed.
"""
import tempfile
from functools import partial

from scripts.base.common import ROOT, make_parser, run_main
from tests.sdk.systems import boot, build, patterns_of
from tests.services import picture
from tests.verdict import exit_code, why_not

HERE = ROOT / "tests/services"
PICTURED = "base"
BY_SERIAL = ("keeper",)  # besides those with a typed.txt


def _fails(folder):
    """Why, or what is no reason."""
    typed = folder / "typed.txt"
    more = {"serial": True, "typed": typed if typed.is_file() else None} if typed.is_file() or folder.name in BY_SERIAL else {}
    with tempfile.TemporaryDirectory(prefix="baton-test-") as where:
        own = (folder / "Makefile").is_file()
        image = build(folder, where) if own else build(ROOT / "user/systems", where, f"SYSTEM={folder.name}")
        done = boot(image, patterns_of(folder), **more)
        drawn = picture.unlike(image.parent / "report.json") if folder.name == PICTURED else None
    if done.missing:
        print(*done.lines, sep="\n")
    return done.missing or drawn


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("word", nargs="?", default="")
    options = parser.parse_args(arguments)
    folders = sorted(path.parent for path in HERE.glob("*/expected.txt") if options.word in path.parent.name)
    tests = [(f"services/{folder.name}", partial(_fails, folder)) for folder in folders]
    return exit_code((name, why_not(test)) for name, test in tests)


if __name__ == "__main__":
    run_main(main)
