"""All that a protocol can come to: any thread that is able makes the next call of its script. By the specification alone."""
from tests.lockstep import start, world
from tests.model import communicating, step
from tests.model.state import READY, RUNNING
from tests.protocols.protocols import thread

MOST = 20000


def _begin(protocol):
    s = world.first_state()
    for i in (*start.small(), *protocol.before):
        s = step.step(s, i)[0]
    return s, tuple(0 for _ in protocol.scripts)


def _name(s, who):
    found = thread(s, who)
    return next((name for name, thing in s.objects.items() if thing is found), None)


def _next_place(script, place):
    if place + 1 < len(script.places):
        return place + 1
    return 0 if script.again else None


def _steps(protocol, s, at, who):
    """Each (state, places) that a step of this thread leads to. A place is passed when its call is made; it may wait in it then."""
    name, place = _name(s, who), at[who]
    if name is None or s.objects[name].state not in (READY, RUNNING):
        return
    here = communicating.let_run(s, name)
    if here.objects[name].again:
        yield step.step(here, step.Again())[0], at
    elif place is not None:
        for i in protocol.scripts[who].places[place]:
            yield step.step(here, i)[0], (*at[:who], _next_place(protocol.scripts[who], place), *at[who + 1:])


def _plain(state):
    """What tells one state from another: registers but for results and what a call made once more has left."""
    s, at = state
    things, *rest = communicating.seen(s)
    return repr((sorted(things.items()), rest, at))


def explore(protocol):
    """The states, and for each thread its steps as (from, to)."""
    states, number = [_begin(protocol)], {}
    number[_plain(states[0])] = 0
    edges = [[] for _ in protocol.scripts]
    for here, state in enumerate(states):  # it grows
        for who, mine in enumerate(edges):
            for after in _steps(protocol, *state, who):
                key = _plain(after)
                if key not in number:
                    number[key] = len(states)
                    states.append(after)
                mine.append((here, number[key]))
        assert len(states) < MOST, f"{protocol.name}: too many states"
    return states, edges
