"""The booted machine beside the specification: every entry into the kernel of whole runs under QEMU, with the fast paths and without. At
each the specification takes the same step, and must say the same of who goes on and of all its registers; now and then, of the whole
state. Words: only the runs with such a name; all: those that CI has no time for, too.

Prints "ok ..." or "not ok ..." for each run and path, and what was seen. Exit code: 0 the machine does what the specification says, 1 it
does not, 2 wrong options.
"""
import tempfile
from pathlib import Path
from typing import NamedTuple

from scripts.base.common import ROOT, BatonError, make_parser, run_main
from scripts.machine import qemu
from scripts.source.image import Image, built_image
from tests.lockstep import booted
from tests.model import step, which
from tests.prove import layout
from tests.replay import bochs, faults, paths
from tests.replay.beside import WORDS, Beside, Differs
from tests.replay.machine import Machine, symbols
from tests.runner import discs
from tests.sdk import systems
from tests.verdict import exit_code

PATHS = ("fastpath=on", "fastpath=off")
DEVICES = ("edu",)  # as for the conformance program everywhere


class Run(NamedTuple):
    name: str
    words: str = ""  # of the kernel's command line
    system: str = ""  # the folder of a system that the SDK makes: it runs until it has said what it must
    program: object = None  # what makes the program that is the root task
    takes: tuple = ()  # fast paths that it must take to their end
    in_ci: bool = True


def all_booted():
    """Another file than the step of that name makes, which may run meanwhile."""
    return booted.made(name="beside")


def few():
    """For Bochs: three of those runs, with long messages, where senders wait, and with threads of three priorities; and what fast paths
    seldom do. So they take all which.NAMES."""
    return booted.made((4, 10, 7), "few")


RUNS = (
    Run("fuzz", "run=fuzz seed=1 calls=4000"),
    Run("example", "run=example"),
    Run("mitigations", "run=fuzz seed=3 calls=2000 mitigations=all"),
    Run("round trips", "run=bench bench=ipc.round_trip* samples=3"),
    Run("long messages", "run=conform test=ipc/long*"),
    Run("faults", "run=conform test=fault/*"),
    Run("cut calls", "run=conform test=delete/between/*"),
    Run("registers", "run=conform test=registers/*"),
    Run("hello", system="user/examples/hello"),
    Run("booted", program=all_booted, takes=which.NAMES),
    *(Run(f"few {variant}", words, program=few, takes=which.NAMES, in_ci=False)
      for variant, words in (("plain", bochs.WORDS), ("kpti", "mitigations=all"), ("hardened", "mitigations=verw,rsb,bhb"))),
    Run("messages", "run=conform test=ipc/*", in_ci=False),
    Run("conformance", "run=conform without=delete/copiers/*", in_ci=False),  # there: 100 000 copies, in lists
    Run("long fuzz", "run=fuzz seed=2 calls=50000", in_ci=False),
    Run("suite", "run=bench bench=* samples=3", in_ci=False),
)


class Finished(Exception):
    """A system has said all that it must."""


def _image(run, build, where):
    """What boots, and the patterns of what a system says."""
    image = built_image(build)
    if run.program:
        return Image(image.kernel, (run.program()[0],)), ()
    if not run.system:
        return Image(image.kernel, image.modules), ()
    folder = ROOT / run.system
    return Image(image.kernel, (systems.build(folder, where),)), systems.patterns_of(folder)


def _said(machine, patterns):
    expected = systems.Expected(patterns)
    try:
        for line in machine.lines():
            expected.line(line)
    except systems.Enough:
        return True
    return False


def _go(machine, beside, patterns):
    """Until the end, or a disagreement: why it is no success, or None."""
    ticks = 0
    for event in machine.events():
        try:
            beside.take(event)
            if patterns and beside.entries["tick"] > ticks:
                ticks = beside.entries["tick"]
                if _said(machine, patterns):
                    beside.whole()
                    return None
        except Differs as differs:
            return f"{differs}; after {beside.entries['call']} calls, the last: {beside.told()}"
    code = machine.status()
    if patterns:
        return "it ended before it had said what it must"
    return None if code == 1 else f"the guest ends with status {code}: {machine.lines()[-1:]}"


