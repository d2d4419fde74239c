"""Steps that boot from a disc made for them: by GRUB in QEMU, and in Bochs."""
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from scripts.base import patience
from scripts.base.common import ROOT, BatonError
from scripts.judge import gate_compare
from scripts.machine import bochs, qemu
from scripts.records import events, record
from tests.runner.steps import RESULT, boot_report, run_command


def _made_iso(name, cmdline, directory, before=""):
    """An ISO in that directory, and a Report, which has failed if there is none."""
    iso = Path(directory) / "baton.iso"
    return iso, run_command(name, ["scripts/mkiso.sh", "--no-menu", "--cmdline", cmdline, "--before", before, "--output",
                                   str(iso)])


def of_image(image, cmdline, directory):
    """An ISO in that directory, of another kernel or another program than those of the build; an error if there is none."""
    build, iso = Path(directory) / "build", Path(directory) / "baton.iso"
    (build / "user").mkdir(parents=True)
    for name in ("baton.elf", "baton32.elf"):
        shutil.copy(image.kernel.parent / name, build / name)
    for n, module in enumerate(image.modules):
        shutil.copy(module, build / "user" / (f"{module.stem}.elf" if n else "root.elf"))
    made = patience.run(["scripts/mkiso.sh", "--no-menu", "--cmdline", cmdline, "--build", str(build), "--output", str(iso)], cwd=ROOT,
                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if made.returncode:
        raise BatonError(f"there is no disc: {made.stdout.decode('utf-8', 'replace')[-300:]}", "scripts/setup.sh run")
    return iso


@dataclass(frozen=True)
class Iso:
    """Boots an ISO made for it, by GRUB; passes when the guest succeeds and has printed a line that begins with `expect`."""

    name: str
    cmdline: str
    expect: str

    def run(self):
        with tempfile.TemporaryDirectory(prefix="baton-test-") as directory:
            iso, made = _made_iso(self.name, self.cmdline, directory)
            if made.failed:
                return made
            report = boot_report(self.name, qemu.Machine("tcg", iso=iso))
        if not report.failed and not any(line.startswith(self.expect) for line in report.output):
            report.fail(f"{self.name}: the console has no line that begins with '{self.expect}'")
        if not report.failed:
            report.passed.append(self.name)
        return report


class _Progress:
    """Says now and then, for people, how far a long boot has come."""

    EVERY = 400  # tests

    def __init__(self, name):
        self.name, self.tests = name, 0
        self._say("it boots")

    def _say(self, what):
        print(f"{self.name}: {what}", file=sys.stderr, flush=True)

    def line(self, text):
        if RESULT.fullmatch(text):
            self.tests += 1
            if self.tests % self.EVERY == 0:
                self._say(f"{self.tests} tests")


@dataclass(frozen=True)
class Bochs:
    """A boot of an ISO under Bochs, on that processor. The guest must say at the end how many tests it ran."""

    name: str
    cmdline: str
    model: str
    before: str = ""  # what GRUB does before it loads the kernel
    serial: bool = False  # it speaks by the serial port, as Bochs models it
    slower: int = 1  # it executes so much less between two ticks of the clock

    def run(self):
        progress = _Progress(self.name)
        with tempfile.TemporaryDirectory(prefix="baton-test-") as directory:
            iso, made = _made_iso(self.name, self.cmdline, directory, before=self.before)
            if made.failed:
                return made
            machine = bochs.Machine(iso, self.model, speed=bochs.Machine.speed // self.slower, serial=self.serial)
            report = boot_report(self.name, machine, lambda m: bochs.run(m, progress.line))
        skipped = sum(" # skip: " in name for name in report.passed)
        counts = f"{len(report.passed) - skipped} passed, {len(report.failed)} failed"
        counts += f", {skipped} skipped" if skipped else ""
        if not any(line.endswith(f": {counts}") for line in report.output):
            report.fail(f"{self.name}: the guest does not end by saying '{counts}', which is what it said before")
        return report


@dataclass(frozen=True)
class BochsSuite:
    """The benchmark suite under Bochs, whose time-stamp counter counts instructions, too: its paths in NASM must take as
    many as under QEMU, on a processor with PCID and from the same image."""

    name: str
    model: str

    def run(self):
        log = events.BootLog("on")
        with tempfile.TemporaryDirectory(prefix="baton-test-") as directory:
            iso, report = _made_iso(self.name, "bench=* samples=100 mitigations=off cold=off hold=off", directory)
            if report.failed:
                return report
            report = boot_report(self.name, bochs.Machine(iso, self.model), lambda m: bochs.run(m, log.line))
        if not report.failed:
            try:
                log.finish(0)
            except BatonError as error:
                report.fail(f"{self.name}: {error}")
        self._compare(log.results, report)
        return report

    def _compare(self, results, report):
        baseline = record.by_id(record.read(record.baseline_path(record.RESULTS, "tcg")))
        for result in results:
            name, old = result["id"], baseline.get(result["id"])
            if not old or not gate_compare.is_nasm(name):
                continue
            # To Bochs 3 the pair of clock readings is five instructions longer, but not one reading in each of two programs.
            more, clock = result["median"] - old["median"], result["overhead"] - old["overhead"]
            if min(abs(more), abs(more + clock)) <= gate_compare.STUB_ROOM:
                report.passed.append(f"{self.name}: {name}")
            else:
                report.fail(f"{self.name}: {name}: {result['median']} instructions, under QEMU {old['median']}")
