"""The oldest 64-bit CPUs that QEMU knows, and odd ones: the kernel runs on each, and the suite measures or says in one line what it lacks;
where it cannot run, one line says why.

Prints "ok <name>" or "not ok <name>: why" lines. Exit code: 0 all passed, 1 something failed."""
from scripts.machine import guest, qemu
from scripts.source.image import built_image
from tests.verdict import first_failure, run_checks, why_not

# Model, and whether it has RDTSCP. None of them has SMEP, SMAP, PCID, XSAVE or FSGSBASE.
MODELS = {
    "core2duo": False, "Opteron_G1": False, "kvm64": False, "qemu64": False, "phenom": True,
    # Firmware's "limit CPUID maximum value": most features are there, and the leaves that tell of them are not.
    "max,level=1": True, "max,level=3": True, "max,level=7": True,
    "qemu64,-pge,-sep,-pat,-mce,-mca,-mtrr,-pse,-clflush,-cx16": False,
    "max,vendor=CyrixInstead": True,
}
OLDEST = "Opteron_G1"  # passes the whole conformance program, the others a part
CONFORM = "run=conform test=ipc/*"
SUITE = "bench=syscall.null samples=10"
NO_RDTSCP = '"why":"this CPU has no RDTSCP'
LIMITS = guest.Limits(20.0, 10.0)
NO_LONG_MODE = "baton: this CPU has no 64-bit mode with no-execute pages; Baton needs one that has."
NO_APIC = "PANIC: this CPU has no local APIC, or firmware has switched it off"
LACKING = {"qemu64,-nx": NO_LONG_MODE, "qemu64,-lm": NO_LONG_MODE, "max,xlevel=0x80000000": NO_LONG_MODE, "max,-apic": NO_APIC}


def lines(model, cmdline, limits=LIMITS, devices=("edu",)):
    outcome = guest.run(qemu.Machine("tcg", built_image(), cmdline=cmdline, cpu=model, devices=devices), limits=limits)
    return outcome.code, outcome.lines


def conforms(model):
    return first_failure(*(lines(model, "run=conform", None) if model == OLDEST else lines(model, CONFORM)))


def measures(model):
    code, said = lines(model, SUITE)
    events = [line for line in said if line.startswith("#baton ")]
    if MODELS[model]:
        return None if code == 0 and any('"event":"result"' in e for e in events) else f"code {code}: {said[-1:]}"
    errors = [e for e in events if '"event":"error"' in e]
    return None if code == 1 and len(errors) == 1 and NO_RDTSCP in errors[0] else f"code {code}: {errors or said[-1:]}"


def refuses(model):
    try:
        code, said = lines(model, SUITE, devices=())
    except guest.GuestError as error:
        return None if LACKING[model] in error.console else error.what
    return f"it ran, and ended with code {code}: {said[-1:]}"


def _checks():
    checks = [*((what, model) for model in MODELS for what in (conforms, measures)), *((refuses, model) for model in LACKING)]
    return ((f"models/{model} {what.__name__}", why_not(what, model)) for what, model in checks)


if __name__ == "__main__":
    run_checks(__doc__, _checks)
