"""A comparison as text for a terminal, and as a table that GitHub shows."""
import math

from scripts.judge import compare_recorded, permutation, stats
from scripts.records import record
from scripts.show import strip

VERDICTS = ("worse", "better", "gone", "refused", "new", "unclear", "same")  # in the order in which they matter
OPEN = ("worse", "better", "unclear")  # where the boots say more than the verdict


def number(value):
    """As short as is true: medians of an even number of boots can end in .5."""
    return "-" if value is None else f"{value:.1f}".removesuffix(".0")


def percent(part):
    if part is None:
        return ""
    return f"{100 * part:+.2f} %" if math.isfinite(part) else "from 0"


def mode_text(mode):
    """Which boots are in a mode of their own, on either side, and how far from the others."""
    what = "slow" if mode.slow else "fast"
    if mode.of_old == mode.of_new:
        return f"{what} boots ({percent(mode.change)}): {mode.old} -> {mode.new} of {mode.of_new}"
    return f"{what} boots ({percent(mode.change)}): {mode.old} of {mode.of_old} -> {mode.new} of {mode.of_new}"


def boots_text(d, old, new):
    """The strip of a row's boots, on one line, after what is said about their modes."""
    return "; ".join([*map(mode_text, d.modes), strip.line(old.values(d.id), new.values(d.id), number)])


def has_boots(backend, d):
    """There is more to see than one number on either side."""
    return record.UNITS[backend] != "instructions" and d.change is not None


def _interval(d):
    if d.change is None or d.p is None:
        return ""
    return f"{100 * d.low:+.2f} to {100 * d.high:+.2f} %"


def _change(d):
    """For exact numbers the difference, too, and nothing where there is none: each unit counts."""
    if d.change is None or d.p is not None or isinstance(d.new - d.old, float):
        return percent(d.change)
    return f"{d.new - d.old:+d} ({percent(d.change)})" if d.new != d.old else ""


def cells(d):
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
    counts = len(old.boots), len(new.boots)
    boots = f"{counts[0]} and {counts[1]} boots, interleaved"
    if not old.image and not new.image:
        boots = f"{counts[0]} and {counts[1]} recorded runs: what else changed between them counts, too"
    if not compare_recorded.enough(old, new):
        return f"{boots}; so few decide nothing: {permutation.FEWEST} of each are needed before anything is worse or better"
    return boots


def _judged(backend, old, new):
    """By what the noisy ones are worse or better."""
    if record.UNITS[backend] == "instructions" or not compare_recorded.enough(old, new):
        return []
    return [f"worse and better: permutations of the boots, at most one false alarm in {1 / permutation.ALPHA:.0f} such suites, and "
            f"at least {100 * stats.MIN_EFFECT:g} %; {permutation.limits(len(old.boots), len(new.boots))}"]


def _plain(text):
    return text


def code(text):
    """Somebody else's words in Markdown: nothing in them is a link, a mention or a tag."""
    return "`" + " ".join(text.replace("`", "'").split()) + "`"


def _head(backend, old, new, quote=_plain):
    return [f"old: {quote(old.name)}", f"new: {quote(new.name)}",
            f"backend {backend}, in {record.UNITS[backend]}; {_method(backend, old, new)}", *_judged(backend, old, new)]


def _unclear(old, new, differences):
    """What unclear means: that a change is not ruled out, or even likely; and for too few boots nothing. And what is called the same
    though it seems to differ by a little."""
    unclear = [d for d in differences if d.verdict == "unclear"]
    lines = [f"unclear: {d.id}: {old.known(d.id)} and {new.known(d.id)} boots decide nothing, "
             f"{permutation.FEWEST} of each are needed" for d in unclear if d.low is None and compare_recorded.enough(old, new)]
    told, large = [d for d in unclear if d.low is not None], 3 * stats.MIN_EFFECT
    more = "more boots tell: BOOTS=n" if old.image or new.image else "more runs tell"
    if any(max(abs(d.low), abs(d.high)) > large for d in told):
        lines.append(f"unclear: one of {100 * large:g} % is not ruled out, whether there is one cannot be decided; {more}")
    elif told:
        lines.append(f"unclear: whether there is one below {100 * large:g} % cannot be decided; {more}")
    noisy = [d for d in differences if d.p is not None]
    luck = f"as about {len(noisy) * (1 - stats.CONFIDENCE):.2g} of {len(noisy)} do by luck"
    for verdict, what in (("unclear", "unclear, but their own interval leaves out 0"),
                          ("same", f"below {100 * stats.MIN_EFFECT:g} % and so the same, but their own interval leaves out 0")):
        names = [d.id for d in noisy if d.verdict == verdict and stats.leaves_out_zero(d.low, d.high)]
        lines += [f"{what}, {luck}: {', '.join(names)}"] if names else []
    return lines


def _notes(old, new, differences, quote=_plain):
    lines = [*map(quote, old.notes), *map(quote, new.notes)]
    lines += [f"refused in some boots: {i}: {quote(why)}" for i, why in {**old.refused, **new.refused}.items()]
    lines += _unclear(old, new, differences)
    if old.image and new.image and old.image.sha256() == new.image.sha256():
        lines.append("both images are the same, byte for byte")
    return lines


def _with_boots(backend, old, new, rows, lines):
    """Below each line whose row is not the same, the boots."""
    for d, text in zip(rows, lines):
        yield text
        if d.verdict in OPEN and has_boots(backend, d):
            yield f"    {boots_text(d, old, new)}"


def render(backend, old, new, differences, changed_only=False):
    exact = record.UNITS[backend] == "instructions"
    rows = [d for d in differences if not changed_only or d.verdict != "same"]
    title, *lines = _columns([_titles(exact), *map(cells, rows)])
    table = [title, *_with_boots(backend, old, new, rows, lines), ""] if rows else []
    return "\n".join([*_head(backend, old, new), "", *table, summary(differences), *_notes(old, new, differences)])


def _markdown_boots(backend, old, new, d):
    if not has_boots(backend, d):
        return ""
    return "<br>".join([*(f"**{mode_text(mode)}**" for mode in d.modes), f"`{strip.line(old.values(d.id), new.values(d.id), number)}`"])


def markdown(backend, old, new, differences):
    """What changed in the open, the rest folded."""
    exact = record.UNITS[backend] == "instructions"
    heads = [*_titles(exact), "" if exact else "boots"]
    titles = [t for t in heads if t]

    def table(found):
        rows = [[c for c, t in zip((*cells(d), _markdown_boots(backend, old, new, d)), heads) if t] for d in found]
        rule = ["---" if t in ("benchmark", "verdict", "boots") else "---:" for t in titles]
        return ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in [titles, rule, *rows]]

    changed = [d for d in differences if d.verdict != "same"]
    same = [d for d in differences if d.verdict == "same"]
    lines = [f"**{summary(differences)}**", "", *(f"- {line}" for line in _head(backend, old, new, code)), ""]
    lines += [*table(changed), ""] if changed else []
    if same:
        lines += [f"<details><summary>{len(same)} the same</summary>", "", *table(same), "", "</details>", ""]
    lines += [] if exact else [f"- {line}" for line in _notes(old, new, differences, code)]
    return "\n".join(lines).rstrip("\n") + "\n"
