"""The report's first words on a backend: the gate's verdict, what changed, and the numbers that most people ask for."""
from scripts.judge import gate_compare, history, relations
from scripts.records import peers
from scripts.show import spark, table as text_table
from scripts.show.page import Raw, section, table, tag
from scripts.show.words import commit, ident, moved, percent

HEADLINES = (("ipc.round_trip/cross/fast/8w", "IPC round trip, other address space, 8 words"),
             ("ipc.call/cross/fast/8w", "call, one way"), ("syscall.null", "empty system call"),
             ("switch.yield/cross", "switch to another address space"), ("signal.no_waiter", "signal, nobody waits"),
             ("fault.page/cross", "page fault, pager in another address space"))
CHANGES = 20  # in a list


# ---- verdict

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


def _badges(run, baseline, footprints):
    judged = verdict(run, baseline, footprints)
    if judged:
        yield tag("p", judged[1], class_="verdict " + ("good" if judged[0] else "bad"))
    if run.get("virtual"):
        yield tag("p", f"In {text_table.virtual_machine(run)}, not on bare metal", class_="verdict bad")
    if run.get("conditions", {}).get("disturbed"):
        yield tag("p", "Measured on a busy host: other programs had the guest's CPU", class_="verdict bad")


# ---- what changed

def _steps(trail, since):
    """How many, and the commit of the last one."""
    own = [stage for stage in trail.own if stage.run["date"] > since] if trail else []
    return (len(own), commit(own[-1].run)) if own else ("-", "-")


def _change_table(changes, run, trails, since=""):
    """The largest first, each with its steps after that time."""
    changes = sorted(changes, key=gate_compare.size, reverse=True)
    rows = [(ident(c.id, run), c.number, peers.number(c.old), peers.number(c.new), moved(percent(c.old, c.new), c.new > c.old),
             *_steps(trails.get(c.id), since)) for c in changes[:CHANGES]]
    heads = [("benchmark", "id"), ("number", ""), ("was", "n"), ("is", "n"), ("change", "n"), ("in steps", "n"),
             ("last step", "")]
    more = [tag("p", f"and {len(changes) - CHANGES} more", class_="soft")] if len(changes) > CHANGES else []
    return [table(heads, rows, (1, 5)), *more] if rows else []


def _since_baseline(run, baseline, trails):
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
    return [tag("p", what), *_change_table(changes, run, trails, baseline["date"])]


def _since_release(run, release, trails):
    """release: (its name, the record that it holds), or None."""
    if release is None or _is(run, release[1]):
        return []
    changes = gate_compare.medians(release[1], run)
    return [tag("p", f"Since the release {release[0]} ({release[1]['date'][:10]}): {len(changes)} medians differ."),
            *_change_table(changes, run, trails, release[1]["date"])]


def _significant(changes, run, trails):
    """Of a noisy unit one run says little: what a step of the history bears out, the newest run's or the one before it."""
    return [c for c in changes if any(s.run is run for s in trails[c.id].own)]


def _since_last(runs, trails):
    if len(runs) < 2:
        return []
    changes = gate_compare.medians(*runs[-2:])
    when = runs[-2]["date"][:16].replace("T", " ")
    what = f"Since the run before ({history.short(runs[-2])}, {when}): {len(changes)} medians differ."
    if runs[-1]["unit"] == "instructions":
        return [tag("p", what), *_change_table(changes, runs[-1], trails, runs[-2]["date"])]
    borne_out = _significant(changes, runs[-1], trails)
    return [tag("p", what, f" One run against one run says little of a noisy unit: {len(borne_out)} of them are steps in a history; ",
                tag("code", "make compare"), " judges."), *_change_table(borne_out, runs[-1], trails, runs[-2]["date"])]


# ---- cards

def beside_words(row):
    """The other kernels, the first of Linux's operations, and how far above the floor it is."""
    kernels = [b for b in row if b.figure.kind != "floor" and not b.figure.label.startswith("Linux")]
    linux = [b for b in row if b.figure.label.startswith("Linux")]
    floor = [f"{b.ours / b.value:.1f}x the floor of {peers.number(b.value)}" for b in row if b.figure.kind == "floor"]
    return list(dict.fromkeys([*map(peers.phrase, [*kernels, *linux[:1]]), *floor[:1]]))


def trend_words(trail):
    """"-71.2 % in 9 steps", or nothing where it never changed."""
    if not trail.own:
        return ""
    many = len(trail.own)
    whole = trail.accumulated
    return (f"{100 * whole:+.1f} % in " if whole is not None else "") + (f"{many} steps" if many > 1 else "a step")


def line_of(trail, run, more=""):
    """Its way over the runs."""
    return Raw(spark.svg(trail.values, f"{trail.id}, {run['unit']} over {len(trail.values)} runs{more}"))


def _card(runs, trail, words, beside):
    first = next(r for r, v in zip(runs, trail.values) if v is not None)
    when = first["date"][:10]
    trend = f"{trend_words(trail) or 'the same'} since {when}"
    return tag("div", tag("b", trail.now), ident(trail.id, runs[-1], words), *(tag("small", w) for w in beside_words(beside)),
               line_of(trail, runs[-1], f": {trend}"),
               tag("small", trend[:-len(when)], tag("span", when, class_="whole")), class_="card")


def _cards(runs, figures, trails):
    beside = peers.beside(runs[-1], figures)
    return tag("div", *(_card(runs, trails[b], words, beside.get(b, [])) for b, words in HEADLINES if b in trails), class_="cards")


def summary(runs, baseline, release, footprints, figures, trails):
    """trails: {benchmark: trail.Trail}"""
    run = runs[-1]
    name, unit = run["backend"], run["unit"]
    words = tag("p", f"Median {unit} of one operation, seen from ring 3. {unit.capitalize()}: {text_table.MEANING[unit]}.")
    changed = [*_since_baseline(run, baseline, trails), *_since_release(run, release, trails), *_since_last(runs, trails)]
    return [section(f"changed-{name}", f"What changed: {name}, in {unit}", *_badges(run, baseline, footprints), *changed),
            section(f"summary-{name}", f"Summary: {name}, in {unit}", words, _cards(runs, figures, trails))]
