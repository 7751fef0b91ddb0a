"""32-bit ELF files, objects and images, as far as the tools look into them."""
import struct

SHT_SYMTAB, SHT_RELA, SHT_NOBITS, SHT_REL = 2, 4, 8, 9
SHF_ALLOC = 2
SHN_UNDEF, SHN_LORESERVE = 0, 0xFF00
STB_LOCAL, STT_OBJECT, STT_FUNC, STT_SECTION = 0, 1, 2, 3
R_386_32 = 1
TESTS = ("_test.cpp.o", "_ktest.cpp.o")


class Section:
    """A section header of a 32-bit ELF file, with its name."""

    def __init__(self, fields):
        (self.name_at, self.type, self.flags, self.address, self.offset, self.size,
         self.link, self.info, _, self.entry_size) = fields
        self.name = ""


class Symbol:
    """A symbol: where it is, and what to call it."""

    def __init__(self, name, value, info, section):
        self.name, self.value, self.section = name, value, section
        self.is_local = info >> 4 == STB_LOCAL
        self.type = info & 15


class ElfFile:
    """An object or an image: its sections and symbols."""

    def __init__(self, path):
        self.path = path
        with open(path, "rb") as file:
            self.data = file.read()
        if self.data[:6] != b"\x7fELF\x01\x01":
            raise ValueError(f"{path}: not a 32-bit little-endian ELF file")
        at, = struct.unpack_from("<I", self.data, 32)
        count, names = struct.unpack_from("<HH", self.data, 48)
        self.sections = [Section(struct.unpack_from("<10I", self.data, at + 40 * i))
                         for i in range(count)]
        for section in self.sections:
            section.name = self.text(self.sections[names], section.name_at)
        self.symbols = self.read_symbols()

    def text(self, table, at):
        start = table.offset + at
        return self.data[start:self.data.index(b"\0", start)].decode()

    def contents(self, section):
        if section.type == SHT_NOBITS:
            return b""
        return self.data[section.offset:section.offset + section.size]

    def read_symbols(self):
        for table in self.sections:
            if table.type == SHT_SYMTAB:
                names = self.sections[table.link]
                return [Symbol(self.text(names, name), value, info, section)
                        for name, value, _, info, _, section
                        in struct.iter_unpack("<IIIBBH", self.contents(table))]
        return []

    def section_name(self, symbol):
        """The name of the section that defines a symbol; empty if none here does."""
        if symbol.section == SHN_UNDEF or symbol.section >= SHN_LORESERVE:
            return ""
        return self.sections[symbol.section].name

    def named_at(self, section, offset):
        """The function or variable that an offset in a section lies in, or None."""
        below = [symbol for symbol in self.symbols
                 if symbol.type in (STT_FUNC, STT_OBJECT)
                 and symbol.section == section and symbol.value <= offset]
        return max(below, key=lambda symbol: symbol.value, default=None)
