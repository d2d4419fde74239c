"""NMIs and machine checks at every instruction of the kernel's entries and exits, and NMIs anywhere.

Under QEMU's gdb stub the conformance program is stopped before each instruction of the fast paths, of the slow
entry, of the exits and of the trap entries, the first few times that one is reached; there an NMI is raised, and the
guest must come back to that instruction with all registers, its thread's TCB and the memory around its stack pointer
as they were. What the program says must be what it says without NMIs. Machine checks must end in a readable panic.

Prints "ok <name>" or "not ok <name>: why" lines. Exit code: 0 all passed, 1 something failed."""
import re
import time

from scripts.base.common import BatonError
from scripts.machine import guest
from scripts.machine.qemu import Machine
from scripts.source.image import built_image
from tests.runner.steps import TRACE
from tests.system.debugger import RIP, RSP, Debugged
from tests.system.entries import DEBUG, NMI, STUB_BYTES, Kernel, Stops, check_back, count, nmi_here, state
from tests.verdict import run_checks, why_not

PROGRAM = "run=conform clock=loose"
# What of it reaches the instructions, a boot each, and where: a page with a breakpoint in it runs one instruction at a
# time, so the long cases are left out.
GROUPS = ("sched/tagged", "sched/next", "ipc/long/round_trip", "ipc/busy", "notification", "fault/handler_ready", "registers",
          "interrupted", "thread", "fault", "timer")
NAMED = 4  # instructions that a failure names
AC_DF = 0x40400
BANK_STATUS = 0xb600000000000000  # valid, uncorrected, enabled, with an address, context corrupt (SDM vol. 3, 16.3.2.2)
BAD_ADDRESS = 0x12345000
STORM_PAUSE = 0.002  # seconds between the NMIs of a storm
STORM_NMIS = 100  # at least, in as many boots as it takes: a busy machine may leave this script little time next to QEMU
TOLD = re.compile(r"baton: an NMI at [0-9a-f]{16}; those that follow are only counted")

TIMED = "ok timer/sleeps"  # QEMU's clock jumps when the stub goes on from where the guest idles


def everywhere(d, kernel, visits):
    """NMIs while the program runs to its end; counts in `visits` how often each instruction was reached."""
    stops = Stops(d.gdb, kernel, visits)
    place = d.gdb.resume()
    while place is not None:
        stops.here(place)
        stands = nmi_here(d, kernel, place)
        visits[place] += 1
        if stands == place:
            stands = stops.leave(place, step=True)
        else:
            stops.leave(place, step=False)
        # The stub would go past a place where the guest stands already.
        place = stands if stops.wanted(stands) else d.gdb.resume()


def machine(fastpath, program=PROGRAM):
    return Machine(image=built_image(), cmdline=f"{program} fastpath={fastpath}")


def under_the_stub(fastpath, program=PROGRAM):
    return Debugged(machine(fastpath, program), jumps=True)


BEGINS = "at "  # what the program writes over with what became of the case


def rejoin(lines):
    """The console as it is without the kernel's one message, which begins with a new line wherever the first NMI comes:
    also in the middle of a line that ring 3 is writing, whose two parts then stand around it."""
    told = [i for i, line in enumerate(lines) if TOLD.fullmatch(line)]
    if len(told) != 1:
        raise BatonError(f"of NMIs the console tells {len(told)} times, not once")
    at = told[0]
    before, after = ("".join(lines[i:i + 1]) for i in (at - 1, at + 1))
    if before and (before.startswith(BEGINS) or BEGINS.startswith(before)):
        before = ""
    return [*lines[:max(at - 1, 0)], before + after, *lines[at + 2:]]


def results(lines):
    return [line for line in lines if TRACE.match(line)]


def check_results(lines, code, undisturbed, timed=None, raised=True):
    """`timed` is a case that may fail; the results of all others are there and the same."""
    lines = rejoin(lines) if raised else lines
    said, expected = ([line for line in r if timed is None or timed not in line] for r in (results(lines), undisturbed))
    may_fail = len(said) < len(results(lines))
    if said != expected or code not in ((0, 1) if may_fail else (0,)):
        wrong = [line for line in said if line not in expected] or lines[-1:]
        raise BatonError(f"with NMIs the program says something else (exit code {code}): {wrong[:3]}")


