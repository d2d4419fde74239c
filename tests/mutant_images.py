"""Images of the kernel in which all mutants of one fast path lie beside each other: one run of the assembler and one link for a hundred or
two, each of which takes longer than most mutants live.

In place of the path's own text stands, at each place where others enter it, a jump to where the word `mutant_chosen` says. The mutants
lie in .text, whole copies of the path with one instruction changed, and the table `mutants` has where each of them is entered;
build/equiv --mutant N chooses (tests/equiv/mutant.h). Number 0 is the path as it is. A mutant that runs past its end comes to what
lies behind the path in the image, as it would in its place.
"""
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from scripts.base.common import ROOT, BatonError

ENTRY = re.compile(r"ENTRY_POINT (\w+)")
LABEL = re.compile(r"EXPORT_LABEL (\w+), (\.\w+)")
IRETQ = ".iretq"  # which tests/equiv looks for where there is one
STUB = """ENTRY_POINT {name}
{jumps}
{names}
{name}.after:
section .data.mutant_chosen progbits alloc noexec write align=8
mutant_chosen: times {entered} dq 0
mutant_chosen_end:
section .text.mutants progbits alloc exec nowrite align=64
mutants_text:
{copies}
section .text.mutants_end progbits alloc exec nowrite align=64
mutants_text_end:
section .rodata.mutants progbits alloc noexec nowrite align=8
mutants:
{table}
mutants_end: dq mutants_text_end
"""


def source(lines, changes):
    """The text for NASM: the path as it is, and with each of these changes, which are (number of the line, what stands there)."""
    start = next(number for number, line in enumerate(lines) if ENTRY.match(line))
    name, head, body = ENTRY.match(lines[start])[1], lines[:start], lines[start + 1:]
    labels = ["", *(found[2] for found in map(LABEL.match, head) if found)]
    jumps = [f"{label}{':' if label else ''} jmp [rel mutant_chosen + {8 * n}]" for n, label in enumerate(labels)]
    copies, table = [], []
    # Each in a section of its own, or what is behind one moves with each jump that NASM finds to be short, a hundred times.
    for n, (number, line) in enumerate([(start + 1, body[0]), *changes]):
        copy = f"{name}__{n}"
        changed = [re.sub(rf"\b{name}\b", copy, line if i == number else old) for i, old in enumerate(body, start + 1)]
        copies += [f"section .text.{copy} progbits alloc exec nowrite align=64", f"{copy}:", *changed, f"jmp {name}.after"]
        table.append("dq " + ", ".join(copy + label for label in labels))
    return "\n".join(head) + "\n" + STUB.format(
        name=name, jumps="\n".join(jumps), names=f"{IRETQ}:" if f"{IRETQ}:" in body else "", entered=len(labels),
        copies="\n".join(copies), table="\n".join(table))


@dataclass(frozen=True)
class Builder:
    """What make does after a change of a fast path, as far as the plain entries go: by file how it is assembled, and the link."""

    assemble: dict
    link: list

    def image(self, file, lines, changes, folder):
        """Builds it in that folder; where it lies."""
        text, assembled, image = (Path(folder) / f"{file}{end}" for end in ("", ".o", ".elf"))
        text.write_text(source(lines, changes), encoding="utf-8")
        place = f"build/plain/fastpath/{file}.o"
        _run([*self.assemble[file], str(text), "-o", str(assembled)])
        _run([*(str(assembled) if word == place else word for word in self.link), "--strip-debug", "-o", str(image)])
        return image


def _run(command):
    made = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if made.returncode != 0:
        raise BatonError(f"it does not build: {made.stdout.decode('utf-8', 'replace').strip()[:1000]}", " ".join(command))


def builder(files):
    changed = (word for file in files for word in ("-W", f"fastpath/{file}"))
    made = subprocess.run(("make", "-n", *changed, "build/baton.elf"), cwd=ROOT, capture_output=True, encoding="utf-8",
                          check=True).stdout.splitlines()
    plain = re.compile(r"nasm (.*) fastpath/(\S+) -o build/plain/fastpath/\S+\.o")
    assemble = {found[2]: ["nasm", *(word for word in found[1].split() if word != "-g")] for found in map(plain.fullmatch, made) if found}
    links = [line.split() for line in made if line.startswith("ld -nostdlib")]
    if assemble.keys() != set(files) or not links:
        raise BatonError("make does not say how it assembles and links the kernel", "look at builder in tests/mutant_images.py")
    return Builder(assemble, links[-1][:links[-1].index("-o")])
