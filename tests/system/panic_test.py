"""Every way to break the kernel ends in a readable panic. The kernel that is shipped is stopped, where it is about to go to ring 3 or in
a system call, and made to go on in the middle of something that it would never do. And a panic that always trips over itself ends.
Arguments: only these kinds; "ends" is the last.

Prints "ok <name>" or "not ok <name>: why" lines. Exit code: 0 all passed, 1 something failed."""
from functools import partial
from pathlib import Path

from scripts.base.common import USAGE, BatonError, make_parser, run_main
from scripts.build.ksyms import KERNEL_VMA
from scripts.machine import guest
from scripts.machine.qemu import BACKENDS, Machine
from scripts.source import abi
from scripts.source.image import Image, built_image
from tests.system.debugger import PHYSMAP, RIP, RSP, Debugged, symbols
from tests.verdict import exit_code, why_not

RAX, RDX, RSI, RDI, RBP = 0, 3, 4, 5, 6  # numbers of the gdb stub, as RSP and RIP
PANICS, UNMAPPED, INVALID = 2, 0x10, b"\x0f\x0b"
BOOTED, CALLED = "mitigations_resume", "sys_debug_putchar"  # what the boot calls last; what a program calls early
PAGE_FAULT = "PANIC: page fault (vector 14"


def run_to(gdb, place):
    gdb.stop_at(place)
    if gdb.resume() != place:
        raise BatonError(f"the kernel does not come to {place:#x}")
    gdb.pass_by(place)


def go_on(gdb, at, registers=()):
    for number, value in {RIP: at, **dict(registers)}.items():
        gdb.set_register(number, value)


def invalid(gdb, _):
    gdb.write(gdb.rip(), INVALID)


def copy(to="kernel_stack_bottom", source="kernel_stack_bottom", moved=0):
    """One word is copied there, or from there: a symbol (moved by so much) or an address."""
    def do(gdb, symbol):
        places = [symbol.get(place, place) for place in (to, source)]
        go_on(gdb, symbol["arch_copy_words"], {RDI: places[0] + moved, RSI: places[1], RDX: 1})
    return do


def execute(gdb, symbol):
    go_on(gdb, symbol["irq_handlers"])


def execute_user(gdb, _):
    """The next instruction of the thread that calls."""
    go_on(gdb, gdb.number(gdb.register(RDI)))


def fill_stack(gdb, symbol):
    """A function begins where there is no room for what it pushes."""
    go_on(gdb, symbol["kprintf"], {RSP: symbol["kernel_stack_bottom"]})


def nested(gdb, symbol):
    """panic("%s", a text that is not there)"""
    gdb.write(symbol["kernel_stack_bottom"], b"%s\0")
    go_on(gdb, symbol["panic"], {RDI: symbol["kernel_stack_bottom"], RSI: UNMAPPED, RAX: 0})


def untrue(gdb, symbol):
    """The idle thread is to leave the run queue, in which it never is."""
    go_on(gdb, symbol["sched_dequeue"], {RDI: symbol["idle_tcb"]})


# Where the kernel is stopped, what it is made to do there, what the panic must say, and what its backtrace must name.
KINDS = {
    "opcode": (BOOTED, invalid, "PANIC: invalid opcode (vector 6", BOOTED),
    "read": (BOOTED, copy(source=UNMAPPED), PAGE_FAULT, "arch_copy_words"),
    "text": (BOOTED, copy(to="kernel_text_start"), f"{PAGE_FAULT}, error 3)", "arch_copy_words"),
    "rodata": (BOOTED, copy(to="kernel_rodata_start"), f"{PAGE_FAULT}, error 3)", "arch_copy_words"),
    # The text's physical page by way of PHYSMAP: a writable alias would undo W^X.
    "alias": (BOOTED, copy(to="kernel_text_start", moved=PHYSMAP - KERNEL_VMA), f"{PAGE_FAULT}, error 2)", "arch_copy_words"),
    "execute": (BOOTED, execute, f"{PAGE_FAULT}, error 11)", "boot_main"),
    "stack": (BOOTED, fill_stack, "PANIC: double fault (vector 8", "kprintf"),
    "nested": (BOOTED, nested, PAGE_FAULT, "kvprintf"),
    "smap": (CALLED, copy(source="BOOTINFO_VADDR"), f"{PAGE_FAULT}, error 1)", "arch_copy_words"),
    "smep": (CALLED, execute_user, f"{PAGE_FAULT}, error 11)", None),
    "assert": (BOOTED, untrue, "PANIC: kernel/thread/sched.c", "sched_dequeue"),
}


