"""Build what is to be booted: kernels by make, images by tools/mkiso."""
import os
import subprocess
import sys

import configuration as configurations
from configuration import BUILD, ROOT

# The command behind each family of compilers; `make check CXX=…` names another.
compilers = {
    "g++": os.environ.get("CROSS", "") + "g++",
    "clang++": "clang++",
}
ISO_VARIANTS = os.path.join(BUILD, "test")


class BuildFailed(Exception):
    """The compiler's or make's words."""


def use_compiler(command):
    """Take `command` for its family; the family's name."""
    family = "clang++" if "clang" in command else "g++"
    compilers[family] = command
    return family


def run(command):
    """Run a build step quietly; its output is shown only if it fails."""
    # What the make above was told is not meant for this one.
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES")
    }
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode != 0:
        raise BuildFailed(done.stdout.decode(errors="replace"))
    return done.stdout.decode(errors="replace")


def make(*arguments):
    """Run make with as many jobs as there are CPUs."""
    return run(["make", "-j", str(os.cpu_count() or 1), *arguments])


def as_make_has_it(path):
    """`path` from the root of the tree, as it is when make is run by hand: a
    target under two names would have two sets of header dependencies."""
    return os.path.relpath(path, ROOT)


def build_kernel(kernel, toolchain="g++", debug=False):
    """One kernel, in the output folder of its settings. One of clang's has each
    file read its headers itself, and so finds out which lacks an #include."""
    reads_alone = toolchain == "clang++" and kernel == "pae" and not debug
    folder = configurations.build_folder(
        configurations.Configuration(toolchain=toolchain, debug=debug)
    )
    make(
        f"BUILD={as_make_has_it(folder)}",
        f"CXX={compilers[toolchain]}",
        f"DEBUG={int(debug)}",
        f"PAE={int(kernel == 'pae')}",
        f"PCH={int(not reads_alone)}",
        "all",
    )


def iso_path(cell):
    """The image that a cell boots: as users get it, or a variant for tests."""
    if cell.action == "monitor":
        return os.path.join(BUILD, "loci.iso")
    return os.path.join(ISO_VARIANTS, f"loci-{cell.action}.iso")


def make_iso(action):
    """One image, of the kernels that are there."""
    options = ["--timeout", "0"]
    if action == "monitor":
        options, out = [], os.path.join(BUILD, "loci.iso")
    else:
        out = os.path.join(ISO_VARIANTS, f"loci-{action}.iso")
        os.makedirs(ISO_VARIANTS, exist_ok=True)
        if action == "selftest":
            options += ["--default", "selftest"]
        else:
            options += ["--default", "framebuffer", "--video", action]
    kernels = [os.path.join(BUILD, kernel, "loci.elf") for kernel in ("pae", "nopae")]
    program = os.path.join(ROOT, "tools", "mkiso")
    run([sys.executable, program, *options, out, *kernels])


def build_for(cells):
    """All that `cells` boot. Raises BuildFailed."""
    kernels = dict.fromkeys((c.kernel, c.toolchain, c.build == "debug") for c in cells)
    actions = dict.fromkeys(c.action for c in cells if c.medium != "kernel")
    if actions:
        kernels |= dict.fromkeys((kernel, "g++", False) for kernel in ("pae", "nopae"))
    for kernel in kernels:
        build_kernel(*kernel)
    for action in actions:
        make_iso(action)
