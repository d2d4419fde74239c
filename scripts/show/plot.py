"""Pictures by gnuplot: what a chart is, and how it becomes an SVG and a PNG."""
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from scripts.base import patience
from scripts.base.common import BatonError

GNUPLOT = "gnuplot"
FONT = "DejaVu Sans"
FALLBACK = f"{FONT}, Verdana, Arial, sans-serif"  # where the SVG is viewed on a machine without that font
TERMINALS = ("svg", "png")
# Colours that people with any kind of colour vision can tell apart (Okabe and Ito).
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d31", "#7f7f7f")
BLUE, ORANGE, GREEN, PINK, YELLOW, SKY, BROWN, GREY = COLOURS
INK, GRID = "#444444", "#dddddd"
# gnuplot's hypertext wants a script; a title of SVG's own needs none.
HYPERTEXT = re.compile(rb"""<g onmousemove="gnuplot_svg\.showHypertext\(evt,'([^']*)'\)" onmouseout="[^"]*"><title> ?</title>""")


@dataclass(frozen=True)
class Chart:
    name: str  # of the files, without suffix; may have a directory
    title: str
    width: int
    height: int
    body: str  # gnuplot commands, without terminal and output
    subject: str = ""  # the benchmark that it is about, where it is about one


def quote(text):
    """A gnuplot string that means just these characters (single quotes know no escapes but their own)."""
    return "'" + text.replace("'", "''").replace("\n", " ") + "'"


def block(name, rows):
    """A gnuplot data block; an empty row makes a gap."""
    return f"${name} << EOD\n" + "\n".join(" ".join(str(cell) for cell in row) for row in rows) + "\nEOD"


def thinned(count, most):
    """Which of `count` labels to write so that at most about `most` are: the last always."""
    step = max(1, -(-count // most))
    return [i for i in range(count) if (count - 1 - i) % step == 0]


def _script(chart, terminal, path):
    size = f"size {chart.width},{chart.height}"
    term = {"svg": f"svg {size} font '{FONT},12' background rgb 'white'",
            "png": f"pngcairo {size} font '{FONT},9'"}[terminal]
    big, small = {"svg": (14, 11), "png": (10.5, 8)}[terminal]  # pixels, points
    return f"""reset
set terminal {term} noenhanced
set output {quote(str(path))}
big = ',{big}'
small = ',{small}'
set border 3 lc rgb '{INK}'
set tics nomirror out
set grid ytics lc rgb '{GRID}' lt 1
set xtics textcolor rgb '{INK}'
set ytics textcolor rgb '{INK}'
set label {quote(chart.title)} at screen {10 / chart.width}, screen {1 - 18 / chart.height} left font big
{chart.body}
unset multiplot
unset output
"""


def hover(value, run, unit):
    """What a point says when the pointer is on it: a cell of a data block, for `with labels hypertext`."""
    changed = "+" if run["dirty"] else ""
    return f'"{value} {unit}, {run["commit"][:10]}{changed}, {run["date"][:10]}"'


def _titled(match):
    return b'<g class="hover"><title>%s</title>' % match[1]


def _checked(chart, data, terminal):
    if terminal == "svg":
        data = HYPERTEXT.sub(_titled, data)
        data = re.sub(rb'font-family="[^"]*"', f'font-family="{FALLBACK}"'.encode(), data)
        data = data.replace(b"<title>Gnuplot</title>", f"<title>{_xml(chart.title)}</title>".encode())
    return data


def _xml(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def render(chart):
    """{"svg": bytes, "png": bytes}. fails: no gnuplot, and whatever gnuplot says."""
    with tempfile.TemporaryDirectory(prefix="baton-chart-") as directory:
        paths = {t: Path(directory) / f"picture.{t}" for t in TERMINALS}
        script = "".join(_script(chart, t, path) for t, path in paths.items())
        try:
            done = patience.run([GNUPLOT, "-"], data=script, encoding="utf-8", capture_output=True)
        except FileNotFoundError as error:
            raise BatonError("gnuplot is not installed", "scripts/setup.sh chart") from error
        except patience.Hung as hung:
            raise BatonError(f"gnuplot draws {chart.name}, and {hung.what}", hung.do) from hung
        if done.returncode != 0 or not all(p.is_file() for p in paths.values()):
            said = [line for line in done.stderr.splitlines() if line.strip()]
            raise BatonError(f"gnuplot cannot draw {chart.name}: {said[-1] if said else 'it said nothing'}")
        return {t: _checked(chart, path.read_bytes(), t) for t, path in paths.items()}
