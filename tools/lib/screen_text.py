"""Reads the text off a picture of Loci's screen, by the glyphs of its font.

    read_screen("screen.png")  ->  ["the first line", "the second line", ...]

A cell of the screen shows one glyph in one colour on another, whichever they are.
So a cell of two colours is one of two patterns, each the other's inverse; the one
whose paper is the colour that the screen has most of is tried first. A cell of a
single colour is a space, or, where neither neighbour has that paper, a full block.
A cursor may hide the bottom rows of a glyph.
"""
import os
import struct
import zlib
from collections import Counter, namedtuple

from font_file import FALLBACK, ROWS, read_font

FONT = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                    "../../drivers/screen/font.txt")
UNREAD = chr(0xFFFD)  # in the place of a cell that shows no glyph
CURSOR_ROWS = 13      # a cursor lies in this row or below
READABLE = 0.9        # of the cells that are not blank must show a glyph

# rows: one bytes object a line, three bytes a pixel
Picture = namedtuple("Picture", "width height rows")


class NotText(Exception):
    """The picture is damaged, or it shows something other than text."""


# -- pictures ---------------------------------------------------------------------------

def read_ppm(data):
    words, position = [], 0
    while len(words) < 4:
        while data[position:position + 1].isspace():
            position += 1
        if data[position:position + 1] == b"#":
            position = data.index(b"\n", position)
            continue
        start = position
        while position < len(data) and not data[position:position + 1].isspace():
            position += 1
        if start == position:
            raise NotText("a PPM without its header")
        words.append(data[start:position])
    try:
        width, height, largest = (int(word) for word in words[1:])
    except ValueError:
        raise NotText("a PPM whose header is no numbers") from None
    line = width * 3
    body = data[position + 1:position + 1 + line * height]
    if words[0] != b"P6" or largest != 255 or len(body) != line * height:
        raise NotText("not a whole PPM with 8 bits a colour")
    return Picture(width, height, [body[y * line:(y + 1) * line] for y in range(height)])


def unfilter(kind, line, before, step):
    """One line of a PNG, given the one before it; `step` is the bytes of a pixel."""
    line = bytearray(line)
    for i in range(len(line)):
        left = line[i - step] if i >= step else 0
        up = before[i]
        if kind == 1:
            line[i] = line[i] + left & 0xFF
        elif kind == 2:
            line[i] = line[i] + up & 0xFF
        elif kind == 3:
            line[i] = line[i] + (left + up) // 2 & 0xFF
        elif kind == 4:
            corner = before[i - step] if i >= step else 0
            guess = left + up - corner
            nearest = min((abs(guess - left), 0, left), (abs(guess - up), 1, up),
                          (abs(guess - corner), 2, corner))[2]
            line[i] = line[i] + nearest & 0xFF
    return bytes(line)


def png_chunks(data):
    position = 8
    while position + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        yield kind, data[position + 8:position + 8 + length]
        position += length + 12


def read_png(data):
    header, palette, packed = None, b"", b""
    for kind, body in png_chunks(data):
        if kind == b"IHDR":
            header = struct.unpack(">IIBBBBB", body)
        elif kind == b"PLTE":
            palette = body
        elif kind == b"IDAT":
            packed += body
    if header is None:
        raise NotText("a PNG without its header")
    width, height, depth, colour, _, _, interlaced = header
    samples = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}.get(colour)
    if samples is None or depth != 8 or interlaced:
        raise NotText("a PNG of a kind that no screen dump is")
    try:
        unpacked = zlib.decompress(packed)
    except zlib.error as error:
        raise NotText(f"a damaged PNG: {error}") from None
    length = width * samples
    if len(unpacked) != (length + 1) * height:
        raise NotText("a PNG that is cut short")
    rows, before = [], bytes(length)
    for y in range(height):
        start = y * (length + 1)
        line = unpacked[start + 1:start + 1 + length]
        if unpacked[start]:
            line = unfilter(unpacked[start], line, before, samples)
        before = line
        rows.append(to_rgb(line, colour, samples, palette))
    return Picture(width, height, rows)


