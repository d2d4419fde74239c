"""Phase 4: from the checked system to the objects it is made of and the steps that make it, then checked against the memory of a
model of the machine: what does not fit fails here, by name."""
from .abi import ABI, BOOTINFO, SLOTS
from .content import Blobs
from .memory import Machine
from .model import MAX_ID
from .objects import Domain, Plan
from .spaces import Page, Space, window_tables

SEND, RECV, GRANT, SIGNAL, WAIT = (ABI[f"RIGHT_{name}"] for name in ("SEND", "RECV", "GRANT", "SIGNAL", "WAIT"))
ALL = 0xff
INPUT, CONSOLE, PASS, OPEN = 1, 7, 8, 9
OWN_ENDPOINT, OWN_SPACE, OWN_CNODE = 2, 3, 4     # of a domain with a pool: baton/pool.h
WIDE = SLOTS["BASE_USER_CAPS"] + 128    # endpoints of channel ids above 61 (microkit.h)
TIMERS = SLOTS["BASE_VCPU_CAP"]         # baton/timer.h
STAND_INS = SLOTS["BASE_VM_TCB_CAP"]    # lib/own.h
STAND_IN = "baton_stand_in"             # where it begins: lib/stand_in.asm
POOL = WIDE + 512
POOL_END = 2048
SMALLEST_RADIX = 9
CALL_BADGE, FAULT_BADGE, DENIAL_BADGE = 1 << 63, 1 << 62, 1 << 32     # the last one: baton/image.h
MAY = ABI["DEBUG_MAY_PRINT"] | ABI["DEBUG_MAY_LOOK"]    # what components may with the console


class Refused(Exception):
    """`lines`: "file:line:column: error: ..." of all that cannot be built."""

    def __init__(self, lines):
        super().__init__("\n".join(lines))
        self.lines = lines


def _refusals(system):
    """What only shows when the programs are known."""
    for pd in system.pds:
        if pd.reset and sum(s.write for s in pd.program.segments) != 1:
            yield pd.at, f"reset of '{pd.name}': its program has not one segment that is written to", "link it with microkit.ld"
        if pd.reset and "baton_reset" not in pd.program.symbols:
            yield pd.at, f"reset of '{pd.name}': its program has no symbol baton_reset", "link it with libmicrokit, and do not strip it"


def make(system, memory, console):
    """The Plan. fails: Refused."""
    lines = [f"{at}: error: {words}; {advice}" for at, words, advice in _refusals(system)]
    if lines:
        raise Refused(lines)
    plan = Plan(system, console)
    plan.blobs = Blobs()
    plan.handlers = {}
    window_tables(plan)
    plan.faults = plan.run("TYPE_ENDPOINT", "faults", system)
    for region in system.regions:
        if region.maps or region.contiguous:
            _region(plan, region)
    for pd in system.pds:
        _objects(plan, pd)
    _spaces(plan)
    for domain in plan.domains:
        _capabilities(plan, domain)
    for i, domain in enumerate(plan.domains):
        _give(plan, domain)
        plan.op("OP_THREAD", a=i)
    for i in range(len(plan.domains)):
        plan.op("OP_START", a=i)
    plan.number()
    lines = Machine(memory, plan).lines()
    if lines:
        raise Refused(lines)
    return plan


def _region(plan, region):
    run = plan.run("TYPE_FRAME", region.name, region, bits=region.page_size.bit_length() - 1, count=region.pages, phys=region.phys,
                   contiguous=region.contiguous)
    plan.regions[region] = run
    if region.prefill is not None:
        data = region.prefill.read_bytes()
        plan.fills = getattr(plan, "fills", []) + [(run, data)]


def _is_notified(plan, pd):
    return bool(pd.irqs or pd.timers or any(end.other.notify for end in pd.ends))


def _has_stand_in(program):
    """Whether it is linked with a libmicrokit that has that code."""
    found = program.symbols.get(STAND_IN, ())[:1]
    return any(s.execute and s.vaddr <= symbol.address < s.end for symbol in found for s in program.segments)


