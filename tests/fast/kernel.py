"""What is below the specification's level, as the kernel's structures say it."""
from tests.model import below


class Kernel(below.Below):
    """field: (structure, address, name) -> number. names: the kernel's symbols."""

    def __init__(self, field, names, constants, clears):
        self._field, self._names, self._c, self.clears = field, names, constants, clears

    @property
    def held(self):
        return self._field("cpu", self._names["cpu"], "extended")

    def left(self, name):
        wait = self._field("tcb", name, "wait")
        if name == self._field("cpu", self._names["cpu"], "current") or not wait & self._c.REF_READY or wait == self._c.REF_READY:
            return None
        returned = wait & ~self._c.READY_ALONE == self._c.READY_RETURNED & ~self._c.READY_ALONE
        return below.RETURNED if returned else below.NOTIFIED

    def signalled(self, name):
        return bool(self._field("tcb", name, "slow_reasons") & self._c.SLOW_SIGNALLED)

    def by_c(self, name):
        return bool(self._field("tcb", name, "slow_reasons") & self._c.SLOW_EXTENDED)

    def cancels_at(self, endpoint):
        return self._field("endpoint", endpoint, "scan")
