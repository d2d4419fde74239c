"""A state that refutes a theorem, as a file of named fields from which build/equiv --replay builds the state."""
import re

from tests.prove.machine import WIDE
from tests.prove.smt import value_of, variable
from tests.prove.terms import same

BYTES_MAX = 8
HANDLER = "slots[TCB_FAULT]."  # of the running thread: the object "handler" of a replay
FOLLOWS = ("queue", "cspace", "below")  # the replay makes these itself


def _objects(world, model):
    """Address in the model -> name of the object that lies there."""
    found = {value_of(term): name for term, name in ((world.nobody, "nobody"), (world.slow_head, "slow_head"), (world.idle, "idle"))}
    for name in world.threads + world.endpoints + world.notifications:
        found[model.number(world.bases[name])] = name
    for name in world.buffers_of:
        found[model.number(world.regions[f"{name}buffer"].base)] = f"{name}buffer"
    return found


def _word(value, objects):
    """A number, or the object whose address it is (an endpoint's perhaps with the tag of a reference)."""
    if value in objects:
        return objects[value]
    return f"{objects[value - 1]}+1" if objects.get(value - 1) == "endpoint" else f"0x{value:x}"


def _fields(world, model):
    """(name, value) of each field that the model or the world gives a value."""
    named = model.names()
    for name, region in world.regions.items():
        if name in ("below", "mine", "theirs"):
            continue  # the replay makes these queues itself
        fields = {f: place for f, place in region.structure.fields.items() if f not in FOLLOWS} if region.structure else {}
        for field, (offset, size) in fields.items():
            if size > BYTES_MAX:
                continue
            term = region.load(offset, size)
            given = field in region.given and not same(term, world.bases.get("current", term))
            if name == "top" and field == "tail":
                continue
            if f"{name}.{field}" in named or given:
                label = f"{name}.{field}".replace(f"current.{HANDLER}", "handler.")
                yield label, model.number(term)
    for term in [*world.frame(), variable("fault.cr2")] if world.trapped else ():
        yield str(term), model.number(term)
    for field in ("threshold", "slice_left"):
        if f"cpu.{field}" in named:
            yield f"cpu.{field}", model.number(world.cpu_first(field))


def text(result):
    world, model = result.world, result.model
    objects = _objects(world, model)
    lines = [f"# {result.name}", f"# {result.refuted}"]
    for name in WIDE:
        lines.append(f"user.{name} 0x{model.number(world.register(name)):x}")
    for name, value in _fields(world, model):
        lines.append(f"{name} {_word(value, objects)}")
    return "\n".join(lines) + "\n"


def write(result, directory):
    """The file, named for the theorem."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / (re.sub(r"[^a-z0-9]+", "-", result.name.lower())[:60].strip("-") + ".state")
    path.write_text(text(result), encoding="utf-8")
    return path
