"""Which boots a measurement has: the suite's two, and one of each of the SDK's systems in which the pattern can mean something."""
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from scripts.machine import measure
from scripts.records import block
from scripts.source.image import SYSTEMS, Image, built_image

SDK, FILES, NET, WALL = (Path(place) for place in ("bench_sdk/loader.img", "bench_files/loader.img", "bench_net/loader.img",
                                                   "bench_net/walls4.img"))
IMAGE = Image(Path("baton32.elf"), (Path("root.elf"),), (SDK, FILES, NET, WALL))


def boots(only, image=IMAGE, **words):
    """(modules, command line, whether there is a serial port) of each boot."""
    found = []
    with mock.patch.object(measure, "boot",
                           lambda machine, *_: found.append((machine.image.modules, machine.cmdline, machine.port))):
        measure.both_paths(image, "tcg", None, only, 7, **words)
    return found


class Boots(unittest.TestCase):
    def test_a_system_is_booted_by_the_same_kernel_for_what_it_may_measure(self):
        for only, systems in (("*", IMAGE.systems), ("sdk.*", (SDK,)), ("s*", (SDK, FILES)), ("?dk.ppcall/0w", IMAGE.systems),
                              ("sdk.ppcall/0w", (SDK,)), ("spawn", (FILES,)), ("restart.net", (NET,)), ("restart.*", (FILES, NET)),
                              ("isolation.tax/*", (WALL,)), ("isolation.tax/7", ()), ("ipc.*", ()), ("sdk", ()),
                              ("syscall.null", ()), ("boot.*", ()), ("signal.*", ())):
            found = boots(only)
            self.assertEqual([modules for modules, *_ in found], [IMAGE.modules] * 2 + [(system,) for system in systems], only)
        self.assertEqual({booted.kernel for _, booted in IMAGE.boots_of_systems()}, {IMAGE.kernel})

    def test_its_words_are_those_of_the_suite(self):
        on, _, system, *_ = (cmdline for _, cmdline, _ in boots("*", raw=True, mitigations="off", cold="on", pmu=" pmu=on"))
        self.assertEqual(system, "fastpath=on bench=* samples=7 raw=on mitigations=off")
        self.assertEqual(on, f"{system} cold=on pmu=on".replace(" bench=", " run=bench bench="))

    def test_the_services_find_a_serial_port_and_the_others_do_not(self):
        self.assertEqual([port for *_, port in boots("*")], [False, False, False, True, True, True])

    def test_a_commit_without_one_has_two_boots(self):
        self.assertEqual(len(boots("*", Image(IMAGE.kernel, IMAGE.modules))), 2)

    def test_each_id_is_of_the_system_that_measures_it(self):
        """In the order of a record: a list that says so is bench/ids.txt."""
        ids, at = block.ids_of_tree()["sdk"], 0
        for system in SYSTEMS:
            before = at
            while at < len(ids) and ids[at].startswith(system.ids):
                at += 1
            self.assertNotEqual(at, before, f"nothing of {system.place} is in {block.IDS}")
        self.assertEqual(ids[at:], [])

    def test_they_are_parts_of_the_image(self):
        with tempfile.TemporaryDirectory(prefix="baton-test-") as directory:
            build = Path(directory)
            for name in ("user", "bench_sdk", "bench_net"):
                (build / name).mkdir()
            for name in ("baton32.elf", "user/root.elf"):
                (build / name).write_bytes(b"x")
            without = built_image(build)
            self.assertEqual(without.systems, ())
            for path in (SDK, WALL):
                (build / path).write_bytes(b"y")
            image = built_image(build)
            self.assertEqual(image.files(), (*without.files(), build / SDK, build / WALL))
            self.assertNotEqual(image.sha256(), without.sha256())


if __name__ == "__main__":
    unittest.main()
