"""DESIGN.md section 5 as data: what each path may cost, what it should cost at best, and what it does cost."""
from dataclasses import dataclass

from footprint_record import FIGURES, by_id


@dataclass(frozen=True)
class Budget:
    paths: tuple  # whose figures are added
    figure: str
    most: int
    stretch: int
    held: bool = False  # exceeding it is a failure; else it is a goal, of a path that did not meet it yet

    def name(self):
        return " + ".join(self.paths)


CALL, REPLY_RECV = "ipc.call/cross/fast", "ipc.reply_recv/cross/fast"
BUDGETS = (
    Budget((CALL,), "instructions", 40, 32, held=True),
    Budget((CALL,), "data_lines", 6, 5, held=True),
    Budget((CALL,), "code_lines", 4, 3, held=True),
    Budget((CALL,), "stores", 8, 6, held=True),
    Budget((REPLY_RECV,), "instructions", 42, 34, held=True),
    Budget((CALL, REPLY_RECV), "instructions", 80, 64, held=True),
    Budget(("syscall.null",), "instructions", 12, 8, held=True),
    Budget(("signal.no_waiter",), "instructions", 25, 18),
    Budget(("switch.yield/cross",), "instructions", 60, 45),
    Budget(("signal.urgent_waits/cross", "wait.blocks/cross"), "instructions", 150, 110),
)


@dataclass(frozen=True)
class Verdict:
    budget: Budget
    value: int
    code: str

    def exceeded(self):
        return self.value > self.budget.most

    def failed(self):
        return self.budget.held and self.exceeded()

    def __str__(self):
        figure = FIGURES[self.budget.figure]
        return f"{self.budget.name()}: {self.value} {figure}, its budget is {self.budget.most}"

    def word(self):
        if self.exceeded():
            return "exceeded" if self.code == "nasm" else "not met: C so far"
        return "met, stretch too" if self.value <= self.budget.stretch else "met"


def judge(footprint):
    """A verdict for each budget whose paths were measured."""
    paths = by_id(footprint)
    found = []
    for budget in BUDGETS:
        chosen = [paths[p] for p in budget.paths if p in paths]
        if len(chosen) == len(budget.paths):
            code = "nasm" if all(p["code"] == "nasm" for p in chosen) else "c"
            found.append(Verdict(budget, sum(p[budget.figure] for p in chosen), code))
    return found
