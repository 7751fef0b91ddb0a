"""The boots of `make bench`: what is taken from a run, and what is none."""
import io
import os
import random
import struct
import subprocess
import sys
import tarfile
import tempfile
import unittest
from unittest import mock

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools", "lib"))

import bench_runs
import debian_linux
from machine import Outcome
from program_set import Missing

GOOD = """\
witness ticks 20743512
witness memory 516096 511388
mm null_syscall_getppid 102.0 102.0 cycles
mm fork_exit_wait_small 29560.0 29560.0 cycles
mm total 888 0 Mcycles
MMDONE
witness end 0
"""


def taken(text, wants_rows=True, **more):
    """What is made of a run that said so."""
    return bench_runs.witnessed(Outcome(serial=text, status=1, **more), 0.3, wants_rows)


class AtItsEnd(unittest.TestCase):
    """A run that came to its end."""

    def test_gives_its_figures(self):
        run = taken(GOOD)
        self.assertEqual(run.figures["fork_exit_wait_small"], 29560)
        self.assertEqual(len(run.figures), 2)
        self.assertEqual((run.ticks, run.free, run.seconds), (20743512, 511388, 0.3))

    def test_needs_no_rows_where_none_were_asked_for(self):
        lines = [line for line in GOOD.splitlines() if "witness" in line]
        self.assertEqual(taken("\n".join(lines), False).figures, {})


class NotAtItsEnd(unittest.TestCase):
    """Each gives an error, and no figures."""

    def fails(self, complaint, text, **more):
        with self.assertRaisesRegex(bench_runs.BootFailed, complaint):
            taken(text, **more)

    def test_killed_at_any_line(self):
        lines = GOOD.splitlines()
        for count in range(len(lines)):
            self.fails("", "\n".join(lines[:count]))

    def test_out_of_time(self):
        self.fails("still running", GOOD, timed_out=True)

    def test_panic(self):
        self.fails("Kernel panic: no", GOOD + "Kernel panic: no\n")

    def test_linux_panics_in_other_words(self):
        self.fails("Kernel panic - not", GOOD + "Kernel panic - not syncing: x\n")

    def test_reset(self):
        self.fails("reset", GOOD, reset=True)

    def test_program_failed(self):
        self.fails("not come to its end", GOOD.replace("MMDONE\n", ""))
        self.fails("ended with 1", GOOD.replace("end 0", "end 1"))
        self.fails("fork failed 12", GOOD.replace("mm total", "mmbench: fork failed 12\nmm x"))
        self.fails("skipped", GOOD.replace("mm total", "mm file_tests_skipped 0 0 none\nmm x"))

    def test_tells_of_the_log_and_the_command(self):
        with self.assertRaises(bench_runs.BootFailed) as failure:
            taken("some last words\n", errors="no such CPU", command="qemu -x")
        for part in ("ended before init", "some last words", "no such CPU", "qemu -x"):
            self.assertIn(part, str(failure.exception))


class Medians(unittest.TestCase):
    """Over several boots."""

    def run_of(self, seconds, **figures):
        return bench_runs.Witnessed(figures, 0, 0, seconds)

    def test_of_rows_that_all_have(self):
        runs = [self.run_of(1, a=1, b=5), self.run_of(3, a=9), self.run_of(2, a=3, b=7)]
        self.assertEqual(bench_runs.medians(runs), {"a": 3})
        self.assertEqual(bench_runs.milliseconds_to_init(runs), 2000)

    def test_the_systems_take_turns(self):
        bench = bench_runs.Bench("qemu32", "", lambda text: None, lambda *words: None)
        order = []
        systems = [bench_runs.System(name, "", "") for name in ("Loci", "Linux")]
        with mock.patch.object(
            bench, "boot", lambda system, *words: order.append(system.name)
        ):
            runs = bench.taking_turns(systems, 2, "")
        self.assertEqual(order, ["Loci", "Linux", "Loci", "Linux"])
        self.assertEqual({name: len(found) for name, found in runs.items()},
                         {"Loci": 2, "Linux": 2})


class Image(unittest.TestCase):
    """How large a kernel is."""

    def size_of(self, data):
        with tempfile.NamedTemporaryFile() as file:
            file.write(data)
            file.flush()
            return bench_runs.image_size(file.name)

    def test_of_an_elf_file_what_is_loaded(self):
        header = bytearray(52)
        header[:6] = b"\x7fELF\x01\x01"
        struct.pack_into("<I", header, 28, 52)
        struct.pack_into("<HH", header, 42, 32, 3)
        segments = [(1, 0, 0, 0x100000, 10, 0x500), (2, 0, 0, 0x900000, 9, 9),
                    (1, 0, 0, 0x101000, 10, 0x2345)]
        table = b"".join(struct.pack("<8I", *segment, 0, 0) for segment in segments)
        self.assertEqual(self.size_of(bytes(header) + table + bytes(9999)), 0x3345)

    def test_of_another_file_all(self):
        self.assertEqual(self.size_of(b"MZ" + bytes(98)), 100)


