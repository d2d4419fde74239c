"""Runs the tests: each step of the list below, or those whose name contains one of the given words.

As many run at a time as the machine has processors, at most 4. Prints a line for each step as it ends, all that a failed
step said, and at the end "N passed, N failed". Exit code: 0 all
passed, 1 something failed or nothing was tested, 2 wrong options. With --bochs the steps are those under Bochs.

No verdict depends on wall time: scripts/base/patience.py has the rule, and tests/lint.py holds it. What computes for minutes and depends
on nothing but files is not computed again while they are the same: tests/runner/kept.py; FRESH=1 does. A build that is older than its
sources is refused: tests/runner/built.py.
"""
import multiprocessing
import multiprocessing.connection
import os
import resource
import signal
import sys
import time
from functools import partial

from scripts.base.common import ROOT, BatonError, make_parser, positive_number, run_main
from tests.runner import built
from tests.runner.discs import Bochs, BochsSuite, Iso
from tests.runner.kept import Kept
from tests.runner.steps import OUTPUT_KEPT, Command, Compare, Executables, Gate, Guest, Report
from tests.sdk.systems import shared_objects

FUZZ_CALLS = 250000  # by each of the four seeds
# Two with the fast paths, two where every outcome of every system call is seen.
FUZZ_WORDS = {1: "", 2: "", 3: " coverage=on", 4: " coverage=on"}
GRACE, TELL, INTERRUPTED = 1.0, 60.0, 130  # seconds, twice; exit code

# What the kernel's image is made from, and thus what the steps whose results are kept depend on, besides their own Python (kept.py).
IMAGE = ("Makefile", "kernel/**/*", "fastpath/*", "scripts/build/ksyms.py", "scripts/build/stack_bound.py", "scripts/base/common.py")
EQUIV = (*IMAGE, "tests/equiv/*", "tests/footprint/*.mk")
PROVE = (*EQUIV, "tests/prove/*")
CAPS = (*IMAGE, "tests/prove/layout.c")
BARRIERS = (*EQUIV, "tests/footprint/*", "tests/barriers/*")
MUTANTS = (*EQUIV, "tests/**/*.mk", "user/*.mk", "user/*/*.mk", "bench/linux/*.mk")
MODEL = ("user/services/ring/ring.pml", "user/services/ring/ring.h", "tests/services/ring/*")
LOCKSTEP = ("kernel/**/*", "tests/host/arch_host.*", "tests/host/*.h", "tests/host/host_panic.c", "tests/host/user_cpu.c",
            "tests/lockstep/*.[ch]")
RING3 = (*LOCKSTEP, *MUTANTS, "tests/lockstep/ring3/*", "user/lib/*")
REPLAY = (*RING3, "user/**/*", "bench/*", "tests/conform/**/*", "tests/fuzz/*", "tests/replay/*.c", "tests/prove/layout.c")
ENTRY_MUTANTS = (*MUTANTS, *BARRIERS)
WITHOUT_BUILD = {"lint", "reference", "guard list", "model", "model mutants", "services model"}
VARIANTS = ("plain", "hardened", "kpti")  # of the entries: kernel/arch/x86_64/variant


def fuzz_words(seed):
    """The kernel's command line for one of CI's seeds."""
    return f"run=fuzz seed={seed} calls={FUZZ_CALLS}{FUZZ_WORDS[seed]}"


