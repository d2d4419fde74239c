"""A guest under Bochs that stands still at each entry into its kernel, and each time that ring 3 goes on: Bochs's own debugger, which
Debian's has, holds it at breakpoints. Nothing is added to the kernel. There are not breakpoints enough for the exits of all variants of
the entries: only that one is looked at by which the machine must come in.

Where QEMU's plugin tells of what ring 3 does first, here the machine is held at every instruction of the image that leads there, and
makes that one step. Where it tells of each stub, here they are held where the stubs lead, with what those have pushed: the first
instruction behind an interrupt holds nothing, since Bochs looks at its breakpoints when an instruction has ended.
"""
import re
import struct

from scripts.base import patience
from scripts.base.common import BatonError
from scripts.machine import bochs
from tests.replay.debugger import STOPPED, Debugger
from tests.replay.machine import CALLED, DEVICE_FIRST, INTERRUPTED, ORDER, PAGE, RING_3, VARIANTS, Event, Machine, variant_of

MODEL, WORDS = "corei7_icelake_u", "mitigations=off"
PHYSMAP, KERNEL_VMA = 0xffff800000000000, 0xffffffff80000000  # kernel/arch/x86_64/layout.h
CODE = "0x08:"  # SEL_KERNEL_CODE, in which a breakpoint of the second kind is
OF_A_KIND = 16  # breakpoints
KINDS = (("lb", ""), ("vb", CODE), ("pb", ""))  # by linear, by virtual, by physical address; the last cost Bochs most
FAST, TRAPS = ("fast_interrupt", "fast_page_fault", "fast_clock"), ("trap_common", "trap_in_place")
CLOCKS, PUSH_BYTES = 2, 2  # of them, what has no stub; it begins with `push byte`, as one would
MIDDLE = DEVICE_FIRST + 96  # IRQ_VECTOR_MIDDLE of kernel/arch/arch.h
STACK = 7
PLACE = re.compile(r"^\(0\) \[0x\w+\] (\w{4}):(\w{16}) ", re.M)
SEGMENT = re.compile(r"^cs:0x(\w{4}), ", re.M)
REGISTER = re.compile(r"^(\w+) ?: (\w{8})_(\w{8})$", re.M)
FLAGS = re.compile(r"^eflags:? (0x\w+):", re.M)
CR2 = re.compile(r"^CR2=.*=(0x\w+)$", re.M)
QUAD = re.compile(r"\t(0x\w+)")
FUNCTION = re.compile(r"^\w+ <(.+)>:$")
EXIT = re.compile(r"^\s*(\w+):\s+(?:sysretq|iretq)\b")


def variant(words):
    """Of the entries, by the kernel's command line."""
    said = [word for word in words.split() if word.startswith("mitigations=")]
    return "_kpti" if "mitigations=all" in said else "" if set(said) <= {WORDS} else "_hardened"


def exits(elf, ending):
    """Where that variant of the entries and the fast paths leads out of the kernel."""
    said = patience.run(["objdump", "-d", "--no-show-raw-insn", str(elf)], capture_output=True, encoding="ascii", check=True).stdout
    name, found = "", []
    for line in said.splitlines():
        function, leads_out = FUNCTION.match(line), EXIT.match(line)
        name = function[1] if function else name
        if leads_out and variant_of(name) == ending:
            found.append(int(leads_out[1], 16))
    return found


def physical(address):
    return address - (KERNEL_VMA if address >= KERNEL_VMA else PHYSMAP)