class SameForBoth(unittest.TestCase):
    """The race is fair."""

    def test_the_archive_is_the_same_each_time(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("witness", "mmbench", "tiny"):
                with open(os.path.join(folder, name), "w") as file:
                    file.write(name)
            random.seed(None)
            first = bench_runs.program_archive(folder)
            self.assertEqual(first, bench_runs.program_archive(folder))
            self.assertGreater(len(first), bench_runs.DATA_SIZE)
            self.assertLess(len(bench_runs.program_archive(folder, False)), 4096)

    def test_the_machine_differs_in_the_kernel_and_its_words_only(self):
        seen = []
        bench = bench_runs.Bench("qemu32", "", lambda text: None, lambda *words: None)
        run = lambda configuration, *_: seen.append(configuration) or Outcome()  # noqa: E731
        with mock.patch("machine.run", run), mock.patch.object(
            bench_runs, "program_archive", lambda *_: b""
        ):
            for name in ("Loci", "Linux"):
                system = bench_runs.System(name, name, name.lower())
                with self.assertRaises(bench_runs.BootFailed):
                    bench.boot(system, 512, True, bench_runs.MMBENCH)
        loci, linux = seen
        for field in ("memory", "cpu", "medium", "firmware"):
            self.assertEqual(getattr(loci, field), getattr(linux, field))
        self.assertEqual(loci.extra[2:], linux.extra[2:])
        self.assertEqual(loci.words.replace("loci", "linux"), linux.words)


class DebianKernel(unittest.TestCase):
    """Out of a package, by its own word."""

    def tar_of(self, *names):
        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode="w") as archive:
            for name in names:
                member = tarfile.TarInfo(name)
                member.size = len(name)
                archive.addfile(member, io.BytesIO(name.encode()))
        return io.BytesIO(data.getvalue())

    def test_takes_the_kernel_and_nothing_else(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "vmlinuz")
            stream = self.tar_of("./boot/config-6.1", "./boot/vmlinuz-6.1", "./usr/x")
            debian_linux.take_kernel(stream, path)
            with open(path) as file:
                self.assertEqual(file.read(), "./boot/vmlinuz-6.1")
            self.assertEqual(os.listdir(folder), ["vmlinuz"])

    def test_a_package_without_one_is_told_of(self):
        with tempfile.TemporaryDirectory() as folder:
            with self.assertRaises(Missing):
                debian_linux.take_kernel(self.tar_of("./usr/x"), os.path.join(folder, "k"))
            self.assertEqual(os.listdir(folder), [])

    def test_without_a_network_there_is_a_reason(self):
        def refuse(command, complaint, folder):
            raise Missing(f"{complaint}: no network")

        with tempfile.TemporaryDirectory() as folder, mock.patch.object(
            debian_linux, "FOLDER", folder
        ), mock.patch.object(debian_linux, "call", refuse), mock.patch(
            "shutil.which", lambda name: name
        ):
            with self.assertRaisesRegex(Missing, "no linux-image-686:i386.*no network"):
                debian_linux.kernel("nopae")

    def test_reads_the_version(self):
        image = bytearray(0x300)
        image[0x202:0x206] = b"HdrS"
        struct.pack_into("<H", image, 0x20E, 0x40)
        text = b"6.1.0-50-686 (a@b) #1 SMP Debian 6.1.176-1 (2026)\0"
        image[0x240 : 0x240 + len(text)] = text
        with tempfile.NamedTemporaryFile() as file:
            file.write(image)
            file.flush()
            self.assertEqual(debian_linux.version(file.name), "6.1.0-50-686, Debian 6.1.176-1")
            file.truncate(0x20A)
            self.assertEqual(debian_linux.version(file.name), "unknown")


class WholeTool(unittest.TestCase):
    """tools/bench itself."""

    def call(self, *words):
        program = os.path.join(ROOT, "tools", "bench")
        with tempfile.TemporaryDirectory() as folder:
            environment = {**os.environ, "BUILD": folder}
            return subprocess.run(
                [sys.executable, program, *words],
                capture_output=True, text=True, env=environment,
            )

    def table_of(self, pattern):
        """Of GOOD and a stand-in."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "loci.log")
            with open(path, "w") as file:
                file.write(GOOD + "bench sim.cow_break_child median=9 min=9 n=51\n")
            return self.call("--log", path, "--rows", pattern, "--words", "x " * 50)

    def test_stand_ins_are_there_when_asked_for(self):
        done = self.table_of("sim.*")
        self.assertRegex(done.stdout, r"(?m)^  sim.cow_break_child +9 +4379 +0\.00 +1750$")
        self.assertNotIn("null_syscall", done.stdout)
        self.assertNotIn("sim.", self.table_of("*_*").stdout)

    def test_makes_a_table_of_a_log(self):
        done = self.table_of("*_*_*")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"(?m)^! null_syscall_getppid +102 +350 +0\.29 ")
        self.assertRegex(done.stdout, r"(?m)^  cow_break_child +absent ")
        self.assertRegex(done.stdout, r"geometric mean, user")
        self.assertTrue(all(len(line) <= 80 for line in done.stdout.splitlines()))

    def test_without_rows_there_is_no_table(self):
        with tempfile.NamedTemporaryFile() as file:
            done = self.call("--log", file.name)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout, "")

    def test_a_boot_that_fails_gives_an_error_and_no_table(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("witness", "mmbench", "tiny", "loci.elf"):
                with open(os.path.join(folder, name), "w") as file:
                    file.write("no program, no kernel")
            words = ("--recorded", "--rows", "fork_*", "--programs", folder)
            done = self.call(*words, "--image", os.path.join(folder, "loci.elf"))
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout, "")
        self.assertIn("no table, because a boot failed\nLoci, 512 MiB: ", done.stderr)
        self.assertIn("--- command", done.stderr)


if __name__ == "__main__":
    unittest.main()