def to_rgb(line, colour, samples, palette):
    if colour == 2:
        return line
    rgb = bytearray(len(line) // samples * 3)
    if colour == 3:
        for i, entry in enumerate(line):
            rgb[3 * i:3 * i + 3] = palette[3 * entry:3 * entry + 3]
    else:
        for channel in range(3):
            rgb[channel::3] = line[channel if colour == 6 else 0::samples]
    return bytes(rgb)


def read_picture(path):
    with open(path, "rb") as file:
        data = file.read()
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return read_png(data)
    if data.startswith(b"P6"):
        return read_ppm(data)
    raise NotText("neither PNG nor PPM")


# -- glyphs -----------------------------------------------------------------------------

class Glyphs:
    """Patterns of 16 rows to characters, with and without the rows of a cursor."""

    def __init__(self, path=FONT):
        self.whole, above = {}, {}
        for glyph in read_font(path):
            rows = tuple(glyph.rows)
            text = UNREAD if glyph.code == FALLBACK else glyph.text
            self.whole[rows] = text
            above.setdefault(rows[:CURSOR_ROWS], []).append((sum(rows[CURSOR_ROWS:]), text))
        # Of glyphs that differ in the hidden rows only, the one with least ink there.
        self.above_cursor = {rows: min(texts)[1] for rows, texts in above.items()}

    def find(self, pattern):
        return self.whole.get(pattern)

    def find_under_cursor(self, pattern):
        if not any(row == 0xFF for row in pattern[CURSOR_ROWS:]):
            return None
        return self.above_cursor.get(pattern[:CURSOR_ROWS])


# What stands in a cell: the character (None for a cell of one colour, UNREAD for no
# glyph) and the colour of its paper.
Read = namedtuple("Read", "text paper")


def cell_patterns(picture, x, y, main_paper):
    """The cell's colours, and where they are two, both (paper, pattern), likelier first."""
    lines = [picture.rows[y + row][3 * x:3 * (x + 8)] for row in range(ROWS)]
    pixels = [[line[i:i + 3] for i in range(0, 24, 3)] for line in lines]
    colours = sorted({pixel for line in pixels for pixel in line})
    if len(colours) != 2:
        return colours, []
    if colours[1] == main_paper:
        colours.reverse()
    readings = []
    for paper in colours:
        pattern = tuple(sum((pixel != paper) << (7 - i) for i, pixel in enumerate(line))
                        for line in pixels)
        readings.append((paper, pattern))
    return colours, readings


def read_cell(picture, x, y, glyphs, main_paper):
    colours, readings = cell_patterns(picture, x, y, main_paper)
    if len(colours) == 1:
        return Read(None, colours[0])
    for find in (glyphs.find, glyphs.find_under_cursor):
        for paper, pattern in readings:
            text = find(pattern)
            if text is not None:
                return Read(text, paper)
    return Read(UNREAD, main_paper)


def line_text(cells, main_paper):
    text = []
    for i, cell in enumerate(cells):
        if cell.text is not None:
            text.append(cell.text)
            continue
        left, right = i, i
        while left > 0 and cells[left].text is None and cells[left].paper == cell.paper:
            left -= 1
        while (right + 1 < len(cells) and cells[right].text is None
               and cells[right].paper == cell.paper):
            right += 1
        beside = {cells[end].paper for end in (left, right) if cells[end].text is not None}
        blank = cell.paper == main_paper or cell.paper in beside
        text.append(" " if blank else "\u2588")
    return "".join(text).rstrip()


def read_grid(picture, cell_width, glyphs):
    """The lines, and which part of the cells that are not blank show a glyph."""
    counts = Counter()
    for row in picture.rows[::ROWS] + picture.rows[ROWS // 2::ROWS]:
        counts.update(row[i:i + 3] for i in range(0, len(row), 3))
    main_paper = counts.most_common(1)[0][0]
    lines, read, unread = [], 0, 0
    for y in range(0, picture.height - ROWS + 1, ROWS):
        cells = [read_cell(picture, x, y, glyphs, main_paper)
                 for x in range(0, picture.width - cell_width + 1, cell_width)]
        unread += sum(cell.text == UNREAD for cell in cells)
        read += sum(cell.text not in (None, UNREAD) for cell in cells)
        lines.append(line_text(cells, main_paper))
    return lines, read / (read + unread) if read + unread else 0.0


def read_screen(path):
    """The lines of text that the screen shows; NotText if it shows none.

    Lines carry no spaces at their ends, and there are no empty ones at the end.
    """
    picture = read_picture(path)
    if picture.width < 9 or picture.height < ROWS:
        raise NotText("smaller than a character")
    glyphs = Glyphs()
    # VGA puts a ninth column between letters.
    widths = (9, 8) if picture.width == 720 else (8, 9)
    for width in widths:
        lines, readable = read_grid(picture, width, glyphs)
        if readable >= READABLE:
            while lines and not lines[-1]:
                lines.pop()
            return lines
    raise NotText("it shows no text in our font")
