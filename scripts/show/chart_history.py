"""One benchmark over the runs: median with the band from q1 to q3, minima as dots, the steps between changes with commit
and percentage, or with "the host" where it is the host's, marks where a tool changed, anchors within the axis as lines across;
beside it, on a scale of its own, what peers and the floor are."""
import math
from dataclasses import dataclass

from scripts.judge import changes, history
from scripts.records import peers, record
from scripts.show.plot import BLUE, BROWN, GREEN, GREY, INK, ORANGE, Chart, block, hover, quote, thinned

WIDTH, HEIGHT = 400, 260
LABELS = 8  # commits written below the axis
CHANGES = 3  # written out, at most
NOTE = 106  # pixels that one takes
CAPTION = "line: median; band: quartiles; grey: minima; orange: levels"
RATE = "of 100 such histories at most 1 has a step where nothing changed"  # measured: docs/measuring.md, Comparing two versions
MARK_ROWS = 3  # of their labels, which have the top of the chart to themselves
MARK_SHORT = {"compiler": "gcc", "assembler": "nasm", "emulator": "QEMU", "CPU": "CPU", "host kernel": "kernel"}


def _rows(runs, benchmark):
    """(index of the run, its numbers) where it has the benchmark."""
    return [(x, found) for x, run in enumerate(runs) if (found := record.by_id(run).get(benchmark))]


def _percent(old, new):
    percent = (new - old) / old * 100 if old else 0
    return f"{percent:+.1f} %" if abs(percent) >= 0.05 else f"{new - old:+.0f}"


def _range(rows):
    low, high = min(n["min"] for _, n in rows), max(n["q3"] for _, n in rows)
    margin = max((high - low) * 0.3, high * 0.05, 2)
    low, high = max(0, low - margin), high + margin
    power = 10 ** math.floor(math.log10((high - low) / 5))
    step = max(1, next(power * m for m in (1, 2, 5, 10) if power * m * 6 >= high - low))
    return low, high, step  # a tick is a whole number of ticks of the clock


@dataclass(frozen=True)
class Note:
    """A step as it is written on the chart."""

    run: int
    percent: str
    size: float
    host: bool


def _steps(rows, steps, exact):
    """Corners of the step line, and a note for each step."""
    at = dict(rows)
    levels = changes.levels([at[x]["median"] if x in at else None for x in range(rows[-1][0] + 1)], steps)
    corners, notes = [], []
    for i, (first, end, value) in enumerate(levels):
        left, right = first - 0.5 if i else rows[0][0], end - 0.5 if i < len(levels) - 1 else rows[-1][0]
        corners += [(left, value), (right, value)]
    for step, (_, _, old), (_, _, new) in zip(steps, levels, levels[1:]):
        percent = _percent(old, new) if exact else f"{100 * step.change:+.1f} %"
        notes.append(Note(step.index, percent, abs(step.change), step.host))
    return corners, notes


def _marks(runs, notes):
    """(run, word): where a tool changed, or the host did."""
    return sorted([(mark.run, MARK_SHORT[mark.tool]) for mark in history.marks(runs)] + [(note.run, "host") for note in notes if note.host])


def _mark_commands(marks):
    out = []
    for i, (run, word) in enumerate(marks):
        x = run - 0.5
        out.append(f"set arrow from first {x}, graph 0 to first {x}, graph 1 nohead dt 3 lw 1.5 lc rgb '{BROWN}' back")
        out.append(f"set label {quote(word)} at first {x}, graph {0.95 - 0.09 * (i % MARK_ROWS)} left "
                   f"offset 0.3,0 font small textcolor rgb '{BROWN}'")
    return out