def _objects(plan, pd):
    def run(type, name, **more):
        made = plan.run(type, f"{name} of {pd.name}", pd, **more)
        runs.append(made)
        return made
    runs = []
    slots = [INPUT] + [WIDE + end.id - MAX_ID - 1 for end in pd.ends if end.id > MAX_ID] + \
        [SLOTS["BASE_USER_CAPS"] + cap.slot for cap in pd.user_caps]
    slots += [POOL_END - 1] * (pd.pool is not None)
    domain = Domain(pd, tcb=run("TYPE_TCB", "thread"), space=run("TYPE_ADDRESS_SPACE", "address space"), buffer=None,
                    cnode=run("TYPE_CNODE", "capabilities", bits=max(SMALLEST_RADIX, max(slots).bit_length())),
                    fault=run("TYPE_ENDPOINT", "fault capability", later=True), runs=runs)
    if pd.is_server:
        domain.endpoint = run("TYPE_ENDPOINT", "endpoint")
        if _has_stand_in(pd.program):
            domain.stand_in = run("TYPE_TCB", "stand-in")
    if not pd.is_server or _is_notified(plan, pd):
        domain.notification = run("TYPE_NOTIFICATION", "notification")
    for i, bits in enumerate(pd.pool.pieces if pd.pool else ()):
        domain.pool[POOL + i] = run("TYPE_UNTYPED", f"pool piece {i}", bits=bits)
    if pd.extended_at_start:
        domain.extended = run("TYPE_EXTENDED_STATE", "extended state")
    if any(other.start_after is pd for other in plan.system.pds):
        domain.gate = run("TYPE_NOTIFICATION", "gate")
    plan.domains.append(domain)


def _spaces(plan):
    """All page tables are put before anything is mapped."""
    for run, data in getattr(plan, "fills", []):
        for first in range(0, len(data), 1 << 20):
            part = data[first:first + (1 << 20)]
            plan.op("OP_FILL", a=run.at(), b=_page(plan, part), count=len(part), value=first)
    for region, run in plan.regions.items():
        if region.bootinfo is not None and (region.bootinfo != "trace" or plan.console):
            kind = BOOTINFO["BOOT_" + region.bootinfo.removeprefix("x86_").upper()]
            plan.op("OP_BOOTINFO", a=run.at(), count=min(region.size, 4096), value=kind)
    for domain in plan.domains:
        _interrupts(plan, domain)
    for domain in plan.domains:
        before = len(plan.ops)
        tables = Space(plan, domain).build()
        steps, plan.ops[before:] = plan.ops[before:], []
        for fields in tables:
            plan.op("OP_TABLE", **fields)
        plan.ops += steps


def _page(plan, data):
    return Page(plan.blobs, plan.blobs.add(data))


def _badged(plan, domain, source, name, rights, badge):
    """A badged copy that the store keeps: an interrupt's, a timer's, a fault's."""
    run = plan.run(source.type, f"{name} of {domain.pd.name}", domain.pd, later=True)
    domain.runs.append(run)
    plan.op("OP_MINT", a=source.at(), b=run.at(), rights=rights, value=badge)
    return run


def _line(irq):
    if irq.kind == "isa":
        return irq.pin | ABI["IRQ_ISA"]
    return irq.pin | irq.ioapic << 8 | ABI["IRQ_IOAPIC"] | (ABI["IRQ_LEVEL"] if irq.level else 0) | (ABI["IRQ_LOW"] if irq.low else 0)


