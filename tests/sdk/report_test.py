#!/usr/bin/env python3
"""What the report promises is true: the kernel dumps a running system, and the dump is compared with the report, relation by
relation; and the specification of the kernel comes to no state in which one domain reaches another that the report does not name. First one system with all kinds of things, then random ones. --count: how many of these; --seed: others.

Prints "ok <name>" or "not ok <name>: why" for each; exit code 0 all passed, 1 something failed.
"""
import json
import random
import subprocess
import tempfile
from pathlib import Path

from scripts.base import patience
from scripts.base.common import BatonError, make_parser, run_main
from tests.sdk import reach, systems
from tests.sdk.dumped import compare
from tests.sdk.random_system import random_system
from tests.sdk.systems import ROOT, boot, build, microkit
from tests.verdict import exit_code

PROGRAMS = ROOT / "tests" / "sdk" / "programs"


def _image(description, where):
    """The image of a description; its report as data."""
    found = patience.run(microkit(description, where, "--json", f"{where}/report.json"),
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")
    if found.returncode:
        raise BatonError(f"the tool refuses {description}: {found.stdout.strip()}", "")
    return json.loads((Path(where) / "report.json").read_text(encoding="utf-8"))


def _fails(description, where):
    try:
        report = _image(description, where)
    except BatonError as error:
        return str(error)
    more = reach.complaints(report, random.Random(1))
    if more:
        return more[0]
    done = boot(Path(where) / "loader.img", ["dumped"])
    if done.missing:
        return f"{done.missing}; {done.lines[-1] if done.lines else ''}"
    complaints = compare(report, done.lines)
    return f"{len(complaints)} differences, the first: {complaints[0]}" if complaints else ""


def _checks(seed, count):
    with tempfile.TemporaryDirectory(prefix="baton-test-") as where:
        build(PROGRAMS, where)
        yield "report/all", _fails(PROGRAMS / "programs.system", where)
        for i in range(count):
            description = Path(where) / f"random{i}.system"
            description.write_text(random_system(random.Random(f"{seed} {i}")), encoding="utf-8")
            why = _fails(description, where)
            if why:
                print(description.read_text(encoding="utf-8"))
            yield f"report/random/{seed}/{i}", why


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--count", type=int, default=10)
    options = parser.parse_args(arguments)
    systems.LIMITS = systems.guest.Limits(total=5.0, silence=5.0)
    return exit_code(_checks(options.seed, options.count))


if __name__ == "__main__":
    run_main(main)
