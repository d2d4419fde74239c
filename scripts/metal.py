#!/usr/bin/env python3
"""Makes the record of a run on a bare machine from what it said on its serial port: make record CAPTURE=<file>

The capture is what a terminal program wrote of COM1 (115200 8N1), with whatever firmware and GRUB print; of two boots, one
with each entry of the menu, in one file or in several: CAPTURE="on.log off.log"; - is stdin. Of several boots the last are
taken. FROM=<line> leaves out what is before that line. NOTE=<text> goes into the record.

Where the guest says that a hypervisor is present, the numbers are not those of bare metal: the record is marked virtual and
is not the latest one of metal, unless VIRTUAL=1 says that this is meant.

Exit code: 0 recorded, 1 recorded in part or not at all (earlier results are as they were), 2 wrong options.
"""
import datetime
import os
import re
import sys
from pathlib import Path

import after
import capture
import measure
import record
import table
from common import USAGE, BatonError, make_parser, run_main, shown, warn

BACKEND = "metal"
IMAGE = re.compile(r"[0-9a-f]{64}")
LARGEST = 256 << 20
TSC_DRIFT = 0.01  # between two boots of one machine


# ---- options

def _options(arguments):
    parser = make_parser(__doc__)
    env = os.environ.get
    parser.add_argument("--capture", default=env("CAPTURE", ""), help="files, or - for stdin; CAPTURE")
    parser.add_argument("--from", dest="first", default=env("FROM") or "1", metavar="LINE", help="leave out what is before; FROM")
    parser.add_argument("--note", default=env("NOTE", ""), help="goes into the record; NOTE")
    parser.add_argument("--virtual", action="store_true", default=env("VIRTUAL", "") not in ("", "0"),
                        help="a virtual machine is what I mean; VIRTUAL=1")
    parser.add_argument("--no-charts", action="store_true", help="do not draw")
    parser.add_argument("--results", type=Path, default=record.RESULTS, help="default: results")
    options = parser.parse_args(arguments)
    if not options.capture:
        raise BatonError("record what?", "make record CAPTURE=<file of a serial capture>", USAGE)
    if not options.first.isascii() or not options.first.isdigit() or int(options.first) < 1:
        raise BatonError(f"FROM={options.first} is no number of a line", "make record CAPTURE=<file> FROM=1", USAGE)
    options.first = int(options.first)
    return options


# ---- what was captured

def _read_one(name):
    """(bytes, when they were written)"""
    if name == "-":
        return sys.stdin.buffer.read(LARGEST + 1), datetime.datetime.now(datetime.timezone.utc)
    path = Path(name)
    if path.exists() and not path.is_file():
        raise BatonError(f"{name} is not an ordinary file", "capture it with a terminal program first: docs/measuring.md")
    try:
        data, seconds = path.read_bytes(), path.stat().st_mtime
    except OSError as error:
        raise BatonError(f"cannot read {name}: {error.strerror}", "make record CAPTURE=<file of a serial capture>") from error
    return data, datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)


def _read(names):
    """The bytes of all files, one after the other, and when the last was written."""
    found = [_read_one(name) for name in ([names] if Path(names).exists() else names.split())]
    data = b"\n".join(data for data, _ in found)
    if len(data) > LARGEST:
        raise BatonError(f"{names}: more than {LARGEST >> 20} MiB are no capture of a serial port", "cut it")
    return data, max(when for _, when in found)


# ---- the record

def mitigations_text(number):
    """Names of a set of enum mitigation, kernel/arch/x86_64/hazard.h."""
    names = [name for bit, name in enumerate(measure.MITIGATIONS) if name not in ("auto", "all", "off") and number >> bit & 1]
    return ",".join(names) or "none"


def host_of(machine, build, tsc_hz):
    """What a record says of where and from what it was made, as the machine itself has said it."""
    name = machine["cpu"] or f"{machine['vendor']} family {machine['family']} model {machine['model']}"
    virtual = {"hypervisor": machine["hypervisor"] or "unknown"} if machine["virtual"] else {}
    return {"cpu_model": name, "cpu_stepping": str(machine["stepping"]), "cpu_vendor": machine["vendor"],
            "cpu_family": machine["family"], "cpu_number": machine["model"], **virtual, "kernel": "none", "os": "none",
            "qemu": "unknown" if virtual else "none", "gcc": build["gcc"] or "unknown", "nasm": build["nasm"] or "unknown",
            "tsc_hz": tsc_hz}


