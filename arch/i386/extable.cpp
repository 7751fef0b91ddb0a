#include "arch/i386/extable.hpp"

#include "arch/i386/faulting_access.hpp"

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

template <class T>
bool probe_read_as(const void* from, void* to) {
    T value;
    if (!read_or_fault(value, reinterpret_cast<uintptr_t>(from))) return false;
    *static_cast<T*>(to) = value;
    return true;
}
template <class T>
bool probe_write_as(void* to, const void* from) {
    return write_or_fault(*static_cast<const T*>(from), reinterpret_cast<uintptr_t>(to));
}

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
        case 1: return probe_read_as<u8>(from, to);
        case 2: return probe_read_as<u16>(from, to);
        case 4: return probe_read_as<u32>(from, to);
        default: return false;
    }
}

bool probe_write(void* to, const void* from, size_t bytes) {
    switch (bytes) {
        case 1: return probe_write_as<u8>(to, from);
        case 2: return probe_write_as<u16>(to, from);
        case 4: return probe_write_as<u32>(to, from);
        default: return false;
    }
}
