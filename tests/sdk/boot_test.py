#!/usr/bin/env python3
"""Systems that the SDK makes boot and say what they must: the examples of user/examples, and those of tests/sdk/boot. WORD: only those
whose name has it.

Prints "ok <name>" or "not ok <name>: why" for each; exit code 0 all passed, 1 something failed.
"""
import tempfile

from tests.sdk.systems import ROOT, BatonError, boot, build, patterns_of

from scripts.base.common import make_parser, run_main

DEVICES = {"serial": ("isa-serial",)}


def _folders(word):
    for parent in ("user/examples", "tests/sdk/boot"):
        for folder in sorted((ROOT / parent).iterdir()):
            if (folder / "expected.txt").is_file() and word in folder.name:
                yield folder


def _fails(folder):
    """Why, or an empty text."""
    with tempfile.TemporaryDirectory(prefix="baton-test-") as where:
        try:
            image = build(folder, where)
        except BatonError as error:
            return str(error)
        done = boot(image, patterns_of(folder), DEVICES.get(folder.name, ()))
    if done.missing:
        print(*done.lines, sep="\n")
    return done.missing


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("word", nargs="?", default="")
    options = parser.parse_args(arguments)
    failed = 0
    for folder in _folders(options.word):
        why = _fails(folder)
        print(f"not ok sdk/{folder.name}: {why}" if why else f"ok sdk/{folder.name}", flush=True)
        failed += bool(why)
    return 1 if failed else 0


if __name__ == "__main__":
    run_main(main)


