"""The kinds of test steps that tests/run.py runs. Each prints or collects lines

    ok <name>                a test that passed
    not ok <name>: <why>     one that failed

and every other line is for people. run() returns a Report; a step that cannot run at all, ends wrongly or
tests nothing is one more failed test, so that none passes by silence.
"""
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

from scripts.base import patience
from scripts.base.common import ROOT, BatonError, end_group, shown
from scripts.machine import qemu
from scripts.machine.guest import GuestError, run
from scripts.source import abi
from scripts.source.image import Image, built_image
from tests.runner import coverage

RESULT = re.compile(r"(not )?ok (.+)")
TRACE = re.compile(r"(?:not )?ok |trace ")
TEST_DEVICES = ("edu",)  # a PCI device with interrupts by line and by message, made for such tests
OUTPUT_KEPT = 200  # lines of a failed step that are shown


@dataclass
class Report:
    passed: list = field(default_factory=list)
    failed: list = field(default_factory=list)  # "name: why"
    output: list = field(default_factory=list)

    def read(self, lines):
        """Counts the lines that are results."""
        self.output += lines
        for line in lines:
            found = RESULT.fullmatch(line.rstrip())
            if found:
                (self.failed if found.group(1) else self.passed).append(found.group(2))

    def fail(self, why):
        self.failed.append(why)

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.output += other.output


def _output_of(command):
    """Exit code and what it printed. fails: patience.Hung, with its last lines."""
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, start_new_session=True)
    with process.stdout:
        try:
            output = patience.communicate(process)[0]
        finally:
            end_group(process)
    return process.returncode, output.decode("utf-8", "replace").splitlines()


def not_built(what, step):
    return f"{what} is not built: make test TEST='{step}'"


def run_command(name, command):
    """A Report of a command's ok and not ok lines."""
    report = Report()
    try:
        code, lines = _output_of(command)
    except OSError as error:
        built = isinstance(error, FileNotFoundError) and not Path(command[0]).is_absolute()
        report.fail(f"{name}: {not_built(command[0], name)}" if built else f"{name}: it cannot be run: {error.strerror}: {command[0]}")
        return report
    except patience.Hung as hung:
        report.read(hung.details)
        report.fail(f"{name}: {hung}")
        return report
    report.read(lines)
    if code != 0 and not report.failed:
        report.fail(f"{name}: it ended with code {code}: {lines[-1] if lines else 'it said nothing'}")
    return report


def boot_report(name, machine, boot=run):
    """A Report of a guest's ok and not ok lines; the guest must end with code 0, or 1 when it reported failures."""
    report = Report()
    try:
        outcome = boot(machine)
    except GuestError as error:
        report.read(list(error.console))
        report.fail(f"{name}: {error.what}")
        return report
    except BatonError as error:
        report.fail(f"{name}: {error}")
        return report
    report.read(outcome.lines)
    if outcome.code != 0 and not report.failed:
        report.fail(f"{name}: the guest ended with code {outcome.code}")
    return report


@dataclass(frozen=True)
class Command:
    """One command that prints results."""

    name: str
    command: tuple

    def run(self):
        return run_command(self.name, list(self.command))


@dataclass(frozen=True)
class Executables:
    """Programs that are built of one source each, the host unit tests. What is left of a source that is gone does not run."""

    name: str
    sources: str  # a pattern, relative to the tree
    directory: str  # of the programs

    def run(self):
        reports = []
        for source in sorted(ROOT.glob(self.sources)):
            path = ROOT / self.directory / source.stem
            if path.is_file():
                found = run_command(f"{self.name}: {path.name}", [str(path)])
            else:
                found = Report(failed=[f"{self.name}: {not_built(shown(path), self.name)}"])
            if not found.passed and not found.failed:
                found.fail(f"{self.name}: {path.name} tests nothing")
            reports.append(found)
        report = Report()
        for found in sorted(reports, key=lambda r: bool(r.failed)):  # only the last lines are shown: those of what failed
            report.add(found)
        return report


