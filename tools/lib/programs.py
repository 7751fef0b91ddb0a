"""Run programs of Linux i386 on Loci and on this host's Linux, and compare.

What is to be run is packed into a module (newc.py), each program with its files in
a folder of its own, and with a script that runs one after another:

    == begin NAME
    what it prints, to standard output and error
    == end NAME STATUS

On Linux each runs in such a folder, too, with the same environment, 3 GiB of addresses
and no randomised layout. STATUS is a shell's: 128 + N for who was killed by signal N.
"""
import ctypes
import dataclasses
import difflib
import os
import re
import resource
import signal
import subprocess
import tempfile

import machine
from configuration import Configuration
from newc import Archive

SCRIPT = "/run-programs"
LOADER = "/lib/ld-linux.so.2"
LOADER_CACHE = "/etc/ld.so.cache"  # by which it finds libraries in unusual places
LIBRARY = re.compile(r"^\t(?:.* => )?(/.*) \(0x[0-9a-f]+\)$", re.MULTILINE)
INIT_ENDED = re.compile(r"^.*init: (exited with status|killed by signal) (\d+)", re.M)
KILLED = 128  # and the signal: a shell's status
ENVIRONMENT = {"HOME": "/", "TERM": "linux", "PATH": "/bin"}
# What the kernel logs stands between, and is no output of a program.
LOG_LINE = re.compile(r"^\[ *\d+\.\d+\] .*\n", re.MULTILINE)
# So that nothing is written to a disk, and sizes are counted as tmpfs does.
SCRATCH = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
STACK = 8 << 20

PER_LINUX32 = 0x0008
ADDR_NO_RANDOMIZE = 0x0040000
ADDR_LIMIT_3GB = 0x8000000


@dataclasses.dataclass(frozen=True)
class Program:
    """A run: what, with which words and files. The name is also its folder's."""

    name: str
    path: str  # on this host
    arguments: tuple = ()
    stdin: bytes = b""
    files: tuple = ()  # (name, contents), put beside it
    libraries: tuple = ()  # shared objects of this host, for the same places on Loci
    command: str = ""  # where Loci has it already: its path there
    compared: bool = True  # else only its status must be 0


@dataclasses.dataclass(frozen=True)
class Result:
    """What came of a run. No status: it did not end."""

    status: int | None = None
    output: str = ""


def libraries_of(path):
    """What a dynamically linked program or a shared object needs to run: the loader, and
    what that finds on this host. OSError: it cannot be asked."""
    done = subprocess.run([LOADER, "--list", path], capture_output=True, text=True)
    if done.returncode != 0:
        raise OSError(done.stderr.strip() or f"{LOADER} says nothing about {path}")
    found = [LOADER, *LIBRARY.findall(done.stdout)]
    return tuple(found + [LOADER_CACHE] * os.path.exists(LOADER_CACHE))


def quoted(word):
    """`word` for the shell."""
    return "'" + word.replace("'", "'\\''") + "'"


def script_of(programs):
    """The script that runs them all on Loci; its status is the last one's."""
    lines = ["#!/bin/sh", "mkdir /proc /dev /tmp 2> /work/errors"]
    for kind, place in (("proc", "/proc"), ("devtmpfs", "/dev"), ("tmpfs", "/tmp")):
        lines.append(f"mount {kind} {place} 2>> /work/errors")
    for program in programs:
        name = program.name
        words = [program.command or f"./{name}", *program.arguments]
        lines += [
            f"cd /work/{name}",
            f'echo "== begin {name}"',
            " ".join(map(quoted, words)) + f" < ../{name}.stdin 2>&1",
            f'echo "\n== end {name} $?"',
        ]
    # A variable would be in the environment of those that follow.
    lines[-1:] = ["STATUS=$?", lines[-1].replace("$?", "$STATUS"), "exit $STATUS"]
    return "\n".join(lines) + "\n"


def module_of(programs):
    """The archive that Loci unpacks into its root."""
    archive = Archive()
    archive.add_file([SCRIPT], script_of(programs).encode(), 0o755)
    for program in programs:
        folder = f"/work/{program.name}"
        archive.add_folder(folder)
        archive.add_file([f"{folder}.stdin"], program.stdin)
        if not program.command:
            with open(program.path, "rb") as file:
                archive.add_file([f"{folder}/{program.name}"], file.read(), 0o755)
        for name, contents in program.files:
            archive.add_file([f"{folder}/{name}"], contents)
    for path in sorted({path for program in programs for path in program.libraries}):
        with open(path, "rb") as file:
            archive.add_file([path], file.read(), 0o755)
    return archive.finish()


