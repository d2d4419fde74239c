"""The part of a run that README.md shows: what the suite's own thread pays, and what programs pay that have more than it has."""
from scripts.records import peers
from scripts.show import table

ROWS = ("ipc.call/cross/8w", "ipc.reply_recv/cross/8w", "ipc.round_trip/cross/8w", "ipc.round_trip/cross/sse/8w",
        "ipc.queue/4", "switch.yield/cross", "signal.ping_pong/cross", "signal.bound/waits", "irq.latency/bound", "fault.page/cross")
PEERS = ("ipc.round_trip/cross/8w", "ipc.round_trip/cross/sse/8w", "switch.yield/cross")
BEGIN, END = "Some rows of `make bench` there:\n\n", "\n\n[docs/measuring.md]"


def _only(run, names):
    return {**run, "benchmarks": [b for b in run["benchmarks"] if table.pathless(b["id"]) in names]}


def lines(run, figures):
    """Of a run under tcg; rows that it lacks are left out."""
    of_peers = [f for f in figures if f.benchmark and "slow" not in f.benchmark and table.pathless(f.benchmark) in PEERS]
    return [*table.pair_lines(_only(run, ROWS)), *peers.lines(run, of_peers)]


def replaced(readme, run, figures):
    """README.md with that in it. fails: ValueError, when it lacks the words before and after."""
    before, rest = readme.split(BEGIN)
    _, after = rest.split(END)
    return before + BEGIN + "\n".join(f"    {line}".rstrip() for line in lines(run, figures)) + END + after
