"""The booted machine against the specification: random runs of the specification, as a program of ring 3 (ring3/replay.c) that looks at
each step who runs and what its registers hold; under QEMU, or under Bochs, with the fast paths and without.

Prints "ok ..." or "not ok ..." for each run and path. Exit code: 0 the machine does what the specification says, 1 it does not, 2 wrong
options.
"""
import random
import subprocess
import tempfile
from pathlib import Path

from scripts.base import patience
from scripts.base.common import ROOT, BatonError, make_parser, run_main
from scripts.machine import bochs, guest, qemu
from scripts.source.image import Image, built_image
from tests.lockstep import alphabet, program, start, visible, world
from tests.lockstep.coverage import Coverage
from tests.lockstep.generate import Generator
from tests.lockstep.random_runs import IDLE
from tests.lockstep.stage import Stage
from tests.model import step
from tests.runner import discs
from tests.verdict import exit_code

RUNS, RUNS_BOCHS = 30, 20  # Bochs interprets
LENGTH, TICK_EACH = 160, 60  # a tick at the latest behind so many: what is done between two must not take as long as that
LIMITS = guest.Limits(3.0, 3.0)
ALPHABETS, OFTEN = (alphabet.messages, alphabet.signals, alphabet.capabilities), (6, 3, 1)
OFTEN_IDLE = 0.05  # a step behind which nobody is ready
PATHS = ("fastpath=on", "fastpath=off")
BOCHS_MODEL = "corei7_icelake_u"  # with PCID, SMEP, SMAP and UMIP
BOCHS_SPEED = 1_000_000_000  # instructions in a second, as under QEMU: between two ticks there must be room for what the table has there


def _begins():
    return [list(start.large()), *(list(alphabet.ready(p)) for p in ((2, 2), (3, 2), (1, 3)))]


class Run:
    """One, by the specification alone."""

    def __init__(self, first, seed, coverage):
        self._coverage, self._random = coverage, random.Random(seed)
        self._letters = [[i for i in letters() if not isinstance(i, step.Tick)] for letters in ALPHABETS]
        self._generator = Generator(self._random, coverage)
        self._state, self._stage, self.inputs = first, Stage(first), []
        self._alive = 0
        for i in _begins()[seed % 4]:
            self._take(i)
        tries, idle = 4 * LENGTH, 0
        while tries and idle < IDLE and len(self.inputs) < LENGTH:
            tries, idle = tries - 1, 0 if self._state.current else idle + 1
            self._take(self._next(), OFTEN_IDLE)
        del self.inputs[self._alive:]  # while nobody runs a timer that is left would go on

    def _next(self):
        """Mostly messages and signals; a tick when it is due, and seldom else."""
        due = len(self.inputs) // TICK_EACH > sum(isinstance(i, step.Tick) for i in self.inputs)
        if self._random.random() < (0.5 if due else 0.03):
            return step.Tick()
        known = self._random.choices(self._letters, OFTEN)[0]
        return visible.choose(self._state, self._random, known, self._generator, len(self.inputs))

    def _take(self, i, idle=1.0):
        """If it is possible; where it leaves nobody to go on only that often."""
        if not step.allowed(self._state, i):
            return
        after, outcome = step.step(self._state, i)
        if self._state.current and not after.current and self._random.random() > idle or after.ended:
            return
        if not self._stage.refuses(self._state, i, after, outcome):
            self._coverage.note(self._state, i, after, outcome)
            self._state = after
            self.inputs.append(i)
            self._alive = len(self.inputs) if after.current else self._alive


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


def look(boots, seed, runs):
    """boots: a function of a program and the kernel's words, that gives what is said."""
    first, coverage = world.first_state(), Coverage()
    sequences = [(f"booted/run {n}", Run(first, n, coverage).inputs) for n in range(seed, seed + runs)]
    print(f"booted: {sum(len(inputs) for _, inputs in sequences)} inputs in {runs} runs, {len(coverage.pairs)} outcomes of "
          f"{len({call for call, _ in coverage.pairs})} calls", flush=True)
    elf = make("booted", program.text(first, sequences))
    for words in PATHS:
        yield from verdicts(boots(elf, words), [name for name, _ in sequences], words)


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("--runs", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kernel", type=Path, help="another one")
    parser.add_argument("--bochs", action="store_true", help="under Bochs")
    options = parser.parse_args(arguments)
    machine, runs = (under_bochs, RUNS_BOCHS) if options.bochs else (under_qemu, RUNS)
    kernel = options.kernel or built_image().kernel
    return exit_code(look(lambda elf, words: boot(machine, Image(kernel, (elf,)), words), options.seed, options.runs or runs))


if __name__ == "__main__":
    run_main(main)
