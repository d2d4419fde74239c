"""A right description says what it says: the model, thing by thing."""
import unittest
from pathlib import Path
from types import SimpleNamespace

from scripts.base.common import ROOT
from tests.sdk import support
from user.sdk.tool import elements, report

FILE = support.HERE / "good" / "everything.system"


def system_of(text):
    log, context = support.phases("good.system", text.encode())
    if log.failed:
        raise AssertionError(log.told())
    return context.system


class Dma(unittest.TestCase):
    """Whom the report calls trusted: who has device memory, is told where memory lies, or can tell a device anything."""

    def test_of_a_web_server_the_drivers_and_who_speaks_to_them_for_others(self):
        path = ROOT / "user/systems/web.system"
        found = {d["domain"]: (d["registers"], d["told"], d["configures"])
                 for d in report._dma(support.phases(path.name, path.read_bytes())[1].system)}
        self.assertEqual(found, {
            "pci": (["blk_messages", "net_messages"], [], True),
            "virtio_blk": (["blk_registers"], ["blk_queue"], False),
            "virtio_net": (["net_registers"], ["frames", "net_queue"], False),
            "blk": ([], ["disk_data"], False)})

    def test_of_others_nobody(self):
        path = ROOT / "user/systems/base.system"
        self.assertEqual(list(report._dma(support.phases(path.name, path.read_bytes())[1].system)), [])


class Affects(unittest.TestCase):
    """Who holds a thread or an address space acts on its owner, and is acted on by it."""

    DOMAIN = '<protection_domain name="{0}" priority="1"><program_image path="good.elf"/>{1}</protection_domain>'

    def test_both_ways(self):
        for cap in ("cap_tcb", "cap_vspace"):
            domains = self.DOMAIN.format("a", f'<cspace><{cap} slot="1" pd="b"/></cspace>') + self.DOMAIN.format("b", "")
            system = support.phases("two.system", f"<system>{domains}</system>".encode())[1].system
            with self.subTest(cap):
                self.assertEqual(report._affects(system, report._relations(system, False)), {"a": {"b"}, "b": {"a"}})


