"""Rows of Loci beside those to beat: reading and comparing."""
import os
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools", "lib"))

import rows

TABLE = """\
# a comment
# group: user
fork\t900\t1000\t300
# group: kernel
a.hot\t100\t200\t50
b.hot\t30\t40\t

zero\t0\t0\t
unknown\t\t\t7
"""
LOG = """\
[    0.012345] Loci\r
bench a.hot median=51 min=50 n=51\r
bench b.hot median=40 min=12 n=51\r
bench new.row median=7 min=7 n=31\r
# no cold rows: no 8 MiB are free\r
bench a.hot median=fast min=1 n=1\r
mm fork 299.6 12.0 cycles\r
mm total 888 0 Mcycles\r
"""


def figures_of(log):
    """What a log has, as counted."""
    return rows.Figures(rows.read_rows(log))


class Reading(unittest.TestCase):
    """Of the table and of logs."""

    def test_reads_the_table_of_either_kernel(self):
        pae, nopae = rows.read_table(TABLE, "pae"), rows.read_table(TABLE, "nopae")
        self.assertEqual(pae["a.hot"], rows.Target(200, 50, "kernel"))
        self.assertEqual(nopae["a.hot"], rows.Target(100, 50, "kernel"))
        self.assertEqual(pae["fork"], rows.Target(1000, 300, "user"))
        self.assertEqual(nopae["b.hot"], rows.Target(30, None, "kernel"))
        self.assertEqual(pae["unknown"], rows.Target(None, 7, "kernel"))
        self.assertEqual(len(pae), 5)

    def test_says_which_line_of_a_table_is_bad(self):
        for bad in (
            "a\t1\t2",
            "a\tx\tx\t3",
            "a\t1\t2\tx",
            "a\t1\t2\t3\t4",
            "# group: nobodys",
        ):
            with self.assertRaisesRegex(rows.BadTable, "line 2"):
                rows.read_table("#\n" + bad, "pae")

    def test_reads_rows_and_nothing_else(self):
        self.assertEqual(
            rows.read_rows(LOG), {"a.hot": 51, "b.hot": 40, "new.row": 7, "fork": 300}
        )
        self.assertEqual(rows.remarks(LOG), ["# no cold rows: no 8 MiB are free"])

    def test_the_last_figure_of_a_row_counts(self):
        again = LOG + "bench a.hot median=49 min=49 n=51\n"
        self.assertEqual(rows.read_rows(again)["a.hot"], 49)


class Comparing(unittest.TestCase):
    """What a Row is made of."""

    def compared(self, log, kernel="pae", **more):
        found = rows.compare(rows.read_table(TABLE, kernel), figures_of(log), **more)
        return {row.name: row for row in found}

    def test_programs_come_first_and_then_as_in_the_table(self):
        names = list(self.compared(LOG))
        self.assertEqual(names, ["fork", "a.hot", "b.hot", "zero", "unknown", "new.row"])

    def test_a_row_misses_above_its_goal_or_above_linux(self):
        missed = lambda kernel: [  # noqa: E731
            name for name, row in self.compared(LOG, kernel).items() if row.missed
        ]
        self.assertEqual(missed("pae"), ["a.hot"])
        self.assertEqual(missed("nopae"), ["a.hot", "b.hot"])

    def test_a_row_at_its_goal_does_not_miss(self):
        row = self.compared(LOG.replace("=51 min", "=50 min"))["a.hot"]
        self.assertFalse(row.missed)
        self.assertEqual(row.ratio, 0.25)

    def test_a_row_that_was_not_measured_is_absent_and_misses_nothing(self):
        row = self.compared("")["a.hot"]
        self.assertTrue(row.absent)
        self.assertFalse(row.missed)
        self.assertIsNone(row.ratio)

    def test_linux_of_just_now_comes_before_the_table(self):
        linux = rows.Figures({"fork": 600}, {"fork": 50})
        found = self.compared(LOG, linux=linux)
        self.assertEqual((found["fork"].linux, found["fork"].recorded), (600, False))
        self.assertEqual((found["a.hot"].linux, found["a.hot"].recorded), (200, True))
        self.assertIsNone(found["fork"].timed_ratio)

    def test_by_the_clock_both_sides_are_needed(self):
        targets = rows.read_table(TABLE, "pae")
        loci = rows.Figures({"fork": 300}, {"fork": 20})
        row = rows.compare(targets, loci, rows.Figures({}, {"fork": 50}))[0]
        self.assertEqual(row.timed_ratio, 0.4)

    def test_only_what_is_wanted(self):
        found = self.compared(LOG, wanted=lambda name: name.endswith(".hot"))
        self.assertEqual(list(found), ["a.hot", "b.hot"])

    def test_a_stand_in_has_the_figures_of_what_it_stands_for(self):
        row = self.compared("bench sim.fork median=20 min=2 n=3")["sim.fork"]
        self.assertTrue(row.stands_in)
        self.assertEqual((row.linux, row.goal, row.group), (1000, 300, "kernel"))

    def test_geometric_mean(self):
        self.assertAlmostEqual(rows.geometric_mean([0.25, 1, None]), 0.5)
        self.assertAlmostEqual(rows.geometric_mean([2, 8, 4]), 4)
        self.assertIsNone(rows.geometric_mean([None, 0]))

    def test_a_ratio_to_nothing_is_none(self):
        self.assertIsNone(rows.ratio(3, 0))
        self.assertIsNone(rows.ratio(None, 3))
        self.assertEqual(rows.ratio(0, 3), 0)


class RealTable(unittest.TestCase):
    """docs/bench/linux-6.1-i386.tsv itself."""

    def setUp(self):
        with open(os.path.join(ROOT, "docs", "bench", "linux-6.1-i386.tsv")) as file:
            self.text = file.read()

    def test_can_be_read_whole(self):
        targets = rows.read_table(self.text, "pae")
        data = [line for line in self.text.splitlines() if line and line[0] != "#"]
        self.assertEqual(len(targets), len(data))
        self.assertEqual(targets["pages_order0.pair_hot"], rows.Target(694, 140, "kernel"))
        self.assertEqual(targets["kmap_local_pair"].linux, 257)
        self.assertEqual(targets["fork_exit_wait_small"].group, "user")
        self.assertEqual(targets["smallest_ram_mib"], rows.Target(34, 4, "system"))
        self.assertEqual({target.group for target in targets.values()}, set(rows.GROUPS))

    def test_has_each_row_of_mmbench_and_no_others_as_users(self):
        source = ""
        for name in ("mmbench.cpp", "task_rows.hpp"):
            with open(os.path.join(ROOT, "user", "bench", name)) as file:
                source += file.read()
        for name, target in rows.read_table(self.text, "pae").items():
            stem = name
            for tag in ("_10000", "_1000", "_100", "_1_wide", "_1"):
                if f'"{name}"' not in source and name.endswith(tag):
                    stem = name.removesuffix(tag) + "_"
                    break
            self.assertEqual(f'"{stem}"' in source, target.group == "user", name)


if __name__ == "__main__":
    unittest.main()
