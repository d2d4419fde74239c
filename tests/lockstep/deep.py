"""What an exploration of hours needs: its states in a file, so that it may be cut off at any time and goes on from there; and now and then
a word of how far it is."""
import fcntl
import hashlib
import json
import os
import sys
import time

from scripts.base.common import ROOT, BatonError

# What decides which states there are, and the transitions between them.
MEANING = (*(f"kernel/{folder}/*" for folder in ("abi", "cap", "object", "ipc", "thread")), "kernel/entry/syscall.c",
           "tests/host/arch_host.*", "tests/host/user_cpu.*", "tests/model/*.py", "tests/lockstep/alphabet.py", "tests/lockstep/start.py",
           "tests/lockstep/world.py", "tests/lockstep/kernel.c", "tests/lockstep/view*.c", "tests/lockstep/canon*.c",
           "tests/lockstep/states.[ch]")
FIELDS = ("states", "transitions", "state", "input")  # of breadth.h: where it is


def meaning():
    """A digest of it: the two parts of an exploration must be of one kernel and one specification."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in MEANING for path in ROOT.glob(pattern)}):
        digest.update(f"{path.relative_to(ROOT)} {path.stat().st_size} ".encode() + path.read_bytes())
    return digest.hexdigest()


class Kept:
    """The files: `states`, which only grows, and `at`, which says how much of it is right and is replaced as a whole."""

    def __init__(self, directory, name):
        self._at = directory / "at"
        self._about = {"exploration": name, "meaning": meaning()}
        directory.mkdir(parents=True, exist_ok=True)
        self._states = open(directory / "states", "a+b")
        try:
            fcntl.flock(self._states, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BatonError(f"somebody explores in {directory}", "wait for its end, or take another directory") from None
        self.begun = self._read()

    def _read(self):
        """Where it was, or nothing."""
        if not self._at.exists():
            return {}
        found = json.loads(self._at.read_text(encoding="ascii"))
        if any(found[name] != value for name, value in self._about.items()):
            raise BatonError(f"{self._at} is of another exploration, kernel or specification", "check out what it was begun with, or take "
                             "another directory")
        return found

    @property
    def file(self):
        return self._states.fileno()

    def close(self):
        self._states.close()

    def save(self, at, seconds):
        """First the states, and then how many they are."""
        os.fsync(self._states.fileno())
        new = self._at.with_suffix(".new")
        with open(new, "w", encoding="ascii") as to:
            json.dump({**self._about, **{field: getattr(at, field) for field in FIELDS}, "seconds": round(seconds)}, to, indent=1)
            to.flush()
            os.fsync(to.fileno())
        os.replace(new, self._at)


class Progress:
    """Says how far it is, by CPU seconds, on stderr."""

    def __init__(self, name, at, begun):
        self._name, self._first, self._before = name, at.states, begun.get("seconds", 0)
        self._start = self._now()

    @staticmethod
    def _now():
        return time.process_time()  # clock: it is only told

    @property
    def here(self):
        return max(self._now() - self._start, 1)

    @property
    def seconds(self):
        """All that it took, with what it took before it was cut off."""
        return self._before + self.here

    def tell(self, at):
        rate = (at.states - self._first) / self.here
        left = f"{(at.most - at.states) / rate / 3600:.1f} CPU hours to {at.most}" if rate else "no new ones"
        print(f"{self._name}: {at.states} states, {at.state} gone through, {at.transitions} transitions, {at.depth} inputs deep, "
              f"{self.seconds:.0f} CPU seconds; {rate:.0f} new states a CPU second, {left}", file=sys.stderr, flush=True)
