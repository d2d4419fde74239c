"""What the test machine is asked to do, and what must be true of it.

A step is a line of shell that runs in it, in the tree (scripts/ and build/ are Baton's own), and a check, which
yields what is wrong; no answer means that all is well. The machine counts instructions, so every number is the same
in every run.
"""
import fnmatch
import json
import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from scripts.base import patience
from scripts.base.common import ROOT, BatonError
from scripts.records import record

SAMPLES = 50
# Benchmarks in which the hypervisor works, too: each interrupt leaves the guest, and the tick that falls into what takes long, a boot,
# writes to COM1, and those to CR0 and CR4, by which C switches extended state and bases (here it switches all extended state: no XSAVEOPT).
EXITS = ("irq.*", "cap.revoke/10000", "restart.*", "net.tcp_bulk", "boot.*", "*/sse*", "*/tls/slow/*")
CONFORM = "conform.elf"
# QEMU's TCG (7.2) executes a guest's XSETBV without leaving it (APM vol. 2, 15.9: it is intercepted), so KVM never hears of the
# guest's XCR0 and writes its own idea, 1, at each entry: AVX is #UD then, and XSAVE saves the x87 state only. A guest
# without XSAVE takes FXSAVE.
CONFORM_CPU = "host,-xsave"
# Cases that print hundreds of kilobytes, each byte by several exits to QEMU, and have nothing to do with KVM.
CONFORM_WITHOUT = "debug/dump/*"
RECORD_FOLLOWS = "@record"
# While another program has the only CPU every other few milliseconds: some ten milliseconds of samples, mostly measured time.
HOG = "sh -c 'while :; do :; done' & hog=$!"
HOGGED = ("ipc.long/same/*", 16384)
A_SLICE = 1000000  # instructions: fewer than Linux gives the other program at a time, and more than anything of ours takes


@dataclass(frozen=True)
class Check:
    name: str
    line: str  # shell
    check: Callable  # of a machine.Step; yields complaints


def _ended(step, code):
    """Complaints about how a command ended; both checks and people want to know what it said last."""
    said = next((line for line in reversed(step.lines) if line.strip()), "nothing")
    if step.code is None:
        yield f"it did not end; it said last: {said}"
    elif step.code != code:
        yield f"it ended with code {step.code}, not {code}; it said last: {said}"


def _probe(step):
    yield from _ended(step, 0)
    if not any(line.startswith("kvm: usable: ") for line in step.lines):
        yield "the probe does not say that KVM is usable"


# ---- measuring

def _measured_by_tcg():
    """The numbers of each benchmark, by id, of the same image on this machine without KVM."""
    with tempfile.TemporaryDirectory(prefix="baton-kvm-") as directory:
        command = [sys.executable, "-m", "scripts.verbs.bench", "--backend", "tcg", "--only", "*", "--samples", str(SAMPLES),
                   "--no-charts", "--results", directory]
        done = patience.run(command, cwd=ROOT, capture_output=True, encoding="utf-8")
        found = list(Path(directory).glob("runs/tcg/*.json"))
        if done.returncode != 0 or len(found) != 1:
            raise BatonError("the same measurement without KVM fails", "make bench BACKEND=tcg",
                             details=done.stderr.splitlines()[-5:])
        return {b["id"]: b for b in json.loads(found[0].read_text(encoding="utf-8"))["benchmarks"]}


def _record_in(lines):
    """The record that the console shows; ValueError when there is none, or a bad one."""
    if RECORD_FOLLOWS not in lines:
        raise ValueError("no record was written")
    found = record.parse_json("\n".join(lines[lines.index(RECORD_FOLLOWS) + 1:]))
    record.check(found)
    return found


def _same(b, other):
    """Most benchmarks take the same each time. Of the others the middle halves must meet: their median may be either of two numbers."""
    return b["q1"] <= other["q3"] and other["q1"] <= b["q3"]


def _compare(found, expected):
    for refused in found["refused"]:
        yield f"{refused['id']} was refused: {refused['why']}"
    told = {b["id"]: b for b in found["benchmarks"]} | {r["id"]: None for r in found["refused"]}
    for name in sorted(set(expected) ^ set(told)):
        yield f"{name} is measured {'only with' if name in told else 'only without'} KVM"
    for name, b in told.items():
        if b and name in expected and b["n"] != expected[name]["n"]:
            yield f"{name} has {b['n']} samples, not {expected[name]['n']}"
        if b and name in expected and not _same(b, expected[name]) and not any(fnmatch.fnmatch(name, exits) for exits in EXITS):
            yield f"{name} takes {b['median']} instructions under KVM, {expected[name]['median']} without"


