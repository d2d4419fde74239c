"""Records that lack what the schema does not ask for: whatever shows or exports a record does so without that field, too."""
import copy
import json
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from scripts.records import record
from scripts.show import logic_table, table
from scripts.verbs import chart, export, report
from tests.scripts import support
from tests.scripts.support import make_record

EVENTS = {event: {"median": 12, "mean": 12.5} for event in record.EVENTS}
SCHEMA = json.loads((support.ROOT / "docs/record.schema.json").read_text(encoding="utf-8"))
# The records of a text block and of a part of a run are other forms; all others have these numbers.
FORMS, ALWAYS = {"statistics", "partial"}, {"max", "mean", "stddev", "overhead"}


def full(backend):
    """A record with every field that the schema names."""
    run = make_record(backend=backend, mitigations="kpti,verw", note="by hand", virtual=False,
                      clock={"cycle_ticks": 1.5, "tick_cost": 900}, cold=dict.fromkeys(record.COLD, 4096),
                      pmu={"counted": list(record.EVENTS), "left": [], "running": True},
                      conditions={"cpu": 3, "isolated": True, "findings": ["turbo is on"], "thrown_away": 1, "disturbed": True,
                                  "taken": 0.25, "switches": 7})
    run["host"].update(cpu_microcode="0x1", cpu_vendor="AuthenticAMD", cpu_family=23, cpu_number=1, hypervisor="KVM", tsc_hz=10**9,
                       mitigations={"meltdown": "Not affected"})
    run["options"].update(virtual=True, mitigations="auto", pmu=True, cold="auto")
    for b in run["benchmarks"]:
        b.update(batch_mean=b["mean"], cycle_ticks=1.5, cycle_ticks_after=3.0, rejected=2, rejected_max=40000,
                 counters={"n": 101, "counts": copy.deepcopy(EVENTS)}, samples=[b["median"]] * b["n"])
    return run


def optional(schema, run, path=()):
    """(path, key) of each field that may be missing; a list's first element stands for all."""
    if isinstance(run, list):
        return [found for found in optional(schema.get("items", {}), run[0], (*path, 0))] if run else []
    found = []
    for key, rule in schema.get("properties", {}).items():
        if key not in FORMS:
            found += [] if key in ALWAYS or key in schema.get("required", ()) else [(path, key)]
            found += optional(rule, run[key], (*path, key))
    return found


def without(run, path, key):
    run = copy.deepcopy(run)
    places = [run]
    for step in path:
        places = [element for place in places for element in (place if step == 0 else [place[step]])]
    for place in places:
        del place[key]
    return run


class Optional(support.Workspace):
    def setUp(self):
        super().setUp()
        # Drawing takes longest, and reads no record.
        patch = mock.patch.object(report, "_charts", lambda runs, results, steps: (str(chart.of_runs(runs, results, steps)), {}, ""))
        patch.start()
        self.addCleanup(patch.stop)

    def read(self, run):
        """By all that show or export it."""
        record.check(run)
        results = Path(tempfile.mkdtemp(dir=self.dir))
        record.save(results, run)
        table.render(run)
        logic_table.render(run, {})
        for form in export.FORMATS.values():
            form([run])
        report.make(results, results)

    def test_nothing_that_may_be_missing_is_missed(self):
        for backend in record.UNITS:
            run = full(backend)
            self.read(run)
            fields = optional(SCHEMA, run)
            self.assertGreater(len(fields), 25)
            for path, key in fields:
                with self.subTest(backend=backend, path=path, key=key):
                    self.read(without(run, path, key))


if __name__ == "__main__":
    unittest.main()
