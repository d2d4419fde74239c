"""The bytes of a system: pages of content in the image, and what a program's memory holds before it starts."""
from .model import PAGE


class Blobs:
    """Pages of the image. What comes twice is stored once."""

    def __init__(self):
        self._pages = []        # one page of bytes each
        self._found = {}        # content -> number of its first page
        self.first = 0          # number, in the image, of the first: when it is known how long the tables are

    def add(self, data):
        """The page, counted from the first of all, where these bytes are."""
        data = bytes(data)
        if data not in self._found:
            self._found[data] = len(self._pages)
            for at in range(0, len(data), PAGE):
                self._pages.append(data[at:at + PAGE].ljust(PAGE, b"\0"))
        return self._found[data]

    def bytes(self):
        return b"".join(self._pages)

    def __len__(self):
        return len(self._pages)


class Memory:
    """A segment, page by page; pages without a byte that is not 0 are not there."""

    def __init__(self, segment):
        self.start = segment.vaddr // PAGE * PAGE
        self.count = -(-segment.end // PAGE) - segment.vaddr // PAGE
        self.segment = segment
        self.pages = {}
        self._write(segment.vaddr, segment.data)

    def holds(self, address, size):
        return self.segment.vaddr <= address and address + size <= self.segment.end

    def _write(self, address, data):
        at = 0
        while at < len(data):
            page, inside = divmod(address + at - self.start, PAGE)
            part = data[at:at + PAGE - inside]
            if page in self.pages or any(part):
                self.pages.setdefault(page, bytearray(PAGE))[inside:inside + len(part)] = part
            at += len(part)

    def patch(self, address, data):
        self._write(address, data)

    def stretches(self):
        """(page, bytes) of neighbouring pages that hold something."""
        first, data = None, bytearray()
        for page in sorted(self.pages):
            if first is not None and page != first + len(data) // PAGE:
                yield first, data
                first, data = None, bytearray()
            first = page if first is None else first
            data += self.pages[page]
        if first is not None:
            yield first, data

    def whole(self):
        return b"".join(bytes(self.pages.get(i, b"\0" * PAGE)) for i in range(self.count))
