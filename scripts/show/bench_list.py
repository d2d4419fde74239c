"""All benchmarks of a backend, one below the other: a line each, behind which its charts are. Which are shown and in which order is
chosen by style alone, so the page needs no script for it."""
from scripts.records import peers
from scripts.show import summary
from scripts.show.page import Raw, section, table, tag
from scripts.show.words import commit, moved, percent

ORDERS = (("in the record's order", ""), ("by name", "by-name"), ("largest last step first", "by-step"),
          ("largest change since the first run first", "by-all"))


def _group(benchmark):
    return benchmark.split(".")[0]


def _ranks(trails, key):
    """{benchmark: its place in that order}."""
    return {t.id: place for place, t in enumerate(sorted(trails, key=key))}


def _step_words(trail):
    if not trail.own:
        return tag("span", "never changed", class_="soft")
    last = trail.own[-1]
    return Raw(moved(percent(last.old, last.new), last.change > 0) + " at " + commit(last.run))


def _steps(trail):
    rows = [(s.run["date"][:10], "the host" if s.host else commit(s.run), peers.number(s.old), peers.number(s.new),
             moved(percent(s.old, s.new), s.change > 0)) for s in reversed(trail.stages)]
    heads = [("date", ""), ("commit", ""), ("from", "n"), ("to", "n"), ("change", "n")]
    return [table(heads, rows, caption="Steps, the last first")] if rows else []


def _entry(run, trail, beside, charts, places):
    """charts: markup."""
    name = f"{run['backend']}-{trail.id}"
    line = [tag("span", trail.id, class_="id"), summary.line_of(trail, run),
            tag("b", trail.now), tag("span", _step_words(trail)), tag("span", summary.trend_words(trail), class_="wide"),
            tag("span", ", ".join(summary.beside_words(beside)), class_="soft wide")]
    order = ";".join(f"--{word}:{places[word][trail.id]}" for word in places)
    return tag("details", tag("summary", *line),
               tag("div", *charts, *_steps(trail), tag("p", tag("a", "all its numbers", href=f"#n-{name}")), id=f"b-{name}", class_="more"),
               class_=f"bench g-{_group(trail.id)}" + ("" if trail.own else " g-same"), style=order)


def _radio(name, identity, words, checked=False):
    return tag("label", Raw(f'<input type="radio" name="{name}" id="{identity}"{" checked" if checked else ""}>'), words)


def _groups(trails):
    return dict.fromkeys(_group(t.id) for t in trails)


def style(backend, trails):
    """What the choices do."""
    hidden = [f"#stepped-{backend}:checked) .g-same", *(f"#g-{backend}-{g}:checked) .bench:not(.g-{g})" for g in _groups(trails))]
    sorts = [f".list:has(#{word}-{backend}:checked) .bench {{ order: var(--{word}); }}\n" for _, word in ORDERS if word]
    return "".join([*(f".list:has({which} {{ display: none; }}\n" for which in hidden), *sorts])


def _choices(backend, trails):
    shown = [_radio(f"show-{backend}", f"all-{backend}", "all", True), _radio(f"show-{backend}", f"stepped-{backend}", "what has changed"),
             *(_radio(f"show-{backend}", f"g-{backend}-{g}", g) for g in _groups(trails))]
    order = [_radio(f"order-{backend}", f"{word or 'as-is'}-{backend}", words, not word) for words, word in ORDERS]
    return [tag("fieldset", tag("legend", "Show"), *shown), tag("fieldset", tag("legend", "Order"), *order)]


def every(run, trails, figures, charts):
    """charts: {benchmark: [markup]}."""
    beside, backend = peers.beside(run, figures), run["backend"]
    places = {"by-name": _ranks(trails, lambda t: t.id), "by-step": _ranks(trails, lambda t: -abs(t.own[-1].change) if t.own else 1),
              "by-all": _ranks(trails, lambda t: -abs(t.accumulated or 0))}
    entries = [_entry(run, t, beside.get(t.id, []), charts.get(t.id, []), places) for t in trails]
    return section(f"benchmarks-{backend}", f"Benchmarks: {backend}, in {run['unit']}",
                   tag("p", "Name, its way over the runs, now, the last step, all steps, what others take. A line opens on its charts."),
                   tag("div", *_choices(backend, trails), *entries, class_="list"))
