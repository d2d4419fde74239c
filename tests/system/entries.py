"""The kernel's entries and exits instruction by instruction, and what an NMI at one of them must leave as it was. For nmi_test.py."""
import re

from scripts.base.common import BatonError
from tests.system.debugger import RIP, RSP, instructions, symbols

NMI, DEBUG, PAGE_FAULT, CLOCK = 2, 1, 14, 0x20  # vectors
STUB_BYTES, DEVICE_STUB_BYTES = 16, 8
STUBS = (0, 1, 3, 6, 7, 13, 14, CLOCK)  # vectors whose stubs are stopped at, which the program reaches
RF = 0x10000
VISITS = 2  # NMIs before each instruction
TCB_BYTES, WINDOW_BYTES, STACK_BELOW, STACK_ABOVE = 512, 64, 256, 64
IDLE = ("leave_kernel.idle", "leave_kernel.halt")

# Instructions that nothing reaches, by where they stand and what they are: why. A breakpoint left standing makes QEMU slow.
UNREACHED = {
    ("syscall_entry_compat", "ud2"): "nothing can enter it",
    ("leave_kernel.halt", "jmp"): "behind HLT: an NMI only comes there when it comes while the CPU waits",
}

JUMP = re.compile(r"(?:bnd )?(?:j\w+|call|loop\w*) +([0-9a-f]+)\b")
ENDS_BLOCK = re.compile(r"(?:bnd )?(?:j|call|loop|ret|sysret|iret|hlt|ud2)")


def heads(code, names):
    """Instruction: the first one of its basic block. code: addresses and texts; names: addresses that somebody may jump to."""
    to = {int(found[1], 16) for found in map(JUMP.match, code.values()) if found} | set(names)
    found, head, ended = {}, None, True
    for address in sorted(code):
        if ended or address in to:
            head = address
        found[address], ended = head, ENDS_BLOCK.match(code[address]) is not None
    return found


RETURNED_TO = re.compile(r"(?:bnd )?call|hlt")  # behind it somebody goes on who came from elsewhere
ONE_WAY = re.compile(r"(?:bnd )?(?:jmp|ret|sysret|iret|ud2)")  # no way to what is behind it
ADDRESS = re.compile(r"\b(?:0x)?(f{8}[0-9a-f]{8})\b")  # of the kernel's image, as objdump writes one


def ways(code, head_of, names):
    """(Head of a block: the last instructions of those from which a jump, or nothing at all, leads there; heads that something else leads
    to, as they are functions' or stand behind a call, or their address is taken). names: addresses of functions."""
    order, found, others = sorted(code), {head: [] for head in head_of.values()}, set(names) & set(head_of.values())
    for last, behind in zip(order, [*order[1:], None]):
        if behind is not None and head_of[behind] != behind:
            continue
        jump = JUMP.match(code[last])
        if jump and int(jump[1], 16) in found:
            found[int(jump[1], 16)].append(last)
        if RETURNED_TO.match(code[last]):
            others.add(behind)
        elif behind is not None and not ONE_WAY.match(code[last]):
            found[behind].append(last)
    taken = {int(a, 16) for text in code.values() if not JUMP.match(text) for a in ADDRESS.findall(text)}
    return found, others | {head for head, lasts in found.items() if not lasts or head in taken}


