#!/usr/bin/env python3
"""FAT on the host: other people's images used by ours and the other way round, a cut at every write, damaged images.

--runs: so many damaged images. Prints "ok <name>" or "not ok <name>: why" for each; exit code 0 all passed, 1 something failed.
"""
import re
import subprocess
import tempfile
from functools import partial
from pathlib import Path

from scripts.base import patience
from scripts.base.common import ROOT, make_parser, positive_number, run_main
from tests.files.images import SMALL, USUAL, complaints, make, run
from tests.verdict import exit_code, why_not

PROGRAMS = ROOT / "build/files"
TEXT = ROOT / "LICENSE"
RUNS = 100000
OUT_OF_ORDER = 2  # cuts with writes left out, for each write
NAMES = ("SHORT.TXT", "A longer name.text",
         "several.dots.in.it", "mixedCase.TxT", "Äpfel und Birnen.txt", "Ж мир.txt", "日本語.txt",
         "a+b=c;(d).e", ".hidden", "no extension at all", "x" * 200 + ".long")
CLEF = "𝄞 clef.txt"  # beyond 16 bits, where mtools loses the upper ones
SIZES = (0, 1, 511, 512, 513, 4096, 30000, 3, 70000, 100, 2049)
# What fsck.fat may say before a mount has done again what the log says: nothing that would lose what was there.
HARMLESS = re.compile("|".join((
    "FATs differ but appear to be intact", "Using first FAT", r"Reclaimed \d+ unused clusters?", "Free cluster summary wrong",
    "Auto-correcting", "Auto-deleting", r"File size is \d+ bytes, cluster chain length is", "Truncating file to",
    "Orphaned long file name part", "Long filename fragment", r"\(Maybe the start bit", "Not auto-correcting",
    "Leaving filesystem unchanged", r".*: \d+ files, \d+/\d+ clusters", "/",
    "Warning: Filesystem is FAT32", "but has only", "This may lead", "share clusters", "Truncating second", "and$",
    r"Invalid '\.\.' entry")))


def _tool(image, *lines):
    """What fat_tool says to these lines, which must all succeed."""
    done = patience.run([str(PROGRAMS / "fat_tool"), str(image)], data="".join("\t".join(map(str, line)) + "\n" for line in lines),
                        capture_output=True, encoding="utf-8")
    said = done.stdout.splitlines()
    bad = [line for line in said if re.fullmatch(r"\w+: \w+", line) and not line.endswith(": OK")]
    if done.returncode or bad:
        raise ValueError(f"fat_tool: {(bad or done.stderr.splitlines() or ['it failed'])[0]}")
    return [line.split("\t") for line in said if "\t" in line]


