"""The stages of make test count what ran, and a crash is a failure."""
import contextlib
import io
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))

from stages import Tally, read_gtest, run_gtest

PASSED = """\
[==========] 12 tests from 3 test suites ran. (40 ms total)
[  PASSED  ] 12 tests.
"""
FAILED = """\
[  FAILED  ] rbtree.erases (0 ms)
[  FAILED  ] rbtree.rotates (0 ms)
[==========] 12 tests from 3 test suites ran. (40 ms total)
[  PASSED  ] 9 tests.
[  SKIPPED ] 1 test.
"""


class ReadGtest(unittest.TestCase):
    """GoogleTest's closing lines."""

    def test_all_passed(self):
        self.assertEqual(read_gtest(0, PASSED), Tally(12, 0, 0))

    def test_failures_and_skips(self):
        self.assertEqual(read_gtest(1, FAILED), Tally(9, 2, 1))

    def test_a_crash_is_a_failure(self):
        self.assertEqual(read_gtest(-6, "==1==ERROR: AddressSanitizer"), Tally(0, 1, 0))
        self.assertEqual(read_gtest(1, PASSED).failed, 1)

    def test_out_of_time_is_a_failure(self):
        self.assertEqual(read_gtest(None, "").failed, 1)

    def test_nothing_run_is_a_failure(self):
        self.assertEqual(read_gtest(0, "[  PASSED  ] 0 tests.\n").failed, 1)


# A program of GoogleTest's: four tests in the first of three shards, one more in each
# other; where $BROKEN says so, one dies.
PROGRAM = """\
#!/bin/sh
[ "$BROKEN" = "$GTEST_SHARD_INDEX" ] && exit 134
echo "[  PASSED  ] $((GTEST_TOTAL_SHARDS + 1 + GTEST_SHARD_INDEX)) tests."
"""


class RunGtest(unittest.TestCase):
    """The parts of a program's tests add up."""

    def run_it(self, **environment):
        with tempfile.TemporaryDirectory() as folder:
            program = os.path.join(folder, "tests")
            with open(program, "w") as file:
                file.write(PROGRAM)
            os.chmod(program, 0o755)
            return run_gtest(program, {**os.environ, **environment}, 3)

    def test_each_part_counts(self):
        self.assertEqual(self.run_it(), Tally(4 + 5 + 6, 0, 0))

    def test_a_part_that_dies_is_a_failure(self):
        with contextlib.redirect_stdout(io.StringIO()):
            self.assertEqual(self.run_it(BROKEN="1"), Tally(4 + 6, 1, 0))


if __name__ == "__main__":
    unittest.main()
