"""How long a file may be. CONTRIBUTING.md: source files have up to 250 lines, seldom more. Beyond MOST a file holds two ideas and is
split by them, or it stands in LONG with the one that it has. What tests one thing stays with it, up to MOST_OF_TESTS. tests/lint.py
asks look().
"""
import re

MOST, MOST_OF_TESTS = 300, 450
SOURCES = ("*.c", "*.h", "*.py", "*.asm", "*.inc", "*.sh", "*.mk", "Makefile")
TESTS = re.compile(r"tests/(host/.*\.[ch]|scripts/test_.*\.py)")
LONG = {
    "bench/linux/operations.c": "Linux's operations, one function each",
    "kernel/thread/sched.c": "who runs next",
    "scripts/records/record.py": "the form of a record, and where records lie",
    "tests/barriers/rules.c": "what holds on every way, one function each",
    "tests/conform/caps/ask.c": "a row for each system call",
    "tests/conform/memory/many.c": "many frames in one entry",
    "tests/conform/notification/bound.c": "what a bound notification does to its thread",
    "tests/conform/sched/tagged.c": "what may happen to a thread that a fast path made ready",
    "tests/equiv/conditions_rest.c": "what the paths look at, combined",
    "tests/equiv/machine.c": "the emulated CPU",
    "tests/equiv/reason.c": "when a fast path leaves the work to C, path by path",
    "tests/host/acpi_test.c": "ACPI's tables, sound and odd",
    "tests/prove/theorems.py": "what is proved, one function each",
    "tests/scripts/test_compare.py": "the verb with the most parts",
    "user/lib/syscall.h": "a stub for each system call",
}


def look(names, root):
    """What is wrong with the lengths of these files."""
    lines = {name: (root / name).read_text(encoding="utf-8").count("\n") for name in names}
    found = [f"tests/lengths.py:1: there is no file {name}" for name in sorted(LONG.keys() - lines.keys())]
    for name, count in lines.items():
        most = MOST_OF_TESTS if TESTS.fullmatch(name) else MOST
        if count > most and name not in LONG:
            found.append(f"{name}:{most}: {count} lines, more than {most}; split it by its ideas, or name the one it has in LONG")
        elif count <= most and name in LONG:
            found.append(f"{name}:1: {count} lines are not too many: tests/lengths.py need not name it")
    return found