STEPS = [
    Executables("host", "tests/host/*_test.c", "build/host"),
    # The long ones first, so that none of them runs alone at the end.
    Command("scripts", (sys.executable, "-m", "tests.scripts.run")),
    Kept(Command("mutants", ("/usr/bin/python3", "-m", "tests.mutants")), MUTANTS),
    # Other constants and other sites; all of them is minutes.
    Kept(Command("entry mutants", ("/usr/bin/python3", "-m", "tests.entry_mutants", " with ")), ENTRY_MUTANTS),
    Command("regression", (sys.executable, "-m", "tests.system.regression_test")),
    # By Debian's own Python, for which z3 and capstone are packages.
    *(Kept(Command(f"prove {v}", ("/usr/bin/python3", "-m", "tests.prove.prove", "--variant", v)), PROVE) for v in VARIANTS),
    *(Kept(Command(f"prove mutants {v}", ("/usr/bin/python3", "-m", "tests.prove.prove", "--variant", v, "--mutants", "identify")), PROVE)
      for v in VARIANTS),
    # When a fast path is taken, by the specification, and by what equiv and prove say of it.
    Kept(Command("fast conditions", ("/usr/bin/python3", "-m", "tests.fast.run")), PROVE),
    Kept(Command("prove caps", ("/usr/bin/python3", "-m", "tests.prove.caps.run")), CAPS),
    # The kernel's C and its specification, step by step.
    Kept(Command("model", (sys.executable, "-m", "tests.lockstep.run")), LOCKSTEP),
    Kept(Command("model mutants", (sys.executable, "-m", "tests.lockstep.mutants")), LOCKSTEP),
    # ... and the booted machine, by runs of the specification; and by what shows a fault.
    Command("booted", (sys.executable, "-m", "tests.lockstep.booted")),
    Kept(Command("booted faults", (sys.executable, "-m", "tests.lockstep.booted", "--faults")), RING3),
    Kept(Command("ring3", (sys.executable, "-m", "tests.lockstep.reproduce")), RING3),
    # ... and each entry of whole runs on the shipped image.
    Kept(Command("replay", (sys.executable, "-m", "tests.replay.run")), REPLAY),
    Kept(Command("replay faults", (sys.executable, "-m", "tests.replay.run", "--faults")), REPLAY),
    # Protocols between threads, by Spin from the specification.
    Kept(Command("protocols", (sys.executable, "-m", "tests.protocols.run")), ("kernel/abi/abi.def",)),
    # The checking build: every invariant after every entry, all of them by the C path.
    Guest("conform checked", "run=conform coverage=on", "build/check", ("root", "conform"), covers=True),
    *(Guest(f"fuzz {seed}", fuzz_words(seed), "build/check", ("root", "fuzz")) for seed in FUZZ_WORDS),
    Guest("fuzz kpti", f"run=fuzz seed=5 calls={FUZZ_CALLS // 5} mitigations=all", "build/check", ("root", "fuzz")),
    # The screen, by BIOS and by UEFI, from a disc and a USB stick.
    Command("screen", (sys.executable, "-m", "tests.system.screen_test")),
    Command("nmi", (sys.executable, "-m", "tests.system.nmi_test")),
    # Every mitigation that TCG's CPU has the means for, and those that do not need KPTI.
    Compare("conform mitigations", "run=conform mitigations=all"),
    Guest("conform hardened", "run=conform mitigations=verw,rsb,bhb"),
    Command("sdk", (sys.executable, "-m", "tests.sdk.run")),
    Command("lint", (sys.executable, "-m", "tests.lint")),
    Command("reference", (sys.executable, "-m", "scripts.verbs.reference", "--check")),
    Command("footprint", (sys.executable, "-m", "scripts.verbs.footprint", "--check")),
    Kept(Command("equiv", ("build/equiv", "--image", "build/baton.elf")), EQUIV),
    *(Kept(Command(f"equiv {v}", ("build/equiv", "--image", "build/baton.elf", "--variant", f"_{v}", "--states", "100000")), EQUIV)
      for v in ("hardened", "kpti")),
    Kept(Command("barriers", ("build/barriers", "--image", "build/baton.elf")), BARRIERS),
    Command("growth", (sys.executable, "-m", "tests.system.growth_test")),
    Command("killed", (sys.executable, "-m", "tests.system.killed_test")),
    Command("guard list", (sys.executable, "-m", "tests.guards", "--check")),
    Command("panic", (sys.executable, "-m", "tests.system.panic_test")),
    Command("clock", (sys.executable, "-m", "tests.system.clock_test")),
    Command("inherited", (sys.executable, "-m", "tests.system.inherited_test")),
    Command("loader", (sys.executable, "-m", "tests.system.loader_test")),
    Command("serial", (sys.executable, "-m", "tests.system.serial_test")),
    Command("models", (sys.executable, "-m", "tests.system.models_test")),
    Command("boards", (sys.executable, "-m", "tests.system.boards_test")),
    Command("features", (sys.executable, "-m", "tests.system.features_test")),
    Command("stuck", (sys.executable, "-m", "tests.system.stuck_test")),
    Command("dump", (sys.executable, "-m", "tests.system.dump_test")),
    Command("trace", (sys.executable, "-m", "tests.system.trace_test")),
    Command("kpti", (sys.executable, "-m", "tests.system.kpti_test")),
    Command("case_counts", (sys.executable, "-m", "tests.system.case_counts_test")),
    Command("metal", (sys.executable, "-m", "tests.system.metal_test")),
    Compare("conform", "run=conform"),
    Guest("example", "run=example"),
    Iso("iso", "bench=syscall.null samples=10", '#baton {"event":"done",'),
    # GRUB leaves its traces in memory, which QEMU's -kernel hands over all zero.
    Iso("iso memory", "run=conform test=untyped/*", "ok untyped/boot_memory_is_cleared"),
    # Systems that the SDK makes.
    *(Command(f"sdk {name}", (sys.executable, "-m", f"tests.sdk.{name}_test"))
      for name in ("boot", "report", "damaged", "evil", "gdb")),
    *(Command(f"services {name}", (sys.executable, "-m", f"tests.services.{name}_test"))
      for name in ("boot", "restart", "kills", "drivers", "shell", "run")),
    Kept(Command("services model", (sys.executable, "-m", "tests.services.model_test")), MODEL),
    # File systems and disks (user/services).
    *(Command(name, (sys.executable, "-m", f"tests.files.{name}_test")) for name in ("fat", "session", "disk")),
    # Windows (user/services/wm).
    *(Command(f"windows {name}", (sys.executable, "-m", f"tests.windows.{name}_test")) for name in ("screen", "windows", "liar", "kills")),
    # The network (user/services/net).
    *(Command(f"net {name}", (sys.executable, "-m", f"tests.net.{name}_test")) for name in ("echo", "web", "fuzz")),
    Command("pmu", (sys.executable, "-m", "tests.system.pmu_test")),
    Command("cold", (sys.executable, "-m", "tests.system.cold_test")),
    Command("doubles", (sys.executable, "-m", "tests.system.doubles_test")),
    Gate("gate"),
]

