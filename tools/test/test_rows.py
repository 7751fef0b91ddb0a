"""Figures of bench beside those to beat."""
import os
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools", "lib"))

import rows

TABLE = "# a comment\na.hot\t100\t200\t50\nb.hot\t30\t40\t\n\nzero\t0\t0\t\n"
LOG = """\
[    0.012345] Loci\r
bench a.hot median=51 min=50 n=51\r
bench b.hot median=40 min=12 n=51\r
bench new.row median=7 min=7 n=31\r
# no cold rows: no 8 MiB are free\r
bench a.hot median=fast min=1 n=1\r
"""


class Rows(unittest.TestCase):
    """Reading, comparing, printing."""

    def compared(self, log, kernel="pae"):
        return rows.compare(rows.read_rows(log), rows.read_table(TABLE, kernel))

    def test_reads_the_table_of_either_kernel(self):
        pae, nopae = rows.read_table(TABLE, "pae"), rows.read_table(TABLE, "nopae")
        self.assertEqual(pae["a.hot"], rows.Target(200, 50))
        self.assertEqual(nopae["a.hot"], rows.Target(100, 50))
        self.assertEqual(nopae["b.hot"], rows.Target(30, None))
        self.assertEqual(len(pae), 3)

    def test_says_which_line_of_a_table_is_bad(self):
        for bad in ("a\t1\t2", "a\tx\t2\t3", "a\t1\t2\tx", "a\t1\t2\t3\t4"):
            with self.assertRaisesRegex(rows.BadTable, "line 2"):
                rows.read_table("#\n" + bad, "pae")

    def test_reads_rows_and_nothing_else(self):
        self.assertEqual(
            rows.read_rows(LOG), [("a.hot", 51), ("b.hot", 40), ("new.row", 7)]
        )
        self.assertEqual(rows.remarks(LOG), ["# no cold rows: no 8 MiB are free"])

    def test_the_last_figure_of_a_row_counts(self):
        again = LOG + "bench a.hot median=49 min=49 n=51\n"
        self.assertEqual(rows.read_rows(again)[0], ("a.hot", 49))

    def test_a_row_misses_above_its_goal_or_above_linux(self):
        missed = [row.missed for row in self.compared(LOG)]
        self.assertEqual(missed, [True, False, False])
        missed = [row.missed for row in self.compared(LOG, "nopae")]
        self.assertEqual(missed, [True, True, False])

    def test_a_row_at_its_goal_does_not_miss(self):
        self.assertFalse(self.compared(LOG.replace("=51 min", "=50 min"))[0].missed)

    def test_prints_a_table(self):
        lines = rows.table(self.compared(LOG))
        self.assertEqual(lines[0].split(), ["row", "ours", "goal", "Linux", "ratio"])
        self.assertEqual(lines[1].split(), ["!", "a.hot", "51", "50", "200", "0.26"])
        self.assertEqual(lines[2].split(), ["b.hot", "40", "40", "1.00"])
        self.assertEqual(lines[3].split(), ["new.row", "7"])
        self.assertEqual(
            lines[4],
            "2 rows to compare, 1 missed (!), 0.50 of Linux in the geometric mean",
        )

    def test_a_stand_in_is_compared_but_counted_apart(self):
        lines = rows.table(
            self.compared(
                "bench a.hot median=20 min=2 n=3\nbench sim.a.hot median=51 min=2 n=3"
            )
        )
        self.assertTrue(lines[2].startswith("! sim.a.hot"))
        self.assertEqual(
            lines[-2:],
            [
                "1 rows to compare, 0 missed (!), 0.10 of Linux in the geometric mean",
                "1 stand-ins to compare, 1 missed (!), "
                "0.26 of Linux in the geometric mean",
            ],
        )

    def test_a_row_that_costs_nothing_harms_no_sum(self):
        lines = rows.table(self.compared("bench zero median=0 min=0 n=51\n"))
        self.assertEqual(lines[-1], "1 rows to compare, 0 missed (!)")


class RealTable(unittest.TestCase):
    """docs/bench/linux-6.1-i386.tsv itself."""

    def setUp(self):
        with open(os.path.join(ROOT, "docs", "bench", "linux-6.1-i386.tsv")) as file:
            self.text = file.read()

    def test_can_be_read_whole(self):
        targets = rows.read_table(self.text, "pae")
        data = [line for line in self.text.splitlines() if line and line[0] != "#"]
        self.assertEqual(len(targets), len(data))
        self.assertEqual(targets["pages_order0.pair_hot"], rows.Target(694, 140))
        self.assertEqual(targets["kmap_local_pair"].linux, 257)

    def test_fits_80_columns_at_ten_times_linux(self):
        targets = rows.read_table(self.text, "nopae")
        ours = [(name, target.linux * 10) for name, target in targets.items()]
        for line in rows.table(rows.compare(ours, targets)):
            self.assertLessEqual(len(line), 80)


if __name__ == "__main__":
    unittest.main()
