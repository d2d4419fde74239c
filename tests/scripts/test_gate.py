"""The gate: no number may differ, none may vanish or come, and a new baseline is an explicit step."""
from scripts.judge import relations
from scripts.records import footprint_record, record
from tests.scripts import support
from tests.scripts.support import C_PATHS, NASM_PATHS, OFF, ON, make_footprint, make_record, save_footprint


class Gate(support.Workspace):
    """Baselines, and a run and a footprint that are the same; no tests of its own."""

    def setUp(self):
        super().setUp()
        self.medians = {**ON, **OFF}
        record.save(self.results, make_record(self.medians))
        save_footprint(self.results, make_footprint())
        self.assertEqual(self.gate("--accept").returncode, 0)
        self.baseline = record.baseline_path(self.results, "tcg")

    def gate(self, *arguments):
        return self.run_script("verbs.gate", "--results", self.results, *arguments)

    def measure(self, medians=None, host=None, **numbers):
        """A new latest run with these numbers."""
        run = make_record({**self.medians, **(medians or {})}, number=1)
        run["host"].update(host or {})
        for benchmark in run["benchmarks"]:
            benchmark.update(numbers.get(benchmark["id"], {}))
        record.save(self.results, run)

    def drop(self, benchmark):
        record.save(self.results, make_record({k: v for k, v in self.medians.items() if k != benchmark}))


class SameTools(Gate):
    def test_the_same_numbers_pass(self):
        done = self.gate()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"{len(self.medians)} benchmarks and 3 paths compared", done.stdout)

    def test_one_instruction_more_fails(self):
        self.measure({"ipc.call/same/fast/0w": 101})
        done = self.gate()
        self.assert_error(done, 1, "2 numbers of benchmarks grew")
        self.assertIn("ipc.call/same/fast/0w: median 100 -> 101 instructions (+1)", done.stdout)

    def test_the_minimum_is_held_too(self):
        latest = record.latest_path(self.results, "tcg")
        old = make_record(self.medians)
        old["benchmarks"][0]["min"] -= 10
        record.replace_file(self.baseline, record.dump(old))
        self.assert_error(self.gate(), 1, "1 numbers of benchmarks grew")
        self.assertTrue(latest.is_file())

    def test_a_phase_is_no_growth(self):
        self.medians["irq.latency/same"] = 430
        self.measure()
        save_footprint(self.results, make_footprint(1))
        self.assertEqual(self.gate("--accept").returncode, 0)
        self.measure({"irq.latency/same": 432})
        self.assertEqual(self.gate().returncode, 0)
        self.measure({"irq.latency/same": 433})
        self.assert_error(self.gate(), 1, "2 numbers of benchmarks grew")
        self.measure({"irq.latency/same": 428})
        self.assertEqual(self.gate().returncode, 0)
        self.measure({"irq.latency/same": 427})
        self.assert_error(self.gate(), 1, "2 numbers of benchmarks fell")

    def test_a_tick_more_or_less_in_a_long_revoke(self):
        self.medians["cap.revoke/10000"] = 1046089
        self.measure()
        save_footprint(self.results, make_footprint(1))
        self.assertEqual(self.gate("--accept").returncode, 0)
        self.measure({"cap.revoke/10000": 1046277})
        self.assertEqual(self.gate().returncode, 0)
        self.measure({"cap.revoke/10000": 1046089 + 10000})  # an instruction a child
        self.assert_error(self.gate(), 1, "2 numbers of benchmarks grew")

    def test_one_instruction_less_fails_and_says_what_to_do(self):
        self.measure({"syscall.null": 53})
        done = self.gate()
        self.assert_error(done, 1, "2 numbers of benchmarks fell", "if the change was to save that, make baseline", "if not")
        self.assertIn("fell      syscall.null: median 54 -> 53 instructions (-1)", done.stdout)

    def test_what_grew_and_what_fell_are_both_told(self):
        self.measure({"syscall.null": 50, "cap.lookup/1": 23})
        self.assert_error(self.gate(), 1, "2 numbers of benchmarks grew; 2 numbers of benchmarks fell", "what the change costs")

    def test_a_missing_benchmark_fails(self):
        self.drop("cap.lookup/1")
        done = self.gate()
        self.assert_error(done, 1, "1 benchmarks are missing")
        self.assertIn("missing   cap.lookup/1", done.stdout)

    def test_a_new_benchmark_is_held_by_nothing(self):
        self.measure({"switch.yield/same": 97})
        done = self.gate()
        self.assert_error(done, 1, "1 benchmarks are new", "do: make baseline, and commit")
        self.assertIn("new       switch.yield/same", done.stdout)
        self.assertIn("not ok switch.yield/same: it is not in the baseline", self.gate("--tap").stdout)

    def test_accept_moves_the_baseline_and_says_what_changed(self):
        self.measure({"syscall.null": 60})
        save_footprint(self.results, make_footprint(number=1))
        done = self.gate("--accept")
        self.assertIn("syscall.null: median 54 -> 60", done.stdout)
        self.assertEqual(self.gate().returncode, 0)
        self.assertEqual(record.by_id(record.read(self.baseline))["syscall.null"]["median"], 60)

    def test_without_accept_the_baseline_stays(self):
        before = self.baseline.read_bytes()
        self.measure({"syscall.null": 50})
        self.gate()
        self.assertEqual(self.baseline.read_bytes(), before)

    def test_lines_for_the_test_runner(self):
        self.measure({"syscall.null": 60})
        lines = self.gate("--tap").stdout.splitlines()
        self.assertIn("not ok syscall.null: min grew from 54 to 60, median grew from 54 to 60", lines)
        self.assertIn("ok cap.lookup/1", lines)
        self.measure({"syscall.null": 53})
        self.assertIn("not ok syscall.null: min fell from 54 to 53, median fell from 54 to 53", self.gate("--tap").stdout)
        self.drop("cap.lookup/1")
        self.assertIn("not ok cap.lookup/1", self.gate("--tap").stdout)


