"""A QEMU that runs Loci, with its serial line and its control socket in hand.

    with Machine(configuration) as machine:
        machine.wait_for("loci> ", 10)
        machine.type("poweroff\\n")
        outcome = machine.finish(10)

The serial line is QEMU's standard input and output. QMP comes in over a socket
pair; it says why a guest stopped, and takes screen dumps. What happened is an
Outcome; verdict.py judges it.
"""
import dataclasses
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import tempfile
import threading
import time

import configuration as configurations

# GRUB and UEFI firmware position the cursor and colour their text.
ESCAPE = re.compile(r"\x1b(?:\[[0-9;?=]*[A-Za-z]|[()][A-Z0-9]|[c=>])")


class TimedOut(Exception):
    """The machine did not do in time what a script waited for."""


class Ended(Exception):
    """The machine went off while a script waited for something."""


@dataclasses.dataclass
class Outcome:
    """All that can be known of a run from outside."""

    serial: str = ""
    status: int | None = None  # QEMU's exit status; None: stopped by us
    timed_out: bool = False
    reset: bool = False  # the guest asked for a reset, or had a triple fault
    triple_fault: bool = False  # it was that
    errors: str = ""  # QEMU's standard error
    waited_for: str = ""  # what the script was waiting for when time was up
    notes: list = dataclasses.field(default_factory=list)  # a script's complaints
    seconds: float = 0.0
    command: str = ""


def clean(text):
    """`text` without the escape sequences of terminals and carriage returns."""
    return ESCAPE.sub("", text).replace("\r", "")


