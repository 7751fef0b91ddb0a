"""Sessions with programs that a person would have: somebody types, looks at what comes, and
types on. Each is a boot of its own, driven over the serial line or by keyboard and screen.

What a session finds wrong it notes with the machine (machine.note), which fails it.
"""
import dataclasses
import difflib
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
from typing import Callable

import machine
import programs
import verdict
from configuration import ROOT, Configuration, image_path
from newc import Archive
from program_set import SOURCES, package, with_glibc

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
    framebuffer: bool = False  # by GRUB, which sets one up


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


# ---- vi ----------------------------------------------------------------------------------

ESCAPED = 0.4  # behind ESC, vi waits whether a key's sequence follows
ROWS = 24  # of a terminal that does not tell, and of the screen's 25 what has text

# What is typed into `vi file`, up to each ESC or Enter.
TYPED = (
    *("ifirst line\rsecond line\rthird\x1b", "yyp", "kdd", "Ahello\x1b"),
    *("1G", "O\x09top\x1b", "/second\r", "cwSECOND\x1b", ":%s/line/LINE/g\r"),
    *("G", "oend\x1b", "J", "u", "~", "x", "3p", ":1,2y\r", "P", "\x06", "\x02", "Go"),
    *(f"number {i}\r" for i in range(40)),
    *("\x1b", "\x02", "\x02", "dd", "5G", "D", "\x04", "\x15", "H", "rX", "L", "rY", "M", "rZ"),
)


def type_into_vi(type_text):
    """All of it, at a pace that leaves no doubt of what an ESC is."""
    for piece in TYPED:
        type_text(piece)
        time.sleep(ESCAPED if "\x1b" in piece else 0.05)


def vi_on_linux(busybox):
    """What the file has afterwards on this host, whose terminal has ROWS lines."""
    with tempfile.TemporaryDirectory(prefix="loci-", dir=programs.SCRATCH) as folder:
        child, terminal = pty.fork()
        if child == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, 80, 0, 0))
            os.chdir(folder)
            os.execve(busybox, ["vi", "file"], programs.ENVIRONMENT)

        def type_text(text):
            for key in text.encode():
                os.write(terminal, bytes([key]))
                try:
                    while select.select([terminal], [], [], 0.002)[0]:
                        os.read(terminal, 65536)
                except OSError:
                    return  # it has ended

        time.sleep(ESCAPED)
        type_into_vi(type_text)
        type_text(":wq\r")
        os.waitpid(child, 0)
        os.close(terminal)
        with open(os.path.join(folder, "file")) as file:
            return file.read().splitlines()


def module_with_vi(busybox, *files):
    """An archive with busybox's vi, and files of lines."""
    archive = Archive()
    with open(busybox, "rb") as file:
        archive.add_file(["/bin/vi"], file.read(), 0o755)
    for name, lines in files:
        archive.add_file([name], "".join(line + "\n" for line in lines).encode())
    return archive.finish()


def vi_on_serial_line():
    """A file is written by vi as it is on Linux."""
    busybox = package("busybox-static", "bin/busybox")
    wanted = vi_on_linux(busybox)

    def script(booted, seconds):
        booted.wait_for(PROMPT, seconds)
        booted.type("vi file\n")
        booted.wait_for("file 1/1", seconds)
        type_into_vi(booted.type)
        booted.type(":wq\r")
        booted.wait_for(PROMPT, seconds)
        written = ask(booted, "cat file", seconds, PROMPT).splitlines()[1:-1]
        for line in difflib.unified_diff(wanted, written, "Linux", "Loci", lineterm=""):
            booted.note(line)
        booted.type("exit 0\n")

    words = "init=/bin/sh quiet console=ttyS0"
    return Session("vi-serial", words, script, module_with_vi(busybox))


QCODES = {" ": "spc", "\r": "ret", "\n": "ret", "\x1b": "esc", "/": "slash", "-": "minus"}
SHIFTED = {":": "semicolon", "$": "4"}


def press_all(booted, text):
    """Keys of the PS/2 keyboard, Shift and Control with them where that takes it."""
    for character in text:
        if character in SHIFTED or character.isupper():
            keys = ["shift", SHIFTED.get(character, character.lower())]
        elif character < " " and character not in QCODES:
            keys = ["ctrl", chr(ord(character) + 0x60)]
        else:
            keys = [QCODES.get(character, character)]
        codes = [{"type": "qcode", "data": key} for key in keys]
        booted.ask_control("send-key", keys=codes, **{"hold-time": 5})
        time.sleep(ESCAPED if character == "\x1b" else 0.02)


