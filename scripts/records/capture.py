"""A capture of the serial port as a terminal program wrote it: one boot of the suite or several, between them what firmware and
GRUB print, with escape sequences, and bytes that got lost or changed on the way.

Only events count (scripts/records/events.py), and only those whose checksum is right; each stands for itself, wherever in a line it
begins and even if a terminal broke it into several. What is wrong has the number of its line.
"""
import re
from dataclasses import dataclass, field

from scripts.records import events, record

ESCAPES = re.compile(rb"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b\n]{0,200}(?:\x07|\x1b\\)|\x1b[ -/]*[0-~]")
CONTROLS = bytes(c for c in (*range(32), 127) if c != 10)
EVENT = re.compile(r'\{.*?,"sum":"[0-9a-f]{8}"\}')
TRACES = re.compile(r'"event":"|"sum":"|#bat')  # what an unreadable event leaves
ONCE = ("boot", "machine", "build", "options", "clock", "plan", "cold", "pmu")  # in a boot


@dataclass
class Boot:
    """What the events of one boot say."""

    line: int  # where it begins
    events: dict = field(default_factory=dict)  # name: fields, of those that come once
    results: dict = field(default_factory=dict)  # id: fields
    refused: dict = field(default_factory=dict)  # id: why
    samples: dict = field(default_factory=dict)  # id: list
    counters: dict = field(default_factory=dict)  # id: what was counted
    last: int = 0  # line of its last event
    current: str = None  # the benchmark that was started last
    count: int = None  # of benchmarks, also told by each start
    done: bool = False
    wrong: list = field(default_factory=list)  # texts, each with its line

    @property
    def fastpath(self):
        return self.events["boot"]["fastpath"]

    def nameless(self):
        """Why nobody can say what was measured here, or None."""
        missing = [name for name in ("boot", "machine", "build") if name not in self.events]
        if not missing:
            return None
        return f"line {self.line}: the event '{missing[0]}' of the boot that begins here is missing or garbled"

    def lost(self):
        """What the boot should have told and did not: a text, or None."""
        told = len(self.results) + len(self.refused)
        if "options" not in self.events:
            return f"line {self.line}: the event 'options' of the boot that begins here is missing or garbled"
        if self.count is None:
            return f"line {self.last}: the boot ends before its first benchmark"
        if told >= self.count:
            return None
        where = f" in {self.current}" if self.current else ""
        if not self.done:
            return f"line {self.last}: the boot ends here{where}, after {told} of {self.count} benchmarks"
        return f"line {self.last}: {self.count - told} of {self.count} benchmarks are missing in the boot that ends here"

    def without_samples(self):
        """A text, if raw samples should be there and some are not."""
        lost = [i for i in self.results if i not in self.samples] if self.events.get("options", {}).get("raw") else []
        return [f"line {self.line}: the boot that begins here has lost the raw samples of {', '.join(lost)}"] if lost else []

    def identity(self):
        """What two boots of one measurement have in common. Options that were garbled are as those of the other."""
        return {name: {k: v for k, v in self.events[name].items() if k not in ("event", "sum")}
                for name in ("machine", "build", "options") if name in self.events}

    # ---- events

    def take(self, event, line):
        """fails: ValueError, KeyError, TypeError: it cannot be"""
        name, self.last = event["event"], line
        handler = getattr(self, f"_on_{name}", None)
        if name in ONCE:
            CHECKS[name](event)
            self.events[name] = event
            if name == "plan":
                self.count = event["count"]
        elif handler is None:
            raise ValueError(f"unknown event {name!r}")
        else:
            handler(event)

    def _on_start(self, event):
        self.current, self.count = event["id"], _kind(event, "count", int)

    def _on_samples(self, event):
        record.check_samples(event, event["id"])
        self.samples[event["id"]] = event["samples"]

    def _on_result(self, event):
        record.check_statistics(event, event["id"])
        self._once(event["id"])
        self.results[event["id"]] = {k: v for k, v in event.items() if k not in ("event", "sum")}

    def _on_counters(self, event):
        self.counters[event["id"]] = events.counters_of(event)

    def _on_refused(self, event):
        self._once(event["id"])
        self.refused[event["id"]] = str(event["why"])

    def _once(self, benchmark):
        self.current = None
        if benchmark in self.results or benchmark in self.refused:
            raise ValueError(f"{benchmark} is reported twice")

    def _on_error(self, event):
        self.wrong.append(f"line {self.last}: the suite gave up: {event['why']}")

    def _on_done(self, _):
        self.done = True


