#!/usr/bin/env python3
"""What a component can do is what the report says: user/examples/evil tries every slot, every call on every slot and every page, and what
it says that succeeds must be the report's capabilities, the calls that these allow, and the report's memory.

Prints "ok <name>" or "not ok <name>: why" for each; exit code 0 all passed, 1 something failed.
"""
import json
import re
import tempfile
from pathlib import Path

from scripts.base import patience
from tests.sdk.systems import ROOT, boot, build, microkit
from tests.verdict import run_checks
from user.sdk.tool.abi import ABI

EVIL = ROOT / "user/examples/evil"

# What succeeds at once by a capability of a type with a right; evil does not try what waits.
CALLS = {("ENDPOINT", "SEND"): (0x0b,), ("NOTIFICATION", "SIGNAL"): (0x11,), ("IO_PORT", None): (0x46, 0x47),
         ("DEBUG", "PRINT"): (0x50,), ("DEBUG", "END"): (0x51,), ("DEBUG", "LOOK"): (0x52,)}


def _promised(domain):
    slots = {(c["slot"], ABI[f"TYPE_{c['type']}"]) for c in domain["capabilities"]}
    calls = {(call, c["slot"]) for c in domain["capabilities"] for (kind, right), allowed in CALLS.items() for call in allowed
             if c["type"] == kind and (right is None or right in c["rights"])}
    stretches = []
    for m in domain["mapped"]:
        start, end, can = int(m["start"], 16), int(m["end"], 16), " ".join(r.lower() for r in m["rights"] if r in ("READ", "WRITE"))
        if stretches and stretches[-1][1:] == (start, can):
            start = stretches.pop()[0]
        stretches.append((start, end, can))
    return {"slots": slots, "calls": calls, "memory": set(stretches)}


def _there(lines):
    text = "\n".join(lines)
    memory = re.findall(r"^evil: memory (\w+) to (\w+) (.*)$", text, re.M)
    return {"slots": {(int(s), int(t)) for s, t in re.findall(r"^evil: slot (\d+) has type (\d+)$", text, re.M)},
            "calls": {(int(c), int(s)) for c, s in re.findall(r"^evil: call (\d+) succeeds on slot (\d+)$", text, re.M)},
            "memory": {(int(start, 16), int(end, 16), can) for start, end, can in memory}}


def _checks():
    with tempfile.TemporaryDirectory(prefix="baton-test-") as where:
        image = build(EVIL, where)
        patience.run(microkit(EVIL / "evil.system", where, "--json", f"{where}/report.json"), check=True)
        report = json.loads((Path(where) / "report.json").read_text(encoding="utf-8"))
        done = boot(image, ["evil: that is all"])
    yield "evil/ends", done.missing
    promised, there = _promised(next(d for d in report["domains"] if d["name"] == "evil")), _there(done.lines)
    for kind, expected in promised.items():
        more, less = sorted(there[kind] - expected), sorted(expected - there[kind])
        yield f"evil/{kind}", f"more than the report says: {more}; less: {less}" if more or less else ""


if __name__ == "__main__":
    run_checks(__doc__, _checks)
