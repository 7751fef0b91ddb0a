"""Tests of tools/font and tools/read-screen.

    python3 -m unittest discover tools/test -p '*_test.py'
"""
import os
import struct
import subprocess
import sys
import tempfile
import unittest
import zlib

TOOLS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path.insert(0, os.path.join(TOOLS, "lib"))
from font_file import FontError, read_font  # noqa: E402
from screen_text import FONT, NotText, read_screen  # noqa: E402

GREY, BLACK, BLUE = b"\xaa\xaa\xaa", b"\0\0\0", b"\0\0\xaa"


class Screen:
    """Draws cells as the kernel does, apart from its code."""

    def __init__(self, width, height, cell_width=8):
        self.width, self.height, self.cell_width = width, height, cell_width
        self.rows = [[BLACK] * width for _ in range(height)]
        self.glyphs = {character: glyph for glyph in read_font(FONT)
                       for character in map(chr, glyph.characters)}

    def write(self, column, row, text, ink=GREY, paper=BLACK):
        for i, character in enumerate(text):
            glyph = self.glyphs[character]
            for y in range(16):
                for x in range(self.cell_width):
                    # VGA: the ninth column repeats the eighth for lines only.
                    line = 0xC0 <= glyph.code <= 0xDF
                    bit = glyph.rows[y] >> (7 - min(x, 7)) & 1 if x < 8 or line else 0
                    self.put((column + i) * self.cell_width + x, row * 16 + y,
                             ink if bit else paper)

    def put(self, x, y, colour):
        self.rows[y][x] = colour

    def ppm(self):
        return b"P6\n# drawn\n%d %d\n255\n" % (self.width, self.height) + b"".join(
            b"".join(row) for row in self.rows)

    def png(self, filter_kind=0):
        step, before, packed = 3, bytes(3 * self.width), b""
        for row in self.rows:
            line = b"".join(row)
            packed += bytes([filter_kind]) + filtered(filter_kind, line, before, step)
            before = line
        header = struct.pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0)
        return b"\x89PNG\r\n\x1a\n" + b"".join(
            struct.pack(">I", len(body)) + kind + body
            + struct.pack(">I", zlib.crc32(kind + body))
            for kind, body in ((b"IHDR", header), (b"IDAT", zlib.compress(packed)),
                               (b"IEND", b"")))


def filtered(kind, line, before, step):
    out = bytearray()
    for i, value in enumerate(line):
        left = line[i - step] if i >= step else 0
        corner = before[i - step] if i >= step else 0
        up = before[i]
        paeth = sorted((left, up, corner), key=lambda p: abs(left + up - corner - p))[0]
        out.append(value - (0, left, up, (left + up) // 2, paeth)[kind] & 0xFF)
    return bytes(out)


class ReadScreen(unittest.TestCase):
    def read(self, data):
        with tempfile.NamedTemporaryFile() as file:
            file.write(data)
            file.flush()
            return read_screen(file.name)

    def test_every_glyph_is_read_back(self):
        for width, height, cell_width in ((800, 600, 8), (1024, 768, 8), (720, 400, 9)):
            screen = Screen(width, height, cell_width)
            text = "".join(glyph.text for glyph in read_font(FONT)
                           if glyph.code not in (0x20, 0xDB))
            lines = ["x" + text[i:i + 40] for i in range(0, len(text), 40)]
            for row, line in enumerate(lines):
                screen.write(0, row, line)
            self.assertEqual(self.read(screen.ppm()), lines)

    def test_every_png_filter(self):
        screen = Screen(160, 48)
        screen.write(3, 1, "PNG")
        for kind in range(5):
            self.assertEqual(self.read(screen.png(kind)), ["", "   PNG"])

    def test_colours_do_not_matter(self):
        screen = Screen(320, 48)
        screen.write(0, 0, " inverse ", BLACK, GREY)
        screen.write(10, 0, "blue", GREY, BLUE)
        screen.write(0, 1, "[██  ]")
        self.assertEqual(self.read(screen.ppm()), [" inverse  blue", "[██  ]"])

    def test_half_blocks_are_told_apart_by_the_main_paper(self):
        for ink, paper in ((GREY, BLACK), (BLACK, GREY)):
            screen = Screen(320, 48)
            screen.rows = [[paper] * 320 for _ in range(48)]
            screen.write(0, 0, "▀▄ ▌▐ ░▓", ink, paper)
            self.assertEqual(self.read(screen.ppm()), ["▀▄ ▌▐ ░▓"])

    def test_a_cursor_is_read_through(self):
        screen = Screen(320, 48)
        screen.write(0, 0, "loci> ls")
        for x in range(8):
            for y in (13, 14):
                screen.put(6 * 8 + x, y, GREY)   # under the l
                screen.put(8 * 8 + x, y, GREY)   # behind the text
        self.assertEqual(self.read(screen.ppm()), ["loci> ls"])

    def test_what_is_not_text_is_refused(self):
        picture = Screen(320, 200)
        for y in range(200):
            for x in range(320):
                picture.put(x, y, bytes([x % 256, y, 128]))
        shifted = Screen(320, 200)
        shifted.write(0, 0, "some text of ours")
        shifted.rows = [shifted.rows[-1]] * 5 + shifted.rows[:-5]
        good = Screen(160, 48).png()
        for data in (picture.ppm(), shifted.ppm(), Screen(320, 200).ppm(), b"", b"P6",
                     b"P6 a b c", b"GIF89a", good[:60], good[:8], shifted.ppm()[:-1]):
            with self.assertRaises(NotText):
                self.read(data)

    def test_the_command_says_what_is_wrong(self):
        done = subprocess.run([os.path.join(TOOLS, "read-screen"), "/nowhere.png"],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("/nowhere.png", done.stderr)


class Font(unittest.TestCase):
    def spoiled(self, before, after):
        with open(FONT, encoding="utf-8") as file:
            text = file.read()
        self.assertIn(before, text)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
            file.write(text.replace(before, after, 1))
            file.flush()
            with self.assertRaises(FontError) as caught:
                read_font(file.name)
        return str(caught.exception)

    def test_errors_name_what_is_wrong(self):
        self.assertIn("8 of '.' and '#'", self.spoiled("..####..\n", "..####.\n"))
        self.assertIn("has 15 rows", self.spoiled("..####..\n", ""))
        self.assertIn("has the code", self.spoiled("glyph 0xB3", "glyph 0xB4"))
        self.assertIn("is not one of 0x00", self.spoiled("glyph 0xB3", "glyph 0x1B3"))
        self.assertIn("was drawn in line", self.spoiled("glyph 0xB3 │", "glyph 0xB3 A"))
        self.assertIn("is not glyph 0x41", self.spoiled("glyph 0x41 A", "glyph 0x80 A"))
        self.assertIn("neither one character", self.spoiled("0x41 A", "0x41 AB"))

    def test_two_equal_glyphs_are_refused(self):
        with open(FONT, encoding="utf-8") as file:
            text = file.read()
        picture = text.split("glyph 0x4F O\n")[1].split("\n\n")[0]
        zero = text.split("glyph 0x30 0\n")[1].split("\n\n")[0]
        self.assertIn("has the picture", self.spoiled(zero, picture))


if __name__ == "__main__":
    unittest.main()