class OtherTools(Gate):
    """With another compiler or QEMU only what is NASM is held, with room for the stubs."""

    OTHER = {"gcc": "gcc 99"}

    def test_c_code_may_differ(self):
        self.measure({"ipc.call/same/slow/0w": 400, "ipc.call/cross/slow/0w": 450}, self.OTHER)
        done = self.gate()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("gcc is gcc 99, the baseline's is made up", done.stdout)

    def test_nasm_code_may_differ_by_the_stubs(self):
        self.measure({"ipc.call/same/fast/0w": 104, "syscall.null": 58}, {"qemu": "9.0"})
        self.assertEqual(self.gate().returncode, 0)

    def test_nasm_code_may_not_grow_more(self):
        for benchmark in ("ipc.call/same/fast/0w", "syscall.null", "cap.lookup/1"):
            with self.subTest(benchmark):
                self.measure({benchmark: self.medians[benchmark] + 5}, self.OTHER)
                self.assert_error(self.gate(), 1, "2 numbers of benchmarks grew")

    def test_nasm_code_may_not_fall_more(self):
        self.measure({"syscall.null": 50}, self.OTHER)
        self.assertEqual(self.gate().returncode, 0)
        self.measure({"syscall.null": 49}, self.OTHER)
        self.assert_error(self.gate(), 1, "2 numbers of benchmarks fell")

    def test_missing_fails_still(self):
        run = make_record({k: v for k, v in self.medians.items() if k != "ipc.call/same/slow/0w"})
        run["host"].update(self.OTHER)
        record.save(self.results, run)
        self.assert_error(self.gate(), 1, "1 benchmarks are missing")


