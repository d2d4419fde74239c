"""Frames of Ethernet, made and read: ARP, IPv4, ICMP, UDP, TCP, as far as the tests speak them."""
import struct
from dataclasses import dataclass

BROADCAST = b"\xff" * 6
ARP, IPV4 = 0x0806, 0x0800
ICMP, TCP, UDP = 1, 6, 17
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16


def checksum(data):
    """Of the internet: over a packet that has its own, it is 0."""
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def address(text):
    return bytes(map(int, text.split(".")))


@dataclass(frozen=True)
class Side:
    """One end of the wire."""

    hardware: bytes
    ip: bytes


def ethernet(to, sender, kind, payload):
    return to + sender + struct.pack("!H", kind) + payload


def arp(ours, wanted_ip, hardware=BROADCAST, answers=False):
    body = struct.pack("!HHBBH6s4s6s4s", 1, IPV4, 6, 4, 2 if answers else 1, ours.hardware, ours.ip,
                       hardware if answers else b"\0" * 6, wanted_ip)
    return ethernet(hardware, ours.hardware, ARP, body)


def ip(ours, theirs, protocol, payload, identity=0, fragment=0, total=None):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload) if total is None else total, identity, fragment, 64, protocol, 0,
                       ours.ip, theirs.ip)
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    return ethernet(theirs.hardware, ours.hardware, IPV4, head + payload)


def _with_sum(ours, theirs, protocol, segment, at):
    pseudo = ours.ip + theirs.ip + struct.pack("!BBH", 0, protocol, len(segment))
    return segment[:at] + struct.pack("!H", checksum(pseudo + segment)) + segment[at + 2:]


def ping(ours, theirs, number, data):
    body = struct.pack("!BBHHH", 8, 0, 0, 1, number) + data
    return ip(ours, theirs, ICMP, body[:2] + struct.pack("!H", checksum(body)) + body[4:])


def udp(ours, theirs, port, to, data):
    segment = struct.pack("!HHHH", port, to, 8 + len(data), 0) + data
    return ip(ours, theirs, UDP, _with_sum(ours, theirs, UDP, segment, 6))


def tcp(ours, theirs, ports, sequence, acknowledged, flags, data=b"", window=65535):
    segment = struct.pack("!HHIIBBHHH", *ports, sequence & 0xffffffff, acknowledged & 0xffffffff, 0x50, flags, window, 0, 0) + data
    return ip(ours, theirs, TCP, _with_sum(ours, theirs, TCP, segment, 16))


@dataclass(frozen=True)
class Packet:
    """What a frame that came says. `wrong`: the first thing in it that no frame may have."""

    kind: int
    sender: bytes
    to: bytes
    protocol: int = 0
    source: bytes = b""
    payload: bytes = b""
    wrong: str = ""


def read(frame):
    if len(frame) < 14:
        return Packet(0, b"", b"", wrong="shorter than a frame's head")
    to, sender, kind = frame[:6], frame[6:12], struct.unpack("!H", frame[12:14])[0]
    if kind != IPV4:
        return Packet(kind, sender, to, payload=frame[14:])
    head = frame[14:34]
    if len(head) < 20 or head[0] != 0x45 or checksum(head) != 0:
        return Packet(kind, sender, to, wrong="its IP head is damaged")
    total = struct.unpack("!H", head[2:4])[0]
    if not 20 <= total <= len(frame) - 14:
        return Packet(kind, sender, to, wrong="its length is not its own")
    payload, source = frame[34:14 + total], head[12:16]
    return Packet(kind, sender, to, head[9], source, payload, _wrong(head, head[9], payload))


def captured(path):
    """The frames in a file that tcpdump could have written (QEMU's filter-dump)."""
    data, at = path.read_bytes(), 24
    while at + 16 <= len(data):
        length = struct.unpack_from("<I", data, at + 8)[0]
        yield data[at + 16:at + 16 + length]
        at += 16 + length


def _wrong(head, protocol, payload):
    pseudo = head[12:20] + struct.pack("!BBH", 0, protocol, len(payload))
    least = {ICMP: 8, UDP: 8, TCP: 20}.get(protocol)
    if least is None or len(payload) < least:
        return f"protocol {protocol} with {len(payload)} bytes"
    if checksum((b"" if protocol == ICMP else pseudo) + payload) != 0 and not (protocol == UDP and payload[6:8] == b"\0\0"):
        return f"its checksum, of protocol {protocol}"
    return ""
