"""Tests Baton, its probe and its benchmarks under real KVM, on a machine that need not have it.

QEMU's TCG emulates AMD's SVM, and a small Linux in it runs kvm_amd. In that Linux run scripts/machine/probe.py, the whole of
python3 -m scripts.verbs.bench --backend kvm, a part of it beside a program that takes half of the CPU, panics, and the conformance
suite. The outer machine counts instructions, so that every run is the same, and the measured numbers must be those of
TCG alone.

Prints "ok <name>" or "not ok <name>: why" for each; exit code 0 all passed, 1 something failed, 2 wrong options.
Linux and busybox come from Debian's packages, once, into build/kvm (28 MB, nothing is installed). A run takes
some minutes.
"""
import itertools
import re
import tempfile
import time
from pathlib import Path

from scripts.base.common import make_parser, run_main
from scripts.source.image import built_image
from tests.kvm import initramfs, machine, parts
from tests.kvm.checks import checks

LINES_KEPT = 60  # of a failed step's output
INTERRUPT, FLAGS, IF = re.compile(r"PANIC: interrupt \(vector \d+"), re.compile(r"rflags ([0-9a-f]+)  cs 8 "), 0x200


def _load(step):
    """Whether Linux took the modules; the only step that /init knows by itself."""
    if step.code != 0:
        yield f"Linux does not load kvm_amd; it said last: {step.lines[-1] if step.lines else 'nothing'}"


def _judge(name, step, check):
    """Prints the step's result; returns whether it passed."""
    complaints = list(check(step))
    if not complaints:
        print(f"ok kvm.{name} ({step.seconds:.1f} s)", flush=True)
        return True
    for line in step.lines[-LINES_KEPT:]:
        print(f"    {line}")
    for complaint in complaints:
        print(f"not ok kvm.{name}: {complaint}", flush=True)
    return False


def impossible(step):
    """It ended in an interrupt that was delivered while RFLAGS.IF was 0 (SDM vol. 3, 6.8.1): see README.md."""
    # The line that says what it was comes before its frame, or behind it, or both.
    panics = [line for line in step.lines if "PANIC:" in line]
    frames = list(filter(None, map(FLAGS.search, step.lines)))
    return all(map(INTERRUPT.search, panics)) and bool(panics and frames) and not any(int(frame[1], 16) & IF for frame in frames)


def begun_anew(console):
    """Names of steps that were tried again for another reason than that, or in which something had failed before."""
    for name, step in console.again:
        before = itertools.takewhile(lambda line: not INTERRUPT.search(line), step.lines)
        if impossible(step) and not any(line.startswith("not ok") for line in before):
            print(f"# {name}: the emulator delivered an interrupt while RFLAGS.IF was 0; it was tried again with its clocks shifted",
                  flush=True)
        else:
            print(*(f"    {line}" for line in step.lines[-LINES_KEPT:]), sep="\n")
            yield name


def _run(options):
    image = built_image()
    image.check()
    wanted = checks(image)
    found = parts.parts(options.fresh)
    start = time.monotonic()  # clock: told
    with tempfile.TemporaryDirectory(prefix="run-", dir=parts.WORK) as directory:
        target = Path(directory) / "initramfs.cpio"
        initramfs.write(target, found, image, {check.name: check.line for check in wanted})
        console = machine.boot(machine.command(found, target), lambda line: options.verbose and print(f"    {line}", flush=True))
    if not _judge("load", console.steps.get("load", machine.Step()), _load):
        return 1
    wrong = list(begun_anew(console))
    for name in wrong:
        print(f"not ok kvm.{name}: it panicked by an interrupt not as the emulator makes it, or had failed before; do: "
              "python3 -m tests.kvm.run -v")
    results = [False for _ in wrong] + [_judge(c.name, console.steps.get(c.name, machine.Step()), c.check) for c in wanted]
    seconds = time.monotonic() - start  # clock: told
    print(f"# under KVM, {seconds:.1f} s\n{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if all(results) else 1


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("--fresh", action="store_true", help="get the Debian packages again")
    parser.add_argument("-v", "--verbose", action="store_true", help="show the console of the test machine")
    options = parser.parse_args(arguments)
    return _run(options)


if __name__ == "__main__":
    run_main(main)
