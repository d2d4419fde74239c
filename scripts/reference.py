#!/usr/bin/env python3
"""Writes docs/reference.md, the reference manual, from kernel/abi/abi.def.

--check writes nothing: it prints "ok" or "not ok" for the descriptions in abi.def and for the manual being what this
script makes of them. Exit code: 0 all is well, 1 not.
"""
import abi as abi_def
from common import make_parser, run_main


def check():
    wrong = abi_def.check(abi_def.read())
    for what in wrong:
        print(f"not ok reference/{what}")
    if not wrong:
        print("ok reference/abi.def describes every system call")
    return 1 if wrong else 0


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, only compare")
    options = parser.parse_args(arguments)
    return check() if options.check else 0


if __name__ == "__main__":
    run_main(main)
