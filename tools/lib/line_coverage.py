"""Which lines of a folder's sources ran, by gcov's word.

A line counts where the compiler made code of it, in any program unit that has it: a
header's line has run if it ran in one of them. There are no markers that leave lines
out; what the host does not link is not measured, and is named instead.
"""
import dataclasses
import os
import re

SUITE = re.compile(r"^TEST(?:_F|_P)?\((\w+),", re.MULTILINE)
TYPED_SUITE = re.compile(r"^TYPED_TEST\((\w+),", re.MULTILINE)
WIDTH = 80


@dataclasses.dataclass
class File:
    """Of one source: how often each line with code has run."""

    lines: dict

    @property
    def ran(self):
        return sum(count > 0 for count in self.lines.values())

    @property
    def missed(self):
        return sorted(line for line, count in self.lines.items() if count == 0)


def add_unit(files, unit, folders):
    """Add what gcov's JSON says of one program unit: the files in the folders."""
    for entry in unit["files"]:
        path = os.path.normpath(entry["file"])
        if os.path.dirname(path) not in folders:
            continue
        lines = files.setdefault(path, File({})).lines
        for line in entry["lines"]:
            number = line["line_number"]
            lines[number] = lines.get(number, 0) + line["count"]


def suites(text):
    """The suites of tests that a source declares."""
    return set(SUITE.findall(text)) | {f"{name}/*" for name in TYPED_SUITE.findall(text)}


def ranges(numbers):
    """[1, 2, 3, 7] as 1-3 7."""
    runs = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return " ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def percent(ran, lines):
    return 100 * ran / lines if lines else 100.0


def row(name, ran, lines, note=""):
    """One line of the table, cut where it is too long."""
    text = f"{name:<32} {ran:5} of {lines:5}  {percent(ran, lines):5.1f} %  {note}".rstrip()
    return text if len(text) <= WIDTH else text[: WIDTH - 3] + "..."


def table(files, folder):
    """The lines of a folder's table, its sum last; and the sum, in per cent."""
    mine = {path: file for path, file in files.items() if os.path.dirname(path) == folder}
    text = [
        row(path, file.ran, len(file.lines), ranges(file.missed))
        for path, file in sorted(mine.items())
    ]
    ran = sum(file.ran for file in mine.values())
    lines = sum(len(file.lines) for file in mine.values())
    text.append(row(f"{folder}/, {len(mine)} files", ran, lines))
    # Nothing measured is nothing shown.
    return text, percent(ran, lines) if lines else 0.0


def code_lines(text):
    """How many lines of a source are more than space, comment or a lone brace."""
    lines = (line.split("//")[0].strip() for line in text.splitlines())
    return sum(line not in ("", "}", "{", "};") for line in lines)
