// For tests of the page cache: a file whose pages a test fills as it likes.
//
//     numbered_file file;                  page i is full of the byte i + 1
//     file.fail_at = 3;                    ... but page 3 can't be read: EIO
#pragma once

#include "mm/cache/address_space.hpp"
#include "mm/map/kmap.hpp"
#include "mm/phys/page_alloc.hpp"
#include "mm/slab/slab_debug.hpp"

inline constexpr gfp_t cache_mask = GFP_HIGHUSER_MOVABLE | __GFP_NOWARN;

struct numbered_file {
    static constexpr u64 nowhere = ~u64{0};

    numbered_file() : mapping(&operations, this) {}
    ~numbered_file() { truncate_inode_pages(mapping, 0); }

    // The page's number, with the reference given back: 0 when it was not got.
    u32 number_at(u32 index) {
        const result<page*> got = read_mapping_page(mapping, index, cache_mask);
        if (!got) return 0;
        const u32 number = first_byte(**got);
        put_page(*got);
        return number;
    }
    // Null, or the page without a reference: for tests, nobody takes it away.
    page* at(u32 index) {
        page* const there = find_get_page(mapping, index);
        if (there) put_page(there);
        return there;
    }
    static u8 first_byte(const page& page) {
        u8 byte;
        memcpy_from_page(&byte, page, 0, 1);
        return byte;
    }

    u32 reads = 0;
    u64 fail_at = nowhere;
    address_space mapping;

private:
    static result<> read(address_space& mapping, page& page) {
        numbered_file& file = *static_cast<numbered_file*>(mapping.host);
        ++file.reads;
        if (page.index == file.fail_at) return err{EIO};
        memset(mapped_page(page).bytes(), static_cast<u8>(page.index + 1), PAGE_SIZE);
        return {};
    }
    static constexpr address_space_operations operations{.readpage = read};
};
