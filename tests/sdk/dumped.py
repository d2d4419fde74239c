"""The kernel's dump of a running system, compared with the report that the tool made about it."""
import re
from dataclasses import dataclass

CAP = re.compile(r"dump +cap ([0-9a-f]+) (dying )?(\w+) rights ([0-9a-f]+) object ([0-9a-f]+)(.*)")
SPACE = re.compile(r"dump space (\d+), root ([0-9a-f]+):")
STRETCH = re.compile(r"dump     ([0-9a-f]+) to ([0-9a-f]+):(.*)")
THREAD = re.compile(r"dump thread ([0-9a-f]+) .*priority (\d+) of (\d+)")
BOUND = re.compile(r"bound to notification ([0-9a-f]+)")
SLOT, TAGS, TCB_BYTES = 32, 63, 1024
BITS = {"SEND": 1, "RECV": 2, "GRANT": 4, "READ": 8, "WRITE": 16, "EXECUTE": 32, "SIGNAL": 64, "WAIT": 128}
ROOT_RADIX = 12
KINDS = ("endpoint", "notification", "thread", "gate", "stand-in")     # objects by which one reaches another domain
# What these are capabilities to has no address, or none that is known: untyped memory leaves the table where it was made.
NAMELESS = ("IO_PORT", "DEBUG", "UNTYPED")
MAY = {"PRINT": 1, "END": 2, "LOOK": 4}


@dataclass(frozen=True)
class Cap:
    place: int
    type: str
    rights: int
    object: int
    radix: int
    badge: int
    mapped: tuple   # (address, space) or ()
    more: int       # of untyped memory: its size as a power of two; of a debug capability: what it allows


def _cap(found):
    place, _, kind, rights, thing, rest = found.groups()
    radix = re.search(r"radix (\d+)", rest)
    badge = re.search(r"badge ([0-9a-f]+)", rest)
    mapped = re.search(r"mapped at ([0-9a-f]+) in space (\d+)", rest)
    more = re.search(r" (?:size 2\^(\d+)|may ([0-9a-f]+))", rest)
    return Cap(int(place, 16), kind, int(rights, 16), int(thing, 16) & ~TAGS, int(radix[1]) if radix else 0,
               int(badge[1], 16) if badge else 0, (int(mapped[1], 16), int(mapped[2])) if mapped else (), int(more[1] or more[2]) if more else 0)