def make_record(machine, build, settings, tsc_hz, when, results, refused, **more):
    """A record of metal. settings: the options event; more: fields that not every record has."""
    unit = record.UNITS[BACKEND]
    virtual = {"virtual": True} if machine["virtual"] else {}
    return {
        "schema": record.SCHEMA, "commit": build["commit"], "dirty": build["dirty"], "image_sha256": build["image"],
        "date": when.strftime("%Y-%m-%dT%H:%M:%SZ"), "backend": BACKEND, "unit": unit, **virtual,
        **{k: v for k, v in more.items() if v}, "host": host_of(machine, build, tsc_hz), "options": settings,
        "mitigations": mitigations_text(machine["mitigations"]),
        "refused": [{"id": i, "why": why} for i, why in refused.items()],
        "benchmarks": [{"id": i, "unit": unit, **r} for i, r in results.items()],
    }


def _clock(boot):
    return {key: boot.events["clock"][key] for key in record.CLOCK}


def _of_boots(chosen, when, note):
    boots = [chosen.boots[path] for path in ("on", "off") if path in chosen.boots]
    build = boots[0].events["build"]
    if not record.COMMIT.fullmatch(build["commit"]) or not IMAGE.fullmatch(build["image"]):
        raise BatonError(f"line {boots[0].line}: the boot does not say which commit and image it is", "boot an ISO that make iso made")
    clocks = [boot.events["boot"]["tsc_hz"] for boot in boots]
    if max(clocks) - min(clocks) > TSC_DRIFT * max(clocks):
        raise BatonError(f"lines {boots[0].line} and {boots[-1].line}: the time-stamp counter has {clocks[0]} and {clocks[-1]} Hz: "
                         "two machines, or a wrong calibration", "boot both entries again")
    told = next((b.events["options"] for b in boots if "options" in b.events),
                {"only": "unknown", "samples": 0, "raw": False, "mitigations": "unknown"})
    settings = {**{k: told[k] for k in ("only", "samples", "raw", "mitigations")}, "cold": told.get("cold", "auto")}
    cold = next(({k: b.events["cold"][k] for k in record.COLD} for b in boots if "cold" in b.events), None)
    results = {i: {**r, **({"samples": b.samples[i]} if i in b.samples else {})} for b in boots for i, r in b.results.items()}
    return make_record(boots[0].events["machine"], build, settings, clocks[0], when, results,
                       {i: why for b in boots for i, why in b.refused.items()}, note=note, partial=chosen.partial, cold=cold,
                       clock=next((_clock(b) for b in boots if "clock" in b.events), None))


# ---- after

def _known(results, run):
    """The file that holds the same record already, or None."""
    for path in record.run_paths(results, BACKEND):
        if path.name.startswith(record.run_name(run)) and path.read_bytes() == record.dump(run):
            return path
    return None


def accept_virtual(run, meant):
    if run.get("virtual"):
        warn(f"a hypervisor is present ({run['host']['hypervisor']}): these are no numbers of bare metal; the record is marked virtual")
        if meant:
            run["options"]["virtual"] = True


def keep(options, run):
    """Writes the record, prints it and says what becomes of it."""
    record.check(run)
    path = _known(options.results, run)
    known = ", which was there already" if path else ""
    path = path or record.save(options.results, run)
    print(table.render(run) + after.peers_text(run, options.results))
    print(f"\nrecord: {shown(path)}{known}")
    if record.is_complete(run):
        if not options.no_charts:
            print(after.draw(options.results, run))
        return
    as_was = f"{shown(record.latest_path(options.results, BACKEND))} and the charts are as they were"
    wrong = [*run.get("partial", []), *(f"{r['id']} was refused" for r in run["refused"])]
    if wrong:
        raise BatonError(f"{len(wrong)} {'things are' if len(wrong) > 1 else 'thing is'} missing ({wrong[0]}); {as_was}",
                         "boot that entry of the menu again, and record both captures: CAPTURE=\"on.log off.log\"", details=wrong)
    if run.get("virtual") and not run["options"].get("virtual"):
        print(f"not bare metal, so {as_was}; VIRTUAL=1 takes it all the same")
    else:
        print(f"a part only (bench={run['options']['only']} mitigations={run['options']['mitigations']}), so {as_was}")


def main(arguments):
    options = _options(arguments)
    data, when = _read(options.capture)
    found = capture.Capture(data, options.first)
    chosen = capture.choose(found, options.capture, f"make record CAPTURE={options.capture}")
    run = _of_boots(chosen, when, options.note)
    for note in chosen.notes:
        warn(note)
    accept_virtual(run, options.virtual)
    keep(options, run)
    return 0


if __name__ == "__main__":
    run_main(main)
