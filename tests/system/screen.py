"""A machine with a screen that boots the ISO: its pictures as text, and its keys. For screen_test.py."""
import collections
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from scripts.base import patience
from scripts.base.common import ROOT, BatonError
from scripts.machine.qemu import Machine
from scripts.records import events
from tests.system import picture
from tests.system.debugger import Debugged

HELD = "bench: the screen stays as it is; hold=off on the command line ends the machine instead"
VGA = ("VGA,edid=off",)
TURNS = 45  # seconds of the guest's clock, in which a page that turns by itself has turned
PAUSE = 0.1  # seconds between two looks


def expect(condition, what):
    if not condition:
        raise BatonError(what)


def make_iso(directory, cmdline, screen=None, font=None):
    iso = Path(directory) / "baton.iso"
    options = [*(["--screen", screen] if screen else []), *(["--font", str(font)] if font else [])]
    done = subprocess.run(["scripts/mkiso.sh", "--no-menu", "--cmdline", cmdline, "--output", str(iso), *options], cwd=ROOT,
                          capture_output=True, encoding="utf-8")
    if done.returncode != 0:
        raise BatonError(f"mkiso.sh: {done.stderr.strip()}")
    return iso


class Screen:
    """A guest with a screen, as far as it says that the screen stays."""

    kept = None  # a directory where each picture is kept

    def __init__(self, guest_, directory, name):
        self.guest, self.directory, self.name = guest_, Path(directory), name
        self.reader = picture.Reader(picture.read_font())
        self.taken = 0
        self._wait_for_end()

    def _wait_for_end(self):
        while HELD not in self.guest.lines:
            self.guest.watchdog.look()
            if self.guest.process.poll() is not None:
                raise BatonError(f"the suite does not end; the last lines are {self.guest.lines[-3:]}")
            time.sleep(0.05)

    def picture(self):
        self.taken += 1
        path = self.directory / f"{self.name}-{self.taken}.ppm"
        self.guest.qmp.ask("screendump", filename=str(path))
        if self.kept:
            shutil.copy(path, self.kept / path.name)
        return picture.Picture(path.read_bytes())

    def lines(self):
        return self.reader.lines(self.picture())

    def last_line(self):
        return self.reader.lines(self.picture(), slice(-1, None))[0]

    def press(self, key):
        self.guest.qmp.ask("send-key", keys=[{"type": "qcode", "data": key}])

    def lines_after(self, key, last):
        """The screen once its last line begins so, after a key."""
        self.press(key)
        for _ in range(2):  # when the guest has had its time, one last look
            for _ in self._times():
                seen = self.last_line()
                if seen.startswith(last):
                    return self.lines()
        raise BatonError(f"after the key {key} the last line is {seen!r}, not {last!r}")

    def _times(self):
        """Moments from now on, until TURNS seconds of the guest's clock have passed; where that is the clock on the wall, for
        as long as one has patience."""
        start, counted = self.guest.seconds(), self.guest.clock is not None
        for _ in range(int(patience.patience() / PAUSE)):
            yield
            time.sleep(PAUSE)
            if counted and self.guest.seconds() > start + TURNS:
                return

    def _let_turn(self):
        """Gives pages that turn by themselves the time for it."""
        if self.guest.clock:
            collections.deque(self._times(), maxlen=0)
        else:
            time.sleep(1)  # they turn by the clock on the wall, and hardly ever

    def stop_turning(self):
        """Pages turn by themselves until a key is pressed, and where instructions are counted time flies. Number of the
        page, and of pages."""
        self.press("x")
        self._let_turn()
        seen = self.last_line()
        self._let_turn()
        if seen != self.last_line():
            return self.stop_turning()
        if seen == "All is done. r: restart; or switch off.":
            return 1, 1
        found = re.fullmatch(r"Page (\d+) of (\d+)\. Space: next, b: back, r: restart; or switch off\.", seen)
        expect(found, f"the last line is {seen!r}")
        return int(found[1]), int(found[2])

    def pages(self):
        """The lines of each page; the first is seen again in the end."""
        page, count = self.stop_turning()
        for page in range(page + 1, count + 1):
            self.lines_after("spc", f"Page {page} of {count}.")
        first = self.lines_after("spc", f"Page 1 of {count}." if count > 1 else "All is done.")
        pages = [first, *(self.lines_after("right", f"Page {page} of {count}.") for page in range(2, count + 1))]
        expect(count == 1 or self.lines_after("spc", "Page 1 of") == first, "page 1 is another when it comes again")
        return pages

    def log(self):
        """What the serial port says."""
        log = events.BootLog("on")
        for line in self.guest.lines:
            log.line(line)
        log.finish(0)
        return log


class Shown:
    """with Shown(...) as screen: a machine that boots the ISO and has come to the suite's end."""

    def __init__(self, name, cmdline, modes, **machine):
        self.name, self.cmdline, self.modes, self.machine = name, cmdline, modes, machine

    def __enter__(self):
        self.directory = tempfile.TemporaryDirectory(prefix="baton-screen-")
        self.guest = None
        try:
            iso = make_iso(self.directory.name, self.cmdline, self.modes)
            self.guest = Debugged(Machine(iso=iso, devices=VGA, **self.machine), debug=False)
            return Screen(self.guest.__enter__(), self.directory.name, self.name)
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        if self.guest:
            self.guest.__exit__()
        self.directory.cleanup()
