#!/usr/bin/env python3
"""Takes out each check of the SDK's tool in turn: a test must notice. A check is an `if` whose body or else says that something is wrong
(by error(), refuse(), warning(), a raise, or a refusal that is yielded); without it the other way is always taken.

WORD: only those whose place contains it. --list: only says what there is. Run by hand: it takes minutes.
Prints "ok tool/<file>:<line>" or "not ok tool/<file>:<line>: nobody misses <condition>". Exit code: 0 each is missed, 1 some are not.
"""
import ast
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from scripts.base import patience
from scripts.base.common import ROOT, make_parser, run_main

TOOL = Path("user/sdk/tool")
SAYS = ("error", "refuse", "warning", "_misplaced")
# The quick tests first: most mutants do not live to see the others.
TESTS = (("test_bad",), ("test_plan",), ("test_elf", "test_good", "test_command"), ("test_large",))
CPU_SECONDS = 300   # of one run; without a check some work has no end


def _says(statements):
    """Whether one of these, not counting what lies behind another `if`, says that something is wrong."""
    for statement in statements:
        if isinstance(statement, (ast.Raise, ast.If)):
            if isinstance(statement, ast.Raise):
                return True
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple) and len(node.value.elts) == 3:
                return True
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in SAYS:
                return True
    return False


def checks(path):
    """(line, condition, what to put in its place) of a file's checks."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.If):
            if _says(node.body):
                found.append((node.test.lineno, node.test.col_offset, ast.unparse(node.test), False))
            if node.orelse and not isinstance(node.orelse[0], ast.If) and _says(node.orelse):
                found.append((node.test.lineno, node.test.col_offset, ast.unparse(node.test), True))
    return sorted(found)


def _without(text, line, column, value):
    """The file with that condition replaced."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and (node.test.lineno, node.test.col_offset) == (line, column):
            node.test = ast.Constant(value)
    return ast.unparse(ast.fix_missing_locations(tree))


def _copy(where):
    """What the tests need, with a tool that can be changed."""
    for folder in ("tests/sdk", "user/sdk"):
        shutil.copytree(ROOT / folder, where / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("tests/scripts", "tests/__init__.py", "scripts", "kernel", "user/__init__.py"):
        if (ROOT / name).exists():
            (where / name).parent.mkdir(parents=True, exist_ok=True)
            (where / name).symlink_to(ROOT / name)


def _passes(where, words):
    def limit():
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))  # clock: of work without end
    done = patience.run([sys.executable, "-m", "tests.sdk.run", *words], cwd=where, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                        stderr=subprocess.DEVNULL, preexec_fn=limit)
    return done.returncode == 0


def _judge(where, mutants):
    missed = 0
    for path, (line, column, condition, value) in mutants:
        text = (ROOT / path).read_text(encoding="utf-8")
        (where / path).write_text(_without(text, line, column, value), encoding="utf-8")
        lives = all(_passes(where, words) for words in TESTS)
        (where / path).write_text(text, encoding="utf-8")
        missed += lives
        print(f"not ok tool/{path.name}:{line}: nobody misses: {condition}" if lives else f"ok tool/{path.name}:{line}", flush=True)
    return missed


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("word", nargs="?", default="")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args(arguments)
    mutants = [(path.relative_to(ROOT), check) for path in sorted((ROOT / TOOL).glob("*.py")) for check in checks(path)
               if options.word in f"{path.name}:{check[0]}"]
    if options.list:
        for path, check in mutants:
            print(f"{path.name}:{check[0]}: {check[2]}")
        return 0
    with tempfile.TemporaryDirectory(prefix="baton-mutants-") as folder:
        where = Path(folder)
        _copy(where)
        if not all(_passes(where, words) for words in TESTS):
            print("not ok tool: the tests fail with all checks in place")
            return 1
        missed = _judge(where, mutants)
    print(f"# {len(mutants)} checks, {missed} of them missed by nobody")
    return 1 if missed else 0


if __name__ == "__main__":
    run_main(main)
