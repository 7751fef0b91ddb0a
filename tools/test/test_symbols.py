"""The symbol table holds each function's start and name, and is half as large as they."""
import importlib.machinery
import importlib.util
import os
import random
import unittest

TOOL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "symbols")
loader = importlib.machinery.SourceFileLoader("symbols", TOOL)
symbols = importlib.util.module_from_spec(importlib.util.spec_from_loader("symbols", loader))
loader.exec_module(symbols)

NM = """\
00100000 T _start
c0101000 T __text_start
c0101000 T memcpy
c0101000 T also_memcpy
c0101010 t (anonymous namespace)::grow
c0101020 d data
c0101030 t test_body_list_is_empty
c0101040 t test_body_list_is_empty()::{lambda()#1}::operator()
c0101050 W kernel_map::map<unsigned int, unsigned long long, page_table<pae, table_pages>>
c0102000 T __text_end
c0103000 T __init_begin
c0103000 t read_the_map
c0103400 T __init_text_end
c0103400 T __not_a_function
ff000000 t (anonymous namespace)::probe
ff000000 T __tests_start
ff000000 t (anonymous namespace)::probe_too
ff000010 t test_body_list_is_long
ff001000 T __tests_text_end
ff001000 t behind_the_tests
"""


def read_table(lines):
    """{label: [numbers]} of the assembler's lines."""
    arrays = {}
    for line in lines:
        if line.endswith(":"):
            array = arrays[line[:-1]] = []
        elif line.startswith(("  .long", "  .short", "  .byte")):
            array += [int(word, 0) for word in line.split(maxsplit=1)[1].split(",")]
    return arrays


def unpacked(lines):
    """What the kernel reads in the table: (start, name) of each function."""
    arrays = read_table(lines)
    groups, starts = arrays["symbol_groups"], arrays["symbol_starts"]
    ends, tokens = arrays["symbol_token_starts"], bytes(arrays["symbol_tokens"])
    names = arrays["symbol_names"]
    found = []
    for i in range(arrays["symbol_count"][0]):
        if i % 16 == 0:
            at = groups[i // 16 * 2 + 1]
        codes = names[at + 1 : at + 1 + names[at]]
        at += 1 + names[at]
        name = b"".join(tokens[ends[code] : ends[code + 1]] for code in codes)
        found.append((groups[i // 16 * 2] + starts[i], name.decode()))
    return found


class Functions(unittest.TestCase):
    """Which functions nm knows of are kept, and what they are called."""

    def test_one_name_an_address_between_the_marks(self):
        long_name = "kernel_map::map<unsigned int, unsigned long long, page_ta..."
        self.assertEqual(
            symbols.functions(NM.splitlines()),
            [
                (0xC0101000, "memcpy"),
                (0xC0101010, "grow"),
                (0xC0101030, ""),
                (0xC0101040, ""),
                (0xC0101050, long_name),
                (0xC0103000, "read_the_map"),
            ],
        )
        self.assertEqual(len(long_name), symbols.LONGEST_NAME)

    def test_those_of_tests_apart(self):
        self.assertEqual(
            symbols.functions(NM.splitlines(), symbols.TESTS),
            [(0xFF000000, "probe"), (0xFF000010, "")],
        )
        self.assertEqual(symbols.functions(["00100000 T _start"], symbols.TESTS), [])


class Table(unittest.TestCase):
    """What was packed can be unpacked, and is smaller."""

    def many(self):
        generator = random.Random(1)
        parts = "page map free alloc_ zone:: test list<unsigned int> kmem_cache_".split()
        return [
            (0xC0101000 + i * 100, "".join(generator.choices(parts, k=3))) for i in range(1000)
        ]

    def test_is_read_back(self):
        for found in (symbols.functions(NM.splitlines()), self.many(), [], [(1, "aaaaaaa")]):
            self.assertEqual(unpacked(symbols.table(found)), found)

    def test_is_less_than_half_of_it(self):
        found = self.many()
        arrays = read_table(symbols.table(found))
        plain = sum(len(name) + 1 for _, name in found)
        self.assertLess(2 * (len(arrays["symbol_names"]) + len(arrays["symbol_tokens"])), plain)
        self.assertLessEqual(len(arrays["symbol_token_starts"]), symbols.TOKENS + 1)

    def test_functions_too_far_apart_are_an_error(self):
        with self.assertRaises(SystemExit):
            symbols.table([(0xC0101000, "a"), (0xC0111000, "b")])
        self.assertTrue(symbols.table([(0xC0101000, "a"), (0xC0110FFF, "b")]))

    def test_the_same_names_give_the_same_table(self):
        found = self.many()
        self.assertEqual(symbols.table(found), symbols.table(found))


if __name__ == "__main__":
    unittest.main()