def _kind(event, key, kind):
    if type(event[key]) is not kind or kind is int and event[key] < 0:
        raise ValueError(f"{key} is {event[key]!r}")
    return event[key]


def _checks(**fields):
    return lambda event: [_kind(event, key, kind) for key, kind in fields.items()]


CHECKS = {
    "boot": _checks(fastpath=str, tsc_hz=int),
    "machine": _checks(cpu=str, vendor=str, family=int, model=int, stepping=int, virtual=bool, hypervisor=str, mitigations=int),
    "build": _checks(commit=str, dirty=bool, image=str, gcc=str, nasm=str),
    "options": _checks(only=str, samples=int, raw=bool, mitigations=str),
    "clock": lambda event: record.check_clock(event, "clock"),
    "plan": _checks(count=int),
    "cold": lambda event: record.check_cold(event, "cold"),
    "pmu": events.pmu_of,
}


# ---- from bytes to events

@dataclass
class Text:
    """A capture without escape sequences; offsets know their line."""

    text: str
    first: int = 1  # number of its first line

    def line(self, offset):
        return self.first + self.text.count("\n", 0, offset)


def strip(data):
    """Bytes without escape sequences and control characters."""
    return ESCAPES.sub(b"", data).translate(None, CONTROLS)


def clean(data, first=1):
    """The Text of the bytes from line `first` on."""
    data = b"\n".join(data.split(b"\n")[first - 1:])
    return Text(strip(data).decode("ascii", "replace"), first)


def _chunks(text):
    """(offset, chunk) of each stretch from one mark of an event to the next; what is before the first has no mark."""
    ends = [m.start() for m in re.finditer(events.PREFIX, text)] + [len(text)]
    yield 0, text[:ends[0]]
    for start, end in zip(ends, ends[1:]):
        yield start, text[start:end]


def _event_in(chunk):
    """(the event, what follows it) of a chunk that has the mark; ValueError when it has none that is whole."""
    chunk = chunk.replace("\n", "")
    found = EVENT.search(chunk)
    try:
        whole = found is not None and events.check_sum(found.group())
    except ValueError:
        whole = False
    if not whole:
        raise ValueError("a garbled event")
    return record.parse_json(found.group()), chunk[found.end():]


class Capture:
    """All boots in a capture, and what is wrong with it."""

    def __init__(self, data, first=1):
        self.source = clean(data, first)
        self.boots, self.wrong = [], []  # wrong: what belongs to no boot
        for offset, chunk in _chunks(self.source.text):
            line = self.source.line(offset)
            rest = chunk if not chunk.startswith(events.PREFIX) else self._event(chunk, line)
            if rest and TRACES.search(rest):
                self._note(self.source.line(offset + chunk.find(TRACES.search(rest).group())), "a garbled event")

    def _event(self, chunk, line):
        """Takes the event that the chunk begins with; returns what is behind it."""
        try:
            event, rest = _event_in(chunk)
            self._boot_of(event, line).take(event, line)
            return rest
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            what = f"field {error} is missing" if isinstance(error, KeyError) else error
            self._note(line, str(what))
            return ""

    def _boot_of(self, event, line):
        """An event that comes once in a boot and comes again is of the next one, whose beginning was lost."""
        name = event["event"]
        if not self.boots or name == "boot" or name in ONCE and name in self.boots[-1].events:
            self.boots.append(Boot(line))
        return self.boots[-1]

    def _note(self, line, what):
        (self.boots[-1].wrong if self.boots else self.wrong).append(f"line {line}: {what}")

    def foreign(self):
        """What it is, when it holds no event at all: (what, what to do)."""
        text = self.source.text
        if events.PREFIX in text:
            if '"sum"' not in text and '"event":"boot"' in text.replace('": "', '":"'):
                return "its events have no checksums: the ISO is older than this tree", "make iso, and measure again"
            return "no event of the suite in it is whole", "capture it again at 115200 baud, 8N1, without flow control"
        panic = re.search(r"^.*(PANIC.*)$", text, re.MULTILINE)
        if panic:
            return f"the kernel panicked before the suite began (line {text.count(chr(10), 0, panic.start()) + self.source.first}: " \
                   f"{panic.group(1)[:80]})", None
        if re.search(r"^.*baton: .*run=(?!bench)", text, re.MULTILINE):
            return "Baton booted there, but ran another program than the benchmarks", "boot it without run="
        return "it has no line of Baton's benchmarks", "capture COM1 from the machine's start on, at 115200 baud, 8N1"
