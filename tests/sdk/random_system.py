"""Descriptions of systems that nobody has thought of: right by construction, so that what the tool refuses is its mistake."""
from dataclasses import dataclass, field

PAGE, LARGE = 0x1000, 0x200000


@dataclass(eq=False)
class _Pd:
    name: str
    priority: int
    parent: object = None
    lines: list = field(default_factory=list)
    children: list = field(default_factory=list)
    ids: set = field(default_factory=set)           # of channels, interrupts and timers
    next_vaddr: int = 0x1000000
    after: str = ""
    quiet: bool = False

    def new_id(self, choose):
        free = [i for i in range(62) if i not in self.ids]
        found = choose.choice(free)
        self.ids.add(found)
        return found

    def text(self, indent="    ", child_id=None):
        where = f' id="{child_id}"' if child_id is not None else ""
        where += f' start="after:{self.after}"' if self.after else ""
        where += ' log="denied"' * self.quiet
        yield f'{indent}<protection_domain name="{self.name}" priority="{self.priority}"{where}>'
        yield f'{indent}    <program_image path="{"dumper" if self.name == "dumper" else "idle"}.elf" />'
        yield from (f"{indent}    {line}" for line in self.lines)
        for i, child in enumerate(self.children):
            yield from child.text(indent + "    ", i * 7 % 62)
        yield f"{indent}</protection_domain>"


def _region(choose, i, pds):
    size, page = choose.choice(((PAGE, PAGE), (3 * PAGE, PAGE), (17 * PAGE, PAGE), (LARGE, LARGE), (2 * LARGE, LARGE), (LARGE, PAGE)))
    for pd in choose.sample(pds, choose.randint(1, min(3, len(pds)))):
        told = choose.random() < 0.2 and not any("setvar" in line for line in pd.lines)
        pd.lines += [f'<setvar symbol="number" region_paddr="region{i}" />'] * told
        if told and choose.random() < 0.4:
            continue    # it knows where the region is, and cannot get at it
        pd.next_vaddr = -(-pd.next_vaddr // page) * page
        pd.lines.append(f'<map mr="region{i}" vaddr="{pd.next_vaddr:#x}" perms="{choose.choice(("r", "rw", "rx"))}" />')
        pd.next_vaddr += size + PAGE * choose.randint(0, 3)
    return f'    <memory_region name="region{i}" size="{size:#x}" page_size="{page:#x}" />'


def _channel(choose, pds):
    a, b = choose.sample(pds, 2)
    a, b = (a, b) if a.priority < b.priority else (b, a)
    pp = a.priority < b.priority and choose.random() < 0.6
    wide = pp and choose.random() < 0.3
    if wide:
        numbers = [choose.choice([i for i in range(62, 574) if i not in pd.ids]) for pd in (a, b)]
        a.ids.add(numbers[0]), b.ids.add(numbers[1])
    else:
        numbers = [a.new_id(choose), b.new_id(choose)]
    notify = ["false", "false"] if wide else [choose.choice(("true", "false")) if pp else "true" for _ in range(2)]
    return (f'    <channel><end pd="{a.name}" id="{numbers[0]}" notify="{notify[0]}"{" pp=" + chr(34) + "true" + chr(34) if pp else ""} />'
            f'<end pd="{b.name}" id="{numbers[1]}" notify="{notify[1]}" /></channel>')


def random_system(choose):
    """The text of a description whose least urgent domain is `dumper`."""
    pds = [_Pd("dumper", 0)]
    for i in range(choose.randint(1, 9)):
        parent = choose.choice([None, None, *pds[1:]])
        pd = _Pd(f"pd{i}", choose.randint(1, 254), parent)
        if parent:
            parent.children.append(pd)
        pd.after = choose.choice(pds[1:]).name if pds[1:] and choose.random() < 0.2 else ""
        pds.append(pd)
        pd.quiet = choose.random() < 0.2
        pd.lines += [f'<pool size="{choose.randint(1, 64) * PAGE:#x}" />'] * (choose.random() < 0.2)
        pd.lines += [f'<timer id="{pd.new_id(choose)}" />'] * (choose.random() < 0.2)
        pd.lines += [f'<ioport id="{choose.randint(0, 61)}" addr="{0x1000 + i * 16:#x}" size="{choose.randint(1, 16)}" />'] * \
            (choose.random() < 0.2)
        pd.lines += [f'<irq id="{pd.new_id(choose)}" pin="{i + 5}" vector="{i}" />'] * (choose.random() < 0.2)
    regions = [_region(choose, i, pds) for i in range(choose.randint(0, 5))]
    channels = [_channel(choose, pds) for _ in range(choose.randint(0, 8))]
    lines = ["<system>", *regions]
    for pd in pds:
        if pd.parent is None:
            lines += pd.text()
    return "\n".join([*lines, *channels, "</system>", ""])
