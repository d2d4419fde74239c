"""Phase 2: from nodes to the system, every rule of the description checked, every error reported.

In order: templates are written out, the shape of the tree, then each thing by itself (memory regions first, since maps name them),
then what things are to each other.
"""
from pathlib import Path

from .channels import build_channel, relate_channels
from .context import Context
from .domains import build_domain, relate_domains
from .elements import Shapes
from .interrupts import relate_interrupts, relate_ports
from .log import shown
from .maps import relate_maps
from .model import System
from .paths import SearchPath
from .regions import build_region, relate_regions
from .template import Templates

RELATIONS = (relate_domains, relate_maps, relate_regions, relate_channels, relate_interrupts, relate_ports)


def check(root, log, folders, memory):
    """The Context of the system that a root node describes; None when it has no system to look at. Whether there were errors says
    log.failed: such a system is only good for finding more of them."""
    if root is None:
        return None
    if root.name != "system":
        log.error(root, f"invalid XML element '{shown(root.name)}'", "the root of a description is <system>")
        return None
    context = Context(log, SearchPath(folders), memory, System(log.source.name))
    context.places[context.system] = root
    Templates(log).expand(root)
    Shapes(log).check(root, "system")
    for kind, build in (("memory_region", build_region), ("protection_domain", build_domain), ("channel", build_channel)):
        for node in root.children:
            if node.name == kind:
                build(context, node)
    for look in context.later:
        look()
    for relate in RELATIONS:
        relate(context)
    return context


def default_folders(search_path):
    """As the command line says; the current folder always comes last."""
    return [Path(folder) for folder in search_path] + [Path.cwd()]