# The first has PCID, SMEP and SMAP; the second UMIP, too.
# The first with the mitigations that such a CPU needs: KPTI with PCIDs, VERW, RSB, BHB.
BOCHS_STEPS = [Compare(f"bochs {model}", f"run=conform mitigations={words}", partial(Bochs, model=model))
               for model, words in (("corei7_skylake_x", "auto"), ("corei7_icelake_u", "off"))]
# Who comes next is decided by what is called, wherever the ticks of the clock fall: here they come ten times as often.
BOCHS_STEPS.append(Compare("bochs ticks", "run=conform test=sched/*", partial(Bochs, model="corei7_skylake_x", slower=10)))
# Firmware may hand over a local APIC in x2APIC mode, and with a priority below which it lets nothing through. These two speak by
# the serial port, which is slow.
BOCHS_STEPS += [Bochs(f"bochs inherited {name}", "run=conform test=timer/*", "corei7_skylake_x", before, serial=True)
                for name, before in (("x2apic", "wrmsr 0x1b 0xfee00d00"), ("priority", "write_dword 0xfee00080 0xff"))]
# Its CPUID promises performance counters that it does not have.
BOCHS_STEPS.append(Bochs("bochs pmu", "run=conform test=evil/privileged/rd* pmu=on", "corei7_skylake_x"))
# None of these can go on for ever.
BOCHS_STEPS.append(Command("bochs endless", (sys.executable, "-m", "tests.system.endless_test")))
BOCHS_STEPS.append(BochsSuite("bochs suite", "corei7_skylake_x"))
# The machine against the specification, as `booted`.
BOCHS_STEPS.append(Command("bochs booted", (sys.executable, "-m", "tests.lockstep.booted", "--bochs")))
BOCHS_STEPS.append(Command("bochs booted faults", (sys.executable, "-m", "tests.lockstep.booted", "--bochs", "--faults")))
BOCHS_STEPS.append(Command("bochs replay", (sys.executable, "-m", "tests.replay.run", "--bochs", "example", "hello")))
BOCHS_STEPS.append(Command("bochs replay variants", (sys.executable, "-m", "tests.replay.run", "--bochs", "--path", "fastpath=on",
                                                     "few plain", "few kpti", "few hardened")))


