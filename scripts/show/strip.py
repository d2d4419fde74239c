"""The boots of both sides of a comparison on one scale: as a line of text, and as SVG. A mean hides what they show at a glance: that
some boots lie in a mode of their own, or that a single one lies far out."""
import math
from html import escape

WIDTH = 28  # characters of each side
DOTS = (200, 17)  # of an SVG: how wide, and how high each side
RADIUS, LANES = 2, (0, -3, 3, -6, 6)  # of a dot; where dots that would hide each other go, above and below the middle
MANY = "+"  # ten boots or more


def ends(old, new):
    """(lowest, highest) of what both sides have."""
    known = [v for v in (*old, *new) if v is not None]
    return (min(known), max(known)) if known else (0, 0)


def _places(values, low, high, last):
    """For each value a whole number from 0 to `last`."""
    return [math.floor((v - low) / (high - low) * last + 0.5) if high > low else 0 for v in values if v is not None]


def cells(values, low, high):
    """In each cell the number of boots that lie there."""
    counts = [0] * WIDTH
    for place in _places(values, low, high, WIDTH - 1):
        counts[place] += 1
    return "".join("." if n == 0 else str(n) if n < 10 else MANY for n in counts)


def line(old, new, name):
    """name(number): the number as text"""
    low, high = ends(old, new)
    return f"old [{cells(old, low, high)}] new [{cells(new, low, high)}] {name(low)} to {name(high)}"


def _lanes(places):
    """(place, lane) of each, from left to right: the first lane where it touches none, else the one whose last is farthest off."""
    last = dict.fromkeys(LANES, -math.inf)
    for place in sorted(places):
        free = [lane for lane in LANES if place - last[lane] > 2 * RADIUS]
        lane = free[0] if free else min(LANES, key=lambda lane: last[lane])
        last[lane] = place
        yield place, lane


def svg(old, new, title):
    """A dot for each boot, the old ones above. Those at one place stand above each other, so that many do not look like one."""
    (width, height), (low, high) = DOTS, ends(old, new)
    rows = ["".join(f'<circle cx="{x + 4}" cy="{row * height + height // 2 + lane}" r="{RADIUS}"/>'
                    for x, lane in _lanes(_places(side, low, high, width - 8)))
            for row, side in enumerate((old, new))]
    sides = "".join(f'<g fill="var(--c{row})" fill-opacity=".6">{dots}</g>' for row, dots in enumerate(rows))
    return (f'<svg viewBox="0 0 {width} {2 * height}" width="{width}" height="{2 * height}" role="img" '
            f'aria-label="{escape(title)}">{sides}</svg>')
