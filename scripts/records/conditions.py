"""Under which conditions a record's cycles were measured, as text: the clocks, what was rejected, what disturbed."""

MOVED = 0.02  # of the core's clock, from before a benchmark to after it
SHOWN = 4  # ids in a line; the record has them all


def fields(logs):
    """What a record holds about that, from the BootLogs of its boots; nothing where instructions are counted."""
    found = {"clock": logs[0].clock} if logs[0].clock else {}
    metered = [log for log in logs if log.meter]
    if metered:
        meters = [log.meter for log in metered]
        seat = meters[0].seat
        found["conditions"] = {
            "cpu": seat.cpu, "isolated": seat.isolated, "findings": list(seat.findings),
            "thrown_away": sum(log.thrown_away for log in metered), "disturbed": any(w.is_disturbed() for w in meters),
            "taken": round(max(w.taken() for w in meters), 6), "switches": sum(w.switches() for w in meters),
        }
    return found


def _ids(texts):
    texts = list(texts)
    return ", ".join(texts[:SHOWN]) + (f" and {len(texts) - SHOWN} more" if len(texts) > SHOWN else "")


def _ratios(record):
    """How many ticks of the time-stamp counter a core cycle took, at all times when that was measured."""
    found = [b[key] for b in record["benchmarks"] for key in ("cycle_ticks", "cycle_ticks_after") if b.get(key)]
    first = record.get("clock", {}).get("cycle_ticks")
    return found + [first] if first else found


def has_moved(numbers):
    """Whether the core ran faster or slower after the benchmark than before it."""
    before, after = numbers.get("cycle_ticks"), numbers.get("cycle_ticks_after")
    return bool(before and after) and abs(before - after) > MOVED * max(before, after)


def clocks(record):
    """A line of the clocks, or none."""
    ratios, hz = _ratios(record), record["host"].get("tsc_hz")
    if not ratios or not hz:
        return []
    slow, fast = (hz / ratio / 1e6 for ratio in (max(ratios), min(ratios)))
    core = f"{fast:.0f} MHz" if fast - slow < MOVED * fast else f"{slow:.0f} to {fast:.0f} MHz"
    usual = sorted(ratios)[len(ratios) // 2]
    return [f"  TSC {hz / 1e6:.0f} MHz, core {core}: a cycle of the core is {usual:.3f} ticks"]


def _moved(record):
    moved = [b for b in record["benchmarks"] if has_moved(b)]
    if not moved:
        return []
    told = _ids(f"{b['id']} ({b['cycle_ticks']:.3f} to {b['cycle_ticks_after']:.3f} ticks a cycle)" for b in moved)
    return [f"the core's clock moved during {told}"]


def _rejected(record):
    hit = sorted((b for b in record["benchmarks"] if b.get("rejected")), key=lambda b: -b["rejected"])
    if not hit:
        return []
    count, lengths = sum(b["rejected"] for b in hit), [b["rejected_max"] for b in hit if "rejected_max" in b]
    longest = f", the longest {max(lengths)} ticks" if lengths else ""
    told = _ids(f"{b['rejected']} of {b['id']}" for b in hit)
    return [f"samples rejected, and taken again: {count} that the machine below interrupted{longest}: {told}"]


def _host(record):
    told = record.get("conditions")
    if not told:
        return []
    where = "not pinned" if told["cpu"] is None else f"on CPU {told['cpu']}" + (", which is isolated" if told["isolated"] else "")
    boots = {0: "", 1: ", one boot was thrown away"}.get(told["thrown_away"], f", {told['thrown_away']} boots were thrown away")
    taken = f"other programs had its CPU for {told['taken']:.2%} of the time, {told['switches']} times"
    lines = [f"host: the guest ran {where}; {taken}{boots}"]
    if told["disturbed"]:
        lines.append("host: that is too much: these numbers are of a busy machine; do: quiet it and measure again")
    return lines


def notes(record):
    """What to know before believing a number; lines below the table."""
    return _host(record) + _moved(record) + _rejected(record)
