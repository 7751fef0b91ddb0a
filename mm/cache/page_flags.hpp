// A page's flags while it is somebody's: what the page cache says about it, and the lock
// that a page has.
//
//     PG_locked     somebody fills it, or takes it out of the cache; others wait
//     PG_uptodate   its contents are those of the file
//     PG_dirty      ... and newer than what the file's medium has
//
// Several CPUs change flags of one page at once, so each change is one atomic operation.
//
// Who waits for a locked page spins, until there are tasks that can sleep.
#pragma once

#include "lib/sync/preempt.hpp"
#include "mm/phys/page.hpp"

inline bool PageLocked(const page& page) { return page_test(page, PG_locked); }
inline bool PageUptodate(const page& page) {
    // What was written to the page before the flag was set is seen behind it.
    return page.flags.load(memory_order::acquire) >> PG_uptodate & 1;
}
inline bool PageDirty(const page& page) { return page_test(page, PG_dirty); }
inline bool PageWriteback(const page& page) { return page_test(page, PG_writeback); }
inline bool PageSwapBacked(const page& page) { return page_test(page, PG_swapbacked); }

inline void SetPageFlag(page& page, page_flag flag) {
    page.flags.fetch_or(page_flags::bit(flag), memory_order::release);
}
inline void ClearPageFlag(page& page, page_flag flag) {
    page.flags.fetch_and(~page_flags::bit(flag), memory_order::release);
}
// Whether it was set before.
inline bool TestSetPageFlag(page& page, page_flag flag) {
    const u32 bit = page_flags::bit(flag);
    return (page.flags.fetch_or(bit, memory_order::acq_rel) & bit) != 0;
}
inline bool TestClearPageFlag(page& page, page_flag flag) {
    const u32 bit = page_flags::bit(flag);
    return (page.flags.fetch_and(~bit, memory_order::acq_rel) & bit) != 0;
}
inline void SetPageUptodate(page& page) { SetPageFlag(page, PG_uptodate); }

// The caller holds a reference to the page, so that it stays what it is.
[[nodiscard]] inline bool trylock_page(page& page) {
    return !TestSetPageFlag(page, PG_locked);
}
void wait_and_lock_page(page& page);
inline void lock_page(page& page) {
    might_sleep("lock_page");
    if (!trylock_page(page)) [[unlikely]] wait_and_lock_page(page);
}
// A bug if it is not locked.
inline void unlock_page(page& page) {
    const bool was_locked = TestClearPageFlag(page, PG_locked);
    kassert(was_locked, "page {:p} is unlocked, and was not locked",
            static_cast<const void*>(&page));
}
