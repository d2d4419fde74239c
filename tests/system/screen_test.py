"""What is on the screen. Boots ISOs with graphics, from a disc and as a USB stick, by BIOS and by UEFI, photographs the
screen by QEMU, and reads the picture with the font: every row of the table must say what the serial port says. And what
is wrong with a font or a mode leaves the serial port as it was. Arguments: only cases whose name has one of these words;
--keep DIRECTORY keeps the pictures (PPM).

Prints "ok <name>" or "not ok <name>: why" lines. Exit code: 0 all passed, 1 something failed."""
import re
import struct
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from scripts.base import patience
from scripts.base.common import make_parser, run_main
from scripts.machine import guest
from scripts.machine.qemu import Machine
from scripts.records import block_read
from tests.system import panic_test, picture
from tests.system.debugger import Debugged
from tests.system.screen import VGA, Screen, Shown, expect, make_iso
from tests.verdict import exit_code, why_not

HALTED = "baton: halted; it is safe to switch off."
GLYPH_HEAD = 10  # bytes (user/lib/font.c)
TOP = 3  # bench/display.c: first row of a page
BAND = 24  # kernel/boot/main.c
ALL, FEW = "bench=* samples=3", "bench=ipc.call/* samples=3"


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


def is_table(page):
    return page[TOP].split()[:3] == ["median", "min", "p99"]


def check_pages(screen, pages):
    """The tables have what the serial port says, and no row twice; what comes after them was said there line for line."""
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


def whole(name, modes, size, cmdline=ALL, tables=1, **machine):
    """All results of a boot, with what they are: on so many screens."""
    with Shown(name, cmdline, modes, **machine) as screen:
        shot = screen.picture()
        expect((shot.width, shot.height) == size, f"the screen has {shot.width} x {shot.height} pixels")
        pages = screen.pages()
        check_title(screen, pages[0], 3)
        check_pages(screen, pages)
        expect(sum(map(is_table, pages)) == tables, f"the table has {sum(map(is_table, pages))} pages, not {tables}")


def on_three_pages(name):
    """A small screen with 24 bits per pixel; its pages turn by keys, and back."""
    with Shown(name, ALL, "800x600x24", stick=True) as screen:
        pages = screen.pages()
        check_pages(screen, pages)
        for page in pages:
            check_title(screen, page, 3)
        expect(sum(map(is_table, pages)) == 3, f"the table has {sum(map(is_table, pages))} pages")
        count = len(pages)
        expect(screen.lines_after("b", f"Page {count} of {count}.") == pages[-1], "the last page is another one after the first")
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


def halted(cmdline, broken=False, **machine):
    """The console and the picture of a guest that has ended as a PC ends. broken: by a panic before it comes to ring 3."""
    with tempfile.TemporaryDirectory(prefix="baton-screen-") as directory:
        machine = Machine(iso=make_iso(directory, cmdline), devices=VGA, exit_port=False, **machine)
        with Debugged(machine, debug=broken) as run:
            if broken:
                panic_test.break_off(run.gdb)
                run.gdb.go()
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
    lines, shot = halted("mitigations=all", broken=True)
    white = [set(shot.row(0, y, shot.width)) == {b"\xff\xff\xff"} for y in range(shot.height)]
    expect(any(line.startswith("PANIC: ") for line in lines), "it does not panic")
    expect(white == [y < BAND for y in range(shot.height)], f"{sum(white)} lines of the screen are white")


def cases():
    font = picture.FONT.read_bytes()
    return {
        "uefi_stick": lambda: whole("uefi_stick", None, (1280, 1024), uefi=True, stick=True),
        "bios_disc": lambda: whole("bios_disc", None, (1280, 1024)),
        "pages": lambda: on_three_pages("pages"),
        "1024x768x16": lambda: whole("1024x768x16", "1024x768x16", (1024, 768), tables=2),
        "large": lambda: whole("large", "1920x1080x32", (1920, 1080), "bench=ipc.* samples=3"),
        "errors": shows_errors,
        "panic": marks_panics,
        "text_mode": lambda: without_screen(None, "text"),
        "no_such_mode": lambda: without_screen(None, "12345x678x32"),
        "font_cut": lambda: without_screen("it lacks a character of ASCII", font=font[:glyph_of(font, "}")]),
        "font_cut_glyph": lambda: without_screen("a character ends past the end of the file",
                                                 font=font[:glyph_of(font, "}") + GLYPH_HEAD + 1]),
        "font_empty": lambda: without_screen("it is no font of GRUB's format", font=b""),
    }


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("word", nargs="*")
    parser.add_argument("--keep", metavar="DIRECTORY", type=Path)
    options = parser.parse_args(arguments)
    Screen.kept = options.keep
    chosen = {name: case for name, case in cases().items() if not options.word or any(w in name for w in options.word)}
    with ThreadPoolExecutor(2) as pool:
        return exit_code((f"screen/{name}", why) for name, why in zip(chosen, pool.map(why_not, chosen.values())))


if __name__ == "__main__":
    run_main(main)
