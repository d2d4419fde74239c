"""A guest with a screen, a keyboard and a mouse, which are the test's: QEMU's monitor has them. What is waited for is looked at again until
it is there, or the guest has had its time for it, which is its own time and no clock's."""
import time
from pathlib import Path

from scripts.base import patience
from scripts.base.common import BatonError
from scripts.machine import guest, qemu
from scripts.source.image import Image
from tests.system import picture
from tests.system.debugger import Debugged

LIMITS = guest.Limits(total=1e9, silence=1e9)  # each waiting has its own
TURNS = 100  # seconds of the guest's clock
PAUSE = 0.05  # seconds between two looks
DISPLAYS = ("VGA", "bochs-display")
KEYS = {" ": "spc", "\n": "ret", "-": "minus", "=": "equal", ".": "dot", "/": "slash", ",": "comma", ";": "semicolon", "'": "apostrophe",
        "[": "bracket_left", "]": "bracket_right", "\\": "backslash", "`": "grave_accent"}
SHIFTED = dict(zip('!@#$%^&*()_+{}|:"<>?~', "1234567890-=[]\\;',./`"))
FAR = 1100  # more than the screen has pixels
AWAY = 1010, 740  # where the pointer hides nothing
TAKEN = 0.01  # seconds of the guest's clock, in which a movement is taken


class Desk(Debugged):
    """with Desk(image, ...) as desk"""

    def __init__(self, image, where, cmdline="", display=DISPLAYS[0], **more):
        kernel = Image(image.parent / "baton32.elf", (image,))
        machine = qemu.Machine("tcg", kernel, memory_mib=256, board="q35", devices=(display,), cmdline=cmdline, **more)
        super().__init__(machine, debug=False, limits=LIMITS)
        self.where = Path(where)

    def until(self, condition, what):
        """Waits until condition() gives something, which is returned."""
        start, pulse = self.seconds(), patience.Pulse(self.process.pid, every=PAUSE)
        late = False
        while not (found := condition()):
            if late:
                raise BatonError(f"{what} does not come; the last lines are {self.lines[-3:]}")
            late = self.seconds() > start + TURNS
            time.sleep(PAUSE)
            pulse.look()
        return found

    def said(self, line):
        self.until(lambda: line in self.lines, f"the line '{line}'")

    def picture(self):
        path = self.where / "screen.ppm"
        self.qmp.ask("screendump", filename=str(path))
        return picture.Picture(path.read_bytes())

    def press(self, *keys):
        """Together, by QEMU's names; a thousandth of a second of the guest's."""
        self.qmp.ask("send-key", keys=[{"type": "qcode", "data": key} for key in keys], **{"hold-time": 1})

    def type(self, text):
        for c in text:
            plain = SHIFTED.get(c, c.lower())
            self.press(*(["shift"] if plain != c else []), KEYS.get(plain, plain))

    def _mouse(self, *events):
        """What the mouse has no room for, it sums up, presses and all: so the guest gets time for each."""
        self.qmp.ask("input-send-event", events=list(events))
        start = self.seconds()
        while self.seconds() < start + TAKEN:
            time.sleep(PAUSE / 10)

    def hold(self, down, button="left"):
        self._mouse({"type": "btn", "data": {"button": button, "down": down}})

    def move(self, right, down):
        """In parts: a packet has no room for much."""
        while right or down:
            x, y = (max(-100, min(100, n)) for n in (right, down))
            self._mouse({"type": "rel", "data": {"axis": "x", "value": x}}, {"type": "rel", "data": {"axis": "y", "value": y}})
            right, down = right - x, down - y

    def point(self, x, y):
        self.move(-FAR, -FAR)
        self.move(x, y)
