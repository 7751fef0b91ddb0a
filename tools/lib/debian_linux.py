"""Debian's Linux for i386, to be booted beside Loci: the kernel out of the package that
linux-image-686 (or -pae) depends on, downloaded once and kept below build/. Neither root
nor an installation is needed, but apt must know packages for i386.
"""
import glob
import os
import re
import shutil
import struct
import subprocess
import tarfile

from configuration import BUILD
from program_set import Missing, call

FOLDER = os.path.join(BUILD, "bench", "linux")
PACKAGES = {"pae": "linux-image-686-pae", "nopae": "linux-image-686"}
DEPENDS = re.compile(r"^ *Depends: (linux-image-[\w.-]+)", re.M)
IN_PACKAGE = re.compile(r"^(\./)?(boot/vmlinuz-|usr/lib/modules/[^/]+/vmlinuz$)")
HINT = "perhaps: dpkg --add-architecture i386, then apt-get update"


def kernel(kind):
    """The path of the bzImage like Loci's kernel of that kind. Raises Missing."""
    name = PACKAGES[kind]
    folder = os.path.join(FOLDER, name)
    path = os.path.join(folder, "vmlinuz")
    if os.path.exists(path):
        return path
    for program in ("apt-get", "apt-cache", "dpkg-deb"):
        if not shutil.which(program):
            raise Missing(f"{program} is missing, to get {name}:i386 with")
    os.makedirs(folder, exist_ok=True)
    listed = call(["env", "LC_ALL=C", "apt-cache", "depends", f"{name}:i386"], f"no {name}:i386 ({HINT})", folder)
    found = DEPENDS.search(listed)
    if not found:
        raise Missing(f"{name}:i386 depends on no kernel")
    package = f"{found[1]}:i386"
    call(["apt-get", "download", package], f"{package} cannot be downloaded", folder)
    archives = glob.glob(os.path.join(folder, f"{found[1]}_*.deb"))
    if not archives:
        raise Missing(f"{package} was not downloaded")
    unpack(archives[0], path)
    for archive in archives:
        os.remove(archive)
    return path


def unpack(package, path):
    """Write the kernel out of a .deb to `path`; it is there whole or not at all."""
    with subprocess.Popen(
        ["dpkg-deb", "--fsys-tarfile", package],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            take_kernel(process.stdout, path)
        except tarfile.TarError as error:
            raise Missing(f"{os.path.basename(package)}: {error}") from error
        finally:
            process.kill()  # what follows the kernel is not wanted


def take_kernel(stream, path):
    """The kernel out of a tar."""
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for member in archive:
            if member.isfile() and IN_PACKAGE.match(member.name):
                with open(path + ".part", "wb") as file:
                    shutil.copyfileobj(archive.extractfile(member), file)
                os.replace(path + ".part", path)
                return
    raise Missing("the package holds no kernel")


def version(path):
    """What a bzImage says it is (Documentation/x86/boot.rst: kernel_version), as in
    "6.1.0-50-686, Debian 6.1.176-1"."""
    with open(path, "rb") as file:
        head = file.read(64 << 10)
    if len(head) < 0x210 or head[0x202:0x206] != b"HdrS":
        return "unknown"
    (place,) = struct.unpack_from("<H", head, 0x20E)
    text = head[place + 0x200 :].split(b"\0", 1)[0].decode(errors="replace")
    words = text.split()
    if not words:
        return "unknown"
    debian = re.search(r"Debian [\w.+~-]+", text)
    return words[0] + (f", {debian[0]}" if debian else "")
