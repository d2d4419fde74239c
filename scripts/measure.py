"""Measuring, for whoever does: the options that all share, the choice of the backend, and boots of the suite."""
import re
import sys

import qemu
from common import FAILED, USAGE, BatonError, warn
from events import BootLog
from guest import GuestError, run
from probe import probe

MAX_SAMPLES = 16384  # STATS_MAX_COUNT in bench/stats.h
MAX_PATTERN = 63  # the guest keeps so many characters
MITIGATIONS = ("kpti", "verw", "ibpb", "rsb", "ibrs", "entry", "bhb", "auto", "all", "off")  # as hazard.c has them
COLD = ("auto", "on", "off")
VALID_PATTERN = re.compile(r"[A-Za-z0-9_./*?-]+")


# ---- options

def check_backend(name):
    """Empty: whichever works."""
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
    verdict = probe()
    if verdict.usable:
        return "kvm", verdict.cpu
    if wanted == "kvm":
        raise BatonError(f"KVM does not work here: {verdict.why}", "make bench BACKEND=tcg")
    warn(f"using tcg, since KVM does not work here: {verdict.why}")
    return "tcg", None


# ---- boots

class Progress:
    """One line on a terminal that is written over; plain lines elsewhere, without details if it is to be brief."""

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


def boot(machine, fastpath, progress):
    """The BootLog of one boot, whose command line asks for that path."""
    log = BootLog(fastpath, lambda benchmark, index, count: progress.detail(
        f"fastpath={fastpath}: {index + 1} of {count}: {benchmark}"))
    try:
        progress.show(f"fastpath={fastpath}: booting")
        outcome = run(machine, log.line)
    except GuestError as error:
        error.code = FAILED
        error.what += f" [fastpath={fastpath}, in {log.current or 'the start'}]"
        raise
    finally:
        progress.end()
    log.finish(outcome.code)
    return log


def both_paths(image, backend, cpu, only, samples, raw=False, progress=None, mitigations="auto", cold=None):
    """The BootLogs of two boots, fast paths on and off; of a pattern that matches nothing they are empty. The cold variants take
    long: whoever does not say, gets them only by their names."""
    if cold is None:
        cold = "auto" if "cold" in only else "off"
    logs = []
    for fastpath in ("on", "off"):
        words = f"fastpath={fastpath} run=bench bench={only} samples={samples}" + (" raw=on" if raw else "")
        if mitigations != "auto":
            words += f" mitigations={mitigations}"
        if cold != "auto":
            words += f" cold={cold}"
        logs.append(boot(qemu.Machine(backend, image, cpu=cpu, cmdline=words), fastpath, progress or Progress()))
    return logs