class Dump:
    def __init__(self, lines):
        self.caps, self.spaces, self.threads = [], {}, {}
        space = thread = None
        for line in lines:
            if found := CAP.match(line):
                self.caps.append(_cap(found))
            elif found := SPACE.match(line):
                space = self.spaces.setdefault((int(found[1]), int(found[2], 16)), [])
            elif found := STRETCH.match(line):
                space.append((int(found[1], 16), int(found[2], 16), tuple(found[3].split())))
            elif found := THREAD.match(line):
                thread = self.threads.setdefault(int(found[1], 16), [int(found[2]), int(found[3]), 0])
            elif found := BOUND.search(line):
                thread[2] = int(found[1], 16)
        self.cnodes = {c.object: c.radix for c in self.caps if c.type == "CNODE"}

    def inside(self, start, size):
        """Capabilities that lie there, by their index."""
        return {(c.place - start) // SLOT: c for c in self.caps if start <= c.place < start + size}

    def cnode(self, thing):
        return self.inside(thing, SLOT << self.cnodes[thing])

    def space_numbers(self):
        """Object of an address space -> its number: both grow with the address."""
        objects = sorted({c.object for c in self.caps if c.type == "ADDRESS_SPACE"})
        return dict(zip(objects, (number for number, _ in sorted(self.spaces, key=lambda s: s[1]))))


def _more(promised):
    """As Cap.more, of a capability in the report."""
    if promised["type"] == "UNTYPED":
        return promised["bytes"].bit_length() - 1
    return sum(MAY[r] for r in promised["rights"])


class Comparison:
    """Complaints of what one says and the other does not."""

    def __init__(self, report, dump):
        self.report, self.dump, self.found = report, dump, []
        self.objects = {}   # (name of a run, index) -> address

    def differ(self, what, promised, there):
        if promised != there:
            self.found.append(f"{what}: the report says {promised}, the kernel {there}")

    def compare(self):
        dump = self.dump
        behind = max(run["first"] + run["count"] for run in self.report["store"])     # it holds itself there, or farther
        store = [o for o in dump.cnodes if any(c.object == o and i >= behind for i, c in dump.cnode(o).items())]
        root = [o for o, radix in dump.cnodes.items() if radix == ROOT_RADIX and o in [
            c.object for i, c in dump.cnode(o).items() if i == 1]]
        if len(store) != 1 or len(root) != 1:
            return [f"{len(store)} stores and {len(root)} tables of the root task"]
        self._name(store[0], root[0])
        self._root(root[0])
        self.differ("CNodes", len(self.report["domains"]) + 2, len(dump.cnodes))
        promised = [c["type"] for d in self.report["domains"] for c in d["capabilities"]]
        for kind in ("UNTYPED", "IRQ_CONTROL"):
            self.differ(f"capabilities to {kind}", promised.count(kind), sum(c.type == kind for c in dump.caps))
        numbers = dump.space_numbers()
        for domain in self.report["domains"]:
            self._capabilities(domain)
            self._memory(domain, numbers)
            self._thread(domain)
        self._frames(numbers)
        self._relations(numbers)
        return self.found

    def _relations(self, numbers):
        """Who can do what to whom, from what each domain holds and maps: not from what the plan has given it."""
        owner = {self.objects[key]: d["name"] for d in self.report["domains"] for kind in KINDS
                 if (key := (f"{kind} of {d['name']}", 0)) in self.objects}
        found = {kind: set() for kind in ("calls", "signals", "stops", "receives", "reads", "writes")}
        names = {("ENDPOINT", "SEND"): "calls", ("ENDPOINT", "GRANT"): "grants", ("ENDPOINT", "RECV"): "receives",
                 ("NOTIFICATION", "SIGNAL"): "signals", ("NOTIFICATION", "WAIT"): "receives"}
        gates = {self.objects[key] for d in self.report["domains"] if (key := (f"gate of {d['name']}", 0)) in self.objects}
        for d in self.report["domains"]:
            for c in self.dump.cnode(self.objects[f"capabilities of {d['name']}", 0]).values():
                if c.object in gates:
                    found.setdefault("starts after", set()).update({(d["name"], owner[c.object])} if c.rights & BITS["WAIT"] else set())
                    continue
                if c.object == self.objects["faults", 0]:
                    found.setdefault("tells", set()).add((d["name"], "root task"))
                    self.differ(f"rights to tell of {d['name']}", BITS["SEND"], c.rights)
                    continue
                kinds = [name for (kind, right), name in names.items() if c.type == kind and c.rights & BITS[right]]
                if d["pool"] and owner.get(c.object) == d["name"]:
                    kinds = []  # its own endpoint, for processes that it makes
                for kind in kinds + ["stops"] * (c.type == "TCB"):
                    found.setdefault(kind, set()).add((d["name"], owner[c.object]))
            number = numbers[self.objects[f"address space of {d['name']}", 0]]
            stretches = next(s for (n, _), s in self.dump.spaces.items() if n == number)
            for c in self.dump.caps:
                if c.type == "FRAME" and c.mapped and c.mapped[1] == number and (name := self._region(c.object)):
                    rights = next(r for start, end, r in stretches if start <= c.mapped[0] < end)
                    found["reads"].add((d["name"], name))
                    found["writes"] |= {(d["name"], name)} if "write" in rights else set()
        self.differ("who receives what is another's", set(), {pair for pair in found.pop("receives") if pair[0] != pair[1]})
        for kind in sorted(set(found) | set(self.report["relations"])):
            self.differ(f"who {kind}", sorted(map(tuple, self.report["relations"].get(kind, []))), sorted(found.get(kind, [])))

    def _region(self, thing):
        if not hasattr(self, "_regions"):
            names = {r["name"] for r in self.report["regions"]}
            self._regions = {a: name for (name, _), a in self.objects.items() if name in names}
        return self._regions.get(thing)

    def _kept(self):
        """Names of what the root task has moved to itself, in order."""
        yield "faults"
        for domain in self.report["domains"]:
            if domain["parent"] is None:
                yield f"thread of {domain['name']}"
                has = {o["name"].removesuffix(f" of {domain['name']}") for o in domain["objects"]}
                yield from (f"{kind} of {domain['name']}" for kind in ("stand-in", "endpoint") if kind in has and
                            (kind == "stand-in" or "stand-in" not in has))

    def _name(self, store, root):
        held = self.dump.cnode(store)
        for run in self.report["store"]:
            for i in range(run["count"]):
                cap = held.get(run["first"] + i)
                if cap:
                    self.differ(f"type of {run['name']}", run["type"], cap.type)
                    self.objects[run["name"], i] = cap.object
        kept = [c for i, c in sorted(self.dump.cnode(root).items()) if c.type in ("ENDPOINT", "TCB") and i > 15]
        names = list(self._kept())
        self.differ("what the root task keeps", len(names), len(kept))
        self.objects.update({(name, 0): cap.object for name, cap in zip(names, kept)})

    def _root(self, root):
        held = self.dump.cnode(root)
        self.differ("types that the root task has", {"CNODE", "TCB", "DEBUG", "ENDPOINT", "FRAME"}, {c.type for c in held.values()})
        self.differ("own capabilities of the root task", [1, 3, 4], [i for i in held if i < 16])
        self.differ("memory that the root task can write", [], [c for c in held.values() if c.type == "FRAME" and c.rights & BITS["WRITE"]])

    def _capabilities(self, domain):
        held = self.dump.cnode(self.objects[f"capabilities of {domain['name']}", 0])
        there = {i: (c.type, c.more if c.type in NAMELESS else c.object, c.rights, c.badge) for i, c in held.items()}
        promised = {c["slot"]: (c["type"], _more(c) if c["type"] in NAMELESS else self.objects.get((c["object"], 0)),
                                sum(BITS[r] for r in c["rights"] if r in BITS), int(c["badge"], 16)) for c in domain["capabilities"]}
        for slot in sorted(set(there) | set(promised)):
            self.differ(f"slot {slot} of {domain['name']}", promised.get(slot), there.get(slot))

    def _memory(self, domain, numbers):
        stretches = []
        for m in domain["mapped"]:
            start, end, rights = int(m["start"], 16), int(m["end"], 16), tuple(r.lower() for r in m["rights"])
            if stretches and stretches[-1][1:] == (start, rights):
                start = stretches.pop()[0]
            stretches.append((start, end, rights))
        number = numbers[self.objects[f"address space of {domain['name']}", 0]]
        there = next(s for (n, _), s in self.dump.spaces.items() if n == number)
        self.differ(f"memory of {domain['name']}", [(s, e, r) for s, e, r in _joined(stretches)], there)

    def _thread(self, domain):
        name = domain["name"]
        thing = self.objects[f"thread of {name}", 0]
        priority, ceiling, bound = self.dump.threads[thing]
        self.differ(f"priority of {name}", (domain["priority"],) * 2, (priority, ceiling))
        caps = {(c.type, c.object): c for c in self.dump.inside(thing, TCB_BYTES).values()}
        for kind, owner in (("CNODE", "capabilities"), ("ADDRESS_SPACE", "address space"), ("FRAME", "IPC buffer")):
            self.differ(f"{kind} of the thread of {name}", True, (kind, self.objects[f"{owner} of {name}", 0]) in caps)
        self.differ(f"extended state of {name}", domain["extended_state"], any(kind == "EXTENDED_STATE" for kind, _ in caps))
        index = [d["name"] for d in self.report["domains"]].index(name)
        faults = "faults" if domain["parent"] is None else f"endpoint of {domain['parent']}"
        cap = next((c for (kind, _), c in caps.items() if kind == "ENDPOINT"), None)
        self.differ(f"where faults of {name} go", (self.objects[faults, 0], BITS["SEND"]), cap and (cap.object, cap.rights))
        if domain["parent"] is None:
            self.differ(f"badge of faults of {name}", index + 1, cap and cap.badge)
        both = {f"endpoint of {name}", f"notification of {name}"} <= {r["name"] for r in self.report["store"]}
        self._stand_in(name, domain["priority"])
        self.differ(f"what is bound to {name}", self.objects[f"notification of {name}", 0] if both else 0, bound)

    def _stand_in(self, name, priority):
        """A second thread with nothing of its own."""
        thing = self.objects.get((f"stand-in of {name}", 0))
        if thing is None:
            return
        self.differ(f"priority of the stand-in of {name}", [priority, priority, 0], self.dump.threads[thing])
        held = sorted((c.type, c.object) for c in self.dump.inside(thing, TCB_BYTES).values())
        own = sorted((kind, self.objects[f"{owner} of {name}", 0]) for kind, owner in (("CNODE", "capabilities"),
                                                                                      ("ADDRESS_SPACE", "address space")))
        self.differ(f"what the stand-in of {name} has", own, held)

    def _frames(self, numbers):
        """Domains that share memory share it by a region of the description, or it is part of a program, and nobody writes to it."""
        names = {self.objects[f"address space of {d['name']}", 0]: d["name"] for d in self.report["domains"]}
        of_space = {numbers[o]: name for o, name in names.items()}
        users, page = {}, {}
        for c in self.dump.caps:
            if c.type == "FRAME" and c.mapped and c.mapped[1] in of_space:
                users.setdefault(c.object, set()).add(of_space[c.mapped[1]])
                page[of_space[c.mapped[1]], c.mapped[0]] = c.object
        shared = set()
        for region in self.report["regions"]:
            for m in region["mapped_by"]:
                for i in range(region["size"] // region["page_size"]):
                    thing = self.objects[region["name"], i]
                    shared.add(thing)
                    at = int(m["vaddr"], 16) + i * region["page_size"]
                    self.differ(f"{region['name']} page {i} in {m['domain']}", f"{thing:x}", f"{page.get((m['domain'], at), 0):x}")
        store = {a for (name, _), a in self.objects.items()}
        for thing, who in users.items():
            if len(who) > 1 and thing not in shared and thing in store:
                self.found.append(f"{', '.join(sorted(who))} share the frame {thing:x}, and no region is there")


def _joined(stretches):
    """As the kernel says them: pages in the order of addresses, with the rights in its order."""
    order = ("read", "write", "execute")
    return [(start, end, tuple(r for r in order if r in rights)) for start, end, rights in stretches]


def compare(report, lines):
    """Complaints; none: the report says what exists."""
    return Comparison(report, Dump(lines)).compare()
