"""Sessions with programs that a person would have: somebody types, looks at what comes, and
types on. Each is a boot of its own, driven over the serial line or by keyboard and screen.

What a session finds wrong it notes with the machine (machine.note), which fails it.
"""
import dataclasses
import re
from typing import Callable

import machine
import verdict
from configuration import Configuration

PROMPT = r"\$ $"
MONITOR = r"loci> $"
SECONDS = 120


@dataclasses.dataclass(frozen=True)
class Session:
    """A boot by `words`, with an archive where there is one, and who types."""

    name: str
    words: str
    script: Callable
    module: bytes = b""
    status: int = 0


def ask(booted, line, seconds, prompt=MONITOR):
    """Type a line where a prompt stands; what is printed up to the next one."""
    before = booted.read_upto
    booted.type(line + "\n")
    booted.wait_for(prompt, seconds)
    return booted.text()[before : booted.read_upto]


def expect(booted, text, *patterns):
    """Each pattern is found in the text, or noted."""
    for pattern in patterns:
        if not re.search(pattern, text, re.MULTILINE):
            booted.note(f"{pattern} is not in:\n{text}")


def open_monitor(booted, how, seconds):
    """By one of three ways."""
    if how == "key":
        booted.type("\x1d\x1d")
    elif how == "break":
        booted.ask_control("chardev-send-break", id="serial0")
    else:
        keys = [{"type": "qcode", "data": key} for key in ("alt", "sysrq")]
        booted.ask_control("send-key", keys=keys)
    booted.wait_for(MONITOR, seconds)


def look_into_programs(booted, seconds):
    """The monitor over a shell and a program of its: each is looked into, and goes on."""
    booted.wait_for(PROMPT, seconds)
    ask(booted, "sleep 1000 &", seconds, PROMPT)
    open_monitor(booted, "key", seconds)
    tasks = ask(booted, "ps", seconds)
    sleeper = re.search(r"^ +(\d+) .* sleep$", tasks, re.MULTILINE)
    if not sleeper:
        return booted.note(f"no sleep among the tasks:\n{tasks}")
    pid = sleeper[1]
    maps = ask(booted, f"maps {pid}", seconds)
    expect(
        booted,
        maps,
        r"^08048000-[0-9a-f]{8} r-xp .* /bin/sleep$",
        r"\[heap\]$",
        r"^bf[0-9a-f]{6}-c0000000 rw-p .* \[stack\]$",
    )
    walk = ask(booted, f"walk {pid} 0x08048000", seconds)
    expect(booted, walk, r"selector 0x7b: GDT entry 15, ring 3$", r"user accessed$")
    expect(booted, walk, r"^physical    0x[0-9a-f]+  frame 0x[0-9a-f]+, offset 0x000$")
    expect(booted, ask(booted, f"faults {pid}", seconds), r"^[1-9]\d* faults in this")
    expect(booted, ask(booted, "maps 9999", seconds), r"^9999 is no program with an")
    ask(booted, "faults on 1", seconds)
    booted.type("continue\n")
    # The key may have reached the shell once: its line is begun anew.
    for number, how in ((5, "break"), (6, "keyboard")):
        booted.type(f"\x15echo word-{number}\n")
        booted.wait_for(rf"\nword-{number}\n", seconds)
        open_monitor(booted, how, seconds)
        stories = ask(booted, "faults 1", seconds)
        expect(booted, stories, r"^decided  \S", r"^cost +\d+ instructions")
        ask(booted, "faults off", seconds)
        booted.type("\x04" if how == "break" else "continue\n")
    booted.type(f"\x15kill {pid}\nexit 7\n")


def candidates():
    """(name, a function that makes the Session) of each."""
    looking = Session(
        "monitor-session", "init=/bin/sh quiet console=ttyS0", look_into_programs, status=7
    )
    return [("monitor-session", lambda: looking)]


def run(session, kernel, toolchain, image=""):
    """The Verdict of one."""
    settings = Configuration(
        kernel=kernel,
        toolchain=toolchain,
        cpu="qemu64,+pae,+nx",
        words=session.words,
        image=image,
    )
    outcome = machine.run(settings, SECONDS, session.script)
    return verdict.judge(outcome, verdict.Expectation(session.status))
