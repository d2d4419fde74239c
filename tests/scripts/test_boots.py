"""Which boots a measurement has: the suite's two, and one of the SDK's system where the pattern can mean something in it."""
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from scripts.machine import measure
from scripts.source.image import Image, built_image

IMAGE = Image(Path("baton32.elf"), (Path("root.elf"),), Path("loader.img"))


def boots(only, image=IMAGE, **words):
    """(modules, command line) of each boot."""
    found = []
    with mock.patch.object(measure, "boot", lambda machine, *_: found.append((machine.image.modules, machine.cmdline))):
        measure.both_paths(image, "tcg", None, only, 7, **words)
    return found


class Boots(unittest.TestCase):
    def test_a_system_is_booted_by_the_same_kernel_for_what_it_may_measure(self):
        for only, systems in (("*", 1), ("sdk.*", 1), ("s*", 1), ("?dk.ppcall/0w", 1), ("sdk.ppcall/0w", 1),
                              ("ipc.*", 0), ("s", 0), ("sdk", 0), ("syscall.null", 0), ("signal.*", 0)):
            found = boots(only)
            self.assertEqual([modules for modules, _ in found], [IMAGE.modules] * 2 + [(IMAGE.system,)] * systems, only)
        self.assertEqual(IMAGE.with_system().kernel, IMAGE.kernel)

    def test_its_words_are_those_of_the_suite(self):
        on, _, system = (cmdline for _, cmdline in boots("*", raw=True, mitigations="off", cold="on", pmu=" pmu=on"))
        self.assertEqual(system, "fastpath=on bench=* samples=7 raw=on mitigations=off")
        self.assertEqual(on, f"{system} cold=on pmu=on".replace(" bench=", " run=bench bench="))

    def test_a_commit_without_one_has_two_boots(self):
        self.assertEqual(len(boots("*", Image(IMAGE.kernel, IMAGE.modules))), 2)

    def test_it_is_a_part_of_the_image(self):
        with tempfile.TemporaryDirectory(prefix="baton-test-") as directory:
            build = Path(directory)
            for name in ("user", "bench_sdk"):
                (build / name).mkdir()
            for name in ("baton32.elf", "user/root.elf"):
                (build / name).write_bytes(b"x")
            without = built_image(build)
            self.assertIsNone(without.system)
            (build / "bench_sdk/loader.img").write_bytes(b"y")
            image = built_image(build)
            self.assertEqual(image.files(), (*without.files(), image.system))
            self.assertNotEqual(image.sha256(), without.sha256())


if __name__ == "__main__":
    unittest.main()
