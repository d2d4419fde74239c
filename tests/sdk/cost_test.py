#!/usr/bin/env python3
"""What calls and signals of components cost, the library included: no more instructions than the list says. --show prints them.

Prints "ok <name>" or "not ok <name>: why" for each; exit code 0 all passed, 1 something failed.
"""
import re
import tempfile

from scripts.base.common import make_parser, run_main
from tests.sdk.systems import ROOT, boot, build
from tests.verdict import exit_code

# Instructions of ring 3 and the kernel together, from before the call to after it, without mitigations.
MOST = {"ppcall/0": 113, "ppcall/1": 143, "ppcall/4": 150, "ppcall/8": 156, "ppcall/64": 805,
        "ppcall to one that is notified, too/0": 113, "notify/0": 182, "notify one that is called, too/0": 673}


def measure():
    with tempfile.TemporaryDirectory(prefix="baton-test-") as where:
        done = boot(build(ROOT / "tests/sdk/cost", where), ["cost that is all"], cmdline="mitigations=off")
    return {name: int(cost) for name, cost in re.findall(r"^cost (.+/\d+) (\d+)$", "\n".join(done.lines), re.M)}


def _checks(show):
    found = measure()
    for name, most in MOST.items():
        cost = found.get(name)
        if show:
            print(f"cost/{name}: {cost}")
        yield f"cost/{name}", f"{cost} instructions, at most {most}" if cost is None or cost > most else None


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("--show", action="store_true")
    return exit_code(_checks(parser.parse_args(arguments).show))


if __name__ == "__main__":
    run_main(main)