class Bochs(Machine):
    """One run, of a disc. elf: the kernel. words: whose value each event tells."""

    def __init__(self, disc, cmdline, elf, names, directory, words):
        self.enter_at(names, "fastpath=off" in cmdline)
        ending = variant(cmdline)
        self._words, self._pages, self._said = words, {}, ""
        self._call = self._calls[VARIANTS.index(ending)]
        self._begin, self._idle = names["resume_user" + ending], names[f"leave_kernel{ending}.idle"]
        self._fast, self._traps = ([names[name + ending] for name in kind] for kind in (FAST, TRAPS))
        self._fast[CLOCKS] += PUSH_BYTES
        self._exits = set(exits(elf, ending))
        self._end = names["arch_exit"]
        self.code = None  # with which the guest ends
        self._bochs = Debugger(bochs.Machine(disc, MODEL), directory)
        self.process = self._bochs.process

    def _read(self, address, quads):
        return f"xp /{quads}gx {physical(address):#x}"

    def _break_at(self):
        """All that is to hold the machine."""
        places = [self._call, *self._fast, *self._traps, self._idle, self._end, *sorted(self._exits)]
        if len(places) > OF_A_KIND * len(KINDS):
            raise BatonError(f"Bochs has no breakpoints for all {len(places)} places", "see tests/replay/bochs.py")
        for n, place in enumerate(places):
            command, segment = KINDS[n // OF_A_KIND]
            self._bochs.ask(f"{command} {segment}{place if command != 'pb' else physical(place):#x}")

    # ---- what the machine does
    def _comes(self, inside):
        """As _step(), at the next breakpoint. From inside that is nearly always an exit, of which only the place is asked for."""
        if not inside:
            return self._step(self._bochs.go)
        answers = self._bochs.go()
        place = PLACE.search(answers[0]) if answers else None
        if place and int(place[2], 16) in self._exits:
            self._hear(answers[0])
            return int(place[1], 16), {"rip": int(place[2], 16)}, ()
        return self._step(lambda *questions: answers and (more := self._bochs.ask(*questions)) and [*answers, *more])

    def _hear(self, went):
        stopped = STOPPED.search(went)
        self._said += went[:stopped.start()] if stopped else ""

    def _step(self, goes):
        """(CS, registers, words) where it stops; None: it has ended."""
        answers = goes("r", *(self._read(word, 1) for word in self._words))
        if not answers:
            return None
        went, regs, *words = answers
        self._hear(went)
        values = {name: int(high + low, 16) for name, high, low in REGISTER.findall(regs)}
        values["rflags"] = int(FLAGS.search(regs)[1], 16)
        return (self._segment(went), {name: values[name] for name in ORDER},
                tuple(int(QUAD.search(word)[1], 16) for word in words))

    def _segment(self, went):
        """CS; where no page is, Bochs does not say where it has come."""
        place = PLACE.search(went)
        return int(place[1] if place else SEGMENT.search(self._bochs.ask("sreg")[0])[1], 16)

    def events(self):
        """Each as it comes; the machine goes on when the next one is asked for."""
        self._bochs.ask(f"lb {self._begin:#x}")
        if not self._bochs.go():
            return
        self._bochs.ask("d 1")
        self._break_at()
        inside, bails = True, None  # bails: how a fast path was entered that may leave all to the slow one
        while True:
            stop = self._comes(inside)
            if stop is None or stop[1]["rip"] == self._end:
                self.code = stop and stop[1]["rdi"]
                return
            at = stop[1]["rip"]
            if at in self._exits:
                bails, stop = None, self._step(self._bochs.one)
                if stop is None:
                    return
                if not stop[0] & 3:
                    continue
                event, inside = self._event(RING_3, inside, stop, at), False
            elif at == self._call:
                event, inside = self._event(CALLED, inside, stop), True
            elif at in self._fast or at in self._traps:
                event = self._event(INTERRUPTED, inside, stop)
                frame = self.vector(event)
                if frame == bails and at == self._traps[0]:
                    continue
                inside, bails = True, frame if at in self._fast else None
            else:
                bails = None  # nobody is ready
                continue
            yield event
            self._pages.clear()

    def _event(self, kind, inside, stop, origin=0):
        _, regs, words = stop
        stack, cr2 = (), 0
        if kind == INTERRUPTED:
            found, control = self._bochs.ask(self._read(regs["rsp"], STACK), "creg")
            stack, cr2 = tuple(int(word, 16) for word in QUAD.findall(found)), int(CR2.search(control)[1], 16)
        return Event(kind, inside, regs, cr2, words, stack, origin)

    def vector(self, event):
        at, stack = event.regs["rip"], event.stack
        if at in self._traps:
            return stack[0] & 0xff, stack[1], stack[2:6]
        if at in (self._fast[0], self._fast[CLOCKS]):
            return stack[0] + MIDDLE & 0xff, 0, stack[1:5]
        return super().vector(event)

    def page(self, address):
        first = address & -PAGE
        found = self._pages.get(first)
        if found is None:
            words = QUAD.findall(self._bochs.ask(self._read(first, PAGE // 8))[0]) if first >= PHYSMAP else ()
            found = self._pages[first] = struct.pack(f"<{len(words)}Q", *(int(word, 16) for word in words)) or bytes(PAGE)
        return found

    def lines(self):
        return self._said.splitlines()

    def close(self):
        self._bochs.close()

    def status(self):
        """As QEMU's: 1 when all went well."""
        return self.code if self.code is None else 2 * self.code + 1
