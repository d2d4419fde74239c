#!/usr/bin/env python3
"""Services are killed at random moments while a client works with them (tests/services/restart). The moments depend on the seed only,
since one instruction is one tick of the clock. All that the client was promised must hold, each of its lines must come by the serial
port, and what exists at the end must be what the tool's report says.

Prints "ok <name>" or "not ok <name>: why" for each; exit code 0 all passed, 1 something failed.
"""
import re
import tempfile
from functools import partial
from pathlib import Path

from scripts.base.common import ROOT, make_parser, run_main
from tests.sdk.systems import boot, build
from tests.services.killed import unlike_itself, unlike_the_report
from tests.verdict import exit_code, why_not

FOLDER = ROOT / "tests/services/restart"
SERVICES = ("timer", "serial", "log", "store")
END = re.compile(r"client: (\d+) rounds, \d+ appended, (\d+) times EAGAIN_RESTARTED, 0 wrong")
LIVES = re.compile("client: lives: " + ", ".join(rf"{name} (\d+)" for name in SERVICES))


def _is(line, wanted):
    """With each death of the serial driver a byte may come once more; the end of a line then makes an empty one."""
    return line == wanted or bool(re.fullmatch("".join(f"{re.escape(c)}{{1,3}}" for c in wanted), line))


def _singles(line):
    """The line, and it without each byte that stands there twice."""
    yield line
    yield from (line[:i] + line[i + 1:] for i in range(len(line) - 1) if line[i] == line[i + 1])


def _missing(lines, wanted):
    """The first wanted line that does not come: each may come again at once, when the log dies."""
    left, last = list(wanted), None
    for line in lines:
        if left and _is(line, left[0]):
            last = left.pop(0)
        elif last is None or not _is(line, last):
            return f"'{line}' after '{last}'"
    return f"no line '{left[0]}'" if left else None


def _boot(where, seed, kills, victim=None):
    words = f"seed={seed} kills={kills}" + ("" if victim is None else f" victim={victim}")
    return boot(Path(where) / "loader.img", ["dumped"], cmdline=words, serial=True)


def _fails(where, seed, kills, victim=None):
    done = _boot(where, seed, kills, victim)
    said = [line for line in done.lines if line and not line.startswith(("dump", "baton:"))]
    if done.missing:
        return f"{done.missing}: {said[-3:]}"
    lives, end = (next(filter(None, map(form.fullmatch, (t for line in reversed(said) for t in _singles(line)))), None)
                  for form in (LIVES, END))
    if not lives or not end:
        return f"it ends with {said[-2:]}"
    counts = [int(count) for count in lives.groups()]
    if sum(counts) != kills + len(SERVICES) or min(counts if victim is None else [counts[victim]]) <= kills // 10:
        return f"{kills} kills make these lives: {lives[0]}"
    rounds = [f"client: round {i}" for i in range(int(end[1]))]
    why = _missing(said[:-2], rounds)
    return why or unlike_the_report(where, done.lines)


def _tests(where, seeds, kills, each, victims):
    build(FOLDER, where)
    if victims:
        yield from ((f"restart/{name}", why_not(partial(_fails, where, seed, kills, SERVICES.index(name))))
                    for name in victims for seed in seeds)
        return
    yield from ((f"restart/{seed}", why_not(partial(_fails, where, seed, kills))) for seed in seeds)
    # Nobody else's death wakes the client.
    yield from ((f"restart/{name}", why_not(partial(_fails, where, seeds[0], each, i))) for i, name in enumerate(SERVICES))
    yield "restart/again", why_not(partial(unlike_itself, partial(_boot, where, seeds[0], 40), seeds[0]))


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("victims", nargs="*", metavar="VICTIM", help=f"these alone, each as often as --kills says: {', '.join(SERVICES)}")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--kills", type=int, default=400, help="of all services together")
    parser.add_argument("--each", type=int, default=500, help="... and of each of them alone")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="baton-test-") as where:
        return exit_code(_tests(where, options.seeds, options.kills, options.each, options.victims))


if __name__ == "__main__":
    run_main(main)
