// What vmalloc asks of the page tables: one call for a whole area. The kernel's are
// those of init_mm; a test brings tables of its own.
//
// Each call is for addresses that its caller owns, so two of them never meet in an
// entry; what they share, tables that are made on demand, is the implementation's to
// lock. Rights that the CPU does not know (global pages, no execution) are left out.
#pragma once

#include "arch/i386/paging/format.hpp"
#include "lib/address.hpp"
#include "mm/phys/page.hpp"

#include <optional>

class vmap_tables {
public:
    // Single pages, from anywhere. False: no memory for a table, and nothing is mapped.
    virtual bool map_pages(u32 address, page* const* pages, u32 count, page_rights rights) = 0;
    // Frames side by side, by large pages where they fit. False as above.
    virtual bool map_frames(u32 address, u64 frame, u32 pages, page_rights rights) = 0;
    // The entries are none from now on; the TLBs are not told.
    virtual void unmap(u32 address, u32 pages) = 0;
    // No CPU remembers anything of this range any more.
    virtual void flush(u32 address, u32 pages) = 0;
    // Where the page of an address is in memory, and the entry that says so; nothing and 0
    // where none is mapped.
    virtual std::optional<u64> frame_of(u32 address) = 0;
    virtual u64 entry_of(u32 address) = 0;

protected:
    ~vmap_tables() = default;
};
