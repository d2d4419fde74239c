"""Faults put into the C, each compiled and linked as the kernel is: the theorem that is about it must refute it, or it would hold of
anything."""
import shlex
import subprocess
from pathlib import Path
from typing import NamedTuple

from scripts.base import patience
from scripts.base.common import ROOT, BatonError


class Mutant(NamedTuple):
    name: str
    function: str
    theorem: str  # of that function, by its method: it alone must refute it, whatever others do
    file: str  # in kernel/
    old: str
    new: str
    says: str = "not so"  # how it refutes it: what the prover cannot follow is none, but an access to where no object need be


MUTANTS = (
    Mutant("rights that widen", "sys_cap_copy", "narrower", "object/cnode.c", "slot_rights(p.from) & (unsigned)caller->r9);\n    trace",
           "(unsigned)caller->r9);\n    trace"),
    Mutant("a copy of untyped memory", "sys_cap_copy", "ended", "object/derive.h", "type != TYPE_UNTYPED && type != TYPE_PAGE_TABLE",
           "type != TYPE_PAGE_TABLE"),
    Mutant("a copy that stands before its source", "sys_cap_copy", "derived", "object/derive.h",
           "s->next = (next & (SLOT_NEXT | SLOT_INHERITED)) | flags;",
           "s->next = ((uintptr_t)from & SLOT_NEXT) | (next & SLOT_INHERITED) | flags;"),
    Mutant("a copy that is an original", "sys_cap_copy", "narrower", "cap/slot.h", "#define SLOT_INHERITED (SLOT_DEVICE | SLOT_BADGED)",
           "#define SLOT_INHERITED (SLOT_DEVICE | SLOT_BADGED | SLOT_REVOCABLE)"),
    Mutant("a copy that changes its source", "sys_cap_copy", "kept", "object/derive.h",
           "from->next = (next & SLOT_FLAGS) | (uintptr_t)s;",
           "from->next = (next & SLOT_FLAGS & ~(uint64_t)SLOT_REVOCABLE) | (uintptr_t)s;"),
    Mutant("a second badge", "sys_cap_mint", "ended", "object/cnode.c",
           "else if (slot_flags(p.from) & SLOT_BADGED)\n        error = ERR_IN_USE;\n", ""),
    Mutant("ports that widen", "sys_cap_mint", "ended", "object/io_port.c",
           "last_port(range) <= last_port(s->data)", "last_port(range) <= IO_PORT_LAST"),
    Mutant("a badge that is not the first of its line", "sys_cap_mint", "narrower", "cap/slot.h",
           "#define SLOT_NEW_BADGE (SLOT_REVOCABLE | SLOT_FIRST_BADGED | SLOT_BADGED)",
           "#define SLOT_NEW_BADGE (SLOT_REVOCABLE | SLOT_BADGED)"),
    Mutant("a neighbour that is not told of a new badge", "sys_cap_mint", "derived", "object/derive.h",
           "        slot_redirect(&after->prev, from, s);\n}\n\n/* May", "        (void)0;\n}\n\n/* May"),
    Mutant("a badge that its source gets, too", "sys_cap_mint", "kept", "object/derive.h",
           "    s->object = object;\n    s->data = data;\n    s->prev = kind",
           "    s->object = object;\n    s->data = from->data = data;\n    s->prev = kind"),
    Mutant("an occupied place", "sys_cap_move", "ended", "object/cnode.c",
           "    if (!slot_empty(p->to))\n        return ERR_OCCUPIED;\n", ""),
    Mutant("a move that leaves a copy", "sys_cap_move", "moved", "object/derive.c",
           "    *from = (struct slot){.next = from->next & SLOT_PLACE};\n", ""),
    Mutant("a neighbour that is not told", "sys_cap_move", "derived", "object/derive.c",
           "    if (after)\n        slot_redirect(&after->prev, from, to);\n    if (slot_type(to)", "    if (slot_type(to)"),
    Mutant("a saved reply that is lost", "sys_cap_move", "derived", "object/derive.c",
           "tcb_of(to->object)->wait = (uintptr_t)to | REF_SLOT;", ";"),
    Mutant("a neighbour that gets what moved", "sys_cap_move", "kept", "object/derive.c",
           "        slot_redirect(&after->prev, from, to);\n    if (slot_type(to)",
           "        slot_redirect(&after->prev, from, to), after->data = to->data;\n    if (slot_type(to)"),
    Mutant("a page that is writable and executable", "sys_memory_map", "page", "arch/x86_64/page_entry.h",
           "(flags) | PTE_PRESENT | PTE_USER\n", "(flags) | PTE_PRESENT | PTE_USER | PTE_WRITE\n"),
    Mutant("a writable page without NX", "sys_memory_map", "page", "arch/x86_64/page_entry.h",
           "| PTE_USER | PTE_NX | PTE_WRITE,", "| PTE_USER | PTE_WRITE,"),
    Mutant("attributes that do not go together", "sys_memory_map", "ended", "arch/x86_64/page_entry.h",
           "ROWS(CACHE_WRITE_BACK, 0),", "[(RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE) / UNIT] = PTE_PRESENT, ROWS(CACHE_WRITE_BACK, 0),"),
    Mutant("a right that the frame lacks", "sys_memory_map", "page", "object/frame.h",
           "return attributes & ~(uint64_t)FRAME_CACHE & ~(uint64_t)slot_rights(frame) ? ERR_NO_RIGHT : 0;", "return 0;"),
    Mutant("a page in the kernel's half", "sys_memory_map", "place", "object/frame.h", "p->vaddr > USER_TOP - size", "p->vaddr > -size"),
    Mutant("a page one beyond the last", "sys_memory_map", "place", "object/frame.h", "p->vaddr > USER_TOP - size", "p->vaddr > USER_TOP"),
    Mutant("a large page that is not aligned", "sys_memory_map", "place", "object/frame.h", "p->vaddr & (size - 1)", "p->vaddr & 4095"),
    Mutant("a page in place of another", "sys_memory_map", "place", "object/frame.h", "arch_entry_present(*w.entry)",
           "w.level != level && arch_entry_present(*w.entry)"),
    Mutant("a table in the kernel's half", "sys_memory_map", "place", "object/space.c",
           "    if (vaddr >= USER_TOP)\n        return ERR_BAD_ARGUMENT;\n", ""),
    Mutant("a table as a page", "sys_memory_map", "place", "object/space.c", "vaddr, 2);", "vaddr, 1);"),
    Mutant("a page that its capability does not know", "sys_memory_map", "kept", "object/frame.h",
           "frame->data = mapping_data(p->space->data, p->vaddr, level - 1);", "frame->data = mapping_data(p->space->data, 0, level - 1);"),
    Mutant("slots beyond the CNode", "sys_memory_map_many", "begun", "object/cnode.h", "(first | (first + count - 1)) >= slots",
           "first >= slots"),
    Mutant("many pages writable and executable", "sys_memory_map_many", "begun", "object/frame_many.c",
           "    if (!p.flags)\n        return ERR_BAD_ARGUMENT;\n", ""),
    Mutant("a page that is counted and not mapped", "sys_memory_map_many", "ended", "object/frame_many.c",
           "    caller->r8 = p.vaddr;\n    return done(caller, (uint64_t)(frame - first), error);",
           "    caller->r8 = p.vaddr;\n    return done(caller, (uint64_t)(frame - first) + 1, error);"),
    Mutant("pages that are left", "sys_memory_map_many", "ended", "object/frame_many.c", "caller->r10 ? restart() : 0", "0"),
    Mutant("rights that a frame among many lacks", "sys_memory_map_many", "page", "object/frame.h",
           "unsigned rights = (unsigned)attributes & ~(unsigned)FRAME_CACHE;", "unsigned rights = (unsigned)attributes & RIGHT_READ;"),
    Mutant("many pages up to the kernel's half", "sys_memory_map_many", "place", "object/frame.h", "p->vaddr > USER_TOP - size",
           "p->vaddr > -size"),
    Mutant("a page that its capability does not know, among many", "sys_memory_map_many", "kept", "object/frame.h",
           "frame->data = mapping_data(p->space->data, p->vaddr, level - 1);", "frame->data = mapping_data(p->space->data, 0, level - 1);"),
    Mutant("an entry beyond the end of a table", "sys_memory_map_many", "next", "object/frame.h",
           "(uintptr_t)(entry + 1) & 4095", "(uintptr_t)(entry + 1) & 8191"),
    Mutant("a large page and the next one in it", "sys_memory_map_many", "next", "object/frame.h", "p->vaddr += size;",
           "p->vaddr += 4096;"),
    Mutant("a slot that is passed over", "sys_memory_map_many", "next", "object/frame_many.c",
           "} while (!error && ++frame != end);\n    caller->r8",
           "} while (!error && (frame += frame + 1 == end ? 1 : 2) < end);\n    caller->r8"),
    Mutant("rights that widen where it is mapped", "sys_memory_protect", "page", "object/frame.h",
           "return attributes & ~(uint64_t)FRAME_CACHE & ~(uint64_t)slot_rights(frame) ? ERR_NO_RIGHT : 0;", "return 0;"),
    Mutant("a large page made a small one", "sys_memory_protect", "page", "object/frame.h",
           "flags | (mapping_level(frame->data) ? PTE_LARGE : 0)", "flags"),
    Mutant("another's page", "sys_memory_protect", "kept", "object/space.h",
           "arch_entry_present(entry) && arch_entry_phys(entry) == arch_phys(memory->object)", "(void)memory, arch_entry_present(entry)"),
    Mutant("a space that is gone", "sys_memory_protect", "ended", "object/space.h",
           "    if (space_generations[mapping_asid(where)] != mapping_generation(where))\n        return NULL;\n", "",
           "|the entry of level 4| may be"),
    Mutant("a TLB that remembers", "sys_memory_protect", "forgotten", "object/frame.c",
           "    arch_flush_page(space_roots[asid], asid, vaddr);\n", "    (void)asid, (void)vaddr;\n"),
    Mutant("a TLB that forgets too early", "sys_memory_protect", "forgotten", "object/frame.c",
           "    *entry = value;\n    arch_flush_page(space_roots[asid], asid, vaddr);\n",
           "    arch_flush_page(space_roots[asid], asid, vaddr);\n    *entry = value;\n"),
    Mutant("a TLB that forgets another page", "sys_memory_protect", "forgotten", "object/frame.c",
           "uint64_t vaddr = mapping_vaddr(frame->data);", "uint64_t vaddr = mapping_vaddr(frame->data) + 4096;"),
    Mutant("what is not mapped", "sys_memory_unmap", "ended", "object/frame.c",
           "    if (!frame_mapped(memory))\n        return ERR_NOT_MAPPED;\n", ""),
    Mutant("an entry that stays", "sys_memory_unmap", "gone", "object/frame.c", "set_entry(frame, entry, 0);",
           "set_entry(frame, entry, *entry & ~PTE_WRITE);"),
    Mutant("another's page that goes", "sys_memory_unmap", "gone", "object/space.h",
           "arch_entry_present(entry) && arch_entry_phys(entry) == arch_phys(memory->object)", "(void)memory, arch_entry_present(entry)"),
    Mutant("a page of a space that is gone", "sys_memory_unmap", "gone", "object/space.h",
           "    if (space_generations[mapping_asid(where)] != mapping_generation(where))\n        return NULL;\n", "",
           "|the entry of level 4| may be"),
    Mutant("a capability that still says where", "sys_memory_unmap", "kept", "cap/words.h", "return data >> 60 << 60;",
           "return data & ~0xfffull;"),
    Mutant("a TLB that keeps what is gone", "sys_memory_unmap", "forgotten", "object/frame.c",
           "    arch_flush_page(space_roots[asid], asid, vaddr);\n", "    (void)asid, (void)vaddr;\n"),
    Mutant("the last of the line runs", "sched_block", "picked", "thread/sched.c", "t = cpu.highest->head;", "t = cpu.highest->tail;",
           "(concat"),
    Mutant("the thread that ran", "sched_block", "picked", "thread/sched.c", "    run(take_highest());",
           "    take_highest();\n    run(cpu.current);"),
    Mutant("another's slice", "sched_block", "picked", "thread/sched.c",
           "cpu.slice_left = t->slice_left;", "cpu.slice_left = t->slice_ticks;"),
)
# Where a function is, for faults in headers.
HOMES = {"sys_cap_copy": "kernel/object/cnode.c", "sys_cap_mint": "kernel/object/cnode.c", "sys_cap_move": "kernel/object/derive.c",
         "sys_memory_map": "kernel/object/frame.c", "sys_memory_protect": "kernel/object/frame.c",
         "sys_memory_map_many": "kernel/object/frame_many.c", "sys_memory_unmap": "kernel/object/frame.c",
         "sched_block": "kernel/thread/sched.c"}
