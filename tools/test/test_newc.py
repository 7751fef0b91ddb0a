"""Archives are what cpio's newc format says, and the same bytes each time."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))

from newc import TRAILER, Archive


def entries(data):
    """(name, inode, mode, links, contents) of each entry, up to the trailer."""
    place, found = 0, []
    while True:
        assert data[place : place + 6] == b"070701", place
        fields = [int(data[place + at : place + at + 8], 16) for at in range(6, 110, 8)]
        inode, mode, links, size, length = (fields[i] for i in (0, 1, 4, 6, 11))
        name = data[place + 110 : place + 110 + length]
        begin = place + 110 + length + -(110 + length) % 4
        assert name.endswith(b"\0")
        if name[:-1].decode() == TRAILER:
            return found, data[begin:]
        found.append((name[:-1].decode(), inode, mode, links, data[begin : begin + size]))
        place = begin + size + -size % 4


class Newc(unittest.TestCase):
    """What is put in comes out."""

    def test_files_folders_and_links(self):
        archive = Archive()
        archive.add_file(["/a/b/file"], b"five!", 0o600)
        archive.add_link("/a/link", "b/file")
        found, rest = entries(archive.finish())
        self.assertEqual(
            [(name, mode, contents) for name, _, mode, _, contents in found],
            [
                ("a", 0o40755, b""),
                ("a/b", 0o40755, b""),
                ("a/b/file", 0o100600, b"five!"),
                ("a/link", 0o120777, b"b/file"),
            ],
        )
        self.assertEqual(rest, b"")

    def test_names_of_one_file_share_its_inode(self):
        archive = Archive()
        archive.add_file(["/x", "/y", "/z"], b"once")
        archive.add_file(["/w"], b"other")
        found, _ = entries(archive.finish())
        self.assertEqual(len({inode for name, inode, *_ in found if name != "w"}), 1)
        self.assertEqual(len({inode for _, inode, *_ in found}), 2)
        self.assertEqual([links for *_, links, _ in found], [3, 3, 3, 1])
        self.assertEqual([contents for *_, contents in found][:3], [b"once", b"", b""])

    def test_a_folder_comes_once(self):
        archive = Archive()
        archive.add_file(["/a/one"], b"")
        archive.add_file(["/a/two"], b"")
        archive.add_folder("/a")
        names = [name for name, *_ in entries(archive.finish())[0]]
        self.assertEqual(names, ["a", "a/one", "a/two"])

    def test_each_length_is_filled_up(self):
        for size in range(9):
            archive = Archive()
            archive.add_file(["/" + "n" * (size + 1)], b"x" * size)
            archive.add_file(["/next"], b"y")
            found, _ = entries(archive.finish())
            self.assertEqual([len(contents) for *_, contents in found], [size, 1])


if __name__ == "__main__":
    unittest.main()
