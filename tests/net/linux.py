#!/usr/bin/env python3
"""What a datagram's echo and a web server's request take a Linux under the same emulator as Baton, on the wire that the tests hold, in
instructions. A process of the guest's that runs when nobody else does says how long others had the CPU (bench/linux/guest).

`make peer-linux`. Prints a line for each: median and quarters. It is measured, not judged: what is kept is in results/peers/linux.json.
"""
import struct
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

from scripts.base import files
from scripts.base.common import ROOT, BatonError, make_parser, positive_number, run_main
from scripts.machine import guest, qemu
from scripts.source.image import Image
from tests.net import frames, linux_disk, peer, wire
from tests.net.wire import GUEST, OURS

ECHO, MARK, HTTP, PORT = 7, 9, 80, 40000  # ports; ours, the first
REQUEST = b"GET /measured HTTP/1.0\r\n\r\n"
CMDLINE = "quiet mitigations=off ipv6.disable=1 net.ifnames=0"
LIMITS = guest.Limits(total=3000.0, silence=3000.0)  # a guest that counts never sleeps
MARKS = 20  # with nothing between them: what one takes itself
ECHOES, REQUESTS = 16, 4  # in one phase: what two marks take differs by some thousands from time to time


@dataclass(frozen=True)
class Phase:
    number: int
    began: int
    opened: int
    others: int
    gaps: int
    ticks: int
    opening_ticks: int
    least: int

    @property
    def taken(self):
        """Of the gaps, without the counting program's own loop."""
        return self.others - self.gaps * self.least


class Line(wire.Wire):
    """Counts the frames of TCP that go over it."""

    count = 0

    def put(self, *many):
        self.count += len(many)
        super().put(*many)

    def packet(self, protocol=None):
        found = super().packet(protocol)
        self.count += 1
        return found

    def asked(self, port, data):
        """A datagram, and what is answered."""
        self.put(frames.udp(OURS, GUEST, PORT, port, data))
        return self.packet(frames.UDP).payload[8:]

    def mark(self):
        """Begins a phase; its number."""
        return struct.unpack("<Q", self.asked(MARK, b"")[:8])[0]

    def phase(self, number):
        return Phase(*struct.unpack("<8Q", self.asked(MARK, struct.pack("<Q", number))))


class Connection(peer.Connection):
    """Acknowledges each second segment, as RFC 1122 wants it, and the last."""

    owed = 0

    def _take_data(self, sequence, data, last):
        if sequence != self.theirs:
            raise ValueError("a segment is not the next one")
        self.got += data
        self.ended = bool(last)
        self.theirs = self.theirs + len(data) + self.ended & 0xffffffff
        self.owed += 1
        if self.owed == 2 or last:
            self.owed = 0
            self._put(frames.ACK)


def _request(line, number):
    line.count = 0
    one = Connection(line, PORT + 1 + number, HTTP)
    one._send(frames.ACK | frames.PSH, REQUEST)
    while not one.ended:
        one.take()
    one.end()
    head, _, body = bytes(one.got).partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.") or body != linux_disk.PAGE:
        raise ValueError(f"it serves another page: {head[:80]}")
    return line.count


def _echo(line, size):
    data = bytes(size)
    if line.asked(ECHO, data) != data:
        raise ValueError("it echoes something else")
    return 2


class Measured:
    """Phases in which something was done stand between such as hold only marks."""

    def __init__(self, line, samples):
        self.line, self.samples = line, samples
        self.found = {}

    def work(self):
        marks = [self.line.mark() for _ in range(MARKS)]
        done = {}
        kinds = (("echo/64", ECHOES, lambda _: _echo(self.line, 64)), ("echo/1472", ECHOES, lambda _: _echo(self.line, 1472)),
                 ("request", REQUESTS, lambda i: _request(self.line, i)))
        for kind, many, once in kinds:
            for i in range(self.samples):
                number = self.line.mark()
                done.setdefault(kind, []).append((number, [once(i * many + k) for k in range(many)]))
                self.line.mark()
        self._read(marks, done)

    def _read(self, marks, done):
        alone = self.line.phase(0)
        tick = alone.taken / alone.ticks  # with all that the machine does by itself
        mark = quantiles([one.opened - tick * one.opening_ticks for one in map(self.line.phase, marks[1:])])[1]
        for kind, ones in done.items():
            self.found[kind] = [self._sample(number, mark, tick) / len(each) for number, each in ones]
        self.frames = quantiles([count for _, each in done["request"] for count in each])

    def _sample(self, number, mark, tick):
        """What is counted in the gap in which a phase begins or ends, beyond the mark itself, is the phase's."""
        phase, after = self.line.phase(number), self.line.phase(number + 1)
        ticks = phase.ticks + phase.opening_ticks + after.opening_ticks
        return phase.taken + (phase.opened - mark) + (after.opened - mark) - tick * ticks


def _measure(server, packages, options):
    with tempfile.TemporaryDirectory(prefix="baton-linux-") as directory:
        where = Path(directory)
        kernel, disk = linux_disk.make(server, packages, options.init, where)
        line = Line(where / "wire")
        measured = Measured(line, options.samples)
        machine = qemu.Machine(image=Image(kernel), initrd=disk, cmdline=CMDLINE, network=line.network)

        def work():
            line.accept()
            return measured.work()
        try:
            why, lines = wire.run(machine, work, LIMITS, ready="ready")
        finally:
            line.close()
        if why:
            raise BatonError(f"{server.name}: {why}; it said: {lines[-3:]}", "see what it says")
    return measured


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("--samples", default="25", help=f"of each: of {ECHOES} echoes, of {REQUESTS} requests")
    parser.add_argument("--only", default="", help="a part of the server's name")
    parser.add_argument("--init", type=Path, default=ROOT / "build" / "linux_init", help="default: build/linux_init")
    options = parser.parse_args(arguments)
    options.samples = int(positive_number(options.samples, "--samples"))
    folder = files.cache_folder("linux")
    folder.mkdir(parents=True, exist_ok=True)
    packages = linux_disk.Packages(folder)
    for server in linux_disk.SERVERS:
        if options.only not in server.name:
            continue
        measured = _measure(server, packages, options)
        print(f"{server.name}: QEMU {qemu.version()}, " + ", ".join(f"{name} {version}" for name, version in packages.versions.items()))
        for kind, values in measured.found.items():
            low, middle, high = quantiles(values)
            print(f"  {kind:10} median {middle:.0f}, quarters {low:.0f} and {high:.0f}, least {min(values):.0f}")
        middle = quantiles(measured.found["request"])[1]
        print(f"  request: {measured.frames[1]:.0f} frames (quarters {measured.frames[0]:.0f} and {measured.frames[2]:.0f}), "
              f"for each {middle / measured.frames[1]:.0f}", flush=True)


if __name__ == "__main__":
    run_main(main)
