// Multiboot 2 (specification 2.0): a head, then tags that say their type and size,
// each at a multiple of eight bytes, the last one of type 0.
#include "boot/capture.hpp"

#include <string_view>

namespace {

enum tag_type : u32 {
    TAG_END = 0,
    TAG_COMMAND_LINE = 1,
    TAG_LOADER_NAME = 2,
    TAG_MODULE = 3,
    TAG_BASIC_MEMORY = 4,
    TAG_MEMORY_MAP = 6,
    TAG_FRAMEBUFFER = 8,
    TAG_EFI32 = 11,
    TAG_EFI64 = 12,
    TAG_ACPI_OLD = 14,
    TAG_ACPI_NEW = 15,
};

struct info_head {
    u32 total_size;
    u32 reserved;
};
constexpr u32 tag_alignment = 8;

struct tag_head {
    u32 type;
    u32 size;  // with this head, without the padding
};

struct module_body {
    u32 start;
    u32 end;
};

struct basic_memory_body {
    u32 lower_kib;
    u32 upper_kib;
};

struct map_head {
    u32 entry_size;
    u32 entry_version;
};

struct [[gnu::packed]] map_entry {
    u64 base;
    u64 length;
    u32 type;
};

struct [[gnu::packed]] framebuffer_body {
    u64 address;
    u32 pitch;
    u32 width;
    u32 height;
    u8 bits_per_pixel;
    u8 type;
    u16 reserved;
    u8 colours[6];  // of type RGB only
};
constexpr size_t framebuffer_without_colours = sizeof(framebuffer_body) - 6;
static_assert(framebuffer_without_colours == 24);

constexpr size_t old_rsdp_size = 20;  // ACPI 1.0

// One tag's body, whose size has been checked against the whole.
class tag {
public:
    tag(const physical_reader& memory, u64 body, u64 size)
        : memory_(memory), body_(body), size_(size) {}

    const physical_reader& memory() const { return memory_; }
    u64 size() const { return size_; }
    u64 address(u64 offset) const { return body_ + offset; }
    u64 size_behind(u64 offset) const { return offset < size_ ? size_ - offset : 0; }

    bool read(u64 offset, void* to, size_t size) const {
        return size <= size_behind(offset) && memory_.read(address(offset), to, size);
    }
    template <class T>
    bool read(u64 offset, T& to) const {
        return read(offset, &to, sizeof to);
    }

private:
    const physical_reader& memory_;
    u64 body_;
    u64 size_;
};

void short_tag(boot_info& out) {
    out.note("boot loader: a tag is shorter than its content, or cannot be read");
}

void take_module(const tag& tag, boot_info& out) {
    module_body module;
    if (!tag.read(0, module)) return short_tag(out);
    const u64 name_limit = tag.size_behind(sizeof module);
    capture_module(tag.memory(), module.start, module.end,
                   name_limit != 0 ? tag.address(sizeof module) : 0, name_limit, out);
}

void take_memory_map(const tag& tag, boot_info& out) {
    map_head head;
    if (!tag.read(0, head)) return short_tag(out);
    if (head.entry_size < sizeof(map_entry))
        return out.note("memory map: entries too small to be any");

    u64 at = sizeof head;
    for (u32 step = 0; at < tag.size(); ++step) {
        map_entry entry;
        if (step == max_list_steps || !tag.read(at, entry))
            return out.note("memory map: broken off in the middle, the rest is not known");
        out.add_e820({entry.base, entry.length, entry.type});
        at += head.entry_size;
    }
}

void take_framebuffer(const tag& tag, boot_info& out) {
    framebuffer_body body = {};
    if (!tag.read(0, &body, framebuffer_without_colours)) return short_tag(out);
    if (body.type == FRAMEBUFFER_RGB && !tag.read(0, body)) return short_tag(out);
    raw_framebuffer screen = {body.address, body.pitch, body.width, body.height,
                              body.bits_per_pixel, body.type, {}};
    for (unsigned i = 0; i < 6; ++i) screen.colours[i] = body.colours[i];
    capture_framebuffer(screen, out);
}

// The newer root pointer is the longer one; the older never replaces it.
void take_rsdp(const tag& tag, boot_info& out) {
    const u32 length = static_cast<u32>(min_of<u64>(tag.size(), sizeof out.rsdp));
    if (length < old_rsdp_size) return short_tag(out);
    if (length <= out.rsdp_length) return;
    u8 copy[sizeof out.rsdp];
    if (!tag.read(0, copy, length)) return short_tag(out);
    constexpr std::string_view signature = "RSD PTR ";
    for (size_t i = 0; i < signature.size(); ++i) {
        if (copy[i] != static_cast<u8>(signature[i]))
            return out.note("boot loader: an ACPI root pointer without its signature");
    }
    for (u32 i = 0; i < length; ++i) out.rsdp[i] = copy[i];
    out.rsdp_length = length;
}

// What is settled only when all tags have been seen.
struct open_questions {
    basic_memory_body memory = {};
    bool has_memory = false;
    bool has_framebuffer = false;
};

void take_tag(u32 type, const tag& tag, boot_info& out, open_questions& open) {
    switch (type) {
        case TAG_COMMAND_LINE:
            return capture_command_line(tag.memory(), tag.address(0), tag.size(), out);
        case TAG_LOADER_NAME:
            return capture_loader_name(tag.memory(), tag.address(0), tag.size(), out);
        case TAG_MODULE: return take_module(tag, out);
        case TAG_BASIC_MEMORY:
            open.has_memory = tag.read(0, open.memory);
            if (!open.has_memory) short_tag(out);
            return;
        case TAG_MEMORY_MAP: return take_memory_map(tag, out);
        case TAG_FRAMEBUFFER:
            open.has_framebuffer = true;
            return take_framebuffer(tag, out);
        case TAG_EFI32:
        case TAG_EFI64: out.efi = true; return;
        case TAG_ACPI_OLD:
        case TAG_ACPI_NEW: return take_rsdp(tag, out);
        default: return;
    }
}

void take_all_tags(u64 at, u64 end, const physical_reader& memory, boot_info& out,
                   open_questions& open) {
    for (u32 step = 0; step < max_list_steps; ++step) {
        tag_head head;
        if (at > end || end - at < sizeof head || !memory.read(at, head))
            return out.note("boot loader: its list of tags has no end");
        if (head.type == TAG_END) return;
        if (head.size < sizeof head || head.size > end - at)
            return out.note("boot loader: a tag's size is wrong, the rest is not known");
        const tag body(memory, at + sizeof head, head.size - sizeof head);
        take_tag(head.type, body, out, open);
        at += align_up(u64{head.size}, tag_alignment);
    }
    out.note("boot loader: too many tags");
}

}  // namespace

const char* capture_multiboot2(u32 info_address, const physical_reader& memory,
                               boot_info& out) {
    info_head info;
    if (!memory.read(info_address, info)) return "the boot information cannot be read";
    if (info.total_size < sizeof info) return "the boot information is empty";
    if (!is_aligned(info_address, tag_alignment))
        out.note("boot loader: the boot information is not aligned");

    open_questions open;
    const u64 start = info_address;
    take_all_tags(start + sizeof info, start + info.total_size, memory, out, open);

    if (out.e820_count == 0 && open.has_memory)
        capture_basic_memory(open.memory.lower_kib, open.memory.upper_kib, out);
    if (out.e820_count == 0) out.note("memory map: nothing from the boot loader");
    if (!open.has_framebuffer && !out.efi) out.framebuffer = vga_text_screen();
    return nullptr;
}
