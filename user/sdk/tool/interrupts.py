"""What a protection domain gets from the machine: interrupts, I/O ports, timers."""
from .context import overlaps
from .log import shown
from .model import MAX_ID, IoPort, Irq, Timer
from .values import Values

VECTOR_MAX = 107        # of the original's kernel; here it is only checked
FORMS = {
    "pin": ("pin", "ioapic", "vector", "trigger", "polarity"),
    "isa": ("isa",),
    "pcidev": ("pcidev", "handle", "vector", "setvar_msi_address", "setvar_msi_data"),
}
COMMON = ("id", "setvar_id")


def _form(values):
    """Which of the three forms it has; None: none."""
    if "irq" in values:
        values.error("irq", "ARM and RISC-V IRQs are not supported on x86", "name the interrupt by pin=, isa= or pcidev=")
        return None
    form = next((f for f in FORMS if f in values), None)
    if form is None:
        values.log.error(values.node, "Missing required attribute 'irq' on element 'irq'",
                         "on this machine: pin= of an I/O APIC, isa= for one of the 16 old lines, or pcidev= for a message")
        return None
    for name in values.node.attributes:
        if name not in FORMS[form] + COMMON:
            values.error(name, f"invalid attribute '{name}'", f"an interrupt by {form}= has: {', '.join(COMMON + FORMS[form])}")
    return form


def build_irq(context, pd, node):
    values = Values(node, context.log)
    form = _form(values)
    number = values.id(MAX_ID)
    vector = values.number("vector", 0, VECTOR_MAX, words=f"vector must be within [0..{VECTOR_MAX}]")
    irq = Irq(pd, number, {"pin": "ioapic", "isa": "isa", "pcidev": "msi"}.get(form, ""), context.log.position(node), vector=vector)
    context.places[irq] = node
    wired = _wire(values, irq, form)
    if number is None or not context.claim("bit", pd, number, values, _duplicate(pd, number), "an interrupt"):
        return
    context.setvar(pd, values, "setvar_id", kind="value", value=number)
    context.setvar(pd, values, "setvar_msi_address", kind="msi_address", irq=irq)
    context.setvar(pd, values, "setvar_msi_data", kind="msi_data", irq=irq)
    if wired:
        pd.irqs.append(irq)


def _duplicate(pd, number):
    return f"duplicate channel id: {number} in protection domain: '{shown(pd.name)}'"


def _wire(values, irq, form):
    """Fills in which interrupt it is. False: that is not known, because of an error."""
    if form == "pin":
        irq.pin = values.number("pin", 0, 255, below="pin must be >= 0")
        irq.ioapic = values.number("ioapic", 0, 255, 0, below="ioapic must be >= 0")
        irq.level = values.word("trigger", {"level": True, "edge": False}, True, "trigger must be either 'level' or 'edge'")
        irq.low = values.word("polarity", {"low": True, "high": False}, False, "polarity must be either 'low' or 'high'")
        return None not in (irq.pin, irq.ioapic)
    if form == "isa":
        irq.pin = values.number("isa", 0, 15)
        return irq.pin is not None
    if form == "pcidev":
        irq.pci = values.pci("pcidev")
        irq.handle = values.number("handle", 0, (1 << 32) - 1, 0, below="handle must be >= 0")
        return None not in (irq.pci, irq.handle)
    return False


def build_port(context, pd, node):
    values = Values(node, context.log)
    number = values.id(MAX_ID)
    first = values.number("addr", 0, 0xffff)
    size = values.number("size", 0, 0x10000, below="size must be > 0")
    if size == 0:
        values.error("size", "size must be > 0", "say how many ports there are from addr on")
    if first is not None and size and first + size > 0x10000:
        values.error("size", f"I/O port range [{first:#x}, {first + size:#x}) is too long",
                     f"ports end at 0x10000: at most {0x10000 - first:#x}")
        size = None
    words = f"duplicate I/O port id: {number} in protection domain: '{shown(pd.name)}'"
    if number is None or not context.claim("port", pd, number, values, words, "I/O ports"):
        return
    context.setvar(pd, values, "setvar_id", kind="value", value=number)
    context.setvar(pd, values, "setvar_addr", kind="value", value=first or 0)
    if None not in (first, size):
        port = IoPort(pd, number, first, size, context.log.position(node))
        context.places[port] = node
        pd.ioports.append(port)


def build_timer(context, pd, node):
    values = Values(node, context.log)
    number = values.id(MAX_ID)
    if number is not None and context.claim("bit", pd, number, values, _duplicate(pd, number), "a timer"):
        context.setvar(pd, values, "setvar_id", kind="value", value=number)
        pd.timers.append(Timer(pd, number, context.log.position(node)))


def _same(context, irqs, key, words):
    """Each thing of the machine belongs to one interrupt of one protection domain."""
    first = {}
    for irq in irqs:
        other = first.setdefault(key(irq), irq)
        if other is not irq:
            name, text = words(irq)
            context.log.error(context.places[irq].attributes[name],
                              f"duplicate irq: {text} in protection domain: '{shown(irq.pd.name)}'",
                              f"protection domain '{shown(other.pd.name)}' has it in line {other.at.line}")


def relate_interrupts(context):
    irqs = [irq for pd in context.system.pds for irq in pd.irqs]
    irqs.sort(key=lambda irq: context.places[irq].offset)
    _same(context, [i for i in irqs if i.vector is not None], lambda i: i.vector, lambda i: ("vector", str(i.vector)))
    _same(context, [i for i in irqs if i.kind == "ioapic"], lambda i: (i.ioapic, i.pin), lambda i: ("pin", str(i.pin)))
    _same(context, [i for i in irqs if i.kind == "isa"], lambda i: i.pin, lambda i: ("isa", str(i.pin)))
    _same(context, [i for i in irqs if i.kind == "msi"], lambda i: (i.pci, i.handle),
          lambda i: ("pcidev", "{:02x}:{:02x}.{:x}".format(*i.pci)))


def relate_ports(context):
    ports = [(p.first, p.first + p.size, p) for pd in context.system.pds for p in pd.ioports]
    for (*_, a), (*_, b) in overlaps(ports):
        first, second = sorted((a, b), key=lambda port: context.places[port].offset)
        said = [f"I/O port id: {p.id}, half-open range: [{p.first:#x}, {p.last + 1:#x}) in protection domain: '{shown(p.pd.name)}'"
                for p in (second, first)]
        context.log.error(context.places[second].attributes["addr"], f"{said[0]} overlaps with {said[1]}",
                          f"the other is in line {first.at.line}; a port belongs to one protection domain")
