"""The budgets (docs/design.md section 9): what each path may cost, what it should cost at best, and what it does cost.

Some budgets are for paths that the footprint counts. The others are for what only the suite measures, from ring 3, the program's
own instructions in them; of one benchmark they are subtracted (scripts/judge/agreement.py).
"""
from dataclasses import dataclass

from scripts.judge import agreement
from scripts.records import footprint_record, record
from scripts.records.footprint_record import FIGURES


@dataclass(frozen=True)
class Budget:
    ids: tuple  # of paths, whose figures are added; or of one benchmark
    figure: str
    most: int
    stretch: int
    user: int = None  # of a benchmark: the program's own instructions

    def name(self):
        return " + ".join(self.ids) + ("" if self.user is None else " from ring 3")


def _path(ids, most, stretch, figure="instructions"):
    return Budget(ids, figure, most, stretch)


def _benchmark(name, most, stretch, user=0):
    return Budget((name,), "instructions", most, stretch, user)


CALL, REPLY_RECV = "ipc.call/cross/fast", "ipc.reply_recv/cross/fast"
ROUND_TRIP = agreement.CALL + agreement.RESULT + agreement.REPLY
COPIED = 2 * 4096 // 8  # words that reading 4 KiB copies, an instruction each: into the shared buffer, and out of it
QUEUED = agreement.CALL + agreement.RESULT + agreement.PLAIN
BUDGETS = (
    _path((CALL,), 40, 32),
    _path((CALL,), 6, 5, "data_lines"),
    _path((CALL,), 4, 3, "code_lines"),
    _path((CALL,), 8, 6, "stores"),
    _path((REPLY_RECV,), 42, 34),
    _path((CALL, REPLY_RECV), 80, 64),
    # Round trips to and from threads with what compilers and libraries use, without the program's own instructions.
    *(_path((f"ipc.call/cross/{who}", f"ipc.reply_recv/cross/{who}"), most - ROUND_TRIP, stretch - ROUND_TRIP)
      for who, most, stretch in (("sse_client", 150, 125), ("sse", 190, 150), ("tls_client", 130, 110), ("tls", 130, 110))),
    # A message at a server that others wait for, too, without the program's own instructions.
    _path(("ipc.reply_recv/queued/cross", "ipc.call/queued/cross"), 260 - QUEUED, 220 - QUEUED),
    _path(("syscall.null",), 12, 8),
    _path(("signal.no_waiter",), 25, 18),
    _path(("switch.yield/cross",), 60, 45),
    _path(("signal.urgent_waits/cross", "wait.blocks/cross"), 150, 110),
    _path(("signal.bound/urgent_receives", "ipc.recv/cross"), 202, 172),
    _path(("signal.bound/busy",), 42, 32),
    _path(("signal.crowded",), 87, 77),
    _path(("switch.yield/ready/cross",), 78, 66),
    _benchmark("signal.ping_pong/cross", 320, 240),
    _benchmark("ipc.round_trip/cross/slow/8w", 600, 450, ROUND_TRIP),
    _benchmark("ipc.long/cross/16w", 182, 162),
    _benchmark("ipc.long/cross/64w", 278, 258),
    _benchmark("ipc.long/cross/120w", 390, 370),
    _path(("irq.device/cross",), 260, 200),
    _path(("irq.device/bound",), 290, 230),
    _benchmark("irq.latency/cross", 260, 200),
    _benchmark("irq.latency/bound", 290, 230),
    _benchmark("fault.page/cross", 350, 300),
    _benchmark("mem.map_unmap/4k/map", 200, 165),
    _benchmark("mem.map_unmap/4k/unmap", 165, 140),
    _benchmark("mem.protect/4k", 185, 155),
    _benchmark("cap.copy", 160, 140),
    _benchmark("cap.mint", 160, 140),
    _benchmark("cap.delete", 160, 140),
    _benchmark("cap.move", 160, 140),
    _benchmark("object.retype/endpoint", 240, 200),
    _benchmark("object.retype/tcb", 390, 350),
    _benchmark("sdk.ppcall/0w", 110, 100),
    _benchmark("sdk.ppcall/8w", 165, 150),
    _benchmark("sdk.notify/plain", 182, 150),
    _benchmark("sdk.notify/bound", 210, 180),
    _benchmark("fs.read/4k/ram", 1500, 1200, COPIED),
    _benchmark("restart.fs", 5000000, 500000),
    _benchmark("net.udp_echo/64", 24937 * 60 // 100, 24937 * 40 // 100),  # of what Linux takes (results/peers/linux.json)
)


@dataclass(frozen=True)
class Verdict:
    budget: Budget
    value: int

    def failed(self):
        return self.value > self.budget.most

    def __str__(self):
        figure = FIGURES[self.budget.figure]
        return f"{self.budget.name()}: {self.value} {figure}, its budget is {self.budget.most}"

    def word(self):
        if self.failed():
            return "exceeded"
        return "met, stretch too" if self.value <= self.budget.stretch else "met"


def _value(budget, paths, benchmarks):
    """What was measured for it, or None."""
    measured = paths if budget.user is None else benchmarks
    if not all(i in measured for i in budget.ids):
        return None
    if budget.user is None:
        return sum(paths[i][budget.figure] for i in budget.ids)
    return benchmarks[budget.ids[0]]["median"] - budget.user


def judge(footprint, run=None):
    """A verdict for each budget for which everything was measured. `run`: of the suite under tcg."""
    paths, benchmarks = footprint_record.by_id(footprint), record.by_id(run) if run else {}
    values = [(budget, _value(budget, paths, benchmarks)) for budget in BUDGETS]
    return [Verdict(budget, value) for budget, value in values if value is not None]
