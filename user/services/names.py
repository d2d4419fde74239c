"""Who is behind which id of a component: of its channels, or of its children. Reads a description, prints a line "ID NAME" for each, for
the services that must know (log, keeper), ended by a NUL.

usage: python3 names.py FILE.system NAME channels|children
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


def main(path, name, kind):
    found = {"channels": channels, "children": children}[kind](tree.parse(path).getroot(), name)
    print(*(f"{number} {who}" for number, who in found), sep="\n", end="\n\0")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
