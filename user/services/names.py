"""Who is behind which id of a component: of its channels, or of its children. Reads a description, prints a line "ID NAME" for each, for
the services that must know (log, keeper), ended by a NUL. Or of all components, whoever asks: who calls each of them, and with whom it
shares memory, a line for each, for people (shell). Or of the lists of denials that it reads, its regions denied_SERVICE: a line
"ADDRESS SIZE SERVICE" for each, and behind that "0 ID NAME" for each channel of that service.

usage: python3 names.py FILE.system NAME channels|children|services|denied
"""
import sys
import xml.etree.ElementTree as tree


def channels(system, name):
    for channel in system.iter("channel"):
        ends = {end.get("pd"): end.get("id") for end in channel.iter("end")}
        if name in ends:
            yield ends[name], next(pd for pd in ends if pd != name)


def children(system, name):
    for domain in system.iter("protection_domain"):
        if domain.get("name") == name:
            yield from ((child.get("id"), child.get("name")) for child in domain.findall("protection_domain"))


def services(system, _):
    """The most urgent first: it can be called by all that stand below it, and by none above."""
    pds = sorted(system.iter("protection_domain"), key=lambda pd: -int(pd.get("priority", "0"), 0))
    callers, users, written = {}, {}, set()
    for channel in system.iter("channel"):
        for end, other in zip(ends := channel.findall("end"), reversed(ends)):
            if end.get("pp") == "true":
                callers.setdefault(other.get("pd"), []).append(end.get("pd"))
    for pd in pds:
        for one in pd.findall("map"):
            users.setdefault(one.get("mr"), set()).add(pd.get("name"))
            written |= {one.get("mr")} if "w" in one.get("perms", "rw") else set()
    for pd in pds:
        name = pd.get("name")
        own = [one.get("mr") for one in pd.findall("map") if one.get("mr") in written]
        others = sorted(set().union(*(users[mr] for mr in own)) - {name}) if own else []
        below = [child.get("name") for child in pd.findall("protection_domain")]
        said = {"called by": callers.get(name), "shares memory with": others, "starts": below}
        yield f"{name:<12}", "; ".join(f"{word} {', '.join(who)}" for word, who in said.items() if who) or "alone"


def denied(system, name):
    sizes = {one.get("name"): int(one.get("size", "0"), 0) for one in system.iter("memory_region")}
    own = next(pd for pd in system.iter("protection_domain") if pd.get("name") == name)
    for one in own.findall("map"):
        if not one.get("mr").startswith("denied_"):
            continue
        service = one.get("mr").removeprefix("denied_")
        yield int(one.get("vaddr"), 0), f"{sizes[one.get('mr')]} {service}"
        yield from ((0, f"{number} {who}") for number, who in channels(system, service))


def main(path, name, kind):
    found = {"channels": channels, "children": children, "services": services, "denied": denied}[kind](tree.parse(path).getroot(), name)
    print(*(f"{number} {who}" for number, who in found), sep="\n", end="\n\0")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
