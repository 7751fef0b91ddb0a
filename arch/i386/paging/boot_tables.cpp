#include "arch/i386/paging/boot_tables.hpp"

#include <kernel_format.hpp>
#include "arch/i386/control.hpp"
#include "arch/i386/cpu_features.hpp"
#include "arch/i386/early_ioremap.hpp"
#include "arch/i386/paging/boot_mapper.hpp"
#include "lib/assert.hpp"

using format = kernel_format;

[[gnu::section(".bss.page_aligned")]] alignas(4096)
format::entry swapper_pg_dir[format::entries(format::levels - 1)];

namespace {

constexpr u32 large_size = 1u << format::shift(1);

// With three levels: the one directory that holds all of the kernel.
[[maybe_unused, gnu::section(".bss.page_aligned")]] alignas(4096)
format::entry kernel_directory[format::entries(1)];

struct boot_table_source {
    std::optional<u64> new_table() {
        const std::optional<u64> page = boot_table_page();
        if (page) __builtin_memset(at(*page), 0, PAGE_SIZE);
        return page;
    }
    void* at(u64 address) { return phys_to_virt(phys_addr(static_cast<phys_raw>(address))); }
};

boot_table_source source;
u32 lowmem_mapped = 0;
u32 window_next = BOOT_WINDOW;
constinit boot_mapping mappings[boot_mappings_max];
u32 nr_mappings = 0;

boot_mapper<format, boot_table_source> mapper() {
    return {swapper_pg_dir, source, boot_decisions().large_pages};
}

// The entries of the top table that the kernel's low end needs at address 0: with
// PAE one that shares the kernel's directory, else those over the image.
constexpr u32 identity_entries = format::levels == 3 ? 1 : 2;
constexpr u32 kernel_top_index = entry_index<format>(0xC0000000, format::levels - 1);

}  // namespace

bool boot_tables_build(u32 lowmem_bytes) {
    if constexpr (format::levels == 3)
        format::store(swapper_pg_dir[kernel_top_index],
                      format::table(virt_to_phys(kernel_directory).raw(), format::levels - 1));

    lowmem_mapped = align_up(lowmem_bytes, PAGE_SIZE);
    const u32 unit = boot_decisions().large_pages ? large_size : PAGE_SIZE;
    const u32 bytes = align_up(lowmem_bytes, unit);
    const page_rights rights{.write = true, .global = boot_decisions().global_pages};
    if (!mapper().map(PAGE_OFFSET, 0, bytes, rights)) return false;

    for (u32 i = 0; i < identity_entries; ++i)
        format::store(swapper_pg_dir[i], swapper_pg_dir[kernel_top_index + i]);
    return true;
}

u32 boot_tables_cr3() { return static_cast<u32>(virt_to_phys(swapper_pg_dir).raw()); }

u32 boot_tables_lowmem() { return lowmem_mapped; }

// Reloading CR3 drops the translations at 0: with global pages still off, even
// those that were marked global.
void boot_tables_finish() {
    linear_map_bytes = lowmem_mapped;
    for (u32 i = 0; i < identity_entries; ++i) format::store(swapper_pg_dir[i], 0);
    write_cr3(read_cr3());
    if (boot_decisions().global_pages) write_cr4(read_cr4() | CR4_PGE);
}

bool paging_is_on() { return read_cr0() & CR0_PG; }

void* boot_window_map(phys_addr address, u32 bytes, boot_use use) {
    const phys_addr first = address.align_down(PAGE_SIZE);
    if (!is_addressable(address.raw(), bytes, boot_decisions().phys_bits)) return nullptr;
    if (bytes > BOOT_WINDOW_END - BOOT_WINDOW) return nullptr;
    const u32 length = align_up(bytes + static_cast<u32>(address.page_offset()), PAGE_SIZE);

    // Congruent to the physical address, so that large pages can be used.
    u32 start = window_next + PAGE_SIZE;
    if (length >= large_size) {
        const u32 wanted = static_cast<u32>(first.raw()) & (large_size - 1);
        start = align_up(start, large_size) + wanted;
    }
    if (start > BOOT_WINDOW_END - PAGE_SIZE || length > BOOT_WINDOW_END - PAGE_SIZE - start)
        return nullptr;
    const page_rights rights{.write = true,
                             .global = boot_decisions().global_pages,
                             .uncached = use == boot_use::device,
                             .no_execute = boot_decisions().no_execute};
    window_next = start + length;  // also on failure: what is half mapped is not reused
    if (nr_mappings == boot_mappings_max) return nullptr;
    if (!mapper().map(start, first.raw(), length, rights)) return nullptr;
    mappings[nr_mappings++] = {start, length, first, use};
    return reinterpret_cast<char*>(start) + address.page_offset();
}

std::span<const boot_mapping> boot_window_close() {
    window_next = BOOT_WINDOW_END;
    return {mappings, nr_mappings};
}

void* early_ioremap(phys_addr address, size_t bytes) {
    constexpr unsigned unpaged_bits = 32;
    if (!paging_is_on())
        return is_addressable(address.raw(), bytes, unpaged_bits) ? phys_to_virt(address)
                                                                  : nullptr;
    return boot_window_map(address, bytes, boot_use::device);
}
