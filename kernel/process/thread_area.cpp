#include "kernel/process/thread_area.hpp"

#include <cpu/irqflags.hpp>
#include "kernel/syscall/syscall.hpp"

namespace {

constexpr u32 first = GDT_ENTRY_TLS_MIN;

// Code is refused, and so is what only a 16-bit program would want: a program cannot make
// itself another code segment than the one that all have.
bool allowed(const user_desc& wanted) {
    if (wanted.empty()) return true;
    if (!(wanted.flags & user_desc::seg_32bit)) return false;
    if ((wanted.flags & user_desc::contents) > 2) return false;
    return !(wanted.flags & user_desc::seg_not_present);
}

result<u32> free_place(const thread_struct& thread) {
    for (u32 i = 0; i < thread_struct::tls_entries; ++i)
        if (thread.tls[i].raw() == 0) return i;
    return err{ESRCH};
}

user_desc description_of(u32 entry, segment_descriptor there) {
    if (there.raw() == 0)
        return {entry, 0, 0, user_desc::read_exec_only | user_desc::seg_not_present};
    const u64 raw = there.raw();
    const bool in_pages = raw >> 55 & 1;
    u32 flags = user_desc::seg_32bit;
    flags |= static_cast<u32>(raw >> 42 & 1) * 2;
    if (!(raw >> 41 & 1)) flags |= user_desc::read_exec_only;
    if (in_pages) flags |= user_desc::limit_in_pages;
    if (raw >> 52 & 1) flags |= user_desc::useable;
    return {entry, there.base(), in_pages ? there.limit() >> 12 : there.limit(), flags};
}

}  // namespace

segment_descriptor descriptor_of(const user_desc& wanted) {
    if (wanted.empty()) return {};
    // Data of ring 3, accessed; expanding down and writable as asked for.
    const u8 access = static_cast<u8>(0xf1 | (wanted.flags & user_desc::contents) << 1 |
                                      (wanted.flags & user_desc::read_exec_only ? 0 : 2));
    const u8 flags = static_cast<u8>(0x40 |
                                     (wanted.flags & user_desc::limit_in_pages ? 0x80 : 0) |
                                     (wanted.flags & user_desc::useable ? 0x10 : 0));
    return segment_descriptor::make(wanted.base_addr, wanted.limit, access, flags);
}

result<> set_thread_area(task_struct& task, user_ptr<user_desc> pointer, bool may_allocate) {
    user_desc wanted;
    if (const auto got = get_user(wanted, user_ptr<const user_desc>(pointer)); !got) return got;
    if (!allowed(wanted)) return err{EINVAL};
    u32 place = wanted.entry_number - first;
    if (wanted.entry_number == ~0u && may_allocate) {
        const auto found = free_place(task.thread);
        if (!found) return err{found.error()};
        place = *found;
        if (const auto told = put_user(first + place, user_ptr<u32>(pointer.raw())); !told)
            return told;
    }
    if (place >= thread_struct::tls_entries) return err{EINVAL};
    const irq_state before = local_irq_save();
    task.thread.tls[place] = descriptor_of(wanted);
    task.thread.uses_tls = true;
    if (&task == current_task()) load_tls(task.thread);
    local_irq_restore(before);
    return {};
}

SYSCALL_DEFINE(243, set_thread_area, user_ptr<user_desc> wanted) {
    return set_thread_area(*current_task(), wanted, true);
}

SYSCALL_DEFINE(244, get_thread_area, user_ptr<user_desc> pointer) {
    u32 entry;
    if (const auto got = get_user(entry, user_ptr<const u32>(pointer.raw())); !got) return got;
    const u32 place = entry - first;
    if (place >= thread_struct::tls_entries) return err{EINVAL};
    return put_user(description_of(entry, current_task()->thread.tls[place]), pointer);
}
