"""Every file that a script reads back: cut, foreign, with wrong types anywhere, it is refused in one line or read; never a
traceback, never a value that the checks have not seen."""
import copy
import json
import os
import random

from scripts.base.common import BatonError, shown
from scripts.records import footprint_record, peers, record
from scripts.verbs import breakdown
from tests.scripts import support
from tests.scripts.support import make_record

FOOTPRINT = support.ROOT / "results/baseline/footprint.json"
PEERS = support.ROOT / "results/peers"
BREAKDOWN = {"schema": breakdown.SCHEMA, "commit": "0" * 40, "image_sha256": "0" * 64, "unit": "instructions", "seen_from": "kernel",
             "paths": [{"name": "a call", "benchmark": "ipc.call/same/fast/8w", "instructions": 21,
                        "stages": {stage: i + 1 for i, stage in enumerate(breakdown.STAGES)}}]}
OTHER = (None, True, -1, 1.5, 10**30, "", "x" * 10**4, "\ud800\n", [], {}, [[]], [None], {"id": 1})


def places(value, path=()):
    """The path of everything in a JSON value."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in inner:
        yield from places(child, (*path, key))


def changed(value, path, other):
    """The value with something else there."""
    if not path:
        return other
    value = copy.deepcopy(value)
    parent = value
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = other
    return value


class Readers(support.Workspace):
    def setUp(self):
        super().setUp()
        self.path = self.dir / "peers" / "file.json"
        self.path.parent.mkdir()
        self.readers = {
            "record": (record.read, json.loads(record.dump(make_record({"syscall.null": 5, "cap.lookup/1": 7})))),
            "footprint": (footprint_record.read, json.loads(FOOTPRINT.read_text(encoding="utf-8"))),
            "breakdown": (lambda path: record.read_as(path, breakdown.check, BatonError), BREAKDOWN),
            **{p.stem: (lambda path: peers.read(path.parent), json.loads(p.read_text(encoding="utf-8"))) for p in PEERS.glob("*.json")},
        }

    def refused(self, read, data):
        """Whether it is; what is said is one line of a bounded length that names the file."""
        self.path.write_bytes(data)
        try:
            read(self.path)
        except BatonError as error:
            self.assertIn("file.json", str(error))
            self.assertNotIn("\n", str(error))
            self.assertLess(len(str(error)), 500)
            str(error).encode()  # it can be printed
            return True
        return False

    def test_as_they_are(self):
        for name, (read, value) in self.readers.items():
            with self.subTest(name):
                self.assertFalse(self.refused(read, json.dumps(value).encode()))

    def test_cut_at_every_97th_byte(self):
        for name, (read, value) in self.readers.items():
            whole = json.dumps(value, indent=1).encode()
            for length in range(0, len(whole), 97):
                with self.subTest(name=name, length=length):
                    self.assertTrue(self.refused(read, whole[:length]))

    def test_foreign(self):
        foreign = [b"", b"null", b"[]", b"17", b"\xff\xfe", b"\x00" * 100, b"[" * 100000, b'{"schema": NaN}', b"#!/bin/sh\nexit 1\n",
                   b'{"schema": "baton-run/0"}', b'{"name": "left-pad", "version": "1.3.0"}', b"1" * 5000]
        for name, (read, value) in self.readers.items():
            others = [json.dumps(v).encode() for n, (_, v) in self.readers.items() if v["schema"] != value["schema"]]
            for data in foreign + others:
                with self.subTest(name=name, data=data[:30]):
                    self.assertTrue(self.refused(read, data))

    def test_no_file_at_all(self):
        """A directory, a pipe, links that end nowhere or in themselves."""
        made = {"directory": os.mkdir, "pipe": os.mkfifo, "loop": lambda path: os.symlink(path, path),
                "dangling": lambda path: os.symlink("/nonexistent/file", path)}
        for kind, make in made.items():
            place = self.dir / "odd" / kind / "file.json"
            place.parent.mkdir(parents=True)
            make(place)
            self.assertTrue(shown(place).endswith("file.json"))
            for name, (read, _) in self.readers.items():
                with self.subTest(kind=kind, name=name), self.assertRaisesRegex(BatonError, "file.json"):
                    read(place)

    def test_something_else_anywhere(self):
        rng = random.Random(8)
        for name, (read, value) in self.readers.items():
            everywhere = list(places(value))
            for path in rng.sample(everywhere, min(60, len(everywhere))):
                for other in OTHER:
                    with self.subTest(name=name, path=path, other=str(other)[:20]):
                        self.refused(read, json.dumps(changed(value, path, other)).encode())

    def test_a_record_notices_every_wrong_type(self):
        read, value = self.readers["record"]
        free = {("host",), ("options", "raw")}  # what may be there, or be anything
        for path in places(value):
            if path and path[:1] not in free and path[:2] not in free:
                with self.subTest(path):
                    self.assertTrue(self.refused(read, json.dumps(changed(value, path, {"no": "thing"})).encode()))

    def test_half_a_character_and_what_is_none(self):
        """JSON can spell it, but nothing can print it, or a terminal would obey it; two halves are a character."""
        run = make_record()
        for text, refused in (("\ud800", True), ("a \udfff b", True), ("\U0001f3c3", False), ("\\ud800", False),
                              ("\x1b[2J", True), ("\x9b", True), ("\\u001b", False), ("\u00e9\n\t", False)):
            run["host"]["cpu_model"] = text
            with self.subTest(text.encode("ascii", "backslashreplace")):
                self.assertEqual(self.refused(record.read, json.dumps(run).encode()), refused)
                if "\ud800" not in text and "\udfff" not in text:  # as itself, not spelled
                    self.assertEqual(self.refused(record.read, json.dumps(run, ensure_ascii=False).encode()), refused)

    def test_what_is_read_is_as_it_was_checked(self):
        """JSON with a key twice is not understood alike by two readers."""
        text = record.dump(make_record()).decode().replace('"dirty": false', '"dirty": false, "dirty": true')
        self.assertTrue(self.refused(record.read, text.encode()))


