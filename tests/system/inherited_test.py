#!/usr/bin/env python3
"""Firmware has used the CPU before the kernel: whatever it leaves in control registers and MSRs, ring 3 gets what the kernel
means it to have. QEMU starts stopped, its gdb stub turns on what must not be on, and the conformance program runs.

Prints "ok <name>" or "not ok <name>: why" lines. Exit code: 0 all passed, 1 something failed."""
import sys

from debugger import Debugged  # which finds scripts/, too

import qemu
from common import BatonError
from image import built_image

CR0, CR4, EFER = 27, 30, 32  # numbers of the gdb stub
# What is left on, and the cases that would fail.
INHERITED = {
    "cr4": (CR4, 1 << 16 | 1 << 8 | 1 << 2, "evil/privileged/rd*"),  # FSGSBASE, PCE, TSD
    "cr0": (CR0, 1 << 18 | 1 << 2 | 0x10, "thread/fpu*"),  # AM, EM, ET
    "efer": (EFER, 1 << 12, "evil/privileged/vm*"),  # SVME
}


def boot(number, value, glob):
    """What is wrong, or None; the guest's console."""
    with Debugged(qemu.Machine("tcg", built_image(), cmdline=f"run=conform fastpath=off test={glob}")) as d:
        d.gdb.set_register(number, value)
        left = d.gdb.ask(f"p{number:x}")
        d.gdb.resume()
        code = d.end()
    if int.from_bytes(bytes.fromhex(left)[:4], "little") & value != value:
        return f"the register was not written: it holds {left}", d.lines
    if code != 0 or not any(line.startswith("ok ") for line in d.lines):
        return next((line for line in d.lines if line.startswith(("not ok", "PANIC"))), f"the guest ended with code {code}"), d.lines
    return None, d.lines


def main():
    good = True
    for name, (number, value, glob) in INHERITED.items():
        try:
            why, out = boot(number, value, glob)
        except (BatonError, OSError) as error:
            why, out = str(error), []
        good = good and not why
        for line in out if why else []:
            print(f"    {line}")
        print(f"not ok inherited.{name}: {why}" if why else f"ok inherited.{name}", flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
