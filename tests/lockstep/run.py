"""The kernel's C for the host against the specification: the same inputs to both, and both agree after each on results and state.

First every state that a small world leads to, breadth first, in five explorations of different inputs (alphabet.py); then long random
runs (generate.py). A disagreement is shown as a shortest sequence. A call, or a way in which abi.def says that it can end, that never
came is a failure. Prints "ok <name>" and "not ok <name>: why". Exit code: 0 they agree, 1 they do not, 2 wrong options.
"""
import tempfile
from pathlib import Path

from scripts.base.common import ROOT, BatonError, make_parser, run_main, shown
from tests.lockstep import alphabet, blocks, deep, explore, kernel, pair, program, random_runs, rests, scenarios, start, visible
from tests.lockstep import wide, world
from tests.lockstep.coverage import Coverage
from tests.model import step
from tests.verdict import exit_code

RUNS, LENGTH, SEED = 1000, 400, 1
STATES = 10000  # of an exploration in Python, which is for faults: what a tape has (mutants.py)
# What is explored by breadth.c, and until how many states: messages and signals come to their end, and more is for `--only`. A call on
# capabilities reads much of what all calls before it have made, so that there the specification is asked for about every fifth transition.
WIDE = {alphabet.messages: 1000000, alphabet.signals: 1000000, alphabet.together: 100000, alphabet.further: 20000,
        alphabet.capabilities: 20000}
EVERY = alphabet.messages, alphabet.signals, alphabet.capabilities
PRIORITIES = ((2, 2), (3, 2))
FOUND = ROOT / "build/ring3/found.c"


def tell(inputs, differs):
    lines = "\n".join(f"    {n}. {line}" for n, line in enumerate(pair.told(inputs), 1))
    print(f"{lines}\n    {differs}", flush=True)


class Reporter:
    """Says how each part ended. program: where the first sequence that shows a fault is written as a program of ring 3, or None."""

    def __init__(self, host, first, program):
        self._host, self._first, self._program = host, first, program

    def __call__(self, name, found, begun=()):
        """(name, why it fails or None), as tests.verdict has it. begun: what came before."""
        if not found:
            return name, None
        inputs, differs = found
        tell(inputs, differs)
        if self._program:
            self._write(name, [*begun, *inputs])
        return name, f"after {len(inputs)} inputs: {differs}"

    def _write(self, name, inputs):
        seen = visible.shortest(self._first, self._host, inputs)
        if not seen:
            print("    no sequence was found by which ring 3 can tell", flush=True)
            return
        inputs, found = seen
        print(f"    in ring 3, from the boot on, {len(inputs)} inputs show it:", flush=True)
        tell(inputs, found)
        Path(self._program).parent.mkdir(parents=True, exist_ok=True)
        Path(self._program).write_text(program.text(self._first, [(name, inputs)]), encoding="ascii")
        print(f"    as a program: {shown(self._program)} (docs/models.md says how it boots)", flush=True)
        self._program = None


def explorations(host, first, states, coverage, report):
    """In Python, of each alphabet; the first threads' priorities are equal, or not."""
    for letters in EVERY:
        for priorities in PRIORITIES if letters is not alphabet.capabilities else PRIORITIES[:1]:
            before = list(alphabet.ready(priorities))
            begun, wrong, differs = random_runs.begin(host, first, before)
            name = f"lockstep/every state: {letters.__name__}, priorities {priorities[0]} and {priorities[1]}"
            if wrong:
                yield report(name, (wrong, differs))
                continue
            explorer = explore.Explorer(begun, host, letters(), coverage)
            found = explorer.run(states or STATES)
            print(f"{name}: {explorer.states} states, {explorer.transitions} transitions, up to {explorer.depth} inputs", flush=True)
            yield report(name, found, before)


