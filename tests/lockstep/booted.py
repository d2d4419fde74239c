"""The booted machine against the specification: random runs of the specification, as a program of ring 3 (ring3/replay.c) that looks at
each step who runs and what its registers hold; under QEMU, or under Bochs, with the fast paths and without.

Prints "ok ..." or "not ok ..." for each run and path. Exit code: 0 the machine does what the specification says, 1 it does not, 2 wrong
options.
"""
import subprocess
import tempfile
from pathlib import Path

from scripts.base import patience
from scripts.base.common import ROOT, BatonError, make_parser, run_main
from scripts.machine import bochs, guest, qemu
from scripts.source.image import Image, built_image
from tests.lockstep import path_faults, program, seldom, world
from tests.lockstep.coverage import Coverage
from tests.lockstep.lively import Run
from tests.runner import discs
from tests.verdict import exit_code

RUNS, RUNS_BOCHS = 30, 20  # Bochs interprets
LIMITS = guest.Limits(3.0, 3.0)
PATHS = ("fastpath=on", "fastpath=off")
BOCHS_MODEL = "corei7_icelake_u"  # with PCID, SMEP, SMAP and UMIP
BOCHS_SPEED = 1_000_000_000  # instructions in a second, as under QEMU: between two ticks there must be room for what the table has there


def make(name, text):
    """The program of that name."""
    source = ROOT / f"build/ring3/{name}.c"
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(text, encoding="ascii")
    made = patience.run(["make", "-s", f"build/ring3/{name}.elf"], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                        stderr=subprocess.STDOUT)
    if made.returncode:
        raise BatonError(f"it does not build: {made.stdout.decode('utf-8', 'replace')[-300:]}", "make")
    return source.with_suffix(".elf")


def under_qemu(image, words):
    return guest.run(qemu.Machine(image=image, cmdline=words), limits=LIMITS)


def under_bochs(image, words):
    """From a disc. Its code is always 0: that the guest has failed, only its lines say."""
    with tempfile.TemporaryDirectory(prefix="baton-booted-") as directory:
        return bochs.run(bochs.Machine(discs.of_image(image, words, directory), BOCHS_MODEL, speed=BOCHS_SPEED))


def boot(machine, image, words):
    """What the guest says, "not ok" last if it does not end well."""
    try:
        outcome = machine(image, words)
    except guest.GuestError as error:
        return [*error.console, f"not ok: {error}"]
    return outcome.lines if outcome.code == 0 else [*outcome.lines, f"not ok: it ends with code {outcome.code}"]


def verdicts(lines, names, words):
    """(name, why not) of each run."""
    passed = {line[3:] for line in lines if line.startswith("ok ")}
    why = next((line for line in lines if line.startswith("not ok")), "it was not reached")
    for name in names:
        yield f"{name}, {words}", None if name in passed else why


def made(seeds=range(1, 1 + RUNS), name="booted", more=seldom.EVERY):
    """The program of these runs and of those that seldom.py has, and what they are called."""
    first, coverage = world.first_state(), Coverage()
    sequences = [(f"booted/run {n}", Run(first, n, coverage).inputs) for n in seeds]
    sequences += [(f"booted/{sequence.__name__}", seldom.inputs(first, sequence, coverage)) for sequence in more]
    print(f"{name}: {sum(len(inputs) for _, inputs in sequences)} inputs in {len(sequences)} runs, {len(coverage.pairs)} outcomes of "
          f"{len({call for call, _ in coverage.pairs})} calls", flush=True)
    return make(name, program.text(first, sequences)), [name for name, _ in sequences]


def look(boots, seeds):
    """boots: a function of a program and the kernel's words, that gives what is said."""
    elf, names = made(seeds)
    for words in PATHS:
        yield from verdicts(boots(elf, words), names, words)


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("--runs", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kernel", type=Path, help="another one")
    parser.add_argument("--bochs", action="store_true", help="under Bochs")
    parser.add_argument("--faults", nargs="*", metavar="PATH", help="kernels with a fault in such a fast path, which must be found; "
                        "all: each")
    options = parser.parse_args(arguments)
    machine, runs = (under_bochs, RUNS_BOCHS) if options.bochs else (under_qemu, RUNS)
    seeds = range(options.seed, options.seed + (options.runs or runs))
    if options.faults is not None:
        faults = path_faults.chosen(options.faults, path_faults.IN_CI_BOCHS if options.bochs else path_faults.IN_CI)
        elf, _ = made(seeds, "faults")
        return exit_code(path_faults.trials(faults, elf, lambda image, words: boot(machine, image, words)))
    kernel = options.kernel or built_image().kernel
    return exit_code(look(lambda elf, words: boot(machine, Image(kernel, (elf,)), words), seeds))


if __name__ == "__main__":
    run_main(main)
