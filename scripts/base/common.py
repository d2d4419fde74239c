"""What every script here shares: where the tree is, how an error is reported, and how a script ends.

An error is one line, "baton: what is wrong; do: what to do next". Exit codes: 0 all is well, 1 it failed,
2 the script was called wrongly, 130 and 143 it was interrupted.
"""
import argparse
import os
import signal
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FAILED, USAGE = 1, 2


class BatonError(Exception):
    """Something that people must know. `details` are lines that are printed before the one-line error."""

    def __init__(self, what, do=None, code=FAILED, details=()):
        super().__init__(what)
        self.what, self.do, self.code, self.details = what, do, code, list(details)

    def __str__(self):
        return self.what + (f"; do: {self.do}" if self.do else "")


class Terminated(KeyboardInterrupt):
    """SIGTERM, so that the clean-up for Ctrl-C serves for it, too."""


class ArgumentParser(argparse.ArgumentParser):
    """Wrong options give an error of one line, like every other."""

    def error(self, message):
        raise BatonError(message, f"{self.prog} --help", USAGE)


def make_parser(doc):
    """A parser that prints the module's own text as its help."""
    module = getattr(sys.modules["__main__"], "__spec__", None)  # of python3 -m
    return ArgumentParser(prog=f"python3 -m {module.name}" if module else None, description=doc,
                          formatter_class=argparse.RawDescriptionHelpFormatter)


def shown(path):
    """The path as people see it: relative to the tree where it lies in it."""
    path = Path(path)
    try:
        return str(path.resolve().relative_to(ROOT))
    except (ValueError, RuntimeError, OSError):  # outside, or a chain of links that ends nowhere
        return str(path)


def positive_number(text, name):
    """A finite number above 0, or an error that names where it came from."""
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 0 < value < float("inf"):
        raise BatonError(f"{name}={text} is not a positive number", f"give {name} a number above 0", USAGE)
    return value


def end_group(process):
    """Ends a process that leads a group of its own (start_new_session), and whatever it started and left running."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def fatal():
    """What a compiler or assembler is told besides: as in the Makefile a warning is an error only where CI asks for that."""
    return ("-Werror",) if os.environ.get("WERROR") == "1" else ()


def warn(text):
    print(f"baton: {text}", file=sys.stderr, flush=True)


def _uncaught(kind, error, trace):
    """Ctrl-C while a script still imports: no traceback either."""
    if issubclass(kind, KeyboardInterrupt):
        warn("stopped; nothing was begun")
    else:
        sys.__excepthook__(kind, error, trace)


sys.excepthook = _uncaught


def _raise_terminated(_signal, _frame):
    raise Terminated


def _end(main):
    try:
        code = main(sys.argv[1:])
        sys.stdout.flush()
        return code
    except BatonError as error:
        sys.stdout.flush()
        for line in error.details:
            print(f"  {line}", file=sys.stderr)
        warn(error)
        return error.code
    except KeyboardInterrupt as stop:
        warn("stopped; what was recorded earlier is as it was")
        return 143 if isinstance(stop, Terminated) else 130


class OutputFailed(Exception):
    """Standard output took no more."""


class _Output:
    """Standard output: what it cannot show in the locale's encoding it shows escaped; its failure is not taken for one of another file."""

    def __init__(self, stream):
        self._stream = stream
        stream.reconfigure(errors="backslashreplace")

    def __getattr__(self, name):
        return getattr(self._stream, name)

    def _try(self, act, *arguments):
        try:
            return act(*arguments)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputFailed(error.strerror) from error

    def write(self, text):
        return self._try(self._stream.write, text)

    def flush(self):
        return self._try(self._stream.flush)


def _open_outputs():
    """With none, the next file that is opened would be it."""
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")
    sys.stderr.reconfigure(errors="backslashreplace")
    if sys.stdout is None:
        warn("standard output is closed; do: give it a file, or >/dev/null")
        sys.exit(FAILED)
    sys.stdout = _Output(sys.stdout)


def _discard_output():
    """What Python would flush at exit must go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def run_main(main):
    """Runs main(arguments) and ends the process with its exit code."""
    _open_outputs()
    signal.signal(signal.SIGTERM, _raise_terminated)
    try:
        code = _end(main)
    except BrokenPipeError:
        _discard_output()  # the reader of a pipe has enough (head, less)
        code = 141
    except OutputFailed as error:
        _discard_output()
        warn(f"cannot write to standard output: {error}; do: free some space there")
        code = FAILED
    sys.exit(code)
