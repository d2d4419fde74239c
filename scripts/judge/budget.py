"""The budgets (docs/design.md section 9): what each path may cost, what it should cost at best, and what it does cost.

Most budgets are for paths that the footprint counts. The others are for what only the suite measures, from ring 3; there the
program's own instructions are taken off where they can be counted in its source (scripts/judge/agreement.py), and are in
the number where a compiler made them.
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
    held: bool = True  # exceeding it is a failure; otherwise it was never met, and is a goal
    user: int = None  # of a benchmark: the program's own instructions

    def name(self):
        return " + ".join(self.ids) + ("" if self.user is None else " from ring 3")


def _path(ids, most, stretch, figure="instructions", held=True):
    return Budget(ids, figure, most, stretch, held)


def _benchmark(name, most, stretch, user=0, held=True):
    return Budget((name,), "instructions", most, stretch, held, user)


CALL, REPLY_RECV = "ipc.call/cross/fast", "ipc.reply_recv/cross/fast"
ROUND_TRIP = agreement.CALL + agreement.RESULT + agreement.REPLY
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
    _path(("syscall.null",), 12, 8),
    _path(("signal.no_waiter",), 25, 18),
    _path(("switch.yield/cross",), 60, 45),
    _path(("signal.urgent_waits/cross", "wait.blocks/cross"), 150, 110),
    _benchmark("signal.ping_pong/cross", 320, 240),
    _benchmark("fault.page/cross", 450, 300),
    _benchmark("ipc.round_trip/cross/slow/8w", 600, 450, ROUND_TRIP),
    _benchmark("ipc.long/cross/120w", 1300, 1000),
    _benchmark("cap.copy", 250, 150, agreement.PLAIN),
    _benchmark("cap.delete", 250, 150, agreement.PLAIN),
    _benchmark("cap.mint", 270, 150, agreement.PLAIN),
    _benchmark("cap.move", 200, 150, agreement.PLAIN),
    _benchmark("object.retype/endpoint", 300, 200, agreement.PLAIN),
    _benchmark("object.retype/tcb", 500, 350, agreement.PLAIN),
    _benchmark("mem.map_unmap/4k/map", 250, 180, agreement.PLAIN),
    _benchmark("mem.map_unmap/4k/unmap", 200, 150, agreement.PLAIN),
)


@dataclass(frozen=True)
class Verdict:
    budget: Budget
    value: int

    def exceeded(self):
        return self.value > self.budget.most

    def failed(self):
        return self.budget.held and self.exceeded()

    def __str__(self):
        figure = FIGURES[self.budget.figure]
        return f"{self.budget.name()}: {self.value} {figure}, its budget is {self.budget.most}"

    def word(self):
        if self.exceeded():
            return "exceeded" if self.budget.held else "not met yet"
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
