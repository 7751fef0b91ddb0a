// For the fuzz targets of boot/: the input is a piece of physical memory that
// begins with the boot information; nothing else can be read. Whatever stands in
// it, the capture ends, and boot_info keeps its promises.
#pragma once

#include "boot/multiboot.hpp"
#include "mm/phys/memory_map.hpp"

#include <cstdlib>
#include <cstring>

class lying_memory final : public physical_reader {
public:
    static constexpr u32 base = 0x1000;

    lying_memory(const u8* bytes, size_t size) : bytes_(bytes), size_(size) {}

    bool read(u64 physical, void* to, size_t size) const override {
        if (physical < base || physical - base > size_ || size > size_ - (physical - base))
            return false;
        memcpy(to, bytes_ + (physical - base), size);
        return true;
    }

private:
    const u8* bytes_;
    size_t size_;
};

inline void require(bool truth) {
    if (!truth) abort();
}

inline void require_text(const char* text, size_t capacity) {
    const void* end = memchr(text, '\0', capacity);
    require(end != nullptr);
    for (const char* c = text; c != end; ++c) require(*c >= ' ' && *c <= '~');
}

inline void require_sane(const boot_info& boot) {
    require_text(boot.loader, sizeof boot.loader);
    require_text(boot.command_line, sizeof boot.command_line);
    require(boot.e820_count <= boot_info::max_e820);
    require(boot.module_count <= boot_info::max_modules);
    for (const boot_module& module : boot.module_list()) {
        require(module.start < module.end && module.end <= u64{1} << 32);
        require_text(module.name, sizeof module.name);
    }
    require(boot.rsdp_length == 0 ||
            (boot.rsdp_length >= 20 && boot.rsdp_length <= sizeof boot.rsdp));
    require(boot.note_count <= boot_info::max_notes);

    const boot_framebuffer& screen = boot.framebuffer;
    if (screen.kind == boot_framebuffer::none) return;
    const u32 bytes = screen.bits_per_pixel / 8;
    require(bytes >= 2 && bytes <= 4 && screen.width > 0 && screen.height > 0);
    require(u64{screen.pitch} >= u64{screen.width} * bytes);
    require(screen.address + u64{screen.pitch} * screen.height > screen.address);
    if (screen.kind != boot_framebuffer::linear) return;
    require(screen.red_shift + screen.red_bits <= screen.bits_per_pixel);
    require(screen.green_shift + screen.green_bits <= screen.bits_per_pixel);
    require(screen.blue_shift + screen.blue_bits <= screen.bits_per_pixel);
}

inline void fuzz_capture(u32 magic, const u8* data, size_t size) {
    static boot_info boot;
    static memory_map map;
    const char* error =
        capture_boot_info(magic, lying_memory::base, lying_memory(data, size), boot);
    require_sane(boot);
    if (error) return;
    map.build(boot.map(), {});
    map.reserve(0x100000, 0x200000, memory_kind::kernel);
    for (const boot_module& module : boot.module_list())
        map.reserve(module.start, module.end, memory_kind::module);
    map.check_invariants();
    require(map.tally(map_note::no_room).count == 0);
}
