"""The reader of the kernel's test report believes only a whole one."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))

import ktap

GOOD = """\
[    0.012] Loci
1..3
ok 1 list.pushes
[    0.013] log lines stand between
# a remark
not ok 2 list.pops
ok 3 paging.no_execute # SKIP no NX
1 passed, 1 failed, 1 skipped
"""


class Ktap(unittest.TestCase):
    """Each way in which a report can be less than whole."""

    def defects(self, text):
        return ktap.defects(ktap.parse(text))

    def test_reads_a_whole_report(self):
        report = ktap.parse(GOOD.replace("\n", "\r\n"))
        self.assertEqual(report.passed, ["list.pushes"])
        self.assertEqual(report.failed, ["list.pops"])
        self.assertEqual(report.skipped, ["paging.no_execute"])
        self.assertEqual(ktap.defects(report), [])

    def test_misses_the_plan(self):
        self.assertIn("no plan", self.defects(GOOD.replace("1..3\n", ""))[0])
        self.assertIn("no plan", self.defects("")[0])

    def test_misses_results(self):
        cut = GOOD[: GOOD.index("ok 3")]
        self.assertIn("planned 3 tests, saw 2 results", self.defects(cut))

    def test_misses_the_sum(self):
        cut = GOOD[: GOOD.index("1 passed")]
        self.assertEqual(self.defects(cut), ["no closing line with the sum"])

    def test_sees_a_sum_that_is_wrong(self):
        wrong = GOOD.replace("1 passed", "2 passed")
        self.assertIn("the sum says", self.defects(wrong)[0])

    def test_sees_a_number_twice(self):
        twice = GOOD.replace("ok 3", "ok 2")
        self.assertEqual(self.defects(twice), ["the results are not numbered 1 to n"])

    def test_an_empty_plan_is_a_defect(self):
        empty = "1..0\n0 passed, 0 failed, 0 skipped\n"
        self.assertEqual(self.defects(empty), ["the plan is of no test at all"])


if __name__ == "__main__":
    unittest.main()
