"""A connection of TCP as the other side has it, on a wire of frames: as simple as it can be, without time-outs. The wire loses nothing but
what a dying driver or stack has; whatever is woken then sends again what has not been acknowledged. Many that call at once (call_all) do so
again, too: a listener hears only as many as it keeps for its client.
"""
from tests.net import frames
from tests.net.wire import GUEST, OURS

MSS = 1460


class Reset(Exception):
    """The guest ended the connection at once."""


class Connection:
    """One that we began. `before`: acknowledged by the guest, all behind it we still have. `wait`: until it is answered."""

    def __init__(self, line, port, to, first=1000, wait=True):
        self.line, self.ports = line, (port, to)
        self.next, self.theirs, self.before, self.window = first, 0, first, 0
        self.got, self.ended = bytearray(), False
        self.open = []  # (sequence, flags, data) of what the guest has not acknowledged
        self._send(frames.SYN)
        while wait and self.before != self.next:
            self.take()

    def _put(self, flags, data=b"", sequence=None):
        at = self.next if sequence is None else sequence
        self.line.put(frames.tcp(OURS, GUEST, self.ports, at, self.theirs, flags, data))

    def _send(self, flags, data=b""):
        self.open.append((self.next, flags, data))
        self._put(flags, data)
        self.next += len(data) + bool(flags & (frames.SYN | frames.FIN))

    def again(self):
        for sequence, flags, data in self.open:
            self._put(flags, data, sequence)
        if not self.open:
            self._put(frames.ACK)

    def take(self):
        """One segment of this connection's, and what must be answered is."""
        found = self.line.packet(frames.TCP)
        if found is None:
            self.again()
        elif self.is_mine(found):
            self.read(found.payload)

    def is_mine(self, packet):
        return tuple(int.from_bytes(packet.payload[at:at + 2], "big") for at in (2, 0)) == self.ports

    def read(self, segment):
        sequence, acknowledged = (int.from_bytes(segment[at:at + 4], "big") for at in (4, 8))
        flags, data = segment[13], segment[segment[12] >> 4 << 2:]
        if flags & frames.RST:
            raise Reset(f"port {self.ports[0]}")
        if flags & frames.ACK:
            self.before = max(self.before, acknowledged)
            self.open = [one for one in self.open if one[0] + len(one[2]) + (not one[2]) > self.before]
            self.window = int.from_bytes(segment[14:16], "big")
        if flags & frames.SYN:
            self.theirs = sequence + 1 & 0xffffffff
            self._put(frames.ACK)
        elif data or flags & frames.FIN:
            self._take_data(sequence, data, flags & frames.FIN)

    def _take_data(self, sequence, data, last):
        if sequence == self.theirs:
            self.got += data
            self.ended = bool(last)
            self.theirs = self.theirs + len(data) + self.ended & 0xffffffff
        self._put(frames.ACK)

    def echoed(self, data):
        """What comes back for it, whole; sent as the guest's window allows."""
        start, wanted = self.before, len(self.got) + len(data)
        sent = 0
        while len(self.got) < wanted or self.before < start + len(data):
            while sent < len(data) and self.next - self.before + MSS <= self.window:
                part = data[sent:sent + MSS]
                self._send(frames.ACK | frames.PSH, part)
                sent += len(part)
            self.take()
        return bytes(self.got[-len(data):])

    def end(self):
        """Both sides have said that they send no more."""
        self._send(frames.FIN | frames.ACK)
        while not (self.ended and self.before == self.next):
            self.take()


def call_all(line, ones):
    """All of them are answered; how many were not at first. After each round a ping tells that the guest has read all that came before."""
    late = None
    for number in range(1 << 16):
        line.put(frames.ping(OURS, GUEST, number, b""))
        while (found := line.packet()).protocol != frames.ICMP:
            for one in ones:
                if found.protocol == frames.TCP and one.is_mine(found):
                    one.read(found.payload)
        unheard = [one for one in ones if one.before != one.next]
        late = len(unheard) if late is None else late
        if not unheard:
            break
        for one in unheard:
            one.again()
    return late
