"""A model of the machine's memory, and of how the root task divides it (user/sdk/root/memory.c): whether a plan fits, and what does not.

Free memory is cut into untyped pieces as the kernel does at boot: powers of two, aligned, the largest first."""
from .abi import ABI
from .model import PAGE

FIRST = 0x100000        # RAM from here on; below is the firmware's
KERNEL = 8 << 20        # what the kernel and the root task take at most, with some room
SLOT_BYTES = 1 << ABI["SLOT_BITS"]
PIECES = 96             # the most RAM pieces that the kernel tells about
MODULES = 0x7fff0000 - 0x10000 - 0x40000000   # bytes of modules that the kernel can map for the root task
FREE_SLOTS = 16 + 160 + 1024        # of the root task's table, at least, besides those of the pages (kernel/boot/root.c)
STORE_SLOTS = 1 << 20


def pieces(start, end):
    """(address, bits) of the aligned powers of two that a range is made of."""
    while start < end:
        bits = min((start & -start).bit_length(), (end - start).bit_length()) - 1
        yield start, bits
        start += 1 << bits


class Machine:
    def __init__(self, memory, plan):
        self.memory, self.plan = memory, plan
        self.content = len(plan.blobs) * PAGE   # in the image, which stays in memory while the system is built from it
        table = max(4096, 1 << (len(plan.blobs) + FREE_SLOTS - 1).bit_length()) * SLOT_BYTES
        self.first = FIRST + KERNEL + self.content + table - 4096 * SLOT_BYTES
        found = sorted(pieces(self.first, memory), key=lambda p: -p[1]) if memory > self.first else []
        self.free = [[1 << bits, 0] for _, bits in found[:PIECES]]   # size, taken

    def _room(self, piece, size):
        start = -(-piece[1] // size) * size
        return max(0, (piece[0] - start) // size), start

    def _take(self, run):
        """Bytes that are missing."""
        size, count = 1 << run.object_bits, run.count
        for piece in self.free:
            room, start = self._room(piece, size)
            taken = min(room, count)
            if taken and (not run.contiguous or room >= count):
                piece[1] = start + taken * size
                count -= taken
        return count * size

    def _left(self):
        return sum(size - taken for size, taken in self.free)

    def lines(self):
        """An error for each thing that does not fit."""
        if self.first >= self.memory or self.content > MODULES:
            return [self._too_much_content()]
        if self.plan.slots > STORE_SLOTS:
            return [self._too_many_slots()]
        found = []
        store = 1 << self.plan.store_bits
        for piece in self.free:
            room, start = self._room(piece, store)
            if room:
                piece[1] = start + store
                break
        for run in self.plan.runs:
            if run.later or run.phys is not None:
                continue
            missing = self._take(run)
            if missing:
                found.append(self._line(run, missing))
        return found

    def _too_much_content(self):
        """Programs and prefills: they are in memory twice, as they come and where they are used."""
        regions = [r for r in self.plan.system.regions if r.prefill_size]
        programs = {pd.program.path: pd for pd in self.plan.system.pds}.values()
        of = [(sum(len(s.data) for s in pd.program.segments), pd.at, f"the program of '{pd.name}'") for pd in programs]
        of += [(r.prefill_size, r.at, f"prefill of '{r.name}'") for r in regions]
        size, at, name = max(of, key=lambda entry: entry[0])
        most = min(MODULES, max(0, self.memory - self.first + self.content))
        return (f"{at}: error: {name} does not fit: programs and prefills have {self.content >> 10} KiB, at most {most >> 10} KiB fit into "
                f"a machine of {self.memory >> 20} MiB; make it smaller, or say --memory; this is the largest, with {size >> 10} KiB")

    def _too_many_slots(self):
        largest = max(self.plan.runs, key=lambda r: r.count)
        at = getattr(largest.owner, "at", self.plan.system.file)
        return (f"{at}: error: the system has {self.plan.slots} capabilities, at most {STORE_SLOTS} can be; make it smaller, or its pages "
                f"larger by page_size; '{largest.name}' has {largest.count}")

    def _line(self, run, missing):
        at = getattr(run.owner, "at", self.plan.system.file)
        what = "one piece of memory" if run.contiguous else "memory"
        largest = max(self.plan.runs, key=lambda r: r.bytes)
        return (f"{at}: error: '{run.name}' does not fit: {missing >> 10} KiB of {what} are missing in a machine of {self.memory >> 20} "
                f"MiB; make it smaller, or say --memory; the largest is '{largest.name}' with {largest.bytes >> 10} KiB")
