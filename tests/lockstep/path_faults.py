"""Faults put into the fast paths of a copy of the kernel, one at a time: the runs of booted.py must find each."""
import tempfile
from pathlib import Path

from scripts.base.common import BatonError
from scripts.source.image import Image
from tests.lockstep.mutants import ALIKE, Mutant
from tests.lockstep.reproduce import NOT_NEEDED, make_broken
from tests.treecopy import copy_tree

FOUND = "not ok booted/"  # what the program says: a machine that does nothing right is no proof that a fault would be seen
ON = "fastpath=on"
IN_CI, IN_CI_BOCHS = ("call", "fault"), ("call",)


def _fault(path, what, old, new):
    return Mutant(f"{path}: {what}", f"../fastpath/{path}.asm", old, new)


FAULTS = (
    _fault("call", "a badge lost", "    mov rdi, [rdi + SLOT_DATA]", "    xor edi, edi"),
    _fault("reply_recv", "an answer with a badge", "    xor edi, edi ", "    nop ; "),
    _fault("long_call", "a badge lost", "    mov rdi, rbx\n", "    xor edi, edi\n"),
    _fault("reply_queued", "a sender's badge lost", "    mov rcx, [r11 + TCB_SEND_BADGE]", "    xor ecx, ecx"),
    ALIKE["a signal that forgets others"],
    _fault("signal_bound", "bits that do not come", "    or [r11 + NOTIFICATION_PENDING], rax", ""),
    _fault("signal_crowded", "bits that do not come", "    mov [r11 + TCB_RDI], rax", ""),
    _fault("call_queued", "a badge lost", "    mov rcx, [rdi + SLOT_DATA]", "    xor ecx, ecx"),
    _fault("call_extended", "a badge lost", "    mov rdi, [rdi + SLOT_DATA]", "    xor edi, edi"),
    _fault("reply_extended", "an answer with a badge", "    xor edi, edi", ""),
    _fault("wait", "bits taken twice", "    mov qword [rax + NOTIFICATION_PENDING], 0", ""),
    _fault("fault", "another address", "    mov rdx, cr2", "    xor edx, edx"),
    _fault("reply_fault", "a fault that is not over", "    mov dword [r11 + TCB_SLOW_REASONS], 0", ""),
)


def _built(fault, tree):
    make_broken([fault], tree, "build/baton32.elf")
    return tree / "build/baton32.elf"


def chosen(words, in_ci):
    found = [f for f in FAULTS if words == ["all"] or f.name.split(":")[0] in (words or in_ci)]
    if not found:
        raise BatonError(f"there is no fault in {' or '.join(words)}", "see FAULTS in tests/lockstep/path_faults.py")
    return found


def trials(faults, program, boots):
    """(name, why it is no success or None) of each. program: that of the runs. boots(image, words): what the machine says."""
    with tempfile.TemporaryDirectory(prefix="baton-faults-") as directory:
        tree = Path(directory)
        copy_tree(tree, *NOT_NEEDED)
        for fault in faults:
            lines = boots(Image(_built(fault, tree), (program,)), ON)
            how = next((line for line in lines if line.startswith("not ok")), "nothing")
            print(f"    {how[len('not ok '):]}" if how.startswith(FOUND) else f"    {how}", flush=True)
            yield f"booted fault {fault.name}", None if how.startswith(FOUND) else f"not found, but: {how}"
