"""The matrix is whole, its cover covers, and its numbers survive the file."""
import dataclasses
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))

import cells as table
import expected
from configuration import qemu_command


class Cells(unittest.TestCase):
    """The table of configurations."""

    def setUp(self):
        self.cells = table.all_cells()

    def test_names_are_unique(self):
        self.assertEqual(len({cell.name for cell in self.cells}), len(self.cells))

    def test_holds_every_firmware_with_every_medium(self):
        found = {
            (cell.firmware, cell.medium)
            for cell in table.pairwise(self.cells)
            if cell.action == "monitor"
        }
        wanted = {(f, m) for f in table.FIRMWARE for m in table.MEDIA}
        self.assertEqual(found, wanted)

    def test_cover_holds_every_pair_and_is_small(self):
        chosen = table.pairwise(self.cells)
        every = set().union(*map(table.pairs, self.cells))
        self.assertEqual(set().union(*map(table.pairs, chosen)), every)
        self.assertLess(len(chosen), len(self.cells) // 4)

    def test_cover_is_the_same_each_time(self):
        self.assertEqual(table.pairwise(self.cells), table.pairwise(self.cells))

    def test_a_refusal_covers_no_other_pair(self):
        cell = table.Cell("pae", "release", "g++", "486", 64)
        self.assertTrue(cell.refused)
        self.assertNotIn((("kernel", "pae"), ("memory", 64)), table.pairs(cell))
        self.assertEqual(cell.expectation().status, 125)

    def test_too_much_memory_is_told(self):
        cell = table.Cell("pae", "release", "g++", "qemu32", 4096)
        self.assertEqual(cell.expectation().lines, (table.BEYOND,))
        for other in ({"memory": 3072}, {"cpu": "max"}, {"cpu": "pentium3"}):
            fits = dataclasses.replace(cell, **other)
            self.assertEqual(fits.expectation().lines, (), fits.name)

    def test_qemu_is_told_the_machine(self):
        cell = table.Cell("pae", "release", "g++", "qemu64", 896)
        command = " ".join(qemu_command(cell.configuration, "/nowhere"))
        for part in ("-accel tcg", "-m 896", "-cpu qemu64,+pae,+nx", "-no-reboot"):
            self.assertIn(part, command)


class Expected(unittest.TestCase):
    """tools/matrix.expected."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.path = os.path.join(scratch.name, "matrix.expected")
        self.cell = table.Cell("pae", "release", "g++", "max", 64)

    def test_comes_back_from_the_file(self):
        known = expected.Expected()
        cells = table.all_cells()
        for number, cell in enumerate(cells):
            if not cell.refused and cell.toolchain == "g++":
                known.tests[cell.kernel, cell.build] = 500
                known.skips[cell.place] = number
        expected.write(self.path, known)
        again = expected.read(self.path)
        self.assertEqual(again.tests, known.tests)
        self.assertEqual(again.skips, known.skips)

    def test_gives_passed_and_skipped(self):
        known = expected.Expected()
        self.assertIsNone(known.counts(self.cell))
        self.assertIsNone(known.record(self.cell, 90, 10))
        self.assertEqual(known.counts(self.cell), (90, 10))

    def test_compilers_must_agree(self):
        known = expected.Expected()
        known.record(self.cell, 90, 10)
        other = dataclasses.replace(self.cell, toolchain="clang++")
        self.assertIn("elsewhere 100", known.record(other, 91, 10))
        self.assertIn("elsewhere 10", known.record(other, 91, 9))

    def test_no_file_is_no_number(self):
        self.assertIsNone(expected.read(self.path).counts(self.cell))


if __name__ == "__main__":
    unittest.main()
