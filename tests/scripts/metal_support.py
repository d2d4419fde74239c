"""Captures of a serial port, made up and damaged, for the tests of `make record`."""
from support import console, event, summed

MACHINE = dict(cpu="Made-up CPU @ 3.00GHz", vendor="GenuineIntel", family=6, model=158, stepping=10, virtual=False, hypervisor="",
               mitigations=3)
BUILD = dict(commit="0123456789" * 4, dirty=False, image="ab" * 32, gcc="gcc 12.2.0", nasm="2.16.01")
OPTIONS = dict(only="*", samples=10, raw=False, mitigations="auto")
GRUB = "\x1b[H\x1b[J\x1b[1;1H\x1b[0;30;47m\x1b[2;30HGNU GRUB  version 2.06\x1b[0m\x1b[8D  Booting `Baton'\n\r\n\r"


def boot_lines(fastpath, medians, refused=(), machine=None, build=None, options=None):
    """The console of one boot on a machine, as the guest prints it."""
    lines = console(fastpath, medians, refused)
    origin = [event(event=name, **{**known, **(changed or {})}) for name, known, changed in
              (("machine", MACHINE, machine), ("build", BUILD, build), ("options", OPTIONS, options))]
    lines[2:2] = origin
    lines = [line.replace('": ', '":').replace(', "', ',"') for line in lines]
    return [summed(line) if line.startswith("#baton") else line for line in lines]


def capture_of(*boots):
    """The bytes of boots, one after the other, as a terminal program keeps them."""
    return "".join(GRUB + "".join(f"{line}\r\n" for line in boot) for boot in boots).encode()
