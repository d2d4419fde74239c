"""What the checks of one description share: the log, the names that are known, the ids that are taken."""
from dataclasses import dataclass, field

from .log import Log, shown
from .model import PAGE, SetVar, System
from .paths import SearchPath

# Variables of libmicrokit that the tool fills itself, and their bytes.
LIBRARY_VARIABLES = {"microkit_name": 64, "microkit_passive": 1, "microkit_irqs": 8, "microkit_notifications": 8,
                     "microkit_pps": 8, "microkit_ioports": 8}


@dataclass(eq=False)
class Context:
    log: Log
    search: SearchPath
    memory: int                                     # bytes of RAM of the machine that the system is for
    system: System = None
    regions: dict = field(default_factory=dict)     # name -> MemoryRegion; size 0: its size was wrong, so look no further
    pds: dict = field(default_factory=dict)         # name -> ProtectionDomain
    claims: dict = field(default_factory=dict)      # (kind, owner, id) -> what has it, as words and a place
    later: list = field(default_factory=list)       # what needs the names of all protection domains
    places: dict = field(default_factory=dict)      # object of the model -> node

    def claim(self, kind, owner, number, values, words, what):
        """An id that only one thing may have. True: it was free."""
        taken = self.claims.setdefault((kind, owner, number), (what, values.at("id")))
        if taken[1] is values.at("id"):
            return True
        self.log.error(values.at("id"), words, lambda: f"{number} is the id of {taken[0]} in line "
                       f"{self.log.position(taken[1]).line}; {self._free(kind, owner)}")
        return False

    def _free(self, kind, owner):
        free = next((i for i in range(62) if (kind, owner, i) not in self.claims), None)
        return "no id below 62 is free" if free is None else f"{free} is free"

    def setvar(self, pd, values, name, **what):
        """The variable that an attribute names, if it is there; `what` is for SetVar."""
        symbol = values.text(name)
        if symbol is None:
            return
        place = values.at(name)
        if symbol == "" or symbol in LIBRARY_VARIABLES:
            why = "it must not be empty" if symbol == "" else f"'{symbol}' is filled by the tool itself"
            values.error(name, f"setvar on symbol '{symbol}' is not possible", f"name a variable of the program; {why}")
            return
        taken = self.claims.setdefault(("symbol", pd, symbol), ("", place))
        if taken[1] is not place:
            self.log.error(place, f"setvar on symbol '{shown(symbol)}' already exists on element '{values.node.name}'",
                           lambda: f"'{shown(pd.name)}' has it in line {self.log.position(taken[1]).line}: use another variable")
            return
        pd.setvars.append(SetVar(pd, symbol, at=self.log.position(place), **what))
        self.places[pd.setvars[-1]] = place


def overlaps(items):
    """Pairs of (start, end, thing) of which one begins before an earlier one ends; each thing comes once as the second."""
    last = None
    for item in sorted(items, key=lambda item: item[:2]):
        if last and item[0] < last[1]:
            yield last, item
        if not last or item[1] > last[1]:
            last = item


def aligned(value, to=PAGE):
    """The next multiple."""
    return (value + to - 1) // to * to
