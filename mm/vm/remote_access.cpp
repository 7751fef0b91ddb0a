#include "mm/vm/remote_access.hpp"

#include "mm/cache/address_space.hpp"
#include "mm/map/kmap.hpp"
#include "mm/phys/page_alloc.hpp"
#include "mm/vm/fault.hpp"
#include "mm/vm/user_access.hpp"
#include "mm/vm/zero_page.hpp"

namespace {

using F = kernel_format;

enum class access : u8 { read, write };

page* page_of_entry(pte_entry entry) {
    return is_zero_page(entry) ? zero_page : vm_normal_page(entry);
}

// What the entry shows, if it suffices, with a reference. A device's frame has none.
struct shown {
    bool suffices = false;
    bool present = false;
    struct page* page = nullptr;
};
shown look_at(mm_struct& mm, u32 address, access kind) {
    const read_guard held(mm.mmap_sem);
    pmd_t* const pmd = pmd_at(mm, address);
    if (!pmd || pmd->none()) return {};
    const locked_table table(mm, *pmd, address);
    const pte_entry entry = table.first()->raw;
    if (!F::present(entry)) return {};
    if (kind == access::write && !F::rights(entry).write) return {.present = true};
    page* const page = page_of_entry(entry);
    if (page) get_page(*page);
    return {true, true, page};
}

result<page*> get_remote_page(mm_struct& mm, u32 address, access kind) {
    for (;;) {
        const shown there = look_at(mm, address, kind);
        if (there.suffices) {
            if (!there.page) return err{EFAULT};
            return there.page;
        }
        fault_decision decision;
        const u32 error_code = PF_USER | (kind == access::write ? u32{PF_WRITE} : 0) |
                               (there.present ? u32{PF_PRESENT} : 0);
        const fault_outcome outcome = resolve_fault(mm, address, error_code, decision);
        if (outcome.what == fault_outcome::out_of_memory) return err{ENOMEM};
        if (!outcome) return err{EFAULT};
    }
}

// The entry says nothing of what is written past it, so the page is told; its lock keeps
// its file from going meanwhile.
void note_write(page& page) {
    lock_page(page);
    set_page_dirty(page);
    unlock_page(page);
}

// visit(page, offset in the page, bytes) for each part of the range; false ends it.
template <class Visit>
result<> for_each_page(mm_struct& mm, u32 start, u32 bytes, access kind, Visit visit) {
    if (!access_ok(start, bytes)) return err{EFAULT};
    for (u32 done = 0; done < bytes;) {
        const u32 at = start + done;
        const u32 in_page = at & (PAGE_SIZE - 1);
        const u32 part = min_of(bytes - done, PAGE_SIZE - in_page);
        const result<page*> page = get_remote_page(mm, at, kind);
        if (!page) return err{page.error()};
        const bool goes_on = visit(**page, in_page, part);
        if (kind == access::write) note_write(**page);
        put_page(*page);
        if (!goes_on) return {};
        done += part;
    }
    return {};
}

}  // namespace

result<> copy_to_remote(mm_struct& mm, u32 to, const void* from, u32 bytes) {
    const u8* source = static_cast<const u8*>(from);
    return for_each_page(mm, to, bytes, access::write,
                         [&source](page& page, u32 in_page, u32 part) {
                             memcpy_to_page(page, in_page, source, part);
                             source += part;
                             return true;
                         });
}

result<> copy_from_remote(mm_struct& mm, void* to, u32 from, u32 bytes) {
    u8* target = static_cast<u8*>(to);
    return for_each_page(mm, from, bytes, access::read,
                         [&target](const page& page, u32 in_page, u32 part) {
                             memcpy_from_page(target, page, in_page, part);
                             target += part;
                             return true;
                         });
}

result<> clear_remote(mm_struct& mm, u32 to, u32 bytes) {
    return for_each_page(mm, to, bytes, access::write,
                         [](page& page, u32 in_page, u32 part) {
                             memzero_page(page, in_page, part);
                             return true;
                         });
}

result<u32> strnlen_remote(mm_struct& mm, u32 string, u32 most) {
    if (string >= TASK_SIZE) return err{EFAULT};
    // As far as there is a user's address; a string that ends before is fine.
    const u32 bytes = min_of(most, TASK_SIZE - string);
    u32 length = 0;
    bool ended = false;
    const result<> walked = for_each_page(
        mm, string, bytes, access::read, [&](const page& page, u32 in_page, u32 part) {
            const mapped_page mapped(page);
            for (u32 i = 0; i < part && !ended; ++i, ++length)
                ended = mapped.bytes()[in_page + i] == 0;
            return !ended;
        });
    if (!walked) return err{walked.error()};
    if (ended) return length;
    if (bytes < most) return err{EFAULT};
    return most + 1;
}
