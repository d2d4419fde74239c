#!/usr/bin/env python3
"""Firmware has used the CPU before the kernel: whatever it leaves in control registers and MSRs, ring 3 gets what the kernel
means it to have. QEMU starts stopped, its gdb stub turns on what must not be on, and the conformance program runs.

Prints "ok <name>" or "not ok <name>: why" lines. Exit code: 0 all passed, 1 something failed."""
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

import qemu  # noqa: E402
from common import ROOT, BatonError  # noqa: E402
from guest import die_with_parent  # noqa: E402
from image import built_image  # noqa: E402

SECONDS = 60.0
SUCCESS = 1  # QEMU's exit status after debug_exit(0)
CR0, CR4, EFER = 27, 30, 32  # numbers of the gdb stub
# What is left on, and the cases that would fail.
INHERITED = {
    "cr4": (CR4, 1 << 16 | 1 << 8 | 1 << 2, "evil/privileged/rd*"),  # FSGSBASE, PCE, TSD
    "cr0": (CR0, 1 << 18 | 1 << 2 | 0x10, "thread/fpu*"),  # AM, EM, ET
    "efer": (EFER, 1 << 12, "evil/privileged/vm*"),  # SVME
}


class Gdb:
    """The gdb stub's protocol, as much as writes registers and lets go."""

    def __init__(self, path):
        self.connection = socket.socket(socket.AF_UNIX)
        self.connection.settimeout(SECONDS)
        end = time.monotonic() + SECONDS
        while True:
            try:
                self.connection.connect(path)
                break
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def ask(self, text):
        data = text.encode()
        self.connection.sendall(b"$%s#%02x" % (data, sum(data) & 0xff))
        answer = b""
        while not (b"#" in answer and len(answer) >= answer.index(b"#") + 3):
            more = self.connection.recv(4096)
            if not more:
                raise BatonError("QEMU has ended before it answered")
            answer += more
        self.connection.sendall(b"+")
        return answer[answer.index(b"$") + 1:answer.index(b"#")].decode("latin-1")


def boot(number, value, glob):
    """What is wrong, or None; the guest's console."""
    machine = qemu.Machine("tcg", built_image(), cmdline=f"run=conform fastpath=off test={glob}")
    with tempfile.TemporaryDirectory(prefix="baton-test-") as directory:
        door = f"{directory}/gdb"
        process = subprocess.Popen([*qemu.command(machine), "-S", "-gdb", f"unix:{door},server=on,wait=off"], cwd=ROOT,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   preexec_fn=die_with_parent)
        try:
            gdb = Gdb(door)
            gdb.ask("qXfer:features:read:target.xml:0,ffb")  # the stub writes registers only for who has asked
            answer = gdb.ask(f"P{number:x}={value.to_bytes(8, 'little').hex()}")
            left = gdb.ask(f"p{number:x}")
            gdb.ask("D")
            out = process.communicate(timeout=SECONDS)[0].decode("utf-8", "replace").splitlines()
        finally:
            process.kill()
            process.wait()
    if answer != "OK" or int.from_bytes(bytes.fromhex(left)[:4], "little") & value != value:
        return f"the register was not written: '{answer}', it holds {left}", out
    if process.returncode != SUCCESS or not any(line.startswith("ok ") for line in out):
        return next((line for line in out if line.startswith(("not ok", "PANIC"))),
                    f"QEMU ended with status {process.returncode}"), out
    return None, out


def main():
    good = True
    for name, (number, value, glob) in INHERITED.items():
        try:
            why, out = boot(number, value, glob)
        except (BatonError, OSError, subprocess.TimeoutExpired) as error:
            why, out = str(error), []
        good = good and not why
        for line in out if why else []:
            print(f"    {line}")
        print(f"not ok inherited.{name}: {why}" if why else f"ok inherited.{name}", flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