class Machine:
    """One QEMU process, from its start to its end."""

    def __init__(self, configuration):
        self.configuration = configuration
        self.scratch = tempfile.mkdtemp(prefix="loci-")
        self.trace = os.path.join(self.scratch, "resets.log")
        self.received = bytearray()
        self.changed = threading.Condition()
        self.closed = False
        self.events = []
        self.read_upto = 0
        self.waited_for = ""
        self.notes = []
        self.started = time.monotonic()
        self.process = None
        try:
            self.start()
        except BaseException:
            self.remove()
            raise

    def start(self):
        """Start QEMU and the two threads that listen to it."""
        ours, theirs = socket.socketpair()
        self.control = ours
        fd = theirs.fileno()
        command = configurations.qemu_command(self.configuration, self.scratch)
        self.command = shlex.join(command + ["-serial", "stdio"])
        command += ["-d", "cpu_reset", "-D", self.trace]
        command += ["-serial", "stdio", "-monitor", "none"]
        command += ["-chardev", f"socket,id=control,fd={fd}"]
        command += ["-mon", "chardev=control,mode=control"]
        self.errors = open(os.path.join(self.scratch, "errors"), "w+b")
        with theirs:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self.errors,
                pass_fds=[fd],
                bufsize=0,
            )
        self.replies = []
        self.threads = [
            threading.Thread(target=self.listen_to_serial, daemon=True),
            threading.Thread(target=self.listen_to_control, daemon=True),
        ]
        for thread in self.threads:
            thread.start()
        self.send_control({"execute": "qmp_capabilities"})

    def listen_to_serial(self):
        """Collect what the machine says, until it closes the line."""
        while piece := os.read(self.process.stdout.fileno(), 65536):
            with self.changed:
                self.received += piece
                self.changed.notify_all()
        with self.changed:
            self.closed = True
            self.changed.notify_all()

    def listen_to_control(self):
        """Collect QMP's events and replies, a line of JSON each."""
        try:
            for line in self.control.makefile("r", errors="replace"):
                message = json.loads(line)
                with self.changed:
                    if "event" in message:
                        self.events.append(message)
                    elif "return" in message or "error" in message:
                        self.replies.append(message)
                    self.changed.notify_all()
        except (OSError, ValueError):
            pass  # the process is gone, perhaps in the middle of a line

    def send_control(self, message):
        """One command; a machine that is gone is no error here."""
        try:
            self.control.sendall(json.dumps(message).encode() + b"\n")
        except OSError:
            pass

    def ask_control(self, command, seconds=10, **arguments):
        """Send a QMP command and wait for the answer."""
        with self.changed:
            before = max(len(self.replies), 1)  # the first answers the greeting
            self.changed.wait_for(lambda: self.replies or self.closed, seconds)
        self.send_control({"execute": command, "arguments": arguments})
        with self.changed:
            done = self.changed.wait_for(
                lambda: len(self.replies) > before or self.closed, seconds
            )
            if self.closed or not done:
                raise Ended(f"no answer to {command}")
            return self.replies[-1]

    def text(self):
        """What the serial line said so far, as plain text."""
        with self.changed:
            return clean(self.received.decode(errors="replace"))

    def wait_for(self, pattern, seconds):
        """Wait until the serial line said `pattern` (a regular expression) after
        what was waited for last. The match; TimedOut or Ended when it did not."""
        wanted = re.compile(pattern)
        limit = time.monotonic() + seconds
        self.waited_for = pattern
        while True:
            with self.changed:
                size, closed = len(self.received), self.closed
            match = wanted.search(self.text(), self.read_upto)
            if match:
                self.read_upto = match.end()
                self.waited_for = ""
                return match
            left = limit - time.monotonic()
            if closed:
                raise Ended(pattern)
            if left <= 0:
                raise TimedOut(pattern)
            with self.changed:
                self.changed.wait_for(
                    lambda: len(self.received) > size or self.closed, left
                )

    def type(self, text):
        """Type `text` on the serial line, at the pace of a patient typist: a
        16550 without its FIFO holds one character."""
        for character in text.encode():
            try:
                self.process.stdin.write(bytes([character]))
            except OSError:
                return
            time.sleep(0.002)

    def screenshot(self, path):
        """Write the screen to `path` as a PPM picture."""
        reply = self.ask_control("screendump", filename=os.path.abspath(path))
        if "error" in reply:
            raise Ended(f"screendump: {reply['error'].get('desc')}")
        return path

    def screen_lines(self):
        """The text on the screen, read back from its picture."""
        from screen_text import read_screen

        return read_screen(self.screenshot(os.path.join(self.scratch, "screen.ppm")))

    def wait_for_screen(self, text, seconds):
        """Wait until a line on the screen has `text`. The lines, or none."""
        from screen_text import NotText

        limit = time.monotonic() + seconds
        while time.monotonic() < limit and not self.closed:
            try:
                lines = self.screen_lines()
            except NotText:
                lines = []
            if any(text in line for line in lines):
                return lines
            time.sleep(0.2)
        return []

    def press(self, keys, last=False):
        """Press keys of the PS/2 keyboard, by QEMU's names, one after another.
        `last`: they end the machine, so the answer to the last may not come."""
        for key in keys:
            code = {"type": "qcode", "data": key}
            try:
                self.ask_control("send-key", keys=[code], **{"hold-time": 5})
            except Ended:
                if not last:
                    raise
            time.sleep(0.02)

    def note(self, complaint):
        """A script's complaint, which makes the verdict a failure."""
        self.notes.append(complaint)

    def finish(self, seconds):
        """Wait for the end of the machine, or end it when time is up."""
        timed_out = False
        try:
            self.process.wait(max(seconds, 0))
        except subprocess.TimeoutExpired:
            timed_out = True
            self.process.kill()
            self.process.wait()
        for thread in self.threads:
            thread.join(5)
        return self.outcome(timed_out)

    def outcome(self, timed_out):
        """Gather what is known, after the end."""
        self.errors.seek(0)
        reasons = [
            event.get("data", {}).get("reason")
            for event in self.events
            if event["event"] == "SHUTDOWN"
        ]
        fault = self.triple_fault()
        return Outcome(
            serial=self.text(),
            status=None if timed_out else self.process.returncode,
            timed_out=timed_out,
            reset=fault or "guest-reset" in reasons,
            triple_fault=fault,
            errors=self.errors.read().decode(errors="replace"),
            waited_for=self.waited_for,
            notes=list(self.notes),
            seconds=time.monotonic() - self.started,
            command=self.command,
        )

    def triple_fault(self):
        """Whether QEMU's own log tells of one."""
        try:
            with open(self.trace, errors="replace") as file:
                return "Triple fault" in file.read()
        except FileNotFoundError:
            return False

    def remove(self):
        """Leave nothing behind: no process, no file."""
        if self.process:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            self.process.stdin.close()
            self.process.stdout.close()
            self.errors.close()
            self.control.close()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()


def run(configuration, seconds=60, script=None):
    """Boot `configuration`, drive it by script(machine), return the Outcome.

    The time limit holds for all of it. A script that waits in vain is told of
    by the Outcome: timed_out and waited_for.
    """
    limit = time.monotonic() + seconds
    with Machine(configuration) as machine:
        if script:
            try:
                script(machine, limit - time.monotonic())
            except TimedOut:
                return machine.finish(0)
            except Ended as reason:
                machine.note(f"the machine ended while waiting for {reason}")
                return machine.finish(5)
        return machine.finish(limit - time.monotonic())
