"""What follows a measurement: its charts, what others cost, and what could not be measured. None of it undoes the measurement."""
import sys

from scripts.base.common import BatonError, shown, warn
from scripts.records import peers
from scripts.verbs import breakdown, chart


def tell_refused(run):
    """fails: a benchmark was refused, so the record, which is kept, is not the latest one."""
    if run["refused"]:
        raise BatonError(f"{len(run['refused'])} benchmarks were refused; results/latest is as it was",
                         "quiet the machine and measure again")


def draw(results, run, kernel=None):
    """Draws the charts of the run's backend; what to say of them. kernel: the image that was measured, for the stages of the fast paths."""
    lines = []
    sys.stdout.flush()  # who reads the table by a pipe need not wait for it
    warn("drawing the charts")
    if run["backend"] == "tcg" and kernel is not None:
        try:
            breakdown.write(results, kernel, run)
        except BatonError as error:
            lines.append(f"stages of the fast paths: none: {error}")
    try:
        lines.append(f"charts: {shown(chart.draw(results, run['backend']))}/")
    except BatonError as error:
        lines.append(f"charts: none: {error}")
    return "\n".join(lines)


def peers_text(run, results):
    """What others cost, for a record that holds a benchmark of theirs; else empty."""
    try:
        return "".join(f"\n{line}" for line in ["", *peers.lines(run, peers.read() + peers.own_linux(run, results))])
    except BatonError as error:
        return f"\n\npeers: none: {error}"
