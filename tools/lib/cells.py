"""Every configuration that Loci is booted in, listed once.

A cell is one boot and what must come of it. The tables below are the matrix;
`all_cells` multiplies them out, and `pairwise` picks few of them that still
hold each pair of values at least once. A cell that cannot work stays in, with
the refusal that the kernel must print.
"""
import collections
import dataclasses
import itertools

from configuration import Configuration
from verdict import ALL_PASSED, REFUSED, Expectation

KERNELS = ("pae", "nopae")
TOOLCHAINS = ("g++", "clang++")
MEMORY = (4, 16, 64, 896, 1024, 3072, 4096, 6144)  # MiB
USUAL_MEMORY = 64
SLABS = ("slub", "slab", "slob")  # the first is what one gets without asking


@dataclasses.dataclass(frozen=True)
class Cpu:
    """A CPU model of QEMU, and what decides whether and how Loci runs on it."""

    name: str
    model: str
    pae: bool
    address_bits: int


CPUS = (
    Cpu("486", "486", pae=False, address_bits=32),
    Cpu("pentium", "pentium", pae=False, address_bits=32),
    Cpu("pentium3", "pentium3", pae=True, address_bits=36),
    Cpu("qemu32", "qemu32", pae=True, address_bits=32),
    Cpu("qemu64", "qemu64,+pae,+nx", pae=True, address_bits=40),
    Cpu("max", "max", pae=True, address_bits=40),
)
CPU_BY_NAME = {cpu.name: cpu for cpu in CPUS}

# The release kernel fits a machine of 4 MiB, the one with dear checks need not.
LEAST_FOR_DEBUG = 16
# `pc` puts this much RAM below 4 GiB, the rest above.
BELOW_4_GIB = 3072

MEDIA = ("cd", "ehci", "xhci")  # ehci, xhci: a USB stick behind such a controller
FIRMWARE = {  # the machines that each firmware is tried on
    "seabios": {"cpus": ("pentium", "qemu64"), "memory": (64, 1024)},
    "ovmf64": {"cpus": ("max",), "memory": (256, 4096)},
    "ovmf32": {"cpus": ("qemu32", "max"), "memory": (256, 1024)},
}
# What a cell does with an ISO: the image as users get it, up to the monitor
# and the banner on the screen; the self-tests; the menu's framebuffer entry.
ISO_ACTIONS = ("monitor", "selftest")
FRAMEBUFFER_ACTIONS = ("800x600x16", "800x600x24", "800x600x32")

NEEDS_PAE = "needs a CPU with PAE"
BEYOND = "beyond what this CPU can address"


@dataclasses.dataclass(frozen=True)
class Cell:
    """One boot: the values it stands for, by dimension."""

    kernel: str
    build: str  # release or debug
    toolchain: str
    cpu: str
    memory: int
    medium: str = "kernel"
    firmware: str = "seabios"
    action: str = "selftest"
    slab: str = SLABS[0]

    @property
    def name(self):
        """As it is printed, and as --filter matches it."""
        if self.medium == "kernel":
            parts = (self.kernel, self.toolchain, self.build)
        else:
            parts = ("iso", self.firmware, self.medium, self.action)
        parts += (self.cpu, f"{self.memory}M")
        return "/".join(parts if self.slab == SLABS[0] else parts + (self.slab,))

    @property
    def refused(self):
        """Whether all that the kernel can do is to say why it can't."""
        return self.kernel == "pae" and not CPU_BY_NAME[self.cpu].pae

    @property
    def place(self):
        """Row (four words) and column in the file of expected counts."""
        if self.medium == "kernel":
            row = (self.kernel, self.build, self.cpu, self.slab)
        else:
            row = (self.firmware, self.medium, self.cpu, self.slab)
        return row, self.memory

    @property
    def configuration(self):
        """How to boot it; `image` is left for the images' builder to set."""
        return Configuration(
            kernel=self.kernel,
            toolchain=self.toolchain,
            debug=self.build == "debug",
            memory=self.memory,
            cpu=CPU_BY_NAME[self.cpu].model,
            medium=self.medium,
            firmware=self.firmware,
            words=self.words,
        )

    @property
    def words(self):
        """The command line; an ISO's menu has its own."""
        if self.medium != "kernel":
            return ""
        return "selftest" if self.slab == SLABS[0] else f"selftest slab={self.slab}"

    @property
    def seconds(self):
        """The time limit: ample, for a loaded machine."""
        return 60 if self.firmware == "seabios" and self.memory <= 1024 else 240

    def expectation(self, counts=None):
        """What a good run of this cell looks like."""
        if self.refused:
            return Expectation(status=REFUSED, lines=(NEEDS_PAE,))
        bits = CPU_BY_NAME[self.cpu].address_bits
        too_much = self.memory > BELOW_4_GIB and bits == 32
        return Expectation(
            status=ALL_PASSED,
            lines=(BEYOND,) if too_much else (),
            tests=self.action == "selftest",
            counts=counts,
        )


