#!/usr/bin/env python3
"""The stack of user/services/net with lwIP, on the host and under the sanitizers, gets frames that are damaged (tests/net/stack_fuzz.c),
has a client that lies beside an honest one (client_fuzz.c), and a peer that answers as late as it can (late.c).

--frames, --lies: so many, and steps of lies. Prints "ok <name>" or "not ok <name>: why" for each; exit code 0 all passed, 1 something
failed.
"""
import resource
import subprocess
import tempfile
from functools import partial
from pathlib import Path

from scripts.base import patience
from scripts.base.common import ROOT, make_parser, positive_number, run_main
from tests.verdict import exit_code, why_not

NET = ROOT / "user/services/net"
FRAMES, LIES = 100000, 100000  # steps, of up to seven lies each
CPU_SECONDS = 300  # many times what the longest takes
STACK = ("link.c", "clients.c", "sockets.c", "stream.c", "datagram.c", "client.c")
INCLUDED = (NET / "port", NET, ROOT / "user/services", ROOT / "tests/host/sdk", ROOT / "tests/host", ROOT / "tests/net")
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
ANSWERS, CAME = 0.05, 0.2  # of the frames, and bytes in a step, at least: else they do not get far


def _limited():
    """In the program, before it begins: one that goes on for ever is ended."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))  # clock: of the program itself, not of the machine


def _run(*command):
    done = patience.run([str(word) for word in command], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
                        preexec_fn=_limited)
    return done.returncode, done.stdout.splitlines() or [""]


def _build(where):
    """Why it cannot be built, and where it would be."""
    code, said = _run("python3", "-m", "scripts.build.lwip")
    if code:
        return said[-1], None
    lwip, program = Path(said[-1]), Path(where) / "client_fuzz"
    sources = [*lwip.glob("core/*.c"), *lwip.glob("core/ipv4/*.c"), lwip / "netif/ethernet.c", *(NET / name for name in STACK),
               ROOT / "user/services/ring/client.c", ROOT / "user/services/denied/denied.c",
               ROOT / "tests/host/random.c", ROOT / "tests/net/client_fuzz.c"]
    code, said = _run("gcc", "-std=gnu11", "-O1", "-g", "-fno-strict-aliasing", *SANITIZERS, f"-I{lwip}/include",
                      *(f"-I{path}" for path in INCLUDED), *sources, "-o", program)
    return next((line for line in said if "error" in line), said[-1]) if code else None, program


def _fuzz(program, words, least, why):
    """Runs it; the number in its last line is at least so much."""
    code, said = _run(program, *words)
    print(*said[-40:], sep="\n")
    if code:
        return f"code {code}: {said[-1]}"
    came = int(said[-1].split()[0])
    return None if came >= least else f"{why}: only {came}"


def _tests(frames, lies):
    with tempfile.TemporaryDirectory(prefix="baton-test-") as where:
        why, program = _build(where)
        if why:
            yield "net/fuzz is built", why
            return
        yield "net/damaged frames", why_not(partial(_fuzz, program, [int(frames)], ANSWERS * frames, "frames answered"))
        yield "net/lying client", why_not(partial(_fuzz, program, ["lies", int(lies)], CAME * lies, "bytes that came to the liar"))
        yield "net/late peer", why_not(partial(_fuzz, program, ["late"], 1, "half seconds until it sends again"))


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("--frames", default=str(FRAMES), metavar="N")
    parser.add_argument("--lies", default=str(LIES), metavar="N")
    options = parser.parse_args(arguments)
    return exit_code(_tests(positive_number(options.frames, "--frames"), positive_number(options.lies, "--lies")))


if __name__ == "__main__":
    run_main(main)
