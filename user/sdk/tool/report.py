"""Phase 6: what the system is, from its plan: who has which capabilities and memory, who can do what to whom. As data, as text and as
a graph. A test compares it with the kernel's own dump of the running system (tests/sdk/report_test.py)."""
import json

from .abi import ABI, SLOTS

RIGHTS = [(name.removeprefix("RIGHT_"), bit) for name, bit in ABI.items() if name.startswith("RIGHT_")]
OF_TYPE = {"TYPE_ENDPOINT": ("SEND", "RECV", "GRANT"), "TYPE_NOTIFICATION": ("SIGNAL", "WAIT"), "TYPE_FRAME": ("READ", "WRITE", "EXECUTE")}
CONSOLE = 7
ROOT = "root task"


def _rights(run_type, rights):
    return [name for name, bit in RIGHTS if rights & bit and name in OF_TYPE.get(run_type, ())]


def _capability(slot, kind, name, rights=(), badge=0):
    return {"slot": slot, "type": kind.removeprefix("TYPE_"), "object": name, "rights": list(rights), "badge": f"{badge:#x}"}


def _capabilities(plan, domain):
    found = [_capability(slot, run.type, run.name, _rights(run.type, rights), badge)
             for slot, (run, rights, badge) in domain.caps.items()]
    found += [_capability(SLOTS["BASE_IOPORT_CAP"] + p.id, "TYPE_IO_PORT", f"ports {p.first:#x} to {p.last:#x}") for p in domain.pd.ioports]
    found += [{**_capability(slot, run.type, run.name), "bytes": run.bytes} for slot, run in domain.pool.items()]
    if domain.has_console(plan):
        found.append(_capability(CONSOLE, "TYPE_DEBUG", "console", ("PRINT", "LOOK")))
    return sorted(found, key=lambda c: c["slot"])


def _memory(domain):
    """What is mapped: neighbours with the same rights are one stretch in the kernel's eyes, but each has a name here."""
    return [{"start": f"{start:#x}", "end": f"{start + size:#x}", "rights": _rights("TYPE_FRAME", rights), "what": what}
            for start, size, rights, what in sorted(domain.mapped, key=lambda m: m[0])]


def _domain(plan, domain):
    pd = domain.pd
    runs = [run for run in domain.runs if not run.later]
    return {"name": pd.name, "priority": pd.priority, "passive": pd.passive, "program": str(pd.program_path),
            "file": str(pd.program.path), "name_at": f"{pd.variables['microkit_name']:#x}",
            "extended_state": domain.extended is not None, "parent": pd.parent.name if pd.parent else None,
            "faults_to": pd.parent.name if pd.parent else "root task",
            "kernel_memory": sum(r.bytes for r in runs if r.type not in ("TYPE_FRAME", "TYPE_UNTYPED")),
            "memory": sum(r.bytes for r in runs if r.type == "TYPE_FRAME"),
            "objects": [{"type": r.type.removeprefix("TYPE_"), "name": r.name, "count": r.count, "bytes": r.bytes} for r in runs],
            "capabilities": _capabilities(plan, domain), "mapped": _memory(domain),
            "log": "console" if domain.has_console(plan) else "denied" if pd.log_denied and plan.console else "none",
            "pool": pd.pool.size if pd.pool else 0,
            "interrupts": [_interrupt(irq) for irq in pd.irqs], "timers": [timer.id for timer in pd.timers],
            "ports": [{"id": p.id, "first": f"{p.first:#x}", "last": f"{p.last:#x}"} for p in pd.ioports]}


def _interrupt(irq):
    if irq.kind == "msi":
        return {"id": irq.id, "kind": "msi", "device": list(irq.pci)}
    return {"id": irq.id, "kind": irq.kind, "ioapic": irq.ioapic, "line": irq.pin, "trigger": "level" if irq.level else "edge",
            "polarity": "low" if irq.low else "high"}


def _relations(system, console):
    """Kind -> pairs of names: what the first can do to the second."""
    ends = [end for channel in system.channels for end in channel.ends]
    maps = [(pd.name, m) for pd in system.pds for m in pd.maps]
    writes = sorted({(name, m.region.name) for name, m in maps if m.write})
    reads = sorted({(name, m.region.name) for name, m in maps if m.read})
    waits = [(pd.name, pd.start_after.name) for pd in system.pds if pd.start_after]
    stops = [(pd.name, child.name) for pd in system.pds for child in pd.children]
    stops += [(pd.name, cap.target.name) for pd in system.pds for cap in pd.user_caps if cap.kind == "tcb"]
    tells = [(pd.name, ROOT) for pd in system.pds if pd.log_denied and console]
    return {"calls": sorted({(e.pd.name, e.other.pd.name) for e in ends if e.pp}),
            "signals": sorted({(e.pd.name, e.other.pd.name) for e in ends if e.notify}),
            "reads": reads, "writes": writes, "stops": sorted(set(stops)), "starts after": sorted(waits), "tells": sorted(tells)}


