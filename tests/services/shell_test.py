#!/usr/bin/env python3
"""Sessions at the shell's prompt (user/systems/shell.system): each file of tests/services/shell is one. What stands behind a $ is
typed when all lines before it have come, and then a command that says a number: when that number comes, the lines below must have
come. Behind a % it is typed without that. Other lines are patterns (tests/sdk/systems.py). \\x1b and the like are keys. WORD: only those
whose name has it.

Prints "ok <name>" or "not ok <name>: why" for each; exit code 0 all passed, 1 something failed.
"""
import os
import shutil
import tempfile
from fnmatch import fnmatchcase
from functools import partial
from itertools import chain
from pathlib import Path

from scripts.base.common import ROOT, make_parser, run_main
from scripts.machine import guest, qemu
from scripts.source.image import Image
from tests.sdk.systems import build
from tests.verdict import exit_code, why_not

HERE = ROOT / "tests/services/shell"
KILLED = HERE / "killed"
# The guest's time runs fast while it idles, and it does until the host has typed.
LIMITS = guest.Limits(total=20000.0, silence=2000.0)


class Done(Exception):
    """The session is over."""


def steps_of(text):
    """What is typed (None: nothing yet), whether its end is marked, and the patterns of the lines that follow."""
    steps = [(None, False, [])]
    for line in text.splitlines():
        if line.startswith(("$ ", "% ")):
            keys = line[2:].encode("ascii").decode("unicode_escape").encode("latin-1")
            steps.append((keys, line.startswith("$"), []))
        else:
            steps[-1][2].append(line)
    return steps


class Session:
    """What is to come, and what is typed then."""

    def __init__(self, text, type_keys):
        self.steps, self.type_keys, self.said = steps_of(text), type_keys, []
        self.number, self.expected, self.marked = 0, [], False
        self._next()

    def line(self, text):
        self.said.append(text)
        ended = self.marked and text == f"={self.number}="
        if any(fnmatchcase(text, pattern[1:]) for pattern in self.expected if pattern.startswith("!")):
            raise ValueError(f"the line '{text}' must not come")
        if self.left() and fnmatchcase(text, self.left()[0]):
            self.expected.remove(self.left()[0])
        if ended and self.left():
            raise ValueError(f"the command ended without the line '{self.left()[0]}'")
        if ended or not self.marked and not self.left():
            self._next()

    def left(self):
        return [pattern for pattern in self.expected if not pattern.startswith("!")]

    def _next(self):
        if not self.steps:
            raise Done
        keys, self.marked, self.expected = self.steps.pop(0)
        self.number += 1
        if keys is not None:
            self.type_keys(keys + (f"\recho ={self.number}=".encode("ascii") if self.marked else b"") + b"\r")


def run(machine_of, text):
    """Boots, and types; the lines that came, or ValueError: a line that did not."""
    keys, typing = os.pipe()
    session = Session(text, lambda typed: os.write(typing, typed))
    try:
        guest.run(machine_of(f"/dev/fd/{keys}"), session.line, LIMITS)
    except Done:
        return session.said
    except (guest.GuestError, ValueError):
        print(*session.said, sep="\n")
        raise
    finally:
        os.close(keys)
        os.close(typing)
    raise ValueError("the guest ended before the session")


def _machine(image, cmdline, typed):
    kernel = Image(image.parent / "baton32.elf", (image,))
    return qemu.Machine("tcg", kernel, memory_mib=256, board="q35", serial=True, typed=typed, cmdline=cmdline)


def _fails(image, path, cmdline=""):
    run(partial(_machine, image, cmdline), path.read_text(encoding="utf-8"))


def _killed(seeds, kills):
    """The same system, and beside it one who kills its services while programs run and files are written."""
    with tempfile.TemporaryDirectory(prefix="baton-test-") as directory:
        where = Path(directory)
        usual = (ROOT / "user/systems/shell.system").read_text(encoding="utf-8")
        more = (KILLED / "killer.xml").read_text(encoding="utf-8")
        (where / "killed.system").write_text(usual.replace("</system>\n", more), encoding="utf-8")
        shutil.copy(KILLED / "shell.policy", where)
        image = build(ROOT / "user/systems", where, f"SYSTEM={where}/killed", f"VPATH={KILLED}")
        for seed in seeds:
            yield f"shell/killed/{seed}", why_not(partial(_fails, image, KILLED / "session.txt", f"seed={seed} kills={kills}"))


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("word", nargs="?", default="")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--kills", type=int, default=300, help="of all services together")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="baton-test-") as where:
        image = build(ROOT / "user/systems", where, "SYSTEM=shell")
        paths = sorted(path for path in HERE.glob("*.txt") if options.word in path.stem)
        sessions = ((f"shell/{path.stem}", why_not(partial(_fails, image, path))) for path in paths)
        return exit_code(chain(sessions, _killed(options.seeds, options.kills) if options.word in "killed" else ()))


if __name__ == "__main__":
    run_main(main)
