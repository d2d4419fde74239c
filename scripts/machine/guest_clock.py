"""How far a guest has come: what its clock shows, which under tcg counts its instructions."""
import calendar
import json
import socket

BASE = (2026, 1, 1, 0, 0, 0)  # when the clock of a counted machine starts: qemu.py
QUESTION = {"execute": "qom-get", "arguments": {"path": "/machine", "property": "rtc-time"}}


def seconds_of(answer):
    """Seconds since BASE of QEMU's answer to QUESTION."""
    return calendar.timegm((answer["tm_year"] + 1900, answer["tm_mon"] + 1, *(answer[f"tm_{k}"] for k in ("mday", "hour", "min", "sec")))) \
        - calendar.timegm(BASE)


class GuestClock:
    """Asks QEMU by QMP, over a pair of sockets, and never waits for an answer: a QEMU that says nothing is not waited for."""

    def __init__(self):
        self.ours, self.theirs = socket.socketpair()
        self.ours.setblocking(False)
        self.rest, self.seconds = b"", 0
        self._say({"execute": "qmp_capabilities"})

    def arguments(self):
        """For QEMU's command line; it inherits the descriptor `theirs`."""
        return ["-chardev", f"socket,id=clock,fd={self.theirs.fileno()}", "-mon", "chardev=clock,mode=control"]

    def close(self):
        self.ours.close()
        self.theirs.close()

    def _say(self, question):
        try:
            self.ours.send(json.dumps(question).encode() + b"\n")
        except OSError:
            pass  # it has ended, or reads nothing

    def _read(self):
        try:
            self.rest += self.ours.recv(65536)
        except OSError:
            return
        *lines, self.rest = self.rest.split(b"\n")
        for line in lines:
            answer = json.loads(line).get("return")
            if answer and "tm_year" in answer:
                self.seconds = seconds_of(answer)

    def look(self):
        """Whole seconds at the last answer, each 10^9 instructions or as much idle time; asks for the next."""
        self._read()
        self._say(QUESTION)
        return self.seconds
