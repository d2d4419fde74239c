"""NMIs and machine checks at every instruction of the kernel's entries and exits, and NMIs anywhere.

Under QEMU's gdb stub the conformance program is stopped before each instruction of the fast paths, of the slow
entry, of the exits and of the trap entries, the first few times that one is reached; there an NMI is raised, and the
guest must come back to that instruction with all registers, its thread's TCB and the memory around its stack pointer
as they were. What the program says must be what it says without NMIs. Machine checks must end in a readable panic.

Prints "ok <name>" or "not ok <name>: why" lines. Exit code: 0 all passed, 1 something failed."""
import re
import sys
import time

from scripts.base.common import BatonError
from scripts.machine import guest
from scripts.machine.qemu import Machine
from scripts.source.image import built_image
from tests.runner.steps import TRACE
from tests.system.debugger import RIP, RSP, Debugged, instructions, symbols

PROGRAM = "run=conform clock=loose"
# What of it reaches the instructions, a boot each, and where: a page with a breakpoint in it runs one instruction at a
# time, so the long cases are left out.
GROUPS = ("sched/tagged", "notification", "fault/handler_ready", "registers", "thread", "fault", "timer")
VISITS = 2  # NMIs before each instruction
NAMED = 4  # instructions that a failure names
NMI, DEBUG, PAGE_FAULT = 2, 1, 14  # vectors
STUB_BYTES = 16
STUBS = (0, 1, 3, 6, 7, 13, 14, 0x20)  # vectors whose stubs are stopped at, which the program reaches
AC_DF, RF = 0x40400, 0x10000
TCB_BYTES, WINDOW_BYTES, STACK_BELOW, STACK_ABOVE = 512, 64, 256, 64
BANK_STATUS = 0xb600000000000000  # valid, uncorrected, enabled, with an address, context corrupt (SDM vol. 3, 16.3.2.2)
BAD_ADDRESS = 0x12345000
STORM_PAUSE = 0.002  # seconds between the NMIs of a storm
STORM_NMIS = 100  # at least, in as many boots as it takes: a busy machine may leave this script little time next to QEMU
TOLD = re.compile(r"baton: an NMI at [0-9a-f]{16}; those that follow are only counted")

TIMED = "ok timer/sleeps"  # QEMU's clock jumps when the stub goes on from where the guest idles
IDLE = ("leave_kernel.idle", "leave_kernel.halt")

# Instructions that nothing reaches, by where they stand and what they are: why. A breakpoint left standing makes QEMU slow.
UNREACHED = {
    ("syscall_entry_compat", "ud2"): "nothing can enter it",
    ("leave_kernel.halt", "jmp"): "behind HLT: an NMI only comes there when it comes while the CPU waits",
}


class Kernel:
    """Where things are."""

    def __init__(self):
        self.at = symbols()
        at = self.at
        self.stubs = at["vector_stubs"]
        self.entries = {**instructions(at["fastpath_start"], at["fastpath_end"]),
                        **instructions(at["syscall_entry_slow"], self.stubs),
                        **instructions(at["trap_common"], at["trap_in_place"])}
        self.entries = {a: text for a, text in self.entries.items() if (self.name(a), text.split()[0]) not in UNREACHED}
        self.trap_stubs = {}
        for vector in STUBS:
            if vector != NMI:
                self.trap_stubs.update(self.stub(vector))
        end = min(a for name, a in at.items() if a > at["trap_in_kernel.go_back"] and "." not in name)
        self.nmi_path = {**self.stub(NMI), **instructions(at["trap_in_place"], end)}
        self.handler = at["trap_kernel"]

    def reachable(self, fastpath):
        """Fast paths have an entry of their own in place of the stub of page faults."""
        if fastpath == "on":
            return [a for a in (*self.entries, *self.trap_stubs) if a not in self.stub(PAGE_FAULT)]
        return [a for a in (*self.entries, *self.trap_stubs) if a < self.at["fastpath_start"]]

    def stub(self, vector):
        start = self.stubs + vector * STUB_BYTES
        return instructions(start, start + STUB_BYTES)

    def name(self, address):
        if self.stubs <= address < self.stubs + 256 * STUB_BYTES:
            return f"stub of vector {(address - self.stubs) // STUB_BYTES}"
        return max((a, n) for n, a in self.at.items() if a <= address)[1]

    def place(self, address):
        return f"{self.name(address)} ({address:#x})"


def without_rf(registers):
    """QEMU 10 lets an NMI's frame have RF set, as if it were a fault's: it means nothing there, and the next instruction clears it."""
    at = 2 * (8 * (RIP + 1) + 2)  # eflags' third byte, in hexadecimal digits
    return f"{registers[:at]}{int(registers[at:at + 2], 16) & ~(RF >> 16):02x}{registers[at + 2:]}"


def state(d, kernel):
    """All that an NMI might disturb where the guest stands, and says why it would matter."""
    gdb, rsp = d.gdb, d.gdb.register(RSP)
    return {
        "registers": without_rf(gdb.registers()),
        "flags": d.qmp.flags() & ~RF,
        "the CPU's page": gdb.read(kernel.at["cpu"], WINDOW_BYTES),
        "the thread's TCB": gdb.read(gdb.number(kernel.at["cpu"]), TCB_BYTES),
        "memory at the stack pointer": gdb.read((rsp - STACK_BELOW) % 2**64, STACK_BELOW + STACK_ABOVE),
    }


