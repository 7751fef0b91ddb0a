"""The stages of `make test`: each runs something and counts its tests.

A stage is a function that prints what matters and returns a Tally. What it
cannot run is a failure of its own, never a silence.
"""
import concurrent.futures
import dataclasses
import glob
import io
import os
import re
import subprocess
import sys
import unittest

import images
import machine
import program_sessions
import program_set
import programs as program_runs
import situations
import verdict
from configuration import BUILD, ROOT, Configuration

JOBS = os.cpu_count() or 1
HOST_SECONDS = 600
MOST_SHARDS = 4  # each must find some tests, tsan's program has few
FUZZ_TAIL = 40
GTEST_SUM = re.compile(r"^\[  (PASSED|SKIPPED) +\] (\d+) tests?\b", re.MULTILINE)
GTEST_FAILED = re.compile(r"^\[  FAILED +\] (\w\S*\.\S+)", re.MULTILINE)
FUZZ_DONE = re.compile(r"^Done (\d+) runs", re.MULTILINE)
SUMMARY = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$")


@dataclasses.dataclass
class Tally:
    """How many tests went which way."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other):
        return Tally(
            self.passed + other.passed,
            self.failed + other.failed,
            self.skipped + other.skipped,
        )

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def build_kernels(toolchain):
    """Both kernels; a warning is an error, so a build is a test."""
    tally = Tally()
    for kernel in ("pae", "nopae"):
        try:
            images.build_kernel(kernel, toolchain)
            tally.passed += 1
        except images.BuildFailed as failure:
            print(f"{failure}\nthe {kernel} kernel does not build")
            tally.failed += 1
    return tally


def tool_tests():
    """The tools' own tests, tools/test/test_*.py."""
    log = io.StringIO()
    suite = unittest.TestLoader().discover(os.path.join(ROOT, "tools", "test"))
    result = unittest.TextTestRunner(stream=log, buffer=True).run(suite)
    failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    skipped = len(result.skipped)
    if failed:
        print(log.getvalue())
    if result.testsRun == 0:
        print("no test was found")
        return Tally(failed=1)
    return Tally(max(result.testsRun - failed - skipped, 0), failed, skipped)


def build_below(*programs):
    """Have make build programs below build/."""
    names = [images.as_make_has_it(program) for program in programs]
    images.make(f"BUILD={images.as_make_has_it(BUILD)}", *names)


def host_tests(folder, long=False):
    """A program of GoogleTest's, build/FOLDER/tests: host64 and host32 have the
    shared sources and the models, by ASan and UBSan; tsan what has threads.
    With `long`, models that ask for it run millions of steps."""
    program = os.path.join(BUILD, folder, "tests")
    try:
        build_below(program)
    except images.BuildFailed as failure:
        print(f"{failure}\nthe host tests do not build")
        return Tally(failed=1)
    environment = {**os.environ, **({"LOCI_LONG_TESTS": "1"} if long else {})}
    return run_gtest(program, environment, min(JOBS, MOST_SHARDS))


def run_gtest(program, environment, shards):
    """A program's tests in `shards` processes at a time: GoogleTest deals them out."""
    with concurrent.futures.ThreadPoolExecutor(shards) as pool:
        run = lambda shard: run_shard(program, environment, shard, shards)  # noqa: E731
        return sum(pool.map(run, range(shards)), Tally())


def run_shard(program, environment, shard, shards):
    """One process, and its part of the tests."""
    environment = {
        **environment,
        "GTEST_TOTAL_SHARDS": str(shards),
        "GTEST_SHARD_INDEX": str(shard),
    }
    status, output = run_limited([program, "--gtest_brief=1"], HOST_SECONDS, environment)
    tally = read_gtest(status, output)
    if tally.failed:
        print(output)
    return tally


def coverage():
    """`make coverage`: which lines of some folders their tests run, and whether
    those are enough."""
    try:
        built = f"BUILD={images.as_make_has_it(BUILD)}"
        print(images.run(["make", "-s", built, "coverage"]).rstrip(), flush=True)
    except images.BuildFailed as failure:
        print(f"{failure}\ntoo few lines ran")
        return Tally(failed=1)
    return Tally(passed=1)


