"""What the explorations by breadth.c rest on: that keys tell apart what differs, and that one that was cut off goes on as if it had not
been. Both are tried with the first states of one exploration."""
import contextlib
import io
import multiprocessing
import os
import shutil
import signal
import tempfile
from pathlib import Path

from tests.lockstep import deep

SHORT = 0xff  # bits of a key with which states must be lost
EXACT = 20000  # states whose keys are compared by what they are made from
STATES, CUT, FURTHER = 3000, 1000, 2000
RECORD = 16  # bytes of a state in its file
PART, KILLED = 2000, 5000  # transitions: after each PART it is kept how far it is; the first time behind KILLED it is killed instead


def keys_tell_apart(explorer, name, letters, start):
    """And were they too short, the same comparison would show it."""
    at, found = explorer.run(name, letters, start, EXACT, exactly=True)
    if found or at.lost or at.states < EXACT:
        return f"{at.states} states, {at.lost} times the same key for what differs"
    at, found = explorer.run(name, letters, start, STATES, exactly=True, key_bits=SHORT)
    if found or not at.lost or at.states > SHORT:
        return f"{at.states} states with keys of 8 bits, and {at.lost} times the same for what differs"
    return None


def _kept(explorer, name, letters, start, most, directory):
    kept = deep.Kept(directory, name)
    try:
        at, found = explorer.run(name, letters, start, most, kept)
        return None if found else tuple(getattr(at, field) for field in deep.FIELDS)
    finally:
        kept.close()


class Mortal(deep.Kept):
    def save(self, at, seconds):
        if at.transitions > KILLED:
            os.kill(os.getpid(), signal.SIGKILL)
        super().save(at, seconds)


def _lives(explorer, name, letters, start, directory):
    with contextlib.redirect_stderr(io.StringIO()):  # where it says how far it is
        explorer.run(name, letters, start, STATES, Mortal(directory, name), at_once=PART)


def _as_in_one_go(explorer, name, letters, start, cut):
    """Does what cut(directory) leaves go on to the states, in the file, too, that there are when nothing is cut off?"""
    with tempfile.TemporaryDirectory(prefix="baton-states-") as directory:
        whole, parts = Path(directory, "whole"), Path(directory, "parts")
        wanted, why = _kept(explorer, name, letters, start, STATES, whole), cut(parts)
        if why:
            return why
        found = _kept(explorer, name, letters, start, STATES, parts)
        same = [Path(d, "states").read_bytes()[:STATES * RECORD] for d in (whole, parts)]
    if not wanted or wanted != found or wanted[0] != STATES:
        return f"{found}, and in one go {wanted}"
    return None if same[0] == same[1] else "other states than in one go"


def goes_on(explorer, name, letters, start):
    """From where less is known to be right than was written."""
    def cut(parts):
        _kept(explorer, name, letters, start, CUT, parts)
        shutil.copy(parts / "at", parts / "before")
        _kept(explorer, name, letters, start, FURTHER, parts)
        shutil.move(parts / "before", parts / "at")
    return _as_in_one_go(explorer, name, letters, start, cut)


def outlives_a_kill(explorer, name, letters, start):
    """Of a process of its own, which is killed when it has found more than it has said."""
    def cut(parts):
        process = multiprocessing.get_context("fork").Process(target=_lives, args=(explorer, name, letters, start, parts))
        process.start()
        process.join()
        left = deep.Kept(parts, name)
        left.close()
        if process.exitcode != -signal.SIGKILL or not KILLED - PART < left.begun.get("transitions", 0) <= KILLED:
            return f"it ended with {process.exitcode}, and has said {left.begun}"
        return None
    return _as_in_one_go(explorer, name, letters, start, cut)


def results(explorer, name, letters, start):
    letters = list(letters)
    for what in (keys_tell_apart, goes_on, outlives_a_kill):
        yield f"lockstep/of the exploration itself: {what.__name__.replace('_', ' ')}", what(explorer, name, letters, start)
