#!/usr/bin/env python3
"""The window manager, the drivers of screen and input and the terminal are killed at random moments, each alone, while a client works with
windows, keys, the mouse and the terminal (tests/windows/kills). The moments depend on the seed only: one instruction is one tick of the
clock, and nothing comes from outside. In the end each picture and each line was shown, each key was heard by the window that it was for and
by no other, the windows are above each other as they were clicked, and what exists is what the tool's report says.

Prints "ok <name>" or "not ok <name>: why" for each; exit code 0 all passed, 1 something failed.
"""
import re
import tempfile
from functools import partial
from pathlib import Path

from scripts.base.common import ROOT, make_parser, run_main
from scripts.machine import guest
from tests.sdk.systems import boot, build
from tests.services.killed import lives_told, unlike_itself, unlike_the_report
from tests.verdict import exit_code, why_not

HERE = ROOT / "tests/windows/kills"
# Ticks, at most, from a kill to the next, and its halves (killer.c): a new life of the manager has painted the whole screen after some
# millions, and one of the screen has copied it after one.
VICTIMS = {"wm": (48000000, 6), "screen": (24000000, 6), "input": (16000000, 10), "terminal": (48000000, 6)}
FEW = {"wm": 30, "screen": 30, "input": 60, "terminal": 30}
LIMITS = guest.Limits(total=400.0, silence=400.0)
ROUNDS = re.compile(r"client: rounds: (\d+)")


def _boot(image, seed, kills, victim):
    spread, halves = VICTIMS[victim]
    words = f"seed={seed} kills={kills} victim={list(VICTIMS).index(victim)} spread={spread} halves={halves}"
    return boot(image, ["dumped"], cmdline=words, limits=LIMITS)


def _fails(image, seed, kills, victim):
    done = _boot(image, seed, kills, victim)
    said = [line for line in done.lines if line.startswith("client: ")]
    if done.missing:
        return f"{done.missing}: {done.lines[-5:]}"
    rounds = next(filter(None, map(ROUNDS.fullmatch, said)), None)
    if lives_told(said) != {name: 1 + kills * (name == victim) for name in VICTIMS} or not rounds or said[-1] != "client: wrong: 0":
        return f"it ends with {said[-12:]}"
    print(f"# {victim}: {kills} kills, {rounds[1]} rounds")
    if int(rounds[1]) < kills // 20:
        return f"only {rounds[1]} rounds were done meanwhile"
    return unlike_the_report(image.parent, done.lines)


def _tests(where, options):
    image = build(HERE, where)
    for victim in options.victims:
        yield f"kills/{victim}", why_not(partial(_fails, image, options.seed, options.kills or FEW[victim], victim))
    if "wm" in options.victims:
        yield "kills/wm, again", why_not(partial(unlike_itself, partial(_boot, image, options.seed, 10, "wm"), options.seed))


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("victims", nargs="*", default=list(VICTIMS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, help="of each; a few of some if it is not said")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="baton-test-") as where:
        return exit_code(_tests(Path(where), options))


if __name__ == "__main__":
    run_main(main)
