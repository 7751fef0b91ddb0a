"""Judge a run by its exit status and by what it printed; never by one alone.

A status proves little: QEMU itself ends with 1 on a bad argument, which is
also "all passed", and with 0 after a triple fault. And text proves little: a
kernel may crash behind a good report. So both must be as expected, and the
absence of output is a failure of its own.
"""
import dataclasses
import enum
import re

import ktap

LOG_LINES = 100
PANIC = re.compile(r"Kernel panic: .*")

# Values written to the exit port (the contract on power-off in docs/).
ALL_PASSED = 0
TESTS_FAILED = 1
REFUSED = 125
PANICKED = 127


class Kind(enum.Enum):
    """What became of a run."""

    PASS = "pass"
    TESTS_FAILED = "tests failed"
    PANIC = "panic"
    RESET = "triple fault or reboot"
    HANG = "hang"
    SILENCE = "silence"
    EARLY_EXIT = "early exit"
    WRONG_COUNT = "wrong number of tests"
    WRONG_OUTPUT = "wrong output"
    WRONG_STATUS = "wrong exit status"
    EMULATOR = "QEMU failed"


@dataclasses.dataclass(frozen=True)
class Expectation:
    """How a good run ends. `lines` are regular expressions to be found."""

    status: int = ALL_PASSED
    lines: tuple = ()
    tests: bool = False  # a complete report of self-tests
    counts: tuple | None = None  # (passed, skipped), when it is known
    silent: bool = False  # the machine has no serial line


@dataclasses.dataclass
class Verdict:
    """The judgement, with the sentences that explain it."""

    kind: Kind
    reasons: list
    outcome: object
    report: ktap.Report

    @property
    def good(self):
        """Whether the run was as expected."""
        return self.kind is Kind.PASS

    def __str__(self):
        """What a failure prints: reasons, the end of the log, the command."""
        parts = [self.kind.value + "".join(f"\n  {line}" for line in self.reasons)]
        if self.good:
            return parts[0]
        log = self.outcome.serial.rstrip("\n").splitlines()
        parts.append(f"--- serial log, last {min(len(log), LOG_LINES)} lines")
        parts += log[-LOG_LINES:]
        if self.outcome.errors.strip():
            parts += ["--- QEMU said", self.outcome.errors.rstrip()]
        parts += ["--- command", self.outcome.command, "---"]
        return "\n".join(parts)


def judge(outcome, expected):
    """The Verdict on `outcome` where `expected` was to be seen."""
    report = ktap.parse(outcome.serial)
    kind, reasons = decide(outcome, expected, report)
    return Verdict(kind, reasons, outcome, report)


def decide(outcome, expected, report):
    """The kind and its reasons; the first cause found is the one reported."""
    for step in (died, never_ended, ended_wrongly):
        if found := step(outcome, expected):
            return found
    if expected.tests and (found := tests_went_wrong(expected, report)):
        return found
    value = exit_value(outcome.status)
    if value != expected.status:
        return Kind.WRONG_STATUS, [f"exit value {value}, expected {expected.status}"]
    missing = [line for line in expected.lines if not found_in(line, outcome)]
    if missing:
        return Kind.WRONG_OUTPUT, [f"no line has {line!r}" for line in missing]
    if outcome.notes:
        return Kind.WRONG_OUTPUT, outcome.notes
    return Kind.PASS, []


def died(outcome, expected):
    """A panic that was not asked for, or a reset."""
    panic = PANIC.search(outcome.serial)
    if panic and expected.status != PANICKED:
        end = " and then hung" if outcome.timed_out else ""
        return Kind.PANIC, [panic[0] + end]
    if outcome.reset:
        triple = "a triple fault: an exception whose handlers fault too"
        return Kind.RESET, [triple if outcome.triple_fault else "it asked for a reset"]
    return None


def never_ended(outcome, _expected):
    """The time limit, with or without a sign of life."""
    if not outcome.timed_out:
        return None
    if not outcome.serial.strip():
        return Kind.SILENCE, [f"no output in {outcome.seconds:.0f} s"]
    reasons = [f"still running after {outcome.seconds:.0f} s"]
    if outcome.waited_for:
        reasons.append(f"waited for {outcome.waited_for!r}")
    return Kind.HANG, reasons


def ended_wrongly(outcome, expected):
    """An end that was not through the exit port, or before any output."""
    if outcome.status < 0:
        return Kind.EMULATOR, [f"killed by signal {-outcome.status}"]
    if not outcome.serial.strip() and not expected.silent:
        if outcome.errors.strip() and outcome.status == 1:
            return Kind.EMULATOR, ["QEMU did not start"]
        return Kind.SILENCE, [f"ended with {outcome.status}, without any output"]
    if exit_value(outcome.status) is None:
        return Kind.EARLY_EXIT, [f"QEMU ended with {outcome.status}, not by the port"]
    return None


def tests_went_wrong(expected, report):
    """Failures first; then a report that is not whole; then the numbers."""
    if report.failed:
        return Kind.TESTS_FAILED, [f"not ok {name}" for name in report.failed]
    defects = ktap.defects(report)
    if defects and report.seen == 0:
        return Kind.EARLY_EXIT, defects
    if defects:
        return Kind.WRONG_COUNT, defects
    passed, _, skipped = report.counts
    if expected.counts is not None and expected.counts != (passed, skipped):
        wanted = "{} passed and {} skipped".format(*expected.counts)
        return Kind.WRONG_COUNT, [
            f"{passed} passed and {skipped} skipped, expected {wanted}"
        ]
    return None


def exit_value(status):
    """N of a QEMU that ended with 2N+1, None of any other."""
    return (status - 1) // 2 if status is not None and status % 2 == 1 else None


def found_in(pattern, outcome):
    """Whether a line of the log has `pattern`."""
    return re.search(pattern, outcome.serial, re.MULTILINE)
