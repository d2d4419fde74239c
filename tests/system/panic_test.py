"""Every way to break the kernel ends in a readable panic: boots it with crash=<kind> for each kind. And a panic
that always trips over itself ends. Arguments: only these kinds; "ends" is the last.

Prints "ok <name>" or "not ok <name>: why" lines. Exit code: 0 all passed, 1 something failed."""
from functools import partial

from scripts.base.common import USAGE, BatonError, make_parser, run_main
from scripts.machine import guest
from scripts.machine.qemu import Machine
from scripts.source.image import built_image
from tests.system.debugger import RIP, Debugged, symbols
from tests.verdict import exit_code, why_not

PANICS, UNMAPPED = 2, 0x10

# What the panic must say, and the function that its backtrace must name.
KINDS = {
    "opcode": ("PANIC: invalid opcode (vector 6", "crash_opcode+0x"),
    "read": ("PANIC: page fault (vector 14", "crash_read+0x"),
    "text": ("PANIC: page fault (vector 14, error 3)", "write_byte+0x"),
    "rodata": ("PANIC: page fault (vector 14, error 3)", "write_byte+0x"),
    "alias": ("PANIC: page fault (vector 14, error 2)", "write_byte+0x"),
    "execute": ("PANIC: page fault (vector 14, error 11)", "boot_main+0x"),
    "stack": ("PANIC: double fault (vector 8", "crash_stack+0x"),
    "nested": ("PANIC: page fault (vector 14", "kvprintf+0x"),
    "smap": ("PANIC: page fault (vector 14, error 1)", "crash_smap+0x"),
    "smep": ("PANIC: page fault (vector 14, error 11)", "boot_main+0x"),
    "assert": ("PANIC: kernel/check/crash.c", "crash_assert+0x"),
}


# After that, what exists: the root task and what it has.
DUMPS = ("dump thread", "runs; priority 255 of 255", "dump space 1", "dump cap")


def console_of(kind):
    """The console of a guest that must panic; None when it did not."""
    try:
        guest.run(Machine(image=built_image(), cmdline=f"crash={kind} bench=syscall.null samples=2"))
    except guest.GuestError as error:
        return error.console
    return None


def unsaid(kind, said, frame):
    console = console_of(kind)
    if console is None:
        return "the kernel went on"
    text = "\n".join(console)
    missing = [what for what in (said, frame, "boot_main+0x", "backtrace:", *DUMPS) if what not in text]
    if kind not in ("assert", "smep") and "rip ffffffff8" not in text:
        missing.append("the registers")
    return f"the console lacks {', '.join(missing)}" if missing else None


def endless():
    """backtrace(), the last thing that a panic calls, is made to fault: the panic of that one may try it once more."""
    place = symbols()["backtrace"]
    with Debugged(Machine(image=built_image(), cmdline="crash=opcode")) as d:
        d.gdb.stop_at(place)
        for _ in range(PANICS):
            if d.gdb.resume() != place:
                return "a fault within a panic is no panic"
            d.gdb.set_register(RIP, UNMAPPED)
        if d.gdb.resume() is not None:
            return f"there is a panic number {PANICS + 1}"
        code = d.end()
    return None if code == guest.PANIC_CODE else f"it ended with code {code}"


TESTS = {**{kind: partial(unsaid, kind, *what) for kind, what in KINDS.items()}, "ends": endless}


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("kind", nargs="*")
    kinds = parser.parse_args(arguments).kind or list(TESTS)
    for kind in set(kinds) - set(TESTS):
        raise BatonError(f"there is no kind of panic called {kind}", f"give some of: {' '.join(TESTS)}", USAGE)
    return exit_code((f"panic/{kind}", why_not(TESTS[kind])) for kind in kinds)


if __name__ == "__main__":
    run_main(main)