def _interrupts(plan, domain):
    pd = domain.pd
    for irq in pd.irqs:
        bit = _badged(plan, domain, domain.notification, f"bit of interrupt {irq.id}", SIGNAL, 1 << irq.id)
        handler = plan.run("TYPE_IRQ_HANDLER", f"interrupt {irq.id} of {pd.name}", pd, later=True)
        domain.runs.append(handler)
        plan.handlers[irq] = handler
        if irq.kind == "msi":
            plan.op("OP_MSI", a=handler.at(), b=bit.at())
        else:
            plan.op("OP_IRQ", a=handler.at(), b=bit.at(), value=_line(irq))
        domain.caps[SLOTS["BASE_IRQ_CAP"] + irq.id] = (handler, ALL, 0)
    for timer in pd.timers:
        bit = _badged(plan, domain, domain.notification, f"bit of timer {timer.id}", SIGNAL, 1 << timer.id)
        made = plan.run("TYPE_TIMER", f"timer {timer.id} of {pd.name}", pd)
        domain.runs.append(made)
        plan.op("OP_TIMER", a=made.at(), b=bit.at())
        domain.caps[TIMERS + timer.id] = (made, ALL, 0)


def _capabilities(plan, domain):
    pd = domain.pd
    caps = domain.caps
    if domain.endpoint:
        caps[INPUT] = (domain.endpoint, RECV, 0)
    else:
        caps[INPUT] = (domain.notification, WAIT, 0)
    for end in pd.ends:
        other = plan.domains[end.other.pd.index]
        if end.notify:
            caps[SLOTS["BASE_OUTPUT_NOTIFICATION_CAP"] + end.id] = (other.notification, SIGNAL, 1 << end.other.id)
        if end.pp:
            slot = SLOTS["BASE_ENDPOINT_CAP"] + end.id if end.id <= MAX_ID else WIDE + end.id - MAX_ID - 1
            caps[slot] = (other.endpoint, SEND, CALL_BADGE | end.other.id)
    for child in pd.children:
        caps[SLOTS["BASE_TCB_CAP"] + child.child_id] = (plan.domains[child.index].tcb, ALL, 0)
        if plan.domains[child.index].stand_in:
            caps[STAND_INS + child.child_id] = (plan.domains[child.index].stand_in, ALL, 0)
    for cap in pd.user_caps:
        target = plan.domains[cap.target.index]
        caps[SLOTS["BASE_USER_CAPS"] + cap.slot] = (target.tcb if cap.kind == "tcb" else target.space, ALL, 0)
    if pd.pool:
        caps[OWN_ENDPOINT] = (domain.endpoint, SEND | RECV | GRANT, 0)
        caps[OWN_SPACE] = (domain.space, ALL, 0)
        caps[OWN_CNODE] = (domain.cnode, ALL, 0)
    if pd.log_denied and plan.console:
        caps[SLOTS["MONITOR_EP"]] = (plan.faults, SEND, DENIAL_BADGE | (pd.index + 1))
    if domain.gate:
        caps[OPEN] = (domain.gate, SIGNAL, 0)
    if pd.start_after is not None:
        caps[PASS] = (plan.domains[pd.start_after.index].gate, SIGNAL | WAIT, 0)
    if pd.parent is not None:
        source, badge = plan.domains[pd.parent.index].endpoint, FAULT_BADGE | pd.child_id
    else:
        source, badge = plan.faults, pd.index + 1
    plan.op("OP_MINT", a=source.at(), b=domain.fault.at(), rights=SEND, value=badge)


def _give(plan, domain):
    for slot, (run, rights, badge) in sorted(domain.caps.items()):
        plan.op("OP_GIVE", a=run.at(), b=domain.cnode.at(), slot=slot, rights=rights, value=badge)
    for port in domain.pd.ioports:
        plan.op("OP_PORTS", b=domain.cnode.at(), slot=SLOTS["BASE_IOPORT_CAP"] + port.id, value=port.first | port.last << 16)
    for slot, run in domain.pool.items():
        plan.op("OP_MOVE", a=run.at(), b=domain.cnode.at(), slot=slot)
    if domain.has_console(plan):
        plan.op("OP_CONSOLE", b=domain.cnode.at(), slot=CONSOLE, value=MAY)
    if domain.endpoint and domain.notification:
        plan.op("OP_BIND", a=domain.tcb.at(), b=domain.notification.at())

