"""make bench: options, a whole measurement, and what it prints."""
import json
import subprocess

from scripts.base import patience
from scripts.records import record
from tests.scripts import support
from tests.scripts.support import OFF, ON, console, event, make_record, status_of


class Options(support.Workspace):
    def test_unknown_backend_lists_the_valid_ones(self):
        self.assert_error(self.bench(BACKEND="xen"), 2, "'xen'", "kvm, tcg", "make bench BACKEND=tcg")

    def test_metal_is_measured_elsewhere(self):
        self.assert_error(self.bench(BACKEND="metal"), 2, "no command can measure bare metal", "make iso", "make record")

    def test_samples_must_be_a_number_in_range(self):
        for text in ("0", "-5", "many", "1e3", "16385", "٣"):
            with self.subTest(text):
                self.assert_error(self.bench(SAMPLES=text), 2, f"SAMPLES={text}", "16384")

    def test_the_limit_of_samples_is_the_guests(self):
        from scripts.machine import measure
        self.assertIn(f"STATS_MAX_COUNT = {measure.MAX_SAMPLES} ", (support.ROOT / "bench/stats.h").read_text(encoding="utf-8"))

    def test_pattern_must_survive_the_command_line(self):
        for text in ("a b", "a,b", "'x'", "x" * 64):
            with self.subTest(text):
                self.assert_error(self.bench(ONLY=text), 2, "ONLY=")

    def test_mitigations_are_known_words(self):
        for text in ("kpt", "verw,", "kpti verw", "KPTI"):
            with self.subTest(text):
                self.assert_error(self.bench(MITIGATIONS=text), 2, f"MITIGATIONS={text}", "kpti, verw, ibpb")

    def test_the_words_of_mitigations_are_the_kernels(self):
        from scripts.machine import measure
        names = ", ".join(f'"{word}"' for word in measure.MITIGATIONS)
        source = (support.ROOT / "kernel/arch/x86_64/flaw.c").read_text(encoding="utf-8")
        self.assertIn(names, " ".join(source.split()))

    def test_unknown_option(self):
        self.assert_error(self.bench("--colour"), 2, "--colour", "--help")

    def test_bad_patience(self):
        self.fake_measurement()
        self.assert_error(self.bench(BATON_PATIENCE="soon"), 2, "BATON_PATIENCE=soon")

    def test_missing_kernel(self):
        (self.build / "baton32.elf").unlink()
        self.assert_error(self.bench(), 1, "baton32.elf is missing", "do: make")

    def test_missing_qemu(self):
        self.assert_error(self.bench(path=str(self.bin)), 1, "qemu-system-x86_64 is not installed",
                          "scripts/setup.sh run")

    def test_forced_kvm_that_does_not_work_says_what_was_tried(self):
        self.fake_qemu("echo B; exit 0", "exit 0")
        self.assert_error(self.bench(BACKEND="kvm"), 1, "KVM does not work here", "make bench BACKEND=tcg")
        self.assertFalse(self.results.exists())

    def test_without_backend_it_falls_back_and_says_so(self):
        self.fake_measurement()
        done = self.bench(BACKEND="")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("using tcg, since KVM does not work here", done.stderr)


