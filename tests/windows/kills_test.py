#!/usr/bin/env python3
"""The window manager is killed at random moments while a client works with its windows, keys and the mouse (tests/windows/kills). The
moments depend on the seed only: one instruction is one tick of the clock, and nothing comes from outside. In the end each picture was
shown, each key was heard by the window that it was for and by no other, the windows are above each other as they were clicked, and what
exists is what the tool's report says.

Prints "ok <name>" or "not ok <name>: why" for each; exit code 0 all passed, 1 something failed.
"""
import re
import tempfile
from functools import partial
from pathlib import Path

from scripts.base.common import ROOT, make_parser, run_main
from scripts.machine import guest
from tests.sdk.systems import boot, build
from tests.services.killed import unlike_itself, unlike_the_report
from tests.verdict import exit_code, why_not

HERE = ROOT / "tests/windows/kills"
# Ticks, at most, from a kill to the next, and its halves (killer.c): a new life has painted the whole screen after some millions.
SPREAD, HALVES = 24000000, 5
LIMITS = guest.Limits(total=400.0, silence=400.0)
ROUNDS = re.compile(r"client: rounds: (\d+)")


def _boot(image, seed, kills):
    return boot(image, ["dumped"], cmdline=f"seed={seed} kills={kills} victim=0 spread={SPREAD} halves={HALVES}", limits=LIMITS)


def _fails(image, seed, kills):
    done = _boot(image, seed, kills)
    said = [line for line in done.lines if line.startswith("client: ")]
    if done.missing:
        return f"{done.missing}: {done.lines[-5:]}"
    rounds = next(filter(None, map(ROUNDS.fullmatch, said)), None)
    if f"client: lives of the manager: {kills + 1}" not in said or not rounds or said[-1] != "client: wrong: 0":
        return f"it ends with {said[-9:]}"
    if int(rounds[1]) < kills // 10:
        return f"only {rounds[1]} rounds were done meanwhile"
    return unlike_the_report(image.parent, done.lines)


def _tests(where, options):
    image = build(HERE, where)
    yield "kills/wm", why_not(partial(_fails, image, options.seed, options.kills))
    yield "kills/wm, again", why_not(partial(unlike_itself, partial(_boot, image, options.seed, 20), options.seed))


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=60)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="baton-test-") as where:
        return exit_code(_tests(Path(where), options))


if __name__ == "__main__":
    run_main(main)
