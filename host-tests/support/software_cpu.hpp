// A CPU that runs programs on the host: it translates users' addresses by the real page
// tables of the current address space, and where they do not allow it, its page fault goes
// to do_page_fault() and the instruction starts again.
//
//     read, write, execute      TLB        software_mmu          page tables in
//     movs                 -->  kept   --> walks, marks   -->   host-tests' kernel memory
//                                |              |
//                                |              `- page fault --> do_page_fault() --> again,
//                                `- until it is flushed                              or signal
//
// It keeps each translation that it has used until it is told otherwise, and uses it again
// whatever the page tables say by now: a flush that is missing reads the wrong frame. It
// keeps where page tables were, too: one that is gone, and was not flushed, throws. The
// page that a fault was for is forgotten (Intel SDM vol. 3, 4.10.4.1).
//
// PAE where the host has 64 bits, with no-execute until a test says otherwise; else two
// levels.
#pragma once

#include <cpu/tlb.hpp>
#include "host-tests/support/software_mmu.hpp"
#include "mm/vm/fault.hpp"

#include <array>
#include <map>

class software_cpu final : public simulated_tlb {
public:
    software_cpu();

    // What load_tables() does: CR3.
    void load(const pgd_t* top);

    // EFER.NXE. Spaces that are there keep the entries that they have, so: between spaces.
    bool has_no_execute() const { return mmu_.cpu.no_execute; }
    void set_no_execute(bool works);

    // ---- a program in ring 3; the signal that it gets, or handled ---------------------
    fault_outcome read(u32 address, void* to, u32 bytes) {
        return run({{address, bytes, static_cast<u8*>(to), nullptr, {.user = true}}});
    }
    fault_outcome write(u32 address, const void* from, u32 bytes) {
        return run({{address, bytes, nullptr, static_cast<const u8*>(from),
                     {.write = true, .user = true}}});
    }
    fault_outcome execute(u32 address, u32 bytes = 1) {
        u8 instruction[16];
        return run({{address, bytes, instruction, nullptr, {.user = true, .fetch = true}}});
    }
    // `bytes` of an instruction at ip, which copies four bytes. All that it touches must be
    // there at once.
    fault_outcome movsl(u32 ip, u32 bytes, u32 to, u32 from);

    // ---- the kernel, at a user's address: how many bytes are left ----------------------
    u32 kernel_read(void* to, u32 from, u32 bytes);
    u32 kernel_write(u32 to, const void* from, u32 bytes);
    // The same of one value; whether it was there.
    bool kernel_read_value(void* to, u32 from, u32 bytes);
    bool kernel_write_value(u32 to, const void* from, u32 bytes);

    u32 faults = 0;  // since it was reset to 0

    void drop_page(u32 address) override;
    void drop_space() override;
    void drop_all() override { drop_space(); }

private:
    // A part of what an instruction touches.
    struct piece {
        u32 address, bytes;
        u8* to;
        const u8* from;
        mmu_access access;
    };
    struct kept {
        mmu_page page;
        bool dirty;
    };

    fault_outcome run(std::vector<piece> pieces);
    fault_outcome translate_all(const std::vector<piece>& pieces);
    fault_outcome translate(u32 address, mmu_access access);
    mmu_outcome look_up(u32 address, mmu_access access);
    void check_structures(u32 address);
    u32 kernel_access(piece whole);
    bool kernel_value(piece whole);
    void move(const piece& p);
    u8* byte_at(u32 address) const;

    class bus final : public physical_memory {
    public:
        u64 read(u64 address, unsigned bytes) override;
        void write(u64 address, u64 value, unsigned bytes) override;
    };
    static constexpr bool pae = kernel_format::levels == 3;

    bus bus_;
    software_mmu mmu_;
    const pgd_t* top_ = nullptr;
    std::map<u32, kept> tlb_;             // by page number
    std::map<u32, u64> structures_;       // by span: the PDE that was used
    std::array<u64, 4> top_entries_{};    // PAE
};

// The one that the kernel's sources run on.
software_cpu& the_software_cpu();

// While this lives, that CPU has no-execute, or has not.
class no_execute_setting {
public:
    explicit no_execute_setting(bool works) : before_(the_software_cpu().has_no_execute()) {
        the_software_cpu().set_no_execute(works);
    }
    ~no_execute_setting() { the_software_cpu().set_no_execute(before_); }
    no_execute_setting(const no_execute_setting&) = delete;
    no_execute_setting& operator=(const no_execute_setting&) = delete;

private:
    const bool before_;
};
