"""Pictures of many charts: as many gnuplots at a time as there are processors, and none for a picture that lies there already."""
import hashlib
import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from scripts.base import patience
from scripts.show import plot

MARK = re.compile(rb"<!-- drawn from ([0-9a-f]{64}) -->\n\Z")


def _gnuplot():
    """Another version may draw another picture."""
    try:
        return patience.run([plot.GNUPLOT, "--version"], capture_output=True).stdout
    except FileNotFoundError:
        return b""  # who draws with it says so


def _source(chart, gnuplot):
    """What the picture depends on."""
    words = repr(chart).encode() + Path(plot.__file__).read_bytes() + gnuplot
    return hashlib.sha256(words).hexdigest().encode()


def _kept(chart, directory, source):
    """The pictures that lie there, if they were drawn from the same; else None."""
    paths = {t: directory / f"{chart.name}.{t}" for t in plot.TERMINALS}
    try:
        found = {t: path.read_bytes() for t, path in paths.items()}
    except OSError:
        return None
    mark = MARK.search(found["svg"])
    return found if mark and mark[1] == source else None


def _drawn(chart, source):
    found = plot.render(chart)
    return {**found, "svg": found["svg"] + b"<!-- drawn from " + source + b" -->\n"}


def pictures(charts, directory, tell=lambda done, whole: None):
    """[{"svg": bytes, "png": bytes}] of the charts, in their order; the directory is where earlier ones are. tell: how far it is.
    fails: what plot.render() fails by."""
    gnuplot, done = _gnuplot(), []

    def picture(chart):
        source = _source(chart, gnuplot)
        found = _kept(chart, Path(directory), source) or _drawn(chart, source)
        done.append(chart)
        tell(len(done), len(charts))
        return found

    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        waiting = [pool.submit(picture, chart) for chart in charts]
        try:
            return [one.result() for one in waiting]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
