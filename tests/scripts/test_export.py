"""What other people's tools are given: each format is read by a strict reader written from its specification, and holds the record."""
import json

from scripts.base import patience
from scripts.judge import history
from scripts.records import record
from tests.scripts import formats, json_schema, support
from tests.scripts.support import OFF, ON, make_record

ALL = {**ON, **OFF}
NASTY = 'a "quoted"\\ CPU,\n with\ttricks: {x="y"}'


class Export(support.Workspace):
    def export(self, name, *arguments, **env):
        command = self.command("verbs.export", "--results", self.results, *arguments)
        done = patience.run(command, env=self.environment({"FORMAT": name, **env}), capture_output=True)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        return done.stdout.decode()  # as it is: the ends of its lines are part of the format

    def record_runs(self, count=1, backend="tcg", cpu=NASTY):
        for i in range(count):
            run = make_record({k: v + i for k, v in ALL.items()}, backend, number=i)
            run["host"]["cpu_model"] = cpu
            record.save(self.results, run)

    def test_go(self):
        self.record_runs(2)
        results, units = formats.go(self.export("go", *record.run_paths(self.results, "tcg")))
        self.assertEqual(units, {"instructions": {"better": "lower", "assume": "exact"}})
        self.assertEqual([(name, values) for name, _, values, _ in results[:len(ALL)]],
                         [("Benchmark" + i[0].upper() + i[1:], {"instructions": v}) for i, v in ALL.items()])
        # benchstat makes a table of its own for each configuration: two commits on one machine have the same.
        self.assertEqual({tuple(sorted(c)) for _, _, _, c in results}, {("backend", "compiler", "cpu", "qemu")})
        self.assertEqual(len({tuple(c.values()) for _, _, _, c in results}), 1)
        self.assertEqual({n for _, n, _, _ in results}, {10})

    def test_go_noisy_units_are_not_exact(self):
        self.record_runs(1, "kvm")
        self.assertEqual(formats.go(self.export("go", BACKEND="kvm"))[1], {"cycles": {"better": "lower"}})

    def test_github(self):
        self.record_runs()
        rows = formats.github(self.export("github"))
        self.assertEqual({r["name"]: (r["value"], r["unit"]) for r in rows}, {i: (v, "instructions") for i, v in ALL.items()})

    def test_github_has_both_quartiles_within_its_range(self):
        run = make_record()
        run["benchmarks"][0].update(min=40, q1=47, median=54, q3=57, p99=60)
        record.save(self.results, run)
        self.assertEqual(formats.github(self.export("github"))[0]["range"], "± 7")

    def test_bencher(self):
        self.record_runs(1, "kvm")
        found = formats.bencher(self.export("bencher", BACKEND="kvm"))
        self.assertEqual({i: m["cycles"]["value"] for i, m in found.items()}, ALL)

    def test_openmetrics(self):
        self.record_runs()
        families = formats.openmetrics(self.export("openmetrics"))
        family = families["baton_operation_instructions"]
        self.assertEqual((family["type"], family["unit"]), ("summary", "instructions"))
        medians = {dict(labels)["benchmark"]: v for (_, labels), v in family["samples"].items() if ("quantile", "0.5") in labels}
        self.assertEqual(medians, ALL)
        [((_, labels), _)] = families["baton_run"]["samples"].items()
        self.assertEqual(dict(labels)["cpu"], NASTY.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n"))
        counts = [v for (name, _), v in family["samples"].items() if name.endswith("_count")]
        self.assertEqual(counts, [10] * len(ALL))

    def test_openmetrics_has_every_record_with_its_time(self):
        self.record_runs(3)
        newest_first = record.run_paths(self.results, "tcg")[::-1]
        families = formats.openmetrics(self.export("openmetrics", *newest_first))
        times = [1767225600 + 60 * i for i in range(3)]  # 2026-01-01T00:00:00Z and on
        [points] = [p for (name, labels), p in families["baton_operation_instructions"]["points"].items()
                    if ("benchmark", "syscall.null") in labels and ("quantile", "0.5") in labels]
        self.assertEqual(points, [(time, ALL["syscall.null"] + i) for i, time in enumerate(times)])
        self.assertEqual([p for p in families["baton_run"]["points"].values()], [[(time, 1)] for time in times])

    def test_no_record_is_left_out_without_a_word(self):
        self.record_runs(2)
        paths = record.run_paths(self.results, "tcg")
        for name in ("github", "bencher"):
            self.assert_error(self.run_script("verbs.export", "--format", name, *paths), 2, "one record", "2 were given")
        done = self.run_script("verbs.export", "--format", "openmetrics", paths[0], paths[0])
        self.assert_error(done, 2, "the same time", "2026-01-01T00:00:00Z")

    def test_csv(self):
        self.record_runs(3)
        head, *rows = formats.csv(self.export("csv"))
        self.assertEqual(head, ["time", "commit", "dirty", "backend", "unit", *ALL])
        self.assertEqual([r[head.index("syscall.null")] for r in rows], ["54", "55", "56"])
        self.assertEqual([r[0] for r in rows], sorted(r[0] for r in rows))

    def test_csv_of_runs_that_lack_a_benchmark(self):
        record.save(self.results, make_record({"syscall.null": 5}))
        record.save(self.results, make_record({"syscall.null": 5, "cap.copy": 6}, number=1))
        rows = formats.csv(self.export("csv"))
        self.assertEqual([r[-2:] for r in rows], [["syscall.null", "cap.copy"], ["5", ""], ["5", "6"]])

    def test_the_committed_baseline_in_every_format(self):
        baseline = support.ROOT / "results/baseline/tcg.json"
        for name, read in (("go", formats.go), ("github", formats.github), ("bencher", formats.bencher),
                           ("openmetrics", formats.openmetrics), ("csv", formats.csv)):
            with self.subTest(name):
                self.assertTrue(read(self.export(name, baseline)))

    def test_units_are_not_mixed(self):
        self.record_runs()
        self.record_runs(1, "kvm")
        paths = [*record.run_paths(self.results, "tcg"), *record.run_paths(self.results, "kvm")]
        done = self.run_script("verbs.export", "--format", "go", *paths)
        self.assert_error(done, 2, "different units", "cycles, instructions")

    def test_wrong_words(self):
        self.assert_error(self.run_script("verbs.export", "--format", "xml"), 2, "'xml'", "openmetrics", "make export")
        self.assert_error(self.run_script("verbs.export", "--format", "go", "--backend", "vax"), 2, "'vax'")
        self.assert_error(self.run_script("verbs.export", "--format", "go", "--results", self.results), 1, "no record", "make bench")


class Readers(support.unittest.TestCase):
    """The strict readers refuse what the specifications refuse."""

    def assert_refused(self, read, *texts):
        for text in texts:
            with self.subTest(text), self.assertRaises(ValueError):
                read(text)

    def test_go(self):
        good = "BenchmarkA 1 2 ns\n"
        self.assertEqual(len(formats.go(good)[0]), 1)
        self.assert_refused(formats.go, "Benchmarka 1 2 ns\n", "BenchmarkA 1 2\n", "BenchmarkA x 2 ns\n", "BenchmarkA 1 two ns\n",
                            "BenchmarkA 1 2 ns 3 ns\n", "Unit ns better=sideways\n", "BenchmarkA 1 2 ns")

    def test_github(self):
        self.assert_refused(formats.github, "{}", "[]", '[{"name": "a", "unit": "b"}]', '[{"name": "a", "unit": "b", "value": "3"}]',
                            '[{"name": "a", "unit": "b", "value": 3, "colour": "red"}]',
                            '[{"name": "a", "unit": "b", "value": 3}, {"name": "a", "unit": "b", "value": 3}]',
                            '[{"name": "a", "unit": "b", "value": 3, "range": "2 to 4"}]',
                            '[{"name": "a", "unit": "b", "value": 3, "range": "± 2 to 4"}]')

    def test_bencher(self):
        self.assert_refused(formats.bencher, "[]", "{}", '{"a": {}}', '{"a": {"b": {}}}', '{"a": {"B C": {"value": 1}}}',
                            '{"a": {"b": {"value": "1"}}}', '{"a": {"b": {"value": 1, "lower_value": 2}}}',
                            '{"a": {"b": {"value": 1}}, "a": {"b": {"value": 1}}}')

    def test_openmetrics(self):
        head = "# TYPE a_s summary\n# UNIT a_s s\n"
        self.assertTrue(formats.openmetrics(head + 'a_s{quantile="0.5"} 1\na_s_count 3\n# EOF\n'))
        self.assert_refused(formats.openmetrics, "", head, head + "a_s_count 3\n", "a 1\n# EOF\n", head + "b 1\n# EOF\n",
                            head + 'a_s{quantile="2"} 1\n# EOF\n', head + "a_s_count 1.5\n# EOF\n", head + "a_s 3\n# EOF\n",
                            head + "a_s_count 1\na_s_count 1\n# EOF\n", "# TYPE a_s gauge\n# UNIT a_s m\n# EOF\n",
                            head + 'a_s_count{x="\\q"} 1\n# EOF\n', head + "\n# EOF\n", head + "a_s_count  1\n# EOF\n",
                            "# TYPE b info\nb_info 2\n# EOF\n", "# TYPE b rainbow\n# EOF\n")
        self.assertTrue(formats.openmetrics(head + 'a_s_count{x="1"} 1 5\na_s_count{x="1"} 1 6\na_s_count{x="2"} 1 5\n# EOF\n'))
        self.assert_refused(formats.openmetrics, head + "a_s_count 1 5\na_s_count 1 5\n# EOF\n",
                            head + "a_s_count 1 5\na_s_count 1 4\n# EOF\n",
                            head + "a_s_count 1 5\na_s_count 1\n# EOF\n", head + "a_s_count 1 now\n# EOF\n",
                            head + 'a_s_count{x="1"} 1 5\na_s_count{x="2"} 1 5\na_s_count{x="1"} 1 6\n# EOF\n')

    def test_csv(self):
        self.assert_refused(formats.csv, "", "a,b\n", "a,b", "a,b\r\nc\r\n", 'a,"b\r\n', 'a,b"c\r\n')


class Schema(support.Workspace):
    schema = json.loads((support.ROOT / "docs/record.schema.json").read_text(encoding="utf-8"))

    def errors(self, run):
        return json_schema.errors(self.schema, json.loads(json.dumps(run)))

    def test_records_of_all_backends_are_valid(self):
        for backend in record.UNITS:
            self.assertEqual(self.errors(make_record(backend=backend)), [])
        self.assertEqual(self.errors(make_record(benchmarks=[{**make_record()["benchmarks"][0], "samples": [1, 2], "batch_mean": 1.5}])),
                         [])

    def test_the_committed_baselines_are_valid(self):
        self.assertEqual(self.errors(record.read(support.ROOT / "results/baseline/tcg.json")), [])
        for run in history.committed_baselines("tcg"):
            self.assertEqual(self.errors(run), [])

    def test_what_record_py_refuses_the_schema_refuses(self):
        for field in make_record():
            self.assertTrue(self.errors({k: v for k, v in make_record().items() if k != field}), field)
        for field in ("id", "unit", *record.WHOLE, *record.FRACTIONS):
            run = make_record()
            del run["benchmarks"][1][field]
            self.assertTrue(self.errors(run), field)
        for field in record.WHOLE:
            for value in ("7", None, True, 7.5, -1):
                run = make_record()
                run["benchmarks"][1][field] = value
                self.assertTrue(self.errors(run), (field, value))
        for changes in ({"schema": "baton-run/9"}, {"backend": "vax"}, {"unit": "cycles"}, {"dirty": "no"}, {"commit": "HEAD"},
                        {"date": "today"}):
            self.assertTrue(self.errors({**make_record(), **changes}), changes)

    def test_it_describes_every_field(self):
        table = self.schema["properties"]["benchmarks"]["items"]
        unless_short = self.schema["allOf"][0]["else"]["properties"]["benchmarks"]["items"]["required"]
        self.assertEqual(set(table["required"]), {"id", "unit", *record.SHORT})
        self.assertEqual({*table["required"], *unless_short}, {"id", "unit", *record.WHOLE, *record.FRACTIONS})
        self.assertLessEqual({"samples", *record.OPTIONAL_FRACTIONS}, set(table["properties"]))
        self.assertEqual(set(self.schema["properties"]["host"]["required"]), set(record.HOST_TEXTS))
        self.assertLessEqual(set(record.UNITS), set(self.schema["properties"]["backend"]["enum"]))
        self.assertEqual(table["properties"]["id"]["pattern"], f"^{record.ID.pattern}$")

    def test_a_keyword_that_the_validator_does_not_know(self):
        with self.assertRaisesRegex(AssertionError, "exclusiveMaximum"):
            json_schema.errors({"exclusiveMaximum": 3}, 2)