def wide_explorations(host, first, options, coverage, report):
    """Further, where what is remembered of the specification helps. Threads of other priorities are among what comes."""
    explorer, only = wide.Wide(host, coverage), options.only
    for letters in (letters for letters in WIDE if only in (None, letters.__name__)):
        before = list(alphabet.ready())
        begun, wrong, differs = random_runs.begin(host, first, before)
        name = f"lockstep/every state: {letters.__name__}"
        if wrong:
            yield report(name, (wrong, differs))
            continue
        kept = deep.Kept(Path(options.keep), letters.__name__) if options.keep else None
        at, found = explorer.run(letters.__name__, letters(), begun, options.states or WIDE[letters], kept, options.exactly)
        end = "and no more" if at.state == at.states else f"{at.state} of them gone through"
        print(f"{name}: {at.states} states, {end}; {at.transitions} transitions, up to {at.depth + 1} inputs; {explorer.learned} answers",
              flush=True)
        yield report(name, found, before)
        if options.exactly:
            yield f"{name}: no two have one key", f"{at.lost} times what differs had the same key" if at.lost else None
        if letters is alphabet.messages and not found and not only:
            yield from rests.results(explorer, letters.__name__, letters(), begun)


def random_steps(host, first, options, coverage, report):
    """What they try depends on what they have seen themselves, so that they are the same however far the explorations go."""
    runs, seed, before, own = options.runs, options.seed, list(start.large()), Coverage()
    name = f"lockstep/random: {runs} runs from seed {seed} on"
    begun, wrong, differs = random_runs.begin(host, first, before)
    if wrong:
        return report(name, (wrong, differs))
    for number in range(seed, seed + runs):
        found = random_runs.run(begun, host, number, LENGTH, own)
        if found:
            print(f"{name}: seed {number} disagrees", flush=True)
            return report(name, pair.shortest(begun, host, found[0]), before)
    coverage.add(own)
    return name, None


def seen(coverage):
    """Every call, and every outcome of it that abi.def names; and no other."""
    missing, unknown = coverage.missing(), coverage.unknown()
    calls = {call for call, _ in coverage.pairs}
    print(f"lockstep: {sum(coverage.inputs.values())} inputs, {len(calls)} of {len(step.CALLS)} calls in {len(coverage.pairs)} outcomes",
          flush=True)
    yield "lockstep/every outcome of abi.def comes", f"never: {', '.join(map('/'.join, missing))}" if missing else None
    yield "lockstep/no other outcome comes", f"{', '.join(map('/'.join, unknown))}" if unknown else None


def look(library, options):
    """Results of all of it; with --first until the first that fails."""
    host = kernel.Kernel(library)
    for name, why in parts(host, options):
        yield name, why
        if why and options.first:
            return
    if options.blocks:
        print(*blocks.report(library, host.block), sep="\n", flush=True)


def parts(host, options):
    """Results of each part of the comparison."""
    first, coverage = world.first_state(), Coverage()
    report = Reporter(host, first, options.program)
    if options.whole:
        yield from wide_explorations(host, first, options, coverage, report)
        if options.only:
            return
    else:
        yield from explorations(host, first, options.states, coverage, report)
    for name, inputs in scenarios.every():
        found = scenarios.play(host, first, inputs, coverage)
        yield report(f"lockstep/{name}", pair.shortest(first, host, found[0]) if found else None)
    yield random_steps(host, first, options, coverage, report)
    if options.whole:
        yield from seen(coverage)


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("--states", type=int, help="distinct states of each exploration")
    parser.add_argument("--only", choices=[letters.__name__ for letters in WIDE], help="this exploration, and nothing else")
    parser.add_argument("--keep", metavar="DIRECTORY", help="with --only: the states are kept there, and what was cut off goes on")
    parser.add_argument("--exactly", action="store_true", help="compare all that the keys of states are made from, for small ones")
    parser.add_argument("--runs", type=int, default=RUNS, help="random runs")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--blocks", action="store_true", help="say which basic blocks of the kernel's C were not gone through")
    parser.add_argument("--first", action="store_true", help="only until something fails")
    parser.add_argument("--program", metavar="FILE", help="where to write the sequence that shows a fault as a program of ring 3, in C")
    parser.add_argument("--library", help="a kernel that is built already: what it does not come to is no failure")
    options = parser.parse_args(arguments)
    if options.keep and not options.only:
        raise BatonError("--keep is for one exploration", "say which: --only together")
    options.whole = not options.library
    options.program = options.program or (None if options.library else FOUND)
    if options.library:
        return exit_code(look(options.library, options))
    with tempfile.TemporaryDirectory(prefix="baton-lockstep-") as directory:
        return exit_code(look(kernel.build(Path(directory), [blocks.FLAG] if options.blocks else ()), options))


if __name__ == "__main__":
    run_main(main)
