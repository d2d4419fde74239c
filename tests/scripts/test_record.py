"""Records: what is no record is refused with its place, and writing is all or nothing."""
import json
import os
import resource
import signal

import support
from support import make_record

import record
from common import BatonError


class Reading(support.Workspace):
    def assert_refused(self, data, *parts):
        path = self.dir / "bad.json"
        path.write_bytes(data if isinstance(data, bytes) else record.dump(data))
        with self.assertRaises(record.BadRecord) as caught:
            record.read(path)
        for part in ("bad.json", *parts):
            self.assertIn(part, str(caught.exception))

    def test_whole_record(self):
        path = record.save(self.results, make_record())
        self.assertEqual(record.read(path), make_record())

    def test_no_json_names_line_and_column(self):
        self.assert_refused(b'{\n  "schema": "baton-run/1",\n  "commit" 1\n}', "bad.json:3:12")

    def test_cut_short(self):
        self.assert_refused(record.dump(make_record())[:-30], "bad.json:")

    def test_empty_and_other_bytes(self):
        for data in (b"", b"[]", b"17", b"\xff\xfe\x00", b"[" * 100000):
            with self.subTest(data[:8]):
                self.assert_refused(data)

    def test_every_missing_field_is_named(self):
        for field in make_record():
            with self.subTest(field):
                run = {k: v for k, v in make_record().items() if k != field}
                self.assert_refused(json.dumps(run).encode(), f"field '{field}' is missing")

    def test_every_missing_number_is_named(self):
        for field in ("id", "unit", *record.WHOLE, *record.FRACTIONS):
            with self.subTest(field):
                run = make_record()
                del run["benchmarks"][2][field]
                self.assert_refused(run, "benchmarks[2]", f"'{field}' is missing")

    def test_wrong_types(self):
        for field in record.WHOLE:
            for value in ("7", None, True, 7.5, -1):
                with self.subTest(field=field, value=value):
                    run = make_record()
                    run["benchmarks"][1][field] = value
                    self.assert_refused(run, f"benchmarks[1].{field}")

    def test_nan_and_infinity(self):
        for value in (float("nan"), float("inf")):
            run = make_record()
            run["benchmarks"][0]["mean"] = value
            self.assert_refused(run, "is not JSON")

    def test_other_schema(self):
        self.assert_refused(make_record(schema="baton-run/9"), "baton-run/9")

    def test_unit_that_is_not_the_backends(self):
        self.assert_refused(make_record(unit="cycles"), "unit")

    def test_benchmark_in_another_unit(self):
        run = make_record()
        run["benchmarks"][0]["unit"] = "cycles"
        self.assert_refused(run, "benchmarks[0].unit")

    def test_id_twice(self):
        run = make_record()
        run["benchmarks"][1]["id"] = run["benchmarks"][0]["id"]
        self.assert_refused(run, "twice")

    def test_missing_file(self):
        with self.assertRaisesRegex(BatonError, "cannot read"):
            record.read(self.dir / "none.json")


class Writing(support.Workspace):
    def test_replace_is_all_or_nothing(self):
        path = self.dir / "file"
        record.replace_file(path, b"old")
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
        try:
            with self.assertRaisesRegex(BatonError, "cannot write"):
                record.replace_file(path, bytes(100000))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        self.assertEqual(path.read_bytes(), b"old")
        self.assertEqual([p.name for p in self.dir.iterdir() if p.name.startswith(".new")], [])

    def test_the_old_file_is_not_written_into(self):
        path, other_name = self.dir / "file", self.dir / "other"
        record.replace_file(path, b"old")
        os.link(path, other_name)
        record.replace_file(path, b"new")
        self.assertEqual((path.read_bytes(), other_name.read_bytes()), (b"new", b"old"))

    def test_a_bad_record_is_not_written(self):
        with self.assertRaises(ValueError):
            record.save(self.results, make_record(unit="cycles"))
        self.assertFalse(self.results.exists())

    def test_only_a_complete_run_becomes_the_latest(self):
        record.save(self.results, make_record(options={"only": "ipc.*", "samples": 10, "raw": False}))
        record.save(self.results, make_record(number=1, refused=[{"id": "syscall.null", "why": "unstable"}]))
        self.assertFalse(record.latest_path(self.results, "tcg").exists())
        self.assertEqual(len(record.run_paths(self.results, "tcg")), 2)
