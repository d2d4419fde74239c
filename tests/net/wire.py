"""A guest whose wire the test holds: what it sends comes here, frame by frame, and what is put here it gets. QEMU's end is a stream
socket with a length in front of each frame. The test's work runs in a thread of its own, beside the one that reads the guest's console;
neither has a clock: the guest is limited by its instructions (guest.Limits), and when it ends the wire does, too.
"""
import os
import select
import signal
import socket
import struct
import threading

from scripts.machine import guest
from tests.net import frames

OURS = frames.Side(b"\x52\x54\x00\x00\x00\x01", frames.address("10.0.2.2"))
GUEST = frames.Side(b"\x52\x54\x00\x12\x34\x56", frames.address("10.0.2.15"))


class Ended(Exception):
    """The guest is gone."""


class Wire:
    """The test's end. wake() makes what waits for a frame go on without one: something on the guest's side began anew, and what was on
    its way may be lost."""

    def __init__(self, path):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen(1)
        self.stream, self.rest = None, b""
        self.woken, self.waker = socket.socketpair()
        self.network = f"stream,server=off,addr.type=unix,addr.path={path}"

    def accept(self):
        self.stream = self.listener.accept()[0]

    def put(self, *many):
        try:
            self.stream.sendall(b"".join(struct.pack("!I", len(frame)) + frame for frame in many))
        except OSError as error:
            raise Ended("the guest is gone") from error

    def wake(self):
        self.waker.send(b"!")

    def take(self):
        """The next frame, whatever it is; None: woken."""
        while len(self.rest) < 4 or len(self.rest) < 4 + struct.unpack("!I", self.rest[:4])[0]:
            if self.woken in select.select([self.stream, self.woken], [], [])[0]:
                self.woken.recv(1)
                return None
            data = self.stream.recv(1 << 16)
            if not data:
                raise Ended("the guest is gone")
            self.rest += data
        length = struct.unpack("!I", self.rest[:4])[0]
        frame, self.rest = self.rest[4:4 + length], self.rest[4 + length:]
        return frame

    def packet(self, protocol=None):
        """The next packet (of that protocol, or any), after questions for our address, which are answered; None: woken. fails:
        ValueError, it is malformed."""
        while True:
            frame = self.take()
            if frame is None:
                return None
            found = frames.read(frame)
            if found.wrong:
                raise ValueError(f"the guest sent a frame that is wrong: {found.wrong}: {frame.hex()}")
            if found.kind == frames.ARP and found.payload[6:8] == b"\0\1" and found.payload[24:28] == OURS.ip:
                self.put(frames.arp(OURS, found.payload[14:18], found.sender, answers=True))
            elif protocol is None or (found.kind == frames.IPV4 and found.protocol == protocol):
                return found

    def close(self):
        for one in (self.stream, self.listener, self.woken, self.waker):
            if one:
                one.close()


class Work(threading.Thread):
    """What the test does while the guest runs; then the guest may go."""

    def __init__(self, work):
        super().__init__(daemon=True)
        self.work, self.pid, self.why, self.done = work, None, None, False

    def run(self):
        try:
            self.why = self.work()
        except Exception as error:  # whatever it is, the test has failed by it
            self.why = f"{type(error).__name__}: {error}"
        self.done = True
        os.kill(self.pid, signal.SIGTERM)

    def begin(self, pid):
        self.pid = pid
        self.start()


def run(machine, work, limits, ready=None, on_line=None):
    """Why the work failed, or None, and the guest's console. It begins when the guest first says the line `ready`, or at once; lines that
    come later are on_line's, too."""
    worker, lines = Work(work), []
    pid = []

    def take(line):
        lines.append(line)
        if worker.pid and on_line:
            on_line(line)
        elif not worker.pid and line == ready:
            worker.begin(pid[0])

    def started(number):
        pid.append(number)
        if not ready:
            worker.begin(number)
    try:
        guest.run(machine, take, limits, started)
        ended = "the guest ended by itself"
    except guest.GuestError as error:
        ended = str(error)
    return (worker.why if worker.done else ended), lines
