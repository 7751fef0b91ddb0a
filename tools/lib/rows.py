"""Rows of measurements, and the figures to beat.

    bench pages_order0.pair_hot median=131 min=131 n=51      Loci's kernel
    mm fault_anon_write 1669.7 1668.6 cycles/page            mmbench: median, minimum
    pages_order0.pair_hot <tab> 694 <tab> 694 <tab> 140      the table: Linux without
                                                             and with PAE, the goal

A row misses when it is above its goal; one without a goal, when it is above Linux.
A comment `# group: NAME` says what the lines of the table below it belong to: the
whole `system`, `user` for rows of mmbench, `kernel` for those of `bench`.

sim.NAME is what the kernel alone does of a program's row NAME, without the way in and
out: it is shown beside that row's figures, and counted apart.
"""
import dataclasses
import math
import re

BENCH_ROW = re.compile(r"^bench (\S+) median=(\d+) min=(\d+) n=(\d+)$")
PROGRAM_ROW = re.compile(r"^mm (\S+) (\d+\.\d) (\d+\.\d) \S+$")
GROUP = re.compile(r"^# group: (\w+)$")
GROUPS = ("system", "user", "kernel")
STAND_IN = "sim."


class BadTable(Exception):
    """A line of the table that cannot be read."""


@dataclasses.dataclass(frozen=True)
class Target:
    """What is to be beaten."""

    linux: int | None
    goal: int | None
    group: str = "kernel"


@dataclasses.dataclass(frozen=True)
class Figures:
    """One side's: name -> guest instructions, and, by the host's clock, ticks."""

    counted: dict = dataclasses.field(default_factory=dict)
    timed: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Row:
    """A row of Loci beside Linux; None is what nobody measured."""

    name: str
    group: str = "kernel"
    loci: int | None = None
    linux: int | None = None
    goal: int | None = None
    loci_timed: int | None = None
    linux_timed: int | None = None
    recorded: bool = True  # Linux's figure is the table's

    @property
    def stands_in(self):
        """Only a part of what the target was measured with."""
        return self.name.startswith(STAND_IN)

    @property
    def absent(self):
        """Known, and not measured on Loci."""
        return self.loci is None

    @property
    def missed(self):
        """Above the goal, or above Linux where there is none."""
        limit = self.linux if self.goal is None else self.goal
        return None not in (self.loci, limit) and self.loci > limit

    @property
    def ratio(self):
        """Loci's figure to Linux's."""
        return ratio(self.loci, self.linux)

    @property
    def timed_ratio(self):
        """The same by the clock."""
        return ratio(self.loci_timed, self.linux_timed)


def ratio(ours, theirs):
    """ours / theirs, or None where that cannot be told."""
    return ours / theirs if ours is not None and theirs else None


def geometric_mean(values):
    """Of those that have a logarithm; None of none."""
    logarithms = [math.log(value) for value in values if value]
    return math.exp(sum(logarithms) / len(logarithms)) if logarithms else None


def read_table(text, kernel):
    """{name: Target} for the kernel, "pae" or "nopae"."""
    targets, group = {}, "kernel"
    for number, line in enumerate(text.splitlines(), 1):
        if match := GROUP.match(line):
            group = match[1]
            if group not in GROUPS:
                raise BadTable(f"line {number}: no group {group}")
        if not line.strip() or line.startswith("#"):
            continue
        try:
            name, nopae, pae, goal = line.split("\t")
            linux = {"nopae": nopae, "pae": pae}[kernel]
            targets[name] = Target(number_or_none(linux), number_or_none(goal), group)
        except ValueError as error:
            raise BadTable(f"line {number}: {error}") from error
    return targets


def number_or_none(field):
    """The number in a field of the table; an empty one has none."""
    return int(field) if field.strip() else None


def read_rows(text):
    """{name: median} in the order of the log; the last word on a name counts."""
    found = {}
    for line in text.splitlines():
        line = line.rstrip("\r")
        if match := BENCH_ROW.match(line):
            found[match[1]] = int(match[2])
        elif match := PROGRAM_ROW.match(line):
            found[match[1]] = round(float(match[2]))
    return found


def remarks(text):
    """The lines that say what was not measured."""
    return [line.rstrip("\r") for line in text.splitlines() if line.startswith("# ")]


def compare(targets, loci, linux=Figures(), wanted=lambda name: True):
    """A Row of each target and of whatever else Loci measured, in the table's order,
    those of a program before the kernel's. What Linux did not measure just now is the
    table's."""
    names = [name for name in dict.fromkeys([*targets, *loci.counted]) if wanted(name)]
    rows = [row_of(name, targets, loci, linux) for name in names]
    return sorted(rows, key=lambda row: GROUPS.index(row.group))


def row_of(name, targets, loci, linux):
    """One of compare()'s."""
    target = targets.get(name.removeprefix(STAND_IN), Target(None, None))
    live = linux.counted.get(name)
    return Row(
        name,
        "kernel" if name.startswith(STAND_IN) else target.group,
        loci.counted.get(name),
        target.linux if live is None else live,
        target.goal,
        loci.timed.get(name),
        linux.timed.get(name),
        recorded=live is None,
    )