def test_every_instruction(kernel, undisturbed, fastpath, all_reached):
    visits = dict.fromkeys(kernel.reachable(fastpath), 0)
    for group in GROUPS:
        before = sum(visits.values())
        with under_the_stub(fastpath, f"{PROGRAM} test={group}/*") as d:
            everywhere(d, kernel, visits)
            code = d.end()
        check_results(d.lines, code, [line for line in undisturbed if f" {group}/" in line], TIMED,
                      raised=sum(visits.values()) > before)
        if all(visits.values()):
            break
    reached = [a for a, n in visits.items() if n]
    print(f"fastpath={fastpath}: {sum(visits.values())} NMIs before {len(reached)} instructions")
    all_reached.update(reached)


def test_reached(kernel, reached):
    """Both runs together reach every instruction of the entries and exits."""
    missing = [a for a in (*kernel.entries, *kernel.trap_stubs) if a not in reached]
    if missing:
        more = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
        raise BatonError(f"no NMI was raised at {', '.join(kernel.place(a) for a in missing[:NAMED])}{more}")


def to_a_system_call(d, kernel):
    """Into the slow system call of a ring-3 program."""
    entry = kernel.at["syscall_entry_slow"]
    d.gdb.stop_at(entry)
    if d.gdb.resume() != entry:
        raise BatonError("no slow system call came")
    return entry


def test_held_back(kernel):
    """A second NMI at each instruction of the handling of the first: it is held back until the first one's IRETQ."""
    with under_the_stub("on") as d:
        entry = to_a_system_call(d, kernel)
        for inside in (*kernel.nmi_path, kernel.handler):
            before, counted = state(d, kernel), count(d, kernel)
            d.gdb.stop_at(inside)
            d.qmp.ask("inject-nmi")
            stopped = d.gdb.resume()
            d.gdb.pass_by(inside)
            if stopped != inside:
                if stopped == entry and ".go_back" not in kernel.name(inside):
                    continue  # the way of an interrupt in the idle thread
                raise BatonError(f"the NMI does not come by {kernel.place(inside)}")
            d.qmp.ask("inject-nmi")
            check_back(d, kernel, d.gdb.resume(), entry, before, counted + 2)


def test_debug_exception_at_its_entry(kernel):
    """A debug exception that MOV SS held back, at the first instruction of the NMI's entry. No emulator makes one, so
    its frame is put where the CPU would put it, and the CPU to the entry of vector 1."""
    stub = kernel.stubs + NMI * STUB_BYTES
    with under_the_stub("on") as d:
        entry = to_a_system_call(d, kernel)
        before, counted = state(d, kernel), count(d, kernel)
        d.gdb.stop_at(stub)
        d.qmp.ask("inject-nmi")
        if d.gdb.resume() != stub:
            raise BatonError("the NMI did not come")
        d.gdb.pass_by(stub)
        debug_stack = kernel.at["ist_stacks"] + 5 * 4096  # IST_DEBUG is the last
        nmi_frame = d.gdb.register(RSP)
        frame = (stub, 0x08, 0x02, nmi_frame, 0x10)
        d.gdb.write(debug_stack - 40, b"".join(v.to_bytes(8, "little") for v in frame))
        d.gdb.set_register(RSP, debug_stack - 40)
        d.gdb.set_register(RIP, kernel.stubs + DEBUG * STUB_BYTES)
        d.gdb.stop_at(kernel.handler)
        if d.gdb.resume() != kernel.handler:
            raise BatonError("the debug exception did not come to its handler")
        d.gdb.pass_by(kernel.handler)
        d.qmp.ask("inject-nmi")  # a second one, held back like any
        check_back(d, kernel, d.gdb.resume(), entry, before, counted + 2)


