"""Captures of a serial port, made up and damaged, for the tests of `make record`."""
import zlib

from scripts.records import block
from tests.scripts.support import console, event, summed

MACHINE = dict(cpu="Made-up CPU @ 3.00GHz", vendor="GenuineIntel", family=6, model=158, stepping=10, virtual=False, hypervisor="",
               mitigations=3)
BUILD = dict(commit="0123456789" * 4, dirty=False, image="ab" * 32, gcc="gcc 12.2.0", nasm="2.16.01")
OPTIONS = dict(only="*", samples=10, raw=False, mitigations="auto")
GRUB = "\x1b[H\x1b[J\x1b[1;1H\x1b[0;30;47m\x1b[2;30HGNU GRUB  version 2.06\x1b[0m\x1b[8D  Booting `Baton'\n\r\n\r"


def boot_lines(fastpath, medians, refused=(), machine=None, build=None, options=None):
    """The console of one boot on a machine, as the guest prints it."""
    lines = console(fastpath, medians, refused)
    origin = [event(event=name, **{**known, **(changed or {})}) for name, known, changed in
              (("machine", MACHINE, machine), ("build", BUILD, build), ("options", OPTIONS, options))]
    lines[2:2] = origin
    lines = [line.replace('": ', '":').replace(', "', ',"') for line in lines]
    return [summed(line) if line.startswith("#baton") else line for line in lines]


def capture_of(*boots):
    """The bytes of boots, one after the other, as a terminal program keeps them."""
    return "".join(GRUB + "".join(f"{line}\r\n" for line in boot) for boot in boots).encode()


# ---- text blocks, written a second time after the form that bench/block.c states

class Writer:
    def __init__(self):
        self.bits = ""

    def put(self, value, width):
        self.bits += f"{value:0{width}b}" if width else ""

    def golomb(self, value, k):
        text = f"{value + (1 << k):b}"
        self.bits += "0" * (len(text) - k - 1) + text

    def fill(self):
        self.bits += "0" * (-len(self.bits) % 5)

    def text(self):
        return "".join(block.ALPHABET[int(self.bits[i:i + 5], 2)] for i in range(0, len(self.bits), 5))


def _put_benchmark(w, known, samples):
    if known in ("refused", None):
        w.put(6 if known else 7, 3)
        return
    if known["n"] == samples:
        w.put(0, 1)
    else:
        w.put(2, 2)
        w.golomb(known["n"], 8)
    ticks = [known[k] for k in ("min", "q1", "median", "q3", "p99")]
    for low, high, k in zip([0, *ticks], ticks, (8, 2, 1, 1, 4)):
        w.golomb(high - low, k)


def block_lines(path, ids, results, **changes):
    """The lines of a block. results: id: statistics, "refused", or None."""
    head = {**dict(dirty=0, virtual=0, forced=0, mitigations=3, samples=1000, tsc_hz=2_995_199_000, commit="0123456789", image="abababab",
                   signature=0x906ea, brand=MACHINE["cpu"]), **changes}
    w = Writer()
    w.put(1, 5)
    for flag in (path == "off", head["dirty"], head["virtual"], head["forced"]):
        w.put(int(flag), 1)
    w.put(head["mitigations"], 8)
    w.golomb(head["samples"], 10)
    w.put(head["tsc_hz"], 36)
    w.put(zlib.crc32("".join(f"{i}\n" for i in ids).encode()), 32)
    w.put(int(head["commit"], 16), 40)
    w.put(int(head["image"], 16), 32)
    w.put(head["signature"], 32)
    w.put(len(head["brand"]), 6)
    for c in head["brand"]:
        w.put(ord(c), 7)
    for name in ids:
        _put_benchmark(w, results.get(name), head["samples"])
    w.fill()
    w.put(zlib.crc32(w.text().encode()), 32)
    w.fill()
    parts = [w.text()[i:i + 37] for i in range(0, len(w.text()), 37)]
    first = 1 if path == "on" else 51
    return [f"{n:02} {block.grouped(part + block.check_of(n, part))}" for n, part in enumerate(parts, first)]


def noisy_results(ids, randoms):
    """Statistics as a real machine may have them."""
    found = {}
    for name in ids:
        low = int(randoms.lognormvariate(6, 1)) if randoms.random() < 0.95 else randoms.randrange(10**6)
        q1 = low + int(randoms.expovariate(1 / 4))
        median = q1 + int(randoms.expovariate(1 / 3))
        q3 = median + int(randoms.expovariate(1 / 5))
        found[name] = {"id": name, "n": 1000 if randoms.random() < 0.95 else 50, "min": low, "q1": q1, "median": median, "q3": q3,
                       "p99": q3 + int(randoms.expovariate(1 / 60))}
    return found