def results_of(serial, programs):
    """The Result of each program, out of what a machine said on its serial line."""
    text = LOG_LINE.sub("", serial)
    results = {}
    for program in programs:
        name = re.escape(program.name)
        whole = rf"^== begin {name}\n(.*?)\n== end {name} (\d+)$"
        found = re.search(whole, text, re.MULTILINE | re.DOTALL)
        begun = re.search(rf"^== begin {name}\n", text, re.MULTILINE)
        if found:
            results[program.name] = Result(int(found[2]), found[1])
        else:
            results[program.name] = Result(None, text[begun.end() :] if begun else "")
    return results


def boot_with_module(module, words, seconds, **settings):
    """Boot Loci with an archive as its module. The Outcome."""
    with tempfile.NamedTemporaryFile(prefix="loci-", suffix=".cpio") as file:
        file.write(module)
        file.flush()
        configuration = Configuration(
            words=words, extra=("-initrd", file.name), **settings
        )
        return machine.run(configuration, seconds)


def run_on_loci(programs, seconds=300, **settings):
    """All of them in one boot. (the Outcome, {name: Result})"""
    words = f"init={SCRIPT} quiet"
    outcome = boot_with_module(module_of(programs), words, seconds, **settings)
    return outcome, results_of(outcome.serial, programs)


def run_bare(program, seconds=60, **settings):
    """One program as init itself, with the console for input and output, in the root
    folder, with nothing mounted. (the Outcome, the Result)"""
    path = f"/work/{program.name}/{program.name}"
    words = " ".join([f"init={path}", "quiet", "--", *program.arguments])
    outcome = boot_with_module(module_of([program]), words, seconds, **settings)
    return outcome, bare_result(outcome.serial)


def bare_result(serial):
    """Out of a whole serial log, whose last lines tell of init's end."""
    end = INIT_ENDED.search(serial)
    text = LOG_LINE.sub("", serial[: end.start()] if end else serial)
    if not end:
        return Result(None, text)
    number = int(end[2])
    status = number if end[1].startswith("exited") else KILLED + number
    return Result(status, text)


def power_off_value(result, bare=False):
    """What the machine goes off with when that was init's end: the contract. A shell
    has already made a number of a signal, and ends as any program."""
    if result.status is None:
        return 0
    if bare and result.status > KILLED:
        return min(64 + result.status - KILLED, 125)
    return min(result.status, 63)


def as_on_i386():
    """In the child on Linux: what an i386 machine would give it."""
    libc = ctypes.CDLL(None)
    libc.personality(PER_LINUX32 | ADDR_LIMIT_3GB | ADDR_NO_RANDOMIZE)
    hard = resource.getrlimit(resource.RLIMIT_STACK)[1]
    resource.setrlimit(resource.RLIMIT_STACK, (STACK, hard))
    for number in (signal.SIGPIPE, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)
    os.umask(0o022)


def run_on_linux(program, seconds=120):
    """One of them on this host. The Result."""
    with tempfile.TemporaryDirectory(prefix="loci-", dir=SCRATCH) as scratch:
        folder = os.path.join(scratch, program.name)
        os.mkdir(folder)
        with open(program.path, "rb") as file:
            contents = file.read()
        put(folder, program.name, contents, 0o755)
        for name, contents in program.files:
            put(folder, name, contents, 0o644)
        put(scratch, "stdin", program.stdin, 0o644)
        with open(os.path.join(scratch, "stdin"), "rb") as stdin:
            return execute(program, folder, stdin, seconds)


def put(folder, name, contents, mode):
    """A file with that mode."""
    path = os.path.join(folder, name)
    with open(path, "wb") as file:
        file.write(contents)
    os.chmod(path, mode)


def execute(program, folder, stdin, seconds):
    """The program, and nothing of it left behind."""
    process = subprocess.Popen(
        [f"./{program.name}", *program.arguments],
        cwd=folder,
        env=ENVIRONMENT,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        preexec_fn=as_on_i386,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=seconds)
        status = process.returncode
    except subprocess.TimeoutExpired:
        kill_group(process)
        output, status = process.communicate()[0], None
    else:
        kill_group(process)
    if status is not None and status < 0:
        status = KILLED - status
    return Result(status, machine.clean(output.decode(errors="replace")))


def kill_group(process):
    """Whoever is left of it."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def differences(program, linux, loci):
    """What is wrong with Loci's Result, in lines; none: nothing."""
    if loci.status is None:
        if not loci.output:
            return ["it was not run"]
        return ["it did not end; it printed:", *loci.output.splitlines()[-20:]]
    wanted = linux.status if program.compared else 0
    complaints = []
    if loci.status != wanted:
        complaints.append(f"status {loci.status}, expected {wanted}")
    if not program.compared:
        return complaints + (loci.output.splitlines() if complaints else [])
    pair = (linux.output.splitlines(), loci.output.splitlines())
    complaints += difflib.unified_diff(*pair, "Linux", "Loci", n=2, lineterm="")
    return complaints
