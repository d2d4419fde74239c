"""One instruction more in a fast path is named by the gate, by make compare and by make bisect: commits a nop to this path and
to that, among documents, to a clone of the tree as it is, and asks the three there.

Prints "ok <name>" or "not ok <name>: why" lines. Exit code: 0 all passed, 1 something failed.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from scripts.base import patience
from scripts.base.common import ROOT, BatonError, make_parser, run_main
from scripts.build import builds
from scripts.records import record
from scripts.source import gitlog, plaingit
from tests.verdict import exit_code

PLACE = re.compile(r"^    ; ==== COMMIT.*\n", re.MULTILINE)
# Each a commit: its subject, the files that get an instruction, and the benchmarks that must be named for it.
CHANGES = (
    ("An instruction more in each call", ("call",), ("ipc.call/cross/fast/8w",)),
    ("One more to reply and to signal", ("reply_recv", "signal"), ("ipc.reply_recv/cross/fast/8w", "signal.no_waiter")),
    ("One more to yield and to fault", ("yield", "fault"), ("switch.yield/cross", "fault.page/cross")),
)
IDS = {benchmark: n for n, (_, _, benchmarks) in enumerate(CHANGES) for benchmark in benchmarks}
ONE_EACH = tuple(benchmarks[-1] for _, _, benchmarks in CHANGES)  # of each change
# They match all of these, and slow paths; and nothing of the suite's systems, which take three times as long to build as all else.
PATTERNS = ("ipc.*/cross/*8w", "switch.*/cross", "fault.*/cross", "signal.no_waiter")
MIDDLE = "ipc.reply_recv/cross/fast/8w"  # has changes of others on both sides
PROGRAMS = re.compile(r"^PROGRAMS := .*$", re.MULTILINE)
WHO = ("-c", "user.name=A test", "-c", "user.email=test@example.org")


ENVIRONMENT = dict(os.environ)


def compile_once(directory):
    """From now on what is run compiles a source that several commits share only for the first of them: each commit is still built by its
    own makefiles in a tree of its own."""
    tools = directory / "tools"
    tools.mkdir()
    (tools / "gcc").symlink_to(ROOT / "tests/system/compile_once.sh")
    ENVIRONMENT.update(REAL_CC=shutil.which("gcc"), OBJECTS=str(directory / "objects"), PATH=f"{tools}:{os.environ['PATH']}")


def run(*command, tree=ROOT, **variables):
    words = [str(c) for c in command] + [f"{k}={v}" for k, v in variables.items()]
    if words[0] == "git":
        return plaingit.run(*words[1:], cwd=tree)
    return patience.run(words, cwd=tree, env=ENVIRONMENT, encoding="utf-8", capture_output=True, stdin=subprocess.DEVNULL)


def must(done, what):
    if done.returncode != 0:
        raise BatonError(f"{what} failed", "make test TEST=regression", details=(done.stdout + done.stderr).splitlines()[-30:])
    return done.stdout


def commit(tree, subject):
    must(run("git", *WHO, "add", "-A", tree=tree), "git add")
    must(run("git", *WHO, "commit", "-q", "--allow-empty", "-m", subject, tree=tree), "git commit")
    return run("git", "rev-parse", "HEAD", tree=tree).stdout.strip()


def clone(tree):
    """The tree as it is, with what is not committed, as a commit of a clone."""
    must(run("git", "clone", "-q", "--shared", ROOT, tree), "git clone")
    names = must(run("git", "ls-files", "-z", "-co", "--exclude-standard"), "git ls-files").split("\0")
    for name in filter(None, names):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_file():
            shutil.copy2(ROOT / name, tree / name)
        else:
            (tree / name).unlink(missing_ok=True)
    build_little(tree)
    return commit(tree, "The tree as it is")


def build_little(tree):
    """Each commit is built: what is not measured would be most of that."""
    path = tree / "user/user.mk"
    text, found = PROGRAMS.subn("PROGRAMS := bench partner root", path.read_text(encoding="utf-8"))
    if not found:
        raise BatonError("user.mk has no line that begins with 'PROGRAMS := '", "change this test with it")
    path.write_text(text, encoding="utf-8")


def note(tree, text):
    (tree / "docs/a-note.md").write_text(text, encoding="utf-8")
    return commit(tree, text)


def add_instruction(tree, subject, names):
    """In each path of these files; the commit."""
    for name in names:
        path = tree / "fastpath" / f"{name}.asm"
        text, places = PLACE.subn(lambda found: found.group() + "    nop\n", path.read_text(encoding="utf-8"))
        if not places:
            raise BatonError(f"{name}.asm has no line that begins with '; ==== COMMIT'", "change this test with it")
        path.write_text(text, encoding="utf-8")
    return commit(tree, subject)


# ---- the three

def compared(tree, good, pattern):
    told = run("make", "-s", "compare", tree=tree, BASE=good, NEW="HEAD", BACKEND="tcg", ONLY=pattern)
    return told, [line.split() for line in told.stdout.splitlines() if re.match(r"[a-z._]+(/\S+)? +\d", line)]


def compare(tree, good, pattern):
    """Why make compare did not do what it must; None when it did: what CHANGES names is worse by 1, a slow path the same."""
    told, rows = compared(tree, good, pattern)
    wrong = [row[0] for row in rows if row[0] in IDS and (row[-1] != "worse" or int(row[2]) != int(row[1]) + 1)]
    wrong += [row[0] for row in rows if "/slow/" in row[0] and row[-1] != "same"]
    if told.returncode != 0 or not {row[0] for row in rows} & set(IDS) or wrong:
        return f"code {told.returncode}, wrong: {' '.join(wrong)}: {told.stdout} {last_line(told)}"
    return None


def bisect(tree, benchmark, bad, **more):
    told = run("make", "-s", "bisect", tree=tree, ID=benchmark, BACKEND="tcg", **more)
    found = re.search(rf"^{benchmark}: (\d+) -> (\d+) instructions \(\+1, .*\n  commit {bad}\n  author A test, .*\n"
                      rf"  {CHANGES[IDS[benchmark]][0]}$", told.stdout, re.MULTILINE)
    return None if told.returncode == 0 and found else f"code {told.returncode}, it says: {told.stdout} {last_line(told)}"


def measured(tree, commit_name):
    """A run of an image that the others have built, with what they name; as if it were a complete one."""
    image = builds.STORE.relative_to(ROOT) / f"{builds.key(gitlog.resolve(commit_name, tree), tree)}{builds.ALONE}"
    results, found = tree / f"measured-{commit_name}", {}
    for pattern in PATTERNS:
        must(run(sys.executable, "-m", "scripts.verbs.bench", "--backend", "tcg", "--only", pattern, "--samples", 100, "--no-charts",
                 "--build", image, "--results", results, tree=tree), "the measurement")
    for path in record.run_paths(results, "tcg"):
        one = record.read(path)
        found = {**one, "benchmarks": [*found.get("benchmarks", ()), *one["benchmarks"]]}
    return {**found, "options": {**found["options"], "only": "*"}}


def gate(tree, good):
    """All of them at once: the run of one image is the baseline of the other."""
    results, old, new = tree / "results", measured(tree, good), measured(tree, "HEAD")
    for run_record, path in ((old, results / "baseline/tcg.json"), (new, results / "latest/tcg.json")):
        record.replace_file(path, record.dump(run_record))
    shutil.copy2(results / "baseline/footprint.json", results / "latest/footprint.json")
    told = run(sys.executable, "-m", "scripts.verbs.gate", tree=tree)
    was = {i: b["median"] for i, b in record.by_id(old).items()}
    silent = [i for i in IDS if f"{i}: median {was[i]} -> {was[i] + 1} instructions (+1)" not in told.stdout]
    if told.returncode == 1 and not silent:
        return None
    return f"code {told.returncode}, not named: {silent}: {told.stdout} {last_line(told)}"


def last_line(told):
    return (told.stderr.splitlines() or ["nothing on stderr"])[-1]


def checks():
    with tempfile.TemporaryDirectory(prefix="baton-regression-") as directory:
        tree = Path(directory) / "tree"
        compile_once(Path(directory))
        good = clone(tree)
        note(tree, "before")
        bad = [add_instruction(tree, subject, names) for subject, names, _ in CHANGES]
        note(tree, "after")
        note(tree, "and after")
        asked = [*((f"compare {p}", lambda p=p: compare(tree, good, p)) for p in PATTERNS),
                 *((f"bisect {i}", lambda i=i: bisect(tree, i, bad[IDS[i]], GOOD=good)) for i in ONE_EACH),
                 ("bisect going back by itself", lambda: bisect(tree, MIDDLE, bad[IDS[MIDDLE]])),
                 ("bisect for every change", lambda: bisect(tree, MIDDLE, bad[IDS[MIDDLE]], GOOD=good, ALL=1)),
                 ("gate", lambda: gate(tree, good))]
        yield from ((f"regression/{name} names one instruction more", ask()) for name, ask in asked)


def main(arguments):
    make_parser(__doc__).parse_args(arguments)
    if run("git", "rev-parse", "--git-dir").returncode != 0:
        print("ok regression # skip: the tree is not one of git, so it has no commits to compare")
        return 0
    return exit_code(checks())


if __name__ == "__main__":
    run_main(main)
