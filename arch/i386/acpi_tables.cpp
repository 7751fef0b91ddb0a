#include "arch/i386/acpi_tables.hpp"

namespace {

constexpr std::string_view rsdp_signature = "RSD PTR ";
constexpr u32 old_rsdp_length = 20;
constexpr u32 new_rsdp_length = 36;
constexpr u32 max_entries = 256;  // of an RSDT or XSDT; real ones have some dozens

constexpr u64 ebda_segment_pointer = 0x40E;
constexpr u64 bios_area_start = 0xE0000;
constexpr u64 bios_area_end = 0x100000;

u8 sum_of(std::span<const u8> bytes) {
    u8 sum = 0;
    for (u8 byte : bytes) sum = static_cast<u8>(sum + byte);
    return sum;
}

bool starts_with(const u8* bytes, std::string_view text) {
    for (size_t i = 0; i < text.size(); ++i)
        if (bytes[i] != static_cast<u8>(text[i])) return false;
    return true;
}

// Reads a window at a time, each with enough behind it to hold a whole RSDP.
std::optional<acpi_root> scan_for_rsdp(physical_reader& memory, u64 start, u64 end) {
    constexpr u32 step = 16;  // an RSDP lies on such a boundary
    constexpr u32 window = 512;
    u8 bytes[window + new_rsdp_length];
    for (u64 at = start; at < end; at += window) {
        const u64 readable = end - at < sizeof(bytes) ? end - at : sizeof(bytes);
        if (!memory.read(at, bytes, static_cast<size_t>(readable))) continue;
        for (u32 offset = 0; offset < window && offset + old_rsdp_length <= readable;
             offset += step) {
            if (!starts_with(bytes + offset, rsdp_signature)) continue;
            const auto found =
                parse_rsdp({bytes + offset, static_cast<size_t>(readable - offset)});
            if (found) return found;
        }
    }
    return {};
}

std::optional<acpi_table> find_in(physical_reader& memory, u64 list_address,
                                  std::string_view list_signature, u32 entry_size,
                                  std::string_view signature) {
    if (list_address == 0) return {};
    const auto list = check_acpi_table(memory, list_address, list_signature);
    if (!list) return {};
    u32 count = (list->length - acpi_header_length) / entry_size;
    if (count > max_entries) count = max_entries;
    for (u32 i = 0; i < count; ++i) {
        u8 entry[8] = {};
        const u64 at = list->address + acpi_header_length + i * entry_size;
        if (!memory.read(at, entry, entry_size)) return {};
        const u64 address = acpi_field<u64>(entry, 0);
        if (address == 0) continue;
        if (const auto table = check_acpi_table(memory, address, signature)) return table;
    }
    return {};
}

}  // namespace

std::optional<acpi_root> parse_rsdp(std::span<const u8> rsdp) {
    if (rsdp.size() < old_rsdp_length) return {};
    if (!starts_with(rsdp.data(), rsdp_signature)) return {};
    if (sum_of(rsdp.first(old_rsdp_length)) != 0) return {};
    acpi_root root;
    root.rsdt = acpi_field<u32>(rsdp.data(), 16);
    const u8 revision = rsdp[15];
    // A bad second half costs the XSDT only: the first half has its own checksum.
    if (revision >= 2 && rsdp.size() >= new_rsdp_length &&
        acpi_field<u32>(rsdp.data(), 20) == new_rsdp_length &&
        sum_of(rsdp.first(new_rsdp_length)) == 0)
        root.xsdt = acpi_field<u64>(rsdp.data(), 24);
    if (root == acpi_root{}) return {};
    return root;
}

std::optional<acpi_root> find_acpi_root(physical_reader& memory,
                                        std::span<const u8> loaders_copy) {
    if (const auto root = parse_rsdp(loaders_copy)) return root;
    u16 segment = 0;
    if (memory.read(ebda_segment_pointer, segment)) {
        const u64 ebda = static_cast<u64>(segment) << 4;
        if (ebda >= 0x400 && ebda < 0xA0000)
            if (const auto root = scan_for_rsdp(memory, ebda, ebda + 1024)) return root;
    }
    return scan_for_rsdp(memory, bios_area_start, bios_area_end);
}

std::optional<acpi_table> check_acpi_table(physical_reader& memory, u64 address,
                                           std::string_view signature) {
    u8 bytes[256];
    if (address > ~u64{0} - acpi_max_table_length) return {};
    if (!memory.read(address, bytes, acpi_header_length)) return {};
    if (!starts_with(bytes, signature)) return {};
    const acpi_table table{address, acpi_field<u32>(bytes, 4), bytes[8]};
    if (table.length < acpi_header_length) return {};
    if (table.length > acpi_max_table_length) return {};
    u8 sum = 0;
    for (u32 done = 0; done < table.length;) {
        const u32 rest = table.length - done;
        const u32 part = rest < sizeof(bytes) ? rest : sizeof(bytes);
        if (!memory.read(address + done, bytes, part)) return {};
        sum = static_cast<u8>(sum + sum_of({bytes, part}));
        done += part;
    }
    if (sum != 0) return {};
    return table;
}

std::optional<acpi_table> find_acpi_table(physical_reader& memory, const acpi_root& root,
                                          std::string_view signature) {
    if (const auto table = find_in(memory, root.xsdt, "XSDT", 8, signature)) return table;
    return find_in(memory, root.rsdt, "RSDT", 4, signature);
}
