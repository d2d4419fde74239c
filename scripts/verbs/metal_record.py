"""The record of a run on a bare machine, made from what the machine itself said: a capture's events, or text blocks."""
import re

from scripts.base.common import BatonError, warn
from scripts.machine import measure
from scripts.records import events, record
from scripts.show import table
from scripts.source import gitlog

BACKEND = "metal"
IMAGE = re.compile(r"[0-9a-f]{64}")
TSC_DRIFT = 0.01  # between two boots of one machine


def mitigations_text(number):
    """Names of a set of enum mitigation, kernel/arch/x86_64/flaw.h."""
    names = [name for bit, name in enumerate(measure.MITIGATIONS) if name not in ("auto", "all", "off") and number >> bit & 1]
    return ",".join(names) or "none"


def host_of(machine, build, tsc_hz):
    """What a record says about where and from what it was made, as the machine itself said it."""
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


def _check_clocks(clocks, virtual, where=""):
    """Two boots of one machine have one frequency. An emulator's may vary with what its host was busy with."""
    if max(clocks) - min(clocks) <= TSC_DRIFT * max(clocks):
        return
    what = f"{where}the time-stamp counter has {clocks[0]} and {clocks[-1]} Hz: two machines, or a wrong calibration"
    if not virtual:
        raise BatonError(what, "boot both entries again")
    warn(what)


def _clock(boot):
    return {key: boot.events["clock"][key] for key in record.CLOCK}


def of_boots(chosen, when, note):
    boots = [chosen.boots[path] for path in ("on", "off") if path in chosen.boots]
    build = boots[0].events["build"]
    if not record.COMMIT.fullmatch(build["commit"]) or not IMAGE.fullmatch(build["image"]):
        raise BatonError(f"line {boots[0].line}: the boot does not say which commit and image it is", "boot an ISO that make iso made")
    clocks = [boot.events["boot"]["tsc_hz"] for boot in boots]
    _check_clocks(clocks, boots[0].events["machine"]["virtual"], f"lines {boots[0].line} and {boots[-1].line}: ")
    told = next((b.events["options"] for b in boots if "options" in b.events),
                {"only": "unknown", "samples": 0, "raw": False, "mitigations": "unknown"})
    settings = {**{k: told[k] for k in ("only", "samples", "raw", "mitigations")}, "cold": told.get("cold", "auto")}
    cold = next(({k: b.events["cold"][k] for k in record.COLD} for b in boots if "cold" in b.events), None)
    pmu = next((events.pmu_of(b.events["pmu"]) for b in boots if "pmu" in b.events), None)
    if pmu:
        settings["pmu"] = True
    results = {i: {**r, **({"samples": b.samples[i]} if i in b.samples else {}), **({"counters": b.counters[i]} if i in b.counters else {})}
               for b in boots for i, r in b.results.items()}
    return make_record(boots[0].events["machine"], build, settings, clocks[0], when, results,
                       {i: why for b in boots for i, why in b.refused.items()}, note=note, partial=chosen.partial, cold=cold, pmu=pmu,
                       clock=next((_clock(b) for b in boots if "clock" in b.events), None))


# ---- of text blocks

def _only(blocks):
    """(only, cold) as options of a run in which some benchmarks may not have been asked for."""
    left_out = [i for b in blocks for i in b.not_asked]
    if any(not i.endswith(table.COLD) for i in left_out):
        return "a part", "auto"
    return "*", "off" if left_out and not blocks[0].virtual else "auto"


def _commit(prefix):
    """The commit's 40 digits, if this tree has it."""
    try:
        return gitlog.resolve(prefix).hash
    except BatonError:
        warn(f"this tree has no commit {prefix}: the record's commit is unknown; git fetch may bring it")
        return "unknown"


def _alike(blocks):
    for one, other in zip(blocks, blocks[1:]):
        for name in ("commit", "dirty", "image", "brand", "signature", "virtual", "forced", "mitigations", "samples"):
            a, b = getattr(one, name), getattr(other, name)
            if a != b:
                raise BatonError(f"the two blocks are not of one machine and one ISO: {name} {a!r} and {b!r}",
                                 "record each of them by itself")


def of_blocks(found, when, note):
    """The record of one or two blocks, by path."""
    blocks = [found[path] for path in ("on", "off") if path in found]
    _alike(blocks)
    clocks = [b.tsc_hz for b in blocks]
    _check_clocks(clocks, blocks[0].virtual)
    first = blocks[0]
    only, cold = _only(blocks)
    partial = [f"there is no block of a boot with fastpath={path}" for path in ("on", "off") if path not in found and only == "*"]
    set_of = mitigations_text(first.mitigations)
    settings = {"only": only, "samples": first.samples, "raw": False, "cold": cold,
                "mitigations": "auto" if not first.forced else "off" if set_of == "none" else set_of}
    machine = {"cpu": first.brand, "vendor": "unknown", "virtual": first.virtual, "hypervisor": "", "mitigations": first.mitigations,
               **_numbers(first.signature)}
    build = {"commit": _commit(first.commit), "dirty": first.dirty, "image": first.image, "gcc": "", "nasm": ""}
    return make_record(machine, build, settings, clocks[0], when, {i: r for b in blocks for i, r in b.results.items()},
                       {i: "the block does not say why" for b in blocks for i in b.refused}, note=note, partial=partial, statistics="short")


def _numbers(signature):
    """Family, model and stepping of EAX of CPUID's leaf 1, as bench/cpu_id.c has them."""
    family, model = signature >> 8 & 15, signature >> 4 & 15
    extended = signature >> 12 & 0xf0 if family in (6, 15) else 0
    return {"family": family + (signature >> 20 & 0xff if family == 15 else 0), "model": model | extended, "stepping": signature & 15}
