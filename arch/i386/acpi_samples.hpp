// For tests: a small physical memory to build ACPI tables in.
#pragma once

#include "arch/i386/acpi_tables.hpp"

// `Size` bytes that lie at physical `Base`; all else cannot be read.
template <u64 Base, u32 Size>
class sample_memory final : public physical_reader {
public:
    bool read(u64 address, void* into, size_t count) const override {
        if (address < Base || count > Size || address - Base > Size - count) return false;
        for (size_t i = 0; i < count; ++i)
            static_cast<u8*>(into)[i] = bytes[address - Base + i];
        return true;
    }

    u8* at(u64 address) { return bytes + (address - Base); }

    template <class T>
    void put(u64 address, T value) {
        for (size_t i = 0; i < sizeof(T); ++i)
            at(address)[i] = static_cast<u8>(static_cast<u64>(value) >> (8 * i));
    }
    void put_text(u64 address, std::string_view text) {
        for (size_t i = 0; i < text.size(); ++i) at(address)[i] = static_cast<u8>(text[i]);
    }

    // Makes [address, address + length) sum to 0 by the byte at `offset`.
    void fix_checksum(u64 address, u32 length, u32 offset) {
        u8 sum = 0;
        at(address)[offset] = 0;
        for (u32 i = 0; i < length; ++i) sum = static_cast<u8>(sum + at(address)[i]);
        at(address)[offset] = static_cast<u8>(-sum);
    }

    void put_rsdp(u64 address, u32 rsdt, u64 xsdt, u8 revision) {
        put_text(address, "RSD PTR LOCI  ");
        at(address)[15] = revision;
        put<u32>(address + 16, rsdt);
        fix_checksum(address, 20, 8);
        if (revision < 2) return;
        put<u32>(address + 20, 36);
        put<u64>(address + 24, xsdt);
        fix_checksum(address, 36, 32);
    }

    // The header of a table whose body is already there.
    void put_header(u64 address, std::string_view signature, u32 length) {
        put_text(address, signature);
        put<u32>(address + 4, length);
        at(address)[8] = 1;
        fix_checksum(address, length, 9);
    }

    u8 bytes[Size] = {};
};
