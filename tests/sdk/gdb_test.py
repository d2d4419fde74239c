#!/usr/bin/env python3
"""GDB stops in one component of several that are linked at the same addresses, and knows its functions: microkit.gdb.py.

Prints "ok <name>" or "not ok <name>: why" for each; exit code 0 all passed, 1 something failed.
"""
import subprocess
import tempfile
from pathlib import Path

from scripts.base import patience
from scripts.base.common import end_group
from scripts.machine import guest, qemu
from scripts.source.image import Image
from tests.sdk.systems import ROOT, SDK, build
from tests.verdict import run_checks

COMMANDS = ("set pagination off", "microkit-system {where}/report.json", "target remote {where}/gdb", "microkit-break client init",
            "continue",
            "microkit-pd", "printf \"in %s\\n\", (char *)microkit_name", "backtrace", "kill")
# What each of the commands shows that worked.
WANTED = ("2 components: server, client", "component client", "in client", "init () at client.c:", "in main ()")


def _output(where):
    """What GDB says about the example `calls`."""
    image = build(ROOT / "user/examples/calls", where)
    machine = qemu.Machine("tcg", Image(Path(where) / "baton32.elf", (image,)), memory_mib=256)
    process, clock = guest.start(machine, "-gdb", f"unix:{where}/gdb,server=on,wait=off", "-S")
    try:
        if not patience.until(Path(f"{where}/gdb").exists, process, 0.01):
            return "QEMU ends and opens no socket"
        words = [word for command in COMMANDS for word in ("-ex", command.format(where=where))]
        done = patience.run(["gdb", "-nx", "-batch", "-x", str(SDK / "bin/microkit.gdb.py"), *words], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")
        return done.stdout
    finally:
        end_group(process)
        process.stdout.close()
        process.stderr.close()
        clock.close()


def _checks():
    with tempfile.TemporaryDirectory(prefix="baton-test-") as where:
        said = _output(where)
    missing = [text for text in WANTED if text not in said]
    if missing:
        print(said)
    yield "gdb", f"GDB does not say '{missing[0]}'" if missing else None


if __name__ == "__main__":
    run_checks(__doc__, _checks)
