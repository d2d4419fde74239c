"""Images of commits: built in a tree of their own, and kept by what went into them.

    build/commits/<key>/            baton32.elf, user/*.elf and bench_*/loader.img, as the image of a build
    build/commits/.tree-<random>/   a tree that is being built; removed afterwards

The tree is what `git archive` makes of the commit, so nothing in .git changes and a kill at any moment leaves at most a
directory, which the next run removes (a process that works in one holds a lock on it, and the lock ends with its process). The
key is a hash over the files that an image is made from, and over the tools: commits that change only documents or tests
share one image, and another compiler makes another.
"""
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from contextlib import contextmanager
from pathlib import Path

from scripts.base import patience
from scripts.base.common import ROOT, BatonError, end_group
from scripts.base.files import sync_directory, unpack
from scripts.machine import hostinfo
from scripts.machine.guest import die_with_parent
from scripts.source.gitlog import git
from scripts.source.image import SYSTEMS, built_image

STORE = ROOT / "build" / "commits"
KEPT = 24  # images, about 3 MB each; the least recently used go
ALONE = "-alone"  # behind the key of an image without the suite's systems
# What an image is made from; tests/scripts/test_builds.py compares the list with what the compiler read. The last three are older commits'.
BUILT = ("Makefile", "kernel/", "fastpath/", "bench/", "user/", "tests/conform/", "tests/fuzz/", "scripts/build/ksyms.py",
         "scripts/build/stack_bound.py", "scripts/build/lwip.py",
         "scripts/base/common.py", "scripts/ksyms.py", "scripts/stack_bound.py", "scripts/common.py")
# What a make that called this would pass on to the make of the other tree.
MAKE_WORDS = ("MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES", "MAKELEVEL", "MAKEFILES", "BUILD", "CHECK", "CC", "WERROR")


class CannotBuild(BatonError):
    """The commit has no image: its own fault, not the machine's."""


# ---- what is kept

def _tools():
    return [hostinfo.compiler(), hostinfo.nasm(), hostinfo.linker()]


def is_built(path):
    """Whether an image can change with that file (its path in the tree)."""
    return path.startswith(BUILT) or path.endswith(".mk")


def key(commit, root=ROOT):
    listing = git("ls-tree", "-r", "-z", "--full-tree", commit.hash, root=root).split("\0")
    built = sorted(entry for entry in listing if entry and is_built(entry.split("\t", 1)[1]))
    return hashlib.sha256("\0".join([*built, *_tools()]).encode()).hexdigest()[:24]


@contextmanager
def _locked(store):
    """One process at a time looks at what exists and what is stale; building itself goes on meanwhile."""
    store.mkdir(parents=True, exist_ok=True)
    with open(store / ".lock", "w", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _lock_directory(path):
    """A descriptor that holds the directory's lock, or None: somebody is working there."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return fd
    except OSError:
        os.close(fd)
        return None


def _remove_stale(store):
    for path in store.glob(".tree-*"):
        fd = _lock_directory(path)
        if fd is not None:
            shutil.rmtree(path, ignore_errors=True)
            os.close(fd)


def _remove_old(store, keep):
    images = sorted((p for p in store.iterdir() if p.is_dir() and not p.name.startswith(".") and p.name != keep),
                    key=lambda p: p.stat().st_mtime, reverse=True)
    for path in images[KEPT - 1:]:
        doomed = path.rename(store / f".tree-old-{path.name}")  # no one finds half of it
        shutil.rmtree(doomed, ignore_errors=True)


@contextmanager
def _tree(store):
    """An empty directory that goes when we end, however that happens."""
    with _locked(store):
        _remove_stale(store)
        path = Path(tempfile.mkdtemp(prefix=".tree-", dir=store))
        fd = _lock_directory(path)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        os.close(fd)


# ---- building

def _extract(commit, path, root):
    archive = path / "tree.tar"
    git("archive", "--format=tar", f"--output={archive}", commit.hash, root=root)
    (path / "tree").mkdir()
    with tarfile.open(archive) as tar:
        unpack(tar, path / "tree")
    archive.unlink()
    _let_warn(path / "tree")
    return path / "tree"


def _let_warn(tree):
    """Takes -Werror out of the makefiles, but for where one takes it out itself (filter-out): a commit that once was built without a
    warning is older than today's compiler."""
    for path in [tree / "Makefile", *tree.rglob("*.mk")]:
        text = path.read_text(encoding="utf-8", errors="surrogateescape")
        path.write_text(re.sub(r"\s-Werror\b(?!,)", "", text), encoding="utf-8", errors="surrogateescape")


def _make(commit, tree, words):
    clean = {k: v for k, v in os.environ.items() if k not in MAKE_WORDS}
    command = ["make", "-s", f"-j{os.cpu_count() or 1}", "all", *words]
    process = subprocess.Popen(command, cwd=tree, env=clean, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, encoding="utf-8", errors="replace", start_new_session=True,
                               preexec_fn=die_with_parent())
    try:
        said = patience.communicate(process)[0].splitlines()
    except patience.Hung as hung:
        raise CannotBuild(f"commit {commit.hash[:10]} was being built, and {hung.what}", hung.do) from hung
    finally:
        end_group(process)
        process.stdout.close()
    if process.returncode != 0:
        errors = [line for line in said if "rror" in line and "Makefile" not in line] or said or ["make said nothing"]
        raise CannotBuild(f"commit {commit.hash[:10]} does not build: {errors[0].strip()}", details=said[-10:])


def _keep(tree, store, name):
    """Puts the image where the next run finds it, whole or not at all."""
    image = built_image(tree / "build")
    if not image.kernel.is_file():
        raise CannotBuild("its build leaves no build/baton32.elf")
    kept = tree.parent / "kept"
    (kept / "user").mkdir(parents=True)
    for path in image.files():
        target = kept / path.relative_to(tree / "build")
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(path, target)
        with open(target, "rb") as file:
            os.fsync(file.fileno())
    for directory in (*(path for path in kept.iterdir() if path.is_dir()), kept):
        sync_directory(directory)
    with _locked(store):
        if not (store / name).exists():  # otherwise somebody was faster
            kept.rename(store / name)
            sync_directory(store)
        _remove_old(store, name)


def _say(text):
    print(text, file=sys.stderr, flush=True)


def _without_systems(only):
    """Words for make, if nothing in the systems of the suite is measured: they take longer to build than the kernel. Older commits do
    not know the words."""
    return () if any(system.measures(only) for system in SYSTEMS) else ("BENCH_SDK=", "BENCH_SYSTEMS=")


def image_of(commit, only="*", store=STORE, root=ROOT, say=_say):
    """The Image of a commit, built now or earlier, with what is needed to measure these benchmarks. fails: CannotBuild, or BatonError where
    git or the disk fail."""
    name, words = key(commit, root), _without_systems(only)
    if words and not (store / name / "baton32.elf").is_file():
        name += ALONE
    place = store / name
    try:
        if not (place / "baton32.elf").is_file():
            say(f"building {commit}")
            with _tree(store) as path:
                tree = _extract(commit, path, root)
                _make(commit, tree, words)
                _keep(tree, store, name)
        os.utime(place)
    except (OSError, tarfile.TarError) as error:
        raise BatonError(f"cannot build {commit.hash[:10]} in {store}: {error}", "free some space") from error
    return built_image(place)
