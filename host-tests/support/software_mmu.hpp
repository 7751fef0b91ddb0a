// How an i386 translates a linear address, told from Intel's manual (SDM vol. 3, 4.3 and
// 4.4, figures 4-2 to 4-7, and 4.6 to 4.8) on its own terms: bit numbers, none of the
// kernel's code. Tests hold the kernel's page tables against it.
//
//     two levels   CR3 -> directory[31:22] -> table[21:12]         or a 4 MiB page
//     PAE          CR3 -> PDPTE[31:30] -> directory[29:21] -> table[20:12]   or 2 MiB
//
// Left out: SMEP, SMAP, protection keys, memory types beyond PCD.
#pragma once

#include "lib/types.hpp"

#include <functional>
#include <optional>

// What lies on the bus.
class physical_memory {
public:
    virtual u64 read(u64 address, unsigned bytes) = 0;
    virtual void write(u64 address, u64 value, unsigned bytes) = 0;

protected:
    ~physical_memory() = default;
};

struct mmu_registers {
    bool pae = false;            // CR4.PAE
    u32 cr3 = 0;
    bool write_protect = true;   // CR0.WP
    bool large_pages = true;     // CR4.PSE; means nothing with PAE
    bool no_execute = true;      // EFER.NXE; there is none without PAE
    unsigned phys_bits = 32;     // MAXPHYADDR
};

struct mmu_access {
    bool write = false, user = false, fetch = false;
};

// What a page allows, all levels taken together.
struct mmu_page {
    u64 frame = 0;  // of the 4 KiB page
    u32 page_size = 0;
    bool write = true, user = true, no_execute = false;
    bool global = false, uncached = false;

    bool operator==(const mmu_page&) const = default;
};

// Either a page, or the error code that the page fault pushes.
struct mmu_outcome {
    std::optional<mmu_page> page;
    u32 error = 0;

    explicit operator bool() const { return page.has_value(); }
};

class software_mmu {
public:
    // The bits of a page fault's error code.
    static constexpr u32 protection = 1, writing = 2, by_user = 4, reserved = 8,
                         fetching = 16;

    software_mmu(physical_memory& memory, mmu_registers registers)
        : cpu(registers), memory_(memory) {}

    mmu_registers cpu;

    // One entry, taken apart.
    struct entry {
        u64 where = 0, raw = 0;
        unsigned bytes = 4;
        bool reserved = false;  // a bit is set that must not be
        bool large = false;
        u64 address = 0;        // of what it points to

        bool bit(unsigned number) const { return raw >> number & 1; }
        bool present() const { return bit(0); }
    };

    // A PDPTE has no rights: what would be R/W, U/S and 5 to 8 must be 0 (table 4-8).
    entry pdpte(u32 linear) const {
        entry e = fetch((cpu.cr3 & 0xffffffe0) + 8 * (linear >> 30), 8);
        e.reserved = (e.raw & 0x1e6) || beyond_bus(e.raw) || e.bit(63);
        e.address = e.raw & wide_address;
        return e;
    }
    // Where CR3 leads to without PAE.
    u64 only_directory() const { return cpu.cr3 & 0xfffff000; }

    entry pde(u64 directory, u32 linear) const {
        if (!cpu.pae) {
            entry e = fetch(directory + 4 * (linear >> 22), 4);
            e.large = cpu.large_pages && e.bit(7);
            e.address = e.raw & 0xfffff000;
            if (!e.large) return e;
            // Bits 13 to 20 are address bits 32 to 39, as far as the bus goes (PSE-36).
            const unsigned width = cpu.phys_bits < 40 ? cpu.phys_bits : 40;
            e.reserved = (e.raw & 0x3fffff) >> (width - 19);
            e.address = (e.raw & 0xffc00000) | (e.raw >> 13 & 0xff) << 32;
            return e;
        }
        entry e = fetch(directory + 8 * (linear >> 21 & 511), 8);
        e.large = e.bit(7);
        e.address = e.raw & wide_address;
        e.reserved = beyond_bus(e.raw) || (e.bit(63) && !cpu.no_execute);
        if (!e.large) return e;
        e.reserved |= (e.raw & 0x1fe000) != 0;
        e.address &= ~u64{0x1fffff};
        return e;
    }
    entry pte(u64 table, u32 linear) const {
        if (!cpu.pae) {
            entry e = fetch(table + 4 * (linear >> 12 & 1023), 4);
            e.address = e.raw & 0xfffff000;
            return e;
        }
        entry e = fetch(table + 8 * (linear >> 12 & 511), 8);
        e.address = e.raw & wide_address;
        e.reserved = beyond_bus(e.raw) || (e.bit(63) && !cpu.no_execute);
        return e;
    }

