"""Images of FAT, made and read by other people's programs: dosfstools and mtools."""
import os
import shutil
from dataclasses import dataclass

from scripts.base import patience
from scripts.base.common import BatonError

PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


@dataclass(frozen=True)
class Kind:
    """What mkfs.fat is told: so many KiB, and the rest."""

    name: str
    size: int
    words: tuple


# Small ones, for what is done a thousand times; and those that mtools takes, for which FAT32 begins at 65525 clusters.
SMALL = (Kind("fat12", 256, ("-F", "12", "-s", "1", "-r", "64")), Kind("fat16", 2400, ("-F", "16", "-s", "1")),
         Kind("fat32", 700, ("-F", "32", "-s", "1")))
USUAL = (Kind("floppy", 1440, ()), Kind("fat12", 4096, ("-F", "12", "-s", "4")), Kind("fat16", 9000, ("-F", "16", "-s", "2")),
         Kind("fat32", 34000, ("-F", "32", "-s", "1")), Kind("one table", 3000, ("-F", "12", "-s", "2", "-f", "1")))


def run(program, *words, check=True):
    """What one of them says; its name in an error if it is not there, or fails."""
    path = shutil.which(program, path=PATH)
    if not path:
        raise BatonError(f"{program} is not installed", "scripts/setup.sh test")
    done = patience.run([path, *map(str, words)], capture_output=True, encoding="utf-8", errors="replace",
                        env={**os.environ, "LC_ALL": "C.UTF-8", "MTOOLS_SKIP_CHECK": "1"})
    if check and done.returncode:
        raise BatonError(f"{program} {' '.join(map(str, words))}: {(done.stdout + done.stderr).strip()}", "see what it says")
    return done


def make(kind, where):
    image = where / f"{kind.name.replace(' ', '_')}.img"
    run("mkfs.fat", "-C", *kind.words, "-i", "12345678", "--invariant", image, kind.size)
    return image


def complaints(image):
    """What fsck.fat finds; an empty list: the volume is clean. It says of a small FAT32 that it is small."""
    done = run("fsck.fat", "-n", image, check=False)
    if done.returncode == 0:
        return []
    return [line.strip() for line in (done.stdout + done.stderr).splitlines()[1:] if line.strip()] or ["it fails and says nothing"]
