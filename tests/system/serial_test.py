"""A serial port that stops taking characters, like a broken one or one whose other side hangs: the kernel waits for it once, and
goes on; what its other console says is whole.

Prints "ok <name>" or "not ok <name>: why" lines. Exit code: 0 all passed, 1 something failed."""
import fcntl
import os
import tempfile

from scripts.machine import guest, qemu
from scripts.source.image import built_image
from tests.system.debugger import Debugged
from tests.verdict import run_checks, why_not

PROGRAM = "run=conform test=ipc/* fastpath=off"
LIMITS = guest.Limits(4.0, 4.0)  # seconds of its own time: it needs one; with a wait for each character, ten
PIPE_BYTES = 4096  # what the port takes before it stops; the program prints several times as much


def boot(directory):
    """The console other than the port, and how many bytes came by the port."""
    port = f"{directory}/port"
    for end in (".in", ".out"):
        os.mkfifo(port + end)
    out = os.open(port + ".out", os.O_RDONLY | os.O_NONBLOCK)
    try:
        fcntl.fcntl(out, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        more = ("-chardev", f"pipe,id=port,path={port}", "-serial", "chardev:port")
        with Debugged(qemu.Machine("tcg", built_image(), cmdline=PROGRAM), debug=False, limits=LIMITS, more=more) as d:
            code = d.end()
        return code, d.lines, len(os.read(out, 1 << 20))
    finally:
        os.close(out)


def stops(directory):
    code, lines, taken = boot(directory)
    results = [line for line in lines if line.startswith("ok ")]
    if code != 0 or not lines[-1:] or not any(line.startswith("conform: ") for line in lines) or not results:
        return f"the guest ended with code {code}: {lines[-1:]}"
    if not 0 < taken <= PIPE_BYTES or sum(map(len, lines)) < 2 * PIPE_BYTES:
        return f"the port took {taken} bytes of {sum(map(len, lines))}, so that nothing was tried"
    return None


def _checks():
    with tempfile.TemporaryDirectory(prefix="baton-serial-") as directory:
        yield "serial.stuck", why_not(stops, directory)


if __name__ == "__main__":
    run_checks(__doc__, _checks)
