#!/usr/bin/env python3
"""One instruction more in a fast path is named by the gate, by make compare and by make bisect: commits a nop among
documents to a clone of the tree as it is, and asks the three there.

Prints "ok <name>" or "not ok <name>: why" lines. Exit code: 0 all passed, 1 something failed.
"""
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import record  # noqa: E402
from common import BatonError, make_parser, run_main  # noqa: E402

FILE, PLACE = "fastpath/call.asm", re.compile(r"^    ; ==== COMMIT.*\n", re.MULTILINE)
ID = "ipc.call/cross/fast/8w"
WHO = ("-c", "user.name=A test", "-c", "user.email=test@example.org")
SUBJECT = "An instruction more in each call"


def run(*command, tree=ROOT, **variables):
    words = [str(c) for c in command] + [f"{k}={v}" for k, v in variables.items()]
    return subprocess.run(words, cwd=tree, text=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=280)


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
    return commit(tree, "The tree as it is")


def note(tree, text):
    (tree / "docs/a-note.md").write_text(text)
    return commit(tree, text)


def add_instruction(tree):
    path = tree / FILE
    text, places = PLACE.subn(lambda found: found.group() + "    nop\n", path.read_text())
    if places != 1:
        raise BatonError(f"{FILE} has {places} lines that begin with '; ==== COMMIT'", "change this test with it")
    path.write_text(text)
    return commit(tree, SUBJECT)


# ---- the three

def compare(tree, good, bad):
    """Why make compare did not do what it must; None when it did. That all else is the same is asked, too."""
    told = run("make", "-s", "compare", tree=tree, BASE=good, NEW="HEAD", BACKEND="tcg", ONLY="ipc.call/*")
    rows = [line.split() for line in told.stdout.splitlines() if line.startswith("ipc.call/")]
    wrong = [row[0] for row in rows if row[-1] != ("worse" if "/fast/" in row[0] else "same")
             or int(row[2]) - int(row[1]) != ("/fast/" in row[0])]
    if told.returncode != 0 or len(rows) < 8 or wrong:
        return f"code {told.returncode}, {len(rows)} rows, wrong: {' '.join(wrong)}: {last_line(told)}"
    return None


def bisect(tree, good, bad, **more):
    told = run("make", "-s", "bisect", tree=tree, ID=ID, BACKEND="tcg", **more)
    found = re.search(rf"^{ID}: (\d+) -> (\d+) instructions \(\+1, .*\n  commit {bad}\n  author A test, .*\n  {SUBJECT}$",
                      told.stdout, re.MULTILINE)
    return None if told.returncode == 0 and found else f"code {told.returncode}, it says: {told.stdout} {last_line(told)}"


def gate(tree, good, bad):
    """Asked of the images that the other two have built: the run of one is the baseline of the other."""
    results = tree / "results"
    images = sorted(p for p in (tree / "build/commits").iterdir() if p.is_dir())
    runs = []
    for image in images:
        must(run(sys.executable, "scripts/bench.py", "--backend", "tcg", "--only", "ipc.*", "--no-charts", "--build", image,
                 "--results", tree / image.name, tree=tree), "the measurement")
        runs.append(record.read(record.run_paths(tree / image.name, "tcg")[-1]))
    old, new = sorted(runs, key=lambda r: record.by_id(r)[ID]["median"])
    for run_record, path in ((old, results / "baseline/tcg.json"), (new, results / "latest/tcg.json")):
        record.replace_file(path, record.dump({**run_record, "options": {**run_record["options"], "only": "*"}}))
    shutil.copy2(results / "baseline/footprint.json", results / "latest/footprint.json")
    told = run(sys.executable, "scripts/gate.py", tree=tree)
    was = record.by_id(old)[ID]["median"]
    named = f"{ID}: median {was} -> {was + 1} instructions (+1)" in told.stdout
    return None if told.returncode == 1 and named else f"code {told.returncode}, it says: {told.stdout} {last_line(told)}"


def last_line(told):
    return (told.stderr.splitlines() or ["nothing on stderr"])[-1]


def main(arguments):
    make_parser(__doc__).parse_args(arguments)
    if run("git", "rev-parse", "--git-dir").returncode != 0:
        print("ok regression # skip: the tree is not one of git, so it has no commits to compare")
        return 0
    failed = 0
    with tempfile.TemporaryDirectory(prefix="baton-regression-") as directory:
        tree = Path(directory) / "tree"
        good = clone(tree)
        note(tree, "before")
        bad = add_instruction(tree)
        note(tree, "after")
        note(tree, "and after")
        for name, ask in (("compare", lambda: compare(tree, good, bad)), ("bisect", lambda: bisect(tree, good, bad, GOOD=good)),
                          ("bisect going back by itself", lambda: bisect(tree, good, bad)),
                          ("bisect for every change", lambda: bisect(tree, good, bad, GOOD=good, ALL=1)),
                          ("gate", lambda: gate(tree, good, bad))):
            wrong = ask()
            print(f"not ok regression/{name}: {wrong}" if wrong else f"ok regression/{name} names one instruction more in a call")
            failed += wrong is not None
    return 1 if failed else 0


if __name__ == "__main__":
    run_main(main)