class Relations(unittest.TestCase):
    """Who can do what to whom, each pair in one direction only: so one that is told the other way round is seen."""

    DOMAIN = '<protection_domain name="{0}" priority="{1}"{2}><program_image path="good.elf"/>{3}</protection_domain>'
    TEXT = "".join(("<system>", '<memory_region name="shared" size="0x1000"/>',
                    '<memory_region name="device" size="0x1000" phys_addr="0xfe000000"/>',
                    DOMAIN.format("caller", 5, "", '<map mr="shared" vaddr="0x4000000" perms="rw"/>'),
                    DOMAIN.format("server", 9, "", '<map mr="shared" vaddr="0x4000000" perms="r"/>'),
                    DOMAIN.format("parent", 7, "", DOMAIN.format("child", 3, ' id="1"', '<map mr="device" vaddr="0x4000000" perms="r"/>')),
                    '<channel><end pd="caller" id="1" pp="true" notify="false"/><end pd="server" id="1" notify="false"/></channel>',
                    '<channel><end pd="parent" id="2" notify="true"/><end pd="caller" id="2" notify="false"/></channel>', "</system>"))

    def test_each_has_its_direction(self):
        system = system_of(self.TEXT)
        found = report._relations(system, False)
        self.assertEqual(found, {"calls": [("caller", "server")], "signals": [("parent", "caller")], "writes": [("caller", "shared")],
                                 "reads": [("caller", "shared"), ("child", "device"), ("server", "shared")],
                                 "stops": [("parent", "child")], "starts after": [], "tells": []})
        reaches = report._closure(report._affects(system, found))
        self.assertEqual(reaches, {"caller": ["server"], "server": ["caller"], "parent": ["caller", "child", "server"],
                                   "child": ["caller", "parent", "server"]})

    def test_only_who_may_write_registers_is_trusted_with_dma(self):
        self.assertEqual(list(report._dma(system_of(self.TEXT))), [])
        system = system_of(self.TEXT.replace('"0x4000000" perms="r"/></', '"0x4000000" perms="rw"/></'))
        self.assertEqual([d["domain"] for d in report._dma(system)], ["child"])

    def test_ports_of_the_configuration_space(self):
        for first, size, may in ((0xcf0, 8, False), (0xcf0, 9, True), (0xcff, 1, True), (0xd00, 8, False)):
            domain = self.DOMAIN.format("a", 1, "", f'<ioport id="1" addr="{first:#x}" size="{size}"/>')
            self.assertEqual(bool(list(report._dma(system_of(f"<system>{domain}</system>")))), may, (first, size))

    def test_words_and_arrows_go_the_same_way(self):
        relations = {kind: [["first", "second"]] for kind in ("calls", "signals", "reads", "writes", "stops", "starts after", "tells")}
        found = {"system": "x", "domains": [], "memory": 3 << 10, "warnings": [], "relations": relations, "reaches": {}, "call_cycles": [],
                 "calls_not_upwards": [["first", "second"]], "dma": [], "regions": []}
        text, dot = report.text(found), report.dot(found)
        for kind in relations:
            self.assertIn(f"first {kind} second\n", text)
            goal = "region second" if kind in ("reads", "writes") else "second"
            self.assertIn(f'"first" -> "{goal}" [label="{kind}"', dot)
        self.assertIn("higher priority: first to second\n", text)
        self.assertIn("3 KiB of memory", text)

    def test_sizes_and_lines(self):
        self.assertEqual([report._size(n) for n in (0, 1000, 1024, 5 << 20)], ["0 KiB", "1000 bytes", "1 KiB", "5120 KiB"])
        for level, low, words in ((True, False, "level, high"), (False, True, "edge, low")):
            irq = SimpleNamespace(id=1, kind="ioapic", ioapic=1, pin=20, level=level, low=low)
            self.assertEqual(report._line_text(report._interrupt(irq)), f"pin 20 of I/O APIC 1, {words}")
        objects = [{"type": "TCB", "count": 2, "bytes": 2048}, {"type": "TCB", "count": 3, "bytes": 3072}]
        domain = {"name": "a", "priority": 1, "passive": False, "program": "p", "faults_to": "b", "kernel_memory": 0, "memory": 0,
                  "extended_state": False, "log": "none", "pool": 0, "capabilities": [], "interrupts": [], "ports": [], "mapped": []}
        found = {"system": "x", "domains": [{**domain, "objects": objects}], "memory": 0, "warnings": [], "relations": {}, "reaches": {},
                 "call_cycles": [], "calls_not_upwards": [], "dma": [], "regions": []}
        self.assertIn("TCB: 5, 5 KiB", report.text(found))

    def test_letters_of_rights(self):
        stretch = {"start": "0x1000", "end": "0x2000", "what": "x"}
        domain = {"name": "a", "priority": 1, "passive": False, "program": "p", "faults_to": "b", "kernel_memory": 0, "memory": 0,
                  "extended_state": False, "log": "none", "pool": 0, "capabilities": [], "interrupts": [], "ports": []}
        for rights, letters in ((["READ"], "r--"), (["READ", "WRITE"], "rw-"), (["READ", "EXECUTE"], "r-x"), (["EXECUTE"], "--x")):
            text = "\n".join(report._domain_text({**domain, "mapped": [{**stretch, "rights": rights}]}))
            self.assertIn(f"0x2000 {letters}  x", text)


