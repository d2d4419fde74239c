"""Which calls ended how: by their results at once, and by what ends a wait that they began."""
from collections import Counter

from tests.model.numbers import ABI, ERROR_NAMES, GOT
from tests.model.state import AWAITING, RECEIVING, SENDING, WAITING, Thread
from tests.model.step import CALLS, Again, Call
from tests.runner import coverage

WAITS = (SENDING, RECEIVING, WAITING, AWAITING)
OUTCOMES = {number: name for name, number in vars(GOT).items()}


def name_of(call, result):
    """As coverage.documented() has it."""
    if result in ERROR_NAMES:
        return ERROR_NAMES[result]
    return "VALUE" if ABI.calls[call].is_value() else OUTCOMES.get(result, "VALUE")


def _signed(number):
    return number - (1 << 64) if number >> 63 else number


class Coverage:
    def __init__(self):
        self.inputs, self.pairs = Counter(), Counter()

    def note(self, before, i, after, outcome):
        """One step of the specification."""
        self.inputs[type(i).__name__] += 1
        me = before.current
        if isinstance(i, (Call, Again)) and isinstance(outcome, int):
            number = i.number if isinstance(i, Call) else before.objects[me].regs["rax"]
            thread = after.objects.get(me)
            if not (thread and thread.state in WAITS):
                self._count(CALLS[number][0], outcome)
        for name, thread in before.objects.items():
            if isinstance(thread, Thread) and thread.state in WAITS and not thread.fault:
                self._ended(thread, after.objects.get(name))

    def _ended(self, thread, now):
        if isinstance(now, Thread) and now.state not in WAITS and now.regs["rax"] is not None and thread.call in CALLS:
            self._count(CALLS[thread.call][0], _signed(now.regs["rax"]))

    def _count(self, call, result):
        self.pairs[call, name_of(call, result)] += 1

    def add(self, other):
        self.inputs += other.inputs
        self.pairs += other.pairs

    def missing(self):
        return sorted(set(coverage.documented(ABI)) - set(self.pairs))

    def unknown(self):
        return sorted(set(self.pairs) - set(coverage.documented(ABI)))
