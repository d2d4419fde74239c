#!/usr/bin/env python3
"""The network in ring 3, on a wire that the test holds (tests/net/wire.py): tests/net/echo.system answers ARP and ping, and sends back
what comes by UDP. Nothing that it sends may be malformed.

Prints "ok <name>" or "not ok <name>: why" for each; exit code 0 all passed, 1 something failed.
"""
import random
import tempfile
from functools import partial
from pathlib import Path

from scripts.base.common import ROOT, make_parser, run_main
from scripts.machine import guest, qemu
from scripts.source.image import Image
from tests.net import frames, wire
from tests.net.wire import GUEST, OURS
from tests.sdk.systems import build
from tests.verdict import exit_code, why_not

HERE = ROOT / "tests/net"
LIMITS = guest.Limits(total=400.0, silence=400.0)  # the guest never idles: of its instructions
ECHO = 7


def arp(line):
    line.put(frames.arp(OURS, GUEST.ip))
    found = line.packet()
    while found.payload[6:8] != b"\0\2":  # it may have announced itself before
        found = line.packet()
    wanted = (frames.ARP, GUEST.hardware, OURS.hardware)
    if (found.kind, found.sender, found.to) != wanted or found.payload[6:18] != b"\0\2" + GUEST.hardware + GUEST.ip:
        return f"it says {found}"
    return None


def pings(line):
    for number, size in enumerate((0, 1, 56, 57, 1000, 1472)):
        data = bytes((number + i) % 256 for i in range(size))
        line.put(frames.ping(OURS, GUEST, number, data))
        found = line.packet(frames.ICMP)
        if found.payload[:2] != b"\0\0" or found.payload[4:] != b"\0\1" + number.to_bytes(2, "big") + data:
            return f"to {size} bytes it says {found}"
    return None


def udp_echo(line, rounds=50):
    draw = random.Random(1)
    for _ in range(rounds):
        port, data = draw.randrange(1024, 65536), draw.randbytes(draw.choice((1, 64, 65, draw.randrange(2, 1472), 1472)))
        line.put(frames.udp(OURS, GUEST, port, ECHO, data))
        found = line.packet(frames.UDP)
        if found.payload[:4] != ECHO.to_bytes(2, "big") + port.to_bytes(2, "big") or found.payload[8:] != data:
            return f"to {len(data)} bytes from port {port} it says {found}"
    return None


def _steps(line, *steps):
    line.accept()
    for step in steps:
        why = step(line)
        if why:
            return f"{step.__name__}: {why}"
    return None


def _boot(where, work, *words):
    image = build(HERE, where, "SYSTEM=echo", *words)
    line = wire.Wire(Path(where) / "wire")
    machine = qemu.Machine("tcg", Image(image.parent / "baton32.elf", (image,)), memory_mib=256, board="q35", network=line.network)
    try:
        why, lines = wire.run(machine, partial(work, line), LIMITS, "echo: it waits")
    finally:
        line.close()
    if why:
        print(*lines, sep="\n")
    return why


def _answers():
    with tempfile.TemporaryDirectory(prefix="baton-test-") as where:
        return _boot(where, lambda line: _steps(line, arp, pings, udp_echo))


def main(arguments):
    make_parser(__doc__).parse_args(arguments)
    return exit_code((f"net/{name}", why_not(test)) for name, test in (("answers", _answers),))


if __name__ == "__main__":
    run_main(main)
