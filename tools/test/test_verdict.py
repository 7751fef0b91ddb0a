"""Each way in which a run can go wrong gets its own verdict."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))

from machine import Outcome, clean
from verdict import Expectation, Kind, judge

GOOD = "1..2\nok 1 a.b\nok 2 c.d # SKIP no NX\n1 passed, 0 failed, 1 skipped\n"
BAD = "1..1\nnot ok 1 a.b\n0 passed, 1 failed, 0 skipped\n"
TESTS = Expectation(tests=True)


class Judge(unittest.TestCase):
    """judge(outcome, expectation), a kind at a time."""

    def assert_kind(self, kind, expected, because="", **fields):
        judged = judge(Outcome(**fields), expected)
        self.assertIs(judged.kind, kind, str(judged))
        self.assertIn(because, str(judged))
        self.assertEqual(judged.good, kind is Kind.PASS)

    def test_passes(self):
        self.assert_kind(Kind.PASS, TESTS, serial=GOOD, status=1)
        counted = Expectation(tests=True, counts=(1, 1))
        self.assert_kind(Kind.PASS, counted, serial=GOOD, status=1)

    def test_failures_by_name(self):
        for status in (3, 1):
            self.assert_kind(
                Kind.TESTS_FAILED, TESTS, "not ok a.b", serial=BAD, status=status
            )

    def test_good_lines_do_not_excuse_a_bad_status(self):
        self.assert_kind(Kind.WRONG_STATUS, TESTS, serial=GOOD, status=3)
        self.assert_kind(Kind.EARLY_EXIT, TESTS, serial=GOOD, status=0)

    def test_a_good_status_does_not_excuse_bad_lines(self):
        cut = GOOD[: GOOD.index("ok 2")]
        self.assert_kind(Kind.WRONG_COUNT, TESTS, serial=cut, status=1)
        self.assert_kind(Kind.EARLY_EXIT, TESTS, serial="Loci\n", status=1)
        self.assert_kind(Kind.SILENCE, TESTS, serial="", status=1)

    def test_number_of_tests(self):
        more = Expectation(tests=True, counts=(2, 0))
        self.assert_kind(Kind.WRONG_COUNT, more, "expected 2", serial=GOOD, status=1)

    def test_panic(self):
        text = "[    1.000] Kernel panic: free list is a ring\n"
        for rest in ({"status": 255}, {"timed_out": True}, {"status": 1}):
            self.assert_kind(Kind.PANIC, TESTS, "is a ring", serial=text, **rest)

    def test_a_panic_may_be_asked_for(self):
        wanted = Expectation(status=127, lines=("Kernel panic: asked",))
        text = "Kernel panic: asked\n"
        self.assert_kind(Kind.PASS, wanted, serial=text, status=255)

    def test_reset(self):
        self.assert_kind(
            Kind.RESET,
            TESTS,
            "triple fault",
            serial=GOOD,
            status=0,
            reset=True,
            triple_fault=True,
        )
        self.assert_kind(Kind.RESET, TESTS, "asked", serial="x", status=0, reset=True)

    def test_hang(self):
        self.assert_kind(Kind.HANG, TESTS, serial=GOOD, timed_out=True)
        late = {"timed_out": True, "waited_for": "loci> "}
        self.assert_kind(Kind.HANG, TESTS, "'loci> '", serial="x", **late)

    def test_silence(self):
        self.assert_kind(Kind.SILENCE, TESTS, serial="\n", timed_out=True)

    def test_emulator(self):
        told = {"status": 1, "errors": "no such CPU"}
        self.assert_kind(Kind.EMULATOR, TESTS, "no such CPU", serial="", **told)
        self.assert_kind(Kind.EMULATOR, TESTS, "signal 11", serial="x", status=-11)

    def test_missing_line(self):
        wanted = Expectation(lines=("^init: exited",))
        self.assert_kind(Kind.WRONG_OUTPUT, wanted, serial="x init: exited", status=1)
        self.assert_kind(Kind.PASS, wanted, serial="x\ninit: exited", status=1)

    def test_a_scripts_complaint(self):
        noted = {"status": 1, "notes": ["dark"]}
        self.assert_kind(Kind.WRONG_OUTPUT, Expectation(), "dark", serial="x", **noted)

    def test_shows_the_end_of_the_log_and_the_command(self):
        serial = "".join(f"line {number}\n" for number in range(300))
        outcome = Outcome(serial=serial, timed_out=True, command="qemu -m 4")
        text = str(judge(outcome, TESTS))
        self.assertIn("line 200\n", text)
        self.assertNotIn("line 199\n", text)
        self.assertIn("qemu -m 4", text)

    def test_terminal_escapes_are_no_text(self):
        self.assertEqual(clean("\x1b[2J\x1b[01;01Hloci> \x1b[0m\r\n"), "loci> \n")


if __name__ == "__main__":
    unittest.main()
