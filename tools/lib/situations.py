"""Situations that are no matter of CPU and RAM: each is booted once, driven by a
script if need be, and judged like every other boot.

Panics on purpose (kernel/rigtest.hpp) must be named in words; machines that lack
a part must be of use without it; nonsense on the command line is told of once.
"""
import dataclasses
import os
import re
from typing import Callable

import machine
import verdict
from configuration import ROOT, Configuration
from verdict import Expectation, Kind

PROMPT = "loci> "
SECONDS = 40
SECONDS_FOR_LARGE_MACHINES = 240


@dataclasses.dataclass(frozen=True)
class Situation:
    """A boot, what is done to it, and what must come of it."""

    name: str
    words: str = ""
    extra: tuple = ()
    cpu: str = "qemu64,+pae,+nx"
    memory: int = 64  # MiB
    script: Callable | None = None
    expected: Expectation = Expectation()
    kind: Kind = Kind.PASS
    kernels: tuple = ("pae",)


def panic(kind, *lines, kernels=("pae", "nopae")):
    """A panic that the word rigtest= provokes, in both kernels or those that can."""
    return Situation(
        name=f"{kind} is reported",
        words=f"rigtest={kind}",
        expected=Expectation(status=verdict.PANICKED, lines=lines),
        kernels=kernels,
    )


def typed(*lines):
    """A script: type each line at the prompt, then switch off."""

    def script(booted, seconds):
        for line in (*lines, "poweroff"):
            booted.wait_for(PROMPT, seconds)
            booted.type(line + "\n")

    return script


def keys(text):
    """QEMU's names of the keys for `text`."""
    names = {" ": "spc", "\n": "ret"}
    return [names.get(character, character) for character in text]


def type_on_keyboard(booted, seconds):
    """The PS/2 keyboard reaches the monitor."""
    booted.wait_for(PROMPT, seconds)
    booted.press(keys("echo from the keyboard\n"))
    booted.wait_for(r"\nfrom the keyboard", seconds)
    booted.press(keys("poweroff\n"), last=True)


def use_screen_only(booted, seconds):
    """No serial line: the prompt is read off the screen, keys are pressed."""
    lines = booted.wait_for_screen("loci>", seconds)
    if not lines:
        return booted.note("no prompt came up on the screen")
    booted.press(keys("poweroff 9\n"), last=True)


def inject_nmi(booted, seconds):
    """QEMU pulls the line; the kernel tells of it and goes on."""
    booted.wait_for(PROMPT, seconds)
    booted.ask_control("inject-nmi")
    booted.wait_for("non-maskable interrupt", seconds)
    booted.type("poweroff\n")


def warn_once(booted, seconds):
    """A malformed value of a known word: one warning, and the default."""
    booted.wait_for(PROMPT, seconds)
    for word, value in (("loglevel", "banana"), ("mem", "lots"), ("vmalloc", "0")):
        count = len(re.findall(f'{word}=: "{value}"', booted.text()))
        if count != 1:
            booted.note(f"{count} warnings of {word}={value}, expected one")
    booted.type("poweroff\n")


SELFTEST = Expectation(tests=True)

