"""The sections of the report: each takes what was recorded and gives markup, or nothing where nothing was recorded."""
from scripts.judge import budget, gate_compare, history, relations
from scripts.records import conditions, footprint_record, peers, record
from scripts.show import counter_table, table as text_table
from scripts.show.page import Raw, section, table, tag

HEADLINES = (("ipc.round_trip/cross/fast/8w", "IPC round trip, other address space, 8 words"),
             ("ipc.call/cross/fast/8w", "call, one way"), ("syscall.null", "empty system call"),
             ("switch.yield/cross", "switch to another address space"), ("signal.no_waiter", "signal, nobody waits"),
             ("fault.page/cross", "page fault, pager in another address space"))
CHANGES = 20  # in a list


def ident(text):
    return tag("span", text, class_="id")


def _percent(old, new):
    return f"{(new - old) / old * 100:+.1f} %" if old else "-"


def _change_table(changes, unit):
    rows = [(ident(c.id), c.number, c.old, c.new, tag("span", _percent(c.old, c.new), class_="bad" if c.new > c.old else "good"))
            for c in changes[:CHANGES]]
    more = [tag("p", f"and {len(changes) - CHANGES} more", class_="soft")] if len(changes) > CHANGES else []
    heads = [("benchmark", ""), ("number", ""), (f"was ({unit})", "n"), ("is", "n"), ("change", "n")]
    return [table(heads, rows), *more] if rows else []


# ---- summary

def _of_same_tree(footprint, run):
    return footprint is not None and (footprint["commit"], footprint["dirty"]) == (run["commit"], run["dirty"])


def verdict(run, baseline, footprints):
    """The gate's: (passes, text), or None where there is nothing to hold the run against. A footprint that was counted at
    another commit says nothing about this run."""
    if run["backend"] != "tcg" or baseline is None or _is(run, baseline):
        return None
    found = [gate_compare.compare_runs(baseline, run)]
    if footprints[0] is not None and _of_same_tree(footprints[1], run):
        found.append(gate_compare.compare_footprints(*footprints))
    told = [words for c in found for words in c.told()]
    wrong = [why for _, why in relations.compare(run) if why]
    told += [f"{len(wrong)} numbers contradict others"] if wrong else []
    if told:
        return False, f"Gate fails: {', '.join(told)}"
    held = sum(len(c.held) for c in found)
    what = "benchmarks and paths" if len(found) > 1 else "benchmarks"
    return True, f"Gate passes: {held} {what} held, none differs from the baseline"


def _is(run, other):
    return (run["date"], run["commit"]) == (other["date"], other["commit"])


def _since_baseline(run, baseline):
    if baseline is None:
        return []
    if _is(run, baseline):
        return [tag("p", "This run is the committed baseline: no later one was recorded here.")]
    found = gate_compare.compare_runs(baseline, run)
    changes = found.grown + found.shrunk
    grown, shrunk, added, missing = map(len, (found.grown, found.shrunk, found.added, found.missing))
    what = f"Since the baseline ({baseline['commit'][:10]}, {baseline['date'][:10]}): {grown} numbers grew, {shrunk} shrank, " \
           f"{added} benchmarks are new, {missing} gone."
    if found.other_tools:
        what += f" Other tools ({'; '.join(found.other_tools)}): {found.note}."
    return [tag("p", what), *_change_table(changes, run["unit"])]


def _since_last(runs):
    if len(runs) < 2:
        return []
    old, new = record.by_id(runs[-2]), record.by_id(runs[-1])
    changes = [gate_compare.Change(i, "median", old[i]["median"], new[i]["median"]) for i in new
               if i in old and old[i]["median"] != new[i]["median"]]
    when = runs[-2]["date"][:16].replace("T", " ")
    what = f"Since the run before ({history.short(runs[-2])}, {when}): {len(changes)} medians differ."
    if runs[-1]["unit"] != "instructions":
        return [tag("p", what, " One run against one run says little of a noisy unit: ", tag("code", "make compare"), " judges.")]
    changes.sort(key=lambda c: -abs(c.new - c.old) / max(c.old, 1))
    return [tag("p", what), *_change_table(changes, runs[-1]["unit"])]


def _cards(run, figures):
    numbers, beside, cards = record.by_id(run), peers.beside(run, figures), []
    for benchmark, words in HEADLINES:
        if benchmark in numbers:
            row = beside.get(benchmark, [])
            kernels = [peers.phrase(b) for b in row if b.figure.kind != "floor" and not b.figure.label.startswith("Linux")]
            cards.append(tag("div", tag("b", numbers[benchmark]["median"]), words,
                             *(tag("small", one) for one in dict.fromkeys([*kernels[:1], *kernels[-1:]])), class_="card"))
    return tag("div", *cards, class_="cards")


def summary(runs, baseline, footprints, figures):
    run = runs[-1]
    judged = verdict(run, baseline, footprints)
    badge = [tag("p", judged[1], class_="verdict " + ("good" if judged[0] else "bad"))] if judged else []
    if run.get("virtual"):
        badge.append(tag("p", f"In {text_table.virtual_machine(run)}, not on bare metal", class_="verdict bad"))
    if run.get("conditions", {}).get("disturbed"):
        badge.append(tag("p", "Measured on a busy host: other programs had the guest's CPU", class_="verdict bad"))
    name, unit = run["backend"], run["unit"]
    words = tag("p", f"Median {unit} of one operation, seen from ring 3. {unit.capitalize()}: {text_table.MEANING[unit]}.")
    return section(f"summary-{name}", f"Summary: {name}, in {unit}", *badge, words, _cards(run, figures),
                   *_since_baseline(run, baseline), *_since_last(runs))


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


def results(run):
    singles = text_table.singles(run)
    keys = ("median", "min", "q1", "q3", "p99", "max")
    heads = [("benchmark", "id"), *((title, "n") for title in (*keys, "mean", "n"))]
    rows = [(b["id"], *(b.get(k, "-") for k in keys), f"{b['mean']:.1f}" if "mean" in b else "-", b["n"]) for b in singles]
    cells = [(k, p) for k in ("median", "min", "p99") for p in ("fast", "slow")]
    pairs = [(name, *(both.get(p, {}).get(k, "-") for k, p in cells), text_table.ratio(both))
             for name, both in text_table.pairs(run).items()]
    titles = ("fast", "slow", "min, fast", "min, slow", "p99, fast", "p99, slow", "slow/fast")
    pair_heads = [("benchmark", "id"), *((title, "n") for title in titles)]
    parts = [table(pair_heads, pairs, (3, 4, 5, 6), f"Fast and slow path, {run['unit']}")] if pairs else []
    cold = [(name, *_cold_cells(both, "fast"), *_cold_cells(both, "slow")) for name, both in text_table.colds(run).items()]
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
        rows.append(Raw(f'<span class="id">{benchmark}</span>: <b>{row[0].ours}</b>'))
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
    budget_heads = [("path", ""), ("of", ""), ("is", "n"), ("budget", "n"), ("stretch", "n"), ("", "")]
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
    return section(f"host-{run['backend']}", f"Host: {run['backend']}", table([("", ""), ("", "")], rows))


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
