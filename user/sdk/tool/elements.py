"""Which elements there are, where each may stand, and which attributes it has: the shape of a description.

What has the wrong shape is logged and left out, so that later checks see only what they know.
"""
from dataclasses import dataclass

from .log import nearest, shown

TEMPLATE, CHILD = "template", "child of a protection domain"


@dataclass(frozen=True)
class Shape:
    required: tuple = ()
    optional: tuple = ()
    children: tuple = ()
    once: tuple = ()        # children of which there may be one


_PD_OPTIONAL = ("priority", "budget", "period", "passive", "stack_size", "cpu", "smc", "fpu", "domain", "reset", "start", "log")
_PD_CHILDREN = ("program_image", "map", "irq", "ioport", "setvar", "protection_domain", "virtual_machine", "cspace", "timer",
                "pool", TEMPLATE)
_PD_ONCE = ("program_image", "virtual_machine", "cspace", "pool")
_CAP = Shape(("slot", "pd"))

SHAPES = {
    "system": Shape(children=("protection_domain", "memory_region", "channel", "domains", "io_address_space", "virtual_machine",
                              TEMPLATE), once=("domains",)),
    "protection_domain": Shape(("name",), _PD_OPTIONAL, _PD_CHILDREN, _PD_ONCE),
    CHILD: Shape(("name", "id"), _PD_OPTIONAL + ("setvar_id",), _PD_CHILDREN, _PD_ONCE),
    "program_image": Shape(("path",), ("path_for_symbols",)),
    "map": Shape(("mr", "vaddr"), ("perms", "cached", "setvar_vaddr", "setvar_size", "setvar_prefill_size")),
    # Which of them go together: interrupts.py.
    "irq": Shape(("id",), ("pin", "vector", "ioapic", "trigger", "polarity", "setvar_id", "isa", "pcidev", "handle",
                           "setvar_msi_address", "setvar_msi_data", "irq")),
    "ioport": Shape(("id", "addr", "size"), ("setvar_id", "setvar_addr")),
    "setvar": Shape(("symbol", "region_paddr")),
    "timer": Shape(("id",), ("setvar_id",)),
    "pool": Shape(("size",), ("setvar_size",)),
    "cspace": Shape(children=("cap_tcb", "cap_sc", "cap_vspace")),
    "cap_tcb": _CAP, "cap_sc": _CAP, "cap_vspace": _CAP,
    "memory_region": Shape(("name",), ("size", "page_size", "phys_addr", "prefill_path", "prefill_bootinfo")),
    "channel": Shape(children=("end",)),
    "end": Shape(("pd", "id"), ("pp", "notify", "setvar_id")),
}

# What the original has and Baton lacks: what is wrong, and what to do.
ABSENT = {
    "virtual_machine": ("Baton runs no virtual machines", "remove the element, and the program that serves the guest"),
    "domains": ("Baton has no domain scheduler", "remove the element, and domain= of each protection domain"),
    "io_address_space": ("io address space requires a driver of the IOMMU, which Baton does not have yet",
                         "drop the element: devices reach all memory, and addresses are physical"),
    "cap_sc": ("Cap type: 'sc' is not supported: Baton has no scheduling contexts", "remove it: a thread has its time slice itself"),
}


class Shapes:
    """Checks a tree against the table."""

    def __init__(self, log):
        self.log = log

    def check(self, node, shape_name):
        shape = SHAPES[shape_name]
        self._attributes(node, shape)
        seen, kept = {}, []
        for child in node.children:
            if self._fits(node, shape, child, seen):
                kept.append(child)
                self.check(child, CHILD if shape_name in ("protection_domain", CHILD) and child.name == "protection_domain"
                           else child.name)
        node.children = kept

    def _attributes(self, node, shape):
        known = shape.required + shape.optional
        for attribute in [a for a in node.attributes.values() if a.name not in known]:
            del node.attributes[attribute.name]
            self.log.error(attribute, f"invalid attribute '{shown(attribute.name)}' on element '{node.name}'",
                           self._instead(node.name, attribute.name, known))
        for name in shape.required:
            if name not in node.attributes:
                self.log.error(node, f"Missing required attribute '{name}' on element '{node.name}'", f"add {name}=\"...\"")

    @staticmethod
    def _instead(element, name, known):
        if element == "protection_domain" and name in ("id", "setvar_id"):
            return "only a protection domain inside another one has an id"
        return lambda: nearest(name, known, "it has no attributes")

    def _fits(self, node, shape, child, seen):
        name = child.name
        if name not in shape.children:
            self._misplaced(node, shape, child)
            return False
        if name in ABSENT:
            words, advice = ABSENT[name]
            if node.name == "system" and name == "virtual_machine":
                words = f"virtual machine must be a child of a protection domain; {words}"
            self.log.error(child, words, advice)
            return False
        if name in shape.once and name in seen:
            self.log.error(child, f"{name} must only be specified once on element '{node.name}'",
                           f"the first is in line {self.log.position(seen[name]).line}")
            return False
        seen[name] = child
        return True

    def _misplaced(self, node, shape, child):
        name = child.name
        if node.name == "cspace":
            words = f"Cap type: '{shown(name[4:])}' is not supported" if name.startswith("cap_") else \
                    f"Element '{shown(name)}' is not supported in a <cspace> element"
        else:
            words = f"invalid XML element '{shown(name)}'"
        homes = sorted({CHILD if s == CHILD else s for s, other in SHAPES.items() if name in other.children} - {CHILD})
        if homes:
            advice = f"not in '{node.name}': it belongs into {' or '.join(homes)}"
        elif name == "vcpu":
            advice = ABSENT["virtual_machine"][0]
        else:
            def advice():
                return nearest(name, shape.children, f"'{node.name}' holds no elements")
        self.log.error(child, words, advice)
