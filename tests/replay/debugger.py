"""Bochs's own debugger, which is asked while the guest stands still: that of Debian 12's (2.7) and of 13's (3.0)."""
import re
import socket
import subprocess

from scripts.base import patience
from scripts.base.common import end_group
from scripts.machine import bochs, guest

PIECE = 4096
PROMPT = re.compile(r"<bochs:(\d+)> ")
STOPPED = re.compile(r"\(0\) Breakpoint \d+, .*\nNext at t=.*\n")


class Debugger:
    """Of a machine that has not begun. Whatever it does, it comes no further than the limit."""

    def __init__(self, machine, directory, limit=bochs.LIMIT):
        self.limit, self._come, self._prompt = limit, 0, 0
        bochs.configure(machine, directory)
        self._wire, other = socket.socketpair()
        with other:
            # Its input is no socket: Bochs sends what its screen shows to descriptor 0 until somebody looks at that by rfb.
            self.process = subprocess.Popen(bochs.command(limit), cwd=directory, stdin=subprocess.PIPE, stdout=other, bufsize=0,
                                            stderr=subprocess.DEVNULL, start_new_session=True, preexec_fn=guest.die_with_parent())
        self._pulse = patience.Pulse(self.process.pid)
        self._wire.settimeout(self._pulse.every)  # clock: until the next look
        self._answers(1)

    def _answers(self, count):
        """What it says until it has asked so often; none: it has ended."""
        self._prompt += count
        end, said = f"<bochs:{self._prompt}> ".encode("ascii"), bytearray()
        while not said.endswith(end):
            try:
                got = self._wire.recv(PIECE)
            except TimeoutError:
                self._pulse.look()
                continue
            if not got:
                return []
            said += got
        parts = PROMPT.split(said.decode("utf-8", "replace").replace("\r", ""))
        return [part.partition("\n")[2] for part in parts[::2]][:count]

    def _tell(self, said):
        try:
            self.process.stdin.write(said)
        except BrokenPipeError:
            pass  # it has ended, and answers nothing

    def ask(self, *commands):
        """Its answers; none: it has ended."""
        self._tell("".join(command + "\n" for command in commands).encode("ascii"))
        return self._answers(len(commands))

    def one(self, *then):
        """As ask(), when one instruction has been executed."""
        return self.ask("s", *then)

    def go(self, *then):
        """As ask(), at the next breakpoint. fails: GuestError, it has come too far."""
        said = ""
        while True:
            answers = self.ask(f"s {min(bochs.STEPS, self.limit - self._come)}", *then)
            if not answers:
                return answers
            self._come = bochs.has_come(answers[0])
            if self._come >= self.limit:
                raise bochs.endless(self.limit)
            if STOPPED.search(answers[0]):
                return [said + answers[0], *answers[1:]]
            said += answers[0].partition(bochs.AT)[0]

    def close(self):
        end_group(self.process)
        self.process.stdin.close()
        self._wire.close()