class Everything(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.log, context = support.phases(FILE.name, FILE.read_bytes())
        cls.system, cls.nodes = context.system, context.places
        cls.pds = {pd.name: pd for pd in cls.system.pds}
        cls.regions = {region.name: region for region in cls.system.regions}

    def test_it_is_accepted_without_a_word(self):
        self.assertEqual(self.log.told(), [])

    def test_it_has_every_element_and_attribute_that_may_be_right(self):
        text = FILE.read_text(encoding="utf-8")
        for element, shape in elements.SHAPES.items():
            for name in shape.required + shape.optional:
                if element in elements.ABSENT or name in ("domain", "irq"):
                    continue
                tag = "protection_domain" if element == elements.CHILD else element
                self.assertRegex(text, rf'<{tag}\b[^>]*\s{name}="', f"{tag} {name}")

    def test_domains_in_order_parents_before_children(self):
        self.assertEqual([pd.name for pd in self.system.pds[:7]],
                         ["driver", "keeper", "child", "grandchild", "client0", "client1", "client2"])
        self.assertEqual([pd.index for pd in self.system.pds], list(range(7 + 512)))
        child, grandchild = self.pds["child"], self.pds["grandchild"]
        self.assertEqual((child.parent, child.child_id, child.children), (self.pds["keeper"], 61, [grandchild]))
        self.assertEqual((grandchild.parent, grandchild.child_id), (child, 0))

    def test_attributes_of_a_domain(self):
        pd = self.pds["driver"]
        self.assertEqual((pd.priority, pd.budget, pd.period, pd.passive, pd.stack_size, pd.cpu, pd.fpu, pd.reset, pd.log_denied),
                         (254, 2000, 2000, False, 0x4000, 0, True, True, True))
        self.assertEqual((pd.program_path, pd.symbols_path), (Path("good.elf"), Path("many.elf")))
        self.assertEqual((pd.stack_bottom, pd.start_after), (0x7fffffff9000, None))

    def test_defaults_of_a_domain(self):
        pd = self.pds["grandchild"]
        self.assertEqual((pd.priority, pd.budget, pd.period, pd.passive, pd.stack_size, pd.fpu, pd.reset, pd.log_denied, pd.pool),
                         (0, 1000, 1000, False, 0x2000, None, False, False, None))

    def test_extended_state_only_for_code_that_uses_it_or_who_asks(self):
        self.assertTrue(self.pds["driver"].extended_at_start)
        self.assertTrue(self.pds["client0"].extended_at_start)
        self.assertFalse(self.pds["child"].extended_at_start)
        self.assertFalse(self.pds["grandchild"].extended_at_start)

    def test_regions(self):
        sizes = {name: (r.size, r.page_size, r.phys) for name, r in self.regions.items()}
        self.assertEqual(sizes["plain"], (0x1000, 0x1000, None))
        self.assertEqual(sizes["large"], (0x400000, 0x200000, None), "it grows")
        self.assertEqual(sizes["small_pages"], (0x200000, 0x1000, None), "the file says so")
        self.assertEqual(sizes["misplaced"], (0x200000, 0x1000, None), "its address does not allow it")
        self.assertEqual(sizes["uart"], (0x1000, 0x1000, 0xfe000000))
        self.assertEqual(sizes["filled"], (0x2000, 0x1000, None), "as large as the file")
        self.assertEqual((self.regions["filled"].prefill, self.regions["filled"].prefill_size), (Path("big.bin"), 0x1001))
        self.assertEqual((sizes["roomy"][0], self.regions["roomy"].prefill_size), (0x3000, 10))
        self.assertEqual((self.regions["clock"].bootinfo, sizes["clock"][0]), ("x86_tsc_freq", 0x1000))
        self.assertEqual([r.name for r in self.system.regions if r.contiguous], ["dma"])

    def test_maps(self):
        maps = self.pds["driver"].maps
        self.assertEqual([m.vaddr for m in maps], sorted(m.vaddr for m in maps))
        by_name = {m.region.name: m for m in maps}
        self.assertEqual({name: m.perms for name, m in by_name.items() if m.perms != "rw"},
                         {"large": "r", "small_pages": "rx", "clock": "r", "tables": "r", "memory": "r", "screen": "r"})
        self.assertEqual([name for name, m in by_name.items() if not m.cached], ["uart"])
        self.assertEqual((by_name["uart"].vaddr, by_name["uart"].end), (0x5000000, 0x5001000))
        self.assertEqual(self.regions["plain"].maps, [by_name["plain"]])

    def test_interrupts_ports_timers(self):
        pd = self.pds["driver"]
        ioapic, isa, msi = pd.irqs
        self.assertEqual((ioapic.kind, ioapic.id, ioapic.ioapic, ioapic.pin, ioapic.level, ioapic.low, ioapic.vector),
                         ("ioapic", 3, 1, 4, False, True, 107))
        self.assertEqual((isa.kind, isa.id, isa.pin), ("isa", 4, 4))
        self.assertEqual((msi.kind, msi.id, msi.pci, msi.handle), ("msi", 5, (0, 0x1f, 2), 1))
        self.assertEqual([(p.id, p.first, p.last) for p in pd.ioports], [(3, 0x3f8, 0x3ff), (61, 0xffff, 0xffff)])
        self.assertEqual([t.id for t in pd.timers], [6])
        self.assertEqual(pd.bits("irqs"), 0b111000)
        self.assertEqual(pd.bits("ioports"), 1 << 3 | 1 << 61)
        self.assertEqual(pd.bits("timers"), 1 << 6)

    def test_variables_have_values_and_addresses(self):
        pd = self.pds["driver"]
        first = 0x201800
        self.assertEqual({s.symbol: s.value for s in pd.setvars if s.kind == "value"},
                         {"v0": 0x4000000, "v1": 0x1000, "v2": 0x1001, "v3": 3, "v6": 3, "v7": 0x3f8, "v8": 0xfe000000, "v10": 6,
                          "v20": 10, "v21": 11, "v22": 12})
        self.assertEqual({s.symbol: (s.kind, (s.irq or s.region)) for s in pd.setvars if s.kind != "value"},
                         {"v4": ("msi_address", pd.irqs[2]), "v5": ("msi_data", pd.irqs[2]), "v9": ("region_paddr", self.regions["dma"])})
        self.assertEqual({s.address - first for s in pd.setvars}, {8 * int(s.symbol[1:]) for s in pd.setvars})
        self.assertEqual(pd.variables["microkit_irqs"], 0x201048)
        self.assertEqual([(s.symbol, s.value) for s in self.pds["keeper"].setvars], [("v31", 0x103000), ("v0", 61)])

    def test_capabilities_pool_order(self):
        pd = self.pds["keeper"]
        self.assertEqual([(c.kind, c.slot, c.target.name) for c in pd.user_caps], [("tcb", 1, "driver"), ("vspace", 127, "client0")])
        self.assertEqual((pd.pool.size, pd.start_after), (0x103000, self.pds["driver"]))

    def test_channels(self):
        self.assertEqual(len(self.system.channels), 3 + 512)
        a, b = self.system.channels[1].ends
        self.assertEqual((a.pd.name, a.id, a.pp, a.notify, a.other), ("client1", 0, True, True, b))
        self.assertEqual((b.pd.name, b.id, b.pp, b.notify, b.other), ("driver", 11, False, False, a))
        self.assertEqual(len(self.pds["driver"].callers), 3 + 512)
        self.assertEqual((self.pds["far511"].ends[0].id, self.pds["far511"].ends[0].other.id), (573, 573))
        self.assertTrue(self.pds["driver"].is_server and self.pds["keeper"].is_server)
        self.assertFalse(self.pds["client0"].is_server)
        self.assertEqual((self.pds["client0"].bits("pps"), self.pds["client0"].bits("notifications")), (1, 1))
        self.assertEqual(self.pds["driver"].bits("notifications"), 0)

    def test_places(self):
        pd = self.pds["child"]
        text = FILE.read_text(encoding="utf-8").splitlines()
        self.assertEqual(text[pd.at.line - 1][pd.at.column - 1:][:31], '<protection_domain name="child"')
        line = text[pd.program_at.line - 1]
        self.assertTrue(line[pd.program_at.column - 1:].startswith('path="good.elf"'), line)


class Small(unittest.TestCase):
    def test_it_is_accepted_without_a_word(self):
        path = FILE.parent / "small.system"
        log, context = support.phases(path.name, path.read_bytes())
        self.assertEqual(log.told(), [])
        self.assertEqual([(r.name, r.page_size) for r in context.system.regions],
                         [("plain", 0x1000), ("at_the_top", 0x200000), ("between", 0x1000), ("full", 0x1000)])


class Positions(unittest.TestCase):
    """Lines and columns as an editor counts them."""

    def place(self, text):
        log, _ = support.phases("x.system", text)
        return [tuple(map(int, line.split(":")[1:3])) for line in log.told()]

    IMAGE = '<program_image path="good.elf"/>'

    def test_an_attribute_on_another_line(self):
        text = f'<system><protection_domain\n  name="a"\n\tpriority\n=\n"999">{self.IMAGE}</protection_domain></system>'
        self.assertEqual(self.place(text.encode()), [(3, 2)])

    def test_columns_are_characters(self):
        self.assertEqual(self.place(f'<system><!-- \u00e4\U0001f600 --><protection_domain name="\u00e4\u00f6" priority="999">{self.IMAGE}'
                                    '</protection_domain></system>'.encode()), [(1, 49)])

    def test_ends_of_lines_of_other_systems(self):
        for end in ("\r\n", "\r", "\n"):
            text = f'<system>{end}<protection_domain name="a" priority="999">{end}{self.IMAGE}</protection_domain></system>'
            self.assertEqual(self.place(text.encode()), [(2, 29)], repr(end))

    def test_a_value_with_what_looks_like_an_attribute(self):
        text = f"""<system><protection_domain name='cpu="1" priority="2"' priority="999">{self.IMAGE}</protection_domain></system>"""
        self.assertEqual(self.place(text.encode()), [(1, 56)])

    def test_a_byte_order_mark(self):
        self.assertEqual(self.place(b"\xef\xbb\xbf<system/>")[0][0], 1)


class Limits(unittest.TestCase):
    """What is just allowed."""

    def test_the_longest_name(self):
        for name in ("n" * 63, "\u00e4" * 31 + "n"):
            system = system_of(f'<system><protection_domain name="{name}"><program_image path="good.elf"/></protection_domain></system>')
            self.assertEqual(system.pds[0].name, name)

    def test_many_domains(self):
        system = system_of('<system><template name="t" count="1000"><protection_domain name="t{i}"><program_image path="good.elf"/>'
                           '</protection_domain></template></system>')
        self.assertEqual([pd.name for pd in system.pds], [f"t{i}" for i in range(1000)])
