"""The numbers of kernel/abi/abi.def, by name; the specification has none of its own for what stands there."""
from types import SimpleNamespace

from scripts.source import abi

ABI = abi.read()
TYPE = SimpleNamespace(**{name: number for number, name, _, _ in ABI.types})
TYPE_BITS = {number: int(bits, 0) for number, _, bits, _ in ABI.types}
RIGHT = SimpleNamespace(**{name: number for number, name, _ in ABI.rights})
ERR = SimpleNamespace(**{name: number for number, name, _ in ABI.errors})
GOT = SimpleNamespace(**{name: number for number, name, _ in ABI.outcomes})
FAULTS = SimpleNamespace(**{name: number for number, name, _ in ABI.faults})
CONST = SimpleNamespace(**{name: int(value, 0) for name, value, _ in ABI.constants if value[0] in "0123456789"})
ERROR_NAMES = {number: name for number, name, _ in ABI.errors}

SLOTS = {"cspace": 0, "space": 1, "fault": 2, "buffer": 3, "extended": 4}  # a thread's own slots
# What is in no line of abi.def: the prose there says them.
SLICE_MAX, GUARD_BITS_MAX, SLOTS_PER_CALL, SPACES_PER_CALL = 1000, 16, 256, 16
UNTYPED_BITS, RADIX_MAX, CLEARED_MAX = range(6, 47), 20, 4 << 30
STEPS_PER_ENTRY, PAGES_PER_ENTRY, EMPTY_SLOTS_PER_STEP, FIRED_PER_ENTRY = 64, 64, 16, 16
SPACES, VECTOR_FIRST, VECTORS = 4095, 0x30, 0xc0
USER_FLAGS, FLAG_RESUME = 0x250dd5, 1 << 16  # what ring 3 may set; RF: it passes a breakpoint
# The IPC buffer, as indices of its 64-bit words: kernel/abi/ipc_buffer.h.
BUFFER = SimpleNamespace(words=0, caps=1, cap=2, cnode=5, index=6, word=15, WORDS=112, CAPS=3)
READABLE = ("rip", "rsp", "rflags", "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15")
