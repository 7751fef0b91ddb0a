"""The numbers of tests that each cell is known to run: tools/matrix.expected.

    tests    pae release      214
    skipped                          4   16   64  896 …
    pae      release qemu32   slub   12    3    0    0 …

A line `tests` holds how many tests a kernel has. The grid holds how many of
them skip themselves, a row a machine and a column an amount of RAM (`.`: there
is no such cell, or it runs no tests). So a new test changes the line of its
kernel, and the grid only where it skips itself.
"""
import cells as table

COLUMNS = sorted({*table.MEMORY, 256})
HEADER = """\
# Tests in each kernel, and how many of them skip themselves on each machine.
# Written by: tools/matrix --all --record
"""


class Expected:
    """The file, as two dictionaries."""

    def __init__(self):
        self.tests = {}  # (kernel, build) -> number
        self.skips = {}  # (row, memory) -> number

    def counts(self, cell):
        """(passed, skipped) that `cell` must show; None when nothing is known."""
        total = self.tests.get((cell.kernel, cell.build))
        skips = self.skips.get(cell.place)
        if total is None or skips is None:
            return None
        return total - skips, skips

    def record(self, cell, passed, skipped):
        """Enter what `cell` showed. The numbers it contradicts, as a sentence,
        or None: two compilers, or two machines, must agree on the total."""
        key = cell.kernel, cell.build
        total = passed + skipped
        if self.tests.setdefault(key, total) != total:
            return f"{cell.name}: {total} tests, elsewhere {self.tests[key]}"
        if self.skips.setdefault(cell.place, skipped) != skipped:
            return f"{cell.name}: {skipped} skipped, elsewhere {self.skips[cell.place]}"
        return None

    def forget(self, some_cells):
        """Drop what is known of `some_cells`, before they are recorded anew."""
        for cell in some_cells:
            self.tests.pop((cell.kernel, cell.build), None)
            self.skips.pop(cell.place, None)


def read(path):
    """The Expected in the file at `path`; empty when there is none."""
    expected = Expected()
    try:
        with open(path) as file:
            lines = file.read().splitlines()
    except FileNotFoundError:
        return expected
    columns = []
    for line in lines:
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] == "tests":
            expected.tests[words[1], words[2]] = int(words[3])
        elif words[0] == "skipped":
            columns = [int(word) for word in words[1:]]
        else:
            row = tuple(words[:4])
            for memory, word in zip(columns, words[4:]):
                if word != ".":
                    expected.skips[row, memory] = int(word)
    return expected


def write(path, expected):
    """Write the file, its rows in the order of the matrix."""
    lines = [HEADER]
    for (kernel, build), total in sorted(expected.tests.items()):
        lines.append(f"tests    {kernel:<8}{build:<9}{total:5}\n")
    lines.append("\nskipped  " + " " * 22)
    lines.append("".join(f"{memory:5}" for memory in COLUMNS) + "\n")
    rows = dict.fromkeys(cell.place[0] for cell in table.all_cells())
    for row in rows:
        values = [expected.skips.get((row, memory), ".") for memory in COLUMNS]
        if any(value != "." for value in values):
            lines.append("{:<9}{:<8}{:<9}{:<5}".format(*row))
            lines.append("".join(f"{value:>5}" for value in values) + "\n")
    with open(path, "w") as file:
        file.write("".join(lines))
