#!/usr/bin/env python3
"""Systems that the SDK makes boot and print what they must: the examples of user/examples, and those of tests/sdk/boot. WORD: only those
whose name has it.

Prints "ok <name>" or "not ok <name>: why" for each; exit code 0 all passed, 1 something failed.
"""
import tempfile
from functools import partial
from pathlib import Path

from scripts.base import patience
from scripts.base.common import make_parser, run_main
from scripts.machine import qemu
from tests.sdk.systems import ROOT, boot, boot_machine, build, microkit, patterns_of
from tests.verdict import exit_code, why_not

DEVICES = {"serial": ("isa-serial",), "isa": ("isa-serial",), "names": ("isa-serial",), "msi": ("edu",)}


def _folders(word):
    for parent in ("user/examples", "tests/sdk/boot"):
        for folder in sorted((ROOT / parent).iterdir()):
            if (folder / "expected.txt").is_file() and word in folder.name:
                yield folder


def _fails(folder):
    """Why, or an empty text."""
    with tempfile.TemporaryDirectory(prefix="baton-test-") as where:
        done = boot(build(folder, where), patterns_of(folder), DEVICES.get(folder.name, ()))
    if done.missing:
        print(*done.lines, sep="\n")
    return done.missing


def _iso_fails(uefi):
    """hello, from a disc by GRUB, as a PC's firmware boots it."""
    folder = ROOT / "user/examples/hello"
    with tempfile.TemporaryDirectory(prefix="baton-test-") as where:
        build(folder, where)
        patience.run(microkit(folder / "hello.system", where, "--image-type", "iso", image="hello.iso"), check=True)
        return boot_machine(qemu.Machine("tcg", iso=Path(where) / "hello.iso", uefi=uefi), patterns_of(folder)).missing


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("word", nargs="?", default="")
    options = parser.parse_args(arguments)
    tests = [(folder.name, partial(_fails, folder)) for folder in _folders(options.word)]
    tests += [(name, partial(_iso_fails, uefi)) for name, uefi in (("iso", False), ("iso-uefi", True)) if options.word in name]
    return exit_code((f"sdk/{name}", why_not(test)) for name, test in tests)


if __name__ == "__main__":
    run_main(main)
