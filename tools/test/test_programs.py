"""Programs on Loci and on Linux: what ran, what it printed, and what differs."""
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))

from programs import (
    LIBRARY,
    Program,
    Result,
    bare_result,
    differences,
    module_of,
    power_off_value,
    results_of,
    script_of,
)

ONE = Program("one", "/nowhere")
TWO = Program("two", "/nowhere", ("it's", "a  b"), command="/bin/echo")
SERIAL = """\
booting
== begin one
hello
[    1.234567] a line of the kernel's
world
== end one 3
== begin two
no end
"""


class Results(unittest.TestCase):
    """The serial log is read."""

    def test_what_ended_and_what_did_not(self):
        three = Program("three", "/nowhere")
        self.assertEqual(
            results_of(SERIAL, [ONE, TWO, three]),
            {
                "one": Result(3, "hello\nworld"),
                "two": Result(None, "no end\n"),
                "three": Result(None, ""),
            },
        )

    def test_no_output_at_all(self):
        serial = "== begin one\n\n== end one 0\n"
        self.assertEqual(results_of(serial, [ONE])["one"], Result(0, ""))

    def test_of_init_itself(self):
        log = "[    0.100000] log\nhello\n[    0.2] init: exited with status 7\n"
        self.assertEqual(bare_result(log), Result(7, "hello\n"))
        self.assertEqual(bare_result("x\ninit: killed by signal 11\n"), Result(139, "x\n"))
        self.assertEqual(bare_result("hello\n"), Result(None, "hello\n"))


class Libraries(unittest.TestCase):
    """What the loader says it needs."""

    def test_only_those_that_are_files(self):
        said = (
            "\tlinux-gate.so.1 (0xf7fae000)\n"
            "\tlibc.so.6 => /lib32/libc.so.6 (0xf7b52000)\n"
            "\tlibmissing.so => not found\n"
            "\t/lib/ld-linux.so.2 (0xf7fb0000)\n"
        )
        self.assertEqual(LIBRARY.findall(said), ["/lib32/libc.so.6", "/lib/ld-linux.so.2"])

    def test_each_is_packed_once(self):
        library = os.path.abspath(__file__)
        two = [Program(name, library, libraries=(library,)) for name in ("one", "two")]
        self.assertEqual(module_of(two).count(library.encode()[1:] + b"\0"), 1)


class Differences(unittest.TestCase):
    """Each way to differ is told of."""

    def test_the_same(self):
        self.assertEqual(differences(ONE, Result(0, "a\nb"), Result(0, "a\nb")), [])

    def test_a_line(self):
        told = differences(ONE, Result(0, "a\nb\nc"), Result(0, "a\nB\nc"))
        self.assertIn("-b", told)
        self.assertIn("+B", told)

    def test_a_line_more_or_less(self):
        self.assertIn("-b", differences(ONE, Result(0, "a\nb"), Result(0, "a")))
        self.assertIn("+b", differences(ONE, Result(0, "a"), Result(0, "a\nb")))

    def test_the_status(self):
        told = differences(ONE, Result(0, "a"), Result(139, "a"))
        self.assertEqual(told, ["status 139, expected 0"])

    def test_that_it_never_ended_or_began(self):
        self.assertEqual(differences(ONE, Result(0), Result()), ["it was not run"])
        told = differences(ONE, Result(0), Result(None, "last words"))
        self.assertEqual(told[-1], "last words")

    def test_what_is_not_compared_must_succeed(self):
        alone = Program("alone", "", compared=False)
        self.assertEqual(differences(alone, None, Result(0, "anything")), [])
        told = differences(alone, None, Result(1, "NO it is not"))
        self.assertEqual(told, ["status 1, expected 0", "NO it is not"])


class PowerOff(unittest.TestCase):
    """The contract on how the machine goes off."""

    def test_values(self):
        for status, bare, value in (
            (0, False, 0),
            (62, True, 62),
            (63, True, 63),
            (100, True, 63),
            (139, True, 75),
            (139, False, 63),
            (200, True, 125),
        ):
            with self.subTest(status=status, bare=bare):
                self.assertEqual(power_off_value(Result(status), bare), value)


class Script(unittest.TestCase):
    """What Loci's shell is given is a script for any shell."""

    def test_words_arrive_as_they_are(self):
        lines = script_of([TWO]).splitlines()
        line = next(line for line in lines if line.startswith("'/bin/echo'"))
        done = subprocess.run(
            ["sh", "-c", line.partition(" < ")[0]], capture_output=True, text=True
        )
        self.assertEqual(done.stdout, "it's a  b\n")

    def test_the_last_status_is_the_scripts(self):
        script = script_of([Program("no", "", command="/bin/false")])
        script = "cd() { :; }; mount() { :; }; mkdir() { :; }\n" + script.replace(
            "/work/", "/tmp/no-such-folder-"
        ).replace("../no.stdin", "/dev/null")
        done = subprocess.run(["sh", "-c", script], capture_output=True, text=True)
        self.assertEqual(done.stdout, "== begin no\n\n== end no 1\n")
        self.assertEqual(done.returncode, 1)


if __name__ == "__main__":
    unittest.main()
