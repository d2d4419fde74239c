"""The conditions under which a record's cycles were measured: the clocks, what was rejected, as text and in the record."""
import json
import unittest

from scripts.base.common import BatonError
from scripts.records import conditions, record
from scripts.records.events import BootLog
from scripts.show import table
from tests.scripts import support
from tests.scripts.support import console, event, make_record, result


def _run(**of_benchmark):
    """A record of backend kvm whose benchmarks have these fields too: {id: fields}."""
    run = make_record({i.replace("__", "/"): 100 for i in of_benchmark}, backend="kvm",
                      clock={"cycle_ticks": 0.5, "tick_cost": 9000})
    run["host"]["tsc_hz"] = 2_000_000_000
    for row, fields in zip(run["benchmarks"], of_benchmark.values()):
        row.update(fields)
    return run


def _steady(ticks=0.5, after=None, rejected=0, longest=0):
    return {"cycle_ticks": ticks, "cycle_ticks_after": after or ticks, "rejected": rejected, "rejected_max": longest}


class Text(unittest.TestCase):
    def test_the_clocks_are_told(self):
        self.assertEqual(conditions.clocks(_run(a=_steady())),
                         ["  TSC 2000 MHz, core 4000 MHz: a cycle of the core is 0.500 ticks"])

    def test_a_core_that_changes_is_told_from_to(self):
        self.assertIn("core 2000 to 4000 MHz", conditions.clocks(_run(a=_steady(), b=_steady(1.0)))[0])

    def test_instructions_have_no_clocks(self):
        self.assertEqual(conditions.clocks(make_record()) + conditions.notes(make_record()), [])

    def test_a_core_clock_that_moved_names_the_benchmark(self):
        run = _run(a=_steady(0.5, 0.505), b=_steady(0.5, 0.6), c=_steady(0.6, 0.5))
        self.assertEqual([b["id"] for b in run["benchmarks"] if conditions.has_moved(b)], ["b", "c"])
        [line] = conditions.notes(run)
        self.assertIn("b (0.500 to 0.600 ticks a cycle), c (0.600 to 0.500", line)

    def test_rejected_samples_are_counted_and_named(self):
        [line] = conditions.notes(_run(a=_steady(rejected=2, longest=70000), b=_steady(), c=_steady(rejected=9, longest=60000)))
        self.assertIn("samples rejected, and taken again: 11 that", line)
        self.assertIn("longest 70000 ticks: 9 of c, 2 of a", line)

    def test_many_names_are_cut(self):
        run = _run(**{f"b{i}": _steady(rejected=1, longest=5) for i in range(9)})
        self.assertTrue(conditions.notes(run)[0].endswith("and 5 more"))

    def test_the_table_has_both(self):
        text = table.render(_run(a=_steady(rejected=3, longest=70000)))
        self.assertIn("core 4000 MHz", text)
        self.assertIn("3 of a", text)


class Events(support.Workspace):
    CLOCK = event(event="clock", cycle_ticks=0.5, tick_cost=9000)

    def _console(self, fastpath, medians, **fields):
        lines = console(fastpath, medians)
        lines.insert(2, self.CLOCK)
        return [result(json.loads(line[7:])["id"], **fields) if '"result"' in line else line for line in lines]

    def test_a_record_keeps_clock_and_rejections(self):
        fields = _steady(0.5, 0.51, 3, 70000)
        self.fake_qemu(self.replay(self._console("on", support.ON, **fields)), self.replay(self._console("off", support.OFF, **fields)))
        done = self.bench()
        self.assertEqual(done.returncode, 0, done.stderr)
        run = record.read(record.latest_path(self.results, "tcg"))
        self.assertEqual(run["clock"], {"cycle_ticks": 0.5, "tick_cost": 9000})
        self.assertEqual({k: run["benchmarks"][0][k] for k in fields}, fields)
        self.assertIn("3 of syscall.null", done.stdout)

    def test_wrong_values_are_refused(self):
        for bad in ({"cycle_ticks": -1}, {"tick_cost": 1.5}, {"cycle_ticks": "x"}):
            log = BootLog("on")
            log.line(console("on", {})[1])
            with self.assertRaises(BatonError):
                log.line(event(**{"event": "clock", "cycle_ticks": 1.0, "tick_cost": 1, **bad}))

    def test_wrong_fields_of_a_record_are_refused(self):
        for key, value in (("rejected", -1), ("rejected_max", 0.5), ("cycle_ticks", "fast")):
            with self.subTest(key), self.assertRaises(ValueError):
                record.check(_run(a={**_steady(), key: value}))
        with self.assertRaises(ValueError):
            record.check({**_run(a=_steady()), "clock": {"cycle_ticks": 1.0}})
