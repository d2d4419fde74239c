"""Removes the kernel's guards one at a time and runs the test that is there for each: it must fail.

tests/guards.txt lists them: what the guard is for, the lines of the kernel that are it, what stands there without it,
and the test. Each is built in a copy of the tree; the test has failed when it says "not ok", when the kernel panics,
when a call ended as abi.def does not say, or when it does not end. First it checks that the tests pass with all guards in place.

Prints "ok guard <name>: <test> fails without it" or "not ok guard <name>: why". Exit code: 0 all failed as they must,
1 some did not, 2 wrong options. --check only compares the list with the kernel and with the table in
docs/threat-model.md; --document writes that table.
"""
import fnmatch
import re
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from scripts.base import patience
from scripts.base.common import ROOT, BatonError, make_parser, run_main, warn
from scripts.source import abi
from tests import trials
from tests.run import fuzz_words
from tests.runner import coverage
from tests.treecopy import copy_tree
from tests.verdict import exit_code, say

LIST = ROOT / "tests/guards.txt"
DOCUMENT = ROOT / "docs/threat-model.md"
BEGIN, END = "<!-- guards: written by python3 -m tests.guards --document -->\n", "<!-- end of guards -->\n"
# A test without its guard may well go on for ever. A host test needs a second of CPU time, a case in a guest less than one of the
# guest's.
CPU_SECONDS, GUEST_SECONDS = 120, "30"
KINDS = ("conform", "checked", "host", "panic", "fuzz")
PROGRAMS = "PROGRAMS=root conform bench fuzz"


@dataclass(frozen=True)
class Guard:
    name: str
    what: str
    file: str
    old: tuple
    new: tuple
    kind: str
    case: str  # a glob of cases, the name of a host test's program, a kind of crash, or a seed of the fuzzer's
    seed: str  # with which the fuzzer finds it missing, too; or ""

    @property
    def test(self):
        own = self.case if self.kind == "conform" else f"{self.kind} {self.case}"
        return f"{own}; fuzz {self.seed}" if self.seed else own


def each_with_one_test(guards):
    """Those with two tests come twice."""
    for g in guards:
        yield replace(g, seed="")
        if g.seed:
            yield replace(g, name=f"{g.name} (fuzz)", kind="fuzz", case=g.seed, seed="")


def parse(text):
    """The guards of the list. Each is a block of lines `word rest`; blocks stand apart by empty lines."""
    guards = []
    body = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for block in re.split(r"\n{2,}", body.strip()):
        lines = [line.partition(" ") for line in block.splitlines()]
        words = {word: rest for word, _, rest in lines}
        test = next((kind for kind in KINDS if kind in words), None)
        seed = words.get("fuzz", "") if test != "fuzz" else ""
        if not test or not {"guard", "for", "file", "-"} <= words.keys():
            raise BatonError(f"tests/guards.txt: a block is incomplete: {block.splitlines()[0]}", "see its head")
        old, new = (tuple(rest.strip() for word, _, rest in lines if word == sign) for sign in "-+")
        guards.append(Guard(words["guard"], words["for"], words["file"], old, new, test, words[test], seed))
    return guards


def without(guard, text):
    """The text of its file without the guard; None when the guard is not there, or is there twice."""
    old = re.compile(r"[ \t]*\n[ \t]*".join(re.escape(line) for line in guard.old))
    if len(old.findall(text)) != 1:
        return None
    return old.sub(lambda _: "\n".join(guard.new), text)


def stale(guards):
    names = [g.name for g in guards]
    for g in guards:
        if names.count(g.name) > 1:
            yield g.name, "it is in the list twice"
        elif not (ROOT / g.file).is_file():
            yield g.name, f"there is no {g.file}"
        elif without(g, (ROOT / g.file).read_text(encoding="utf-8")) is None:
            yield g.name, f"{g.file} does not have its lines, or not once: {g.old[0]}"


def table(guards):
    rows = [f"| {g.what} | {g.file.removeprefix('kernel/')} | {g.test} |\n" for g in guards]
    return "".join(["| guard | where | what fails without it |\n", "|---|---|---|\n", *rows])


def document(guards):
    """The threat model with the table that belongs there."""
    text = DOCUMENT.read_text(encoding="utf-8")
    if BEGIN not in text or END not in text:
        raise BatonError(f"{DOCUMENT.name} lacks the lines between which the table stands", f"write {BEGIN}{END}")
    head, tail = text.split(BEGIN)[0], text.split(END)[1]
    return head + BEGIN + table(guards) + END + tail


def check(guards):
    wrong = list(stale(guards))
    same = document(guards) == DOCUMENT.read_text(encoding="utf-8")
    found = [(f"guard {name}", why) for name, why in wrong] or [(f"guards/each of the {len(guards)} is in the kernel once", None)]
    found.append(("guards/threat model", None if same else
                  "its table is not that of tests/guards.txt; do: python3 -m tests.guards --document"))
    return exit_code(found)


# ---- one tree, its build and its tests
def output(command, tree, limited=False):
    """Exit code and all that it printed. limited: it may hang, and is ended when it uses CPU time without end."""
    limit = (lambda: resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))) if limited else None  # clock: of work without end
    try:
        done = patience.run(command, cwd=tree, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            preexec_fn=limit)
    except patience.Hung as hung:
        return None, "\n".join([*hung.details, hung.what])
    return done.returncode, done.stdout.decode("utf-8", "replace")


def build_command(kind, case):
    if kind == "host":
        return ["make", "-s", "WARN=-w", f"build/host/{case}_test"]
    checks = kind in ("checked", "fuzz")
    build = "build/check" if checks else "build"
    programs = [f"{build}/user/{program}.elf" for program in (("root", "fuzz") if kind == "fuzz" else ("root", "conform", "bench"))]
    return ["make", "-s", "WARN=-w", PROGRAMS, f"CHECK={int(checks)}", f"{build}/baton32.elf", *programs]


