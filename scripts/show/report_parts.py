"""The sections of the report: each takes what was recorded and gives markup, or nothing where nothing was recorded."""
from scripts.judge import budget
from scripts.records import conditions, footprint_record, peers
from scripts.show import counter_table, table as text_table
from scripts.show.page import Raw, section, table, tag
from scripts.show.words import ident


# ---- tables

def _refused(run):
    return [tag("p", f"refused: {r['id']}: {r['why']}", class_="bad") for r in run["refused"]]


def _conditions(run):
    return [tag("p", line.strip(), class_="soft") for line in conditions.clocks(run) + conditions.notes(run)]


def _cold_cells(both, path):
    cold, warm = both.get(path, (None, None))
    return (cold["median"] if cold else "-", warm["median"] if warm else "-", text_table.cold_ratio(both.get(path)))


def _counters(run):
    if "pmu" not in run:
        return []
    rows = [(name, *cells) for name, cells in counter_table.rows(run)]
    heads = [("benchmark", "id"), *((title, "n") for title in counter_table.titles())]
    return [*([table(heads, rows, (3, 5, 6, 7, 8, 9), "Performance counters, one operation")] if rows else []),
            *(tag("p", line if rows else f"Performance counters: {line}", class_="soft") for line in counter_table.notes(run))]


def _name(run, name, benchmarks):
    """A row's name: the place where its benchmarks' numbers are, and the way to the first one's charts."""
    backend, (first, *others) = run["backend"], (b["id"] for b in benchmarks)
    found = tag("a", name, id=f"n-{backend}-{first}", href=f"#b-{backend}-{first}")
    for other in others:
        found = tag("span", found, id=f"n-{backend}-{other}")
    return found


def results(run):
    singles = text_table.singles(run)
    keys = ("median", "min", "q1", "q3", "p99", "max")
    heads = [("benchmark", "id"), *((title, "n") for title in (*keys, "mean", "n"))]
    rows = [(_name(run, b["id"], [b]), *(b.get(k, "-") for k in keys), f"{b['mean']:.1f}" if "mean" in b else "-", b["n"]) for b in singles]
    cells = [(k, p) for k in ("median", "min", "p99") for p in ("fast", "slow")]
    pairs = [(_name(run, name, list(both.values())), *(both.get(p, {}).get(k, "-") for k, p in cells), text_table.ratio(both))
             for name, both in text_table.pairs(run).items()]
    titles = ("fast", "slow", "min, fast", "min, slow", "p99, fast", "p99, slow", "slow/fast")
    pair_heads = [("benchmark", "id"), *((title, "n") for title in titles)]
    parts = [table(pair_heads, pairs, (3, 4, 5, 6), f"Fast and slow path, {run['unit']}")] if pairs else []
    cold = [(_name(run, name, [c for c, _ in both.values()]), *_cold_cells(both, "fast"), *_cold_cells(both, "slow"))
            for name, both in text_table.colds(run).items()]
    cold_heads = [("benchmark", "id"), *((f"{title}, {p}", "n") for p in ("fast", "slow") for title in ("cold", "warm", "cold/warm"))]
    if cold:
        parts += [table(cold_heads, cold, (2, 5), f"Cold caches, {run['unit']}"),
                  *(tag("p", line, class_="soft") for line in text_table.cold_notes(run))]
    parts += [table(heads, rows, (3, 4, 5, 6, 7, 8), f"One path, {run['unit']}")] if rows else []
    parts += _counters(run)
    return section(f"results-{run['backend']}", f"All numbers: {run['backend']}, in {run['unit']}", *parts, *_conditions(run),
                   *_refused(run))


def others(run, figures):
    found = peers.beside(run, figures, anchors_only=False)
    rows, notes = [], {}
    for benchmark, row in found.items():
        if all(b.figure.kind == "floor" for b in row):
            continue
        rows.append(Raw(f"{ident(benchmark, run)}: <b>{row[0].ours}</b>"))
        for b in row:
            number = notes.setdefault(_note(b.figure), len(notes) + 1)
            ratio = f"{b.ratio:.1f}x" if b.ratio and b.figure.kind != "floor" else "-"
            rows.append((b.figure.label, peers.number(b.value), ratio, f"{b.figure.what} [{number}]"))
    if not rows:
        return ""
    heads = [("benchmark, peer", ""), ("figure", "n"), ("ratio", "n"), ("what it is", "")]
    return section(f"peers-{run['backend']}", f"Peers, in {run['unit']}",
                   tag("p", "How much longer the nearest operation of other systems takes. Every message of Baton has eight words; "
                            "where a peer's figure is for fewer, the last column says so. A floor is below what no path can come."),
                   table(heads, rows), tag("ol", *(tag("li", note, class_="soft") for note in notes)))


