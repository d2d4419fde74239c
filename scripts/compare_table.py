"""A comparison as text for a terminal, and as a table that GitHub shows."""
import math

import compare_recorded
import record
import stats

VERDICTS = ("worse", "better", "gone", "refused", "new", "unclear", "same")  # in the order in which they matter


def number(value):
    """As short as it is true: medians of an even number of boots can end in .5."""
    return "-" if value is None else f"{value:.1f}".removesuffix(".0")


def percent(part):
    if part is None:
        return ""
    return f"{100 * part:+.2f} %" if math.isfinite(part) else "from 0"


def _interval(d):
    if d.change is None or d.p is None:
        return ""
    return f"{100 * d.low:+.2f} to {100 * d.high:+.2f} %"


def _change(d):
    """Of exact numbers the difference, too, and nothing where there is none: each unit counts."""
    if d.change is None or d.p is not None or isinstance(d.new - d.old, float):
        return percent(d.change)
    return f"{d.new - d.old:+d} ({percent(d.change)})" if d.new != d.old else ""


def _cells(d):
    return d.id, number(d.old), number(d.new), _change(d), _interval(d), d.verdict


def _titles(exact):
    return "benchmark", "old", "new", "change", "" if exact else "95 % interval", "verdict"


def _columns(rows):
    """Text left, numbers right; an empty column is none."""
    used = [i for i in range(len(rows[0])) if any(row[i] for row in rows)]
    widths = {i: max(len(row[i]) for row in rows) for i in used}

    def cell(row, i):
        return row[i].ljust(widths[i]) if i in (0, 5) else row[i].rjust(widths[i])

    return ["  ".join(cell(row, i) for i in used).rstrip() for row in rows]


def summary(differences):
    counts = {v: sum(d.verdict == v for d in differences) for v in VERDICTS}
    return f"{len(differences)} compared: " + ", ".join(f"{n} {v}" for v, n in counts.items() if n)


def _method(backend, old, new):
    if record.UNITS[backend] == "instructions":
        return "exact: each difference is one of the code"
    boots = f"{len(old.boots)} and {len(new.boots)} boots, interleaved"
    if not old.image and not new.image:
        boots = f"{len(old.boots)} and {len(new.boots)} recorded runs: what else changed between them counts, too"
        if not compare_recorded.enough(old, new):
            return f"{boots}; {compare_recorded.ENOUGH} of each are needed before anything is worse or better"
    return (f"{boots}; worse and better: Mann-Whitney over boots, p < {stats.ALPHA:g} after Holm's correction, "
            f"and at least {100 * stats.MIN_EFFECT:g} %")


def _head(backend, old, new):
    return [f"old: {old.name}", f"new: {new.name}",
            f"backend {backend}, in {record.UNITS[backend]}; {_method(backend, old, new)}"]


def _notes(old, new, differences):
    lines = [*old.notes, *new.notes]
    lines += [f"refused in some boots: {i}: {why}" for i, why in {**old.refused, **new.refused}.items()]
    if any(d.verdict == "unclear" and d.p is not None for d in differences):
        more = "more boots tell: BOOTS=n" if old.image or new.image else "more runs tell"
        lines.append(f"unclear: no change is shown, and one of {300 * stats.MIN_EFFECT:g} % is not ruled out; {more}")
    if old.image and new.image and old.image.sha256() == new.image.sha256():
        lines.append("both images are the same, byte for byte")
    return lines


def render(backend, old, new, differences, changed_only=False):
    exact = record.UNITS[backend] == "instructions"
    rows = [_cells(d) for d in differences if not changed_only or d.verdict != "same"]
    table = _columns([_titles(exact), *rows]) if rows else []
    return "\n".join([*_head(backend, old, new), "", *table, *([""] if table else []), summary(differences),
                      *_notes(old, new, differences)])


def markdown(backend, old, new, differences):
    """What changed in the open, the rest folded."""
    exact = record.UNITS[backend] == "instructions"
    titles = [t for t in _titles(exact) if t]

    def table(found):
        rows = [[c for c, t in zip(_cells(d), _titles(exact)) if t] for d in found]
        rule = ["---" if t in ("benchmark", "verdict") else "---:" for t in titles]
        return ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in [titles, rule, *rows]]

    changed = [d for d in differences if d.verdict != "same"]
    same = [d for d in differences if d.verdict == "same"]
    lines = [f"**{summary(differences)}**", "", *(f"- {line.replace('<', '&lt;')}" for line in _head(backend, old, new)), ""]
    lines += [*table(changed), ""] if changed else []
    if same:
        lines += [f"<details><summary>{len(same)} the same</summary>", "", *table(same), "", "</details>"]
    return "\n".join(lines) + "\n"