def test_command(kind, case):
    if kind == "host":
        return [f"build/host/{case}_test"]
    if kind == "panic":
        return [sys.executable, "-m", "tests.system.panic_test", *case.split()]
    if kind == "fuzz":
        modules = [word for program in ("root", "fuzz") for word in ("--module", f"build/check/user/{program}.elf")]
        return [sys.executable, "-m", "scripts.verbs.run", "--build", "build/check", *modules, "--cmdline", fuzz_words(int(case))]
    build = "build/check" if kind == "checked" else "build"
    limits = ["--limit", GUEST_SECONDS] if case != "*" else []
    return [sys.executable, "-m", "scripts.verbs.run", "--device", "edu", "--build", build, *limits, "--cmdline",
            f"run=conform test={case}" + " coverage=on" * (kind == "checked")]


def undocumented(lines):
    """An outcome of a call that the kernel counted (coverage=on) and abi.def does not have, or None."""
    unknown, _ = coverage.compare(abi.read(), coverage.pairs(lines))
    return next((f"{call} ended with {result}, which abi.def does not say" for call, result in unknown), None)


def failure(kind, case, tree):
    """How the test fails in that tree, or None: it passes."""
    code, said = output(test_command(kind, case), tree, limited=kind == "host")
    lines = said.splitlines()
    bad = next((line for line in lines if re.match(r"not ok |PANIC|.*runtime error|.*Sanitizer", line)), None) or undocumented(lines)
    if code == 0 and not bad:
        return None
    return bad or (lines[-1] if lines else f"it ended with code {code}")


def cases_of(kind, case, tree):
    """The names of the cases that pass; for what has no names, whether it passes."""
    code, said = output(test_command(kind, case), tree)
    if code != 0:
        raise BatonError(f"{kind} {case} fails without any change: {said.splitlines()[-1:]}", "make test")
    return re.findall(r"^ok (\S+)", said, re.M)


def see_that_all_pass(guards, tree):
    """Each test exists, and passes as long as nothing is removed."""
    for kind in KINDS:
        wanted = sorted({g.case for g in guards if g.kind == kind})
        if not wanted:
            continue
        whole = kind in ("conform", "checked")
        warn(f"first with all guards in place: the tests of kind {kind}")
        make(tree, kind, wanted[0])
        for case in ["*"] if whole else wanted:
            make(tree, kind, case)
            there = cases_of(kind, case, tree)
        missing = [case for case in wanted if whole and not fnmatch.filter(there, case)]
        if missing:
            raise BatonError(f"no case is called {missing[0]}", "tests/guards.txt")


def make(tree, kind, case):
    code, said = output(build_command(kind, case), tree)
    if code != 0:
        raise BatonError(f"the tree does not build: {said.strip()[-300:]}", "make")


def trial(guard, tree):
    """What happened without the guard: (as it must be, words)."""
    path = tree / guard.file
    text = path.read_text(encoding="utf-8")
    path.write_text(without(guard, text), encoding="utf-8")
    try:
        make(tree, guard.kind, guard.case)
        how = failure(guard.kind, guard.case, tree)
    except BatonError as error:
        return False, f"without it {error.what}"
    finally:
        path.write_text(text, encoding="utf-8")
    return how is not None, how or f"{guard.test} passes without it"


def say_trial(guard, outcome, verbose):
    """Did its test fail as it must?"""
    good, how = (False, f"it could not be tried: {outcome}") if isinstance(outcome, Exception) else outcome
    passed = say(f"guard {guard.name}: {guard.test} fails without it", None) if good else say(f"guard {guard.name}", how)
    if verbose and good:
        print(f"    {how[:150]}", flush=True)
    return passed


def try_all(guards, jobs, verbose):
    """How many tests do not fail as they must."""
    near = sorted(guards, key=lambda g: (g.kind, g.file))  # what is compiled again is the same file
    with tempfile.TemporaryDirectory(prefix="baton-guards-") as directory:
        first = Path(directory) / "tree"
        copy_tree(first)
        see_that_all_pass(guards, first)
        works = [partial(trial, tree=tree) for tree in trials.copies(first, jobs)]
        return sum(not say_trial(guard, outcome, verbose) for guard, outcome in trials.outcomes(near, works))


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("part", nargs="*", help="part of a guard's name")
    parser.add_argument("--list", action="store_true", help="only list the guards")
    parser.add_argument("--check", action="store_true", help="only compare the list with the kernel and the table")
    parser.add_argument("--document", action="store_true", help="write the table")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("-v", "--verbose", action="store_true", help="say how each test fails")
    options = parser.parse_args(arguments)
    every = parse(LIST.read_text(encoding="utf-8"))
    guards = [g for g in every if not options.part or any(part in g.name for part in options.part)]
    if not guards:
        raise BatonError(f"no guard's name contains {' or '.join(options.part)}", "python3 -m tests.guards --list")
    if options.list:
        print("\n".join(f"{g.name}: {g.test}" for g in guards))
        return 0
    if options.document:
        DOCUMENT.write_text(document(every), encoding="utf-8")
        return 0
    if options.check:
        return check(every)
    wrong_list = list(stale(guards))
    for name, why in wrong_list:
        say(f"guard {name}", why)
    names = {name for name, _ in wrong_list}
    todo = list(each_with_one_test(g for g in guards if g.name not in names))
    wrong = len(names) + try_all(todo, options.jobs, options.verbose)
    print(f"{len(todo) + len(names) - wrong} passed, {wrong} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    run_main(main)
