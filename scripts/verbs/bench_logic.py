"""Runs the shipped bytes of the fast paths in a process of this machine's Linux, on its own CPU, and says what their logic costs: without
SYSCALL, SYSRET and the write to CR3, in whose place stand two jumps and a store. Needs neither KVM nor root.

An operation is measured with everything in the caches (warm: the mean of 64 in a row), with the kernel's data out of them, with its
code out of them, and entered where the CPU expected another operation. Beside it what llvm-mca predicts for other CPUs, if it is
installed. Unit: hundredths of a cycle of the core. The record lies in results/runs/logic, a series of its own.
Options: ONLY, SAMPLES, RAW from the environment, too. Exit code: 0 measured, 1 not, 2 wrong options.
"""
import tempfile
from pathlib import Path

from scripts.base.common import ROOT, USAGE, BatonError, make_parser, run_main, shown, warn
from scripts.machine import native
from scripts.records import record
from scripts.records.record import TICKS
from scripts.show import logic_table
from scripts.source import mca
from scripts.source.lowered import Lowered
from scripts.verbs import after

BACKEND = "logic"
SYMBOLS = ("cpu", "nobody_tcb", "slow_head_tcb", "syscall_entry", "fastpath_start", "fastpath_end")
ROUNDS = {"warm": 64}  # in a sample, where they are more than one: bench/logic/operations.h


def _options(arguments):
    parser = make_parser(__doc__)
    native.add_options(parser, "logic.*")
    parser.add_argument("--build", type=Path, default=ROOT / "build", help="where image and program are; default: build")
    options = parser.parse_args(arguments)
    native.check_options(options)
    return options


def in_cycles(result):
    """A result in ticks of the time-stamp counter, for one operation in hundredths of a core cycle."""
    scale = 100 / result["cycle_ticks"] / ROUNDS.get(result["id"].rpartition("/")[2], 1)
    fields = {key: round(result[key] * scale) for key in (*TICKS, "overhead")}
    fields.update((key, round(result[key] * scale, 3)) for key in ("mean", "stddev"))
    kept = {key: value for key, value in result.items() if key not in ("samples", "batch_mean", "rejected_max")}
    if "samples" in result:
        kept["samples"] = [round(s * scale) for s in result["samples"]]
    kept.update(fields)
    kept["mean"] = min(max(kept["mean"], kept["min"]), kept["max"])
    return kept


def _predictions(program, image, log):
    """Operation -> CPU -> cycles, by llvm-mca; empty without it."""
    if not mca.is_there():
        warn("llvm-mca is not installed: no predictions for other CPUs; do: apt-get install llvm")
        return {}
    found = {}
    for benchmark in (r["id"] for r in log.results if r["id"].endswith("/warm") and not r["id"].startswith("logic.jumps")):
        text, code = program.output(benchmark)
        if code:
            raise BatonError(f"{benchmark} cannot be followed step by step", "make bench BACKEND=logic ONLY='*/warm'")
        found[benchmark.removesuffix("/warm")] = mca.predict(image.executed(int(line, 16) for line in text.split()))
    return found


def main(arguments):
    options = _options(arguments)
    record.check_writable(*record.places(options.results, BACKEND))
    image = Lowered(options.build / "baton.elf")
    with tempfile.NamedTemporaryFile(prefix="baton-logic-") as file:
        file.write(image.data)
        file.flush()
        words = [options.build / "bench_logic", file.name, f"{image.base:x}", *(f"{n}={image.symbols[n]:x}" for n in SYMBOLS)]
        program = native.Program(words, "make bench BACKEND=logic", options)
        log, refused = program.measured()
        if not log.planned:
            raise BatonError(f"no benchmark matches ONLY='{options.only}'", "make bench BACKEND=logic ONLY='logic.*'", USAGE)
        predictions = _predictions(program, image, log)
    run = program.record(BACKEND, log, refused, [in_cycles(r) for r in log.results])
    path = record.save(options.results, run)
    print("\n".join([logic_table.render(run, predictions), "", f"record: {shown(path)}"]))
    after.tell_refused(run)
    return 0


if __name__ == "__main__":
    run_main(main)