def _note(figure):
    return (f"{figure.peer} {figure.version}, {figure.conditions}. {figure.kind.capitalize()}: {figure.source}; {figure.method}. "
            f"Date: {figure.date}.")


def _kernel_only(data, figures):
    """What other kernels execute between entry and exit, beside what this one does."""
    ours = {path: p["instructions"] for path, p in footprint_record.by_id(data).items()}
    rows = []
    for figure in figures:
        if figure.seen_from != "kernel" or figure.unit != "instructions" or not figure.benchmark:
            continue
        path = figure.benchmark.rsplit("/", 1)[0]
        parts = [path] if "round_trip" not in path else [path.replace("round_trip", p) for p in ("call", "reply_recv")]
        if all(p in ours for p in parts):
            mine = sum(ours[p] for p in parts)
            rows.append((ident(path), mine, figure.label, peers.number(figure.value), f"{figure.value / mine:.1f}x",
                         f"{figure.what}; {figure.version}, {figure.conditions}"))
    heads = [("path", ""), ("Baton", "n"), ("peer", ""), ("figure", "n"), ("ratio", "n"), ("what it is", "")]
    return [table(heads, sorted(rows), (5,), "Instructions from entry to exit, peers beside them")] if rows else []


def footprint(data, figures):
    if data is None:
        return ""
    keys = footprint_record.FIGURES
    heads = [("path", "id"), ("code", ""), *((name, "n") for name in keys.values())]
    rows = [(p["id"], p["code"], *(p[k] for k in keys)) for p in data["paths"]]
    budgets = []
    for v in budget.judge(data):
        mood = "bad" if v.failed() else "good"
        budgets.append((ident(v.budget.name()), footprint_record.FIGURES[v.budget.figure], tag("span", v.value, class_=mood),
                        v.budget.most, v.budget.stretch, tag("span", v.word(), class_=mood)))
    budget_heads = [("path", ""), ("of", ""), ("is", "n"), ("budget", "n"), ("stretch", "n"), ("verdict", "")]
    return section("footprint", f"Footprint of the kernel image ({data['commit'][:10]})",
                   tag("p", "Counted in a CPU emulator on the shipped machine code, in the kernel only."),
                   table(budget_heads, budgets, (4, 5), "Budgets of the design"), *_kernel_only(data, figures),
                   table(heads, rows, (1, 6, 7, 8, 9), "Each path"))


# ---- where from

def host(run):
    rows = [(k.replace("_", " "), v) for k, v in run["host"].items() if not isinstance(v, dict)]
    rows += [(f"host's mitigation: {k}", v) for k, v in run["host"].get("mitigations", {}).items()]
    rows += [("virtual", "yes: not bare metal")] if run.get("virtual") else []
    rows += [("note", run["note"])] if run.get("note") else []
    rows += [("disturbs", line) for line in run.get("conditions", {}).get("findings", [])]
    rows += [("statistics", "those of a text block: no max, mean, deviation")] if run.get("statistics") else []
    rows += [("commit", run["commit"] + (" with changes" if run["dirty"] else "")), ("image", run["image_sha256"][:16]),
             ("measured", run["date"]), ("samples", run["options"]["samples"])]
    return section(f"host-{run['backend']}", f"Host: {run['backend']}", table([("what", ""), ("is", "")], rows))


def how_to_read():
    lines = (
        "A number is one operation as a ring-3 program sees it, from the clock read before it to the clock read after, less what "
        "reading the clock costs. The program's few instructions around SYSCALL are in it.",
        "Instructions (tcg) are exact: every difference is a change of code, and the gate lets none pass that was not accepted. "
        "Cycles (kvm, metal) are noisy: believe differences that make compare has judged. The two units never share a chart or a table.",
        "same and cross: the other side is in the same or in another address space. fast: the kernel as it is; slow: the same kernel "
        "with its fast paths off. 0w and 8w: how many message words mean something.",
        "In a history the blue line is the median, its band the quartiles, grey dots the minima, orange the level between two changes; "
        "below the title stand the largest changes and the last one, with commit and percentage. Dotted lines mark another compiler, "
        "emulator or CPU. A + after a commit: it had changes that were not committed. The committed baselines of earlier commits are "
        "part of it.",
        "Of cycles, at most one history in a hundred has a step with a commit where nothing changed. What many benchmarks have at one "
        "place, or what came between two runs of one commit, is the host's: it says so, and names no commit.",
        "The scale beside a history is logarithmic: what others take, and the floor, as many empty system calls as the operation "
        "has kernel entries. Those that the history's own axis reaches are dashed lines across it.")
    return section("reading", "How to read it", tag("ul", *(tag("li", line) for line in lines)))