    u32 large_size() const { return cpu.pae ? 2u << 20 : 4u << 20; }

    // What an entry takes away, and what a leaf says.
    void narrow(mmu_page& page, const entry& e) const {
        page.write &= e.bit(1);
        page.user &= e.bit(2);
        page.no_execute |= cpu.pae && e.bit(63);
    }
    void finish(mmu_page& page, const entry& leaf, u32 linear) const {
        narrow(page, leaf);
        page.page_size = leaf.large ? large_size() : 4096;
        page.frame = leaf.address + (linear & (page.page_size - 1) & ~4095u);
        page.global = leaf.bit(8);
        page.uncached = leaf.bit(4);
    }
    static bool allows(const mmu_page& page, mmu_access access, bool write_protect) {
        if (access.user && !page.user) return false;
        if (access.fetch && page.no_execute) return false;
        return !access.write || page.write || (!access.user && !write_protect);
    }
    void mark(entry& e, bool dirty) const {
        const u64 marked = e.raw | 0x20 | (dirty ? 0x40 : 0);
        if (marked != e.raw) memory_.write(e.where, marked, e.bytes);
        e.raw = marked;
    }

    // What an access does: translates, marks what it used, or faults.
    mmu_outcome access(u32 linear, mmu_access access) const {
        return walk(linear, &access);
    }
    // What stands in the tables; nothing is marked.
    mmu_outcome look(u32 linear) const { return walk(linear, nullptr); }

    // Every table that CR3 leads to, but for the topmost.
    void for_each_table(const std::function<void(u64 table)>& visit) const {
        for (unsigned i = 0; i < (cpu.pae ? 4u : 1u); ++i) {
            u64 directory = only_directory();
            if (cpu.pae) {
                const entry top = pdpte(i << 30);
                if (!top.present()) continue;
                visit(directory = top.address);
            }
            const u32 span = large_size();
            for (u32 n = 0; n < (cpu.pae ? 512u : 1024u); ++n) {
                const entry e = pde(directory, n * span);
                if (e.present() && !e.large) visit(e.address);
            }
        }
    }

private:
    static constexpr u64 wide_address = 0x000ffffffffff000;

    entry fetch(u64 where, unsigned bytes) const {
        entry e;
        e.where = where;
        e.bytes = bytes;
        e.raw = memory_.read(where, bytes);
        return e;
    }
    bool beyond_bus(u64 raw) const { return (raw & ~(u64{1} << 63)) >> cpu.phys_bits; }

    mmu_outcome fault(const mmu_access* access, u32 why) const {
        if (!access) return {{}, why};
        const bool says_fetch = access->fetch && cpu.pae && cpu.no_execute;
        return {{}, why | (access->write ? writing : 0) | (access->user ? by_user : 0) |
                        (says_fetch ? fetching : 0)};
    }

    mmu_outcome walk(u32 linear, const mmu_access* access) const {
        u64 directory = only_directory();
        if (cpu.pae) {
            const entry top = pdpte(linear);
            if (!top.present()) return fault(access, 0);
            if (top.reserved) return fault(access, protection | reserved);
            directory = top.address;
        }
        mmu_page page;
        entry middle = pde(directory, linear);
        if (!middle.present()) return fault(access, 0);
        if (middle.reserved) return fault(access, protection | reserved);
        entry leaf = middle;
        if (!middle.large) {
            narrow(page, middle);
            leaf = pte(middle.address, linear);
            if (!leaf.present()) return fault(access, 0);
            if (leaf.reserved) return fault(access, protection | reserved);
        }
        finish(page, leaf, linear);
        if (!access) return {page};
        if (!allows(page, *access, cpu.write_protect)) return fault(access, protection);
        if (!middle.large) mark(middle, false);
        mark(leaf, access->write);
        return {page};
    }

    physical_memory& memory_;
};
