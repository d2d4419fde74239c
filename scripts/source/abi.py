"""kernel/abi/abi.def, read by a script: the same lines that gcc and NASM read.

read() returns an Abi, or raises a BatonError that names the line: what a script cannot make sense of is a mistake in
the file. check() says what is incomplete or contradicts itself.
"""
import re
from dataclasses import dataclass, field

from scripts.base.common import ROOT, BatonError, shown

ABI_DEF = ROOT / "kernel/abi/abi.def"
LINE = re.compile(r"\s*([A-Z]+)\((.*)\)\s*")
ARGUMENT = re.compile(r'\s*("(?:[^"]*)"|[^,"]+)\s*(?:,|$)')
FIELDS = {"NOTE": 1, "KIND": 5, "SYSCALL": 3, "ARG": 5, "RESULT": 4, "GIVES": 3, "BLOCKS": 2, "FAILS": 3, "ERROR": 3,
          "OUTCOME": 3, "TYPE": 4, "RIGHT": 3, "FAULT": 3, "CONST": 3}
REGISTERS = ("rdi", "rsi", "rdx", "r8", "r9", "r10", "message", "buffer")
RESULT_REGISTERS = ("rax", *REGISTERS)
NO_ARGUMENTS = ("NULL", "YIELD")
# What a wrong argument of that class fails with; CAP and CAP_OR_0 also by the types and rights of the kind.
CLASSES = {"CAP": ("BAD_CAP",), "CAP_OR_0": ("BAD_CAP",), "LIMITED": ("BAD_ARGUMENT",), "SLOT_ANY": ("BAD_ARGUMENT",),
           "SLOT_FREE": ("BAD_ARGUMENT", "OCCUPIED"), "SLOT_FULL": ("BAD_ARGUMENT", "BAD_CAP"), "ANY": ()}


@dataclass
class Kind:
    name: str
    group: str  # one of CLASSES
    types: list  # names of types; none: any
    rights: list
    doc: str

    def errors(self):
        found = list(CLASSES[self.group])
        if self.types:
            found.append("WRONG_TYPE")
        if self.rights:
            found.append("NO_RIGHT")
        return found


@dataclass
class Call:
    number: int
    name: str
    doc: str
    args: list = field(default_factory=list)  # (register, Kind, name, doc)
    results: list = field(default_factory=list)  # (register, name, doc)
    gives: list = field(default_factory=list)  # (outcome, doc)
    blocks: str = ""
    fails: list = field(default_factory=list)  # (error, doc)

    def is_value(self):
        """May what it leaves in rax, when it succeeds, be any number?"""
        return any(register == "rax" for register, _, _ in self.results)

    def errors(self):
        """Every error that it can end with -> its causes: by its arguments, and by the FAILS lines."""
        causes = {}
        for _, kind, name, _ in self.args:
            for error in kind.errors():
                causes.setdefault(error, []).append((name, kind))
        for error, doc in self.fails:
            causes.setdefault(error, []).append(doc)
        return causes

    def outcomes(self):
        """Names of what rax may be when it succeeds; an outcome that it gives "always" is the only one."""
        always = [name for name, doc in self.gives if doc.startswith("always")]
        return always or ["MESSAGE", *(name for name, _ in self.gives)]


@dataclass
class Abi:
    kinds: dict = field(default_factory=dict)
    calls: dict = field(default_factory=dict)
    errors: list = field(default_factory=list)  # (number, name, doc), and so the next ones
    outcomes: list = field(default_factory=list)
    types: list = field(default_factory=list)  # (number, name, size bits, doc)
    rights: list = field(default_factory=list)
    faults: list = field(default_factory=list)
    constants: list = field(default_factory=list)  # (name, value as written, doc)
    notes: list = field(default_factory=list)


def _fields(text):
    found, at = [], 0
    while at < len(text):
        m = ARGUMENT.match(text, at)
        if not m:
            return None
        found.append(m.group(1).strip().strip('"'))
        at = m.end()
    return found


def _add(abi, word, f):
    """One line; raises KeyError for a name that no line before it has defined."""
    if word == "KIND":
        types, rights = re.findall(r"TYPE_(\w+)", f[2]), re.findall(r"RIGHT_(\w+)", f[3])
        abi.kinds[f[0]] = Kind(f[0], f[1], types, rights, f[4])
    elif word == "SYSCALL":
        abi.calls[f[1]] = Call(int(f[0], 0), f[1], f[2])
    elif word == "ARG":
        abi.calls[f[0]].args.append((f[1], abi.kinds[f[2]], f[3], f[4]))
    elif word == "RESULT":
        abi.calls[f[0]].results.append((f[1], f[2], f[3]))
    elif word == "GIVES":
        abi.calls[f[0]].gives.append((f[1], f[2]))
    elif word == "BLOCKS":
        abi.calls[f[0]].blocks = f[1]
    elif word == "FAILS":
        abi.calls[f[0]].fails.append((f[1], f[2]))
    elif word == "CONST":
        abi.constants.append(tuple(f))
    elif word == "NOTE":
        abi.notes.append(f[0])
    else:
        lists = {"ERROR": abi.errors, "OUTCOME": abi.outcomes, "TYPE": abi.types, "RIGHT": abi.rights,
                 "FAULT": abi.faults}
        lists[word].append((int(f[0], 0), *f[1:]))


def read(path=ABI_DEF):
    abi = Abi()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        m = LINE.fullmatch(line)
        f = _fields(m.group(2)) if m else None
        try:
            if f is None or len(f) != FIELDS[m.group(1)]:
                raise ValueError
            _add(abi, m.group(1), f)
        except (KeyError, ValueError):
            raise BatonError(f"{shown(path)}:{number}: not a line of this file, or of a name not defined above: "
                             f"{line.strip()}", "see the notes in that file") from None
    return abi


def _check_call(call, known):
    at = f"SYSCALL {call.name}"
    if not call.args and call.name not in NO_ARGUMENTS:
        yield f"{at}: its arguments are not described (ARG lines)"
    registers = [register for register, _, _, _ in call.args]
    for register in registers:
        if register not in REGISTERS or registers.count(register) > 1:
            yield f"{at}: argument register {register} is none, or there twice"
    for register, name, _ in call.results:
        if register not in RESULT_REGISTERS:
            yield f"{at}: result register {register} is none"
    for name in [e for e, _ in call.fails] + [o for o, _ in call.gives]:
        if name not in known:
            yield f"{at}: there is no error or outcome {name}"
    before = None
    for _, kind, name, _ in call.args:
        if kind.group.startswith("SLOT_") and before != "CAP_CNODE":
            yield f"{at}: argument {name} is a slot index, but no CNode stands before it"
        before = kind.name


def check(abi):
    """A list of what is wrong."""
    wrong = []
    known = {name for _, name, _ in abi.errors} | {name for _, name, _ in abi.outcomes}
    types, rights = {t[1] for t in abi.types}, {r[1] for r in abi.rights}
    for kind in abi.kinds.values():
        if kind.group not in CLASSES:
            wrong.append(f"KIND {kind.name}: there is no class {kind.group}")
        wrong += [f"KIND {kind.name}: there is no type or right {n}"
                  for n in [*kind.types, *kind.rights] if n not in types | rights]
    for call in abi.calls.values():
        wrong += _check_call(call, known)
    numbers = [call.number for call in abi.calls.values()]
    wrong += [f"two system calls have the number {n:#x}" for n in set(numbers) if numbers.count(n) > 1]
    return wrong
