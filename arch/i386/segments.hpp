// Segmentation: GDT and TSS (spec A1, A7).
//
// Every memory access of an i386 names a segment; its base is added to the
// logical address to give the linear one, which paging then translates. Loci
// wants no segmentation, so bases are 0 and limits 4 GiB, and only the privilege
// level of a segment matters. Two exceptions:
//
//   - before paging is on, bases are 0x40000000 (boot/start.S says why);
//   - %fs's segment begins where this CPU's variables are (<cpu/percpu.hpp>).
//
// The indices are Linux's, so that selectors are the ones programs expect:
//
//    6..8  thread-local storage of the running task
//   12,13  kernel code (0x60) and data (0x68)
//   14,15  user code (0x73) and data (0x7b)
//      16  this CPU's task state: where the stack is when ring 3 is left
//      27  per-CPU data (0xd8)
//      31  the task that double faults are handled in
#pragma once

#include "lib/types.hpp"

inline constexpr u16 KERNEL_CS = 12 * 8;
inline constexpr u16 KERNEL_DS = 13 * 8;
inline constexpr u16 USER_CS = 14 * 8 + 3;
inline constexpr u16 USER_DS = 15 * 8 + 3;
inline constexpr u16 TSS_SELECTOR = 16 * 8;
inline constexpr u16 PERCPU_SELECTOR = 27 * 8;
inline constexpr u16 DOUBLE_FAULT_TSS_SELECTOR = 31 * 8;
inline constexpr unsigned GDT_ENTRIES = 32;
inline constexpr unsigned GDT_ENTRY_TLS_MIN = 6;

// A segment descriptor (Intel SDM vol. 3, 3.4.5).
class segment_descriptor {
public:
    // access: present, privilege, type; flags: granularity and size, high nibble.
    static constexpr segment_descriptor make(u32 base, u32 limit, u8 access, u8 flags) {
        const u64 low = (limit & 0xffff) | (static_cast<u64>(base & 0xffffff) << 16);
        const u64 high = access | ((limit >> 16 & 0xf) << 8) | (static_cast<u32>(flags) << 8) |
                         (base & 0xff000000) >> 8;
        return segment_descriptor(low | high << 40);
    }
    static constexpr segment_descriptor code(u32 base, unsigned ring) {
        return make(base, 0xfffff, static_cast<u8>(0x9b | ring << 5), 0xc0);
    }
    static constexpr segment_descriptor data(u32 base, unsigned ring) {
        return make(base, 0xfffff, static_cast<u8>(0x93 | ring << 5), 0xc0);
    }
    // An available 32-bit TSS of the least size.
    static constexpr segment_descriptor tss(u32 base) { return make(base, 103, 0x89, 0x00); }

    constexpr segment_descriptor() = default;
    constexpr explicit segment_descriptor(u64 raw) : raw_(raw) {}
    constexpr u64 raw() const { return raw_; }
    constexpr u32 base() const {
        return static_cast<u32>((raw_ >> 16 & 0xffffff) | (raw_ >> 56 << 24));
    }
    // In bytes, the granularity applied: the last offset that is inside.
    constexpr u32 limit() const {
        const u32 units = static_cast<u32>((raw_ & 0xffff) | (raw_ >> 32 & 0xf0000));
        return raw_ >> 55 & 1 ? units << 12 | 0xfff : units;
    }
    constexpr unsigned ring() const { return raw_ >> 45 & 3; }
    constexpr bool present() const { return raw_ >> 47 & 1; }
    constexpr bool is_code() const { return (raw_ >> 40 & 0x18) == 0x18; }

private:
    u64 raw_ = 0;
};
static_assert(segment_descriptor::code(0, 0).raw() == 0x00cf9b000000ffff);
static_assert(segment_descriptor::data(0x40000000, 3).raw() == 0x40cff3000000ffff);

// The part of a task's state that the CPU knows (Intel SDM vol. 3, 7.2.1).
struct task_state {
    u32 back_link;
    u32 esp0, ss0;
    u32 esp1, ss1, esp2, ss2;
    u32 cr3, eip, eflags;
    u32 eax, ecx, edx, ebx, esp, ebp, esi, edi;
    u32 es, cs, ss, ds, fs, gs;
    u32 ldt;
    u16 trap, io_map;
};
static_assert(sizeof(task_state) == 104);

// Builds and loads the GDT with all bases at `base`, and this CPU's per-CPU
// segment. Called twice: before paging (0x40000000), and after (0).
void segments_init(u32 base);

// After paging: loads the task register and prepares the double-fault task.
void task_states_init(u32 esp0, void (*double_fault_handler)());

segment_descriptor gdt_entry(unsigned index);
void set_gdt_entry(unsigned index, segment_descriptor descriptor);
task_state& this_cpu_task_state();
task_state& double_fault_task_state();
