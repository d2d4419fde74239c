"""Where the conformance program's cases lie: a case in the folder that its name begins with, each list of them in a set that runs, and
nothing where the build does not look; and each call that takes a capability among those that are asked with every wrong one. tests/lint.py
asks look() and unasked(); tests/system/case_counts_test.py asks wanted(), and a boot must report
each.
"""
import re

FRAME = "frame"
# CASES("ipc/model", list), case_begin("ipc/queue/%s", word)
GIVEN = re.compile(r'\b(CASES|CASES_SPACES|case_begin)\(\s*"([^"]*)"(?:, (\w+))?')
LIST = re.compile(r"\bstruct test (\w+)\[\] = \{(.*?)\};", re.S)
ENTRY = re.compile(r'\{"([^"]*)", ')
SET = re.compile(r"^CASE_SET\(", re.M)


def _names(text):
    """For each case that this file has: a pattern of its whole name."""
    lists = {name: ENTRY.findall(entries) for name, entries in LIST.findall(text)}
    for how, group, name in GIVEN.findall(text):
        if how == "case_begin":
            yield re.sub(r"%\w", "[^/ ]*", group)
            continue
        ends = ("/same", "/cross") if how == "CASES_SPACES" else ("",)
        yield from (f"{group}/{case}{end}" for case in lists[name] for end in ends)


def wanted(root):
    """(file, pattern of a name) of all cases that the source has."""
    return [(path, re.compile(name)) for path in sorted((root / "tests/conform").glob("*/*.c")) if path.parent.name != FRAME
            for name in _names(path.read_text(encoding="utf-8"))]


def _wrong(path, folder):
    """What is wrong with a file of that folder, in words."""
    text = path.read_text(encoding="utf-8")
    given = GIVEN.findall(text)
    if folder == FRAME:
        if SET.search(text):
            yield "the frame has no cases: they lie in the folder that their names begin with"
        return
    for _, group, _ in given:
        if group.split("/")[0] != folder:
            yield f"cases called {group} lie in {group.split('/')[0]}/"
    for name, _ in LIST.findall(text):
        if name not in [g[2] for g in given]:
            yield f"the cases in {name}[] are given to nobody: CASES(\"{folder}/...\", {name})"
    if given and not SET.search(text):
        yield "its cases are in no CASE_SET: nobody runs them"


def look(root):
    """file: what is wrong, for all files of the program."""
    top = root / "tests/conform"
    found = []
    for path in sorted(top.rglob("*.[ch]")):
        parts = path.relative_to(top).parts
        if len(parts) != 2:
            found.append(f"{path.relative_to(root)}:1: a file lies in one folder of tests/conform: the build looks nowhere else")
            continue
        found += [f"{path.relative_to(root)}:1: {why}" for why in _wrong(path, parts[0])]
    return found


ASK = "tests/conform/caps/ask.c"
CALL = re.compile(r"^SYSCALL\(0x\w+, (\w+),", re.M)
TAKES_CAP = re.compile(r"^\s+ARG\((\w+), \w+, CAP_", re.M)
STUB = re.compile(r"^static inline \w+ (\w+)\([^)]*\)\n\{(.*?)^\}", re.M | re.S)


def unasked(root):
    """The calls of abi.def that take a capability and have no row in ASK, neither by number nor by their stub in user/lib."""
    abi, stubs, ask = ((root / name).read_text(encoding="utf-8") for name in ("kernel/abi/abi.def", "user/lib/syscall.h", ASK))
    words = set(re.findall(r"\w+", ask))
    asked = {call for stub, body in STUB.findall(stubs) if stub in words for call in re.findall(r"\bSYS_(\w+)", body)}
    takes = set(TAKES_CAP.findall(abi))
    return [f"{ASK}:1: {call} takes a capability, and is not asked with wrong ones" for call in CALL.findall(abi)
            if call in takes - asked and f"SYS_{call}" not in words]
