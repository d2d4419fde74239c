"""A guest under QEMU that stands still at each entry into its kernel, and each time that ring 3 goes on: watch.c tells of them."""
import os
import socket
import struct
import subprocess
from pathlib import Path
from typing import NamedTuple

from scripts.base import patience
from scripts.base.common import ROOT, BatonError, end_group, fatal
from scripts.machine import guest, qemu
from scripts.machine.guest_clock import GuestClock

HERE = Path(__file__).resolve().parent
RING_3, CALLED, INTERRUPTED = range(3)  # what watch.c tells of
ORDER = ("rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rip", "rflags")
EVENT, ASKED = struct.Struct("<2Q18QQ8Q7QQ"), struct.Struct("<2Q")
GO_ON = ASKED.pack(0, 0)
VARIANTS = ("", "_hardened", "_kpti")  # of the entries: kernel/arch/x86_64/variant
CLOCK, PAGE_FAULT, DEVICE_FIRST = 0x20, 14, 0x30
# Where interrupts and exceptions enter: the first one's vector, how many, how many bytes are from one to the next (entry.asm).
STUBS = (("vector_stubs", 0, 256, 16), ("interrupt_stubs", DEVICE_FIRST, 192, 8), ("fast_page_fault", PAGE_FAULT, 1, 1),
         ("fast_clock", CLOCK, 1, 1))
ERRORS, MAYBE_ERRORS = (8, 10, 11, 12, 13, 14), (17, 21, 29, 30)  # exceptions with an error code; those of which rsp says it
PAGE = 4096


class Event(NamedTuple):
    kind: int
    inside: bool  # the kernel had been entered before, and ring 3 had not gone on
    regs: dict
    cr2: int
    words: tuple  # of the addresses asked for
    stack: tuple
    origin: int = 0  # where in the kernel ring 3 goes on from


def symbols(elf):
    """name: address"""
    out = patience.run(["nm", str(elf)], capture_output=True, encoding="ascii", check=True).stdout
    return {name: int(address, 16) for address, _, name in map(str.split, out.splitlines())}


def variant_of(name):
    """Of the entries, by the name of a function or of a place in one."""
    return next((ending for ending in VARIANTS[1:] if name.split(".")[0].endswith(ending)), "")


def plugin(to):
    """Builds it there. The version of QEMU's interface that it asks for: 1 is that of Debian 12's, which 10 has no more."""
    version = 1 if int(qemu.version().split(".")[0]) < 9 else 2
    command = [os.environ.get("CC", "gcc"), "-std=gnu11", "-O2", *fatal(), "-fPIC", "-iquote", str(ROOT / "kernel"), "-shared",
               f"-DPLUGIN_VERSION={version}", "-o", str(to), str(HERE / "watch.c")]
    made = patience.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if made.returncode:
        raise BatonError(f"watch.c does not build: {made.stdout.decode('utf-8', 'replace')[-300:]}", "make")


class Machine:
    """One run; its console is in the file `console`. names: the kernel's symbols. words: whose value each event tells."""

    def __init__(self, machine, names, directory, words):
        self.enter_at(names, "fastpath=off" in machine.cmdline)
        self._pages, self._buffer = {}, bytearray(EVENT.size)
        self.console, library = directory / "console", directory / "watch.so"
        if not library.exists():
            plugin(library)
        path = directory / "socket"
        path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(path))
            listening.listen(1)
            self.process = self._start(machine, library, path, words)
            patience.until(lambda: self._accepted(listening), self.process)
        if not self._wire:
            said = self.console.read_text(encoding="utf-8", errors="replace").splitlines()
            self.process.wait()
            raise BatonError(f"QEMU does not take the plugin: {said[-1] if said else 'it says nothing'}", "qemu-system-x86_64 -plugin help")

    def enter_at(self, names, slow):
        """Where the kernel is entered, by each of its variants."""
        call = "syscall_entry_slow" if slow else "syscall_entry"
        self._calls = [names[call + variant] for variant in VARIANTS]
        self._stubs = [(names[name + variant], count * size, vector, size) for variant in VARIANTS
                       for name, vector, count, size in STUBS]

    def _start(self, machine, library, path, words):
        options = [f"socket={path}", *(f"call={at}" for at in self._calls),
                   *(f"stubs={first},behind={first + n}" for first, n, _, _ in self._stubs),
                   *(f"word={address}" for address in words)]
        self._clock, self._limits = GuestClock(), guest.limits_of(machine)
        with open(self.console, "wb") as console:
            return subprocess.Popen([*qemu.command(machine), *self._clock.arguments(), "-plugin", f"{library},{','.join(options)}"],
                                    stdin=subprocess.DEVNULL, stdout=console, stderr=subprocess.STDOUT, start_new_session=True,
                                    preexec_fn=guest.die_with_parent(), pass_fds=(self._clock.theirs.fileno(),))

    _wire = _clock = None

    def _accepted(self, listening):
        listening.setblocking(False)
        try:
            self._wire = listening.accept()[0]
        except BlockingIOError:
            return False
        self._watchdog = guest.Watchdog(self._limits, self.lines, self.process.pid, self._clock)
        self._wire.settimeout(self._watchdog.every)  # clock: until the next look
        return True

    def _receive(self, into):
        """False: the machine has ended. fails: GuestError, it has come too far, or tells nothing."""
        at, view = 0, memoryview(into)
        while at < len(into):
            self._watchdog.look()
            try:
                got = self._wire.recv_into(view[at:])
            except TimeoutError:
                continue
            if not got:
                return False
            self._watchdog.heard()
            at += got
        return True

    def events(self):
        """Each as it comes; the machine goes on when the next one is asked for."""
        while self._receive(self._buffer):
            numbers = EVENT.unpack(self._buffer)
            yield Event(numbers[0], bool(numbers[1]), dict(zip(ORDER, numbers[2:20])), numbers[20], numbers[21:29], numbers[29:36],
                        numbers[36])
            self._pages.clear()
            self._wire.sendall(GO_ON)

    def page(self, address):
        """The page that an address lies in; it stands still until the next event."""
        first = address & -PAGE
        found = self._pages.get(first)
        if found is None:
            found = self._pages[first] = bytearray(PAGE)
            self._wire.sendall(ASKED.pack(first, PAGE))
            self._receive(found)
        return found

    def word(self, address):
        return int.from_bytes(self.page(address)[address % PAGE:address % PAGE + 8], "little")

    def number(self, address, size):
        return self.word(address) & (1 << 8 * size) - 1 if address % PAGE <= PAGE - 8 else \
            int.from_bytes(self.page(address)[address % PAGE:address % PAGE + size], "little")

    def vector(self, event):
        """(vector, error code or 0, (rip, cs, rflags, rsp)) of an interrupt or exception, by where it enters (entry.asm)."""
        at, stack = event.regs["rip"], event.stack
        first, _, vector, size = next(stub for stub in self._stubs if 0 <= at - stub[0] < stub[1])
        vector += (at - first) // size
        has_error = vector in ERRORS or vector in MAYBE_ERRORS and event.regs["rsp"] & 8
        return (vector, stack[0], stack[1:5]) if has_error else (vector, 0, stack[:4])

    def status(self):
        """With which the guest has ended: 1 when all went well."""
        return self.process.wait()  # clock: it has closed its socket

    def lines(self):
        return self.console.read_text(encoding="utf-8", errors="replace").splitlines()

    def close(self):
        end_group(self.process)
        for wire in (self._wire, self._clock):
            if wire:
                wire.close()
