"""Whether code uses extended state: a register of x87, MMX, SSE or AVX, or an instruction that concerns them.

The default of the original, extended state for every protection domain, would cost each call several times its price here. So the
tool looks. What it wrongly takes for such an instruction costs time, not correctness; what it could miss gives a fault in the
component, for which fpu="true" is the remedy.
"""
import hashlib
import re
import shutil
import subprocess
import tempfile

REGISTER = re.compile(r"%(?:[xyz]mm[0-9]|mm[0-7]|st\b|k[0-7]\b)")
# x87 and MMX instructions without such an operand; all mnemonics that begin with f are x87's, but for a lone prefix fs.
MNEMONIC = re.compile(r"(?:f(?!s\b)[a-z0-9]+|emms|ldmxcsr|stmxcsr|vldmxcsr|vstmxcsr|xsave[a-z0-9]*|xrstor[a-z0-9]*|vzero[a-z]+)")
LINE = re.compile(r"\s*[0-9a-f]+:\t(?:(?:rep|repz|repnz|lock|data16|addr32|rex[.A-Z]*|[c-gs]s) )*([a-z0-9]+)\s*(.*)")


class Extended:
    """Looks at each piece of code once."""

    def __init__(self, objdump=None):
        self.objdump = objdump or shutil.which("objdump")
        self._known = {}

    def __call__(self, pieces):
        return any([self._uses(code) for code in pieces])

    def _uses(self, code):
        key = hashlib.sha256(code).digest()
        if key not in self._known:
            self._known[key] = self._look(code)
        return self._known[key]

    def _look(self, code):
        if self.objdump is None:
            return True  # it works, only slower
        with tempfile.NamedTemporaryFile(prefix="microkit-") as file:
            file.write(code)
            file.flush()
            command = [self.objdump, "-D", "-b", "binary", "-m", "i386:x86-64", "--no-show-raw-insn", "-M", "att", file.name]
            with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                  encoding="utf-8", errors="replace") as process:
                found = any(_names_extended(line) for line in process.stdout)
                process.kill()
        return found


def _names_extended(line):
    found = LINE.match(line)
    return bool(found and (MNEMONIC.fullmatch(found[1]) or REGISTER.search(found[2])))
