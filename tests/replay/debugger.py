"""Bochs's own debugger, which is asked while the guest stands still: that of Debian 12's (2.7) and of 13's (3.0).

It reads the questions from a file, a FIFO: what it is told at its prompt it reads byte by byte, and keeps, and looks through all that it
has kept at each question. To a file it gives no prompt, so behind each question it is asked for a number, which no guest says."""
import os
import re
import socket
import subprocess

from scripts.base import patience
from scripts.base.common import end_group
from scripts.machine import bochs, guest

PIECE = 1 << 16
QUESTIONS = "questions"  # the FIFO
FIRST = 0x71756573 << 8  # of the numbers
STOPPED = re.compile(r"\(0\) Breakpoint \d+, .*\nNext at t=.*\n")


class Debugger:
    """Of a machine that has not begun. Whatever it does, it comes no further than the limit."""

    def __init__(self, machine, directory, limit=bochs.LIMIT):
        self.limit, self._come, self._asked = limit, 0, FIRST
        bochs.configure(machine, directory)
        path = directory / QUESTIONS
        path.unlink(missing_ok=True)
        os.mkfifo(path)
        self._questions = os.open(path, os.O_RDWR)  # it waits for nobody who reads, and has never nobody
        self._wire, other = socket.socketpair()
        with other:
            words = [*bochs.command(limit), "-rc", QUESTIONS]
            self.process = subprocess.Popen(words, cwd=directory, stdin=subprocess.DEVNULL, stdout=other, bufsize=0,
                                            stderr=subprocess.DEVNULL, start_new_session=True,
                                            preexec_fn=guest.die_with_parent())
        self._pulse = patience.Pulse(self.process.pid)
        self._wire.settimeout(self._pulse.every)  # clock: until the next look

    def _answers(self, first, count):
        """What it says to the questions with these numbers; none: it has ended."""
        ends = [f"0x{number:x} {number}\n" for number in range(first, first + count)]
        end, said = ends[-1].encode("ascii"), bytearray()
        while not said.endswith(end):
            try:
                got = self._wire.recv(PIECE)
            except TimeoutError:
                self._pulse.look()
                continue
            if not got:
                return []
            said += got
        answers, rest = [], said.decode("utf-8", "replace").replace("\r", "")
        for end in ends:
            answer, _, rest = rest.partition(end)
            answers.append(answer)
        return answers

    def _tell(self, said):
        os.write(self._questions, said)

    def ask(self, *commands):
        """Its answers; none: it has ended."""
        first = self._asked
        self._asked += len(commands)
        self._tell("".join(f"{command}\n? {number}\n" for number, command in enumerate(commands, first)).encode("ascii"))
        return self._answers(first, len(commands))

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
        os.close(self._questions)
        self._wire.close()
