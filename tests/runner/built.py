"""Is what was built older than its sources? `make test` builds first, so there it never is; by hand it can be, and after a build that
failed: then the tests would speak of another kernel. The compiler's lists (*.d) say what each object was made from."""
import os
import re
from pathlib import Path

from scripts.base.common import ROOT, BatonError

# What `make made` always makes, below the directory of a build. What else lies there need not be made anew by every run.
FOLDERS = ("kernel", "plain", "hardened", "kpti", "user", "bench", "tests")
BESIDE = ("bench/logic",)  # what only some verbs make
IMAGE, IMAGE_OF = "baton.elf", ("kernel", "plain", "hardened", "kpti")
RING3 = "build"  # whose programs those of the other builds are made from
BUILDS = {RING3: "make made", "build/check": "make made CHECK=1"}


def _modified(path):
    """None: there is no such file."""
    try:
        return os.stat(path).st_mtime_ns
    except FileNotFoundError:
        return None


def _sources(listed):
    """(object, what it was made from) of one list."""
    rule = re.sub(r"\\\n", " ", listed.read_text(encoding="utf-8")).split("\n", 1)[0]
    made, _, sources = rule.partition(":")
    return made.strip(), sources.split()


def _late(root, made, sources):
    """The first of the sources that is newer. A source that is gone makes nothing late: whatever needed it is no longer wanted."""
    when = _modified(root / made)
    dates = {source: _modified(root / source) for source in sources} if when is not None else {}
    return None if None in dates.values() else next((s for s, date in dates.items() if date > when), None)


def _late_program(root, build):
    """Of those that are made from another build's."""
    for path in sorted((root / build / "user").glob("*.elf")) if build != RING3 else ():
        late = _late(root, f"{build}/user/{path.name}", [f"{RING3}/user/{path.stem}.debug"])
        if late:
            return f"{build}/user/{path.name}", late
    return None


def stale(build, root=ROOT):
    """(what is older, than what), or None."""
    if _modified(root / build / IMAGE) is None:
        return None  # each step says for itself what is not built
    image = []
    for folder in FOLDERS:
        found = sorted(Path(root / build / folder).rglob("*.d"))
        for listed in (path for path in found if not any(part in path.as_posix() for part in BESIDE)):
            made, sources = _sources(listed)
            late = _late(root, made, sources)
            if late:
                return made, late
            image += [made] if folder in IMAGE_OF and (root / made).exists() else []
    late = _late(root, f"{build}/{IMAGE}", image)
    return (f"{build}/{IMAGE}", late) if late else _late_program(root, build)


def check(root=ROOT):
    for build, verb in BUILDS.items():
        found = stale(build, root)
        if found:
            raise BatonError(f"{found[0]} is older than {found[1]}", verb)
