"""The programs of user/ are Linux programs: here they run on this host's Linux."""
import os
import pty
import select
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))

import images
import programs
from configuration import BUILD, ROOT

USER = os.path.join(BUILD, "user")
SECONDS = 20


def runs_i386():
    """Whether the programs can be built, and this host runs them."""
    try:
        images.make(f"BUILD={images.as_make_has_it(BUILD)}", "user")
        subprocess.run([os.path.join(USER, "tools")], stdout=subprocess.DEVNULL)
    except OSError:
        return False
    return True


class OnLinux(unittest.TestCase):
    """Programs under their names, in a folder of their own."""

    @classmethod
    def setUpClass(cls):
        if not runs_i386():
            raise unittest.SkipTest("this host runs no programs of 32 bits")

    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory(dir=programs.SCRATCH)
        self.addCleanup(self.scratch.cleanup)
        self.bin = os.path.join(self.scratch.name, "bin")
        self.folder = os.path.join(self.scratch.name, "work")
        os.mkdir(self.bin)
        os.mkdir(self.folder)
        for name in ("sh", "cat", "echo", "ls", "false", "true", "sleep", "demo", "ps"):
            os.symlink(os.path.join(USER, "tools"), os.path.join(self.bin, name))

    def run_it(self, *words, stdin=""):
        """(status, output)"""
        done = subprocess.run(
            [os.path.join(self.bin, words[0]), *words[1:]],
            cwd=self.folder,
            env={"PATH": self.bin, "HOME": "/"},
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            preexec_fn=programs.as_on_i386,
        )
        return done.returncode, done.stdout

    def check(self, line, output, status=0):
        """What the shell makes of a line."""
        with self.subTest(line=line):
            self.assertEqual(self.run_it("sh", "-c", line), (status, output))


