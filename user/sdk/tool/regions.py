"""Memory regions: size, pages, physical address, what they are filled with."""
from .context import aligned, overlaps
from .log import shown
from .model import HUGE_PAGE, LARGE_PAGE, PAGE, PAGE_SIZES, MemoryRegion
from .values import Values, parse_number

PHYSICAL_TOP = 1 << 52
TRACE = 0x9000      # baton/traced.h: a page, and the kernel's ring
BOOTINFO = ("x86_mbmmap", "x86_acpi_rsdp", "x86_framebuffer", "x86_tsc_freq", "cmdline", "trace")
BOOTINFO_ABSENT = {"x86_vbe": "use x86_framebuffer: the boot loader sets the mode", "fdt": "this machine has no device tree"}


def build_region(context, node):
    values = Values(node, context.log)
    name = values.name()
    page_size = _page_size(values)
    prefill, prefill_size = _prefill(context, values)
    size = _size(values, page_size, prefill_size)
    phys = values.number("phys_addr", 0, PHYSICAL_TOP - 1)
    if phys is not None and phys % page_size:
        values.error("phys_addr", "phys_addr is not aligned to the page size",
                     f"the next page of {page_size:#x} bytes begins at {aligned(phys, page_size):#x}")
        phys = None
    if phys is not None and phys + size > PHYSICAL_TOP:
        values.error("phys_addr", f"memory region '{shown(name or '')}' physical address range "
                     f"[{phys:#x}..{phys + size:#x}) overflows", f"physical addresses end at {PHYSICAL_TOP:#x}")
        phys = None
    if values.text("prefill_bootinfo") == "trace" and (page_size != PAGE or size not in (0, TRACE)):
        values.error("prefill_bootinfo", f"what the kernel records has {TRACE:#x} bytes, in pages of {PAGE:#x}", f"say size=\"{TRACE:#x}\"")
    region = MemoryRegion(name or "", size, page_size, phys, prefill, prefill_size, _bootinfo(values), context.log.position(node))
    context.places[region] = node
    if name is not None:
        if name in context.regions:
            context.log.error(values.at("name"), f"duplicate memory region name '{shown(name)}'",
                              f"the first is in line {context.regions[name].at.line}; rename one, and the maps that mean it")
            return
        context.regions[name] = region
        context.system.regions.append(region)


def _page_size(values):
    text = values.text("page_size")
    if text is None:
        return PAGE
    value = parse_number(text)
    if value is not None and value >= 0 and value not in PAGE_SIZES:
        values.error("page_size", f"page size {value:#x} not supported", f"pages have {', '.join(map(hex, PAGE_SIZES))} bytes")
        return PAGE
    return values.number("page_size", PAGE, HUGE_PAGE) or PAGE


def _size(values, page_size, prefill_size):
    """In bytes; 0 when it is not known because of an error."""
    if "size" not in values:
        if "prefill_path" in values:
            return aligned(prefill_size, page_size)
        if "prefill_bootinfo" in values:
            return page_size
        values.error("size", "size must be specified if memory region is not prefilled", "add size=\"0x1000\", or more")
        return 0
    size = values.number("size", 1, PHYSICAL_TOP)
    if size is None:
        return 0
    if size % page_size:
        values.error("size", "size is not a multiple of the page size",
                     f"the next multiple of {page_size:#x} is {aligned(size, page_size):#x}")
        return 0
    if prefill_size > size:
        values.error("size", f"size of prefill file exceeds memory region size: {prefill_size:x} > {size:x}",
                     f"make it {aligned(prefill_size, page_size):#x}, or leave size= out")
    return size


def _prefill(context, values):
    name = values.text("prefill_path")
    if name is None:
        return None, 0
    if "prefill_bootinfo" in values:
        values.error("prefill_bootinfo", "prefill_path and prefill_bootinfo cannot be both specified", "keep one of them")
        return None, 0
    path, size = context.search.find(name)
    if path is None and context.search.is_other(name):
        values.error("prefill_path", f"failed to read file '{shown(name)}' at prefill_path", "it is a folder or device, not a file")
    elif path is None:
        values.error("prefill_path", f"unable to find prefill file: '{shown(name)}'", context.search.searched(name))
    elif size == 0:
        values.error("prefill_path", f"prefill file '{shown(name)}' is empty", "without prefill_path a region is all zeros")
    return (path, size) if size > 0 else (None, 0)


def _bootinfo(values):
    name = values.text("prefill_bootinfo")
    if name is None or name in BOOTINFO:
        return name
    values.error("prefill_bootinfo", f"BootInfoMap type: '{shown(name)}' is not supported",
                 BOOTINFO_ABSENT.get(name, f"there are: {', '.join(BOOTINFO)}"))
    return None


def relate_regions(context):
    """What only shows when all maps are known: ranges that share memory, the size of pages, regions of no use."""
    ranges = [(r.phys, r.phys + r.size, r) for r in context.system.regions if r.phys is not None and r.size]
    for (*_, a), (*_, b) in overlaps(ranges):
        first, second = sorted((a, b), key=lambda r: context.places[r].offset)
        context.log.error(context.places[second].attributes["phys_addr"],
                          f"memory region '{shown(second.name)}' physical address range "
                          f"[{second.phys:#x}..{second.phys + second.size:#x}) overlaps with another memory region "
                          f"'{shown(first.name)}' [{first.phys:#x}..{first.phys + first.size:#x})",
                          "one region can be mapped by several protection domains: keep one, or move the other")
    for region in context.system.regions:
        grown = region.size and not region.size % LARGE_PAGE and not (region.phys or 0) % LARGE_PAGE
        if grown and "page_size" not in context.places[region].attributes and \
                all(not m.vaddr % LARGE_PAGE for m in region.maps):
            region.page_size = LARGE_PAGE
        if not region.maps:
            context.log.warning(context.places[region], f"unused memory region '{shown(region.name)}'", "map it, or remove it")
