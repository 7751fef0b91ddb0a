"""Read the kernel's report of its self-tests from a serial log.

    1..3
    ok 1 suite.name
    ok 2 suite.name # SKIP no NX
    # somewhere_test.cpp:12: 1 == 2
    not ok 3 suite.name
    1 passed, 1 failed, 1 skipped

Lines of the log may stand between; they start with a stamp, so they are none
of these. A report that stops half-way has fewer results than its plan names.
"""
import dataclasses
import re

PLAN = re.compile(r"^1\.\.(\d+)$")
RESULT = re.compile(r"^(not )?ok (\d+) (\S+)(?:\s+# SKIP ?(.*))?")
SUMMARY = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$")


@dataclasses.dataclass
class Report:
    """What the tests said of themselves."""

    planned: int | None = None
    passed: list = dataclasses.field(default_factory=list)
    failed: list = dataclasses.field(default_factory=list)
    skipped: list = dataclasses.field(default_factory=list)
    numbers: list = dataclasses.field(default_factory=list)
    summary: tuple | None = None

    @property
    def seen(self):
        """How many results there are."""
        return len(self.numbers)

    @property
    def counts(self):
        """(passed, failed, skipped), counted here."""
        return len(self.passed), len(self.failed), len(self.skipped)


def parse(log):
    """The Report in `log`, a text."""
    report = Report()
    for line in log.splitlines():
        line = line.rstrip("\r")
        if match := PLAN.match(line):
            report.planned = int(match[1])
        elif match := RESULT.match(line):
            add_result(report, match)
        elif match := SUMMARY.match(line):
            report.summary = tuple(int(count) for count in match.groups())
    return report


def add_result(report, match):
    """Enter one line `ok …` or `not ok …`."""
    report.numbers.append(int(match[2]))
    name = match[3]
    if match[1]:
        report.failed.append(name)
    elif match[4] is not None:
        report.skipped.append(name)
    else:
        report.passed.append(name)


def defects(report):
    """Sentences that say why the report cannot be believed; none is good."""
    if report.planned is None:
        return ["no plan (1..n) was printed"]
    found = []
    if report.planned == 0:
        found.append("the plan is of no test at all")
    if report.seen != report.planned:
        found.append(f"planned {report.planned} tests, saw {report.seen} results")
    elif report.numbers != list(range(1, report.planned + 1)):
        found.append("the results are not numbered 1 to n")
    if report.summary is None:
        found.append("no closing line with the sum")
    elif report.summary != report.counts:
        found.append(f"the sum says {report.summary}, the lines {report.counts}")
    return found