class Measurement(support.Workspace):
    def test_record_holds_what_the_guest_said(self):
        self.fake_measurement()
        done = self.bench(SAMPLES="10")
        self.assertEqual(done.returncode, 0, done.stderr)
        [path] = record.run_paths(self.results, "tcg")
        run = record.read(path)
        self.assertEqual({b["id"]: b["median"] for b in run["benchmarks"]}, {**ON, **OFF})
        self.assertEqual((run["backend"], run["unit"]), ("tcg", "instructions"))
        self.assertEqual(run["host"]["qemu"], "7.2.22")
        self.assertEqual(run["host"]["tsc_hz"], 10**9)
        self.assertEqual(run["options"]["samples"], 10)
        self.assertEqual(record.latest_path(self.results, "tcg").read_bytes(), path.read_bytes())

    def test_mitigations_in_force_are_recorded(self):
        said = ["baton: mitigations: kpti,verw", "baton: mitigations: not ibpb, for which this CPU has no means"]
        self.fake_qemu(*(self.replay(said + console(path, m)) for path, m in (("on", ON), ("off", OFF))))
        self.assertEqual(self.bench(MITIGATIONS="kpti,verw,ibpb").returncode, 0)
        [path] = record.run_paths(self.results, "tcg")
        run = record.read(path)
        self.assertEqual((run["mitigations"], run["options"]["mitigations"]), ("kpti,verw", "kpti,verw,ibpb"))
        self.assertIn("mitigations=kpti,verw,ibpb", self.calls()[0])
        # What was forced is no measurement of this machine as it is used: it never becomes the latest run.
        self.assertFalse(record.latest_path(self.results, "tcg").exists())

    def test_the_hash_is_over_kernel_and_modules_in_order(self):
        import hashlib
        self.fake_measurement()
        self.bench()
        expected = hashlib.sha256(b"baton32.elf" + b"user/root.elf" + b"user/bench.elf").hexdigest()
        self.assertEqual(record.read(record.latest_path(self.results, "tcg"))["image_sha256"], expected)

    def test_two_boots_with_the_options_on_their_command_line(self):
        self.fake_measurement()
        self.bench(SAMPLES="10", ONLY="*", RAW="1")
        first, second = self.calls()
        self.assertIn("fastpath=on run=bench bench=* samples=10 raw=on", first)
        self.assertIn("fastpath=off run=bench bench=* samples=10 raw=on", second)

    def test_raw_samples_are_kept(self):
        lines = console("on", {"syscall.null": 54})
        lines.insert(-2, event(event="samples", id="syscall.null", samples=[54, 55]))
        self.fake_qemu(self.replay(lines), self.replay(console("off", OFF)))
        self.assertEqual(self.bench(RAW="1").returncode, 0)
        run = record.read(record.latest_path(self.results, "tcg"))
        self.assertEqual(record.by_id(run)["syscall.null"]["samples"], [54, 55])

    def test_two_runs_in_one_second_are_both_kept(self):
        first = record.save(self.results, make_record())
        second = record.save(self.results, make_record())
        self.assertEqual(record.run_paths(self.results, "tcg"), [first, second])

    def test_part_of_the_suite_does_not_become_the_latest(self):
        before = self.seed_results()
        self.fake_qemu(self.replay(console("on", {"syscall.null": 54})), self.nothing_matches("off"))
        done = self.bench(ONLY="syscall.*")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("a part only (ONLY=syscall.*)", done.stdout)
        self.assertEqual(self.snapshot()["latest/tcg.json"], before["latest/tcg.json"])
        self.assertEqual(len(record.run_paths(self.results, "tcg")), 2)

    def test_pattern_that_matches_nothing_lists_what_there_is(self):
        self.fake_qemu(self.nothing_matches("on"), self.nothing_matches("off"))
        done = self.bench(ONLY="zzz")
        self.assert_error(done, 2, "no benchmark matches ONLY='zzz'")
        self.assertIn("there are: syscall.null", done.stderr)
        self.assertEqual(self.snapshot(), {})

    def nothing_matches(self, fastpath):
        lines = console(fastpath, {})[:-1]
        return self.replay([*lines, 'no benchmark matches "zzz"; there are: syscall.null'], status_of(2))

    def test_refused_benchmark_fails_the_run_and_leaves_the_latest(self):
        before = self.seed_results()
        self.fake_qemu(self.replay(console("on", ON, ["fault.page/same"])), self.replay(console("off", OFF)))
        done = self.bench()
        self.assert_error(done, 1, "1 benchmarks were refused")
        self.assertIn("refused: fault.page/same: the overhead is unstable", done.stdout)
        self.assertEqual(self.snapshot()["latest/tcg.json"], before["latest/tcg.json"])


class Output(support.Workspace):
    def test_table(self):
        self.fake_measurement()
        rows = [line.split() for line in self.bench().stdout.splitlines()]
        self.assertEqual(rows[0], "Baton, backend tcg, in instructions".split())
        self.assertIn(["syscall.null", "54", "54", "55"], rows)
        self.assertIn(["ipc.call/same/0w", "100", "100", "101", "250", "250", "251", "2.50x"], rows)
        self.assertIn(["ipc.call/cross/0w", "125", "125", "126", "300", "300", "301", "2.40x"], rows)

    def test_a_pair_with_one_side_has_no_ratio(self):
        self.fake_measurement(off={"ipc.call/same/slow/0w": 250})
        rows = [line.split() for line in self.bench().stdout.splitlines()]
        self.assertIn(["ipc.call/cross/0w", "125", "125", "126", "-", "-", "-", "-"], rows)

    def test_stdout_pipes_and_progress_is_on_stderr(self):
        self.fake_measurement()
        done = self.bench()
        self.assertNotIn("\x1b", done.stdout + done.stderr)
        self.assertNotIn("\r", done.stdout + done.stderr)
        self.assertIn("fastpath=on: 3 of 4: ipc.call/same/fast/0w\n", done.stderr)
        self.assertIn("fastpath=off: 2 of 2: ipc.call/cross/slow/0w\n", done.stderr)

    def test_the_table_is_told_before_the_charts_are_drawn(self):
        self.fake_measurement()
        command = self.command("verbs.bench", "--build", self.build, "--results", self.results)
        environment = self.environment({"BACKEND": "tcg", "PYTHONUNBUFFERED": ""})
        done = patience.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")
        self.assertRegex(done.stdout, r"(?s)record: .*baton: drawing the charts\n.*charts: ")

    def test_a_reader_that_stops_early_is_no_error(self):
        self.fake_measurement()
        command = self.command("verbs.bench", "--build", self.build, "--results", self.results, "--no-charts")
        process = subprocess.Popen(command, env=self.environment({"BACKEND": "tcg"}), stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, encoding="utf-8")
        process.stdout.close()
        errors = process.stderr.read()
        process.stderr.close()
        patience.wait(process)
        self.assertNotIn("Traceback", errors)
        self.assertNotIn("BrokenPipe", errors)
        self.assertTrue(record.latest_path(self.results, "tcg").is_file())

    def test_record_is_plain_json_with_one_benchmark_a_line(self):
        text = record.dump(make_record()).decode()
        self.assertEqual(json.loads(text), make_record())
        self.assertEqual(sum('"median"' in line for line in text.splitlines()), len(ON) + len(OFF))