class Footprint(Gate):
    CALL = "ipc.call/cross/fast"

    def count(self, host=None, **changes):
        save_footprint(self.results, make_footprint(1, host, **changes))

    def test_one_more_of_any_figure_is_named(self):
        for figure, name in footprint_record.FIGURES.items():
            with self.subTest(figure):
                old = footprint_record.by_id(make_footprint())[self.CALL][figure]
                self.count(**{self.CALL: {figure: old + 1}})
                done = self.gate()
                self.assert_error(done, 1, "1 numbers of paths grew")
                self.assertIn(f"grew      footprint of {self.CALL}: {name} {old} -> {old + 1} (+1)", done.stdout)

    def test_lines_for_the_test_runner(self):
        self.count(**{self.CALL: {"stores": 5}})
        lines = self.gate("--tap").stdout.splitlines()
        self.assertIn(f"not ok footprint of {self.CALL}: stores grew from 4 to 5", lines)
        self.assertIn("ok footprint of syscall.null", lines)

    def test_less_is_news(self):
        self.count(**{self.CALL: {"stores": 3}})
        done = self.gate()
        self.assert_error(done, 1, "1 numbers of paths fell", "make baseline")
        self.assertIn(f"fell      footprint of {self.CALL}: stores 4 -> 3 (-1)", done.stdout)
        self.assertIn(f"not ok footprint of {self.CALL}: stores fell from 4 to 3", self.gate("--tap").stdout)

    def test_a_missing_path_fails(self):
        footprint = make_footprint(1)
        del footprint["paths"][0]
        save_footprint(self.results, footprint)
        self.assert_error(self.gate(), 1, "1 paths are missing")

    def test_where_c_code_lies_may_change(self):
        slow = next(iter(C_PATHS))
        self.count(**{slow: {"code_lines": 9, "code_pages": 9, "data_pages": 9}})
        self.assertEqual(self.gate().returncode, 0)
        self.count(**{slow: {"data_lines": 5}})
        self.assert_error(self.gate(), 1, "1 numbers of paths grew")

    def test_another_compiler_may_change_c(self):
        slow = next(iter(C_PATHS))
        self.count({"gcc": "gcc 99"}, **{slow: {"instructions": 400}})
        done = self.gate()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"only the {len(NASM_PATHS)} paths of NASM code are held", done.stdout)

    def test_another_compiler_does_not_change_nasm(self):
        self.count({"gcc": "gcc 99"}, **{self.CALL: {"stores": 5}})
        self.assert_error(self.gate(), 1, "1 numbers of paths grew")

    def test_what_was_nasm_and_is_c_fails(self):
        self.count({"gcc": "gcc 99"}, **{self.CALL: {"code": "c", "instructions": 194}})
        self.assert_error(self.gate(), 1, "1 numbers of paths grew")

    def test_commits_that_are_not_there_are_told(self):
        self.count(**{self.CALL: {"stores": 5}})
        self.assertIn("# commit 0000000000 is not in this clone, so the commits between are not known", self.gate().stdout)

    def test_accept_wants_both_of_one_commit(self):
        self.count()
        self.assert_error(self.gate("--accept"), 1, "the run is of commit 0000000000, the footprint of 0001000100",
                          "make gate")

    def test_no_footprint(self):
        footprint_record.latest_path(self.results).unlink()
        self.assert_error(self.gate(), 1, "latest/footprint.json is missing", "make footprint")

    def test_damaged_footprint_names_the_line(self):
        footprint_record.latest_path(self.results).write_text('{"schema"\n', encoding="utf-8")
        self.assert_error(self.gate(), 1, "latest/footprint.json:2:1")


def same_space(benchmark):
    """The id of the same in one address space; None: it is not of two."""
    parts = benchmark.split("/")
    return "/".join("same" if p == "cross" else p for p in parts) if "cross" in parts else None


