"""A script of this tree run in a fork of this process, as if Python had been started for it: to start Python and to import what the tests
have imported already takes longer than what most scripts do here."""
import os
import runpy
import select
import subprocess
import sys
import tempfile
import traceback

from scripts.base import patience


class Forked:
    """What patience wants of a process."""

    def __init__(self, work):
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        self.pid, self.returncode = os.fork(), None
        if self.pid == 0:
            os._exit(_code_of(work))
        self._ended = os.pidfd_open(self.pid)

    def poll(self):
        if self.returncode is None:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            if ended:
                self.returncode = os.waitstatus_to_exitcode(status)
                os.close(self._ended)
        return self.returncode

    def wait(self, seconds=None):
        if self.returncode is None:
            select.select([self._ended], [], [], seconds)  # clock: until the next look
        if self.poll() is None:
            raise subprocess.TimeoutExpired("a script", seconds)
        return self.returncode


def _code_of(work):
    """As Python ends; but nothing of the tests' own is cleaned up here."""
    try:
        work()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        code = 1
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            code = code or 120
    return code


def _work(module, arguments, environment, out, errors):
    nothing = os.open(os.devnull, os.O_RDONLY)
    for file, descriptor in ((nothing, 0), (out.fileno(), 1), (errors.fileno(), 2)):
        os.dup2(file, descriptor)
    streams = sys.stdin, sys.stdout, sys.stderr
    sys.stdin, sys.stdout, sys.stderr = (open(n, "r" if n == 0 else "w", encoding=stream.encoding, closefd=False)
                                         for n, stream in enumerate(streams))
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [module, *arguments]
    sys.modules.pop(module, None)  # it runs as the main program
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def run(module, arguments, environment):
    """What patience.run() gives of `python3 -m module` with its output captured, as UTF-8, and nothing on standard input."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as out, tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
        process = Forked(lambda: _work(module, arguments, environment, out, errors))
        try:
            patience.wait(process)
        finally:
            patience.end_family(process)
        for file in (out, errors):
            file.seek(0)
        return subprocess.CompletedProcess([module, *arguments], process.returncode, out.read(), errors.read())
