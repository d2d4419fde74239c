"""What tools that read source find in it: shellcheck in the shell scripts, pyflakes in the Python, cppcheck in the C of the kernel, the
library and the suite, clang-format in all C. They are packages of Debian (scripts/setup.sh test). And Python wider than pyproject.toml
says; clocks, on which no verdict may depend (clocks.py); invariants that are told and not checked, or
checked and never seen to be broken; what documents and comments cite but does not exist (citations.py); conformance cases where nobody
looks for them (cases.py); what lies at the top of the tree and does not belong there; and includes of the kernel and imports of scripts/
against the order of their layers and rooms (layers.py, rooms.py).

Prints "ok <name>" or "not ok <name>: why" lines. Exit code: 0 nothing was found, 1 something was, or a tool is missing.
"""
import fnmatch
import re
import shutil
import tomllib

from scripts.base import patience
from scripts.base.common import ROOT, BatonError
from scripts.source import plaingit
from tests import cases, citations, clocks, layers, lengths, rooms
from tests.verdict import run_checks

PYTHON = "/usr/bin/python3"  # Debian's own, for which pyflakes is a package
INCLUDES = [f"-I{d}" for d in ("kernel", "kernel/abi", "user/lib", "bench")]
# cppcheck does not know that the linker makes one array of two symbols, that fail() does not return, and what an
# assertion at compile time is for. Since 2.11 it says of each long function that it does not follow every branch.
UNKNOWN_TO_CPPCHECK = ("comparePointers", "nullPointerRedundantCheck", "constStatement", "normalCheckLevelMaxBranches",
                       "uninitvar:kernel/arch/arch.h")
# Variables in registers of their own are a syntax error to cppcheck 2.17, which would leave out every file with one. It
# then does not see what assembly writes: the last suppression. --force: a -D would otherwise leave one configuration.
WITHOUT_ASSEMBLY = ("-D__asm__(...)=", "--force")


BUILT = re.compile(r"^(build|\.git|results/(runs|latest|charts|compare))/|__pycache__")


def tracked(*patterns):
    """Files of the tree; without git all that match, except what is built. A * matches slashes, too."""
    done = plaingit.run("ls-files", "-co", "--exclude-standard", "--", *patterns)
    if done.returncode == 0:
        names = done.stdout.split("\n")
    else:
        every = (p.relative_to(ROOT).as_posix() for p in ROOT.rglob("*"))
        names = [n for n in every if not BUILT.search(n) and any(fnmatch.fnmatchcase(n, g) for g in patterns)]
    return sorted(n for n in names if n and (ROOT / n).is_file())


def said(*command):
    """The lines that a tool prints, of whatever exit code."""
    if not shutil.which(command[0]):
        raise BatonError(f"{command[0]} is not installed", "scripts/setup.sh test")
    done = patience.run(command, cwd=ROOT, capture_output=True, encoding="utf-8")
    return (done.stdout + done.stderr).splitlines()


def shell():
    return said("shellcheck", "-f", "gcc", *tracked("*.sh", ".ci/run", "tests/kvm/init"))


def wanted(line):
    """Not what its own line says is intended."""
    found = re.match(r"(\S+?):(\d+):", line)
    return not found or "# noqa" not in (ROOT / found[1]).read_text(encoding="utf-8").splitlines()[int(found[2]) - 1]


def python():
    files = tracked("scripts/*.py", "tests/*.py", "user/*.py", "user/sdk/bin/*")
    return [line for line in said(PYTHON, "-m", "pyflakes", *files) if wanted(line)]


def c_code():
    return said("cppcheck", "-q", "--std=c11", "--platform=unix64", "--enable=warning,performance,portability", "--template=gcc",
                "--inline-suppr", *WITHOUT_ASSEMBLY, *(f"--suppress={name}" for name in UNKNOWN_TO_CPPCHECK), *INCLUDES,
                "kernel", "user", "bench")


# By one version only: another one lays out some lines differently. Debian 12, Debian 13 and Ubuntu 24.04 have a package of this one.
FORMATTER = "clang-format-19"


def layout():
    """Each place that is not as .clang-format says."""
    found = (re.match(r"(\S+:\d+):\d+: \w+: code should be clang-formatted", line)
             for line in said(FORMATTER, "--dry-run", *tracked("*.c", "*.h")))
    return [f"{match[1]}: not as .clang-format says; do: {FORMATTER} -i {match[1].partition(':')[0]}" for match in found if match]


def clocks_seen():
    return [line for name in tracked(*clocks.FILES) for line in clocks.look(name, (ROOT / name).read_text(encoding="utf-8"))]