def count(d, kernel):
    return d.gdb.number(kernel.at["nmi_count"])


def check_back(d, kernel, stopped, place, before, counted):
    """The guest has gone on after NMIs at `place`, and stopped there."""
    if stopped != place:
        raise BatonError(f"an NMI at {kernel.place(place)} did not come back: " +
                         ("the guest ended" if stopped is None else f"it stands at {kernel.place(stopped)}"))
    if count(d, kernel) != counted:
        raise BatonError(f"at {kernel.place(place)} {count(d, kernel)} NMIs were counted, not {counted}")
    for what, value in state(d, kernel).items():
        if value != before[what]:
            raise BatonError(f"an NMI at {kernel.place(place)} changed {what}")


def nmi_here(d, kernel, place):
    """Where the guest stands afterwards: at the same place, except when it idles, where interrupts come, too."""
    before, counted = state(d, kernel), count(d, kernel)
    d.qmp.ask("inject-nmi")
    stopped = d.gdb.resume()
    if kernel.name(place) in IDLE and stopped is not None and count(d, kernel) == counted + 1:
        return stopped
    check_back(d, kernel, stopped, place, before, counted + 1)
    return place


def everywhere(d, kernel, visits):
    """NMIs while the program runs to its end; counts in `visits` how often each instruction was reached."""
    for address in visits:
        if visits[address] < VISITS:
            d.gdb.stop_at(address)
    place = d.gdb.resume()
    while place is not None:
        stands = nmi_here(d, kernel, place)
        visits[place] += 1
        if stands == place or visits[place] == VISITS:
            d.gdb.pass_by(place)
        if stands == place and visits[place] < VISITS:
            stands = d.gdb.resume("s")
            d.gdb.stop_at(place)
        # The stub would go past a place where the guest stands already.
        place = stands if visits.get(stands, VISITS) < VISITS else d.gdb.resume()


def machine(fastpath, program=PROGRAM):
    return Machine(image=built_image(), cmdline=f"{program} fastpath={fastpath}")


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


def test_every_instruction(kernel, undisturbed, fastpath):
    visits = dict.fromkeys(kernel.reachable(fastpath), 0)
    for group in GROUPS:
        before = sum(visits.values())
        with Debugged(machine(fastpath, f"{PROGRAM} test={group}/*")) as d:
            everywhere(d, kernel, visits)
            code = d.end()
        check_results(d.lines, code, [line for line in undisturbed if f" {group}/" in line], TIMED,
                      raised=sum(visits.values()) > before)
        if all(visits.values()):
            break
    reached = [a for a, n in visits.items() if n]
    print(f"fastpath={fastpath}: {sum(visits.values())} NMIs before {len(reached)} instructions")
    return set(reached)


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
    with Debugged(machine("on")) as d:
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


def test_debug_exception(kernel):
    """A debug exception that MOV SS held back, at the first instruction of the NMI's entry. No emulator makes one, so
    its frame is put where the CPU would put it, and the CPU to the entry of vector 1."""
    stub = kernel.stubs + NMI * STUB_BYTES
    with Debugged(machine("on")) as d:
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
    with Debugged(machine("on")) as d:
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
    place = sysret_of(kernel)
    d.gdb.stop_at(place)
    d.gdb.resume()
    d.gdb.pass_by(place)
    return d.gdb.resume("s")


def test_flags(kernel):
    """AC and DF of ring 3 are clear in the handler, and set again in ring 3."""
    code = bytes.fromhex("9c 48810c2400040400 9d")  # pushfq; orq $0x40400, (%rsp); popfq
    with Debugged(machine("on")) as d:
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


def sysret_of(kernel):
    return next(a for a, text in kernel.entries.items() if text.startswith("sysret"))


class Run:
    def __init__(self):
        self.failed = 0

    def test(self, name, function, *arguments):
        try:
            value, why = function(*arguments), None
        except (BatonError, OSError, ValueError) as error:
            value, why = None, error
        self.failed += why is not None
        print(f"not ok {name}: {why}" if why else f"ok {name}", flush=True)
        return value


def main():
    if "--help" in sys.argv[1:]:
        print(__doc__)
        return 0
    kernel, run, reached = Kernel(), Run(), set()
    for fastpath in ("on", "off"):
        undisturbed = results(guest.run(machine(fastpath)).lines)
        reached |= run.test(f"nmi/every_instruction fastpath={fastpath}", test_every_instruction, kernel, undisturbed,
                            fastpath) or set()
        run.test(f"nmi/storm fastpath={fastpath}", test_storm, undisturbed, fastpath)
    run.test("nmi/all_reached", test_reached, kernel, reached)
    run.test("nmi/held_back", test_held_back, kernel)
    run.test("nmi/flags", test_flags, kernel)
    run.test("nmi/debug_exception_at_its_entry", test_debug_exception, kernel)
    for name, place, ring in (("syscall_entry", kernel.at["syscall_entry"], 0), ("sysret", sysret_of(kernel), 0),
                              ("trap_entry", kernel.at["trap_common"], 0), ("ring_3", sysret_of(kernel), 3)):
        run.test(f"machine_check/{name}", machine_check_at, kernel, place, ring)
    return 1 if run.failed else 0


if __name__ == "__main__":
    sys.exit(main())