IMAGE = "build/baton.elf"
COMPILED = ("gcc", "clang", "ld")


def _run(words):
    made = patience.run(words, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                        encoding="utf-8", errors="replace")
    if made.returncode:
        raise BatonError(f"a mutant does not build: {made.stdout[-300:]}", "make all")
    return made.stdout


class Builder:
    """Links the kernel with one object made from other sources. How, make says."""

    def __init__(self, directory):
        self.directory, self.tree = Path(directory), Path(directory) / "kernel"
        newer = [word for path in sorted((ROOT / "kernel").rglob("*.c")) for word in ("-W", str(path.relative_to(ROOT)))]
        said = _run(["make", "-n", "SET_UP=1", *newer, IMAGE])
        lines = [shlex.split(line) for line in said.replace("\\\n", " ").splitlines() if line.startswith(COMPILED)]
        self.compile = {words[words.index("-c") + 1]: words for words in lines if "-c" in words}
        self.link = next(words for words in lines if words[-1] == IMAGE)

    def _copied(self, mutant):
        """The C files that are compiled: that of the fault, or of one in a header, the function's, beside a tree that has the fault."""
        text = (ROOT / "kernel" / mutant.file).read_text(encoding="utf-8")
        if text.count(mutant.old) != 1:
            raise BatonError(f"kernel/{mutant.file} does not have this once: {mutant.old}", "look at tests/prove/caps/mutants.py")
        path = self.tree / mutant.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")
        return path

    def image(self, mutant):
        """The kernel with the fault."""
        path = self._copied(mutant)
        home = f"kernel/{mutant.file}" if mutant.file.endswith(".c") else HOMES[mutant.function]
        words = list(self.compile[home])
        source = path if mutant.file.endswith(".c") else ROOT / home
        made = self.directory / "mutant.o"
        words[words.index("-c") + 1], words[words.index("-o") + 1] = str(source), str(made)
        at = next(i for i, word in enumerate(words) if word.startswith("-Ikernel"))
        # The sources' own folder comes before all of -I for includes in quotes, so the copy has to come before it.
        words[at:at] = ["-iquote", str(self.tree), "-w"]
        _run(words)
        path.unlink()
        link = [str(made) if word == f"build/{home[:-2]}.o" else word for word in self.link]
        link[-1] = str(self.directory / "mutant.elf")
        _run(link)
        return Path(link[-1])

