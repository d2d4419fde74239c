"""Protection domains: their own attributes, and all that lies in them."""
from pathlib import Path

from .context import aligned
from .interrupts import build_irq, build_port, build_timer
from .log import nearest, shown
from .maps import build_map
from .model import MAX_ID, MAX_NAME, MAX_PDS, MAX_PRIORITY, MAX_USER_SLOT, PAGE, Pool, ProtectionDomain, UserCap
from .values import Values

MIN_STACK, MAX_STACK, STACK = 0x1000, 0x1000000, 0x2000
BUDGET = 1000       # microseconds
CORES = 1
AFTER = "after:"


def build_domain(context, node, parent=None):
    values = Values(node, context.log)
    name = values.name(longest=MAX_NAME, without="/")
    pd = ProtectionDomain(len(context.system.pds), name or "", values.number(
        "priority", 0, MAX_PRIORITY, 0, words=f"priority must be between 0 and {MAX_PRIORITY}"), *_times(values),
        values.boolean("passive", False), _stack(values), 0, values.boolean("fpu", None), values.boolean("reset", False),
        values.word("log", {"denied": True}, False, "log must be 'denied'"), context.log.position(node))
    context.places[pd] = node
    context.system.pds.append(pd)
    _cpu(values)
    _absent(values)
    _named(context, values, pd, name)
    if parent:
        _child(context, values, pd, parent)
    if "start" in values:
        context.later.append(lambda: _start(context, values, pd))
    _contents(context, node, pd)


def _named(context, values, pd, name):
    if name == "monitor":
        values.error("name", "the PD name 'monitor' is reserved for the Microkit Monitor", "give it another name")
    elif name in context.pds:
        values.error("name", f"duplicate protection domain name '{shown(name)}'",
                     f"the first is in line {context.pds[name].at.line}; in a template put {{i}} into the name")
    elif name is not None:
        context.pds[name] = pd


def _times(values):
    budget = values.number("budget", default=BUDGET)
    period = values.number("period", default=budget)
    if budget == 0:
        values.error("budget", "budget must be > 0", "it is in microseconds; without it, it is 1000")
    elif budget is not None and period is not None and budget > period:
        values.error("budget" if "budget" in values else "period",
                     f"budget ({budget}) must be less than, or equal to, period ({period})", f"period=\"{budget}\" is the least")
    elif budget is not None and period is not None and budget < period:
        values.log.warning(values.at("period"), f"budget ({budget}) is less than period ({period}): Baton does not hold to it",
                           "the budget is its time slice, and it runs again as soon as its priority lets it")
    return budget or BUDGET, period or budget or BUDGET


def _stack(values):
    size = values.number("stack_size", MIN_STACK, MAX_STACK, STACK,
                         words=f"stack size must be between {MIN_STACK:#x} bytes and {MAX_STACK:#x} bytes")
    if size is not None and size % PAGE:
        values.error("stack_size", f"stack size must be aligned to the smallest page size, {PAGE} bytes",
                     f"the next multiple is {aligned(size):#x}")
        size = None
    return size or STACK


def _cpu(values):
    text = values.text("cpu")
    cpu = values.number("cpu", 0, default=0)
    if cpu is not None and cpu >= CORES:
        values.error("cpu", f"cpu core must be less than {CORES}, got {shown(text)}", "this kernel runs on one: leave cpu= out")


def _absent(values):
    """Attributes of what Baton lacks."""
    if values.boolean("smc", False):
        values.error("smc", "ARM SMC forwarding support is not available for this architecture", "remove smc=")
    if "domain" in values:
        values.error("domain", f"Specifying a domain '{shown(values.text('domain'))}' without declaring a domain schedule is not "
                     "allowed:", "remove domain=: Baton has no domain scheduler")


def _child(context, values, pd, parent):
    pd.parent = parent
    parent.children.append(pd)
    pd.child_id = values.id(MAX_ID)
    words = f"duplicate id: {pd.child_id} in protection domain: '{shown(parent.name)}'"
    if pd.child_id is not None and context.claim("child", parent, pd.child_id, values, words, f"'{shown(pd.name)}'"):
        context.setvar(parent, values, "setvar_id", kind="value", value=pd.child_id)


def _start(context, values, pd):
    text = values.text("start")
    name = text[len(AFTER):] if text.startswith(AFTER) else None
    if name is None:
        values.error("start", f"start must be '{AFTER}' and the name of a protection domain", f"not '{shown(text)}'")
    elif name not in context.pds:
        values.error("start", f"unknown PD name '{shown(name)}'", lambda: nearest(name, context.pds, "there is none"))
    elif context.pds[name] is pd:
        values.error("start", f"protection domain '{shown(name)}' would start after itself", "name another one")
    else:
        pd.start_after = context.pds[name]


