"""What refers to boot code from outside is found, and nothing else is."""
import os
import subprocess
import tempfile
import unittest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
COMPILER = os.environ.get("HOST_CXX", "g++")
FLAGS = ("-std=c++20 -m32 -O2 -ffreestanding -fno-pie -ffunction-sections -I. "
         "-c -x c++").split()

COMMON = """\
#include "lib/init.hpp"
INIT_CODE int boot_only(int);
INIT_DATA extern int boot_table[4];
#define OUTSIDE [[gnu::noinline]]
"""
DEFINED_ELSEWHERE = "int boot_only(int n) { return n; } int boot_table[4] = {1, 2, 3, 4};"


class CheckInit(unittest.TestCase):
    """tools/check-init over objects made for the purpose."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.elsewhere = self.compiled("elsewhere.cpp.o", DEFINED_ELSEWHERE)

    def compiled(self, name, text):
        path = os.path.join(self.folder, name)
        subprocess.run([COMPILER, *FLAGS, "-", "-o", path], cwd=ROOT, input=COMMON + text,
                       text=True, check=True)
        return path

    def complaint(self, text, name="subject.cpp.o"):
        """What the tool has against a source; empty if nothing."""
        path = self.compiled(name, text)
        done = subprocess.run([os.path.join(ROOT, "tools", "check-init"), path,
                               self.elsewhere], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode != 0, done.stderr != "")
        return done.stderr

    def accepts(self, text, name="subject.cpp.o"):
        self.assertEqual(self.complaint(text, name), "")

    def refuses(self, text, *words):
        complaint = self.complaint(text)
        for word in ("subject.cpp.o", *words):
            self.assertIn(word, complaint)

    def test_boot_code_may_use_anything(self):
        self.accepts("int later(int n) { return n; }"
                     "INIT_CODE int user(int n);"
                     "int user(int n) { return later(boot_only(n)) + boot_table[n]; }")

    def test_a_call_of_another_object(self):
        self.refuses("OUTSIDE int user(int n) { return boot_only(n) + 1; }",
                     "_Z4useri refers to _Z9boot_onlyi")

    def test_a_call_in_the_same_object(self):
        self.refuses("INIT_CODE OUTSIDE static int mine(int n) { return boot_table[n]; }"
                     "int user(int n) { return mine(n) + 1; }",
                     "_Z4useri refers to _ZL4minei")

    def test_the_address_of_a_function_in_code(self):
        self.refuses("INIT_CODE OUTSIDE static void mine() { boot_table[0] = 1; }"
                     "INIT_CODE OUTSIDE static void other() { boot_table[0] = 2; }"
                     "void* user(bool b) { return (void*)(b ? mine : other); }",
                     "_Z4userb refers to _ZL4minev", "_Z4userb refers to _ZL5otherv")

    def test_a_variable(self):
        self.refuses("int user(int n) { return boot_table[n]; }",
                     "_Z4useri refers to boot_table")
        self.refuses("INIT_DATA static volatile int mine[3] = {1}; "
                     "int user(int n) { return mine[n]; }",
                     "_Z4useri refers to _ZL4mine")

    def test_a_constant(self):
        self.refuses("INIT_CONST extern const int mine[3] = {1, 2, 3};"
                     "int user(int n) { return mine[n]; }", "_Z4useri refers to mine")

    def test_pointers_in_tables(self):
        self.refuses("extern int (*const table[])(int) = {boot_only};",
                     "table refers to _Z9boot_onlyi")
        self.refuses("int (*table)(int) = boot_only;", "table refers to _Z9boot_onlyi")
        self.refuses("INIT_CODE static int mine(int n) { return n; }"
                     "extern int (*const table[])(int) = {mine};",
                     "table refers to _ZL4minei")
        self.refuses('[[gnu::section("registry_probe"), gnu::used]]'
                     "static int* const registered = boot_table;",
                     "registered refers to boot_table")

    def test_a_jump_table_of_boot_code_is_its_own(self):
        cases = "".join(f"case {i}: return boot_only({i * i * 7 % 13}) * {i + 3};"
                        for i in range(12))
        text = ("INIT_CODE int user(int n); int user(int n) {"
                f" switch (n) {{ {cases} }} return 0; }}")
        path = self.compiled("table.cpp.o", text)
        listing = subprocess.run(["readelf", "-rW", path], capture_output=True, text=True,
                                 check=True).stdout
        self.assertRegex(listing, r"'\.rel\.rodata(.|\n(?!\n))*\.init\.text")
        self.accepts(text)

    def test_who_says_that_he_knows_is_believed(self):
        self.accepts("INIT_CALLER int user(int n);"
                     "int user(int n) { return boot_only(n); }")

    def test_tests_are_not_judged(self):
        user = "OUTSIDE int user(int n) { return boot_only(n) + 1; }"
        self.accepts(user, "subject_test.cpp.o")
        self.accepts(user, "subject_ktest.cpp.o")
        self.assertNotEqual(self.complaint(user, "contest.cpp.o"), "")

    def test_a_local_name_that_boot_code_has_too(self):
        self.accepts("OUTSIDE static int same(int n) { return n + 1; }"
                     "int user(int n) { return same(n); }"
                     "INIT_CODE int begin(int n); int begin(int n) { return n; }")

    def test_what_is_no_object(self):
        path = os.path.join(self.folder, "text.o")
        with open(path, "w", encoding="ascii") as file:
            file.write("not an object")
        done = subprocess.run([os.path.join(ROOT, "tools", "check-init"), path],
                              capture_output=True, text=True, check=False)
        self.assertNotEqual(done.returncode, 0)


if __name__ == "__main__":
    unittest.main()
