"""A drawing of the ratios of `make bench`, as SVG: a bar a row, from the line at 1.0 to
how Loci compares with Linux, on a logarithmic scale. In the table's order; a small
upright stroke is the goal, a ring the ratio by the clock.
"""
import math
from xml.sax.saxutils import escape

from bench_table import TITLES, quotient

LINE = 16  # the height of a row
LEFT, PLOT, RIGHT = 230, 560, 70
TOP, BOTTOM = 96, 30
BETTER, WORSE, STROKE = "#2a7f62", "#c0504d", "#30343b"
STYLE = (
    "text{font:11px sans-serif;fill:#30343b}.title{font-size:15px;font-weight:bold}"
    ".group{font-weight:bold}.name,.value{font-family:monospace}.faint{fill:#777}"
)


class Scale:
    """Ratios to places, by powers of two."""

    def __init__(self, ratios):
        exponents = [math.log2(value) for value in ratios] or [0]
        self.low = min(math.floor(min(exponents)), -1)
        self.high = max(math.ceil(max(exponents)), 1)

    def place(self, value):
        """The x of a ratio; what lies outside is drawn at the edge."""
        exponent = min(max(math.log2(value), self.low), self.high)
        return LEFT + PLOT * (exponent - self.low) / (self.high - self.low)

    def marks(self):
        """(ratio, its name) of each line of the grid."""
        for exponent in range(self.low, self.high + 1):
            yield 2.0**exponent, f"1/{2**-exponent}" if exponent < 0 else f"{2**exponent}"


def tag(name, text=None, **attributes):
    """One element; an underscore at the end of an attribute's name is not part of it,
    one within stands for a hyphen."""
    words = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value), {chr(34): "&quot;"})}"'
        for key, value in attributes.items()
    )
    return f"<{name}{words}/>" if text is None else f"<{name}{words}>{escape(text)}</{name}>"


def number(value):
    """A coordinate."""
    return f"{value:.1f}"


def chart(rows, title, subtitle=""):
    """The drawing of those rows that have a ratio, as text."""
    drawn = [row for row in rows if row.ratio]
    ratios = [row.ratio for row in drawn] + [r.timed_ratio for r in drawn if r.timed_ratio]
    ratios += [row.goal / row.linux for row in drawn if row.goal]
    scale = Scale(ratios)
    body, y = [], TOP
    for group, name in TITLES.items():
        members = [row for row in drawn if row.group == group]
        if not members:
            continue
        y += LINE
        body.append(tag("text", name, x=8, y=y + 12, class_="group"))
        y += LINE
        for row in members:
            body += bar(row, scale, y)
            y += LINE
    return document(title, subtitle, grid(scale, y) + body, y + BOTTOM)


def document(title, subtitle, parts, height):
    """The parts, framed."""
    width = LEFT + PLOT + RIGHT
    head = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img">',
        tag("title", title),
        tag("style", STYLE),
        tag("rect", width=width, height=height, fill="#ffffff"),
        tag("text", title, x=8, y=20, class_="title"),
        tag("text", subtitle, x=8, y=36, class_="faint"),
    ]
    return "\n".join(head + parts + ["</svg>"]) + "\n"


def grid(scale, bottom):
    """The lines of the scale, named at both ends; the one at 1.0 is heavy."""
    parts = []
    for value, name in scale.marks():
        x, one = number(scale.place(value)), value == 1
        parts.append(
            tag(
                "line",
                x1=x,
                y1=TOP - 6,
                x2=x,
                y2=bottom + 4,
                stroke=STROKE if one else "#e2e4e8",
                stroke_width=2 if one else 1,
                class_="one" if one else "mark",
            )
        )
        for y in (TOP - 12, bottom + 18):
            parts.append(tag("text", name, x=x, y=y, text_anchor="middle"))
    legend = "to the left of 1: Loci needs less than Linux; | the goal, o by the clock"
    parts.append(tag("text", legend, x=LEFT, y=TOP - 38, class_="faint"))
    return parts


def bar(row, scale, y):
    """One row."""
    one, end = scale.place(1), scale.place(row.ratio)
    colour = BETTER if row.ratio <= 1 else WORSE
    middle = number(y + LINE / 2)
    parts = [
        tag("text", row.name, x=LEFT - 8, y=y + 12, text_anchor="end", class_="name"),
        tag(
            "rect",
            x=number(min(one, end)),
            y=y + 3,
            width=number(max(abs(end - one), 1)),
            height=LINE - 6,
            fill=colour,
            class_="bar",
        ),
    ]
    if row.goal:
        goal = number(scale.place(row.goal / row.linux))
        parts.append(
            tag("line", x1=goal, y1=y + 1, x2=goal, y2=y + LINE - 1, stroke=STROKE,
                stroke_width=2, class_="goal")
        )
    if row.timed_ratio:
        place = number(scale.place(row.timed_ratio))
        parts.append(
            tag("circle", cx=place, cy=middle, r=4, fill="none", stroke="#3b6fb6",
                stroke_width=2, class_="timed")
        )
    parts.append(
        tag("text", quotient(row.ratio), x=LEFT + PLOT + 8, y=y + 12, class_="value")
    )
    return parts
