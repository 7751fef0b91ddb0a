"""The programs of `make programs`: those of user/tests/ with each C library that can be
had, busybox, and the ones that Loci carries.

Debian's packages for i386 are downloaded once and unpacked, not installed; what cannot
be had is a skipped test that says why.
"""
import dataclasses
import glob
import os
import shutil
import subprocess

import images
from configuration import BUILD, ROOT
from programs import Program

SOURCES = os.path.join(ROOT, "user", "tests")
FOLDER = os.path.join(BUILD, "programs")
PACKAGES = os.path.join(FOLDER, "packages")

WARNINGS = ("-Wall", "-Wextra", "-Wno-unused-result")
# A pointer is a number in tests of addresses.
C_WARNINGS = ("-Wno-pointer-to-int-cast", "-Wno-int-to-pointer-cast")
FLAGS = ("-m32", "-static", "-no-pie", "-O1", "-pthread", "-fno-stack-protector")

# What some of them are given.
WORDS = {"hello": ("one", "two words", ""), "environment": ("one", "two words")}
STDIN = {"hello": b"a line\nand another\nwithout end", "library": b"four words on stdin\n"}
FILES = {"memory": (("input", b"hi\n"),)}
# musl's printf rounds %a differently; the others are about the kernel alone.
NOT_BY_MUSL = {"hello", "crafted_elf", "hardship", "fuzz_calls"}
# For Loci only, judged by their status; they come last, for they may take the machine along.
HARD = ("hardship", "fuzz_calls")
FUZZ_CALLS = 100_000
MANY_FUZZ_CALLS = 1_000_000


class Missing(Exception):
    """Why something cannot be had."""


@dataclasses.dataclass(frozen=True)
class Candidate:
    """A test by its name, and how its Program is had, or Missing is raised."""

    name: str
    make: object


def package(name, file):
    """A file out of one of Debian's packages for i386; downloaded at the first time."""
    unpacked = os.path.join(PACKAGES, name)
    path = os.path.join(unpacked, file)
    if os.path.exists(path):
        return path
    for program in ("apt-get", "dpkg"):
        if not shutil.which(program):
            raise Missing(f"{program} is missing, to get {name}:i386 with")
    os.makedirs(PACKAGES, exist_ok=True)
    call(["apt-get", "download", f"{name}:i386"], f"{name}:i386 cannot be downloaded")
    found = glob.glob(os.path.join(PACKAGES, f"{name}_*_i386.deb"))
    if not found:
        raise Missing(f"{name}:i386 was not downloaded")
    call(["dpkg", "-x", found[0], unpacked], f"{name}:i386 cannot be unpacked")
    if not os.path.exists(path):
        raise Missing(f"{name}:i386 has no {file}")
    return path


def call(command, complaint):
    """A step of getting something."""
    done = subprocess.run(
        command, cwd=PACKAGES, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    if done.returncode != 0:
        last = (done.stderr.strip() or "no reason given").splitlines()[-1]
        raise Missing(f"{complaint}: {last}")


def compiled(source, name, command):
    """The program that a compiler makes of a source, unless it is there and newer."""
    os.makedirs(FOLDER, exist_ok=True)
    path = os.path.join(FOLDER, name)
    headers = glob.glob(os.path.join(SOURCES, "*.h"))
    newest = max(os.path.getmtime(file) for file in (source, *headers, __file__))
    if not os.path.exists(path) or os.path.getmtime(path) < newest:
        images.run([*command, "-o", path + ".part"])
        os.replace(path + ".part", path)
    return path


def with_glibc(source, name):
    """By the host's compiler and library."""
    if source.endswith(".cpp"):
        command = ["g++", "-std=c++20", *FLAGS, *WARNINGS, source]
    else:
        command = ["gcc", *FLAGS, *WARNINGS, *C_WARNINGS, source, "-lm"]
    return compiled(source, name, command)


def with_musl(source, name):
    """By the host's compiler, and musl out of its package."""
    library = package("musl-dev", "usr/lib/i386-linux-musl/libc.a")
    folder = os.path.dirname(library)
    headers = os.path.join(PACKAGES, "musl-dev", "usr", "include", "i386-linux-musl")
    kernel = os.path.join("/usr", "include")  # <asm/unistd.h> is the kernel's
    multiarch = os.path.join(kernel, "x86_64-linux-gnu")
    objects = [os.path.join(folder, name) for name in ("crt1.o", "crti.o")]
    command = ["gcc", *FLAGS, *WARNINGS, *C_WARNINGS, "-nostdinc", "-nostdlib"]
    command += ["-isystem", headers, "-idirafter", kernel, "-idirafter", multiarch]
    command += [*objects, source, library, "-lgcc", library]
    return compiled(source, name, command + [os.path.join(folder, "crtn.o")])


def from_source(source, library, build, fuzz_calls=FUZZ_CALLS):
    """The Candidate of one source with one library."""
    base = os.path.splitext(os.path.basename(source))[0]
    name = base if library == "glibc" else f"{base}-{library}"

    def make():
        words = WORDS.get(base, ())
        if base == "fuzz_calls":
            words = ("1", str(fuzz_calls))
        return Program(
            name,
            build(source, name),
            words,
            STDIN.get(base, b""),
            FILES.get(base, ()),
            compared=base not in HARD,
        )

    return Candidate(name, make)


def busybox():
    """Debian's, with a session of about a hundred lines."""
    with open(os.path.join(SOURCES, "busybox.sh"), "rb") as file:
        session = file.read()
    path = package("busybox-static", "bin/busybox")
    return Program("busybox", path, ("sh", "session"), files=(("session", session),))


def built_in(name, *arguments):
    """One that the kernel brings along, judged by its status alone."""
    command = f"/bin/{name}"
    return Candidate(
        f"built-in-{name}",
        lambda: Program(
            f"built-in-{name}", "", arguments, command=command, compared=False
        ),
    )


def candidates(long=False):
    """All of them; with `long`, the fuzzer makes a million calls."""
    sources = sorted(glob.glob(os.path.join(SOURCES, "*.c*")))
    hard = [os.path.join(SOURCES, f"{name}.c") for name in HARD]
    sources = [source for source in sources if source not in hard]
    found = [built_in("layout"), built_in("demo", "all")]
    for source in sources:
        found.append(from_source(source, "glibc", with_glibc))
        base = os.path.splitext(os.path.basename(source))[0]
        if source.endswith(".c") and base not in NOT_BY_MUSL:
            found.append(from_source(source, "musl", with_musl))
    found.append(Candidate("busybox", busybox))
    calls = MANY_FUZZ_CALLS if long else FUZZ_CALLS
    return found + [from_source(source, "glibc", with_glibc, calls) for source in hard]