@dataclass(frozen=True)
class Guest:
    """A boot under tcg with these words on the kernel's command line; `build` is the directory of another build, and
    `modules` names the programs that boot; none: all."""

    name: str
    cmdline: str
    build: str = "build"
    modules: tuple = ()
    covers: bool = False  # with coverage=on: it must make every system call end in every way that abi.def says

    def run(self):
        report = boot_report(self.name, qemu.Machine("tcg", self._image(), cmdline=self.cmdline, devices=TEST_DEVICES))
        if "coverage=on" in self.cmdline:
            _check_coverage(self, report)
        if report.failed:
            report.output.append(self._again())
        return report

    def _image(self):
        image = built_image(ROOT / self.build)
        if not self.modules:
            return image
        return Image(image.kernel, tuple(ROOT / self.build / "user" / f"{name}.elf" for name in self.modules))

    def _again(self):
        words = "".join(f" --module {shown(m)}" for m in self._image().modules) if self.modules else ""
        return f"again: python3 -m scripts.verbs.run --build {self.build}{words} --cmdline '{self.cmdline}'"


def _check_coverage(step, report):
    """Every outcome of a system call that came is in abi.def; if the step says so, all that are there have come."""
    seen = coverage.pairs(report.output)
    report.output = [line for line in report.output if not coverage.LINE.fullmatch(line)]
    unknown, missing = coverage.compare(abi.read(), seen)
    for call, result in unknown:
        report.fail(f"{step.name}: {call} ended with {result}, which abi.def does not say (FAILS, GIVES or ARG line)")
    for call, result in missing if step.covers else []:
        report.fail(f"{step.name}: no case makes {call} end with {result}, as abi.def says that it can")
    if not seen:
        report.fail(f"{step.name}: it printed no coverage")
    elif not unknown and not (step.covers and missing):
        report.passed.append(f"{step.name}: {len(seen)} pairs of system call and result are as abi.def says")


@dataclass(frozen=True)
class Compare:
    """The same program with the fast paths on and off: the results of both count, and what both say (lines that
    begin with ok, not ok or trace) must be the same, line for line."""

    name: str
    cmdline: str
    guest: Callable = Guest  # what boots it: a function of a name and a command line

    def run(self):
        on, off = (self.guest(f"{self.name} fastpath={word}", f"{self.cmdline} fastpath={word}").run()
                   for word in ("on", "off"))
        difference = first_difference(on.output, off.output)
        same = Report([] if difference else [f"{self.name}: both paths say the same"],
                      [f"{self.name}: {difference}"] if difference else [])
        for report, word in ((on, "on"), (off, "off")):
            report.output = [f"[fastpath={word}] {line}" for line in report.output]
            same.add(report)
        return same


def first_difference(on, off):
    """What differs first between two consoles, or None."""
    a, b = ([line for line in lines if TRACE.match(line)] for lines in (on, off))
    if not a and not b:
        return "neither boot says anything to compare"
    for i in range(max(len(a), len(b))):
        left, right = (lines[i] if i < len(lines) else "(the end)" for lines in (a, b))
        if left != right:
            return f"line {i + 1} differs: fastpath=on says '{left}', fastpath=off says '{right}'"
    return None


def _module(verb, *words):
    return [sys.executable, "-m", f"scripts.verbs.{verb}", *words]


@dataclass(frozen=True)
class Gate:
    """A measurement under tcg and a footprint, compared with the committed baselines and with each other; what the user
    recorded is left alone."""

    name: str

    def run(self):
        with tempfile.TemporaryDirectory(prefix="baton-test-") as directory:
            report = run_command(self.name, _module("bench", "--backend", "tcg", "--only", "*", "--samples", "1000", "--no-charts",
                                                    "--results", directory))
            report.add(run_command(self.name, _module("footprint", "--quiet", "--results", directory)))
            if not report.failed:
                report.add(run_command(self.name, _module("gate", "--tap", "--results", directory, "--baselines", "results/baseline")))
                report.add(run_command(self.name, _module("footprint", "--agree", f"{directory}/latest/tcg.json")))
        return report