SITUATIONS = (
    panic(
        "panic",
        r"^Kernel panic: kernel/rigtest.cpp:\d+: expected == found does not hold",
        r"^  expected 1, found 2$",
        r"  assert_something_false\+0x",
        r"  kernel_main\+0x",
        r"^  cr0 [0-9a-f]{8}  cr2 [0-9a-f]{8}  cr3 [0-9a-f]{8}",
        r"paging on, interrupts were off",
    ),
    panic("panic-early", r"before paging: 42$", r"paging off", r"  boot_main\+0x"),
    panic(
        "panic-irq",
        r"^Kernel panic: on purpose, in IRQ 0$",
        r"^It interrupted: interrupt \(vector 32\)",
        r"^Backtrace of what was interrupted:\n.*rigtest_with_interrupts\+0x",
    ),
    panic(
        "panic-twice",
        r"^Kernel panic: first ",
        r"^Kernel panic: null pointer: page fault at ",
        r"while reporting the panic above",
    ),
    panic(
        "panic-stack",
        r"^Kernel panic: double fault at rigtest_after_paging\+0x",
        r"esp dead0000",
        r"  kernel_main\+0x",
    ),
    panic(
        "overflow",
        r"^Kernel panic: kernel stack overflow at overflow_the_stack\+0x",
        r"in the guard page$",
        r"\.\.\. \d+ times more",
        r"  kernel_main\+0x",
    ),
    panic(
        "stack",
        r"^Kernel panic: kernel stack overflow at overflow_the_stack\+0x",
        r"in the guard page$",
        r"\.\.\. \d+ times more",
        r"  overflow_another_stack",
    ),
    panic(
        "exec-data",
        r"^Kernel panic: page fault at .*: kernel data, which is not executable$",
        kernels=("pae",),
    ),
    panic(
        "write-text",
        r"^Kernel panic: page fault at touch_what_is_forbidden\+0x[0-9a-f]+, "
        r"address 0xc01[0-9a-f]{5}: kernel text, which is read-only$",
    ),
    panic(
        "guard",
        r"^Kernel panic: page fault at touch_what_is_forbidden\+0x.*: the guard page "
        r"behind 0x[0-9a-f]{8}, vmalloc of 12 KiB by touch_what_is_forbidden\+0x",
    ),
    panic("freed", r"^Kernel panic: page fault at .*: no area of vmalloc$"),
    panic(
        "user-address",
        r"^Kernel panic: page fault at .*, address 0x08048000: a user's address, "
        r"without copy_from_user$",
    ),
    panic(
        "exec-null",
        r"null pointer: page fault at 0x00000000",
        r"^  execution of a page that is not present, from ring 0$",
    ),
    panic(
        "read-null",
        r"null pointer: page fault at rigtest_after_paging\+0x[0-9a-f]+, address 0x8$",
        r"error code 0x0:\n  read of a page that is not present, from ring 0$",
    ),
    Situation(
        name="panic=1 starts the machine anew",
        words="rigtest=panic panic=1",
        expected=Expectation(status=verdict.PANICKED),
        kind=Kind.RESET,
    ),
    Situation(
        name="too little memory is refused with a number",
        words="mem=3M",
        expected=Expectation(
            status=verdict.REFUSED, lines=(r"it needs 1\.6 MiB of usable RAM",)
        ),
    ),
    Situation(
        name="malformed words are told of once",
        words="loglevel=banana mem=lots vmalloc=0",
        script=warn_once,
    ),
    Situation(
        name="vmalloc= takes its addresses from low memory",
        words="vmalloc=512M selftest",
        memory=1024,
        expected=dataclasses.replace(
            SELFTEST, lines=(r"lowmem : 0xc0000000 - 0xd[ef][0c]00000  ",)
        ),
        kernels=("pae", "nopae"),
    ),
    Situation(
        name="a greedy vmalloc= leaves 64 MiB of low memory",
        words="vmalloc=4G",
        memory=128,
        script=typed("layout"),
        expected=Expectation(lines=(r"lowmem : 0xc0000000 - 0xc4000000  ",)),
    ),
    Situation(
        name="a glob that matches no test fails",
        words="selftest=no.such*",
        expected=Expectation(
            status=verdict.TESTS_FAILED, lines=(r"no test matches", r"^0 passed, 1 failed")
        ),
    ),
    Situation(
        name="tests that get no memory to work in fail",
        words="fail_page_alloc=1,100,60000,1 selftest=*",
        expected=Expectation(
            status=verdict.TESTS_FAILED,
            lines=(
                r"^# no memory: the tests want 80 KiB in one piece$",
                r"^0 passed, 1 failed",
            ),
        ),
    ),
    Situation(
        name="tests that there is no memory to unpack fail",
        words="fail_page_alloc=1,100,500000,-1 selftest=*",
        expected=Expectation(
            status=verdict.TESTS_FAILED,
            lines=(
                r"^# no test can run: there is no memory for the tests$",
                r"^0 passed, 1 failed",
            ),
        ),
    ),
    Situation(
        name="tests are there while they run, and not before or behind it",
        script=typed("x 0xff000000", "selftest packed_tests.*", "vmallocinfo",
                     "x 0xff000010", "selftest packed_tests.are_here*"),
        expected=Expectation(
            lines=(
                r"^x: 0xff000000 cannot be read$",
                r"^ok 5 packed_tests\.",
                r"^0xff000000-0xff\S+ +\d+ reserve_tests_addresses\+0x0 vmap$",
                r"^x: 0xff000010 cannot be read$",
                r"^ok 1 packed_tests\.are_here_for_as_long_as_anybody_wants_them$",
            )
        ),
        kernels=("pae", "nopae"),
    ),
    Situation(
        name="a test that leaves something behind fails",
        words="selftest=rig.leaves*",
        expected=Expectation(
            status=verdict.TESTS_FAILED,
            lines=(
                r"^# rig:0: what a test must leave as it found it does not hold: "
                r"0 before it, 1 behind it$",
                r"^not ok 1 rig.leaves_something_behind$",
            ),
        ),
    ),
    Situation(
        name="a module of garbage does no harm",
        extra=("-initrd", os.path.join(ROOT, "LICENSE") + " and words"),
        script=typed("boot", "mem"),
        expected=Expectation(lines=(r"modules +1$", r"and words$", r"\] module$")),
    ),
    Situation(
        name="an address that is not mapped is reported",
        script=typed("x 0x10", "w 0x10 1"),
        expected=Expectation(lines=(r"0x00000010 cannot be read$", r"0x00000010 cannot be written$")),
    ),
    Situation(
        name="a non-maskable interrupt is named",
        cpu="486",
        script=inject_nmi,
        expected=Expectation(lines=(r"non-maskable interrupt: the hardware",)),
        kernels=("nopae",),
    ),
    Situation(
        name="poweroff hands over its status",
        script=lambda booted, seconds: (
            booted.wait_for(PROMPT, seconds),
            booted.type("poweroff 5\n"),
        ),
        expected=Expectation(status=5),
    ),
    Situation(name="the PS/2 keyboard is heard", script=type_on_keyboard),
    Situation(
        name="without a serial line there are screen and keyboard",
        extra=("-serial", "none"),
        script=use_screen_only,
        expected=Expectation(status=9, silent=True),
        kernels=("pae", "nopae"),
    ),
    Situation(
        name="without a keyboard the user is told",
        extra=("-machine", "q35,i8042=off"),
        script=typed(),
        expected=Expectation(lines=(r"No PS/2 keyboard answers",)),
    ),
    Situation(
        name="noapic uses the PICs",
        words="noapic selftest",
        expected=dataclasses.replace(SELFTEST, lines=(r"interrupts: .*PIC",)),
        kernels=("pae", "nopae"),
    ),
    Situation(
        name="without ACPI the PICs are used",
        words="selftest",
        extra=("-machine", "pc,acpi=off"),
        expected=SELFTEST,
    ),
    Situation(
        name="without a TSC the PIT is the clock",
        words="selftest",
        cpu="qemu64,+pae,-tsc",
        expected=dataclasses.replace(SELFTEST, lines=(r"clock: PIT",)),
    ),
    Situation(
        name="a q35 machine passes the self-test",
        words="selftest",
        extra=("-machine", "q35"),
        expected=SELFTEST,
        kernels=("pae", "nopae"),
    ),
    Situation(
        name="64 GiB of RAM, of which little is really there",
        words="selftest",
        cpu="max",
        memory=64 << 10,
        extra=(
            *("-machine", "pc,memory-backend=ram"),
            *("-object", "memory-backend-ram,id=ram,size=64G,reserve=off"),
        ),
        expected=dataclasses.replace(
            SELFTEST, lines=(r"mem_map: 17039360 frames, 520 MiB at",)
        ),
    ),
    Situation(
        name="after booting, tests of what was given back are skipped",
        script=typed("selftest memblock.*"),
        expected=Expectation(
            lines=(
                r"Freeing unused kernel memory: \d+K$",
                r"^ok 1 memblock\.\S+ # SKIP its code was given back after boot$",
                r"^0 passed, 0 failed, \d+ skipped$",
            )
        ),
    ),
    Situation(
        name="pages that fail on purpose fail alone",
        words="fail_page_alloc=1,100,0,1",
        script=typed("demo buddy", "demo buddy"),
        expected=Expectation(
            lines=(
                r"^demo buddy: there are no \S+ KiB of memory in one piece$",
                r"A zone of frames 0 to 1023;",
            )
        ),
    ),
    Situation(
        name="bench prints its rows",
        words="bench",
        expected=Expectation(
            lines=(r"^bench clear_page_hot median=\d+ min=\d+ n=\d+$",)
        ),
    ),
    # A tick is an instruction here, so that this is no test of time.
    Situation(
        name="the kernel's map is made by fewer than 200,000 instructions",
        words="bench=boot.kernel_map",
        extra=("-icount", "shift=0,sleep=off"),
        memory=1024,
        expected=Expectation(
            lines=(r"^bench boot\.kernel_map median=1?\d{1,5} min=\d+ n=1$",)
        ),
    ),
)


def cases():
    """(name, situation, kernel) of every boot."""
    for situation in SITUATIONS:
        for kernel in situation.kernels:
            yield f"{kernel}: {situation.name}", situation, kernel


def run(situation, kernel, toolchain):
    """Boot one. Its Verdict."""
    configuration = Configuration(
        kernel=kernel,
        toolchain=toolchain,
        cpu=situation.cpu,
        memory=situation.memory,
        words=situation.words,
        extra=situation.extra,
    )
    seconds = SECONDS if situation.memory <= 4096 else SECONDS_FOR_LARGE_MACHINES
    outcome = machine.run(configuration, seconds, situation.script)
    return verdict.judge(outcome, situation.expected)
