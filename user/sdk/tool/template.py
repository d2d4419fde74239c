"""<template name="worker" count="4">: its content is repeated that many times, with {i} as 0, 1, 2, ... in every value.

{i+5} counts from 5 on, for ids whose first ones are taken by others. Each copy keeps the places of the original.
"""
import re

from .elements import TEMPLATE
from .log import nearest, shown
from .read import MAX_BYTES, MAX_NODES, Attribute, Node
from .values import Values

MAX_COUNT = 1000
MAX_TEXT = 4 * MAX_BYTES
COUNTER = re.compile(r"\{i(?:\+([0-9]{1,9}))?\}")
ATTRIBUTES = ("name", "count")


def _copy(node, i):
    def value(text):
        return COUNTER.sub(lambda found: str(i + int(found[1] or 0)), text)
    attributes = {a.name: Attribute(a.name, value(a.value), a.offset) for a in node.attributes.values()}
    return Node(node.name, node.offset, attributes, [_copy(child, i) for child in node.children])


def _size(node):
    return 1 + sum(_size(child) for child in node.children)


def _text(node):
    """Characters that each copy has for itself."""
    return sum(len(a.value) for a in node.attributes.values() if "{i" in a.value) + sum(_text(child) for child in node.children)


class Templates:
    def __init__(self, log):
        self.log, self.nodes, self.text = log, 0, 0

    def expand(self, node, inside=None):
        """Puts the copies in the place of each template below the node."""
        children = []
        for child in node.children:
            if child.name != TEMPLATE:
                self.expand(child, inside)
                children.append(child)
            elif inside:
                self.log.error(child, "a template must not lie in another one",
                               f"the outer one is in line {self.log.position(inside).line}")
            elif node.name in ("system", "protection_domain"):
                self.expand(child, child)
                children += self._copies(child)
            else:
                self.log.error(child, f"invalid XML element '{TEMPLATE}'", "it belongs into system or protection_domain")
        node.children = children

    def _copies(self, template):
        values = Values(template, self.log)
        for attribute in template.attributes.values():
            if attribute.name not in ATTRIBUTES:
                self.log.error(attribute, f"invalid attribute '{shown(attribute.name)}' on element 'template'",
                               lambda name=attribute.name: nearest(name, ATTRIBUTES, ""))
        for name in ATTRIBUTES:
            if name not in template.attributes:
                self.log.error(template, f"Missing required attribute '{name}' on element 'template'", f"add {name}=\"...\"")
        values.name()
        count = values.number("count", 1, MAX_COUNT)
        self.nodes += (count or 1) * (_size(template) - 1)
        self.text += (count or 1) * _text(template)
        if self.nodes > MAX_NODES:
            self.log.error(values.at("count"), f"templates make {self.nodes} elements", f"at most {MAX_NODES} may be made")
            count = None
        elif self.text > MAX_TEXT:
            self.log.error(values.at("count"), f"templates make {self.text} characters", f"at most {MAX_TEXT} may be made")
            count = None
        # The first copy of a wrong template is looked at, so that its own mistakes are reported, too.
        return [copy for i in range(count or 1) for copy in _copy(template, i).children]