def _affects(system, relations):
    """Who can change what another does, in one step: by a call or its answer, a signal, memory that the other reads, as its parent
    or child, or by a capability to its thread or address space. Whoever holds one of these two sees what the other does, too: its
    registers, or memory that is mapped for both."""
    found = {pd.name: set() for pd in system.pds}
    for a, b in relations["calls"]:
        found[a].add(b)
        found[b].add(a)
    for a, b in relations["signals"]:
        found[a].add(b)
    for a, b in relations["starts after"]:
        found[b].add(a)
    for a, b in relations["stops"] + [(pd.name, cap.target.name) for pd in system.pds for cap in pd.user_caps]:
        found[a].add(b)
        found[b].add(a)
    for writer, region in relations["writes"]:
        found[writer] |= {reader for reader, of in relations["reads"] if of == region and reader != writer}
    return found


def _closure(edges):
    """Name -> all names that it reaches in any number of steps, itself left out."""
    reached = {}
    for start in edges:
        seen, left = {start}, [start]
        while left:
            new = edges[left.pop()] - seen
            seen |= new
            left += sorted(new)
        reached[start] = sorted(seen - {start})
    return reached


CONFIGURATION = range(0xcf8, 0xd00)  # ports by which any device can be told anything


def _dma(system):
    """Who could have a device read or write memory that is not mapped for it, since no IOMMU is used: by a device's registers, or by
    telling somebody who believes it where memory lies."""
    for pd in system.pds:
        registers = [m.region.name for m in pd.maps if m.write and m.region.phys is not None]
        told = [setvar.region.name for setvar in pd.setvars if setvar.kind == "region_paddr"]
        configures = any(p.first < CONFIGURATION.stop and p.last >= CONFIGURATION.start for p in pd.ioports)
        if registers or told or configures:
            yield {"domain": pd.name, "registers": sorted(set(registers)), "told": sorted(set(told)), "configures": configures}


def _cycles(calls):
    edges = {}
    for a, b in calls:
        edges.setdefault(a, set()).add(b)
        edges.setdefault(b, set())
    return sorted(name for name in edges if any(name in _closure(edges)[b] or b == name for b in edges[name]))


def data(plan):
    """All that the report says."""
    system = plan.system
    relations = _relations(system, plan.console)
    priority = {pd.name: pd.priority for pd in system.pds}
    return {"system": system.file, "memory": plan.memory, "console": plan.console, "warnings": list(system.warnings),
            "domains": [_domain(plan, domain) for domain in plan.domains],
            "regions": [{"name": r.name, "size": r.size, "page_size": r.page_size, "phys_addr": None if r.phys is None else f"{r.phys:#x}",
                         "mapped_by": [{"domain": m.pd.name, "vaddr": f"{m.vaddr:#x}", "perms": m.perms} for m in r.maps]}
                        for r in system.regions],
            "relations": {kind: [list(pair) for pair in pairs] for kind, pairs in relations.items()},
            "reaches": _closure(_affects(system, relations)),
            "call_cycles": _cycles(relations["calls"]), "dma": list(_dma(system)),
            "calls_not_upwards": [[a, b] for a, b in relations["calls"] if priority[b] <= priority[a]],
            "store": [{"name": r.name, "type": r.type.removeprefix("TYPE_"), "first": r.first, "count": r.count, "bits": r.bits}
                      for r in plan.runs]}


def _size(count):
    return f"{count >> 10} KiB" if count >= 1024 or not count else f"{count} bytes"


def _line_text(interrupt):
    if interrupt["kind"] == "msi":
        return "MSI"
    line = f"isa line {interrupt['line']}" if interrupt["kind"] == "isa" else f"pin {interrupt['line']} of I/O APIC {interrupt['ioapic']}"
    return f"{line}, {interrupt['trigger']}, {interrupt['polarity']}"


LOGS = {"console": "log: it prints on the console, and may look at what exists",
        "denied": "log: denied; the root task prints what it was refused", "none": "log: none in this build"}