class Shell(OnLinux):
    """sh, by -c, by a file, and at a terminal."""

    def test_words(self):
        self.check("echo a  b", "a b\n")
        self.check("echo 'a  b' \"c  d\" e\\ \\ f", "a  b c  d e  f\n")
        self.check("echo '' \"\" x", "  x\n")
        self.check("echo a#b # comment", "a#b\n")
        self.check('echo "a\\"b\\$c" \'$x\'', 'a"b$c $x\n')

    def test_variables(self):
        self.check('A="x  y"; echo $A "$A" ${A}z "$A"z', "x y x  y x yz x  yz\n")
        self.check("A=1 sh -c 'echo $A'; echo [$A]", "1\n[]\n")
        self.check("A=1; sh -c 'echo $A'", "1\n")
        self.check("false; echo $?; echo $?", "1\n0\n")
        self.check("echo $# $NONE.", "0 .\n")

    def test_arguments(self):
        script = 'echo $0 $# "$2" $9; echo "$@"'
        done = self.run_it("sh", "-c", script, "name", "one", "two  words")
        self.assertEqual(done, (0, "name 2 two  words\none two  words\n"))

    def test_pipes_and_joints(self):
        self.check("echo a | cat | cat", "a\n")
        self.check("true && echo yes || echo no", "yes\n")
        self.check("false && echo yes || echo no", "no\n")
        self.check("true || echo no; echo $?", "0\n")
        self.check("echo a |\n cat &&\n echo b", "a\nb\n")
        self.check("false | true; echo $?; true | false; echo $?", "0\n1\n")

    def test_redirections(self):
        self.check("echo a > f; echo b >> f; cat < f", "a\nb\n")
        self.check("ls /missing 2> e; echo $?; cat e",
                   "1\nls: /missing: No such file or directory\n")
        self.check("ls /missing 2>&1 > /dev/null | cat",
                   "ls: /missing: No such file or directory\n")
        self.check("cd / > f; echo out; cat < missing",
                   "out\nsh: missing: No such file or directory\n", 1)
        self.check("exec 5> g; echo five >&5; cat g", "five\n")

    def test_processes(self):
        self.check("sleep 0 & wait; echo $?", "0\n")
        self.check("sh -c 'exit 7' & wait $!; echo $?", "7\n")
        self.check("exec sh -c 'exit 5'", "", 5)
        self.check("exit 300", "", 300 & 255)
        self.check("/missing; echo $?", "sh: /missing: No such file or directory\n127\n")
        self.check("/; echo $?", "sh: /: Permission denied\n126\n")

    def test_what_is_wrong_is_told_and_nothing_runs(self):
        self.check("echo a; echo 'b", "sh: the end came too early\n", 2)
        self.check("echo a; | cat", "sh: a command is missing\n", 2)
        self.check("echo a >", "sh: a file is missing behind < or >\n", 2)
        self.check("echo a &&", "sh: the end came too early\n", 2)

    def test_a_script(self):
        path = os.path.join(self.folder, "script")
        with open(path, "w") as file:
            file.write("#!/bin/sh\necho $0 $1\ncd /\nexit 3\n")
        self.assertEqual(self.run_it("sh", "./script", "x"), (3, "./script x\n"))
        self.assertEqual(self.run_it("sh", stdin="echo a\necho b"), (0, "a\nb\n"))

    def test_at_a_terminal(self):
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.folder)
            os.execve(os.path.join(self.bin, "sh"), ["sh"], {"PATH": self.bin})
        self.addCleanup(os.close, terminal)
        self.wait_for(terminal, " $ ")
        for typed, answer in (
            (b"cat\n", "cat\r\n"),
            (b"line\n", "line\r\nline\r\n"),
            (b"\x03", " $ "),
            (b"echo status $?\n", "status 130\r\n"),
            (b"sleep 30\n", "sleep 30\r\n"),
            (b"\x1a", "stopped"),
            (b"fg\n", "fg\r\n"),
            (b"\x03", " $ "),
            (b"not sent\x03", " $ "),
            (b"echo 'two\n", "> "),
            (b"lines'\n", "two\r\nlines\r\n"),
            (b"exit 4\n", "exit 4"),
        ):
            time.sleep(0.05)
            os.write(terminal, typed)
            self.wait_for(terminal, answer)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 4)

    def wait_for(self, terminal, wanted):
        """Read until it was printed."""
        text, limit = "", time.monotonic() + SECONDS
        while wanted not in text and time.monotonic() < limit:
            if select.select([terminal], [], [], 0.1)[0]:
                text += os.read(terminal, 4096).decode()
        self.assertIn(wanted, text)


class Others(OnLinux):
    """Programs that check themselves."""

    def test_layout(self):
        os.symlink(os.path.join(USER, "layout"), os.path.join(self.bin, "layout"))
        status, output = self.run_it("layout")
        self.assertEqual(status, 0, output)
        self.assertIn("local < 0xc0000000: yes", output)
        self.assertLessEqual(max(map(len, output.splitlines())), 80)

    def test_demonstrations(self):
        # Linux copies where the CPU of before still has the frame in a list of its own:
        # who is moved to another CPU owns no page alone.
        cpus = os.sched_getaffinity(0)
        self.addCleanup(os.sched_setaffinity, 0, cpus)
        os.sched_setaffinity(0, {min(cpus)})
        names = [line.split()[0] for line in self.run_it("demo")[1].splitlines()]
        self.assertGreater(len(names), 8)
        status, output = self.run_it("demo", "all")
        if "frame 0x0" in output:
            self.skipTest("frames are shown to root only")
        self.assertEqual(status, 0, output)
        self.assertNotIn("  NO ", output)
        self.assertLessEqual(max(map(len, output.splitlines())), 80)

    def test_the_archive_is_the_same_each_time(self):
        command = [os.path.join(ROOT, "tools", "make-archive")]
        command += [f"/bin/a,/bin/b={USER}/tools", f"/bin/c={USER}/layout"]
        made = {subprocess.check_output([sys.executable, *command]) for _ in range(2)}
        self.assertEqual(len(made), 1)


if __name__ == "__main__":
    unittest.main()
