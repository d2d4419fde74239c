"""One HTML page that needs nothing else: text is escaped, charts are inline SVG whose colours follow the page's, and there is
no script and no reference to another file."""
import re
from html import escape
from pathlib import Path

from scripts.base.common import BatonError
from scripts.show import plot

STYLE = Path(__file__).with_name("report.css")
# What gnuplot draws in which colour: the page's own, which differ in the dark.
VARIABLES = {plot.INK: "--soft", plot.GRID: "--grid", "#000000": "--ink", **{c: f"--c{i}" for i, c in enumerate(plot.COLOURS)}}
RGB = re.compile(r"rgb\(\s*(\d+),\s*(\d+),\s*(\d+)\)")
NO_HOVER = re.compile(r'(?<!<g class="hover">)<title>.*?</title>|<desc>.*?</desc>', re.DOTALL)  # all names that nobody asked for
SYMBOLS = re.compile(r"<defs>.*?</defs>", re.DOTALL)


class Raw(str):
    """Markup, which is not escaped again."""


def text(value):
    return value if isinstance(value, Raw) else Raw(escape(str(value)))


def tag(name, *content, **attributes):
    """<name attributes>content</name>; class_ for class."""
    words = "".join(f' {k.rstrip("_").replace("_", "-")}="{escape(str(v))}"' for k, v in attributes.items() if v is not None)
    return Raw(f"<{name}{words}>{''.join(text(c) for c in content)}</{name}>")


def table(heads, rows, wide=(), caption=None):
    """Rows of cells; heads are (title, "" or "n" for numbers); columns in `wide` are left out on a phone.
    A row that is Raw spans all columns. On a phone it may be wider than its place, which who has no pointer must reach to move it."""
    def classes(i):
        return " ".join(w for w in (heads[i][1], "wide" if i in wide else "") if w) or None

    head = tag("tr", *(tag("th", title, class_=classes(i)) for i, (title, _) in enumerate(heads)))
    body = [tag("tr", tag("td", row, colspan=len(heads))) if isinstance(row, Raw) else
            tag("tr", *(tag("td", cell, class_=classes(i)) for i, cell in enumerate(row))) for row in rows]
    parts = [tag("caption", caption)] if caption else []
    return tag("div", tag("table", *parts, tag("thead", head), tag("tbody", *body)), class_="scroll", tabindex="0")


def section(identity, title, *content):
    return tag("section", tag("h2", title), *content, id=identity)


# ---- charts

def _colour(match):
    value = "#%02x%02x%02x" % tuple(int(n) for n in match.groups())
    return f"var({VARIABLES[value]})" if value in VARIABLES else value


def _symbols(svg):
    """The point symbols that all of gnuplot's SVGs define alike."""
    found = SYMBOLS.search(svg)
    return re.sub(r"\t<filter.*?</filter>\n", "", found[0], flags=re.DOTALL) if found else ""


def inline(svg, title):
    """An SVG file as a part of the page."""
    size = re.search(r'width="(\d+)" height="(\d+)"', svg)
    if not size:
        raise BatonError(f"the chart '{title}' has no size", "another version of gnuplot draws another SVG; see scripts/show/page.py")
    body = svg[svg.index(">", svg.index("<svg")) + 1:svg.rindex("</svg>")]
    body = SYMBOLS.sub("", NO_HOVER.sub("", body))
    body = re.sub(r'<rect x="0" y="0"[^>]*/>', "", body)  # the background
    body = RGB.sub(_colour, body).replace('"black"', '"var(--ink)"').replace("xlink:href", "href")
    body = re.sub(r'''\s(?:id|font-family|xml:space)=(?:"[^"]*"|'[^']*')''', "", body)
    body = re.sub(r"\s+", " ", re.sub(r"<g[^>]*>\s*</g>", "", body))
    words = f'viewBox="0 0 {size[1]} {size[2]}" role="img" aria-label="{escape(title)}" style="max-width:{size[1]}px;--width:{size[1]}px"'
    return Raw(f"<svg {words}>{body}</svg>")


def figures(charts, pictures, backend):
    """([each chart's markup], the symbols that they share). As a table, a chart can be wider than its place."""
    drawn = [(c, picture["svg"].decode()) for c, picture in zip(charts, pictures)]
    return [tag("figure", inline(svg, c.title), id=f"c-{backend}-{c.name.replace('/', '-')}", tabindex="0") for c, svg in drawn], \
        _symbols(drawn[0][1]) if drawn else ""


def document(title, symbols, style, *content):
    hidden = f'<svg width="0" height="0" class="symbols" aria-hidden="true">{symbols.replace("xlink:href", "href")}</svg>'
    head = tag("head", Raw('<meta charset="utf-8">'), Raw('<meta name="viewport" content="width=device-width, initial-scale=1">'),
               Raw('<meta name="color-scheme" content="light dark">'), tag("title", title),
               Raw(f"<style>\n{STYLE.read_text(encoding='utf-8')}{style}</style>"))
    return f"<!doctype html>\n{tag('html', head, tag('body', Raw(hidden), tag('main', *content)), lang='en')}\n"
