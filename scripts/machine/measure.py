"""What all verbs that measure share: the options, the choice of the backend, and boots of the suite."""
import functools
import re
import sys

from scripts.base.common import FAILED, USAGE, BatonError, warn
from scripts.machine import qemu, quiet
from scripts.machine.guest import GuestError, run
from scripts.machine.probe import probe
from scripts.records.events import PREFIX, BootLog

MAX_SAMPLES = 16384  # STATS_MAX_COUNT in bench/stats.h
MAX_PATTERN = 63  # the guest keeps this many characters
MITIGATIONS = ("kpti", "verw", "ibpb", "rsb", "ibrs", "entry", "bhb", "fpu", "auto", "all", "off")  # as flaw.c has them
COLD = ("auto", "on", "off")
BOOTS = 3  # of one that the host disturbs, at most
VALID_PATTERN = re.compile(r"[A-Za-z0-9_./*?-]+")


# ---- options

def check_backend(name):
    """Empty: whichever works."""
    if name == "metal":
        raise BatonError("no command can measure bare metal", "make iso, boot it there, and make record (docs/measuring.md)", USAGE)
    if name not in ("", *qemu.BACKENDS):
        raise BatonError(f"there is no backend '{name}'; there are: kvm, tcg", "make bench BACKEND=tcg", USAGE)


def check_pattern(only):
    if not VALID_PATTERN.fullmatch(only) or len(only) > MAX_PATTERN:
        raise BatonError(f"ONLY='{only}' is not a pattern of at most {MAX_PATTERN} letters, digits and . _ / * ?",
                         "make bench ONLY='ipc.*'", USAGE)


def checked_samples(text):
    """The number."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MAX_SAMPLES:
        raise BatonError(f"SAMPLES={text} is not a whole number from 1 to {MAX_SAMPLES}",
                         "make bench SAMPLES=1000", USAGE)
    return int(text)


def check_mitigations(words):
    unknown = [word for word in words.split(",") if word not in MITIGATIONS]
    if unknown:
        raise BatonError(f"MITIGATIONS={words}: there is no '{unknown[0]}'; there are: {', '.join(MITIGATIONS)}",
                         "make bench MITIGATIONS=auto", USAGE)


def check_cold(word):
    if word not in COLD:
        raise BatonError(f"COLD={word} is none of {', '.join(COLD)}", "make bench COLD=on", USAGE)


def choose_backend(wanted):
    """Backend and CPU model."""
    if wanted == "tcg":
        return "tcg", None
    progress = Progress()
    verdict = probe(tell=progress.show)
    progress.end()
    if verdict.usable:
        return "kvm", verdict.cpu
    if wanted == "kvm":
        raise BatonError(f"KVM does not work here: {verdict.why}", "make bench BACKEND=tcg")
    warn(f"using tcg, since KVM does not work here: {verdict.why}")
    return "tcg", None


# ---- boots

class Progress:
    """One line that is written over on a terminal; plain lines elsewhere, without details if it is to be brief."""

    def __init__(self, stream=sys.stderr, before="", brief=False):
        self.stream, self.tty, self.before, self.brief = stream, stream.isatty(), before, brief

    def show(self, text):
        text = self.before + text
        self.stream.write(f"\r\x1b[K{text}" if self.tty else text + "\n")
        self.stream.flush()

    def detail(self, text):
        if self.tty or not self.brief:
            self.show(text)

    def end(self):
        if self.tty:
            self.stream.write("\r\x1b[K")
            self.stream.flush()


def _boot(machine, fastpath, progress, meter=None):
    log = BootLog(fastpath, lambda benchmark, index, count: progress.detail(
        f"fastpath={fastpath}: {index + 1} of {count}: {benchmark}"))
    try:
        progress.show(f"fastpath={fastpath}: booting")
        outcome = run(machine, log.line) if meter is None else _metered(machine, log, meter)
    except GuestError as error:
        error.code = FAILED
        error.what += f" [fastpath={fastpath}, in {log.current or 'the start'}]"
        raise
    finally:
        progress.end()
    log.finish(outcome.code)
    return log


def _metered(machine, log, meter):
    def line(text):
        log.line(text)
        if text.startswith(PREFIX):
            meter.look()
    return run(machine, line, on_start=meter.started)


@functools.cache
def _seat():
    return quiet.find_seat()


def _quiet_boot(machine, fastpath, progress):
    """The BootLog of a boot that the host left alone; after BOOTS that it did not, that of the one it disturbed least."""
    found = []
    for number in range(1, BOOTS + 1):
        meter = quiet.Meter(_seat())
        log = _boot(machine, fastpath, progress, meter)
        log.meter, log.thrown_away = meter, number - 1
        if not meter.is_disturbed() or not log.planned:
            return log
        found.append(log)
        then = f"boot {number + 1} of at most {BOOTS} follows" if number < BOOTS else "the least disturbed boot counts"
        warn(f"the host took the guest's CPU away for {meter.taken():.1%} of the time, fastpath={fastpath}: {then}")
    best = min(found, key=lambda log: log.meter.taken())
    best.thrown_away = BOOTS - 1
    return best


def boot(machine, fastpath, progress):
    """The BootLog of one boot, whose command line asks for that path. Under kvm it has a CPU of its own, and .meter."""
    return (_quiet_boot if machine.backend == "kvm" else _boot)(machine, fastpath, progress)


def _words(path_and_program, only, samples, raw, mitigations):
    words = f"{path_and_program} bench={only} samples={samples}" + (" raw=on" if raw else "")
    return words + (f" mitigations={mitigations}" if mitigations != "auto" else "")


def both_paths(image, backend, cpu, only, samples, raw=False, progress=None, mitigations="auto", cold=None, pmu=""):
    """The BootLogs of two boots, fast paths on and off, and of one of each system that may have something to measure; for a
    pattern that matches nothing they are empty. The cold variants take long: they are measured only if asked for, or named. pmu: further
    words, about performance counters."""
    if cold is None:
        cold = "auto" if "cold" in only else "off"
    progress, logs = progress or Progress(), []
    for fastpath in ("on", "off"):
        words = _words(f"fastpath={fastpath} run=bench", only, samples, raw, mitigations)
        words += (f" cold={cold}" if cold != "auto" else "") + pmu
        logs.append(boot(qemu.Machine(backend, image, cpu=cpu, cmdline=words), fastpath, progress))
    for system, booted in image.boots_of_systems():
        if system.measures(only):
            words = _words("fastpath=on", only, samples, raw, mitigations)
            logs.append(boot(qemu.Machine(backend, booted, cpu=cpu, cmdline=words, port=system.port), "on", progress))
    return logs
