"""A benchmark's medians over the runs as a line of a word's height, for tables and cards."""
from html import escape

WIDTH, HEIGHT, MARGIN = 120, 26, 3
FLAT = 0.02  # of the largest: what varies less is not stretched to the whole height


def _points(values):
    known = [v for v in values if v is not None]
    low, high = min(known), max(known)
    room = max(high - low, high * FLAT, 1e-9)
    middle = (high + low) / 2
    step = (WIDTH - 2 * MARGIN) / max(len(values) - 1, 1)
    return [(round(MARGIN + i * step, 1), round(HEIGHT / 2 - (v - middle) / room * (HEIGHT - 2 * MARGIN), 1))
            for i, v in enumerate(values) if v is not None]


def svg(values, title):
    """Where a run has no number there is no point; the last one has a dot."""
    points = _points(values)
    line = " ".join(f"{x},{y}" for x, y in points)
    x, y = points[-1]
    return (f'<svg class="spark" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" '
            f'aria-label="{escape(title)}"><title>{escape(title)}</title>'
            f'<polyline points="{line}" fill="none" stroke="var(--c0)" stroke-width="1.5"/>'
            f'<circle cx="{x}" cy="{y}" r="2.5" fill="var(--c0)"/></svg>')
