// For tests: ELF files, header by header.
//
//     elf_builder elf(ET_EXEC, 0x08048080);
//     elf.load(0x08048000, 0, 0x1000, 0x1000, PF_R | PF_X);
#pragma once

#include "kernel/exec/elf_plan.hpp"
#include "lib/string.hpp"

class elf_builder {
public:
    static constexpr u32 most = 8;

    elf32_header header{};
    elf32_phdr phdrs[most]{};

    elf_builder(u16 type, u32 entry) {
        constexpr u8 ident[] = {0x7f, 'E', 'L', 'F', 1, 1, 1};
        memcpy(header.e_ident, ident, sizeof ident);
        header.e_type = type;
        header.e_machine = EM_386;
        header.e_version = 1;
        header.e_entry = entry;
        header.e_phoff = sizeof header;
        header.e_ehsize = sizeof header;
        header.e_phentsize = sizeof(elf32_phdr);
    }

    elf32_phdr& add(const elf32_phdr& phdr) {
        kassert(header.e_phnum < most, "too many headers for a test");
        return phdrs[header.e_phnum++] = phdr;
    }
    elf32_phdr& load(u32 address, u32 offset, u32 file_bytes, u32 memory_bytes, u32 flags) {
        return add(
            {PT_LOAD, offset, address, address, file_bytes, memory_bytes, flags, 0x1000});
    }
    elf32_phdr& stack(u32 flags) { return add({PT_GNU_STACK, 0, 0, 0, 0, 0, flags, 16}); }
    elf32_phdr& interpreter(u32 offset, u32 bytes) {
        return add({PT_INTERP, offset, 0, 0, bytes, bytes, PF_R, 1});
    }

    u32 headers_bytes() const { return sizeof header + header.e_phnum * sizeof phdrs[0]; }
    // As they stand at the beginning of a file.
    void write(u8* to) const {
        memcpy(to, &header, sizeof header);
        memcpy(to + sizeof header, phdrs, header.e_phnum * sizeof phdrs[0]);
    }
    result<> plan(elf_plan& plan, elf_role role = elf_role::program,
                  u64 file_bytes = 1 * MiB) const {
        return plan_elf(header, {phdrs, header.e_phnum}, file_bytes, role, plan);
    }
};

// As exec does it, of all bytes of a file.
inline result<> plan_of_file(std::span<const u8> file, elf_role role, elf_plan& plan) {
    elf32_header header{};
    memcpy(&header, file.data(), min_of(file.size(), sizeof header));
    const result<phdr_table> table = check_elf_header(header, role);
    if (!table) return err{table.error()};
    const u64 end = u64{table->offset} + table->count * sizeof(elf32_phdr);
    if (end > file.size()) return err{role == elf_role::program ? ENOEXEC : ELIBBAD};
    elf32_phdr phdrs[elf_builder::most];
    if (table->count > elf_builder::most) return err{ENOEXEC};
    memcpy(phdrs, file.data() + table->offset, table->count * sizeof(elf32_phdr));
    return plan_elf(header, {phdrs, table->count}, file.size(), role, plan);
}
