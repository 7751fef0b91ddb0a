"""Reads drivers/screen/font.txt, whose own head describes its format."""

ROWS, COLUMNS = 16, 8
FALLBACK = 0x7F


class FontError(Exception):
    """What is wrong with the file, with the line where it is."""


class Glyph:
    def __init__(self, code, characters, line):
        self.code = code
        self.characters = characters  # code points; the first is the glyph's own
        self.line = line
        self.rows = []  # one number a row, the leftmost column is bit 7

    @property
    def text(self):
        return chr(self.characters[0])


def code_point(word, where):
    if len(word) == 1:
        return ord(word)
    if word.startswith("U+"):
        try:
            value = int(word[2:], 16)
        except ValueError:
            value = 0
        if 0x20 <= value <= 0xFFFF:
            return value
    raise FontError(f"{where}: '{word}' is neither one character nor U+ and its number")


def parse_header(words, line, where):
    if len(words) < 3:
        raise FontError(f"{where}: expected 'glyph CODE CHARACTER [ALIAS...]'")
    try:
        code = int(words[1], 16)
    except ValueError:
        code = -1
    if not words[1].startswith("0x") or not 0 <= code <= 0xFF:
        raise FontError(f"{where}: the code '{words[1]}' is not one of 0x00 to 0xFF")
    return Glyph(code, [code_point(word, where) for word in words[2:]], line)


def parse_row(text, where):
    if len(text) != COLUMNS or set(text) - set(".#"):
        raise FontError(f"{where}: a row is {COLUMNS} of '.' and '#', this is '{text}'")
    return int(text.replace(".", "0").replace("#", "1"), 2)


def check(name, glyphs):
    codes, pictures, characters = {}, {}, {}
    for glyph in glyphs:
        where = f"{name}:{glyph.line}"
        if len(glyph.rows) != ROWS:
            raise FontError(f"{where}: glyph 0x{glyph.code:02X} has {len(glyph.rows)} rows, "
                            f"not {ROWS}")
        for seen, key, what in ((codes, glyph.code, "code"),
                                (pictures, tuple(glyph.rows), "picture")):
            if key in seen:
                raise FontError(f"{where}: glyph 0x{glyph.code:02X} has the {what} of the "
                                f"one in line {seen[key]}")
            seen[key] = glyph.line
        for character in glyph.characters:
            if character in characters:
                raise FontError(f"{where}: U+{character:04X} was drawn in line "
                                f"{characters[character]}")
            characters[character] = glyph.line
    if FALLBACK not in codes:
        raise FontError(f"{name}: there is no glyph 0x{FALLBACK:02X} to stand in for others")
    for code in range(0x20, 0x7F):
        if characters.get(code) is None or characters[code] != codes.get(code):
            raise FontError(f"{name}: ASCII 0x{code:02X} is not glyph 0x{code:02X}")


def read_font(path):
    """The glyphs of the file, in its order; FontError if it is not a whole font."""
    glyphs = []
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            line = line.rstrip()
            where = f"{path}:{number}"
            in_glyph = glyphs and len(glyphs[-1].rows) < ROWS
            if line.startswith("glyph "):
                glyphs.append(parse_header(line.split(" "), number, where))
            elif in_glyph and line:
                glyphs[-1].rows.append(parse_row(line, where))
            elif line and (not line.startswith("#") or set(line) == set(".#")):
                raise FontError(f"{where}: expected 'glyph' or a comment, this is '{line}'")
    check(path, glyphs)
    return glyphs
