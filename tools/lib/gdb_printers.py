"""Loci's own types as gdb shows them: `p frame` says pfn 0x1f3, not {number_ = 499}.

Loaded by tools/gdbinit inside gdb; this is the one tool that Python alone
cannot run.
"""
import re

import gdb
import gdb.printing

LIST_LIMIT = 1000


class Address:
    """phys_addr, virt_addr, user_addr: one hexadecimal number."""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        raw = self.value["raw_"]
        return f"{int(raw):#0{2 + 2 * raw.type.sizeof}x}"


class Pfn:
    """A page frame, with the address where it starts."""

    def __init__(self, value):
        self.number = int(value["number_"])

    def to_string(self):
        return f"pfn {self.number:#x} (at {self.number << 12:#x})"


class Range:
    """Half-open, as the code has it."""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        start = self.value["start"].format_string()
        return f"[{start}, {self.value['end'].format_string()})"


class List:
    """An intrusive list: its elements, in order. A broken ring ends the walk."""

    def __init__(self, value):
        self.value = value
        self.element = value.type.strip_typedefs().template_argument(0)

    def offset(self):
        """Where the element's list_head lies: the member is named by the type."""
        name = re.search(r"&\(?[\w:]*::(\w+)", str(self.value.type.strip_typedefs()))
        for field in self.element.fields():
            if name and field.name == name[1]:
                return field.bitpos // 8
        return 0

    def nodes(self):
        """Addresses of the nodes, without the head."""
        head = self.value["head_"]
        node = head["next"]
        for _ in range(LIST_LIMIT):
            if not int(node) or node == head.address:
                return
            yield int(node)
            node = node.dereference()["next"]

    def to_string(self):
        return f"list of {sum(1 for _ in self.nodes())} {self.element}"

    def children(self):
        offset = self.offset()
        pointer = self.element.pointer()
        for place, node in enumerate(self.nodes()):
            yield f"[{place}]", gdb.Value(node - offset).cast(pointer)

    def display_hint(self):
        return "array"


def build_printers():
    """The types, by the names that gdb has for them."""
    printers = gdb.printing.RegexpCollectionPrettyPrinter("loci")
    printers.add_printer("address", "^address<", Address)
    printers.add_printer("pfn", "^pfn$", Pfn)
    printers.add_printer("range", "^range<", Range)
    printers.add_printer("list", "^list<", List)
    return printers


gdb.printing.register_pretty_printer(None, build_printers(), replace=True)