def _of_record(complaints):
    """The check of a step that ends with code 0 and shows a record: complaints(found) are those about it."""
    def check(step):
        yield from _ended(step, 0)
        try:
            found = _record_in(step.lines)
        except ValueError as error:
            yield f"the record is bad: {error}"
            return
        yield from complaints(found)
    return check


@_of_record
def _bench(found):
    """The real thing: what `make bench BACKEND=kvm` does. Since this machine's time-stamp counter counts
    instructions, the record must hold the very numbers that TCG alone gives."""
    if (found["backend"], found["unit"]) != ("kvm", "cycles"):
        yield f"the record is of backend {found['backend']} in {found['unit']}, not of kvm in cycles"
    if found["options"]["samples"] != SAMPLES:
        yield f"the record says {found['options']['samples']} samples, not {SAMPLES}"
    yield from _compare(found, _measured_by_tcg())
    yield from _clocks(found)
    if found["conditions"]["cpu"] != 0 or found["conditions"]["disturbed"]:
        yield f"the conditions are not those of a quiet CPU 0: {found['conditions']}"


def _clocks(found):
    """An addition is one instruction, and two for the loop come with each thousand."""
    ratios = [b[key] for b in found["benchmarks"] for key in ("cycle_ticks", "cycle_ticks_after")] + [found["clock"]["cycle_ticks"]]
    if not all(1.0 <= ratio <= 1.003 for ratio in ratios):
        yield f"a cycle of the core is {min(ratios)} to {max(ratios)} instructions, not one"


# ---- interference

@_of_record
def _disturbed(found):
    """Samples that the other program hit were rejected and taken again, and the output says that boots were thrown away."""
    told, numbers = found["conditions"], found["benchmarks"]
    if not told["disturbed"] or told["thrown_away"] < 2 or not 0.4 < told["taken"] < 0.9:
        yield f"half of the CPU's time was another's, and the record says {told}"
    if not any("% busy with other programs" in line for line in told["findings"]):
        yield f"the record does not say that the CPU was busy: {told['findings']}"
    if not sum(b["rejected"] for b in numbers) or max(b["rejected_max"] for b in numbers) < A_SLICE:
        yield "no sample was rejected"
    yield from (f"{b['id']} has a sample of {b['max']} that was not rejected" for b in numbers if b["max"] > A_SLICE)
    yield from (f"{b['id']} has {b['n']} samples" for b in numbers if b["n"] != HOGGED[1])


def _unsieved(step):
    """The same without the sieve, which shows that there was something to reject."""
    yield from _ended(step, 0)
    found = [record.parse_json(line.removeprefix("#baton")) for line in step.lines if '"event":"result"' in line]
    if not found or max(r["max"] for r in found) < A_SLICE:
        yield "without the sieve no sample shows the other program, so the test above tests nothing"


# ---- failing, and the contract

def _cases(step):
    yield from _ended(step, 0)
    if not any(re.match(r"ok \S", line) for line in step.lines):
        yield "it tests nothing"
    yield from (line for line in step.lines if line.startswith("not ok"))


def _guest(cmdline, cpu="host"):
    return f"python3 -m scripts.verbs.run --backend kvm --cpu {cpu} --cmdline '{cmdline}'"


def checks(image):
    """In the order in which they run."""
    # Under TCG alone no mitigation is in force, since none would change anything there.
    bench = (f"python3 -m scripts.verbs.bench --backend kvm --only '*' --samples {SAMPLES} --mitigations off --cold off"
             f" --no-charts --results /tmp/results; code=$?; echo {RECORD_FOLLOWS}; cat /tmp/results/runs/kvm/*.json; exit $code")
    only, samples = HOGGED
    hogged = (f"{HOG}; python3 -m scripts.verbs.bench --backend kvm --only '{only}' --samples {samples} --cold off --no-charts"
              f" --results /tmp/hogged; code=$?; kill $hog; echo {RECORD_FOLLOWS}; cat /tmp/hogged/runs/kvm/*.json; exit $code")
    unsieved = f"{HOG}; {_guest(f'bench={only} samples={samples} sieve=off')}; code=$?; kill $hog; exit $code"
    found = [Check("probe", "python3 -m scripts.machine.probe", _probe), Check("bench", bench, _bench),
             Check("disturbed", hogged, _disturbed), Check("unsieved", unsieved, _unsieved),
             Check("panic", "python3 -m tests.system.panic_test --backend kvm module", _cases)]
    if any(path.name == CONFORM for path in image.modules):
        # In parts, since a part that the emulator spoils begins anew (README.md), and a short one is spoilt less often.
        for letter in sorted({path.name[0] for path in (ROOT / "tests/conform").iterdir() if path.is_dir()}):
            cmdline = f"run=conform test={letter}* without={CONFORM_WITHOUT}"
            found.append(Check(f"conform-{letter}", _guest(cmdline, CONFORM_CPU), _cases))
    return found
