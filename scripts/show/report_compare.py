"""The section of the report with the last comparison that was recorded: its verdicts, and where each boot lies."""
from scripts.judge import permutation, stats
from scripts.records import comparison
from scripts.show import compare_table, strip
from scripts.show.page import Raw, section, table, tag

MOODS = {"worse": "bad", "gone": "bad", "refused": "bad", "better": "good"}


def differences(compared):
    """stats.Difference of each, as they were when they were recorded."""
    return [stats.Difference(**{**d, "modes": tuple(permutation.Mode(**m) for m in d.get("modes", ()))}) for d in compared["differences"]]


def _values(compared, side, benchmark):
    return [boot[benchmark]["median"] if benchmark in boot else None for boot in compared[side]["boots"]]


def _latest(results, backend):
    paths = sorted(comparison.directory(results, backend).glob("*.json"))
    return comparison.read(paths[-1], differences) if paths else None


def _verdict(d):
    small = [tag("small", text, class_="mode") for text in map(compare_table.mode_text, d.modes)]
    return Raw("".join([tag("span", d.verdict, class_=MOODS.get(d.verdict)), *small]))


def _row(compared, exact, d):
    cells = compare_table.cells(d)
    row = [*cells[:4], *([] if exact else cells[4:5]), _verdict(d)]
    if not exact:
        sides = [_values(compared, side, d.id) for side in ("old", "new")]
        row.append(Raw(strip.svg(*sides, f"{d.id}: boots")) if d.change is not None else "")
    return row


def _side(side):
    return side["commit"][:10] + ("+" if side["dirty"] else "")


def last(results, backend):
    """The section, or nothing where nothing was compared."""
    compared = _latest(results, backend)
    if compared is None:
        return ""
    exact, found = compared["unit"] == "instructions", differences(compared)
    heads = [("benchmark", "id"), ("old", "n"), ("new", "n"), ("change", "n"), *([] if exact else [("95 % interval", "n")]),
             ("verdict", ""),
             *([] if exact else [("boots, old above new", "")])]
    boots = [len(compared[side]["boots"]) for side in ("old", "new")]
    how = "" if exact else f", {boots[0]} and {boots[1]} boots or runs; each dot is one, every row has a scale of its own"
    changed = [_row(compared, exact, d) for d in found if d.verdict != "same"]
    same = [_row(compared, exact, d) for d in found if d.verdict == "same"]
    wide = (1, 2) if exact else (1, 2, 4)
    return section(f"compared-{backend}", f"Last comparison: {backend}, in {compared['unit']}",
                   tag("p", f"{_side(compared['old'])} (old) against {_side(compared['new'])} (new), {compared['date'][:10]}{how}. "
                            f"{compare_table.summary(found)}."),
                   *([table(heads, changed, wide)] if changed else []),
                   *([tag("details", tag("summary", f"{len(same)} the same"), table(heads, same, wide))] if same else []))
