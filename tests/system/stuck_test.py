"""A kernel that loops with interrupts off: what ends the run names the conformance case in which it happened, and not the one before.

Prints "ok <name>" or "not ok <name>: why" lines. Exit code: 0 all passed, 1 something failed."""
from scripts.base.common import BatonError
from scripts.machine import qemu
from scripts.machine.guest import GuestError, Limits
from scripts.source.image import built_image
from tests.system.debugger import Debugged, symbols
from tests.verdict import run_checks, why_not

LIMITS = Limits(5.0, 0.5)
FUNCTION, LOOP = "sys_thread_set_priority", b"\xeb\xfe"  # jmp $
CASES = "thread/priority/*"


def last_words():
    """Of a guest whose kernel has that function loop; and the cases that had ended."""
    words = f"run=conform clock=loose fastpath=off test={CASES}"
    with Debugged(qemu.Machine("tcg", built_image(), cmdline=words), limits=LIMITS) as d:
        address = symbols()[FUNCTION]
        d.gdb.stop_at(address)
        if d.gdb.resume() != address:
            raise BatonError(f"no case calls {FUNCTION}")
        d.gdb.pass_by(address)
        d.gdb.write(address, LOOP)
        try:
            d.gdb.resume()
        except GuestError as error:
            return error.what, d.lines
    raise BatonError("the guest ended, though its kernel loops")


def unnamed():
    said, lines = last_words()
    name = said.partition("; its last line was: at ")[2]
    if not name.startswith(CASES.rstrip("*")):
        return f"the case is not named: {said}"
    return f"{name} had ended" if f"ok {name}" in lines else None


def _checks():
    yield "stuck/case_is_named", why_not(unnamed)


if __name__ == "__main__":
    run_checks(__doc__, _checks)
