"""Tests are packed in an image, and what would refer to them meanwhile is found."""
import gzip
import os
import struct
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "tools", "lib"))
from elf_file import SHT_NOBITS, ElfFile  # noqa: E402

COMPILER = os.environ.get("HOST_CXX", "g++")
FLAGS = ("-std=c++20 -m32 -O2 -ffreestanding -fno-pie -fno-asynchronous-unwind-tables "
         "-ffunction-sections -I. -c -x c++").split()
LINK = ("-m32 -static -no-pie -nostdlib -Wl,-z,max-page-size=4096 -Wl,--build-id=none "
        "-Wl,-z,noexecstack -T linker.ld").split()

COMMON = """\
#define KEPT [[gnu::noinline, gnu::used]]
#define REGISTERED(what, value) [[gnu::used, gnu::section("registry_" #what)]] \\
    static const void* const what##_registered = value;
KEPT inline int shared(int n) { asm(""); return n * 7; }
"""
KERNEL = """\
extern "C" { KEPT void _start() {} extern int counter; int counter = 1; int zeroes[4096]; }
KEPT int user(int n) { return shared(n) + zeroes[n]; }
"""
TEST = """\
extern "C" {
extern int counter;
KEPT int a_test(int n) { return shared(n) + counter; }
[[gnu::used]] extern const int numbers[2000] = {1, 2, 3};
}
REGISTERED(test_case, numbers)
"""


