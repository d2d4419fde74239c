#!/usr/bin/env python3
"""The stack of user/services/net with lwIP, on the host and under the sanitizers, gets frames that are damaged (tests/net/stack_fuzz.c).

--frames: so many. Prints "ok <name>" or "not ok <name>: why" for each; exit code 0 all passed, 1 something failed.
"""
import subprocess
import tempfile
from functools import partial
from pathlib import Path

from scripts.base import patience
from scripts.base.common import ROOT, make_parser, positive_number, run_main
from tests.verdict import exit_code, why_not

NET = ROOT / "user/services/net"
FRAMES = 100000
STACK = ("link.c", "clients.c", "sockets.c", "stream.c", "datagram.c", "client.c")
INCLUDED = (NET / "port", NET, ROOT / "user/services", ROOT / "tests/host/sdk", ROOT / "tests/host", ROOT / "tests/net")
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
ANSWERS = 0.05  # of the frames, at least: else they do not get far


def _run(*command):
    done = patience.run([str(word) for word in command], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")
    return done.returncode, done.stdout.splitlines() or [""]


def _fuzz(count):
    code, said = _run("python3", "-m", "scripts.build.lwip")
    if code:
        return said[-1]
    lwip = Path(said[-1])
    sources = [*lwip.glob("core/*.c"), *lwip.glob("core/ipv4/*.c"), lwip / "netif/ethernet.c", *(NET / name for name in STACK),
               ROOT / "user/services/ring/client.c", ROOT / "tests/host/random.c", ROOT / "tests/net/stack_fuzz.c"]
    with tempfile.TemporaryDirectory(prefix="baton-test-") as where:
        program = Path(where) / "stack_fuzz"
        code, said = _run("gcc", "-std=gnu11", "-O1", "-g", "-fno-strict-aliasing", *SANITIZERS, f"-I{lwip}/include",
                          *(f"-I{path}" for path in INCLUDED), *sources, "-o", program)
        if code:
            return next((line for line in said if "error" in line), said[-1])
        code, said = _run(program, int(count))
    print(*said[-40:], sep="\n")
    if code:
        return f"code {code}: {said[-1]}"
    came = int(said[-1].split()[0])
    return None if came >= ANSWERS * count else f"of {count} frames only {came} were answered"


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("--frames", default=str(FRAMES), metavar="N")
    frames = positive_number(parser.parse_args(arguments).frames, "--frames")
    return exit_code([("net/damaged frames", why_not(partial(_fuzz, frames)))])


if __name__ == "__main__":
    run_main(main)
