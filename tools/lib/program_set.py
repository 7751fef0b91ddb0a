"""The programs of `make programs`: those of user/tests/ with each C library that can be
had, busybox, mmbench, and the ones that Loci carries.

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
from programs import Program, libraries_of

SOURCES = os.path.join(ROOT, "user", "tests")
FOLDER = os.path.join(BUILD, "programs")
PACKAGES = os.path.join(FOLDER, "packages")

WARNINGS = ("-Wall", "-Wextra", "-Wno-unused-result")
# A pointer is a number in tests of addresses.
C_WARNINGS = ("-Wno-pointer-to-int-cast", "-Wno-int-to-pointer-cast")
COMMON = ("-m32", "-O1", "-pthread", "-fno-stack-protector")
FLAGS = (*COMMON, "-static", "-no-pie")
DYNAMIC_FLAGS = (*COMMON, "-fPIE", "-pie")

# What some of them are given.
WORDS = {"hello": ("one", "two words", ""), "environment": ("one", "two words")}
STDIN = {"hello": b"a line\nand another\nwithout end", "library": b"four words on stdin\n"}
FILES = {"memory": (("input", b"hi\n"),)}
# musl's printf rounds %a differently, and its package lacks the kernel's headers; the others
# are about the kernel alone.
NOT_BY_MUSL = {"hello", "corners", "damage", "devices", "crafted_elf", "hardship", "races",
               "fuzz_calls"}
# For Loci only, judged by their status; they come last, for they may take the machine along.
HARD = ("hardship", "races", "fuzz_calls")
NOT_COMPARED = {*HARD, "devices"}  # what this Linux would not let them do
FUZZ_CALLS = 100_000
MANY_FUZZ_CALLS = 1_000_000
MMBENCH_DATA = 1 << 20  # bytes of the file that it maps


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


def call(command, complaint, folder=PACKAGES):
    """A step of getting something. What it printed."""
    done = subprocess.run(
        command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    if done.returncode != 0:
        last = (done.stderr.strip() or "no reason given").splitlines()[-1]
        raise Missing(f"{complaint}: {last}")
    return done.stdout


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


def dynamic(name, source, module=""):
    """A Candidate that the loader puts together out of the host's libraries; a module is
    what it loads itself."""

    def make():
        path = os.path.join(SOURCES, "dynamic", source)
        compiler = ["g++", "-std=c++20"] if source.endswith(".cpp") else ["gcc"]
        command = [*compiler, *DYNAMIC_FLAGS, *WARNINGS, path]
        program = compiled(path, name, command)
        libraries, files = set(libraries_of(program)), ()
        if module:
            path = os.path.join(SOURCES, "dynamic", module)
            command = ["gcc", *COMMON, "-fPIC", "-shared", *WARNINGS, path, "-lm"]
            shared = compiled(path, "module.so", command)
            libraries |= set(libraries_of(shared))
            with open(shared, "rb") as file:
                files = (("module.so", file.read()),)
        return Program(name, program, files=files, libraries=tuple(sorted(libraries)))

    return Candidate(name, make)


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
            compared=base not in NOT_COMPARED,
        )

    return Candidate(name, make)


def busybox():
    """Debian's, with a session of about a hundred lines."""
    with open(os.path.join(SOURCES, "busybox.sh"), "rb") as file:
        session = file.read()
    path = package("busybox-static", "bin/busybox")
    return Program("busybox", path, ("sh", "session"), files=(("session", session),))


def mmbench():
    """What `make bench` measures with, in a short run: whether it comes to its end. It
    executes a program of Loci's in place of its own tiny one."""
    path = os.path.join(BUILD, "user", "bench", "mmbench")
    built = f"BUILD={images.as_make_has_it(BUILD)}"
    images.make(built, images.as_make_has_it(path))
    words = ("5", "0", "data", "/bin/echo")
    files = (("data", bytes(MMBENCH_DATA)),)
    return Program("mmbench", path, words, files=files, compared=False)


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
    found.append(dynamic("dynamic-libraries", "libraries.c", "module.c"))
    found.append(dynamic("dynamic-objects", "objects.cpp"))
    found.append(Candidate("busybox", busybox))
    found.append(Candidate("mmbench", mmbench))
    calls = MANY_FUZZ_CALLS if long else FUZZ_CALLS
    return found + [from_source(source, "glibc", with_glibc, calls) for source in hard]
