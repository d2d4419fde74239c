"""A session at a prompt, from a text. What stands behind a $ is typed when all lines before it have come, and then a command that says a
number: when that number comes, the lines below must have come. Behind a % it is typed without that; % reboot is the last. Other lines are
patterns (tests/sdk/systems.py); one behind a ! must not come. \\x1b and the like are keys."""
import os
from fnmatch import fnmatchcase

from scripts.machine import guest

# The guest's time runs fast while it idles, and it does until the host has typed.
LIMITS = guest.Limits(total=20000.0, silence=2000.0)


class Done(Exception):
    """The session is over."""


def steps_of(text):
    """What is typed (None: nothing yet), whether its end is marked, and the patterns of the lines that follow."""
    steps = [(None, False, [])]
    for line in text.splitlines():
        if line.startswith(("$ ", "% ")):
            keys = line[2:].encode("ascii").decode("unicode_escape").encode("latin-1")
            steps.append((keys, line.startswith("$"), []))
        else:
            steps[-1][2].append(line)
    return steps


class Session:
    """What is to come, and what is typed then."""

    def __init__(self, text, type_keys):
        self.steps, self.type_keys, self.said = steps_of(text), type_keys, []
        self.number, self.expected, self.marked, self.resets = 0, [], False, False
        self._next()

    def line(self, text):
        self.said.append(text)
        ended = self.marked and text == f"={self.number}="
        if any(fnmatchcase(text, pattern[1:]) for pattern in self.expected if pattern.startswith("!")):
            raise ValueError(f"the line '{text}' must not come")
        if self.left() and fnmatchcase(text, self.left()[0]):
            self.expected.remove(self.left()[0])
        if ended and self.left():
            raise ValueError(f"the command ended without the line '{self.left()[0]}'")
        if ended or not self.marked and not self.left() and not self.resets:
            self._next()

    def left(self):
        return [pattern for pattern in self.expected if not pattern.startswith("!")]

    def _next(self):
        if not self.steps:
            raise Done
        keys, self.marked, self.expected = self.steps.pop(0)
        self.number += 1
        self.resets = keys == b"reboot" and not self.steps
        if keys is not None:
            self.type_keys(keys + (f"\recho ={self.number}=".encode("ascii") if self.marked else b"") + b"\r")


def run(machine_of, text, limits=LIMITS):
    """Boots, and types; the lines that came, or ValueError: a line that did not."""
    keys, typing = os.pipe()
    session = Session(text, lambda typed: os.write(typing, typed))
    try:
        guest.run(machine_of(f"/dev/fd/{keys}"), session.line, limits)
    except Done:
        return session.said
    except guest.GuestError as error:
        if session.resets and "a reset" in str(error):
            return session.said
        print(*session.said, sep="\n")
        raise
    except ValueError:
        print(*session.said, sep="\n")
        raise
    finally:
        os.close(keys)
        os.close(typing)
    print(*session.said, sep="\n")
    raise ValueError("the guest ended before the session")