def _chosen(words, known):
    steps = [s for s in known if not words or any(word in s.name for word in words)]
    if not steps:
        raise BatonError(f"no step's name contains '{' or '.join(words)}'; there are: "
                         f"{', '.join(s.name for s in known)}", "make test")
    return steps


def _cpu_seconds():
    """Of this process and those that it has waited for."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))  # clock: told


def _run(step):
    """Its Report, and the seconds and seconds of CPU time that it took."""
    start, used = time.monotonic(), _cpu_seconds()  # clock: told
    try:
        report = step.run()
    except BatonError as error:
        report = Report(failed=[f"{step.name}: {error}"])
    if not report.passed and not report.failed:
        report.fail(f"{step.name}: it tests nothing")
    return report, time.monotonic() - start, _cpu_seconds() - used  # clock: told


def _start(step):
    """The process that runs it, and where its report will come from."""
    reader, writer = multiprocessing.Pipe(duplex=False)

    def work():
        try:
            writer.send(_run(step))
        except KeyboardInterrupt:
            os._exit(INTERRUPTED)
    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    writer.close()
    return reader, process


def _received(reader, step, process):
    try:
        return reader.recv()
    except EOFError:
        process.join()
        return Report(failed=[f"{step.name}: its process ended with code {process.exitcode}"]), 0, 0


def _end(processes):
    """Ctrl-C reaches them, too, and they clean up; those that it has not reached get it now."""
    for process in processes:
        process.join(GRACE)  # clock: whom Ctrl-C has reached
        if process.is_alive():
            os.kill(process.pid, signal.SIGINT)
            process.join()


def _run_all(steps, jobs):
    """Yields step, Report, seconds and CPU seconds as they end. In processes, not threads: a step forks, and its children end with it."""
    waiting, running = list(steps), {}
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                step = waiting.pop(0)
                reader, process = _start(step)
                running[reader] = step, process
            ended = multiprocessing.connection.wait(running, TELL)  # clock: progress for people
            if not ended:
                _say(f"{', '.join(step.name for step, _ in running.values())}: still at it; {len(waiting)} steps wait")
            for reader in ended:
                step, process = running[reader]
                yield step, *_received(reader, step, process)
                del running[reader]
    finally:
        _end([process for _, process in running.values()])


def _say(text):
    print(f"# {text}", file=sys.stderr, flush=True)


def _print(step, report, seconds, used, verbose):
    if report.failed or verbose:
        cut = [] if verbose else report.output[:-OUTPUT_KEPT]
        for line in ([f"({len(cut)} lines are left out)"] if cut else []) + report.output[len(cut):]:
            print(f"    {line}")
    for failure in report.failed:
        print(f"not ok {failure}")
    print(f"{step.name}: {len(report.passed)} passed, {len(report.failed)} failed ({seconds:.1f} s, {used:.1f} s of CPU)", flush=True)


def _closing_line(reports):
    passed, failed = (sum(len(getattr(r, kind)) for r in reports) for kind in ("passed", "failed"))
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0  # a step that tests nothing has failed, see _run


def _keep_bytecode():
    """The steps start Python a thousand times, and a third of such a start is compiling. Whoever does not want that kept beside
    the sources gets it in build/."""
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", None):
        os.environ.setdefault("PYTHONPYCACHEPREFIX", str(ROOT / "build/pycache"))


def main(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("word", nargs="*", help="part of a step's name")
    parser.add_argument("--list", action="store_true", help="only list the steps")
    parser.add_argument("-v", "--verbose", action="store_true", help="show what passing steps say, too")
    parser.add_argument("--bochs", action="store_true", help="the steps under Bochs instead")
    parser.add_argument("--jobs", default=str(min(os.cpu_count() or 1, 4)), metavar="N", help="so many at a time")
    options = parser.parse_args(arguments)
    jobs = max(1, int(positive_number(options.jobs, "--jobs")))
    steps = _chosen(options.word, BOCHS_STEPS if options.bochs else STEPS)
    if options.list:
        print("\n".join(s.name for s in steps))
        return 0
    if not {step.name for step in steps} <= WITHOUT_BUILD:
        built.check()
    _keep_bytecode()
    reports = []
    with shared_objects():
        for step, report, seconds, used in _run_all(steps, jobs):
            reports.append(report)
            _print(step, report, seconds, used, options.verbose)
    return _closing_line(reports)


if __name__ == "__main__":
    run_main(main)