def _domain_text(d):
    yield f"## {d['name']}"
    passive = ", passive" if d["passive"] else ""
    yield f"priority {d['priority']}{passive}; program {d['program']}; faults go to {d['faults_to']}"
    yield f"kernel memory {_size(d['kernel_memory'])}, own memory {_size(d['memory'])}" + \
        (", with x87, SSE and AVX registers" if d["extended_state"] else "")
    yield LOGS[d["log"]]
    if d["pool"]:
        yield f"pool: {_size(d['pool'])} of untyped memory, of which it makes processes; what they can do, it can do itself"
    yield "capabilities:"
    for c in d["capabilities"]:
        badge = f" badge {c['badge']}" if c["badge"] != "0x0" else ""
        yield f"  slot {c['slot']:4}  {c['type']:<14} {c['object']}  {' '.join(c['rights']).lower()}{badge}".rstrip()
    yield "memory:"
    for m in d["mapped"]:
        letters = "".join(letter if name in m["rights"] else "-" for name, letter in zip(OF_TYPE["TYPE_FRAME"], "rwx"))
        yield f"  {m['start']:>14} to {m['end']:>14} {letters}  {m['what']}"
    for i in d["interrupts"]:
        yield f"interrupt {i['id']}: {_line_text(i)}"
    for p in d["ports"]:
        yield f"ports {p['first']} to {p['last']}: id {p['id']}"
    yield ""


def _dma_text(d):
    why = [f"has device memory: {', '.join(d['registers'])}"] if d["registers"] else []
    why += [f"is told where memory lies: {', '.join(d['told'])}"] if d["told"] else []
    why += ["has the ports of PCI's configuration space"] if d["configures"] else []
    return f"{d['domain']} is trusted with DMA: it {'; '.join(why)}"


def text(found):
    lines = [f"# {found['system']}", f"{len(found['domains'])} protection domains; {_size(found['memory'])} of memory", ""]
    lines += found["warnings"] + [""] * bool(found["warnings"])
    lines += ["# Who can do what to whom", ""]
    for kind, pairs in found["relations"].items():
        lines += [f"{a} {kind} {b}" for a, b in pairs]
    lines += [""] + [f"{a} can change what {', '.join(b)} {'does' if len(b) == 1 else 'do'}" for a, b in found["reaches"].items() if b]
    lines += [f"call cycles: {', '.join(found['call_cycles']) or 'none'}"]
    lines += [f"calls that do not go to a higher priority: {', '.join(f'{a} to {b}' for a, b in found['calls_not_upwards']) or 'none'}"]
    lines += [_dma_text(d) for d in found["dma"]] or ["nobody is trusted with DMA"]
    lines += ["", "# Protection domains", ""]
    for d in found["domains"]:
        lines += _domain_text(d)
    lines += ["# Memory regions", ""]
    lines += [f"{r['name']}: {r['size']:#x} bytes in {r['size'] // r['page_size']} pages of {_size(r['page_size'])}" +
              (f" at {r['phys_addr']}" if r["phys_addr"] else "") for r in found["regions"]]
    lines += ["", "# Kernel objects", ""]
    kinds = {}
    for d in found["domains"]:
        for o in d["objects"]:
            count, size = kinds.get(o["type"], (0, 0))
            kinds[o["type"]] = (count + o["count"], size + o["bytes"])
    lines += [f"{kind}: {count}, {_size(size)}" for kind, (count, size) in sorted(kinds.items())]
    return "\n".join(lines) + "\n"


def dot(found):
    """For graphviz."""
    def quoted(name):
        return json.dumps(name)
    lines = ["digraph system {", "  rankdir=LR;"]
    lines += [f"  {quoted(d['name'])} [shape=box, label={quoted(d['name'] + ' (' + str(d['priority']) + ')')}];" for d in found["domains"]]
    lines += [f"  {quoted('region ' + r['name'])} [shape=ellipse, label={quoted(r['name'])}];" for r in found["regions"]]
    styles = {"tells": "dotted", "calls": "bold", "signals": "dashed", "stops": "dotted", "reads": "solid", "writes": "solid",
              "starts after": "dotted"}
    for kind, pairs in found["relations"].items():
        for a, b in pairs:
            b = f"region {b}" if kind in ("reads", "writes") else b
            lines.append(f"  {quoted(a)} -> {quoted(b)} [label={quoted(kind)}, style={styles[kind]}];")
    return "\n".join(lines) + "\n}\n"


def as_json(found):
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