def _seen(name, beside, taken):
    counts = ", ".join(f"{n} {what}s" for what, n in beside.entries.items())
    calls = {call for call, _ in beside.outcomes if call in step.CALLS}
    print(f"{name}: {counts}; {len(beside.outcomes)} outcomes of {len(calls)} of {len(step.CALLS)} calls; {beside.looks} times the whole "
          "state", flush=True)
    print(f"    ring 3 goes on from fast paths and C: {paths.told(taken)}; {beside.should.checked} times as fast.py "
          f"says, {beside.should.forgotten} times not seen", flush=True)
    for what, n in sorted(beside.outside.items()):
        print(f"    not the specification's, {n} times: {what}", flush=True)


def under_qemu(image, words, names, where, _elf):
    return Machine(qemu.Machine(image=image, cmdline=words, devices=DEVICES), names, where, [names[w] for w in WORDS])


def under_bochs(image, words, names, where, elf):
    words = words if "mitigations=" in words else f"{words} {bochs.WORDS}"
    return bochs.Bochs(discs.of_image(image, words, where), words, elf, names, where, [names[w] for w in WORDS])


def play(run, path, build, known, boots=under_qemu):
    """(name, why it is no success or None). build: the directory with the kernel. known: the layout of its structures."""
    name = f"replay/{run.name}, {path}"
    with tempfile.TemporaryDirectory(prefix="baton-replay-") as where:
        try:
            image, patterns = _image(run, build, where)
            names = symbols(build / "baton.elf")
            words = f"{run.words} {path}".strip()
            machine = boots(image, words, names, Path(where), build / "baton.elf")
        except BatonError as error:
            return name, str(error)
        beside = Beside(machine, names, known, path == PATHS[0])
        try:
            why = _go(machine, beside, patterns)
        except BatonError as error:  # it hangs, or does not come to its end
            why = str(error)
        finally:
            machine.close()
        counts = paths.taken(names, beside.ways)
        _seen(name, beside, counts)
        never = [wanted for wanted in run.takes if not counts[wanted]] if path == PATHS[0] else []
        return name, why or (f"never taken: {', '.join(never)}" if never else None if beside.entries["call"] else "it made no call")


def look(chosen, build, boots, ways):
    """ways: of PATHS."""
    known = layout.read()
    for run in chosen:
        for path in ways:
            yield play(run, path, build, known, boots)


def _is_chosen(run, words):
    return words == ["all"] or run.name in words or run.in_ci and (not words or any(word in run.name for word in words))


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("word", nargs="*")
    parser.add_argument("--build", type=Path, default=ROOT / "build", help="the directory of another build")
    parser.add_argument("--cmdline", help="another run: these words of the kernel's command line")
    parser.add_argument("--bochs", action="store_true", help="under Bochs")
    parser.add_argument("--path", choices=PATHS, help="not both")
    parser.add_argument("--faults", action="store_true", help="kernels with faults, each of which must be found")
    options = parser.parse_args(arguments)
    if options.faults:
        named = {run.name: run for run in RUNS}
        return exit_code(faults.trials(lambda name, path, build: play(named[name], path, build, layout.read())))
    chosen = [Run("cmdline", options.cmdline)] if options.cmdline else [
        run for run in RUNS if _is_chosen(run, options.word)]
    if not chosen:
        raise BatonError(f"no run's name contains {' or '.join(options.word)}", "see RUNS in tests/replay/run.py")
    ways = (options.path,) if options.path else PATHS
    return exit_code(look(chosen, options.build, under_bochs if options.bochs else under_qemu, ways))


if __name__ == "__main__":
    run_main(main)
