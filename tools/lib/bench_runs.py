"""The boots behind `make bench`: the same programs on Loci and on Debian's Linux, in the
same machine of QEMU's, and what each of them printed.

Both kernels are given one archive, whose /init is user/bench/witness.cpp. It says how
many ticks of the time stamp counter and how much memory went before it, runs the
program that the command line names, says how that ended, and switches the machine off:

    witness ticks 20743512
    witness memory 516096 511388
    mm ...
    witness end 0

Under -icount a tick is one guest instruction (or, while the CPU halts, a nanosecond of
the guest's time), and a run repeats exactly. Without, it is a tick of the host's: there
the two systems take turns, and medians are compared.

A boot that does not come to its end is a BootFailed, never half a table.
"""
import contextlib
import dataclasses
import os
import random
import re
import statistics
import struct
import tempfile
import time

import machine
import rows
import verdict
from configuration import Configuration
from newc import Archive

COUNTED = ("-icount", "shift=0,sleep=off")
CPUS = {"pae": "qemu64,+pae,+nx", "nopae": "qemu32"}
PROGRAM_MEMORY = 512  # MiB
KERNEL_MEMORY = 2048
SMALL_MEMORY = 64
# Where the smallest machine that reaches init is looked for.
SMALLEST = (4, 5, 6, 8, 12, 16, 24, 32, 64)
MMBENCH = "-- /mmbench 21 300 /data.bin /tiny"
DATA_SIZE = 1 << 20
LOCI_WORDS = "console=ttyS0 quiet"
# What is not memory management is switched off, and so are defences that Loci lacks.
LINUX_WORDS = (
    "console=ttyS0 quiet panic=-1 mitigations=off nopti init_on_alloc=0 "
    "transparent_hugepage=never cgroup_disable=memory apparmor=0 audit=0"
)
SECONDS = 1800  # the time limit of any boot
LOG_LINES = 25
PT_LOAD = 1

TICKS = re.compile(r"^witness ticks (\d+)$", re.M)
MEMORY = re.compile(r"^witness memory (\d+) (\d+)$", re.M)
END = re.compile(r"^witness end (\d+)$", re.M)
DONE = re.compile(r"^MMDONE$", re.M)
PANIC = re.compile(r"Kernel panic\b.*")  # in Loci's words and in Linux's
FAILED = re.compile(r"^mmbench: .* failed .*$|^mm file_tests_skipped .*$", re.M)


class BootFailed(Exception):
    """Why a boot gave no figures, with the end of its log."""


@dataclasses.dataclass(frozen=True)
class System:
    """A kernel, and the words that it alone is given."""

    name: str  # Loci or Linux
    image: str
    words: str


@dataclasses.dataclass(frozen=True)
class Witnessed:
    """What one boot told."""

    figures: dict  # rows of mmbench
    ticks: int  # before init
    free: int  # KiB, at init's first look
    seconds: float  # from QEMU's start to init's first line


def program_archive(folder, with_mmbench=True):
    """The first files: the witness as /init, and what mmbench works with."""
    archive = Archive()
    archive.add_device("/dev/console", 5, 1)
    archive.add_folder("/proc")
    programs = {"/init": "witness"}
    if with_mmbench:
        programs |= {"/mmbench": "mmbench", "/tiny": "tiny"}
        archive.add_file(["/data.bin"], random.Random(1).randbytes(DATA_SIZE))
    for place, name in programs.items():
        with open(os.path.join(folder, name), "rb") as file:
            archive.add_file([place], file.read(), 0o755)
    return archive.finish()


def witnessed(outcome, seconds, wants_rows):
    """What the run said, if it came to its end. BootFailed says why it did not."""
    text = outcome.serial
    ticks, memory, end = TICKS.search(text), MEMORY.search(text), END.search(text)
    if panic := PANIC.search(text):
        complaint = panic[0]
    elif outcome.timed_out:
        complaint = f"still running after {outcome.seconds:.0f} s"
    elif not ticks or not memory:
        complaint = "it ended before init" if not ticks else "it tells of no memory"
    elif failed := FAILED.search(text):
        complaint = failed[0]
    elif wants_rows and not DONE.search(text):
        complaint = "mmbench did not come to its end"
    elif not end or end[1] != "0":
        complaint = f"init's program ended with {end[1]}" if end else "no end of init"
    elif outcome.reset:
        complaint = "it ended by a reset"
    else:
        figures = rows.read_rows(text) if wants_rows else {}
        return Witnessed(figures, int(ticks[1]), int(memory[2]), seconds)
    raise BootFailed(failure_text(complaint, outcome))


def failure_text(complaint, outcome):
    """The complaint, the end of the log, QEMU's words and how it was started."""
    parts = [complaint, *outcome.serial.rstrip("\n").splitlines()[-LOG_LINES:]]
    if outcome.errors.strip():
        parts += ["--- QEMU said", outcome.errors.strip()]
    return "\n".join(parts + ["--- command", outcome.command])


