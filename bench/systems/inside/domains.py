"""From net.system, the same system with fewer walls: GROUPS says which components share a protection domain, for each number of domains.
Writes wallsN.system, and for each domain of several components the table of its channels in C (inside.h). A component's regions are
mapped as they were, at addresses of its own; its variables have its name in front.

Arguments: the description, the number, the folder to write to.
"""
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

GROUPS = {
    7: (("virtio_net",), ("net",), ("timer",), ("web",), ("fat",), ("blk",), ("virtio_blk",)),
    4: (("virtio_net",), ("net", "timer"), ("web",), ("fat", "blk", "virtio_blk")),
    2: (("virtio_net", "net", "timer"), ("web", "fat", "blk", "virtio_blk")),
    1: (("virtio_net", "net", "timer", "web", "fat", "blk", "virtio_blk"),),
}
STAY = ("suite", "board")  # as they are, the first with another program
APART = 0x10000000  # of the addresses of a domain's components
CHANNELS, TIMER = 62, 61  # of a component; that of <timer>


class Domain:
    """Some components, the most urgent first."""

    def __init__(self, name, components):
        self.name, self.components = name, sorted(components, key=lambda c: -int(c.get("priority")))
        self.ways = {}  # (component, its channel): (whether it leads out, index of a component, channel)
        self.mute = set()  # those that carry no signals
        self.used = {TIMER} if any(c.find("timer") is not None for c in components) else set()

    def index(self, component):
        return next((i for i, c in enumerate(self.components) if c.get("name") == component), None)

    def free_channel(self):
        number = next(i for i in range(CHANNELS) if i not in self.used)
        self.used.add(number)
        return number

    def single(self):
        return len(self.components) == 1


def element(domain):
    """The <protection_domain> of them together."""
    made = ET.Element("protection_domain", name=domain.name, priority=domain.components[-1].get("priority"),
                      stack_size="0x8000")
    ET.SubElement(made, "program_image", path=f"{domain.name}.elf")
    for i, component in enumerate(domain.components):
        for child in component:
            if child.tag == "program_image":
                continue
            words = dict(child.attrib)
            if "vaddr" in words:
                words["vaddr"] = hex(int(words["vaddr"], 16) + i * APART)
            for key in ("setvar_vaddr", "setvar_size", "symbol"):
                if key in words:
                    words[key] = f"{component.get('name')}_{words[key]}"
            ET.SubElement(made, child.tag, words)
    return made


def connect(domains, ends):
    """The ends of a channel between two domains, or None: it is a way inside one. Each end is an <end>."""
    found = [next((d for d in domains if d.index(end.get("pd")) is not None), None) for end in ends]
    numbers = [int(end.get("id")) for end in ends]
    if found[0] and found[0] is found[1]:
        for (end, number), (other, there) in zip(zip(ends, numbers), zip(ends[::-1], numbers[::-1])):
            found[0].ways[end.get("pd"), number] = (False, found[0].index(other.get("pd")), there)
            found[0].mute |= {(end.get("pd"), number)} if end.get("notify") == "false" else set()
        return None
    made = []
    for end, domain, number in zip(ends, found, numbers):
        words = dict(end.attrib)
        if domain and not domain.single():
            words.update(pd=domain.name, id=str(domain.free_channel()))
            domain.ways[end.get("pd"), number] = (True, domain.index(end.get("pd")), int(words["id"]))
            domain.mute |= {(end.get("pd"), number)} if end.get("notify") == "false" else set()
        made.append(words)
    return made


def table(domain, timer):
    """The C of its channels."""
    names = [c.get("name") for c in domain.components]
    lines = ['#include "inside.h"', ""]
    for name in names:
        lines += [f"void {name}_init(void), {name}_notified(microkit_channel);",
                  f"__attribute__((weak)) microkit_msginfo {name}_protected(microkit_channel, microkit_msginfo);"]
    lines.append("")
    for name in names:
        ways = [f"[{number}] = {{{'0' if out else f'&inside_all[{to}]'}, {channel}}}"
                for (pd, number), (out, to, channel) in sorted(domain.ways.items()) if pd == name]
        lines.append(f"static const struct inside_way {name}_ways[MICROKIT_MAX_CHANNELS] = {{{', '.join(ways)}}};")
    lines += [f"const unsigned inside_count = {len(names)};", "struct inside_component inside_all[] = {"]
    for i, name in enumerate(names):
        mask = sum(1 << number for pd, number in set(domain.ways) - domain.mute if pd == name)
        timers = f"1ul << {TIMER}" if name == timer else "0"
        lines.append(f"    {{{name}_init, {name}_notified, {name}_protected, {name}_ways, {mask:#x}, {timers}, 1u << {i}, 0}},")
    comes = [(channel, index, number) for (_, number), (out, index, channel) in sorted(domain.ways.items()) if out]
    comes += [(TIMER, domain.index(timer), TIMER)] if domain.index(timer) is not None else []
    lines += ["};", "const struct inside_way inside_in[MICROKIT_MAX_CHANNELS] = {",
              *(f"    [{channel}] = {{&inside_all[{index}], {number}}}," for channel, index, number in comes), "};", ""]
    return "\n".join(lines)


def split(root, number):
    """Changes the description, and returns the domains of several components."""
    pds = {pd.get("name"): pd for pd in root.iter("protection_domain")}
    timer = next(name for name, pd in pds.items() if pd.find("timer") is not None)
    domains = [Domain(group[0] if len(group) == 1 else f"walls{number}_{i}", [pds[name] for name in group])
               for i, group in enumerate(GROUPS[number])]
    kept = {name for group in GROUPS[number] for name in group} | set(STAY)
    for pd in root.findall("protection_domain"):
        root.remove(pd)
    pds["suite"].find("program_image").set("path", f"suite_walls{number}.elf")
    for pd in [pds[name] for name in STAY] + [d.components[0] if d.single() else element(d) for d in domains]:
        for word in ("id", "reset"):
            pd.attrib.pop(word, None)
        root.append(pd)
    for channel in root.findall("channel"):
        root.remove(channel)
        ends = list(channel)
        made = connect(domains, ends) if all(end.get("pd") in kept for end in ends) else None
        if made:
            again = ET.SubElement(root, "channel")
            for words in made:
                ET.SubElement(again, "end", words)
    used = {each.get("mr") for each in root.iter("map")}
    for region in root.findall("memory_region"):
        if region.get("name") not in used:
            root.remove(region)
    return [d for d in domains if not d.single()], timer


def main(description, number, folder):
    tree = ET.parse(description)
    domains, timer = split(tree.getroot(), int(number))
    for domain in domains:
        (Path(folder) / f"{domain.name}.c").write_text(table(domain, timer), encoding="utf-8")
    tree.write(Path(folder) / f"walls{number}.system", encoding="utf-8", xml_declaration=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