def _named(notes, width):
    """The changes that the width has room for: the last one, and the largest; the host's only where there is room left."""
    room = min(CHANGES, max(1, int(width // NOTE)))
    largest = sorted(notes, key=lambda n: (n.host, -n.size))[:room]
    if room > 1 and notes[-1] not in largest and not notes[-1].host:
        largest[-1] = notes[-1]
    return sorted(largest, key=lambda n: n.run)


def _note_command(runs, notes):
    """Each change's commit and percentage, below the title. The host's has no commit."""
    text = ", ".join(f"{'the host' if note.host else history.short(runs[note.run])} {note.percent}" for note in notes)
    return f"set label {quote(text)} at screen 0.02, screen 0.875 left font small textcolor rgb '{ORANGE}'" if text else ""


def _ticks(runs, notes):
    """Commits below the axis: the changes' own, and as many others as leave room."""
    wanted = {note.run for note in notes if not note.host}
    for x in thinned(len(runs), LABELS):
        if all(abs(x - other) * LABELS >= len(runs) * 0.8 for other in wanted):
            wanted.add(x)
    return ", ".join(f"{quote(history.short(runs[x]))} {x}" for x in sorted(wanted))


def _anchor_commands(entries, low, high):
    """A line across for each of them that the axis reaches; the scale beside it names all."""
    return [f"set arrow from graph 0, first {value} to graph 1, first {value} nohead dt 4 lw 1.5 lc rgb '{colour}' back"
            for value, _, colour in entries if colour != BLUE and low < value < high]


def _main(runs, rows, right, entries=(), steps=()):
    unit = runs[0]["unit"]
    exact = unit == "instructions"
    corners, found = _steps(rows, steps, exact)
    notes = _named(found, right * WIDTH) if found else []
    marks = _marks(runs, found)
    low, high, step = _range(rows)
    high += (high - low) * 0.11 * min(MARK_ROWS, len(marks))
    data = [(x, n["median"], n["q1"], n["q3"], n["min"], hover(n["median"], runs[x], unit)) for x, n in rows]
    return "\n".join([
        block("d", data), block("s", corners), *_mark_commands(marks), _note_command(runs, notes),
        *_anchor_commands(entries, low, high),
        f"set lmargin at screen {(46 + 8 * len(f'{high:.0f}')) / WIDTH}; set rmargin at screen {right}",
        "set bmargin at screen 0.30; set tmargin at screen 0.83",
        f"set ylabel {quote(unit)} textcolor rgb '{INK}'", f"set yrange [{low}:{high}]", f"set ytics {step}", "set format y '%.0f'",
        f"set xrange [-0.7:{len(runs) - 0.3}]",
        f"set xtics ({_ticks(runs, notes)}) rotate by 45 right font small",
        *(f"set label {quote(line)} at screen 0.5, screen {y} center font small textcolor rgb '{GREY}'" for line, y in _captions(exact)),
        f"plot $d using 1:3:4 with filledcurves fill transparent solid 0.25 lc rgb '{BLUE}' notitle, \\",
        f"  $s using 1:2 with lines lw 2 lc rgb '{ORANGE}' notitle, \\",
        f"  $d using 1:5 with points pt 7 ps 0.25 lc rgb '{GREY}' notitle, \\",
        f"  $d using 1:2 with lines lw 2 lc rgb '{BLUE}' notitle, \\",
        f"  $d using 1:2:6 with labels hypertext point pt 7 ps 0.5 lc rgb '{BLUE}' notitle"])


def _captions(exact):
    return [(CAPTION, 0.03)] if exact else [(CAPTION, 0.075), (RATE, 0.025)]


# ---- the scale beside it

def _spread(values, gap, top=0.97):
    """Places for labels, ascending, at least a gap from one to the next, and as near to the values as that allows."""
    places = []
    for value in values:
        places.append(max(value, places[-1] + gap) if places else value)
    limit = top
    for i in range(len(places) - 1, -1, -1):  # a label that stands too high goes down, and pushes
        places[i] = min(places[i], limit)
        limit = places[i] - gap
    return places


def _entries(beside, ours):
    """(value, text, colour), ascending, our own number among them."""
    found = [(ours, "Baton", BLUE)] + [(b.value, b.figure.label, GREEN if b.figure.kind == "floor" else ORANGE)
                                       for b in beside if b.value > 0]
    return [(value, f"{label} {peers.number(value)}", colour) for value, label, colour in sorted(found)]


def _scale_left(entries):
    """Where the scale begins, as a share of the width: the longest label fits."""
    return 1 - (38 + 6.1 * max(len(text) for _, text, _ in entries)) / WIDTH


def _scale(entries):
    """A scale with a logarithmic axis from the smallest to the largest."""
    left = _scale_left(entries)
    low, high = math.log(entries[0][0]), math.log(entries[-1][0])
    at = [0.04 + 0.92 * (math.log(v) - low) / (high - low) if high > low else 0.5 for v, _, _ in entries]
    out = ["unset label", "unset arrow", "unset grid", "unset border", "unset xtics", "unset ytics", "unset ylabel",
           f"set label 'peers, log scale' at screen {left}, screen 0.875 left font small",
           f"set lmargin at screen {left}; set rmargin at screen 1", f"set xrange [0:{(1 - left) * WIDTH}]", "set yrange [0:1]",
           f"set arrow from 8,0 to 8,1 nohead lc rgb '{GREY}'"]
    for (_, text, colour), y, place in zip(entries, at, _spread(at, 0.105)):
        out.append(f"set arrow from 3,{y} to 13,{y} nohead lw 3 lc rgb '{colour}'")
        out.append(f"set arrow from 13,{y} to 24,{place} nohead lc rgb '{GREY}'")
        out.append(f"set label {quote(text)} at 27,{place} left font small textcolor rgb '{INK}'")
    return "\n".join([*out, "plot NaN notitle"])


def name_of(benchmark):
    return "history/" + benchmark.replace("/", "-")


def chart(benchmark, runs, figures, steps=()):
    """None when no run has the benchmark."""
    rows = _rows(runs, benchmark)
    if not rows:
        return None
    ours = rows[-1][1]["median"]
    beside = peers.beside(runs[rows[-1][0]], figures).get(benchmark, []) if ours else []
    if beside:
        entries = _entries(beside, ours)
        body = "\n".join(["set multiplot", _main(runs, rows, _scale_left(entries) - 0.03, entries, steps), _scale(entries)])
    else:
        body = _main(runs, rows, 0.96, steps=steps)
    return Chart(name_of(benchmark), f"{benchmark}: {ours} {runs[0]['unit']}", WIDTH, HEIGHT, body, benchmark)


def charts(runs, figures, steps):
    """steps: history.steps() of the runs."""
    ids = {b["id"]: None for run in reversed(runs) for b in run["benchmarks"]}  # the last run's order first
    return [c for c in (chart(i, runs, figures, steps[i]) for i in ids) if c]