def deletions():
    """What was looked up does not outlive a deletion step (kernel/object/delete.h): deleting is the last thing that a function does."""
    found = []
    for name in tracked("kernel/*.c"):
        if name == "kernel/object/delete.c":
            continue
        for number, line in enumerate((ROOT / name).read_text(encoding="utf-8").splitlines(), 1):
            if re.search(r"\bdelete_(slot|first|steps)\b", line) and not re.fullmatch(r"\s*return delete_(slot|first)\(.*\);", line):
                found.append(f"{name}:{number}: an operation does more than return what delete_slot() or delete_first() says")
    return found


# Only code can break these: guards.txt has them, tried in the checking build; and no flag of ring 3's can be set on a host.
NOT_BROKEN = {"derived", "makes-or-deletes", "few-steps", "flags-clean"}


def invariants():
    """docs/invariants.md names what kernel/check/ checks, and tests/host/check_test.c breaks each. What is of the kernel's meaning stands
    behind (tests/scripts/test_properties.py)."""
    structures = (ROOT / "docs/invariants.md").read_text(encoding="utf-8").split("\n## ")[0]
    rows = re.findall(r"^\| ([a-z0-9, -]+) \|", structures, re.M)
    told = {name for row in rows for name in row.split(", ")} - {"name"}
    source = "".join((ROOT / name).read_text(encoding="utf-8") for name in tracked("kernel/check/*.c"))
    checked = set(re.findall(r'holds\("([a-z0-9-]+)"|invariant ([a-z0-9-]+) broken', source))
    checked = {one or other for one, other in checked}
    broken = set(re.findall(r'BREAKS\w*\("([a-z0-9-]+)"', (ROOT / "tests/host/check_test.c").read_text(encoding="utf-8")))
    return [f"docs/invariants.md: {name} is told {'and not checked' if name in told else 'nowhere'}" for name in sorted(told ^ checked)] + \
           [f"tests/host/check_test.c: {name} is not broken there" for name in sorted(checked - broken - NOT_BROKEN)]


def cited():
    return citations.look(tracked("*.md", "*.c", "*.h", "*.ld", "*.asm", "*.inc", "*.def", "*.py", "*.sh", "*.mk", "Makefile", "*.yml"),
                          tracked("*"), ROOT)


def width():
    """The width of Python is stated once, in pyproject.toml."""
    widest = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]["line-length"]
    return [f"{name}:{number}: {len(line)} characters, more than {widest}" for name in tracked("scripts/*.py", "tests/*.py", "user/*.py")
            for number, line in enumerate((ROOT / name).read_text(encoding="utf-8").splitlines(), 1) if len(line) > widest]


MARKER = re.compile(r"^(<{7}|>{7}) ", re.M)  # of a merge


def markers():
    texts = ((name, (ROOT / name).read_text(encoding="utf-8", errors="replace")) for name in tracked("*"))
    return [f"{name}: a conflict of a merge is left" for name, text in texts if MARKER.search(text)]


def only_text():
    """What is built belongs into build/: what is tracked is text."""
    return [f"{name}: not text; what is built is not tracked" for name in tracked("*") if b"\0" in (ROOT / name).read_bytes()]


# What the tree begins with, beside files whose names begin with a dot.
TOP = {"bench", "docs", "fastpath", "kernel", "results", "scripts", "tests", "user",
       "CONTRIBUTING.md", "LICENSE", "Makefile", "README.md", "pyproject.toml"}


def top():
    first = {name.partition("/")[0] for name in tracked("*")}
    return [f"{name}:1: the top of the tree has a fixed list (TOP); all else has a folder" for name in sorted(first - TOP)
            if not name.startswith(".")]


def length():
    return lengths.look(tracked(*lengths.SOURCES), ROOT)


def order_of_layers():
    return layers.offences(ROOT)


def order_of_rooms():
    return rooms.look(tracked("scripts/*.py", "tests/*.py"), ROOT)


def conformance():
    return cases.look(ROOT) + cases.unasked(ROOT)


def checks():
    for name, look in (("shellcheck", shell), ("pyflakes", python), ("cppcheck", c_code), ("format", layout), ("clocks", clocks_seen),
                       ("width", width), ("deletions", deletions), ("invariants", invariants), ("citations", cited),
                       ("layers", order_of_layers), ("rooms", order_of_rooms), ("cases", conformance), ("markers", markers),
                       ("text", only_text), ("top", top), ("length", length)):
        found = look()
        print(*found, sep="\n", end="\n" if found else "")
        yield f"lint/{name}", f"{len(found)} lines, the first: {found[0]}" if found else None


if __name__ == "__main__":
    run_checks(__doc__, checks)
