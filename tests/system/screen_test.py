"""What is on the screen. Boots ISOs with graphics, from a disc and as a USB stick, by BIOS and by UEFI, photographs the
screen by QEMU, and reads the picture with the font: every row of the table must say what the serial port says. And what
is wrong with a font or a mode leaves the serial port as it was. Arguments: only cases whose name has one of these words;
--keep DIRECTORY keeps the pictures (PPM).

Prints "ok <name>" or "not ok <name>: why" lines. Exit code: 0 all passed, 1 something failed."""
import collections
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from scripts.base import patience
from scripts.base.common import ROOT, BatonError
from scripts.machine import guest
from scripts.machine.qemu import Machine
from scripts.records import block_read, events
from tests.system import picture
from tests.system.debugger import Debugged

HALTED = "baton: halted; it is safe to switch off."
HELD = "bench: the screen stays as it is; hold=off on the command line ends the machine instead"
VGA = ("VGA,edid=off",)
TURNS = 45  # seconds of the guest's clock, in which a page that turns by itself has turned
PAUSE = 0.1  # seconds between two looks
GLYPH_HEAD = 10  # bytes (user/lib/font.c)
TOP = 3  # bench/display.c: first row of a page
BAND = 24  # kernel/boot/main.c
ALL, FEW = "bench=* samples=3", "bench=ipc.call/* samples=3"
KEPT = Path(sys.argv[sys.argv.index("--keep") + 1]) if "--keep" in sys.argv else None


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
        if KEPT:
            shutil.copy(path, KEPT / path.name)
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


def told(log):
    """The rows that the table must have: id -> the three numbers, or ("refused",)."""
    found = {r["id"]: tuple(str(r[key]) for key in ("median", "min", "p99")) for r in log.results}
    return {**found, **{r["id"]: ("refused",) for r in log.refused}}


def on_screen(word):
    """A number as in a column of the screen: from nine digits on the thousands (on a busy host there are such numbers)."""
    return word if len(word) < 9 or word == "refused" else f"{word[:-3]}k"


def rows(lines):
    """The rows of the table on a screen: id -> the three numbers, or ("refused",)."""
    found = re.findall(r"(\w+\.[\w./]+) +(?:(refused)|(\d+k?) +(\d+k?) +(\d+k?))(?= |$)", "\n".join(lines[2:-1]), re.M)
    return {row[0]: tuple(word for word in row[1:] if word) for row in found}


def expect(condition, what):
    if not condition:
        raise BatonError(what)


def is_table(page):
    return page[TOP].split()[:3] == ["median", "min", "p99"]


def check_pages(screen, pages):
    """The tables have what the serial port says, and no row twice; what comes behind them was said there line for line."""
    said, tables = told(screen.log()), [rows(page) for page in pages if is_table(page)]
    seen = {i: numbers for table in tables for i, numbers in table.items()}
    expect(not any("\ufffd" in line for page in pages for line in page), "a place on the screen is no character of the font")
    missing = said.keys() - seen.keys()
    wrong = [i for i in said if i in seen and seen[i] != tuple(map(on_screen, said[i]))]
    expect(said and not missing, f"the screen lacks {', '.join(sorted(missing)) or 'everything'}: {pages}")
    expect(not wrong, f"the screen and the serial port differ in {', '.join(wrong)}")
    expect(sum(map(len, tables)) == len(said), "a row is there twice, or is no result")
    text = [line for page in pages if not is_table(page) for line in page[TOP:-1] if line]
    expect("\n".join(text) in "\n".join(screen.guest.lines), f"the serial port does not say {text}")
    check_block(said, text)


def check_block(said, text):
    """What make record BLOCK= makes of the screen's text block is what was measured."""
    found = block_read.from_text("\n".join(text))[0]["on"]
    read = {i: tuple(str(r[key]) for key in ("median", "min", "p99")) for i, r in found.results.items()}
    expect({**read, **{i: ("refused",) for i in found.refused}} == said, "the text block on the screen has other results")


def check_title(screen, lines, samples):
    hz = screen.log().tsc_hz
    expect(lines[0].startswith("Baton ") and "fast paths on" in lines[0], f"the title is {lines[0]!r}")
    expect(f"{hz // 10**6}.{hz // 1000 % 1000:03} MHz; {samples} samples;" in lines[1], f"the second line is {lines[1]!r}")


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


def on_one_page(name, modes, size, cmdline=ALL, **machine):
    """All results of a boot on one screen, with what they are."""
    with Shown(name, cmdline, modes, **machine) as screen:
        shot = screen.picture()
        expect((shot.width, shot.height) == size, f"the screen has {shot.width} x {shot.height} pixels")
        pages = screen.pages()
        check_title(screen, pages[0], 3)
        check_pages(screen, pages)
        expect(sum(map(is_table, pages)) == 1, "the table has more than one page")