def image_size(path):
    """The bytes that a kernel takes: of an ELF file from the first that is loaded to the
    last, without what is for debuggers; of any other file, all."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:6] != b"\x7fELF\x01\x01":
        return len(data)
    (at,) = struct.unpack_from("<I", data, 28)
    entry_size, count = struct.unpack_from("<HH", data, 42)
    entries = [struct.unpack_from("<6I", data, at + entry_size * i) for i in range(count)]
    loaded = [(entry[3], entry[3] + entry[5]) for entry in entries if entry[0] == PT_LOAD]
    return max(end for _, end in loaded) - min(start for start, _ in loaded)


@contextlib.contextmanager
def file_of(contents):
    """A file with those contents, for as long as it is needed. Its path."""
    with tempfile.NamedTemporaryFile(prefix="loci-", suffix=".cpio") as file:
        file.write(contents)
        file.flush()
        yield file.name


class Bench:
    """The boots of one run of `make bench`. `log(name, text)` keeps what each said,
    `say(text)` tells whoever waits what is being done."""

    def __init__(self, cpu, folder, say, log):
        self.cpu = cpu
        self.folder = folder
        self.say = say
        self.log = log

    def boot(self, system, memory, counted, program="", seconds=SECONDS):
        """One boot with the witness, and with mmbench where `program` says so."""
        how = "counted" if counted else "timed"
        self.say(f"{system.name}, {memory} MiB, {how}" + (", mmbench" if program else ""))
        archive = program_archive(self.folder, bool(program))
        with file_of(archive) as path:
            configuration = Configuration(
                image=system.image,
                memory=memory,
                cpu=self.cpu,
                words=f"{system.words} {program}".strip(),
                extra=("-initrd", path, *(COUNTED if counted else ())),
            )
            arrived = []

            def script(booted, limit):
                booted.wait_for("witness ticks", limit)
                arrived.append(time.monotonic() - booted.started)

            outcome = machine.run(configuration, seconds, script)
        name = f"{system.name}-{memory}-{how}{'-mmbench' if program else ''}".lower()
        self.log(name, outcome.serial)
        try:
            return witnessed(outcome, arrived[0] if arrived else 0.0, bool(program))
        except BootFailed as failure:
            raise BootFailed(f"{system.name}, {memory} MiB: {failure}") from None

    def programs(self, system):
        """The user rows in guest instructions."""
        return self.boot(system, PROGRAM_MEMORY, True, MMBENCH).figures

    def taking_turns(self, systems, pairs, program):
        """{system's name: [Witnessed]} by the host's clock: A B A B."""
        runs = {system.name: [] for system in systems}
        for _ in range(pairs):
            for system in systems:
                runs[system.name].append(
                    self.boot(system, PROGRAM_MEMORY, False, program)
                )
        return runs

    def whole_system(self, system):
        """{row: figure} of what can be counted of a boot, and of the image."""
        small = self.boot(system, SMALL_MEMORY, True)
        usual = self.boot(system, PROGRAM_MEMORY, True)
        return {
            "boot_to_init_kinsn": round(usual.ticks / 1000),
            "ram_gone_64m_kib": (SMALL_MEMORY << 10) - small.free,
            "ram_gone_512m_kib": (PROGRAM_MEMORY << 10) - usual.free,
            "image_kib": round(image_size(system.image) / 1024),
        }

    def smallest_machine(self, system):
        """The first of SMALLEST with which it reaches init, or None."""
        for memory in SMALLEST:
            with contextlib.suppress(BootFailed):
                self.boot(system, memory, False, seconds=60)
                return memory
        return None

    def kernel_rows(self, system, glob):
        """What the kernel's own `bench` prints: (rows, remarks)."""
        self.say(f"{system.name}, {KERNEL_MEMORY} MiB, counted, bench={glob}")
        words = f"{system.words} bench={glob}"
        configuration = Configuration(
            image=system.image,
            memory=KERNEL_MEMORY,
            cpu=self.cpu,
            words=words,
            extra=COUNTED,
        )
        outcome = machine.run(configuration, SECONDS)
        self.log(f"{system.name}-{KERNEL_MEMORY}-bench".lower(), outcome.serial)
        judged = verdict.judge(outcome, verdict.Expectation())
        if not judged.good:
            raise BootFailed(f"{system.name}, bench={glob}: {judged}")
        return rows.read_rows(outcome.serial), rows.remarks(outcome.serial)


def medians(runs):
    """{row: median} of several runs' rows; a row that one lacks is left out."""
    names = [name for name in runs[0].figures if all(name in run.figures for run in runs)]
    return {
        name: round(statistics.median(run.figures[name] for run in runs)) for name in names
    }


def milliseconds_to_init(runs):
    """The median over several boots."""
    return round(1000 * statistics.median(run.seconds for run in runs))
