"""Peers: their figures are whole, and stand only beside numbers of their own unit."""
import json

from scripts.base.common import BatonError
from scripts.records import block, peers, record
from tests.scripts import support
from tests.scripts.support import make_record

SET = {"version": "1", "kind": "measured", "unit": "instructions", "seen_from": "ring 3", "source": "made up",
       "method": "none", "conditions": "none", "date": "2026"}


def known_ids():
    """Every benchmark of the suite, measured in the baseline or not yet."""
    return [benchmark for ids in block.ids_of_tree().values() for benchmark in ids]


class Peers(support.Workspace):
    def directory(self, figures, **changes):
        path = self.dir / "peers"
        path.mkdir(exist_ok=True)
        data = {"schema": peers.SCHEMA, "name": "Other", "sets": [{**SET, **changes, "figures": figures}]}
        (path / "other.json").write_text(json.dumps(data), encoding="utf-8")
        return path

    def beside(self, figures, backend="tcg", **changes):
        run = make_record({"syscall.null": 10, "cap.lookup/1": 20}, backend)
        return peers.beside(run, peers.read(self.directory(figures, **changes)))

    def test_the_committed_figures_are_whole_and_their_benchmarks_exist(self):
        ids = known_ids()
        figures = peers.read()
        self.assertGreater(len(figures), 80)
        for figure in figures:
            self.assertIn(figure.benchmark, {None, *ids}, figure)
            self.assertIn(figure.of, {None, *ids}, figure)

    def test_instructions_and_cycles_never_meet(self):
        figure = [{"benchmark": "syscall.null", "what": "x", "value": 40, "anchor": True}]
        for unit, tcg, kvm in (("instructions", 1, 0), ("cycles", 0, 1), ("TSC cycles", 0, 1), ("core cycles", 0, 0)):
            with self.subTest(unit):
                self.assertEqual(len(self.beside(figure, "tcg", unit=unit)), tcg)
                self.assertEqual(len(self.beside(figure, "kvm", unit=unit)), kvm)
        for backend, unit in record.UNITS.items():
            run = make_record(dict.fromkeys(known_ids(), 50), backend)
            units = {b.figure.unit for row in peers.beside(run, peers.read(), False).values() for b in row}
            self.assertLessEqual(units, {*peers.UNITS[unit], "any"})
            self.assertTrue(units & set(peers.UNITS[unit]))

    def test_what_the_kernel_alone_takes_is_not_beside_what_ring_3_sees(self):
        figure = [{"benchmark": "syscall.null", "what": "x", "value": 40, "anchor": True}]
        self.assertEqual(self.beside(figure, seen_from="kernel"), {})

    def test_ratio_and_operations(self):
        [one] = self.beside([{"benchmark": "cap.lookup/1", "what": "x", "value": 90, "operations": 3, "anchor": True}])["cap.lookup/1"]
        self.assertEqual((one.value, one.ratio, peers.phrase(one)), (30, 1.5, "Other 30 = 1.5x"))

    def test_a_floor_is_made_of_the_record(self):
        [one] = self.beside([{"benchmark": "cap.lookup/1", "what": "x", "of": "syscall.null", "times": 3, "anchor": True}],
                            unit="any", kind="floor")["cap.lookup/1"]
        self.assertEqual(one.value, 30)

    def test_what_is_wrong_is_named(self):
        good = {"benchmark": "cap.copy", "what": "x", "value": 3}
        for change, part in (({"value": "3"}, "value"), ({"value": -3}, "value"), ({"benchmark": "Cap Copy"}, "Cap Copy"),
                             ({"of": "syscall.null"}, "either"), ({"operations": 0}, "count"), ({"what": None}, "what it is")):
            with self.subTest(change), self.assertRaisesRegex(BatonError, f"other.json: .*{part}"):
                peers.read(self.directory([{**good, **change}]))
        for change in ({"unit": "bogomips"}, {"kind": "guess"}, {"seen_from": "ring 1"}, {"source": ""}, {"date": None}):
            with self.subTest(change), self.assertRaisesRegex(BatonError, next(iter(change))):
                peers.read(self.directory([good], **change))

    def test_the_table_of_a_measurement(self):
        self.fake_measurement({"syscall.null": 10, "ipc.round_trip/cross/fast/8w": 102}, {"ipc.round_trip/cross/slow/8w": 300})
        done = self.bench()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("peers, in instructions", done.stdout)
        self.assertRegex(done.stdout, r"(?s)ipc.round_trip/cross/8w +102   .*seL4 408 = 4\.0x;.*Pistachio 176 = 1\.7x")
        self.assertRegex(done.stdout, r"ipc.round_trip/cross/slow/8w +300   seL4 1446 = 4\.8x")

    def test_no_table_without_peers(self):
        self.fake_measurement({"mem.protect/4k": 10}, {})
        self.assertNotIn("peers", self.bench().stdout)

    def test_the_script(self):
        record.save(self.results, make_record())
        done = self.run_script("records.peers", "--results", self.results)
        self.assertIn("Linux getppid 323", done.stdout)
        self.assert_error(self.run_script("records.peers", "--results", self.dir / "none"), 1, "no record", "make bench")