def read_gtest(status, output):
    """The Tally of a GoogleTest run. In brief, it prints the sums of passed and
    skipped tests, but the failed ones by name only. One that died: a failure."""
    counts = {name.lower(): int(number) for name, number in GTEST_SUM.findall(output)}
    tally = Tally(failed=len(set(GTEST_FAILED.findall(output))), **counts)
    if status != 0 and tally.failed == 0:
        tally.failed = 1
    if status == 0 and tally.passed == 0:
        tally.failed += 1
    return tally


def run_limited(command, seconds, environment=None):
    """Run a program. (status, output); None as the status of one out of time."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=seconds,
            cwd=ROOT,
            env=environment,
        )
    except subprocess.TimeoutExpired as late:
        output = (late.stdout or b"").decode(errors="replace")
        return None, f"{output}\n{command[0]}: still running after {seconds} s"
    return done.returncode, done.stdout.decode(errors="replace")


def fuzz_targets(only=""):
    """The names of the fuzz targets, or the one asked for."""
    sources = glob.glob(os.path.join(ROOT, "host-tests", "fuzz", "*_fuzz.cpp"))
    names = sorted(os.path.basename(path)[: -len("_fuzz.cpp")] for path in sources)
    return [name for name in names if not only or name == only.removesuffix("_fuzz")]


def fuzz(seconds, only=""):
    """Each fuzz target for `seconds`, as many at a time as there are CPUs."""
    names = fuzz_targets(only)
    if not names:
        print(f"no fuzz target {only}" if only else "there is no fuzz target")
        return Tally(failed=1)
    try:
        programs = [os.path.join(BUILD, "fuzz", f"{name}_fuzz") for name in names]
        build_below(*programs)
    except images.BuildFailed as failure:
        print(f"{failure}\nthe fuzz targets do not build")
        return Tally(failed=1)
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        tallies = pool.map(lambda name: fuzz_one(name, seconds), names)
        return sum(tallies, Tally())


def fuzz_one(name, seconds):
    """One target. Its corpus grows below build/; seeds may stand in the tree."""
    corpus = os.path.join(BUILD, "fuzz", "corpus", name)
    seeds = os.path.join(ROOT, "host-tests", "fuzz", "corpus", name)
    os.makedirs(corpus, exist_ok=True)
    command = [
        os.path.join(BUILD, "fuzz", f"{name}_fuzz"),
        f"-max_total_time={seconds}",
        "-timeout=10",
        f"-artifact_prefix={os.path.join(BUILD, 'fuzz', name)}-",
        corpus,
    ]
    if os.path.isdir(seeds):
        command.append(seeds)
    status, output = run_limited(command, seconds + 120)
    done = FUZZ_DONE.search(output)
    if status == 0 and done and int(done[1]) > 0:
        print(f"ok   {name}: {done[1]} runs", flush=True)
        return Tally(passed=1)
    print(f"FAIL {name}", *output.splitlines()[-FUZZ_TAIL:], sep="\n", flush=True)
    return Tally(failed=1)


# What the boot word rigtest= makes the kernel do, and what must be said of it.
RIG = {
    "fail": verdict.Kind.TESTS_FAILED,
    "panic": verdict.Kind.PANIC,
    "triplefault": verdict.Kind.RESET,
    "hang": verdict.Kind.HANG,
    "silence": verdict.Kind.SILENCE,
}
RIG_SECONDS = {"hang": 8, "silence": 4}


def rig(toolchain, image=""):
    """Proof that the rig can fail: kernels that misbehave, each found out."""
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        run = lambda word: rig_one(word, toolchain, image)  # noqa: E731
        return sum(pool.map(run, RIG), Tally())


def rig_one(word, toolchain, image):
    """One kind of misbehaviour, judged as self-tests are."""
    configuration = Configuration(
        toolchain=toolchain, words=f"rigtest={word}", cpu="max", image=image
    )
    outcome = machine.run(configuration, RIG_SECONDS.get(word, 30))
    judged = verdict.judge(outcome, verdict.Expectation(tests=True))
    if judged.kind is RIG[word]:
        print(f"ok   rigtest={word} is reported as: {judged.kind.value}", flush=True)
        return Tally(passed=1)
    print(f"FAIL rigtest={word} should be: {RIG[word].value}\n{judged}", flush=True)
    return Tally(failed=1)


def boot_situations(toolchain, only=""):
    """Each of situations.py whose name has `only`, two at a time."""
    cases = [case for case in situations.cases() if only in case[0]]

    def one(case):
        name, situation, kernel = case
        judged = situations.run(situation, kernel, toolchain)
        if judged.kind is situation.kind:
            print(f"ok   {name}", flush=True)
            return Tally(passed=1)
        print(f"FAIL {name}: should be {situation.kind.value}\n{judged}", flush=True)
        return Tally(failed=1)

    if not cases:
        print(f"no situation has {only!r} in its name")
        return Tally(failed=1)
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        return sum(pool.map(one, cases), Tally())


def matrix(*arguments):
    """tools/matrix in a process of its own; its last line is the Tally."""
    command = [sys.executable, os.path.join(ROOT, "tools", "matrix"), *arguments]
    last = ""
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        for line in process.stdout:
            if match := SUMMARY.match(line):
                last = match
            else:
                print(line, end="", flush=True)
    tally = Tally(*map(int, last.groups())) if last else Tally(failed=1)
    if process.returncode != 0 and tally.failed == 0:
        tally.failed = 1
    return tally


PROGRAM_SECONDS = 900
PROGRAM_MEMORY = 320  # MiB; one of them has vectors of 100 MB


def programs(toolchain, kernels=("pae",), only="", long=False):
    """Programs of Linux on Loci, in one boot a kernel, each compared with the same run on
    this host's Linux (programs.py, program_set.py). With `long`, more calls at random."""
    runs, linux, tally = [], {}, Tally()
    for candidate in program_set.candidates(long):
        if only not in candidate.name:
            continue
        try:
            program = candidate.make()
            if program.compared:
                linux[program.name] = program_runs.run_on_linux(program)
            runs.append(program)
        except program_set.Missing as reason:
            print(f"skip {candidate.name}: {reason}", flush=True)
            tally.skipped += 1
        except images.BuildFailed as failure:
            print(f"FAIL {candidate.name} does not build\n{failure}", flush=True)
            tally.failed += 1
        except OSError as error:
            print(f"skip {candidate.name}: this Linux does not run it: {error}", flush=True)
            tally.skipped += 1
    sessions, skipped = sessions_named(only)
    tally.skipped += skipped
    if not runs and not sessions:
        print(f"no program with {only!r} in its name runs")
        return tally if tally.failed or tally.skipped else Tally(failed=1)
    for kernel in kernels:
        if runs:
            tally += boot_programs(runs, linux, kernel, toolchain)
        tally += hold_sessions(sessions, kernel, toolchain)
    return tally


