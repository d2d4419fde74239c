"""Maps of memory regions into protection domains."""
from .context import aligned, overlaps
from .log import nearest, shown
from .model import BUFFER, STACK_TOP, USER_TOP, Map
from .values import Values

CACHES = {"true": "CACHE_WRITE_BACK", "false": "CACHE_UNCACHED", "combining": "CACHE_WRITE_COMBINING"}


def build_map(context, pd, node):
    values = Values(node, context.log)
    perms = _perms(values)
    cache = values.word("cached", CACHES, CACHES["true"], "cached must be 'true' or 'false', or 'combining'")
    vaddr = values.number("vaddr")
    region = _region(context, values)
    if region is None:
        return
    _setvars(context, pd, values, region, vaddr)
    if vaddr is None or not region.size:
        return
    if not _address(pd, values, region, vaddr):
        return
    if region.bootinfo == "trace":
        _trace(context, pd, node, perms)
    made = Map(pd, region, vaddr, *("r" in perms, "w" in perms, "x" in perms), cache, context.log.position(node))
    context.places[made] = node
    pd.maps.append(made)
    region.maps.append(made)
    if vaddr == 0:
        context.log.warning(values.at("vaddr"), f"map for '{shown(region.name)}' is at address 0",
                            "a null pointer does not fault in this protection domain")
    if not made.cached and region.phys is None:
        context.log.warning(values.at("cached"), f"cached='{values.text('cached')}' has no effect on '{shown(region.name)}'",
                            "memory is always cached on this machine; devices have a phys_addr")


def _perms(values):
    text = values.text("perms", "rw")
    words = "perms must only be a combination of 'r', 'w', and 'x'"
    if set(text) - set("rwx") or not text:
        values.error("perms", words, f"not '{shown(text)}': r, rw, rx, or leave it out for rw")
    elif set(text) == {"w"}:
        values.error("perms", "perms must not be 'w', write-only mappings are not allowed", "say 'rw'")
    elif {"w", "x"} <= set(text):
        values.error("perms", "perms must not have both 'w' and 'x': no memory is writable and executable",
                     "map the region twice, once 'rw' and once 'rx'")
    else:
        return text
    return "rw"


def _trace(context, pd, node, perms):
    """Of what the kernel records: for those only who may look at what exists."""
    if perms != "r":
        context.log.error(node, "what the kernel records can only be read", 'say perms="r"')
    if pd.log_denied:
        context.log.error(node, f"protection domain '{shown(pd.name)}' has no console, and so may not look at what the kernel records",
                          'leave log="denied" out')


def _region(context, values):
    name = values.text("mr")
    if name is None or name in context.regions:
        return context.regions.get(name)
    context.log.error(values.at("mr"), f"invalid memory region name '{shown(name)}' on '{values.node.name}'",
                      lambda: nearest(name, context.regions, "no memory region is declared"))
    return None


def _setvars(context, pd, values, region, vaddr):
    context.setvar(pd, values, "setvar_vaddr", kind="value", value=vaddr or 0)
    context.setvar(pd, values, "setvar_size", kind="value", value=region.size)
    if "setvar_prefill_size" in values and not region.prefill_size:
        if "prefill_path" not in context.places[region].attributes:
            context.log.error(values.at("setvar_prefill_size"), "'setvar_prefill_size' used for MR without a `prefill_path`",
                              f"give memory region '{shown(region.name)}' in line {region.at.line} one, or use setvar_size")
        return
    context.setvar(pd, values, "setvar_prefill_size", kind="value", value=region.prefill_size)


def _address(pd, values, region, vaddr):
    name, end = shown(region.name), vaddr + region.size
    if vaddr >= pd.stack_bottom:
        values.error("vaddr", f"vaddr ({vaddr:#x}) must be less than {pd.stack_bottom:#x}", what_is_there(pd, vaddr))
        return False
    if vaddr % region.page_size:
        values.log.error(values.at("vaddr"), f"invalid vaddr alignment on '{values.node.name}'",
                         f"pages of '{name}' have {region.page_size:#x} bytes: the next aligned address is "
                         f"{aligned(vaddr, region.page_size):#x}")
        return False
    if end > pd.stack_bottom:
        values.log.error(values.at("vaddr"), f"map for '{name}' has virtual address range [{vaddr:#x}..{end:#x}) which exceeds valid "
                         f"address space [0x0..{pd.stack_bottom:#x})", what_is_there(pd, end - 1))
        return False
    return True


def what_is_there(pd, address):
    """Advice on an address above all that may be mapped."""
    if address >= USER_TOP:
        there = f"memory of programs ends at {USER_TOP:#x}"
    elif address >= BUFFER:
        there = f"the IPC buffer is at {BUFFER:#x}"
    elif address >= STACK_TOP:
        there = f"the guard page between stack and IPC buffer is at {STACK_TOP:#x}"
    else:
        there = f"the stack is at [{pd.stack_bottom:#x}..{STACK_TOP:#x})"
    return f"{there}; map it lower"


def relate_maps(context):
    for pd in context.system.pds:
        pd.maps.sort(key=lambda m: (m.vaddr, context.places[m].offset))
        for (*_, a), (*_, b) in overlaps([(m.vaddr, m.end, m) for m in pd.maps]):
            first, second = sorted((a, b), key=lambda m: context.places[m].offset)
            context.log.error(context.places[second].attributes["vaddr"],
                              f"map for '{shown(second.region.name)}' has virtual address range [{second.vaddr:#x}..{second.end:#x}) "
                              f"which overlaps with map for '{shown(first.region.name)}' [{first.vaddr:#x}..{first.end:#x}) in "
                              f"protection domain '{shown(pd.name)}'", f"the other is in line {first.at.line}: move one of them")
        if pd.maps and pd.maps[-1].end == pd.stack_bottom:
            context.log.warning(context.places[pd.maps[-1]].attributes["vaddr"],
                                f"map for '{shown(pd.maps[-1].region.name)}' ends where the stack of '{shown(pd.name)}' ends",
                                "a stack that is too small is not noticed but written over it: leave a page free")
