"""The lint of the kernel's layers finds what leads upwards, and nothing else."""
import tempfile
import unittest
from pathlib import Path

from scripts.base.common import ROOT
from tests import layers

TABLE = "| layer | what |\n|---|---|\n| `abi/` | a |\n| `arch/` | b |\n| `object/` | c |\n"


class Layers(unittest.TestCase):
    def found(self, name, text):
        with tempfile.TemporaryDirectory() as directory:
            root = Path(directory)
            for path, content in {"kernel/README.md": TABLE, "kernel/abi/abi.h": "", "kernel/arch/arch.h": "", "kernel/object/irq.h": "",
                                  name: text}.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(content, encoding="utf-8")
            return layers.offences(root)

    def test_down_and_level(self):
        self.assertEqual([], self.found("kernel/object/d.c",
                                        '#include <stdint.h>\n#include "abi/abi.h"\n#include "arch/arch.h"\n#include "object/irq.h"\n'))
        self.assertEqual([], self.found("kernel/abi/d.h", '#include "abi.def"\n'))

    def test_up(self):
        self.assertEqual(['kernel/arch/x/d.c:2: arch/ must not include "object/irq.h", which stands above it'],
                         self.found("kernel/arch/x/d.c", '#include "abi/abi.h"\n#  include "object/irq.h"\n'))
        self.assertEqual(1, len(self.found("kernel/abi/d.h", '#include "object/irq.h"\n')))

    def test_no_folder(self):
        self.assertEqual(['kernel/object/d.h:1: "irq.h" names no layer of kernel/README.md'],
                         self.found("kernel/object/d.h", '#include "irq.h"\n'))

    def test_a_folder_that_the_table_lacks(self):
        self.assertIn("attic", self.found("kernel/attic/d.c", "")[0])

    def test_the_tree_has_floors(self):
        self.assertGreater(len(layers.order(ROOT)), 8)


if __name__ == "__main__":
    unittest.main()