class PackTests(unittest.TestCase):
    """tools/pack-tests and tools/check-tests over images made for the purpose."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def compiled(self, name, text):
        path = os.path.join(self.folder, name)
        subprocess.run([COMPILER, *FLAGS, "-", "-o", path], cwd=ROOT, input=COMMON + text,
                       text=True, check=True)
        return path

    def linked(self, kernel=KERNEL, test=TEST, tests_first=False):
        objects = [self.compiled("kernel.cpp.o", kernel),
                   self.compiled("a_test.cpp.o", test)]
        if tests_first:
            objects.reverse()
        image = os.path.join(self.folder, "image.elf")
        subprocess.run([COMPILER, *LINK, *objects, "-o", image], cwd=ROOT, check=True)
        return image, objects

    def tool(self, name, *arguments):
        done = subprocess.run([os.path.join(ROOT, "tools", name), *arguments],
                              capture_output=True, text=True, check=False)
        return done.returncode, done.stderr

    def segments(self, image):
        at, = struct.unpack_from("<I", image.data, 28)
        count, = struct.unpack_from("<H", image.data, 44)
        return [struct.unpack_from("<8I", image.data, at + 32 * i) for i in range(count)]

    @staticmethod
    def with_relative_calls(code, address):
        """What the kernel does to unpacked code (kernel/selftest/packed_tests.cpp)."""
        code, at = bytearray(code), 0
        while at + 5 <= len(code):
            if code[at] != 0xE8:
                at += 1
                continue
            at += 5
            end, = struct.unpack_from("<I", code, at - 4)
            struct.pack_into("<I", code, at - 4, (end - address - at) & 0xFFFFFFFF)
        return bytes(code)

    def test_calls_of_one_function_are_alike(self):
        calls = "a_test(int n) { return " + "+".join(["shared(n)"] * 9) + "; } int b("
        path, _ = self.linked(test=TEST.replace("a_test(", calls))
        target = next(s.value for s in ElfFile(path).symbols if s.name == "_Z6sharedi")
        self.tool("pack-tests", path)
        after = ElfFile(path)
        packed = next(s for s in after.sections if s.name == ".packed_tests")
        stream = gzip.decompress(after.contents(packed)[4:])
        self.assertEqual(stream.count(b"\xe8" + struct.pack("<I", target)), 10)

    def test_what_only_looks_like_a_call_comes_back(self):
        path, _ = self.linked(test=TEST + """
            asm(".pushsection .text\\n .byte 0xe8, 0xe8, 0xe8, 1, 2, 0xe8\\n"
                ".fill 3000, 1, 0xe8\\n .popsection");""")
        self.check_stream(path)

    def test_what_was_packed_unpacks_to_what_was_linked(self):
        self.check_stream(self.linked()[0])

    def check_stream(self, path):
        before = ElfFile(path)
        sections = {section.name: section for section in before.sections}
        text, constants = sections[".tests.text"], sections[".tests.rodata"]
        plain = before.data[text.offset:constants.offset + constants.size]
        self.assertEqual(self.tool("pack-tests", path), (0, ""))
        after = ElfFile(path)
        packed = next(s for s in after.sections if s.name == ".packed_tests")
        length, = struct.unpack_from("<I", after.contents(packed))
        self.assertEqual(length + 4, packed.size)
        stream = gzip.decompress(after.contents(packed)[4:])
        code = self.with_relative_calls(stream[:text.size], text.address)
        self.assertEqual(code + stream[text.size:], plain)

    def test_nothing_moves_and_the_tests_are_not_loaded(self):
        path, _ = self.linked()
        before = ElfFile(path)
        segments = self.segments(before)
        self.tool("pack-tests", path)
        after = ElfFile(path)
        self.assertEqual([(s.name, s.value) for s in before.symbols],
                         [(s.name, s.value) for s in after.symbols])
        self.assertEqual(self.segments(after)[:-1], segments[:-2])
        for section, was in zip(after.sections, before.sections):
            self.assertEqual(section.address, was.address)
            is_test = section.name.startswith(".tests.")
            self.assertEqual(section.type, SHT_NOBITS if is_test else was.type)
            if not is_test and section.name != ".packed_tests":
                self.assertEqual(after.contents(section), before.contents(was))
        self.assertEqual(self.segments(after)[-1][2], segments[-2][2])

    def test_the_same_image_gives_the_same_bytes(self):
        images = []
        for _ in range(2):
            path, _ = self.linked()
            self.tool("pack-tests", path)
            images.append(ElfFile(path).data)
        self.assertEqual(*images)

    def test_too_large_an_image_is_remarked_on(self):
        path, _ = self.linked()
        self.assertEqual(self.tool("pack-tests", "--most=100000", path), (0, ""))
        path, _ = self.linked()
        status, remark = self.tool("pack-tests", "--most=10000", path)
        self.assertEqual(status, 0)
        self.assertIn("more than 10000", remark)

    def test_a_kernel_without_references_is_accepted(self):
        image, objects = self.linked()
        self.assertEqual(self.tool("check-tests", image, *objects), (0, ""))

    def test_a_call_or_a_pointer_to_a_test_is_found(self):
        for use in ("KEPT int caller() { return a_test(1); }",
                    "extern const void* const table[]; "
                    "[[gnu::used]] const void* const table[] = {(void*)a_test};"):
            image, objects = self.linked(KERNEL + 'extern "C" int a_test(int);' + use)
            status, complaint = self.tool("check-tests", image, *objects)
            self.assertEqual(status, 1)
            self.assertIn("kernel.cpp.o: a_test lies among the tests", complaint)

    def test_a_function_of_both_must_be_the_kernels(self):
        image, objects = self.linked(tests_first=True)
        status, complaint = self.tool("check-tests", image, *objects)
        self.assertEqual(status, 1)
        self.assertIn("kernel.cpp.o: _Z6sharedi lies among the tests", complaint)

    def test_a_registry_that_the_kernel_walks_takes_nothing_of_a_test(self):
        walk = 'extern "C" char __start_registry_boot_param[];' \
               "KEPT char* walk() { return __start_registry_boot_param; }"
        image, objects = self.linked(KERNEL + walk,
                                     TEST + "REGISTERED(boot_param, numbers)")
        status, complaint = self.tool("check-tests", image, *objects)
        self.assertEqual(status, 1)
        self.assertIn("a_test.cpp.o: a test registers in registry_boot_param", complaint)


if __name__ == "__main__":
    unittest.main()
