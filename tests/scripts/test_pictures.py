"""What the tests draw once: the same picture as gnuplot's, and no picture of another gnuplot."""
import dataclasses
import os
import shutil
import unittest
from unittest import mock

from scripts.show import plot
from tests.scripts import pictures, support

CHART = plot.Chart("one", "A title", 320, 200, "plot x")


class Pictures(support.Workspace):
    def setUp(self):
        super().setUp()
        self.asked = []
        self.once = pictures.Once(self.draw, self.dir)

    def draw(self, chart):
        self.asked.append(chart)
        return {"svg": b"<svg>", "png": bytes([len(self.asked)])}

    @unittest.skipUnless(shutil.which(plot.GNUPLOT), "no gnuplot")
    def test_the_same_is_drawn_once(self):
        first = self.once(CHART)
        self.assertEqual([self.once(CHART), self.once(dataclasses.replace(CHART))], [first, first])
        self.assertEqual(len(self.asked), 1)

    def test_each_field_makes_another_picture(self):
        for field, value in (("title", "Another"), ("width", 330), ("height", 210), ("body", "plot 2 * x"), ("name", "two")):
            self.once(CHART)
            self.once(dataclasses.replace(CHART, **{field: value}))
            self.assertEqual(getattr(self.asked[-1], field), value)

    def test_another_gnuplot_draws_anew(self):
        self.once(CHART)
        self.program("gnuplot", "#!/bin/sh\nexit 1\n")
        with mock.patch.dict(os.environ, PATH=f"{self.bin}:{os.environ['PATH']}"):
            self.once(CHART)
            self.once(CHART)
        self.assertEqual(len(self.asked), 3)
