"""How a program of tests says what it found: "ok <name>" or "not ok <name>: why" for each check, as tests/runner/steps.py reads it."""
import subprocess

from scripts.base.common import BatonError, make_parser, run_main


def why_not(test, *arguments):
    """What a test returns: what is wrong, in words, or nothing. What it fails by is wrong, too."""
    try:
        return test(*arguments)
    except (BatonError, OSError, ValueError, subprocess.SubprocessError) as error:
        return str(error) or type(error).__name__


def say(name, why):
    """Whether the check passed: `why` is None or empty."""
    print(f"not ok {name}: {why}" if why else f"ok {name}", flush=True)
    return not why


def exit_code(checks):
    """Says each check, a pair of name and why, as it comes. 0: all passed, 1: not, or there was none."""
    passed = [say(name, why) for name, why in checks]
    return 0 if passed and all(passed) else 1


def run_checks(doc, checks):
    """The whole program of a test that has no options: says each of checks()."""
    def main(arguments):
        make_parser(doc).parse_args(arguments)
        return exit_code(checks())
    run_main(main)


def first_failure(code, lines):
    """Of a guest that ran the conformance program: what it complains about first; None when all its cases passed, and there were some."""
    if code == 0 and any(line.startswith("ok ") for line in lines):
        return None
    return next((line for line in lines if line.startswith(("not ok", "PANIC"))), f"the guest ended with code {code}")
