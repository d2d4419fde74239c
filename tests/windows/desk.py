"""A guest with a screen, a keyboard and a mouse, which are the test's: QEMU's monitor has them. The guest is limited by its own time, and
waiting has no clock: what is waited for is looked at again until it is there, or the guest has used its time."""
from pathlib import Path

from scripts.base import patience
from scripts.base.common import BatonError
from scripts.machine import guest, qemu
from scripts.source.image import Image
from tests.system import picture
from tests.system.debugger import Debugged

LIMITS = guest.Limits(total=20000.0, silence=20000.0)
DISPLAYS = ("VGA", "bochs-display")


class Desk(Debugged):
    """with Desk(image, ...) as desk"""

    def __init__(self, image, where, cmdline="", display=DISPLAYS[0], **more):
        kernel = Image(image.parent / "baton32.elf", (image,))
        machine = qemu.Machine("tcg", kernel, memory_mib=256, board="q35", devices=(display,), cmdline=cmdline, **more)
        super().__init__(machine, debug=False, limits=LIMITS)
        self.where = Path(where)

    def until(self, condition, what):
        """Waits until condition() gives something, which is returned."""
        def looked():
            self.watchdog.look()
            return condition()
        found = patience.until(looked, self.process)
        if not found:
            raise BatonError(f"{what} does not come; the last lines are {self.lines[-3:]}")
        return found

    def said(self, line):
        self.until(lambda: line in self.lines, f"the line '{line}'")

    def picture(self):
        path = self.where / "screen.ppm"
        self.qmp.ask("screendump", filename=str(path))
        return picture.Picture(path.read_bytes())
