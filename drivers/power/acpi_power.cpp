#include "drivers/power/acpi_power.hpp"

namespace {

constexpr u32 s5_package_room = 24;  // what follows the name, at the longest

// AML op codes (ACPI 6.4, 20.2).
enum aml : u8 {
    aml_zero = 0x00,
    aml_one = 0x01,
    aml_name = 0x08,
    aml_byte = 0x0A,
    aml_word = 0x0B,
    aml_dword = 0x0C,
    aml_root = 0x5C,
    aml_package = 0x12,
    aml_ones = 0xFF,
};

// One byte after the other, none beyond the end.
class aml_bytes {
public:
    explicit aml_bytes(std::span<const u8> bytes) : bytes_(bytes) {}

    std::optional<u8> next() {
        if (at_ == bytes_.size()) return {};
        return bytes_[at_++];
    }
    bool skip(u32 count) {
        if (bytes_.size() - at_ < count) return false;
        at_ += count;
        return true;
    }
    // A number whose low three bits are what counts.
    std::optional<u8> sleep_type() {
        const auto op = next();
        if (!op) return {};
        switch (*op) {
            case aml_zero:
            case aml_one: return *op;
            case aml_ones: return u8{7};
            case aml_byte: return low_byte(0);
            case aml_word: return low_byte(1);
            case aml_dword: return low_byte(3);
            default: return {};
        }
    }

private:
    std::optional<u8> low_byte(u32 more) {
        const auto byte = next();
        if (!byte || !skip(more)) return {};
        return static_cast<u8>(*byte & 7);
    }

    std::span<const u8> bytes_;
    size_t at_ = 0;
};

bool is_s5_name(const u8* bytes) {
    return bytes[0] == '_' && bytes[1] == 'S' && bytes[2] == '5' && bytes[3] == '_';
}

// A generic address (ACPI 6.4, 5.2.3.2) of one byte's width, as a reset register is.
reset_register read_reset_register(const u8* fadt) {
    const u8 space = fadt[116], bit_width = fadt[117], bit_offset = fadt[118];
    const u64 address = acpi_field<u64>(fadt, 120);
    reset_register reset;
    if (bit_width != 8 || bit_offset != 0 || address == 0) return reset;
    reset.value = fadt[128];
    if (space == 1 && address <= 0xFFFF) {
        reset.space = reset_register::io_port;
        reset.address = static_cast<u32>(address);
    } else if (space == 2) {
        const u32 device = static_cast<u16>(address >> 32);
        const u32 function = static_cast<u16>(address >> 16);
        const u32 offset = static_cast<u16>(address);
        if (device < 32 && function < 8 && offset < 256) {
            reset.space = reset_register::pci_config;
            reset.address = device << 16 | function << 8 | offset;
        }
    }
    return reset;
}

u16 port_or_none(u32 value) { return value <= 0xFFFF ? static_cast<u16>(value) : u16{0}; }

}  // namespace

std::optional<soft_off_values> parse_soft_off(std::span<const u8> bytes) {
    aml_bytes aml(bytes);
    if (aml.next() != u8{aml_package}) return {};
    // The package's length: its first byte says how many more bytes it has.
    const auto length = aml.next();
    if (!length || !aml.skip(*length >> 6)) return {};
    const auto elements = aml.next();
    if (!elements || *elements == 0) return {};
    const auto a = aml.sleep_type();
    if (!a) return {};
    if (*elements == 1) return soft_off_values{*a, 0};
    const auto b = aml.sleep_type();
    if (!b) return {};
    return soft_off_values{*a, *b};
}

std::optional<soft_off_values> find_soft_off(physical_reader& memory,
                                             const acpi_table& dsdt) {
    constexpr u32 window = 256;
    constexpr u32 before_name = 2;  // Name, and perhaps a backslash
    constexpr u32 overlap = before_name + 4 + s5_package_room;
    u8 bytes[window + overlap];
    for (u32 at = acpi_header_length; at < dsdt.length; at += window) {
        const u32 rest = dsdt.length - at;
        const u32 readable = rest < sizeof(bytes) ? rest : u32{sizeof(bytes)};
        if (!memory.read(dsdt.address + at, bytes, readable)) return {};
        const u32 last = readable < window + before_name ? readable : window + before_name;
        for (u32 i = 1; i < last && i + 4 < readable; ++i) {
            if (!is_s5_name(bytes + i)) continue;
            const bool rooted = i >= 2 && bytes[i - 1] == aml_root;
            if (bytes[rooted ? i - 2 : i - 1] != aml_name) continue;
            const auto off = parse_soft_off({bytes + i + 4, readable - i - 4});
            if (off) return off;
        }
    }
    return {};
}

acpi_power read_acpi_power(physical_reader& memory, const acpi_root& root) {
    constexpr u32 acpi_1_fadt = 116, fadt_with_reset = 129;
    constexpr u32 flag_reset_supported = 1u << 10, flag_hardware_reduced = 1u << 20;
    acpi_power power;
    const auto fadt = find_acpi_table(memory, root, "FACP");
    if (!fadt || fadt->length < acpi_1_fadt) return power;
    u8 bytes[fadt_with_reset] = {};
    const u32 wanted = fadt->length < fadt_with_reset ? acpi_1_fadt : fadt_with_reset;
    if (!memory.read(fadt->address, bytes, wanted)) return power;

    const u32 flags = acpi_field<u32>(bytes, 112);
    if (wanted == fadt_with_reset && (flags & flag_reset_supported))
        power.reset = read_reset_register(bytes);
    if (flags & flag_hardware_reduced) return power;

    power.pm1a_control = port_or_none(acpi_field<u32>(bytes, 64));
    power.pm1b_control = port_or_none(acpi_field<u32>(bytes, 68));
    power.smi_command = port_or_none(acpi_field<u32>(bytes, 48));
    power.acpi_enable = bytes[52];
    const auto dsdt = check_acpi_table(memory, acpi_field<u32>(bytes, 40), "DSDT");
    if (!dsdt || power.pm1a_control == 0) return power;
    if (const auto off = find_soft_off(memory, *dsdt)) {
        power.off = *off;
        power.can_turn_off = true;
    }
    return power;
}
