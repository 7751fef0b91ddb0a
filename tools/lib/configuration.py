"""One way to boot Loci, and the QEMU command line that does it."""
import dataclasses
import os
import shutil

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("BUILD", os.path.join(ROOT, "build"))

OVMF_FOLDER = os.environ.get("OVMF", "/usr/share/OVMF")
EXIT_PORT = "isa-debug-exit,iobase=0x501,iosize=0x02"

MOST_FOR_I386 = 61 << 10  # MiB that qemu-system-i386 takes

MEDIA = {
    "cd": ["-drive", "if=none,id=medium,format=raw,media=cdrom,readonly=on,file={}"],
    "ehci": ["-drive", "if=none,id=medium,format=raw,readonly=on,file={}"],
    "xhci": ["-drive", "if=none,id=medium,format=raw,readonly=on,file={}"],
}
MEDIUM_DEVICES = {
    "cd": ["-device", "ide-cd,drive=medium,bootindex=0"],
    "ehci": ["-device", "usb-ehci", "-device", "usb-storage,drive=medium,bootindex=0"],
    "xhci": ["-device", "qemu-xhci", "-device", "usb-storage,drive=medium,bootindex=0"],
}


@dataclasses.dataclass(frozen=True)
class Configuration:
    """Where it boots from, on which machine, with which words."""

    kernel: str = "pae"  # pae or nopae; an ISO holds both, the CPU picks
    toolchain: str = "g++"  # g++ or clang++
    debug: bool = False
    memory: int = 64  # MiB
    cpu: str = "qemu32"
    medium: str = "kernel"  # kernel (-kernel), cd, ehci or xhci (USB stick)
    firmware: str = "seabios"  # seabios, ovmf64 or ovmf32
    words: str = ""
    image: str = ""  # the ELF or ISO; empty: by the fields above
    extra: tuple = ()  # more arguments for QEMU


def build_folder(configuration):
    """Each setting of the compiler has an output folder of its own."""
    names = [
        "clang" if configuration.toolchain == "clang++" else "",
        "debug" if configuration.debug else "",
    ]
    name = "-".join(name for name in names if name)
    return os.path.join(BUILD, name) if name else BUILD


def image_path(configuration):
    """The ELF or ISO to boot."""
    if configuration.image:
        return configuration.image
    folder = build_folder(configuration)
    if configuration.medium == "kernel":
        return os.path.join(folder, configuration.kernel, "loci.elf")
    return os.path.join(folder, "loci.iso")


def emulator(configuration):
    """Firmware of 64 bits wants a machine that has them; and only that machine's
    emulator has room for all the memory that PAE can address."""
    wide = configuration.firmware == "ovmf64" or configuration.memory > MOST_FOR_I386
    return "qemu-system-x86_64" if wide else os.environ.get("QEMU", "qemu-system-i386")


def firmware_arguments(configuration, scratch):
    """-machine and the flash chips; the variables are a copy in `scratch`."""
    if configuration.firmware == "seabios":
        return ["-machine", "pc"]
    if configuration.firmware == "ovmf64":
        machine = ["-machine", "q35"]
        code, store = first_pair(
            ("OVMF_CODE_4M.fd", "OVMF_VARS_4M.fd"), ("OVMF_CODE.fd", "OVMF_VARS.fd")
        )
    else:
        # The 32-bit firmware is built for secure boot, which wants SMM.
        machine = ["-machine", "q35,smm=on"]
        machine += ["-global", "driver=cfi.pflash01,property=secure,value=on"]
        code, store = first_pair(("OVMF32_CODE_4M.secboot.fd", "OVMF32_VARS_4M.fd"))
    copy = os.path.join(scratch, "variables.fd")
    shutil.copyfile(store, copy)
    flash = "if=pflash,format=raw,unit={},readonly={},file={}"
    machine += ["-drive", flash.format(0, "on", code)]
    return machine + ["-drive", flash.format(1, "off", copy)]


def first_pair(*pairs):
    """The first pair of file names that is installed, with its folder."""
    for pair in pairs:
        paths = [os.path.join(OVMF_FOLDER, name) for name in pair]
        if all(os.path.exists(path) for path in paths):
            return paths
    raise FileNotFoundError(f"no {pairs[0][0]} in {OVMF_FOLDER} (sh tools/deps)")


def medium_arguments(configuration):
    """What the machine boots from."""
    image = image_path(configuration)
    if configuration.medium == "kernel":
        arguments = ["-kernel", image]
        if configuration.words:
            arguments += ["-append", configuration.words]
        return arguments
    drive = [part.format(image) for part in MEDIA[configuration.medium]]
    return drive + MEDIUM_DEVICES[configuration.medium]


def qemu_command(configuration, scratch):
    """The whole command line, but for the serial line and the control socket.

    TCG always: a KVM that is there may still be unfit for a 32-bit guest. No
    network card: its ROM is a package that QEMU only recommends.
    """
    command = [emulator(configuration), "-accel", "tcg"]
    command += firmware_arguments(configuration, scratch)
    command += ["-cpu", configuration.cpu, "-m", str(configuration.memory)]
    command += ["-nic", "none", "-display", "none", "-no-reboot"]
    command += ["-device", EXIT_PORT]
    return command + medium_arguments(configuration) + list(configuration.extra)
