#!/usr/bin/env python3
"""The picture of user/systems/base.system in the README beside it, drawn from the tool's report, so that it cannot be wrong: components
with their priorities, who calls whom, who may stop and start whom, and which memory two of them share. With a report (what the tool's
--json writes): puts it there.
"""
import json
import sys
from itertools import combinations
from pathlib import Path

from scripts.base.common import ROOT

PLACE = ROOT / "user/systems/README.md"
BEGIN, END = "```mermaid\n", "```\n"


def _shared(relations):
    """{(one, other): regions} of memory that both have and one can write."""
    found, users = {}, {}
    for kind in ("reads", "writes"):
        for who, region in relations.get(kind, ()):
            users.setdefault(region, {}).setdefault(who, set()).add(kind)
    for region, how in sorted(users.items()):
        for pair in combinations(sorted(how), 2):
            if any("writes" in how[who] for who in pair):
                found.setdefault(pair, []).append(region)
    return found


def drawn(report):
    relations = report["relations"]
    lines = ["flowchart TD"]
    lines += [f'    {d["name"]}["{d["name"]}, {d["priority"]}"]' for d in sorted(report["domains"], key=lambda d: -d["priority"])]
    lines += [f"    {a} -.->|stops, starts| {b}" for a, b in relations.get("stops", ())]
    lines += [f"    {a} ==>|calls| {b}" for a, b in relations.get("calls", ())]
    lines += [f"    {a} <-->|{', '.join(regions)}| {b}" for (a, b), regions in _shared(relations).items()]
    return "\n".join(lines) + "\n"


def _parts(text):
    """What stands before the picture, it, and what stands behind it."""
    before, begin, rest = text.partition(BEGIN)
    picture, _, after = rest.partition(END)
    return before + begin, picture, END + after


def unlike(report):
    """Why the picture is not that of a report's file, or None."""
    _, picture, _ = _parts(PLACE.read_text(encoding="utf-8"))
    wanted = drawn(json.loads(Path(report).read_text(encoding="utf-8")))
    return None if picture == wanted else f"user/systems/README.md has another picture: python3 -m tests.services.picture {report}"


if __name__ == "__main__":
    head, _, tail = _parts(PLACE.read_text(encoding="utf-8"))
    PLACE.write_text(head + drawn(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))) + tail, encoding="utf-8")
