"""Guests that never end are ended under Bochs, whether they execute, sleep, or are held at a breakpoint again and again: by what they
have executed or slept, not by a clock. It takes no kernel: what the BIOS loads from a disc is all of the guest.

Prints "ok ..." or "not ok ..." for each. Exit code: 0 each was ended, 1 one was not, 2 wrong options.
"""
import struct
import tempfile
from pathlib import Path

from scripts.base.common import BatonError
from scripts.machine import bochs, guest
from tests.replay.debugger import Debugger
from tests.verdict import run_checks

MODEL = "corei7_icelake_u"
SPEED = 1_000_000  # the BIOS waits some seconds by the clock: then these are few instructions
LIMIT = 48 * 10**6
CODE = 0x7c00  # where the BIOS loads it
# cli, or sti; then jmp or hlt, for ever
GUESTS = {"executes": b"\xfa\xeb\xfe", "sleeps": b"\xfa\xf4\xeb\xfd", "is interrupted": b"\xfb\xf4\xeb\xfd"}
SECTOR, DESCRIPTORS, CATALOG, BOOTED = 2048, 16, 19, 20  # the second and the following in sectors


def disc(code, path):
    """An ISO 9660 of nothing but its descriptors and the boot catalog of El Torito, without emulation of a disk."""
    image = bytearray((BOOTED + 1) * SECTOR)
    descriptors = (b"\1CD001\1", b"\0CD001\1EL TORITO SPECIFICATION".ljust(0x47, b"\0") + struct.pack("<I", CATALOG), b"\xffCD001\1")
    for n, descriptor in enumerate(descriptors, DESCRIPTORS):
        image[n * SECTOR:n * SECTOR + len(descriptor)] = descriptor
    valid = struct.pack("<BBH24sHH", 1, 0, 0, b"", 0x55aa, 0xaa55)  # its words are 0 in sum
    image[CATALOG * SECTOR:CATALOG * SECTOR + 44] = valid + struct.pack("<BBHBBHI", 0x88, 0, 0, 0, 0, 1, BOOTED)
    image[BOOTED * SECTOR:BOOTED * SECTOR + len(code)] = code
    path.write_bytes(image)
    return bochs.Machine(path, MODEL, speed=SPEED)


def goes_on(function):
    """What is wrong if the guest is not ended as one that went on for too long."""
    try:
        function()
    except BatonError as error:
        return None if error.code == guest.TIMED_OUT else str(error)
    return "it was not ended"


def held(machine, where, at):
    debugger, times = Debugger(machine, where, LIMIT), 0
    try:
        debugger.ask(f"lb {at:#x}")
        while debugger.go():
            debugger.one()
            times += 1
    except guest.GuestError as error:
        raise error if times else BatonError("it was never held")
    finally:
        debugger.close()


def checks():
    for name, code in GUESTS.items():
        with tempfile.TemporaryDirectory(prefix="baton-endless-") as where:
            machine = disc(code, Path(where) / "disc")
            yield f"endless/{name}", goes_on(lambda: bochs.run(machine, limit=LIMIT))
            yield f"endless/{name}, asked", goes_on(lambda: held(machine, Path(where), CODE))
    with tempfile.TemporaryDirectory(prefix="baton-endless-") as where:
        machine = disc(b"\xfa\xb9\xff\xff\xe2\xfe\xeb\xf9", Path(where) / "disc")  # mov cx, -1; loop; all of it again
        yield "endless/is held", goes_on(lambda: held(machine, Path(where), CODE + 1))


if __name__ == "__main__":
    run_checks(__doc__, checks)
