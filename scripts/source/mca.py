"""What llvm-mca says that instructions take on a CPU, when they are executed over and over and nothing misses."""
import re
import shutil
import tempfile

from scripts.base import patience
from scripts.base.common import BatonError

CPUS = {"Skylake": "skylake", "Ice Lake": "icelake-server", "Zen 2": "znver2", "Zen 3": "znver3"}
TIMES = 100
CYCLES = re.compile(r"^Total Cycles:\s+(\d+)$", re.M)
JUMP = re.compile(r"^(j[a-z]+)\s+[0-9a-f]+\b.*$")
IN_THEIR_PLACE = {"sysretq": "jmp *%rcx", "mov %rcx,%cr3": "movb %cl,(%rcx)"}  # lowered.py


def is_there():
    return shutil.which("llvm-mca") is not None


def _assembled(instruction):
    """An instruction in objdump's words as the assembler takes it; where a jump leads is no matter to llvm-mca."""
    text = " ".join(instruction.text.partition("#")[0].split())
    return IN_THEIR_PLACE.get(text) or JUMP.sub(r"\1 begin", text)


def predict(instructions):
    """CPU -> cycles of these, one after the other."""
    text = "begin:\n" + "".join(f"{_assembled(i)}\n" for i in instructions)
    found = {}
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", prefix="baton-mca-", suffix=".s") as file:
        file.write(text)
        file.flush()
        for name, cpu in CPUS.items():
            done = patience.run(["llvm-mca", f"-mcpu={cpu}", f"-iterations={TIMES}", file.name], capture_output=True, encoding="utf-8")
            cycles = CYCLES.search(done.stdout)
            if not cycles:
                raise BatonError(f"llvm-mca says nothing of {name}: {(done.stderr.splitlines() or ['no reason'])[0]}",
                                 "report this, with what llvm-mca --version says")
            found[name] = int(cycles[1]) / TIMES
    return found
