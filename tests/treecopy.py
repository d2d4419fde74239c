"""A copy of the tree to break on purpose: the sources, and what is built so far, so that little must be built anew."""
import shutil
from fnmatch import fnmatch

from scripts.base.common import ROOT, BatonError

SOURCES = ("Makefile", "kernel", "fastpath", "user", "scripts", "bench", "tests")
# In build/ itself: builds of other commits, kept results, discs are of no use there.
NO_USE = ("commits", "kvm", "metal", "prove", "pycache", "releases", "sdk", "*.iso")


def copy_tree(to, *left_out):
    """Sources and build/, except what in build/ itself has a name like these."""
    def ignore(folder, names):
        unwanted = (*NO_USE, *left_out) if folder == str(ROOT / "build") else ("__pycache__",)
        return [name for name in names if any(fnmatch(name, pattern) for pattern in unwanted)]

    if not (ROOT / "build").is_dir():
        raise BatonError("nothing is built here that a copy of the tree could begin from", "make made")
    to.mkdir(parents=True, exist_ok=True)
    shutil.copy2(ROOT / SOURCES[0], to)
    for part in (*SOURCES[1:], "build"):
        shutil.copytree(ROOT / part, to / part, ignore=ignore, dirs_exist_ok=True)