def _contents(context, node, pd):
    builders = {"program_image": _image, "map": build_map, "irq": build_irq, "ioport": build_port, "timer": build_timer,
                "setvar": _setvar, "pool": _pool, "cspace": _cspace}
    for child in node.children:
        if child.name == "protection_domain":
            build_domain(context, child, pd)
        else:
            builders[child.name](context, pd, child)
    if not any(child.name == "program_image" for child in node.children):
        context.log.error(node, f"missing 'program_image' element on protection_domain: '{shown(pd.name)}'",
                          "add <program_image path=\"...\"/>")


def _image(context, pd, node):
    values = Values(node, context.log)
    for name in ("path", "path_for_symbols"):
        if values.text(name) == "":
            values.error(name, f"{name} must not be empty", "name an ELF file")
    if values.text("path"):
        pd.program_path, pd.program_at = Path(values.text("path")), context.log.position(values.at("path"))
    if values.text("path_for_symbols"):
        pd.symbols_path = Path(values.text("path_for_symbols"))


def _setvar(context, pd, node):
    values = Values(node, context.log)
    name = values.text("region_paddr")
    if name is None:
        return
    region = context.regions.get(name)
    if region is None:
        values.error("region_paddr", f"invalid memory region name '{shown(name)}'",
                     lambda: nearest(name, context.regions, "no memory region is declared"))
    elif region.phys is not None:
        context.setvar(pd, values, "symbol", kind="value", value=region.phys)
    else:
        region.contiguous = True
        context.setvar(pd, values, "symbol", kind="region_paddr", region=region)


def _pool(context, pd, node):
    values = Values(node, context.log)
    size = values.number("size", PAGE)
    context.setvar(pd, values, "setvar_size", kind="value", value=size or 0)
    if size is None:
        return
    if size % PAGE:
        values.error("size", "size is not a multiple of the page size", f"the next multiple of {PAGE:#x} is {aligned(size):#x}")
    elif size >= context.memory:
        values.error("size", f"pool of {size:#x} bytes is larger than the memory of the machine ({context.memory:#x} bytes)",
                     "make it smaller, or say behind --memory how much there is")
    else:
        pd.pool = Pool(pd, size, context.log.position(node))


def _cspace(context, pd, node):
    slots = {}
    for child in node.children:
        context.later.append(lambda child=child: _user_cap(context, pd, child, slots))


def _user_cap(context, pd, node, slots):
    values = Values(node, context.log)
    slot = values.number("slot", 0, MAX_USER_SLOT, words=f"There are only {MAX_USER_SLOT + 1} destination cspace slots available")
    name = values.text("pd")
    if slot == 0:
        values.error("slot", "The destination slot 0 has been reserved for Microkit CNode", "slots from 1 on are free")
    if name is not None and name not in context.pds:
        values.error("pd", f"unknown PD name '{shown(name)}'", lambda: nearest(name, context.pds, "there is none"))
    elif slot and name is not None:
        other = slots.setdefault(slot, node)
        if other is not node:
            values.error("slot", f"overlapping user caps in slot {slot} of protection domain '{shown(pd.name)}'",
                         f"the other one is in line {context.log.position(other).line}")
        else:
            pd.user_caps.append(UserCap(pd, slot, node.name[4:], context.pds[name], context.log.position(node)))


def relate_domains(context):
    """What is required of all of them together."""
    pds = context.system.pds
    root = context.places[context.system]
    if not pds:
        context.log.error(root, "at least one protection domain must be defined", "add a <protection_domain> with its program_image")
    if len(pds) > MAX_PDS:
        context.log.error(context.places[pds[MAX_PDS]],
                          f"too many protection domains ({len(pds)}) defined. Maximum is {MAX_PDS}", "split the system")
    _start_circles(context)


def _start_circles(context):
    done = set()
    for pd in context.system.pds:
        way = []
        while pd is not None and pd not in done:
            done.add(pd)
            way.append(pd)
            pd = pd.start_after
        if pd in way:
            names = [shown(p.name) for p in way[way.index(pd):]]
            context.log.error(context.places[pd].attributes["start"], f"protection domain '{names[0]}' would start after itself",
                              f"the order goes round: {' waits for '.join(names[:8] + names[:1])}")