# After that, what exists: the root task and what it has.
DUMPS = ("dump thread", "priority 255 of 255", "dump space 1", "dump cap")


def enter_frame(gdb):
    """What a function does first (push rbp; mov rbp, rsp): then a backtrace goes on from here, through who called it."""
    frame = gdb.register(RSP) - 8
    gdb.write(frame, gdb.register(RBP).to_bytes(8, "little"))
    gdb.set_register(RSP, frame)
    gdb.set_register(RBP, frame)


def unsaid(kind, backend):
    at, do, said, named = KINDS[kind]
    symbol = {**symbols(), "BOOTINFO_VADDR": int(next(value for name, value, _ in abi.read().constants if name == "BOOTINFO_VADDR"), 0)}
    with Debugged(Machine(backend=backend, image=built_image(), cmdline="bench=syscall.null samples=2")) as d:
        run_to(d.gdb, symbol[at])
        enter_frame(d.gdb)
        do(d.gdb, symbol)
        if d.gdb.resume() is not None or d.end() != guest.PANIC_CODE:
            return "the kernel went on"
    text = "\n".join(d.lines)
    wanted = [said, "backtrace:", *DUMPS, *(f"{name}+0x" for name in (named, "boot_main" if at == BOOTED else None) if name)]
    wanted += ["rip ", "cr2 "] if "vector" in said else []
    missing = [what for what in wanted if what not in text]
    return f"the console lacks {', '.join(missing)}" if missing else None


def no_program(backend):
    """The root task's module is this file. No debugger: KVM has none where it runs on QEMU's SVM, whose INT3 and debug registers
    do not leave a guest."""
    image = Image(built_image().kernel, (Path(__file__),))
    try:
        guest.run(Machine(backend=backend, image=image))
    except guest.GuestError as error:
        wanted = ("PANIC: boot module panic_test, the root task: not an ELF file", "boot_main+0x", "backtrace:")
        missing = [what for what in wanted if what not in "\n".join(error.console)]
        return f"the console lacks {', '.join(missing)}" if missing else None
    return "the kernel went on"


def break_off(gdb):
    """The guest goes from its first instruction to where the boot ends; the next instruction will be a panic."""
    run_to(gdb, symbols()[BOOTED])
    invalid(gdb, None)


def endless(backend):
    """backtrace(), the last thing that a panic calls, is made to fault: the panic of that one may try it once more."""
    place = symbols()["backtrace"]
    with Debugged(Machine(backend=backend, image=built_image())) as d:
        break_off(d.gdb)
        d.gdb.stop_at(place)
        for _ in range(PANICS):
            if d.gdb.resume() != place:
                return "a fault within a panic is no panic"
            d.gdb.set_register(RIP, UNMAPPED)
        if d.gdb.resume() is not None:
            return f"there is a panic number {PANICS + 1}"
        code = d.end()
    return None if code == guest.PANIC_CODE else f"it ended with code {code}"


TESTS = {**{kind: partial(unsaid, kind) for kind in KINDS}, "module": no_program, "ends": endless}


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("--backend", choices=BACKENDS, default="tcg")
    parser.add_argument("kind", nargs="*")
    asked = parser.parse_args(arguments)
    kinds = asked.kind or list(TESTS)
    for kind in set(kinds) - set(TESTS):
        raise BatonError(f"there is no kind of panic called {kind}", f"give some of: {' '.join(TESTS)}", USAGE)
    return exit_code((f"panic/{kind}", why_not(TESTS[kind], asked.backend)) for kind in kinds)


if __name__ == "__main__":
    run_main(main)
