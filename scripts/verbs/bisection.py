"""Finds the commit that changed a number: make bisect ID=<benchmark> [GOOD=<commit>] [BAD=<commit>] [ALL=1]

Builds and measures commits of the first-parent history between GOOD and BAD (default: HEAD) until one is left: the last
that changed the number. Without GOOD it goes back from BAD until the number differs. With ALL=1 it looks at each commit of
the range and names every change. Commits that do not build or boot are skipped. Under tcg a number is exact; under kvm two
commits are measured in one sitting, boots interleaved, and differ when a permutation test says that the number has moved, or
that it is far off in another share of the boots.

Exit code: 0 found, 1 nothing found or not measured, 2 wrong options.
"""
import os
import sys
from statistics import median

from scripts.base.common import USAGE, BatonError, make_parser, run_main, warn
from scripts.build import builds
from scripts.judge import search, stats
from scripts.machine import hostinfo, measure, qemu
from scripts.records import record
from scripts.show import compare_table
from scripts.source import gitlog

BACKEND = "tcg"
BOOTS = 40  # of each commit: then a number that is far off in 45 of 100 boots is so in enough of them, 99 times in 100
ALPHA = 0.002  # of one decision: a search takes several, and one wrong one leads it astray
ABSENT = "absent"  # the commit has no such benchmark


def _options(arguments):
    parser = make_parser(__doc__)
    env = os.environ.get
    parser.add_argument("--id", default=env("ID", ""), help="the benchmark; ID")
    parser.add_argument("--good", default=env("GOOD", ""), help="where the number was still the old one; GOOD")
    parser.add_argument("--bad", default=env("BAD") or "HEAD", help="where it is the new one, default HEAD; BAD")
    parser.add_argument("--backend", default=env("BACKEND") or BACKEND, help="tcg (default) or kvm; BACKEND")
    parser.add_argument("--samples", default=env("SAMPLES") or "1000", help="in each boot; SAMPLES")
    parser.add_argument("--all", action="store_true", default=env("ALL", "") not in ("", "0"), help="every change; ALL=1")
    options = parser.parse_args(arguments)
    if not record.ID.fullmatch(options.id):
        raise BatonError(f"ID='{options.id}' is not the name of a benchmark", "make bisect ID=ipc.call/cross/fast/8w", USAGE)
    measure.check_backend(options.backend)
    measure.check_pattern(options.id)
    options.samples = measure.checked_samples(options.samples)
    if options.all and not options.good:
        raise BatonError("ALL=1 needs to know how far back", "make bisect ALL=1 GOOD=<commit>", USAGE)
    return options


class Sitting:
    """Measures one benchmark of commits. Places count from the oldest commit, 0."""

    def __init__(self, options, commits, backend, cpu):
        self.options, self.commits, self.backend, self.cpu = options, commits, backend, cpu
        self.images, self.first = {}, {}  # by place; by image: its first number, or ABSENT
        self.skipped = {}  # place: why
        self.modes = {}  # (place, place): which boots are far from the rest, where their share differs

    def measurable(self, place):
        """It has an image that boots, with a number or without that benchmark."""
        if place not in self.images and place not in self.skipped:
            try:
                image = builds.image_of(self.commits[place], self.options.id)
                self.images[place] = image
                if image.kernel not in self.first:
                    self.first[image.kernel] = self._number(image)
                self._say(f"  {self.commits[place].hash[:10]}: {self.first[image.kernel]}")
            except BatonError as error:
                if not isinstance(error, builds.CannotBuild) and place not in self.images:
                    raise
                self.images.pop(place, None)
                self.skipped[place] = error.what
                self._say(f"  {self.commits[place].hash[:10]}: skipped: {error.what}")
        return place in self.images

    def value(self, place):
        return self.first[self.images[place].kernel]

    def same(self, a, b):
        exact = record.UNITS[self.backend] == "instructions"
        if self.images[a] == self.images[b] or exact or ABSENT in (self.value(a), self.value(b)):
            return self.value(a) == self.value(b)
        return self._same_noisy(a, b)

    def _same_noisy(self, a, b):
        """In one sitting; what the two then are is the median over these boots."""
        found = {a: [], b: []}
        for i, place in enumerate(stats.interleaved(a, b, BOOTS)):
            self._say(f"boot {i + 1} of {2 * BOOTS}: {self.commits[place].hash[:10]}")
            found[place].append(self._number(self.images[place]))
        if ABSENT in found[a] + found[b]:
            raise BatonError(f"{self.options.id} is refused in some boots", "quiet the machine")
        for place in (a, b):
            self.first[self.images[place].kernel] = median(found[place])
        judged = stats.differ(found[a], found[b], ALPHA)
        self.modes[a, b] = judged.modes if judged else ()
        return judged is None

    def _number(self, image):
        """The median of one boot; the path of the id says which boot, else it is in the first."""
        paths = ("off", "on") if "/slow" in self.options.id else ("on", "off")
        for fastpath in paths:
            words = f"fastpath={fastpath} run=bench bench={self.options.id} samples={self.options.samples}"
            machine = qemu.Machine(self.backend, image, cpu=self.cpu, cmdline=words)
            log = measure.boot(machine, fastpath, measure.Progress(_Quiet()))
            if log.refused:
                raise BatonError(f"{self.options.id} was refused: {log.refused[0]['why']}")
            if log.results:
                return log.results[0]["median"]
        return ABSENT

    def _say(self, text):
        print(text, file=sys.stderr, flush=True)