class Relations(Gate):
    """The committed baseline's numbers hold; what is measured in one space instead of two does not, whatever the baseline."""

    def setUp(self):
        super().setUp()
        self.committed = record.read(record.baseline_path(record.RESULTS, "tcg"))

    def wrong(self, changed=None):
        """What is found when these benchmarks have these numbers."""
        run = {**self.committed, "benchmarks": [{**b, **(changed or {}).get(b["id"], {})} for b in self.committed["benchmarks"]]}
        return {name: why for name, why in relations.compare(run) if why}

    def test_every_pair_and_every_round_trip_is_held(self):
        names = [name for name, _ in relations.compare(self.committed)]
        ids = list(record.by_id(self.committed))
        self.assertEqual(sorted(n for n in names if n.startswith("spaces/")), sorted(f"spaces/{i}" for i in ids if same_space(i) in ids))
        self.assertEqual([n for n in names if n.startswith("sum/")],
                         [f"sum/{i}" for i in ids if i.startswith("ipc.round_trip/") and i.replace("round_trip", "call") in ids])
        self.assertEqual([n for n in names if n.startswith("alike/")], [f"alike/{i}" for i in ids if not i.endswith("/cold")])
        self.assertGreater(len(names), 30)
        self.assertEqual(self.wrong(), {})

    def test_one_space_instead_of_two_is_found_in_every_pair(self):
        known = record.by_id(self.committed)
        for cross in (i for i in known if same_space(i) in known):
            same = known[same_space(cross)]
            with self.subTest(cross):
                why = self.wrong({cross: {number: same[number] for number in ("min", "median")}})
                self.assertIn(f"of {same['id']}", why.get(f"spaces/{cross}", "it passed"))

    def test_one_way_of_two_is_found(self):
        """A fault whose pager is in another space enters it, and comes back."""
        same = record.by_id(self.committed)["fault.page/same"]["median"]
        why = self.wrong({"fault.page/cross": {"min": same + 1, "median": same + 1}})
        self.assertIn(f"{same + 1} is +1 to the {same} of fault.page/same", why["spaces/fault.page/cross"])

    def test_a_wake_up_goes_there_and_back(self):
        known = record.by_id(self.committed)
        for cross in (i for i in known if i.startswith(("signal.wake/", "ipc.long/", "signal.ping_pong/")) and same_space(i) in known):
            once = {n: known[same_space(cross)][n] + 1 for n in ("min", "median")}
            self.assertIn("2 times takes +2", self.wrong({cross: once}).get(f"spaces/{cross}", f"{cross} passed"))

    def test_a_sum_that_is_none(self):
        known = record.by_id(self.committed)
        both, call, reply = (known[f"ipc.{way}/cross/slow/8w"]["median"] for way in ("round_trip", "call", "reply_recv"))
        why = self.wrong({"ipc.call/cross/slow/8w": {"median": call + 1}})
        told = f"{both} is not {call + 1} (call) + {reply} (reply_recv) + 2 (the server's own)"
        self.assertEqual(why, {"sum/ipc.round_trip/cross/slow/8w": told})

    def test_a_median_that_is_a_toss_up(self):
        """Every second batch looked for room in the ring: 14 instructions more."""
        numbers = record.by_id(self.committed)["sdk.ring/32"]
        why = self.wrong({"sdk.ring/32": {"q1": numbers["median"] - 14}})
        self.assertEqual(list(why), ["alike/sdk.ring/32"])

    def test_neither_the_gate_nor_a_new_baseline_passes_it(self):
        self.measure({"ipc.call/cross/fast/0w": 100})
        save_footprint(self.results, make_footprint(1))
        for arguments in ((), ("--accept",)):
            with self.subTest(arguments):
                done = self.gate(*arguments)
                self.assert_error(done, 1, "1 numbers of the run contradict others of it", "no baseline makes that right")
                self.assertIn("wrong     spaces/ipc.call/cross/fast/0w: median 100 is +0 to the 100 of ipc.call/same/fast/0w", done.stdout)
        self.assertIn("not ok spaces/ipc.call/cross/fast/0w: median", self.gate("--tap").stdout)


class BadInput(support.Workspace):
    def setUp(self):
        super().setUp()
        save_footprint(self.results, make_footprint())

    def gate(self, *arguments):
        return self.run_script("verbs.gate", "--results", self.results, *arguments)

    def test_no_run(self):
        self.assert_error(self.gate(), 1, "latest/tcg.json is missing", "make bench BACKEND=tcg")

    def test_no_baseline(self):
        record.save(self.results, make_record())
        self.assert_error(self.gate(), 1, "there is no baseline", "--accept")

    def test_damaged_baseline_names_the_line(self):
        record.save(self.results, make_record())
        record.replace_file(record.baseline_path(self.results, "tcg"), b'{"schema"\n')
        self.assert_error(self.gate(), 1, "baseline/tcg.json:2:1")

    def test_a_part_of_the_suite_is_not_enough(self):
        path = record.save(self.results, make_record(options={"only": "ipc.*", "samples": 10, "raw": False}))
        self.assert_error(self.gate(path), 1, "not a complete run of the backend tcg")

    def test_another_backend_is_not_compared(self):
        path = record.save(self.results, make_record(backend="kvm"))
        self.assert_error(self.gate("--accept", path), 1, "not a complete run of the backend tcg")

    def test_a_baseline_without_benchmarks_compares_nothing(self):
        record.save(self.results, make_record())
        record.replace_file(footprint_record.baseline_path(self.results), footprint_record.dump(make_footprint()))
        record.replace_file(record.baseline_path(self.results, "tcg"), record.dump(make_record() | {"benchmarks": []}))
        self.assert_error(self.gate(), 1, "not one benchmark was compared")
