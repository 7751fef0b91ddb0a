"""tools/write-usb refuses each thing that is not a free, removable disk."""
import os
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.path.join(ROOT, "tools", "write-usb")
SWAPS = "Filename Type Size Used Priority\n"


class WriteUsb(unittest.TestCase):
    """A made-up machine with one stick, sdz, and its partition sdz1."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.root = scratch.name
        self.image = os.path.join(self.root, "loci.iso")
        with open(self.image, "wb") as file:
            file.write(os.urandom(9000))
        self.device = os.path.join(self.root, "dev", "sdz")
        self.put("dev/sdz", "\0" * 65536)
        self.put("dev/sdz1", "")
        disk = "sys/devices/usb/block/sdz/"
        for name, text in {
            "dev": "8:400",
            "removable": "1",
            "ro": "0",
            "size": "128",
            "device/model": "Test Stick",
            "sdz1/dev": "8:401",
            "sdz1/partition": "1",
        }.items():
            self.put(disk + name, text + "\n")
        self.disk = os.path.join(self.root, disk)
        blocks = os.path.join(self.root, "sys/class/block")
        os.makedirs(blocks)
        os.symlink(self.disk.rstrip("/"), os.path.join(blocks, "sdz"))
        os.symlink(self.disk + "sdz1", os.path.join(blocks, "sdz1"))
        self.put("proc/self/mountinfo", "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n")
        self.put("proc/swaps", SWAPS)

    def put(self, path, text):
        """Write a file below the made-up root."""
        path = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)

    def run_it(self, device=None, answer="", yes=None):
        """Run the program. (status, all that it printed)"""
        device = self.device if device is None else device
        environment = dict(
            os.environ,
            LOCI_SYSFS=os.path.join(self.root, "sys"),
            LOCI_PROC=os.path.join(self.root, "proc"),
        )
        environment.pop("YES", None)
        if yes is not None:
            environment["YES"] = yes
        done = subprocess.run(
            [sys.executable, PROGRAM, self.image, device],
            input=answer,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        return done.returncode, done.stdout

    def written(self):
        """Whether the stick holds the image now."""
        with open(self.image, "rb") as image, open(self.device, "rb") as device:
            wanted = image.read()
            return device.read(len(wanted)) == wanted

    def assert_refused(self, because, device=None):
        """It says why, even to YES=1, and writes nothing."""
        status, output = self.run_it(device, yes="1")
        self.assertNotEqual(status, 0)
        self.assertIn(because, output)
        with open(self.device, "rb") as file:
            self.assertFalse(any(file.read()))

    def test_writes_when_the_name_is_typed(self):
        status, output = self.run_it(answer=self.device + "\n")
        self.assertEqual(status, 0, output)
        self.assertIn("Test Stick", output)
        self.assertTrue(self.written())

    def test_writes_unasked_with_yes(self):
        status, output = self.run_it(yes="1")
        self.assertEqual(status, 0, output)
        self.assertTrue(self.written())

    def test_refuses_another_answer(self):
        for answer in ("", "y\n", "yes\n", "/dev/sda\n"):
            status, output = self.run_it(answer=answer)
            self.assertNotEqual(status, 0)
            self.assertIn("not confirmed", output)
            self.assertFalse(self.written())

    def test_refuses_a_device_that_is_not_there(self):
        self.assert_refused("does not exist", os.path.join(self.root, "dev/sdy"))

    def test_refuses_no_device(self):
        self.assert_refused("make usb DEV=", "")

    def test_refuses_what_is_no_block_device(self):
        self.assert_refused("not a block device", "/dev/null")
        self.assert_refused("not a block device", self.root)

    def test_refuses_a_partition(self):
        self.assert_refused("whole disk is sdz", self.device + "1")

    def test_refuses_a_fixed_disk(self):
        self.put("sys/devices/usb/block/sdz/removable", "0\n")
        self.assert_refused("not removable")

    def test_refuses_a_disk_of_unknown_kind(self):
        os.unlink(self.disk + "removable")
        self.assert_refused("not removable")

    def test_refuses_a_write_protected_disk(self):
        self.put("sys/devices/usb/block/sdz/ro", "1\n")
        self.assert_refused("write-protected")

    def test_refuses_a_mounted_disk(self):
        self.put("proc/self/mountinfo", "30 22 8:400 / /mnt rw - vfat /dev/x rw\n")
        self.assert_refused("mounted on /mnt")

    def test_refuses_a_disk_with_a_mounted_partition(self):
        mount = "30 22 8:401 / /media/my\\040stick rw - vfat /dev/x rw\n"
        self.put("proc/self/mountinfo", mount)
        self.assert_refused("sdz1 is mounted on /media/my stick")

    def test_refuses_a_file_system_with_a_number_of_its_own(self):
        self.put("proc/self/mountinfo", "30 22 0:40 / /mnt rw - btrfs /dev/sdz1 rw\n")
        self.assert_refused("sdz1 is mounted on /mnt")

    def test_refuses_swap(self):
        self.put("proc/swaps", SWAPS + "/dev/sdz1 partition 99 0 -2\n")
        self.assert_refused("sdz1 is used as swap")

    def test_refuses_a_disk_with_holders(self):
        self.put("sys/devices/usb/block/sdz/holders/dm-0", "")
        self.assert_refused("sdz is in use by dm-0")

    def test_refuses_a_partition_with_holders(self):
        self.put("sys/devices/usb/block/sdz/sdz1/holders/md0", "")
        self.assert_refused("sdz1 is in use by md0")

    def test_refuses_a_disk_that_is_too_small(self):
        self.put("sys/devices/usb/block/sdz/size", "17\n")
        self.assert_refused("the image needs 9000")

    def test_refuses_a_reader_without_a_card(self):
        self.put("sys/devices/usb/block/sdz/size", "0\n")
        self.assert_refused("no medium")

    def test_refuses_without_an_image(self):
        os.unlink(self.image)
        self.assert_refused("make iso")

    def test_refuses_an_empty_image(self):
        open(self.image, "w").close()
        self.assert_refused("is empty")


if __name__ == "__main__":
    unittest.main()