def expect_screen(booted, wanted, status, seconds):
    """The screen shows these lines, and below them vi's last."""
    shown = booted.wait_for_screen(status, seconds)
    lines = [line.rstrip() for line in shown[:ROWS]]
    if lines != wanted:
        booted.note(f"behind {status!r} the screen shows")
        for line in difflib.unified_diff(wanted, lines, "wanted", "shown", lineterm=""):
            booted.note(line)


def attribute_at(booted, row, column):
    """Of a character in VGA's text memory."""
    path = os.path.join(booted.scratch, "text")
    place = 0xB8000 + 2 * (80 * row + column)
    booted.ask_control("pmemsave", val=place, size=2, filename=path)
    with open(path, "rb") as file:
        return file.read()[1]


def vi_on_screen():
    """What vi draws by addressing, erasing and scrolling is what the file says."""
    lines = [f"line {i} ." + "x" * (i * 7 % 70) for i in range(1, 101)]
    module = module_with_vi(package("busybox-static", "bin/busybox"), ("/file", lines))

    def script(booted, seconds):
        if not booted.wait_for_screen("$", seconds):
            return booted.note("no prompt came up on the screen")
        press_all(booted, "vi file\n")
        text = [*lines]
        expect_screen(booted, text[:ROWS], "file 1/100", seconds)
        press_all(booted, "50G")
        expect_screen(booted, text[49 - 12 : 49 + 12], "file 50/100", seconds)
        press_all(booted, "1Gddjj")
        del text[0]
        expect_screen(booted, text[:ROWS], "file [Modified] 3/99", seconds)
        press_all(booted, "Ohello world\x1b")
        text.insert(2, "hello world")
        expect_screen(booted, text[:ROWS], "file [Modified] 3/100", seconds)
        press_all(booted, "G")
        expect_screen(booted, text[-13:] + ["~"] * 11, "100/100", seconds)
        press_all(booted, "/nowhere\r")
        booted.wait_for_screen("not found", seconds)
        if attribute_at(booted, ROWS, 0) != 0x70:
            booted.note(f"a complaint is {attribute_at(booted, ROWS, 0):#x}, not reversed")
        press_all(booted, ":wq\r")
        press_all(booted, "exit 3\n")

    return Session("vi-screen", "init=/bin/sh quiet console=tty0", script, module, 3)


# ---- the framebuffer ---------------------------------------------------------------------


def draw_on_framebuffer():
    """user/tests/devices.c where there are pixels to draw: it judges itself."""
    name = "devices"
    path = with_glibc(os.path.join(SOURCES, "devices.c"), name)
    words = f"init={programs.SCRIPT} quiet console=ttyS0"
    run = programs.Program(name, path, ("fb0",))
    module = programs.module_of([run])

    def script(booted, seconds):
        booted.wait_for("== end devices 0", seconds)

    return Session("framebuffer", words, script, module, framebuffer=True)


def image_with_framebuffer(session, kernel, module, folder):
    """A CD of GRUB's whose entry sets one up, and loads the module."""
    image = os.path.join(folder, "loci.iso")
    command = [sys.executable, os.path.join(ROOT, "tools", "mkiso"), "--timeout", "0"]
    command += ["--default", "framebuffer", "--append", session.words]
    command += ["--module", module, image, kernel, kernel]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise OSError(done.stderr.strip())
    return image


# ---- all of them -------------------------------------------------------------------------


def look_session():
    words = "init=/bin/sh quiet console=ttyS0"
    return Session("monitor-session", words, look_into_programs, status=7)


def candidates():
    """(name, a function that makes the Session) of each; program_set.Missing: why not."""
    return [
        ("monitor-session", look_session),
        ("vi-serial", vi_on_serial_line),
        ("vi-screen", vi_on_screen),
        ("framebuffer", draw_on_framebuffer),
    ]


def run(session, kernel, toolchain, image=""):
    """The Verdict of one."""
    settings = Configuration(
        kernel=kernel,
        toolchain=toolchain,
        cpu="qemu64,+pae,+nx",
        words=session.words,
        image=image,
    )
    with tempfile.TemporaryDirectory(prefix="loci-") as folder:
        module = os.path.join(folder, "module")
        with open(module, "wb") as file:
            file.write(session.module)
        if session.framebuffer:
            image = image_with_framebuffer(session, image_path(settings), module, folder)
            settings = dataclasses.replace(settings, image=image, medium="cd", words="")
        elif session.module:
            settings = dataclasses.replace(settings, extra=("-initrd", module))
        outcome = machine.run(settings, SECONDS, session.script)
    return verdict.judge(outcome, verdict.Expectation(session.status))
