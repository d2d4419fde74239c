"""What each mitigation adds to a call and its reply: boots once for each with it forced on the kernel's command line,
for all together, and with none, and prints a table of medians and of what was added.

A mitigation that the CPU has no means for is said to be so. Nothing is recorded: make bench MITIGATIONS=<words> does that.
Exit code: 0 measured, 1 not measured, 2 wrong options.
"""
import os

from scripts.base.common import BatonError, make_parser, run_main
from scripts.machine import measure
from scripts.records import record
from scripts.source.image import built_image

# What is forced, and what it is: kernel/arch/x86_64/flaw.h.
FORCED = {
    "off": "none",
    "kpti": "no more of the kernel mapped in ring 3 than its way in",
    "verw": "buffers overwritten on the way out",
    "ibpb": "branch predictions forgotten between address spaces",
    "rsb": "return addresses forgotten between address spaces",
    "ibrs": "the C paths not steered by ring 3's branches",
    "entry": "branch predictions forgotten at each entry of the C paths",
    "bhb": "branch history cleared at each entry of the C paths",
    "fpu": "extended state saved and cleared for threads without any",
    "all": "all of them",
}
COLUMNS = {"same, fast": "ipc.round_trip/same/fast/8w", "cross, fast": "ipc.round_trip/cross/fast/8w",
           "same, C": "ipc.round_trip/same/slow/8w", "cross, C": "ipc.round_trip/cross/slow/8w",
           "client with SSE": "ipc.round_trip/cross/sse_client/8w"}
ONLY = "ipc.round_trip/*/8w"


def _options(arguments):
    parser = make_parser(__doc__)
    parser.add_argument("--backend", default=os.environ.get("BACKEND", ""), help="kvm or tcg; BACKEND")
    parser.add_argument("--samples", default=os.environ.get("SAMPLES") or "200", help="of each; SAMPLES")
    parser.add_argument("--cpu", help="QEMU's CPU model")
    options = parser.parse_args(arguments)
    measure.check_backend(options.backend)
    options.samples = measure.checked_samples(options.samples)
    return options


def medians(logs):
    return {r["id"]: r["median"] for log in logs for r in log.results}


def row(name, found, base, in_force):
    """One line of the table: a median and what it is more than with nothing in force, for each column."""
    if name not in ("off", "all") and name not in in_force.split(","):
        return f"{name:8}{'this CPU has no means for it':>26}"
    cells = []
    for benchmark in COLUMNS.values():
        more = "" if name == "off" else f" {found[benchmark] - base[benchmark]:+d}"
        cells.append(f"{found[benchmark]}{more}")
    return f"{name:8}" + "".join(f"{cell:>18}" for cell in cells) + f"   {FORCED[name] if name != 'all' else in_force}"


def main(arguments):
    options = _options(arguments)
    image = built_image()
    image.check()
    backend, cpu = measure.choose_backend(options.backend)
    print(f"a call and its reply, 8 words, median {record.UNITS[backend]}; + what the mitigation adds")
    print(f"{'':8}" + "".join(f"{title:>18}" for title in COLUMNS))
    base = None
    for name in FORCED:
        logs = measure.both_paths(image, backend, options.cpu or cpu, ONLY, options.samples, mitigations=name)
        found = medians(logs)
        missing = [b for b in COLUMNS.values() if b not in found]
        if missing:
            raise BatonError(f"{missing[0]} was not measured with mitigations={name}", "quiet the machine and measure again")
        base = base or found
        print(row(name, found, base, logs[0].mitigations), flush=True)
    return 0


if __name__ == "__main__":
    run_main(main)