def _sources(where):
    files = {}
    for number, (name, size) in enumerate(zip(NAMES, SIZES)):
        path = where / f"source{number}"
        path.write_bytes(bytes((i * (number + 3) + i // 256) % 256 for i in range(size)))
        files[name] = path
    return files


def _ours_to_theirs(kind):
    """Written by ours: clean, and read back by mtools."""
    with tempfile.TemporaryDirectory(prefix="baton-test-") as directory:
        where = Path(directory)
        image, files = make(kind, where), _sources(where)
        _tool(image, ("mkdir", "folder"), ("mkdir", "folder/deeper one"), *(("put", f"folder/deeper one/{n}", p) for n, p in files.items()),
              ("put", "gone", files["SHORT.TXT"]), ("rm", "gone"), ("put", "old name", TEXT),
              ("mv", "old name", "folder/new name"))
        if ["file", CLEF] not in [entry[1:] for entry in _tool(image, ("put", CLEF, files["SHORT.TXT"]), ("ls", ""))]:
            return f"ours does not list '{CLEF}'"
        if complaints(image):
            return f"fsck.fat: {complaints(image)[0]}"
        for name, path in files.items():
            run("mcopy", "-n", "-i", image, f"::folder/deeper one/{name}", where / "back")
            if (where / "back").read_bytes() != path.read_bytes():
                return f"mcopy reads something else from '{name}'"
        if run("mtype", "-i", image, "::folder/new name").stdout != TEXT.read_text(encoding="utf-8"):
            return "mtype reads something else"
        listed = run("mdir", "-b", "-i", image, "::folder/deeper one").stdout
        missing = [name for name in NAMES if name not in listed]
        return f"mdir does not list '{missing[0]}'" if missing else None


def _theirs_to_ours(kind):
    """Written by mtools: ours lists and reads the same, and what it then changes is clean."""
    with tempfile.TemporaryDirectory(prefix="baton-test-") as directory:
        where = Path(directory)
        image, files = make(kind, where), _sources(where)
        run("mmd", "-i", image, "::folder")
        for name, path in files.items():
            run("mcopy", "-i", image, path, f"::folder/{name}")
        listed = {name: int(size) for size, _, name in _tool(image, ("ls", "folder"))}
        if listed != dict(zip(NAMES, SIZES)):
            return f"ours lists {sorted(set(listed.items()) ^ set(zip(NAMES, SIZES)))}"
        for name, path in files.items():
            _tool(image, ("get", f"folder/{name.upper() if name.isascii() else name}", where / "back"))
            if (where / "back").read_bytes() != path.read_bytes():
                return f"ours reads something else from '{name}'"
        _tool(image, *(("rm", f"folder/{name}") for name in NAMES[::2]), ("cut", f"folder/{NAMES[1]}", 50000),
              ("cut", f"folder/{NAMES[7]}", 1))
        return next(iter(complaints(image)), None)


def _cuts(kind):
    """A cut at every write, in order and out of it."""
    with tempfile.TemporaryDirectory(prefix="baton-test-") as directory:
        where = Path(directory)
        image = make(kind, where)
        done = patience.run([str(PROGRAMS / "fat_cuts"), str(image), directory, str(OUT_OF_ORDER)], stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, encoding="utf-8")
        print(*(line for line in done.stdout.splitlines() if line.startswith("#")), sep="\n")
        if done.returncode:
            return next((line for line in done.stdout.splitlines() if line.startswith("not ok") or "ERROR" in line), "fat_cuts failed")
        mounted, raw = sorted(where.glob("mounted-*")), sorted(where.glob("raw-*"))
        if len(mounted) < 10 or len(raw) < 50:
            return f"only {len(mounted)} and {len(raw)} different states"
        for path in mounted:
            found = complaints(path)
            if found:
                return f"fsck.fat, after a cut and a mount: {found}"
        worse = [line for path in raw for line in complaints(path) if not HARMLESS.match(line)]
        return f"fsck.fat, after a cut, without a mount: {worse[0]}" if worse else None


def _fuzz(runs):
    with tempfile.TemporaryDirectory(prefix="baton-test-") as directory:
        where = Path(directory)
        images = [make(kind, where) for kind in SMALL]
        for image in images:
            _tool(image, ("put", "first.txt", __file__), ("mkdir", "sub"), ("put", "sub/Some longer name.txt", __file__),
                  ("mkdir", "sub/more"), ("put", "sub/inner.txt", __file__), ("put", "sub/more/deep", __file__), ("rm", "sub/inner.txt"))
        done = patience.run([str(PROGRAMS / "fat_fuzz"), str(runs), *map(str, images)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            encoding="utf-8")
    print(*done.stdout.splitlines()[-60:], sep="\n")
    return None if done.returncode == 0 else f"code {done.returncode}: {done.stdout.splitlines()[-1]}"


def _far():
    """Long gaps, with others between; what they leave is clean."""
    with tempfile.TemporaryDirectory(prefix="baton-test-") as directory:
        image = make(USUAL[-2], Path(directory))
        done = patience.run([str(PROGRAMS / "fat_far"), str(image)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")
        print(*(line for line in done.stdout.splitlines() if line.startswith("#")), sep="\n")
        bad = [line for line in done.stdout.splitlines() if line.startswith("not ok") or "ERROR" in line]
        return next(iter(bad + complaints(image)), None if done.returncode == 0 else f"fat_far: code {done.returncode}")


def _fails():
    """Devices that fail once, or lie; what is left after the failures is clean."""
    with tempfile.TemporaryDirectory(prefix="baton-test-") as directory:
        image = make(SMALL[1], Path(directory))
        done = patience.run([str(PROGRAMS / "fat_fails"), str(image)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")
        bad = [line for line in done.stdout.splitlines() if line.startswith("not ok") or "ERROR" in line]
        return next(iter(bad + complaints(image)), None if done.returncode == 0 else f"fat_fails: code {done.returncode}")


def _large():
    done = patience.run([str(PROGRAMS / "fat_large")], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")
    return None if done.returncode == 0 else done.stdout.splitlines()[-1]


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("--runs", default=str(RUNS), metavar="N")
    runs = int(positive_number(parser.parse_args(arguments).runs, "--runs"))
    all_kinds = (("ours to theirs", _ours_to_theirs, USUAL), ("theirs to ours", _theirs_to_ours, USUAL), ("cuts", _cuts, SMALL))
    tests = [(f"{name}/{kind.name}", partial(test, kind)) for name, test, kinds in all_kinds for kind in kinds]
    tests += [("far writes", _far), ("devices that fail", _fails), ("large volume", _large), ("damaged images", partial(_fuzz, runs))]
    return exit_code((f"fat/{name}", why_not(test)) for name, test in tests)


if __name__ == "__main__":
    run_main(main)
