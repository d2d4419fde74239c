#!/usr/bin/env python3
"""The network in ring 3, on a wire that the test holds (tests/net/wire.py): tests/net/echo.system answers ARP and ping, and sends back
what comes by UDP and TCP. Nothing that it sends may be malformed. Then with a driver, and with a stack, that dies again and again.

Prints "ok <name>" or "not ok <name>: why" for each; exit code 0 all passed, 1 something failed.
"""
import random
import tempfile
from functools import partial
from pathlib import Path

from scripts.base.common import ROOT
from scripts.machine import guest, qemu
from scripts.source.image import Image
from tests.net import frames, wire
from tests.net.peer import Connection, Reset, call_all
from tests.net.wire import GUEST, OURS
from tests.sdk.systems import build, dying
from tests.verdict import run_checks, why_not

HERE = ROOT / "tests/net"
LIMITS = guest.Limits(total=100.0, silence=100.0)  # the guest never idles: of its instructions
ECHO = 7
READY, DRIVER_WORKS = "echo: it waits", "virtio_net: the interface works"
DEATHS = 2  # that a test must see, at least


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


def tcp_echo(line, length=1 << 20):
    """Short lines, then a megabyte in one go."""
    draw, one = random.Random(2), Connection(line, 2000, ECHO)
    for size in (1, 10, 1459, 1460, 1461, 4096, 5000, length):
        data = draw.randbytes(size)
        if one.echoed(data) != data:
            return f"{size} bytes come back as others"
    one.end()
    return None


def many_connections(line, count=20):
    """At once, and one by one: each gets its own bytes. More call than the stack keeps for a client that has not yet accepted them."""
    ones = [Connection(line, 3000 + i, ECHO, wait=False) for i in range(count)]
    if not call_all(line, ones):
        return f"all of {count} were heard at first: nothing is shown of those that are not"
    for number, one in enumerate(ones):
        data = bytes([number]) * 100
        if one.echoed(data) != data:
            return f"connection {number} gets something else"
    for one in ones:
        one.end()
    for number in range(2 * count):
        one = Connection(line, 4000 + number, ECHO)
        if one.echoed(b"again") != b"again":
            return f"connection {number} afterwards gets something else"
        one.end()
    return None


def nobody_listens(line):
    try:
        Connection(line, 2001, 8)
    except Reset:
        return None
    return "port 8 is answered"


def _steps(line, *steps):
    line.accept()
    for step in steps:
        why = step(line)
        if why:
            return f"{getattr(step, '__name__', step)}: {why}"
    return None


def _boot(where, work, *words, again=()):
    """Why the work with the guest failed, and its console; whatever waits for a frame is woken by the lines `again`."""
    image = build(HERE, where, "SYSTEM=echo", *words)
    line = wire.Wire(Path(where) / "wire")
    machine = qemu.Machine("tcg", Image(image.parent / "baton32.elf", (image,)), memory_mib=256, board="q35", network=line.network)
    try:
        why, lines = wire.run(machine, partial(work, line), LIMITS, READY, lambda text: text in again and line.wake())
    finally:
        line.close()
    if why:
        print(*lines, sep="\n")
    return why, lines


def _answers():
    with tempfile.TemporaryDirectory(prefix="baton-test-") as where:
        return _boot(where, lambda line: _steps(line, arp, pings, udp_echo, nobody_listens, tcp_echo, many_connections))[0]


def _driver_dies():
    """A connection outlives it: what was on its way is sent again."""
    with tempfile.TemporaryDirectory(prefix="baton-test-") as where:
        why, lines = _boot(where, lambda line: _steps(line, partial(tcp_echo, length=60000)), dying(where, "virtio_net", 40),
                           again=(DRIVER_WORKS,))
        deaths = lines.count("pci: the driver has died; its device is off the bus")
        return why or (None if deaths >= DEATHS else f"the driver died {deaths} times only")


def _outlives(line, rounds=30):
    """Connections end with the stack, and the next one is answered by its next life."""
    resets = 0
    line.accept()
    for number in range(rounds):
        try:
            one = Connection(line, 5000 + number, ECHO)
            data = number.to_bytes(2, "big") * 2000
            if one.echoed(data) != data:
                return f"connection {number} gets something else"
            one.end()
        except Reset:
            resets += 1
    return None if DEATHS <= resets < rounds / 2 else f"{resets} of {rounds} connections were ended"


def _stack_dies():
    with tempfile.TemporaryDirectory(prefix="baton-test-") as where:
        why, lines = _boot(where, _outlives, dying(where, "net", 50), again=(READY,))
        deaths = lines.count("nurse: the stack has died")
        return why or (None if deaths >= DEATHS else f"the stack died {deaths} times only")


def _checks():
    return ((f"net/{name}", why_not(test)) for name, test in
                     (("answers", _answers), ("driver dies", _driver_dies), ("stack dies", _stack_dies)))


if __name__ == "__main__":
    run_checks(__doc__, _checks)
