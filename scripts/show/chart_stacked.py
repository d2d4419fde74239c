"""Bars of parts that add up: what the fast paths consist of, and what is left to win on top of what the CPU's own steps take."""
from scripts.records.record import by_id
from scripts.show.plot import BLUE, COLOURS, GREY, INK, SKY, Chart, block, quote

DIGIT = 0.0175  # of the longest bar: what a digit of a number needs in its piece, which holds two of them or none
DARK = (*COLOURS[:3], GREY)  # a number on these is white
TOLD = 24  # pixels of a line below the title


def _parts(rows):
    """The parts, as they follow each other in a bar."""
    return list(dict.fromkeys(part for _, parts in rows for part in parts))


def _number(wide, top):
    """The number of a piece, where there is room."""
    text = f"{wide:.3g}"
    return text if wide > top * DIGIT * max(2, len(text)) else '""'


def _corners(rows, part, top):
    """Each bar's piece: its middle, its corners, its number."""
    for y, (_, parts) in enumerate(rows):
        before = list(parts).index(part) if part in parts else None
        if before is not None and parts[part]:
            x, wide = sum(list(parts.values())[:before]), parts[part]
            yield x + wide / 2, y, x, x + wide, y - 0.36, y + 0.36, _number(wide, top)


def _chart(name, title, unit, rows, colours, more=(), told=(), width=480, of=None):
    """Rows of (name, {part: value}); told: lines below the title; more: other commands; of: the part that is told beside the sum."""
    totals = []
    for y, (_, parts) in enumerate(rows):
        total = sum(parts.values())
        totals.append((total, y, f'"{parts[of]:g} of {total:.0f}"' if of else total))
    top, blocks, plots = max(t[0] for t in totals), [block("t", totals)], []
    for i, (part, colour) in enumerate(zip(_parts(rows), colours)):
        blocks.append(block(f"d{i}", _corners(rows, part, top)))
        plots.append(f"$d{i} using 1:2:3:4:5:6 with boxxyerror fill solid 0.9 noborder lc rgb '{colour}' title {quote(part)}")
        on = "#ffffff" if colour in DARK else "#000001"
        plots.append(f"$d{i} using 1:2:7 with labels center font small textcolor rgb '{on}' notitle")
    plots.append(f"$t using 1:2:3 with labels left offset 0.5,0 textcolor rgb '{INK}' notitle")
    ticks = ", ".join(f"{quote(named)} {y}" for y, (named, _) in enumerate(rows))
    height, key = 158 + 32 * len(rows) + TOLD * len(told), 36 + TOLD * len(told)
    body = "\n".join([
        *blocks, *(f"set label {quote(line)} at screen {10 / width}, screen {1 - (40 + TOLD * i) / height} left font small "
                   f"textcolor rgb '{INK}'" for i, line in enumerate(told)),
        f"set xlabel {quote(unit)} textcolor rgb '{INK}'", f"set xrange [0:{top * (1.3 if of else 1.12)}]",
        f"set yrange [{len(rows) - 0.5}:-0.5]", f"set ytics ({ticks}) scale 0", "set grid noytics xtics", *more,
        f"set lmargin at screen 0.36; set rmargin at screen 0.97; set tmargin at screen {1 - (58 + key) / height}",
        f"set bmargin at screen {60 / height}",
        f"set key at screen 0.97, screen {1 - key / height} right horizontal samplen 1 width -1 font small",
        "plot " + ", \\\n  ".join(plots)])
    return Chart(name, title, width, height, body)


def breakdown(data):
    """The stages; the floor is what an empty system call takes. Its line is behind the bars and their numbers."""
    rows = [(path["name"], path["stages"]) for path in data["paths"]]
    floor = min(path["instructions"] for path in data["paths"])
    line = (f"set arrow from {floor}, graph 0 to {floor}, graph 1 nohead dt 2 lw 1.5 lc rgb '{INK}' back",
            f"set label 'floor' at {floor}, graph 1 center offset 0,0.6 font small textcolor rgb '{INK}'")
    return _chart("breakdown", f"Fast paths, by stage: instructions ({data['commit'][:10]})",
                  "kernel instructions, from the entry to SYSRET", rows, COLOURS, line)


# ---- what is left to win

# Of the operations of bench/logic: entries into the kernel, and switches of the address space (bench/logic/world.c).
STEPS = {"logic.null": (1, 0), "logic.identify": (1, 0), "logic.no_waiter": (1, 0), "logic.round_trip": (2, 2), "logic.ping_pong": (2, 2),
         "logic.yields": (2, 2)}
ENTRY, SWITCH, CPU = "SYSCALL and SYSRET", "CR3 write", "Skylake class"


def _published(figures, what):
    return next((f.value for f in figures if f.kind == "part" and f.version == CPU and f.what.startswith(what)), None)


def left_to_win(run, figures):
    """Of a run of the logic alone: what its instructions add to the floor, below which no path can come."""
    entry, switch = (_published(figures, what) for what in (ENTRY, SWITCH))
    if run["backend"] != "logic" or not entry or not switch:
        return []
    rows = [(name.removeprefix("logic."), {f"floor: {ENTRY}": entry * entries, f"floor: {SWITCH}": switch * switches,
                                           "logic, warm": round(numbers["median"] / 100, 1)})
            for name, (entries, switches) in STEPS.items() if (numbers := by_id(run).get(f"{name}/warm"))]
    told = [f"The floor is what the CPU's own steps take, as published ({CPU}, clock not stated); on it stands the logic,",
            "as measured on this machine in core cycles: all that other instructions could win."]
    return [_chart("left-to-win", "What is left to win", "cycles of one operation", rows, (GREY, SKY, BLUE), told=told, width=560,
                   of="logic, warm")] if rows else []