def kernel_cells():
    """Those that QEMU loads by itself."""
    for kernel, build, toolchain, cpu, memory, slab in itertools.product(
        KERNELS, ("release", "debug"), TOOLCHAINS, CPUS, MEMORY, SLABS
    ):
        cell = Cell(kernel, build, toolchain, cpu.name, memory, slab=slab)
        if build == "debug" and memory < LEAST_FOR_DEBUG:
            continue
        if slab == SLABS[0] or tries_slab(cell):
            yield cell


def tries_slab(cell):
    """Whether a strategy that is not the default is worth this boot: with each CPU, and
    with each amount of RAM, but not with each pair of them. One refusal is like another."""
    if cell.refused:
        return False
    return cell.cpu == CPUS[-1].name or cell.memory == USUAL_MEMORY


def iso_cells():
    """Those that go through firmware and GRUB."""
    for firmware, machines in FIRMWARE.items():
        for medium, cpu, memory, action in itertools.product(
            MEDIA, machines["cpus"], machines["memory"], ISO_ACTIONS
        ):
            yield iso_cell(firmware, medium, cpu, memory, action)
    for action in FRAMEBUFFER_ACTIONS:
        yield iso_cell("seabios", "cd", "qemu64", 64, action)


def iso_cell(firmware, medium, cpu, memory, action):
    """An ISO holds both kernels; GRUB takes the one that the CPU can run."""
    kernel = "pae" if CPU_BY_NAME[cpu].pae else "nopae"
    return Cell(kernel, "release", "g++", cpu, memory, medium, firmware, action)


def all_cells():
    """The matrix."""
    return list(kernel_cells()) + list(iso_cells())


def pairs(cell):
    """The pairs of values that running `cell` tries.

    A refusal tries nothing but the refusal: it ends before the other values
    can matter. Of the ISO, firmware with medium counts as one value, so that
    each such pair is tried with each action.
    """
    if cell.refused:
        return {("refusal", cell.kernel, cell.cpu), ("refusal", cell.toolchain)}
    if cell.medium == "kernel":
        values = [
            ("kernel", cell.kernel),
            ("build", cell.build),
            ("toolchain", cell.toolchain),
            ("cpu", cell.cpu),
            ("memory", cell.memory),
            ("slab", cell.slab),
        ]
    else:
        values = [
            ("place", cell.firmware, cell.medium),
            ("action", cell.action),
            ("machine", cell.firmware, cell.cpu, cell.memory),
        ]
        # A machine need not meet each medium, and is worth one boot.
        return {(values[0], values[1]), (values[2],)}
    return set(itertools.combinations(values, 2))


def all_pairs(cells):
    """What running all of `cells` tries."""
    return set().union(*map(pairs, cells))


# The kernels of the pairwise cover: building one takes longer than all its boots,
# and these already hold each pair of kernel, build and compiler.
COVERING_KERNELS = {
    ("pae", "release", "g++"),
    ("nopae", "release", "g++"),
    ("pae", "release", "clang++"),
    ("nopae", "debug", "clang++"),
    ("pae", "debug", "g++"),
}


def pairwise(cells):
    """Few of `cells` that hold every pair which any of them holds; the same
    ones each time. Greedy: the cell with most pairs not yet tried comes next,
    and among equals the one whose pairs were tried least."""
    covering = [
        cell
        for cell in cells
        if (cell.kernel, cell.build, cell.toolchain) in COVERING_KERNELS
    ]
    if all_pairs(covering) == all_pairs(cells):
        cells = covering
    wanted = {cell: pairs(cell) for cell in cells}
    missing = all_pairs(cells)
    used = collections.Counter()
    chosen = []

    def worth(cell):
        return len(wanted[cell] & missing), -sum(used[pair] for pair in wanted[cell])

    while missing:
        best = max(cells, key=worth)
        chosen.append(best)
        missing -= wanted[best]
        used.update(wanted[best])
    order = {cell: place for place, cell in enumerate(cells)}
    return sorted(chosen, key=order.get)