class Kernel:
    """Where things are."""

    def __init__(self):
        self.at = symbols()
        at = self.at
        self.stubs = at["vector_stubs"]
        self.entries = {**instructions(at["fastpath_start"], at["fastpath_end"]),
                        **instructions(at["syscall_entry_slow"], self.stubs),
                        **instructions(at["trap_common"], at["trap_in_place"])}
        # Of devices' stubs the first vector's is what a handler gets; x2APIC mode no machine here has.
        self.interrupts = {**instructions(at["interrupt_stubs"], at["interrupt_stubs"] + DEVICE_STUB_BYTES),
                           **instructions(at["fast_interrupt"], at["fast_interrupt.x2apic"]),
                           **instructions(at["fast_interrupt.second"], at["fast_clock.x2apic"])}
        self.entries |= self.interrupts
        self.entries = {a: text for a, text in self.entries.items() if (self.name(a), text.split()[0]) not in UNREACHED}
        # The ways of a traced call, and right before them that of a quick call that took its caller's address space away, which no
        # group of the NMI test goes: tests/barriers does.
        untraced = sorted(a for a in self.entries if a < at["syscall_entry_traced"])[:-2]
        self.entries = {a: text for a, text in self.entries.items() if a <= untraced[-1] or a >= at["call_by_c"]}
        self.trap_stubs = {}
        for vector in STUBS:
            if vector != NMI:
                self.trap_stubs.update(self.stub(vector))
        end = min(a for name, a in at.items() if a > at["trap_in_kernel.go_back"] and "." not in name)
        self.nmi_path = {**self.stub(NMI), **instructions(at["trap_in_place"], end)}
        code = {**self.entries, **self.trap_stubs}
        self.heads = heads(code, at.values())
        self.ways, self.ways_in = ways(code, self.heads, {a for name, a in at.items() if "." not in name})
        self.handler = at["trap_kernel"]
        self.sysret = next(a for a, text in self.entries.items() if text.startswith("sysret"))

    def reachable(self, fastpath):
        """Fast paths have entries of their own in place of the stubs of page faults and of interrupts."""
        if fastpath == "on":
            not_there = {**self.stub(PAGE_FAULT), **self.stub(CLOCK)}
        else:
            not_there = {**self.interrupts, **instructions(self.at["fastpath_start"], self.at["fastpath_end"])}
        return [a for a in (*self.entries, *self.trap_stubs) if a not in not_there]

    def stub(self, vector):
        start = self.stubs + vector * STUB_BYTES
        return instructions(start, start + STUB_BYTES)

    def name(self, address):
        if self.stubs <= address < self.stubs + 256 * STUB_BYTES:
            return f"stub of vector {(address - self.stubs) // STUB_BYTES}"
        return max((a, n) for n, a in self.at.items() if a <= address)[1]

    def place(self, address):
        return f"{self.name(address)} ({address:#x})"


class Stops:
    """Where the guest stops: before the first instruction of each basic block, as long as NMIs are to come there, and goes on by single
    steps. With each breakpoint that stands QEMU gets slower, wherever the guest is: it looks through all of them. So none stands in a
    block that is only come to from others in which the guest stops yet: by steps it comes there anyway."""

    def __init__(self, gdb, kernel, visits):
        self._gdb, self._kernel, self._heads, self._visits, self._standing = gdb, kernel, kernel.heads, visits, set()
        self._behind = {}  # the last instruction of a block: heads of those behind it
        for head, lasts in kernel.ways.items():
            for last in lasts:
                self._behind.setdefault(last, []).append(head)
        for address in visits:
            head = self._heads[address]
            if self.wanted(address) and (self._is_come_to(head) if head == address else not self.wanted(head)):
                self.here(address)

    def wanted(self, address):
        return self._visits.get(address, VISITS) < VISITS

    def _is_come_to(self, head):
        """Without a step."""
        return head in self._kernel.ways_in or not all(map(self.wanted, self._kernel.ways[head]))

    def here(self, address):
        """The guest is to stop there from now on."""
        if address not in self._standing:
            self._standing.add(address)
            self._gdb.stop_at(address)

    def leave(self, place, step):
        """An NMI more came there. step: the guest stands there, and goes to the next instruction: where that is."""
        self._standing.discard(place)
        self._gdb.pass_by(place)
        stands = self._gdb.resume("s") if step else None
        head = self._heads[place]
        if self.wanted(place) and (head == place or not self.wanted(head)):
            self.here(place)
        elif head == place:  # what of the block did not come yet is not found by way of this one any more
            for address in (a for a in self._visits if self._heads[a] == place and self.wanted(a)):
                self.here(address)
        if not self.wanted(place):
            for behind in filter(self.wanted, self._behind.get(place, ())):
                self.here(behind)
        return stands


def without_rf(registers):
    """QEMU 10 lets an NMI's frame have RF set, as if it were a fault's: it means nothing there, and the next instruction clears it."""
    at = 2 * (8 * (RIP + 1) + 2)  # eflags' third byte, in hexadecimal digits
    return f"{registers[:at]}{int(registers[at:at + 2], 16) & ~(RF >> 16):02x}{registers[at + 2:]}"


def state(d, kernel):
    """All that an NMI might disturb where the guest stands, and says why it would matter."""
    gdb, rsp, page = d.gdb, d.gdb.register(RSP), d.gdb.read(kernel.at["cpu"], WINDOW_BYTES)
    return {
        "registers": without_rf(gdb.registers()),
        "flags": d.qmp.flags() & ~RF,
        "the CPU's page": page,
        "the thread's TCB": gdb.read(int.from_bytes(page[:8], "little"), TCB_BYTES),  # it begins with who runs
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