def storm(undisturbed, fastpath):
    """NMIs at moments that nobody chose, all through the program; how many."""
    with Debugged(machine(fastpath), debug=False) as d:
        raised = 0
        while d.process.poll() is None:
            d.watchdog.look()
            try:
                if any(line.startswith("ok ") for line in d.lines[-1:]):
                    d.qmp.ask("inject-nmi")
                    raised += 1
            except (BatonError, OSError):
                break  # QEMU ended meanwhile
            time.sleep(STORM_PAUSE)
        code = d.end()
    check_results(d.lines, code, undisturbed, raised=raised > 0)
    return raised


def test_storm(undisturbed, fastpath):
    raised, boots = 0, 0
    while raised < STORM_NMIS:
        now = storm(undisturbed, fastpath)
        raised, boots = raised + now, boots + 1
        if boots == STORM_NMIS:
            raise BatonError(f"in {boots} boots only {raised} NMIs could be raised")
    print(f"storm fastpath={fastpath}: {raised} NMIs in {boots} boots")


def machine_check_at(kernel, place, ring):
    with under_the_stub("on") as d:
        d.gdb.stop_at(place)
        if d.gdb.resume() != place:
            raise BatonError(f"{kernel.place(place)} was not reached")
        if ring == 3:
            d.gdb.resume("s")
        d.gdb.pass_by(place)
        d.qmp.monitor(f"mce 0 1 {BANK_STATUS:#x} 4 {BAD_ADDRESS:#x} 0")
        d.gdb.resume()
        code = d.end()
    text = "\n".join(d.lines)
    where = "ring 3" if ring == 3 else "the kernel"
    for said in (f"PANIC: machine check (vector 18, error 0) in {where}", f"bank 1: status {BANK_STATUS:x}, address {BAD_ADDRESS:x}",
                 "backtrace:"):
        if said not in text:
            raise BatonError(f"the console lacks '{said}': {d.lines[-3:]}")
    if code != guest.PANIC_CODE:
        raise BatonError(f"it ended with code {code}")


def to_ring_3(d, kernel):
    place = kernel.sysret
    d.gdb.stop_at(place)
    d.gdb.resume()
    d.gdb.pass_by(place)
    return d.gdb.resume("s")


def test_flags(kernel):
    """AC and DF of ring 3 are clear in the handler, and set again in ring 3."""
    code = bytes.fromhex("9c 48810c2400040400 9d")  # pushfq; orq $0x40400, (%rsp); popfq
    with under_the_stub("on") as d:
        d.gdb.write(to_ring_3(d, kernel), code)
        place = [d.gdb.resume("s") for _ in range(3)][-1]
        if d.qmp.flags() & AC_DF != AC_DF:
            raise BatonError("the flags were not set")
        d.gdb.stop_at(kernel.handler)
        d.qmp.ask("inject-nmi")
        if d.gdb.resume() != kernel.handler or d.qmp.flags() & AC_DF:
            raise BatonError(f"flags in the handler of an NMI: {d.qmp.flags():#x}")
        d.gdb.pass_by(kernel.handler)
        d.gdb.stop_at(place)
        if d.gdb.resume() != place or d.qmp.flags() & AC_DF != AC_DF:
            raise BatonError(f"flags after an NMI: {d.qmp.flags():#x}")


def checks():
    kernel, reached = Kernel(), set()
    undisturbed = results(guest.run(machine("on")).lines)  # both paths say the same
    for fastpath in ("on", "off"):
        yield f"nmi/every_instruction fastpath={fastpath}", why_not(test_every_instruction, kernel, undisturbed, fastpath, reached)
        yield f"nmi/storm fastpath={fastpath}", why_not(test_storm, undisturbed, fastpath)
    yield "nmi/all_reached", why_not(test_reached, kernel, reached)
    for test in (test_held_back, test_flags, test_debug_exception_at_its_entry):
        yield f"nmi/{test.__name__.removeprefix('test_')}", why_not(test, kernel)
    for name, place, ring in (("syscall_entry", kernel.at["syscall_entry"], 0), ("sysret", kernel.sysret, 0),
                              ("trap_entry", kernel.at["trap_common"], 0), ("ring_3", kernel.sysret, 3)):
        yield f"machine_check/{name}", why_not(machine_check_at, kernel, place, ring)


if __name__ == "__main__":
    run_checks(__doc__, checks)
