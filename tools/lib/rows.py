"""Rows of `bench` beside the figures to beat.

    bench pages_order0.pair_hot median=131 min=131 n=51      printed by Loci
    pages_order0.pair_hot <tab> 694 <tab> 694 <tab> 140      the table: Linux without
                                                             and with PAE, the goal

A row misses when it is above its goal; one without a goal, when it is above Linux.

sim.NAME is what the kernel alone does of a program's row NAME, without the way in and
out: it is shown beside that row's figures, and counted apart.
"""
import dataclasses
import math
import re

ROW = re.compile(r"^bench (\S+) median=(\d+) min=(\d+) n=(\d+)$")
NAME_WIDTH = 34
STAND_IN = "sim."


class BadTable(Exception):
    """A line of the table that cannot be read."""


@dataclasses.dataclass(frozen=True)
class Target:
    """What is to be beaten."""

    linux: int
    goal: int | None


@dataclasses.dataclass(frozen=True)
class Comparison:
    """A row of ours, and its target if it has one."""

    name: str
    ours: int
    target: Target | None

    @property
    def stands_in(self):
        """Only a part of what the target was measured with."""
        return self.name.startswith(STAND_IN)

    @property
    def missed(self):
        """Above the goal, or above Linux where there is none."""
        if not self.target:
            return False
        goal = self.target.goal
        return self.ours > (self.target.linux if goal is None else goal)

    @property
    def ratio(self):
        """Ours to Linux's, or None where that cannot be told."""
        return self.ours / self.target.linux if self.target and self.target.linux else None


def read_table(text, kernel):
    """{name: Target} for the kernel, "pae" or "nopae"."""
    targets = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        fields = line.split("\t")
        try:
            name, nopae, pae, goal = fields
            linux = {"nopae": int(nopae), "pae": int(pae)}[kernel]
            targets[name] = Target(linux, int(goal) if goal.strip() else None)
        except ValueError as error:
            raise BadTable(f"line {number}: {error}") from error
    return targets


def read_rows(text):
    """[(name, median)] in the order of the log; the last word on a name counts."""
    found = {}
    for line in text.splitlines():
        if match := ROW.match(line.rstrip("\r")):
            found[match[1]] = int(match[2])
    return list(found.items())


def remarks(text):
    """The lines that say what was not measured."""
    return [line.rstrip("\r") for line in text.splitlines() if line.startswith("# ")]


def compare(rows, targets):
    """The Comparison of each row."""
    return [
        Comparison(name, ours, targets.get(name.removeprefix(STAND_IN)))
        for name, ours in rows
    ]


def table(comparisons):
    """Lines of at most 80 columns: one a row, then the sums."""
    lines = [f"  {'row':{NAME_WIDTH}} {'ours':>9} {'goal':>9} {'Linux':>9} {'ratio':>7}"]
    for row in comparisons:
        goal = linux = ratio = ""
        if row.target:
            goal = "" if row.target.goal is None else row.target.goal
            linux = row.target.linux
        if row.ratio is not None:
            ratio = f"{row.ratio:.2f}"
        mark = "!" if row.missed else " "
        lines.append(
            f"{mark} {row.name:{NAME_WIDTH}} {row.ours:>9} {goal:>9} {linux:>9} {ratio:>7}"
        )
    return lines + sums(comparisons)


def sums(comparisons):
    """What all rows come to, and those that stand in for a program's."""
    known = [row for row in comparisons if row.target]
    stand_ins = [row for row in known if row.stands_in]
    lines = [sum_of([row for row in known if not row.stands_in], "rows")]
    return lines + ([sum_of(stand_ins, "stand-ins")] if stand_ins else [])


def sum_of(rows, what):
    """One line."""
    missed = sum(row.missed for row in rows)
    line = f"{len(rows)} {what} to compare, {missed} missed (!)"
    # A row of 0 instructions has no logarithm.
    ratios = [row.ratio for row in rows if row.ratio]
    if ratios:
        mean = math.exp(sum(math.log(ratio) for ratio in ratios) / len(ratios))
        line += f", {mean:.2f} of Linux in the geometric mean"
    return line