def on_three_pages(name):
    """A small screen with 24 bits per pixel; its pages turn by keys, and back."""
    with Shown(name, ALL, "800x600x24", stick=True) as screen:
        pages = screen.pages()
        check_pages(screen, pages)
        for page in pages:
            check_title(screen, page, 3)
        expect(sum(map(is_table, pages)) == 3, f"the table has {sum(map(is_table, pages))} pages")
        count = len(pages)
        expect(screen.lines_after("b", f"Page {count} of {count}.") == pages[-1], "the last page is another behind the first")
        expect(screen.lines_after("backspace", f"Page {count - 1} of") == pages[-2], "the page before it is another")
        screen.press("r")
        expect(patience.wait(screen.guest.process) == 0, "the key r does not restart the machine")


def without_screen(says, modes=None, font=None):
    """The suite ends as ever, and says why there is nothing on the screen, or nothing when none was asked for."""
    with tempfile.TemporaryDirectory(prefix="baton-screen-") as directory:
        path = None
        if font is not None:
            path = Path(directory) / "font.pf2"
            path.write_bytes(font)
        outcome = guest.run(Machine(iso=make_iso(directory, FEW, modes, path), devices=VGA))
    said = [line for line in outcome.lines if line.startswith("no use of the screen: ")]
    expect(outcome.code == 0, f"the guest ends with code {outcome.code}")
    expect(said == ([f"no use of the screen: {says}"] if says else []), f"it says {said}")


def glyph_of(font, character):
    """Where it begins: what the section CHIX says, in entries of code, flags and offset."""
    at = font.index(b"CHIX") + 8
    while (entry := struct.unpack_from(">IBI", font, at))[0] != ord(character):
        at += 9
    return entry[2]


def halted(cmdline, **machine):
    """The console and the picture of a guest that has ended as a PC ends."""
    with tempfile.TemporaryDirectory(prefix="baton-screen-") as directory:
        machine = Machine(iso=make_iso(directory, cmdline), devices=VGA, exit_port=False, **machine)
        with Debugged(machine, debug=False) as run:
            while HALTED not in run.lines:
                run.watchdog.look()
                expect(run.process.poll() is None, f"the guest does not end: {run.lines[-3:]}")
                time.sleep(0.05)
            path = Path(directory) / "halted.ppm"
            run.qmp.ask("screendump", filename=str(path))
            return run.lines, picture.Picture(path.read_bytes())


def shows_errors():
    """An error stays on the screen."""
    lines = picture.Reader(picture.read_font()).lines(halted("samples=0")[1])
    expect(lines[-1] == "samples=0: give a number from 1 to 16384", f"the last line is {lines[-1]!r}")


def marks_panics():
    """A panic's words are on the serial port; on the screen there is a white band, by whatever tables it came to that."""
    lines, shot = halted("crash=opcode mitigations=all")
    white = [set(shot.row(0, y, shot.width)) == {b"\xff\xff\xff"} for y in range(shot.height)]
    expect(any(line.startswith("PANIC: ") for line in lines), "it does not panic")
    expect(white == [y < BAND for y in range(shot.height)], f"{sum(white)} lines of the screen are white")


def cases():
    font = picture.FONT.read_bytes()
    return {
        "uefi_stick": lambda: on_one_page("uefi_stick", None, (1280, 1024), uefi=True, stick=True),
        "bios_disc": lambda: on_one_page("bios_disc", None, (1280, 1024)),
        "pages": lambda: on_three_pages("pages"),
        "1024x768x16": lambda: on_one_page("1024x768x16", "1024x768x16", (1024, 768)),
        "large": lambda: on_one_page("large", "1920x1080x32", (1920, 1080), "bench=ipc.* samples=3"),
        "errors": shows_errors,
        "panic": marks_panics,
        "text_mode": lambda: without_screen(None, "text"),
        "no_such_mode": lambda: without_screen(None, "12345x678x32"),
        "font_cut": lambda: without_screen("it lacks a character of ASCII", font=font[:glyph_of(font, "}")]),
        "font_cut_glyph": lambda: without_screen("a character ends behind the file", font=font[:glyph_of(font, "}") + GLYPH_HEAD + 1]),
        "font_empty": lambda: without_screen("it is no font of GRUB's format", font=b""),
    }


def why_not(case):
    try:
        case()
    except (BatonError, OSError, ValueError, subprocess.SubprocessError) as error:
        return str(error)
    return None


def main():
    if "--help" in sys.argv[1:]:
        print(__doc__)
        return 0
    words = [w for w in sys.argv[1:] if not w.startswith("--") and w != str(KEPT)]
    chosen = {name: case for name, case in cases().items() if not words or any(w in name for w in words)}
    failed = not chosen
    with ThreadPoolExecutor(2) as pool:
        for name, why in zip(chosen, pool.map(why_not, chosen.values())):
            print(f"not ok screen/{name}: {why}" if why else f"ok screen/{name}", flush=True)
            failed |= why is not None
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
