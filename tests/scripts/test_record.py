"""Records: what is no record is refused with its place, and writing is all or nothing."""
import json
import os
import re
import resource
import signal
import subprocess
import sys
from unittest import mock

from scripts.base import patience
from scripts.base.common import BatonError
from scripts.records import record
from tests.scripts import support
from tests.scripts.support import make_record


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

    def test_cut_at_every_97th_byte(self):
        whole = record.dump(make_record())
        for length in range(0, len(whole.rstrip()), 97):
            with self.subTest(length):
                self.assert_refused(whole[:length], "bad.json:")

    def test_a_byte_lost_or_other(self):
        # What still is a record, with another digit perhaps, is read; nothing else happens than these two.
        whole = record.dump(make_record())
        path = self.dir / "bad.json"
        for place in range(0, len(whole), 97):
            for damaged in (whole[:place] + whole[place + 1:], whole[:place] + b"\xff" + whole[place + 1:],
                            whole[:place] + b"{" + whole[place + 1:]):
                path.write_bytes(damaged)
                try:
                    record.read(path)
                except record.BadRecord as error:
                    self.assertIn("bad.json", str(error))

    def test_foreign_files(self):
        for data, why in ((b'{"schema": "baton-run/2"}', "this script reads 'baton-run/1'"),
                          (b'{"schema": "baton-compare/1"}', "this script reads 'baton-run/1'"),
                          (b'{"name": "left-pad", "version": "1.3.0"}', "field 'schema' is missing"),
                          (b'{"schema": 1}', "record.schema"), (b"GIF89a", "not JSON"), (b"\x7fELF\x02\x01\x01\xff", "not text")):
            with self.subTest(data):
                self.assert_refused(data, why)

    def test_numbers_beyond_any_counter(self):
        for field in ("max", "mean"):
            for digits in ("1" * 400, "1" * 5000, "1e400"):
                with self.subTest(field=field, digits=len(digits)):
                    text = record.dump(make_record({"syscall.null": 50})).decode()
                    bad = re.sub(f'"{field}": [0-9.]+', f'"{field}": {digits}', text)
                    self.assertNotEqual(bad, text)
                    self.assert_refused(bad.encode())

    def test_the_line_stays_a_line(self):
        for changes in ({"commit": "x" * 10**5}, {"date": "\n" * 1000}, {"schema": "\ud800" * 1000}, {"unit": "y" * 10**5}):
            path = self.dir / "bad.json"
            path.write_text(json.dumps({**make_record(), **changes}), encoding="utf-8")
            with self.assertRaises(record.BadRecord) as caught:
                record.read(path)
            self.assertLess(len(str(caught.exception)), 300)
            self.assertNotIn("\n", str(caught.exception))

    def test_too_large(self):
        path = self.dir / "bad.json"
        with open(path, "wb") as file:
            file.truncate(1 << 40)  # a hole: nothing is stored
        with self.assertRaisesRegex(record.BadRecord, "bad.json: 1048576 MiB"):
            record.read(path)

    def test_no_ordinary_files(self):
        os.mkfifo(self.dir / "pipe")
        for path in (self.dir / "pipe", "/dev/zero", self.dir):
            with self.subTest(path):
                with self.assertRaisesRegex(record.BadRecord, "ordinary file|directory"):
                    record.read(path)


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

    def test_two_at_once_keep_both(self):
        # Each would choose the same name: same second, same commit.
        program = ("import sys; from scripts.records import record; from tests.scripts import support\n"
                   "record.save(sys.argv[1], support.make_record())")
        words = [sys.executable, "-c", program, str(self.results)]
        for process in [subprocess.Popen(words) for _ in range(8)]:
            self.assertEqual(patience.wait(process), 0)
        paths = record.run_paths(self.results, "tcg")
        self.assertEqual(len(paths), 8)
        for path in paths:
            record.read(path)

    def test_without_links_the_names_still_differ(self):
        with mock.patch("os.link", side_effect=OSError("no links here")):
            paths = {record.save(self.results, make_record()) for _ in range(3)}
        self.assertEqual(len(paths), 3)

    def test_what_a_killed_writer_left_goes(self):
        directory = self.results / "runs" / "tcg"
        directory.mkdir(parents=True)
        old, young = directory / ".new-old", directory / ".new-young"
        for path in (old, young):
            path.write_text("half a rec", encoding="utf-8")
        os.utime(old, (1, 1))
        record.save(self.results, make_record())
        self.assertEqual((old.exists(), young.exists()), (False, True))
        self.assertEqual(len(record.run_paths(self.results, "tcg")), 1)

    def test_killed_at_any_system_call(self):
        """A run is saved while an earlier one lies there; the writer dies before its n-th call of the system."""
        for calls in range(100):
            self.results = self.dir / f"killed at {calls}"
            before = self.seed_results()
            done = patience.run([sys.executable, "-m", "tests.scripts.killed_writer", self.results, str(calls)])
            self.assert_whole(before)
            if done.returncode == 0:
                break
            self.assertEqual(done.returncode, -signal.SIGKILL)
        self.assertGreater(calls, 8)
        self.assertLess(calls, 99)

    def assert_whole(self, before):
        """Whatever is there is a record, and every earlier run is as it was."""
        for path in [*record.run_paths(self.results, "tcg"), record.latest_path(self.results, "tcg")]:
            record.read(path)
        after = self.snapshot()
        self.assertEqual({n: after.get(n) for n in before if n.startswith("runs")},
                         {n: d for n, d in before.items() if n.startswith("runs")})
