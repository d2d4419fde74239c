"""The kernel's C as a library: built, loaded, driven."""
import ctypes
import os
import subprocess
from pathlib import Path

from scripts.base.common import ROOT, BatonError, fatal
from tests.model import step
from tests.model.state import REGISTERS

FOLDERS = ("kernel/object", "kernel/ipc", "kernel/thread")
SINGLE = ("kernel/entry/syscall.c", "kernel/debug/print.c", "kernel/debug/trace.c", "kernel/check/dump.c", "kernel/check/queues.c",
          "tests/host/arch_host.c", "tests/host/host_panic.c", "tests/host/user_cpu.c")
INCLUDES = ("kernel", "kernel/abi", "tests/host", "tests/lockstep")
FLAGS = ("-std=gnu11", "-O1", "-g", "-fPIC", "-fno-strict-aliasing", "-fcf-protection=none", "-mno-red-zone", "-DOBJECT_BASE=0ull",
         "-Dsched_yield=baton_sched_yield", "-Dbacktrace=baton_backtrace")
FAST_FLAGS = ("-O2", "-fno-semantic-interposition")  # what is no part of the kernel
KINDS = {kind: i for i, kind in enumerate((step.Call, step.Again, step.Exception_, step.Write, step.Tick, step.Irq, step.Time))}
ENDS = ("", "the kernel panics", "the kernel crashes", "the kernel does not come back")
WORDS, FAST = 6 + len(REGISTERS), 0x100
START, HERE, FIRST = range(3)  # the states that can be kept: where a run begins, the one looked at, the boot's


def sources():
    found = [path for folder in (*FOLDERS, "tests/lockstep") for path in sorted((ROOT / folder).glob("*.c"))]
    return found + [ROOT / name for name in SINGLE]


def _cc(*arguments):
    made = subprocess.run([os.environ.get("CC", "gcc"), *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if made.returncode:
        raise BatonError(f"it does not build: {made.stdout.decode('utf-8', 'replace')[-400:]}", "make")


def compiled(source, to, flags=()):
    """One file of the kernel, or another in its place."""
    includes = [f"-iquote{ROOT / i}" for i in INCLUDES]
    _cc(*FLAGS, *fatal(), *flags, *includes, f"-I{to}", f"-I{ROOT / 'kernel'}", "-c", source,
        "-o", to / f"{source.stem}.{source.parent.name}.o")


def link(to):
    library = to / "kernel.so"
    _cc("-shared", "-Wl,-z,defs", "-Wl,-Bsymbolic", "-o", library, *sorted(to.glob("*.o")))
    return library


def build(to, flags=()):
    """The library, in the directory `to`. flags: for what is the kernel's."""
    (to / "abi").mkdir()
    calls = {number: f"sys_{name.lower()}" for number, (name, _) in step.CALLS.items()}
    lines = [f"HANDLER({n:#04x}, {calls.get(n, 'unknown_call')})\n" for n in range(128)]
    (to / "abi/handlers.def").write_text("".join(lines), encoding="ascii")
    for source in sources():
        compiled(source, to, flags if ROOT / "kernel" in source.parents else FAST_FLAGS)
    return link(to)


def goes_fast(i):
    """Every other message goes by the fast path, if that takes it: by its label."""
    return isinstance(i, step.Call) and i.regs.get("rsi", 0) >> 8 & 1


def encoded(i, fast=False):
    """An input as kernel.c has it."""
    words = [0] * WORDS
    words[0] = KINDS[type(i)] | (FAST if fast else 0)
    regs = {}
    if isinstance(i, step.Call):
        regs = {**i.regs, "rax": i.number}
    elif isinstance(i, step.Exception_):
        words[1:5], regs = (i.label, i.address, i.error, i.vector), i.regs
    else:
        words[1:1 + len(i)] = i
    for at, register in enumerate(REGISTERS):
        if register in regs:
            words[5] |= 1 << at
            words[6 + at] = regs[register]
    return (ctypes.c_uint64 * WORDS)(*words)


class Kernel:
    """One in a process: its memory has a fixed address."""

    def __init__(self, library):
        self._c = ctypes.CDLL(str(Path(library).resolve()))
        self._c.lockstep_step.argtypes = (ctypes.c_void_p, ctypes.c_uint64)
        self._c.lockstep_console.restype = ctypes.c_char_p
        self._c.lockstep_block.argtypes, self._c.lockstep_block.restype = (ctypes.c_uint64,), ctypes.c_bool
        self._c.lockstep_has_page.argtypes, self._c.lockstep_has_page.restype = (ctypes.c_uint64,), ctypes.c_bool
        self._c.lockstep_user.restype = ctypes.POINTER(ctypes.c_uint64)
        self._c.lockstep_digest.restype = self._c.lockstep_replay.restype = ctypes.c_uint64
        self._c.lockstep_replay.argtypes = (ctypes.c_void_p, ctypes.c_uint64, ctypes.POINTER(ctypes.c_int))
        self.ended, self.digest = 0, self._c.lockstep_digest
        self._words = ctypes.POINTER(ctypes.c_uint64)()
        self._c.lockstep_init()
        self._c.lockstep_boot()
        self.library, self.block = self._c, self._c.lockstep_block
        self.restore, self.keep = self._c.lockstep_restore, self._c.lockstep_keep
        self.keep(FIRST)

    def step(self, i, now):
        """How it ended, or ""."""
        return self.step_encoded(encoded(i, goes_fast(i)), now)

    def step_encoded(self, words, now):
        self.ended = self._c.lockstep_step(words, now)
        return self.said(self.ended)

    def said(self, ended):
        """In words."""
        return f"{ENDS[ended]}: {self._c.lockstep_console().decode()}" if ended else ""

    def replay(self, words):
        """All that is on a tape (tape.py): where the first entry begins that goes another way, or the end; and if that is a step, how it
        ended."""
        ended = ctypes.c_int()
        at = self._c.lockstep_replay((ctypes.c_uint64 * len(words)).from_buffer(words), len(words), ctypes.byref(ended))
        return at, self.said(ended.value)

    def numbers(self):
        """Its state, or None: its structures cannot be read."""
        count = self._c.lockstep_view(ctypes.byref(self._words))
        return self._words[:count] if count else None

    def user(self):
        """Who runs, and its registers as ring 3 has them."""
        current, *regs = self._c.lockstep_user()[:1 + len(REGISTERS)]
        return current, dict(zip(REGISTERS, regs))

    def has_page(self, address):
        """Do its tables lead whoever runs to a page there?"""
        return self._c.lockstep_has_page(address)