class _Quiet:
    """A screen for progress reports that nobody needs to see."""

    isatty = staticmethod(lambda: False)
    write = flush = staticmethod(lambda *_: None)


# ---- what is found

def _step_lines(sitting, low, high):
    unit, old, new = record.UNITS[sitting.backend], sitting.value(low), sitting.value(high)
    if ABSENT in (old, new):
        change = f"{old} -> {new}"
    else:
        part = compare_table.percent((new - old) / old) if old else "from 0"
        change = f"{compare_table.number(old)} -> {compare_table.number(new)} {unit} ({new - old:+g}, {part})"
    lines = [f"{sitting.options.id}: {change}", *(f"  {compare_table.mode_text(mode)}" for mode in sitting.modes.get((low, high), ()))]
    if high - low > 1:
        lines.append("  it is one of these, of which only the last could be measured:")
    return lines + [line for place in range(low + 1, high + 1) for line in _commit_lines(sitting.commits[place])]


def _commit_lines(commit):
    return [f"  commit {commit.hash}", f"  author {commit.author}, {commit.date}", f"  {commit.subject}"]


def _ends(options, sitting):
    """Places that differ, or an error that says why there are none."""
    high = len(sitting.commits) - 1
    if not sitting.measurable(high):
        raise BatonError(f"BAD={options.bad}: {sitting.skipped[high]}", "give another commit: BAD=")
    if sitting.value(high) == ABSENT and not options.good:
        raise BatonError(f"there is no benchmark '{options.id}' in {options.bad}", "make bench prints the names")
    if not options.good:
        low = search.before(sitting.same, sitting.measurable, high)
        if low is None:
            raise BatonError(f"{options.id} is {sitting.value(high)} as far back as can be measured: nothing changed it")
        return low, high
    if not sitting.measurable(0):
        raise BatonError(f"GOOD={options.good}: {sitting.skipped[0]}", "give another commit: GOOD=")
    if sitting.value(0) == sitting.value(high) == ABSENT and not options.all:
        raise BatonError(f"there is no benchmark '{options.id}' in {options.good} or {options.bad}", "make bench prints the names")
    if sitting.same(0, high) and not options.all:
        raise BatonError(f"{options.id} is {sitting.value(high)} in both {options.good} and {options.bad}",
                         "a number that changed and came back is found with ALL=1")
    return 0, high


def _steps(options, sitting):
    low, high = _ends(options, sitting)
    if options.all:
        return search.every_step(sitting.same, sitting.measurable, low, high)
    return [search.last_step(sitting.same, sitting.measurable, low, high)]


def _report(options, sitting, steps):
    for low, high in steps:
        print("\n".join(_step_lines(sitting, low, high)))
    if not steps and sitting.value(len(sitting.commits) - 1) == ABSENT:
        raise BatonError(f"there is no benchmark '{options.id}' in any commit of the range", "make bench prints the names")
    if not steps:
        raise BatonError(f"no commit of the range changes {options.id}")
    if options.good and not options.all and not sitting.same(0, steps[0][0]):
        print(f"that is the last change; {options.good} has {sitting.value(0)}, so there are earlier ones: ALL=1")
    if sitting.skipped:
        print(f"skipped: {len(sitting.skipped)} commits that do not build or boot")


def main(arguments):
    options = _options(arguments)
    bad = gitlog.resolve(options.bad)
    good = gitlog.resolve(options.good) if options.good else None
    commits = gitlog.first_parents(bad, good)
    if len(commits) < 2:
        raise BatonError(f"there is nothing between {options.good or 'the first commit'} and {options.bad}", code=USAGE)
    qemu.find()
    if hostinfo.commit() == (bad.hash, True):
        warn("changes that are not committed are not looked at")
    if options.backend == "kvm":
        warn(f"each comparison of two commits takes {2 * BOOTS} boots")
    sitting = Sitting(options, commits, *measure.choose_backend(options.backend))
    _report(options, sitting, _steps(options, sitting))
    return 0


if __name__ == "__main__":
    run_main(main)
