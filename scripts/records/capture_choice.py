"""Which boots of a capture make the record: of each path the last whole one, all of one machine and one image. And what they lack."""
from dataclasses import dataclass

from scripts.base.common import BatonError

WHO = ("cpu", "vendor", "family", "model", "stepping", "virtual", "hypervisor")  # fields by which two machines differ
GONE = "all results are there"


@dataclass
class Chosen:
    """At most one boot with each path."""

    boots: dict  # "on" or "off": Boot
    partial: list  # what is missing in them: texts
    notes: list  # for people: what was left out, and what does no harm


def _same_machine(boots, again):
    first = {k: boots[0].events["machine"][k] for k in WHO}
    for boot in boots[1:]:
        other = {k: boot.events["machine"][k] for k in WHO}
        if other != first:
            raise BatonError(f"lines {boots[0].line} and {boot.line}: boots of two machines, {_who(first)} and {_who(other)}",
                             f"{again} FROM={boot.line}")


def _who(machine):
    name = machine["cpu"] or f"{machine['vendor']} family {machine['family']} model {machine['model']}"
    return f"{name} ({machine['hypervisor'] or 'a hypervisor'})" if machine["virtual"] else name


def _difference(a, b):
    """The first field in which two identities differ, as text; None: in none."""
    for name in a.keys() & b.keys():
        for key, value in a[name].items():
            if value != b[name].get(key):
                return f"{key} {value!r}, not {b[name].get(key)!r}"
    return None


def _best(boots):
    """The last whole one; if none is whole, the last of those that measured most."""
    whole = [b for b in boots if b.lost() is None]
    return whole[-1] if whole else max(reversed(boots), key=lambda b: len(b.results))


def choose(capture, name, again):
    """The Chosen boots of a capture. again: the command that was given. fails: nothing in it can be recorded."""
    named = [b for b in capture.boots if b.nameless() is None]
    nameless = [b for b in capture.boots if b.nameless() is not None]
    if not capture.boots:
        what, do = capture.foreign()
        raise BatonError(f"{name}: {what}", do, details=capture.wrong)
    told = [b for b in named if b.results or b.refused or b.count == 0]
    if not any(b.results for b in told):
        lines = [*(b.nameless() for b in nameless), *(w for b in named for w in b.wrong), *(b.lost() for b in named if b.lost())]
        raise BatonError(f"{name}: {(lines or ['no benchmark has a result'])[-1]}; nothing can be recorded", "capture the whole boot",
                         details=lines[:-1])
    _same_machine(named, again)
    return _combined(capture, told, nameless)


def _combined(capture, told, nameless):
    identity = [b for b in told if b.results][-1].identity()
    alike = [b for b in told if _difference(b.identity(), identity) is None]
    boots = {path: _best(found) for path in ("on", "off") if (found := [b for b in alike if b.fastpath == path])}
    notes = [*capture.wrong, *(f"{b.nameless()}; it is left out" for b in nameless)]
    notes += [f"line {b.line}: the boot that begins here is left out: {_difference(b.identity(), identity)}"
              for b in told if b not in alike]
    notes += [f"line {b.line}: the boot that begins here is left out: a later or more complete one is taken"
              for b in alike if b not in boots.values()]
    partial = []
    for boot in boots.values():
        lost = boot.lost()
        (partial if lost else notes).extend(w if lost else f"{w} ({GONE})" for w in boot.wrong)
        partial += [lost] if lost else []
        notes += boot.without_samples()
    if any(b.events.get("options", {"only": "*"})["only"] == "*" for b in boots.values()):
        partial += [f"there is no boot with fastpath={path}" for path in ("on", "off") if path not in boots]
    return Chosen(boots, partial, notes)
