"""The table of `make bench`: rows of Loci beside Linux, at most 80 columns wide.

    ! row              Loci   Linux ratio    goal    Loci   Linux ratio
    `- missed          `-- instructions --------'    `-- by the clock -'

The right half is there when Linux was booted beside Loci.
"""
from rows import geometric_mean

NAME_WIDTH = 27
TITLES = {
    "system": "the whole system",
    "user": "programs: mmbench",
    "kernel": "the kernel's allocators: bench",
}
MOST_DIGITS = 7


def short(number):
    """A number in at most 7 characters; an empty word for None."""
    if number is None:
        return ""
    if len(str(number)) <= MOST_DIGITS:
        return str(number)
    for unit, size in (("M", 10**6), ("G", 10**9), ("T", 10**12)):
        word = f"{number / size:.1f}{unit}"
        if len(word) <= MOST_DIGITS:
            return word
    return "huge"


def quotient(value):
    """A ratio in at most 5 characters."""
    if value is None:
        return ""
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"[:5]


def line_of(mark, name, counted, timed):
    """(Loci, Linux, ratio, goal) and (Loci, Linux, ratio), all of them words."""
    left = "{:>8}{:>8}{:>6}{:>8}".format(*counted)
    right = "{:>8}{:>8}{:>5}".format(*timed) if any(timed) else ""
    return f"{mark} {name:{NAME_WIDTH}}{left}{right}".rstrip()


def heading(live):
    """The lines above all rows."""
    names = ("Loci", "Linux", "ratio", "goal")
    line = line_of(" ", "row", names, ("Loci", "Linux", "r.") if live else ("", "", ""))
    if not live:
        return [line]
    above = f"{'guest instructions (icount)':^30}{'plain TCG, ticks':^21}"
    return [f"{'':{NAME_WIDTH + 2}}{above}".rstrip(), line]


def table(rows, live=False):
    """All lines: the rows by group, then what they come to."""
    lines = heading(live)
    for group, title in TITLES.items():
        members = [row for row in rows if row.group == group]
        if not members:
            continue
        lines.append(f"-- {title}" + provenance(members, live))
        lines += [
            line_of(
                "!" if row.missed else " ",
                row.name,
                (
                    "absent" if row.absent else short(row.loci),
                    short(row.linux),
                    quotient(row.ratio),
                    short(row.goal),
                ),
                (short(row.loci_timed), short(row.linux_timed), quotient(row.timed_ratio)),
            )
            for row in members
        ]
    return lines + foot(rows)


def provenance(members, live):
    """Whose figures of Linux are old ones, where others are not."""
    known = [row for row in members if row.linux is not None]
    old = [row.name for row in known if row.recorded]
    if not live or not old:
        return ""
    if len(old) == len(known):
        return "; Linux as recorded"
    return f"; recorded: {', '.join(old)}" if len(old) <= 2 else f"; {len(old)} recorded"


def foot(rows):
    """Geometric means, then the counts."""
    measured = [row for row in rows if not row.stands_in]
    # Of a whole system the units differ, and what they say.
    alike = [row for row in measured if row.group != "system"]
    lines = [
        mean_line(f"geometric mean, {group}", [r for r in measured if r.group == group])
        for group in TITLES
    ]
    lines.append(mean_line("geometric mean, all rows", alike))
    lines.append(mean_line("geometric mean, sim", [row for row in rows if row.stands_in]))
    lines = [line for line in lines if line]
    compared = [row for row in rows if row.ratio is not None]
    missed = sum(row.missed for row in rows)
    absent = sum(row.absent for row in rows)
    lines.append(
        f"{len(compared)} rows compared, {missed} above the goal or Linux (!), "
        f"{absent} absent"
    )
    with_goal = [row for row in alike if row.ratio is not None and row.goal is not None]
    if with_goal:
        ours = geometric_mean([row.ratio for row in with_goal])
        goals = geometric_mean([row.goal / row.linux for row in with_goal])
        lines.append(
            f"{len(with_goal)} rows with a goal: Loci {quotient(ours)} of Linux, "
            f"the goals {quotient(goals)}"
        )
    return lines


def mean_line(name, rows):
    """One line in the table's columns, or nothing."""
    counted = geometric_mean([row.ratio for row in rows])
    timed = geometric_mean([row.timed_ratio for row in rows])
    if counted is None:
        return ""
    return line_of("=", name, ("", "", quotient(counted), ""), ("", "", quotient(timed)))
