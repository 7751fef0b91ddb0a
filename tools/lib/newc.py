"""Archives in cpio's newc format, which a kernel unpacks as its first files.

    archive = Archive()
    archive.add_file(["/bin/cat", "/bin/tools"], contents, 0o755)   one file, two names
    archive.add_link("/sh", "/bin/sh")
    data = archive.finish()

Each entry is a header of hexadecimal numbers, the name and the contents, both filled
up to four bytes. Files of several names share an inode number; the first has the
contents. Dates and owners are 0, so the same files give the same bytes.
"""
import stat

TRAILER = "TRAILER!!!"


def padded(data):
    """`data`, filled up by zeroes."""
    return data + bytes(-len(data) % 4)


class Archive:
    """Entries in the order in which they are made; folders come by themselves."""

    def __init__(self):
        self.pieces = []
        self.folders = set()
        self.inodes = 0

    def add_folder(self, name, mode=0o755):
        """A directory, and those it is in, unless they are there."""
        name = name.strip("/")
        if not name or name in self.folders:
            return
        self.add_folder(name.rpartition("/")[0])
        self.folders.add(name)
        self.add(name, stat.S_IFDIR | mode, b"", 2)

    def add_file(self, names, contents, mode=0o644):
        """One file with one or more names."""
        for name in names:
            self.add_folder(name.strip("/").rpartition("/")[0])
        self.inodes += 1
        for i, name in enumerate(names):
            data = b"" if i else contents
            self.add(name, stat.S_IFREG | mode, data, len(names), self.inodes)

    def add_link(self, name, target):
        """A symbolic link."""
        self.add_folder(name.strip("/").rpartition("/")[0])
        self.add(name, stat.S_IFLNK | 0o777, target.encode(), 1)

    def add_device(self, name, major, minor, mode=0o600):
        """A character device."""
        self.add_folder(name.strip("/").rpartition("/")[0])
        self.add(name, stat.S_IFCHR | mode, b"", 1, device=(major, minor))

    def add(self, name, mode, data, links, inode=None, device=(0, 0)):
        """An entry as it stands in the archive."""
        if inode is None:
            self.inodes += 1
            inode = self.inodes
        self.put(name.strip("/"), inode, mode, links, data, device)

    def put(self, name, inode, mode, links, data, device=(0, 0)):
        """The header, the name, the contents."""
        name = name.encode() + b"\0"
        # owner and group, links, date, size; on which device, which it is; the name's
        # size, and no checksum
        fields = [inode, mode, 0, 0, links, 0, len(data), 0, 0, *device, len(name), 0]
        header = b"070701" + "".join(f"{field:08X}" for field in fields).encode()
        self.pieces.append(padded(header + name) + padded(data))

    def finish(self):
        """All of it, closed."""
        self.put(TRAILER, 0, 0, 1, b"")
        return b"".join(self.pieces)
