#include "arch/i386/extable.hpp"

#include <span>

namespace {

struct entry {
    u32 instruction;
    u32 fixup;
};

extern "C" const entry __start_extable[], __stop_extable[];

const entry* find(u32 instruction) {
    const std::span<const entry> table{__start_extable, __stop_extable};
    for (const entry& e : table)
        if (e.instruction == instruction) return &e;
    return nullptr;
}

// Returns the value, or sets `faulted`.
#define LOCI_PROBE_READ(type, suffix, constraint)                                        \
    [[gnu::noinline]] bool probe_read_##type(const void* from, type& value) {            \
        u32 faulted = 0;                                                                 \
        type read = 0;                                                                   \
        asm volatile("1: mov" suffix " (%2), %1\n"                                       \
                     "2:\n\t"                                                            \
                     ".pushsection .text.fixup, \"ax\"\n"                                \
                     "3: movl $1, %0\n\t"                                                \
                     "jmp 2b\n\t"                                                        \
                     ".popsection\n\t" EXTABLE("1b", "3b")                               \
                     : "+r"(faulted), "+" constraint(read)                               \
                     : "r"(from)                                                         \
                     : "memory");                                                        \
        if (faulted) return false;                                                       \
        value = read;                                                                    \
        return true;                                                                     \
    }
#define LOCI_PROBE_WRITE(type, suffix, constraint)                                       \
    [[gnu::noinline]] bool probe_write_##type(void* to, type value) {                    \
        u32 faulted = 0;                                                                 \
        asm volatile("1: mov" suffix " %1, (%2)\n"                                       \
                     "2:\n\t"                                                            \
                     ".pushsection .text.fixup, \"ax\"\n"                                \
                     "3: movl $1, %0\n\t"                                                \
                     "jmp 2b\n\t"                                                        \
                     ".popsection\n\t" EXTABLE("1b", "3b")                               \
                     : "+r"(faulted)                                                     \
                     : constraint(value), "r"(to)                                        \
                     : "memory");                                                        \
        return !faulted;                                                                 \
    }
LOCI_PROBE_READ(u8, "b", "q")
LOCI_PROBE_READ(u16, "w", "r")
LOCI_PROBE_READ(u32, "l", "r")
LOCI_PROBE_WRITE(u8, "b", "q")
LOCI_PROBE_WRITE(u16, "w", "r")
LOCI_PROBE_WRITE(u32, "l", "r")

}  // namespace

// Linear: a handful of entries, and it is asked for what nobody else could resolve. Who
// only wants to know whether a fault may be resolved asks is_user_copy().
bool fixup_exception(trap_frame& frame) {
    if (frame.from_user()) return false;
    const entry* const found = find(frame.eip);
    if (found) frame.eip = found->fixup;
    return found != nullptr;
}

bool probe_read(const void* from, void* to, size_t bytes) {
    switch (bytes) {
        case 1: return probe_read_u8(from, *static_cast<u8*>(to));
        case 2: return probe_read_u16(from, *static_cast<u16*>(to));
        case 4: return probe_read_u32(from, *static_cast<u32*>(to));
        default: return false;
    }
}

bool probe_write(void* to, const void* from, size_t bytes) {
    switch (bytes) {
        case 1: return probe_write_u8(to, *static_cast<const u8*>(from));
        case 2: return probe_write_u16(to, *static_cast<const u16*>(from));
        case 4: return probe_write_u32(to, *static_cast<const u32*>(from));
        default: return false;
    }
}
