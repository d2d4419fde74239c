"""A picture is drawn once in a run of the tests: most are of the same few made-up records, and to start gnuplot takes longer than all else
that a test of a chart does. Scripts that run in forks of the tests (forked.py) have it, too. Whoever puts another gnuplot into PATH gets
that one's pictures, each time anew."""
import atexit
import hashlib
import os
import pickle
import shutil
import tempfile
from pathlib import Path

from scripts.show import gallery, plot


class Once:
    """A function whose value for the same words is kept in a folder, while gnuplot is the one that it was at first."""

    def __init__(self, function, folder):
        self._function, self._folder, self._gnuplot = function, Path(folder), shutil.which(plot.GNUPLOT)

    def __call__(self, *words):
        if self._gnuplot is None or shutil.which(plot.GNUPLOT) != self._gnuplot:
            return self._function(*words)
        path = self._folder / hashlib.sha256(repr((self._function.__name__, words)).encode()).hexdigest()
        try:
            return pickle.loads(path.read_bytes())
        except FileNotFoundError:
            value = self._function(*words)
        new = path.with_suffix(f".{os.getpid()}-{id(words)}")  # others may draw the same
        new.write_bytes(pickle.dumps(value))
        new.replace(path)
        return value


def draw_once():
    """From now on, in this process and its forks."""
    folder = tempfile.mkdtemp(prefix="baton-pictures-")
    atexit.register(shutil.rmtree, folder)
    plot.render = Once(plot.render, folder)
    gallery._gnuplot = Once(gallery._gnuplot, folder)  # pylint: disable=protected-access
