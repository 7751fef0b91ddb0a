"""A wrong format string does not compile, and the compiler says what is wrong."""
import os
import subprocess
import unittest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
COMPILER = os.environ.get("HOST_CXX", "g++")
FLAGS = ("-std=c++20 -Wall -Wextra -Werror -fsyntax-only -x c++ "
         "-I. -Ihost-tests/include -Iarch/host -Ilib/checks/debug -").split()

SNIPPET = """\
#include "lib/assert.hpp"
#include "lib/log.hpp"
enum class colour { red };
struct opaque {};
void say(text_sink& out) { (void)out; %s; }
"""

TOO_FEW = "the_format_string_has_more_placeholders_than_arguments"
TOO_MANY = "the_format_string_has_fewer_placeholders_than_arguments"
MISFIT = "the_format_type_does_not_fit_its_argument"
SYNTAX = "the_format_string_has_a_syntax_error"
NO_FORMAT = "this type cannot be formatted"


def complaint(statement):
    """What the compiler has against a statement; empty if nothing."""
    done = subprocess.run([COMPILER, *FLAGS], cwd=ROOT, input=SNIPPET % statement,
                          capture_output=True, text=True, check=False)
    return done.stderr if done.returncode else ""


class FormatCheck(unittest.TestCase):
    """Every way in which a format string and its arguments can disagree."""

    def refused(self, why, *statements):
        for statement in statements:
            with self.subTest(statement):
                self.assertIn(why, complaint(statement))

    def test_good_ones_compile(self):
        good = ('format_to(out, "{} {:#010x} {{{:>8}}} {:c}", 1, 2u, "three", 4);'
                'format_to(out, "none"); pr_info("{:p} {}", &out, true);'
                'kassert(true, "{:s}", "four"); panic("{}", 5)')
        self.assertEqual(complaint(good), "")

    def test_too_few_arguments(self):
        self.refused(TOO_FEW, 'format_to(out, "{}")', 'pr_info("{} {}", 1)',
                     'panic("{}")', 'kassert(true, "{}")')

    def test_too_many_arguments(self):
        self.refused(TOO_MANY, 'format_to(out, "", 1)', 'pr_info("{}", 1, 2)',
                     'format_to(out, "{{}}", 1)')

    def test_a_type_that_does_not_fit_its_argument(self):
        self.refused(MISFIT, 'format_to(out, "{:d}", "text")', 'format_to(out, "{:s}", 1)',
                     'format_to(out, "{:x}", true)', 'format_to(out, "{:d}", &out)')

    def test_an_unknown_type(self):
        self.refused(MISFIT, 'format_to(out, "{:q}", 1)', 'format_to(out, "{:f}", 1)')

    def test_syntax_errors(self):
        self.refused(SYNTAX, 'format_to(out, "{", 1)', 'format_to(out, "}")',
                     'format_to(out, "{:xx}", 1)', 'format_to(out, "{0}", 1)',
                     'format_to(out, "{:600}", 1)')

    def test_a_value_that_has_no_format(self):
        self.refused(NO_FORMAT, 'format_to(out, "{}", colour::red)',
                     'format_to(out, "{}", opaque())')


if __name__ == "__main__":
    unittest.main()
