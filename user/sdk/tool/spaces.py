"""The memory of a protection domain: its program, stack, buffer and regions, and the page tables for all of it."""
from .abi import ABI
from .content import Memory
from .model import BUFFER, PAGE, STACK_TOP
from .objects import NONE

READ, WRITE, EXECUTE = (ABI[f"RIGHT_{name}"] for name in ("READ", "WRITE", "EXECUTE"))
TLS = BUFFER + 0x800        # the thread-control block: in the page of the buffer, after it
CANARY = 0x28               # of it, where compilers look for the word that guards stacks
TABLE_BITS = (39, 30, 21)   # what an entry of the tables at each level covers
WINDOWS = ((0x1000000000, 12), (0x1040000000, 21), (0x8000000000, 30))  # build.c


def tables_for(ranges):
    """Addresses at which page tables must be put, the highest level first. `ranges`: (first byte, byte after the last, bits of a page)."""
    found = []
    for level in TABLE_BITS:
        places = {address >> level << level for start, end, bits in ranges if bits < level
                  for address in range(start >> level << level, end, 1 << level)}
        found += sorted(places)
    return found


def rights_of(thing):
    return READ * thing.read | WRITE * thing.write | EXECUTE * thing.execute


class Space:
    """Makes the objects and steps of one domain's memory."""

    def __init__(self, plan, domain):
        self.plan, self.domain, self.pd = plan, domain, domain.pd
        self.ranges = []

    def build(self):
        memories = [Memory(segment) for segment in self.pd.program.segments]
        self._patch(memories)
        copy = self._reset(memories) if self.pd.reset else None
        late = [s for s in self.pd.setvars if s.kind != "value"]
        for memory in memories:
            self._program(memory, [s for s in late if memory.holds(s.address, 8)])
        if copy:
            self._copy(copy, late)
        self._own("stack", STACK_TOP - self.pd.stack_size, self.pd.stack_size // PAGE)
        self.domain.buffer = self._own("IPC buffer", BUFFER, 1)
        if "__stack_chk_fail" in self.pd.program.symbols:
            self.domain.fs_base = TLS
            self.plan.op("OP_RANDOM", a=self.domain.buffer.at(), value=TLS + CANARY - BUFFER)
        for made in self.pd.maps:
            self._map(made)
        return self._tables()

    def _frames(self, name, count):
        run = self.plan.run("TYPE_FRAME", f"{name} of {self.pd.name}", self.pd, bits=12, count=count)
        self.domain.runs.append(run)
        return run

    def _own(self, name, vaddr, pages, rights=READ | WRITE):
        run = self._frames(name, pages)
        self._mapped(vaddr, pages * PAGE, rights, 12, name)
        self.plan.op("OP_MAP", a=run.at(), b=self.domain.space.at(), count=pages, value=vaddr, rights=rights)
        return run

    def _mapped(self, vaddr, size, rights, bits, what):
        self.ranges.append((vaddr, vaddr + size, bits))
        self.domain.mapped.append((vaddr, size, rights, what))

    def _patch(self, memories):
        pd = self.pd
        name = pd.name.encode("utf-8")[:63].ljust(64, b"\0")
        words = {"microkit_name": name, "microkit_passive": bytes([pd.passive])}
        for which in ("irqs", "notifications", "pps", "ioports"):
            words[f"microkit_{which}"] = pd.bits(which).to_bytes(8, "little")
        for variable, data in words.items():
            self._write(memories, pd.variables[variable], data)
        for symbol in pd.program.symbols.get("microkit_timers", ())[:1]:
            self._write(memories, symbol.address, pd.bits("timers").to_bytes(8, "little"))
        for setvar in pd.setvars:
            if setvar.kind == "value":
                self._write(memories, setvar.address, (setvar.value % 2**64).to_bytes(8, "little"))

    def _write(self, memories, address, data):
        next(m for m in memories if m.holds(address, len(data))).patch(address, data)

    def _program(self, memory, late):
        """What nobody writes to is mapped from the image itself; the rest is copied."""
        rights, what = rights_of(memory.segment), "program"
        if not memory.segment.write and not late:
            page = self.plan.blobs.add(memory.whole())
            self._mapped(memory.start, memory.count * PAGE, rights, 12, what)
            self._map_own(page, memory, rights)
            return
        run = self._own(what, memory.start, memory.count, rights)
        self._fill(run, memory)
        self._late(run, memory.start, late)

    def _map_own(self, page, memory, rights, start=None):
        self.plan.copies += memory.count
        self.plan.op("OP_MAP_OWN", a=Page(self.plan.blobs, page), b=self.domain.space.at(), count=memory.count,
                     value=memory.start if start is None else start, rights=rights)

    def _fill(self, run, memory):
        for first, data in memory.stretches():
            self.plan.op("OP_FILL", a=run.at(), b=Page(self.plan.blobs, self.plan.blobs.add(data)), count=len(data), value=first * PAGE)

    def _late(self, run, start, setvars):
        """What is only known when the machine has started."""
        for setvar in setvars:
            at = setvar.address - start
            if setvar.kind == "region_paddr":
                self.plan.op("OP_ADDRESS", a=run.at(), b=self.plan.regions[setvar.region].at(), value=at)
            else:
                self.plan.op("OP_MSI_WORD", a=run.at(), b=self.plan.handlers[setvar.irq].at(), value=at,
                             count=("msi_address", "msi_data").index(setvar.kind))

    def _reset(self, memories):
        """Where the copy of the fresh data is, which the component copies at each start, by words (start.asm)."""
        data = next(m for m in memories if m.segment.write)
        used = max([page + 1 for page in data.pages] + [-(-(s.address + 8 - data.start) // PAGE) for s in self.pd.setvars
                                                      if s.kind != "value" and data.holds(s.address, 8)] + [0])
        start = max([m.start + m.count * PAGE for m in memories] + [m.end for m in self.pd.maps if m.end < STACK_TOP // 2]) + PAGE
        at = data.segment.vaddr - data.segment.vaddr % 8
        words_ = -(-(data.segment.vaddr % 8 + data.segment.size) // 8)
        copied = min((used * PAGE - (at - data.start)) // 8 if used else 0, words_)
        place = self.pd.program.symbols["baton_reset"][0].address
        words = (at, start + at - data.start, copied, words_ - copied)
        self._write(memories, place, b"".join(w.to_bytes(8, "little") for w in words))
        return data, start, used

    def _copy(self, copy, late):
        data, start, used = copy
        late = [s for s in late if data.holds(s.address, 8)]
        pristine = Memory(data.segment)
        pristine.pages, pristine.count = data.pages, used
        if used == 0:
            return
        if not late:
            self._mapped(start, used * PAGE, READ, 12, "fresh data")
            self._map_own(self.plan.blobs.add(pristine.whole()), pristine, READ, start)
            return
        run = self._own("fresh data", start, used, READ)
        self._fill(run, data)
        self._late(run, data.start, late)

    def _map(self, made):
        region = made.region
        run = self.plan.regions[region]
        cache = ABI[made.cache] if region.phys is not None else ABI["CACHE_WRITE_BACK"]
        self._mapped(made.vaddr, region.size, rights_of(made), run.bits, region.name)
        self.plan.op("OP_MAP", a=run.at(), b=self.domain.space.at(), count=run.count, value=made.vaddr, rights=rights_of(made), slot=cache)
        if made is not region.maps[0]:
            self.plan.copies += run.count

    def _tables(self):
        """The page tables; the steps that put them, which come before all that map."""
        places = tables_for(self.ranges)
        if not places:
            return []
        run = self.plan.run("TYPE_PAGE_TABLE", f"page tables of {self.pd.name}", self.pd, count=len(places))
        self.domain.runs.append(run)
        self.domain.tables = places
        return [dict(a=run.at(i), b=self.domain.space.at(), value=place) for i, place in enumerate(places)]


class Page:
    """A page of content, as its number in the image, when that is known."""

    def __init__(self, blobs, page):
        self.blobs, self.page = blobs, page

    @property
    def slot(self):
        return self.blobs.first + self.page


def window_tables(plan):
    """For the root task, which maps what it fills."""
    places = tables_for([(vaddr, vaddr + 1, bits) for vaddr, bits in WINDOWS])
    run = plan.run("TYPE_PAGE_TABLE", "page tables of the root task", plan.system, count=len(places))
    for i, place in enumerate(places):
        plan.op("OP_TABLE", a=run.at(i), b=NONE, value=place)
