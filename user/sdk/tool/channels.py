"""Channels: two ends, and what may go over them."""
from collections import deque

from .log import nearest, shown
from .model import MAX_ID, MAX_PRIORITY, MAX_PROTECTED_ID, Channel, End
from .values import Values


def build_channel(context, node):
    built = [(_end(context, child), child) for child in node.children]
    if len(built) != 2:
        context.log.error(node, "exactly two end elements must be specified on element 'channel'",
                          f"there {'is' if len(built) == 1 else 'are'} {len(built)}; a channel joins two protection domains")
        return
    (a, node_a), (b, node_b) = built
    if a and b and a.pp and b.pp:
        context.log.error(node_b.attributes["pp"], "cannot ppc bidirectionally on element 'channel'",
                          "calls go to the higher priority: take pp from the other end, and answer by the reply or notify")
        return
    if a is None or b is None:
        return
    if a.pd is b.pd:
        context.log.error(node_b.attributes["pd"], f"both ends of the channel are '{shown(a.pd.name)}'",
                          "a channel joins two protection domains")
        return
    a.other, b.other = b, a
    taken = [_claim(context, end, child) for end, child in ((a, node_a), (b, node_b))]
    if not (a.pp or b.pp or a.notify or b.notify):
        context.log.warning(node, "nothing may go over this channel: neither end may notify, none may call",
                            "say pp=\"true\" on one end, or leave notify out")
    if all(taken):
        channel = Channel(a, b, context.log.position(node))
        context.places[channel], context.places[a], context.places[b] = node, node_a, node_b
        context.system.channels.append(channel)
        a.pd.ends.append(a)
        b.pd.ends.append(b)


def _end(context, node):
    """None: it names no protection domain, or has no id."""
    values = Values(node, context.log)
    name = values.text("pd")
    number = values.id(MAX_PROTECTED_ID if _only_calls(node) else MAX_ID)
    pp, notify = values.boolean("pp", False), values.boolean("notify", True)
    if name is not None and name not in context.pds:
        values.error("pd", f"invalid PD name '{shown(name)}'", lambda: nearest(name, context.pds, "no protection domain is declared"))
        return None
    if name is None or number is None:
        return None
    return End(context.pds[name], number, pp, notify, context.log.position(node))


def _only_calls(node):
    return node.attributes.get("notify") is not None and node.attributes["notify"].value == "false"


def _claim(context, end, node):
    """Takes the end's id. False: something is wrong with it."""
    values = Values(node, context.log)
    if end.id > MAX_ID and (end.other.notify or not (end.pp or end.other.pp)):
        values.error("id", f"id must be < {MAX_ID + 1}",
                     f"ids up to {MAX_PROTECTED_ID} are for protected calls alone: notify=\"false\" at both ends, pp=\"true\" at one")
        return False
    words = f"duplicate channel id: {end.id} in protection domain: '{shown(end.pd.name)}'"
    if not context.claim("bit", end.pd, end.id, values, words, f"a channel to '{shown(end.other.pd.name)}'"):
        return False
    context.setvar(end.pd, values, "setvar_id", kind="value", value=end.id)
    return True


def _way(start, goal):
    """The protection domains on a shortest way of calls; empty: there is none."""
    came, waiting = {start: None}, deque([start])
    while waiting:
        pd = waiting.popleft()
        if pd is goal:
            way = []
            while pd is not None:
                way.append(pd)
                pd = came[pd]
            return way[::-1]
        for end in pd.ends:
            if end.pp and end.other.pd not in came:
                came[end.other.pd] = pd
                waiting.append(end.other.pd)
    return []


def _advice(caller, callee):
    """Other priorities help unless the calls form a circle."""
    circle = _way(callee, caller)
    if circle:
        names = [shown(pd.name) for pd in [caller] + circle]
        return f"the calls go round ({' -> '.join(names[:8])}), so no priorities fit: make one of them a notification"
    if caller.priority < MAX_PRIORITY:
        return f"give '{shown(callee.name)}' at least priority {caller.priority + 1}"
    return f"give '{shown(caller.name)}' a lower priority"


def relate_channels(context):
    for end in [end for channel in context.system.channels for end in channel.ends]:
        caller, callee = end.pd, end.other.pd
        if end.pp and None not in (caller.priority, callee.priority) and caller.priority >= callee.priority:
            context.log.error(context.places[end].attributes["pp"],
                              "PPCs must be to protection domains of strictly higher priorities; channel with PPC exists from pd "
                              f"{shown(caller.name)} (priority: {caller.priority}) to pd {shown(callee.name)} "
                              f"(priority: {callee.priority})", lambda a=caller, b=callee: _advice(a, b))
