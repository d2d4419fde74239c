"""A model of the machine's memory, and of how the root task divides it (user/sdk/root/memory.c): whether a plan fits, and what does not.

Free memory is cut into untyped pieces as the kernel does at boot: powers of two, aligned, the largest first."""
from .model import PAGE

FIRST = 0x100000        # RAM from here on; below is the firmware's
KERNEL = 8 << 20        # what the kernel and the root task take at most, with some room
PIECES = 96             # the most RAM pieces that the kernel tells about
ROOT_SLOTS = 4096 - 16 - 160 - 64   # of the root task's table: what the kernel and the tables of pieces leave


def pieces(start, end):
    """(address, bits) of the aligned powers of two that a range is made of."""
    while start < end:
        bits = min((start & -start).bit_length(), (end - start).bit_length()) - 1
        yield start, bits
        start += 1 << bits


class Machine:
    def __init__(self, memory, plan):
        self.memory, self.plan = memory, plan
        image = len(plan.blobs) * PAGE
        found = sorted(pieces(FIRST + KERNEL + image, memory), key=lambda p: -p[1]) if memory > FIRST + KERNEL + image else []
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
        found = []
        used = len(self.plan.blobs) + 2 * len(self.plan.domains)
        if used > ROOT_SLOTS:
            found.append(f"{self.plan.system.file}: error: the programs and prefills take {used * PAGE >> 20} MiB; "
                         f"at most {ROOT_SLOTS * PAGE >> 20} MiB fit in an image")
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

    def _line(self, run, missing):
        at = getattr(run.owner, "at", self.plan.system.file)
        what = "one piece of memory" if run.contiguous else "memory"
        largest = max(self.plan.runs, key=lambda r: r.bytes)
        return (f"{at}: error: '{run.name}' does not fit: {missing >> 10} KiB of {what} are missing in a machine of {self.memory >> 20} "
                f"MiB; make it smaller, or say --memory; the largest is '{largest.name}' with {largest.bytes >> 10} KiB")
