"""Readers that other people made, run on what is published and exported: Debian's jsonschema, prometheus-client and
sqlite; promtool and benchstat where they are in PATH."""
import json
import shutil
import subprocess

from scripts.base import patience
from scripts.judge import history
from scripts.records import record
from tests.scripts import support
from tests.scripts.support import OFF, ON, make_record

PYTHON = "/usr/bin/python3"  # Debian's own, for which they are packages
VALIDATE = """
import json, sys, jsonschema
schema, values = json.load(sys.stdin)
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)
print(json.dumps([[error.message for error in validator.iter_errors(value)] for value in values]))
"""
PARSE = """
import json, sys
from prometheus_client.openmetrics import parser
families = parser.text_string_to_metric_families(sys.stdin.read())
print(json.dumps([[f.name, f.type, f.unit, [[s.name, s.labels, s.value] for s in f.samples]] for f in families]))
"""


class Others(support.Workspace):
    def ask(self, module, program, text):
        if subprocess.run([PYTHON, "-W", "ignore", "-c", f"import {module}"], capture_output=True).returncode != 0:
            self.skipTest(f"{PYTHON} has no {module} (scripts/setup.sh test)")
        done = patience.run([PYTHON, "-W", "ignore", "-c", program], data=text, capture_output=True, encoding="utf-8")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def schema_errors(self, runs):
        schema = json.loads((support.ROOT / "docs/record.schema.json").read_text(encoding="utf-8"))
        return self.ask("jsonschema", VALIDATE, json.dumps([schema, runs]))

    def test_every_record_is_valid_by_the_published_schema(self):
        runs = [record.read(support.ROOT / "results/baseline/tcg.json"), *history.committed_baselines("tcg"),
                *(make_record(backend=backend) for backend in record.UNITS)]
        self.assertEqual(self.schema_errors(runs), [[] for _ in runs])

    def test_what_is_no_record_is_not(self):
        wrong = [{k: v for k, v in make_record().items() if k != field} for field in make_record()
                 if field != "mitigations"]  # the oldest have none
        wrong += [{**make_record(), **changes}
                  for changes in ({"unit": "cycles"}, {"commit": "HEAD"}, {"benchmarks": [{"id": "A B"}]})]
        self.assertTrue(all(self.schema_errors(wrong)))

    def tool(self, name, *arguments):
        """What it says; it must find nothing wrong."""
        if shutil.which(name) is None:
            self.skipTest(f"no {name} in PATH")
        done = subprocess.run([name, *map(str, arguments)], cwd=self.dir, capture_output=True, encoding="utf-8")
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def written(self, name, *numbers):
        """A file with an export of runs whose median is this much more than ON and OFF."""
        paths = [record.save(self.results, make_record({k: 100 * v + more for k, v in {**ON, **OFF}.items()}, "kvm", number=i))
                 for i, more in numbers]
        path = self.dir / f"{numbers[0][0]}.{name}"
        path.write_text(self.run_script("verbs.export", "--format", name, *paths).stdout, encoding="utf-8")
        return path

    def test_promtool_makes_blocks_of_all_records(self):
        text = self.written("openmetrics", (0, 0), (1, 5), (2, 9))
        (self.dir / "db/wal").mkdir(parents=True)  # the dump wants to read one, and a newer promtool to write below data/
        (self.dir / "data").mkdir()
        self.tool("promtool", "tsdb", "create-blocks-from", "openmetrics", text, self.dir / "db")
        dumped = self.tool("promtool", "tsdb", "dump", self.dir / "db").splitlines()
        medians = [line.split()[-2:] for line in dumped if 'quantile="0.5"' in line and 'benchmark="syscall.null"' in line]
        self.assertEqual([(float(v), int(t)) for v, t in medians],
                         [(5400 + more, 1767225600000 + 60000 * i) for i, more in enumerate((0, 5, 9))])

    def test_sqlite_reads_csv(self):
        """A table with a column for each benchmark, in which their names need no help but quotes."""
        table = self.written("csv", (0, 0), (1, 5))
        self.assertEqual(self.tool("sqlite3", ":memory:", "-cmd", f".import --csv {table} runs",
                                   'SELECT "syscall.null", "ipc.call/same/fast/0w", unit FROM runs ORDER BY time').splitlines(),
                         ["5400|10000|cycles", "5405|10005|cycles"])

    def test_benchstat_compares_two_commits(self):
        old, new = (self.written("go", *((at + i, more + i) for i in range(6))) for at, more in ((0, 0), (10, 540)))
        self.assertRegex(self.tool("benchstat", old, new), r"Syscall\.null .* \+10\.00% \(p=0\.002 n=6\)")

    def exported(self, run):
        path = self.dir / "run.json"
        path.write_bytes(record.dump(run))
        return self.run_script("verbs.export", "--format", "openmetrics", path).stdout

    def test_the_prometheus_client_reads_openmetrics(self):
        run = make_record(backend="kvm")
        run["host"]["cpu_model"] = 'a "quoted"\\ CPU'
        info, summary = self.ask("prometheus_client", PARSE, self.exported(run))
        self.assertEqual(info[:2], ["baton_run", "info"])
        self.assertEqual(summary[:3], ["baton_operation_cycles", "summary", "cycles"])
        self.assertEqual(info[3][0][1]["cpu"], 'a "quoted"\\ CPU')
        medians = {labels["benchmark"]: value for _, labels, value in summary[3] if labels.get("quantile") == "0.5"}
        self.assertEqual(medians, {**ON, **OFF})

    def test_it_refuses_what_is_cut(self):
        text = self.exported(make_record())
        with self.assertRaises(AssertionError):
            self.ask("prometheus_client", PARSE, text[:text.rindex("# EOF")])
