"""Tries what is broken on purpose, each change by itself, in copies of the tree side by side, and tells what came of it. For
mutants.py, entry_mutants.py, prove/mutants.py and guards.py."""
import queue
import shutil
import threading

from scripts.base.common import BatonError, make_parser
from tests.verdict import say


def copies(first, count):
    """So many trees: the first, and copies of it next to it."""
    trees = [first, *(first.with_name(f"{first.name}-{i}") for i in range(1, count))]
    for tree in trees[1:]:
        shutil.copytree(first, tree)
    return trees


def _work(trial, waiting, results):
    while True:
        try:
            change = waiting.get_nowait()
        except queue.Empty:
            return
        try:
            results.put((change, trial(change)))
        except Exception as error:  # a worker that ends in silence would be waited for
            results.put((change, error))


def outcomes(changes, trials):
    """(change, what its trial gave or failed by) as they come. A trial is a function of a change; each has a thread."""
    waiting, results = queue.Queue(), queue.Queue()
    for change in changes:
        waiting.put(change)
    for trial in trials:
        threading.Thread(target=_work, args=(trial, waiting, results), daemon=True).start()
    for _ in changes:
        yield results.get()


def options(doc, jobs=2):
    """A parser of what all programs that try mutants understand."""
    parser = make_parser(doc)
    parser.add_argument("part", nargs="?", default="", help="part of a mutant's name")
    parser.add_argument("--list", action="store_true", help="only list the mutants")
    parser.add_argument("--jobs", type=int, default=jobs)
    return parser


def told(name, how, equivalent):
    """Says how a mutant was noticed, None: not at all, or what its trial failed by. Is it as it must be? `equivalent`: name of a
    mutant that nobody can notice: why."""
    reason = equivalent.get(name)
    if isinstance(how, Exception):
        return say(name, f"it was not tried: {str(how)[:200]}")
    if how is None:
        return say(f"{name}: equivalent: {reason}", None) if reason else say(name, "nobody notices it")
    if reason:
        return say(name, f"it is listed as equivalent, but was noticed: {how}")
    return say(f"{name}: {how[:160]}", None)


def closed(title, passed):
    """Counts whether each mutant is as it must be, and says so; the exit code."""
    passed = list(passed)
    print(f"{title}: {len(passed)} tried, {passed.count(False)} not as they must be")
    return 0 if all(passed) else 1


def run(title, chosen_by, every, equivalent, try_all, tell=told):
    """Tries those mutants of `every` that the command line has chosen; the exit code. try_all(mutants): outcomes()."""
    chosen = [m for m in every if chosen_by.part in m.name]
    stale = sorted(set(equivalent) - {m.name for m in every})
    if stale or not chosen:
        raise BatonError(f"no mutant is called {stale[0] if stale else chosen_by.part}", "list them: --list")
    if chosen_by.list:
        print("\n".join(m.name for m in chosen))
        return 0
    return closed(title, (tell(mutant.name, how, equivalent) for mutant, how in try_all(chosen)))
