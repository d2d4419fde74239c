"""Reads what `make -n` would execute and writes compile_commands.json to stdout: an entry for each C file, the first way in which it is
compiled. `make compile_commands.json` runs it.
"""
import json
import shlex
import sys

from scripts.base.common import ROOT, BatonError, make_parser, run_main

COMPILERS = ("clang", "gcc")


def commands(text):
    """The words of each call of the compiler. Other lines may be of shells that shlex does not understand."""
    return [shlex.split(line) for line in text.replace("\\\n", " ").splitlines() if line.startswith(COMPILERS)]


def entries(text):
    found = {}
    for words in commands(text):
        sources = [w for w in words if w.endswith(".c")]
        for name in sources:
            others = [w for w in words if w == name or w not in sources]
            found.setdefault(name, {"directory": str(ROOT), "file": name, "arguments": others})
    return list(found.values())


def main(arguments):
    make_parser(__doc__).parse_args(arguments)
    found = entries(sys.stdin.read())
    if not found:
        raise BatonError("stdin has no call of a compiler", "make compile_commands.json")
    json.dump(found, sys.stdout, indent=1)
    print()
    return 0


if __name__ == "__main__":
    run_main(main)
