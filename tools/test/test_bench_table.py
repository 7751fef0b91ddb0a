"""The table of `make bench`, and its drawing."""
import os
import sys
import unittest
from xml.etree import ElementTree

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools", "lib"))

import bench_table
import ratio_chart
from rows import Figures, Row, compare, read_table

SVG = "{http://www.w3.org/2000/svg}"
ROWS = [
    Row("boot_ms", "system", 150, 5500, 300, recorded=False),
    Row("smallest_mib", "system", 4, 34, 4),
    Row("fork", "user", 250, 1000, 300, 70, 100, recorded=False),
    Row("exec", "user", 1000, 1000, 300, 90, 100, recorded=False),
    Row("wait", "user", None, 1000),
    Row("a.hot", "kernel", 25, 100),
    Row("sim.fork", "kernel", 500, 1000, 300),
]


class Numbers(unittest.TestCase):
    """In as much room as there is."""

    def test_long_ones_are_shortened(self):
        self.assertEqual(bench_table.short(9999999), "9999999")
        self.assertEqual(bench_table.short(12345678), "12.3M")
        self.assertEqual(bench_table.short(10**15), "1000.0T")
        self.assertEqual(bench_table.short(None), "")
        for power in range(30):
            self.assertLessEqual(len(bench_table.short(10**power)), 7)

    def test_ratios(self):
        self.assertEqual(bench_table.quotient(0.294), "0.29")
        self.assertEqual(bench_table.quotient(12.3), "12")
        self.assertEqual(bench_table.quotient(None), "")


class Table(unittest.TestCase):
    """What is printed."""

    def find(self, beginning, live=True):
        lines = bench_table.table(ROWS, live)
        return next(line[2:].split() for line in lines if line[2:].startswith(beginning))

    def test_a_row_has_both_figures_and_both_ratios(self):
        self.assertEqual(
            self.find("fork"), ["fork", "250", "1000", "0.25", "300", "70", "100", "0.70"]
        )
        self.assertEqual(self.find("a.hot"), ["a.hot", "25", "100", "0.25"])

    def test_a_miss_is_marked(self):
        lines = bench_table.table(ROWS)
        marked = [line.split()[1] for line in lines if line.startswith("! ")]
        self.assertEqual(marked, ["exec", "sim.fork"])

    def test_what_was_not_measured_is_called_absent(self):
        self.assertEqual(self.find("wait"), ["wait", "absent", "1000"])
        self.assertTrue(
            any("6 rows compared" in line and "1 absent" in line
                for line in bench_table.table(ROWS))
        )

    def test_ends_with_geometric_means(self):
        self.assertEqual(self.find("geometric mean, user"),
                         ["geometric", "mean,", "user", "0.50", "0.79"])
        self.assertEqual(self.find("geometric mean, kernel")[-1], "0.25")
        self.assertEqual(self.find("geometric mean, sim")[-1], "0.50")
        # Of fork, exec and a.hot: neither the whole system nor the stand-in is among all.
        self.assertEqual(self.find("geometric mean, all")[-2:], ["0.40", "0.79"])

    def test_says_which_figures_of_linux_are_old(self):
        lines = bench_table.table(ROWS, True)
        self.assertIn("-- the whole system; recorded: smallest_mib", lines)
        self.assertIn("-- programs: mmbench; recorded: wait", lines)
        self.assertIn("-- the kernel's allocators: bench; Linux as recorded", lines)
        self.assertIn("-- the whole system", bench_table.table(ROWS, False))

    def test_a_row_that_costs_nothing_harms_no_mean(self):
        lines = bench_table.table([Row("zero", "kernel", 0, 10), Row("none", "kernel", 3, 0)])
        self.assertFalse(any("mean" in line for line in lines))

    def test_fits_80_columns_at_ten_times_linux(self):
        path = os.path.join(ROOT, "docs", "bench", "linux-6.1-i386.tsv")
        with open(path) as file:
            targets = read_table(file.read(), "nopae")
        ours = {name: (target.linux or 0) * 10 for name, target in targets.items()}
        ours["sim.mprotect_split_build_10000"] = 10**7
        timed = {name: 10**9 for name, target in targets.items() if target.group == "user"}
        compared = compare(targets, Figures(ours, timed), Figures({}, timed))
        for live in (False, True):
            for line in bench_table.table(compared, live):
                self.assertLessEqual(len(line), 80, line)


class Chart(unittest.TestCase):
    """The drawing is read back."""

    def setUp(self):
        self.text = ratio_chart.chart(ROWS, 'Loci & "Linux" <6.1>')
        self.root = ElementTree.fromstring(self.text.encode())

    def of_class(self, name):
        return [item for item in self.root.iter() if item.get("class") == name]

    def test_is_well_formed_and_of_its_size(self):
        self.assertEqual(self.root.tag, SVG + "svg")
        height = float(self.root.get("height"))
        places = [float(item.get("y")) for item in self.root.iter(SVG + "text")]
        self.assertTrue(all(0 < y < height for y in places))
        self.assertEqual(self.root.find(SVG + "title").text, 'Loci & "Linux" <6.1>')

    def test_has_a_bar_and_a_name_for_each_ratio_in_order(self):
        names = [item.text for item in self.of_class("name")]
        self.assertEqual(
            names, ["boot_ms", "smallest_mib", "fork", "exec", "a.hot", "sim.fork"]
        )
        self.assertEqual(len(self.of_class("bar")), len(names))
        heights = [float(item.get("y")) for item in self.of_class("name")]
        self.assertEqual(heights, sorted(set(heights)))

    def test_the_scale_is_logarithmic_with_a_line_at_one(self):
        (one,) = self.of_class("one")
        middle = float(one.get("x1"))
        bars = dict(zip([n.text for n in self.of_class("name")], self.of_class("bar")))
        for name in ("fork", "a.hot"):
            width = float(bars[name].get("width"))
            self.assertAlmostEqual(float(bars[name].get("x")) + width, middle, 0)
            self.assertAlmostEqual(width, 2 * float(bars["sim.fork"].get("width")), 0)

    def test_has_goals_and_turns_by_the_clock(self):
        self.assertEqual(len(self.of_class("goal")), 5)
        self.assertEqual(len(self.of_class("timed")), 2)

    def test_a_bar_above_one_goes_the_other_way(self):
        root = ElementTree.fromstring(
            ratio_chart.chart([Row("worse", "user", 30, 10)], "").encode()
        )
        found = {item.get("class"): item for item in root.iter()}
        self.assertEqual(found["bar"].get("x"), found["one"].get("x1"))
        self.assertEqual(found["bar"].get("fill"), ratio_chart.WORSE)

    def test_without_rows_it_is_still_a_drawing(self):
        ElementTree.fromstring(ratio_chart.chart([], "nothing").encode())


if __name__ == "__main__":
    unittest.main()
