"""What must hold of every system in which services were killed, whichever they were."""
import json
import re
from pathlib import Path

from tests.sdk.dumped import compare

LIVED = re.compile(r"client: (\w+) lived (\d+) times")


def lives_told(said):
    """Of each child the lives that the client's lines tell."""
    return {found[1]: int(found[2]) for found in map(LIVED.fullmatch, said) if found}


def unlike_the_report(folder, lines):
    """Why the dump in the console's lines is not what the report in the system's folder says, or None."""
    complaints = compare(json.loads((Path(folder) / "report.json").read_text(encoding="utf-8")), lines)
    return f"{len(complaints)} differences between report and kernel, the first: {complaints[0]}" if complaints else None


def unlike_itself(boot, seed):
    """What failed once must fail again: why two boots with that seed do not say the same, or None."""
    one, two = (boot().lines for _ in range(2))
    return None if one == two else f"seed {seed} said {len(one)} lines, then {len(two)}, and not the same"
