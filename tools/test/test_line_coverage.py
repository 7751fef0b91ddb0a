"""Lines that ran, as gcov tells of them."""
import os
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools", "lib"))

import line_coverage


def unit(path, **counts):
    """A program unit with one file: l3=1 says that line 3 ran once."""
    lines = [{"line_number": int(name[1:]), "count": n} for name, n in counts.items()]
    return {"files": [{"file": path, "lines": lines}]}


class LineCoverage(unittest.TestCase):
    """Adding up, and the table."""

    def setUp(self):
        self.files = {}

    def add(self, path, **counts):
        line_coverage.add_unit(self.files, unit(path, **counts), ["mm/vm"])

    def test_a_header_has_run_where_it_ran_in_one_unit(self):
        self.add("./mm/vm/a.hpp", l3=0, l4=0)
        self.add("mm/vm/a.hpp", l3=2, l5=1)
        self.assertEqual(self.files["mm/vm/a.hpp"].missed, [4])
        self.assertEqual(self.files["mm/vm/a.hpp"].ran, 2)

    def test_other_folders_are_not_measured(self):
        self.add("mm/vm/deeper/a.cpp", l1=1)
        self.add("lib/list.hpp", l1=1)
        self.assertEqual(self.files, {})

    def test_the_table_ends_with_the_sum(self):
        self.add("mm/vm/b.cpp", l1=1, l2=0, l3=0, l4=0, l9=0)
        self.add("mm/vm/a.cpp", l1=1, l2=1, l3=1)
        text, reached = line_coverage.table(self.files, "mm/vm")
        self.assertEqual([line.split()[0] for line in text],
                         ["mm/vm/a.cpp", "mm/vm/b.cpp", "mm/vm/,"])
        self.assertTrue(text[1].endswith("20.0 %  2-4 9"), text[1])
        self.assertEqual(reached, 50.0)

    def test_nothing_measured_is_nothing_reached(self):
        self.assertEqual(line_coverage.table({}, "mm/vm")[1], 0.0)

    def test_lines_fit_80_columns(self):
        self.add("mm/vm/a.cpp", **{f"l{2 * n}": 0 for n in range(100)})
        for line in line_coverage.table(self.files, "mm/vm")[0]:
            self.assertLessEqual(len(line), 80)

    def test_ranges(self):
        self.assertEqual(line_coverage.ranges([]), "")
        self.assertEqual(line_coverage.ranges([0]), "0")
        self.assertEqual(line_coverage.ranges([1, 2, 3, 7, 9, 10]), "1-3 7 9-10")

    def test_suites_of_a_source(self):
        text = "TEST(a, one) {\nTEST_F(b, two) {\nTYPED_TEST(c, three) {\n  TEST(d, no)"
        self.assertEqual(line_coverage.suites(text), {"a", "b", "c/*"})

    def test_lines_of_code(self):
        self.assertEqual(line_coverage.code_lines("// x\n\nint a;\n}\n  f();  // y\n"), 2)


if __name__ == "__main__":
    unittest.main()