def sessions_named(only):
    """Sessions that somebody has with programs, and how many cannot be held."""
    sessions, skipped = [], 0
    for name, make in program_sessions.candidates():
        if only not in name:
            continue
        try:
            sessions.append(make())
        except (program_set.Missing, OSError) as reason:
            print(f"skip {name}: {reason}", flush=True)
            skipped += 1
    return sessions, skipped


def hold_sessions(sessions, kernel, toolchain):
    """One after another: they are at the pace of a person."""
    tally = Tally()
    for session in sessions:
        try:
            judged = program_sessions.run(session, kernel, toolchain)
        except OSError as reason:
            print(f"skip {kernel}: {session.name}: {reason}", flush=True)
            tally.skipped += 1
            continue
        print("ok  " if judged.good else "FAIL", f"{kernel}: {session.name}", flush=True)
        if not judged.good:
            print(judged, flush=True)
        tally += Tally(passed=1) if judged.good else Tally(failed=1)
    return tally


def boot_programs(runs, linux, kernel, toolchain):
    """All of them in one boot. A machine that dies fails those that had not ended."""
    outcome, loci = program_runs.run_on_loci(
        runs,
        PROGRAM_SECONDS,
        kernel=kernel,
        toolchain=toolchain,
        cpu="qemu64,+pae,+nx",
        memory=PROGRAM_MEMORY,
    )
    tally = Tally()
    for program in runs:
        complaints = program_runs.differences(
            program, linux.get(program.name), loci[program.name]
        )
        print("FAIL" if complaints else "ok  ", f"{kernel}: {program.name}", flush=True)
        print(*complaints[:FUZZ_TAIL], sep="\n", end="\n" if complaints else "")
        tally += Tally(failed=1) if complaints else Tally(passed=1)
    expected = program_runs.power_off_value(loci[runs[-1].name])
    judged = verdict.judge(outcome, verdict.Expectation(expected))
    if not judged.good:
        print(judged, flush=True)
        tally += Tally(failed=1)
    return tally
