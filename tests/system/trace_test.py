"""With trace=on a program reads what the kernel records (tests/conform/debug/trace.c); what it prints at the end has the same names.

Prints "ok <name>" or "not ok <name>: why" lines. Exit code: 0 all passed, 1 something failed."""
from fnmatch import fnmatchcase

from scripts.machine import guest
from scripts.machine.qemu import Machine
from scripts.source.image import built_image
from tests.verdict import run_checks

CASES = ("is_there_when_it_is_on", "tells_of_calls", "can_only_be_read")
LINES = ("trace: * events, the last 1024:", "trace * SYSCALL *", "trace * SWITCH *", "trace * REFUSED * ffffffffffffff*")


def verdicts(console):
    for case in CASES:
        yield f"trace/{case}", None if f"ok debug/trace/{case}" in console else "the case did not pass"
    missing = [line for line in LINES if not any(fnmatchcase(said, line) for said in console)]
    yield "trace/printed", f"no line fits {missing[0]}" if missing else None


def _checks():
    for mitigations in ("off", "kpti"):
        words = f"run=conform test=debug/trace/* trace=on mitigations={mitigations}"
        for name, why in verdicts(guest.run(Machine(image=built_image(), cmdline=words)).lines):
            yield f"{name}/{mitigations}", why


if __name__ == "__main__":
    run_checks(__doc__, _checks)
