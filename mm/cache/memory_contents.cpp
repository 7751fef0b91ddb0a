#include "mm/cache/memory_contents.hpp"

#include "mm/map/kmap.hpp"

// No readpage: what is not there is zeroes.
constinit const address_space_operations memory_contents::operations{};

memory_contents::~memory_contents() { truncate_inode_pages(i_mapping, 0); }

u64 memory_contents::size() const {
    lock_guard held(size_lock_);
    return size_;
}

void memory_contents::set_size(u64 size) {
    lock_guard held(size_lock_);
    size_ = size;
}

size_t memory_contents::read(u64 offset, void* buffer, size_t bytes) {
    u8* to = static_cast<u8*>(buffer);
    return read_pages(offset, bytes, [&to](const page* page, u32 in_page, size_t wanted) {
        if (page) memcpy_from_page(to, *page, in_page, wanted);
        else memset(to, 0, wanted);
        to += wanted;
        return wanted;
    });
}

result<size_t> memory_contents::write(u64 offset, const void* buffer, size_t bytes) {
    const u8* from = static_cast<const u8*>(buffer);
    return write_pages(offset, bytes, [&from](page& page, u32 in_page, size_t wanted) {
        memcpy_to_page(page, in_page, from, wanted);
        from += wanted;
        return wanted;
    });
}

// Of one page, if it is there. What the last page has behind the end is seen by who maps it,
// and by all should the file grow again.
void memory_contents::zero_part(u64 start, u64 end) {
    const u32 in_page = static_cast<u32>(start) & (PAGE_SIZE - 1);
    if (start >= end) return;
    page* const part = find_get_page(i_mapping, static_cast<u32>(start >> PAGE_SHIFT));
    if (!part) return;
    lock_page(*part);
    if (part->mapping == &i_mapping)
        memzero_page(*part, in_page, static_cast<size_t>(end - start));
    unlock_page(*part);
    put_page(part);
}

// The size first: from then on no fault brings a page back. A fault that was under way may
// have copied one meanwhile, for a private mapping; so what was unmapped is unmapped again.
result<> memory_contents::truncate(u64 size) {
    if (size > limit_) return err{EFBIG};
    const u64 before = this->size();
    set_size(size);
    if (size >= before) return {};
    const u32 first = static_cast<u32>((size + PAGE_SIZE - 1) >> PAGE_SHIFT);
    unmap_mapping_range(i_mapping, first, 0);
    truncate_inode_pages(i_mapping, first);
    zero_part(size, align_up(size, u64{PAGE_SIZE}));
    unmap_mapping_range(i_mapping, first, 0);
    return {};
}

// As of truncate(), faults may bring pages back until the second time they are unmapped; then
// these are of zeroes.
void memory_contents::punch_hole(u64 start, u64 end) {
    const u64 first = align_up(start, u64{PAGE_SIZE}), last = end & ~u64{PAGE_SIZE - 1};
    if (first > last) {
        zero_part(start, end);
        return;
    }
    zero_part(start, first);
    zero_part(last, end);
    if (first == last) return;
    const u32 from = static_cast<u32>(first >> PAGE_SHIFT);
    const u32 to = static_cast<u32>(last >> PAGE_SHIFT);
    unmap_mapping_range(i_mapping, from, to - from, private_copies::stay);
    truncate_inode_pages(i_mapping, from, to - 1, private_copies::stay);
}

result<> memory_contents::allocate(u64 start, u64 end) {
    if (end > limit_) return err{EFBIG};
    for (u64 at = start & ~u64{PAGE_SIZE - 1}; at < end; at += PAGE_SIZE) {
        const result<page*> page =
            fatal_signal_pending()
                ? err{EINTR}
                : read_mapping_page(i_mapping, static_cast<u32>(at >> PAGE_SHIFT),
                                    GFP_HIGHUSER_MOVABLE);
        if (page) {
            put_page(*page);
            continue;
        }
        truncate_inode_pages(i_mapping, pages_up_to_the_end());
        return err{page.error()};
    }
    if (end > size()) set_size(end);
    return {};
}

void memory_contents::check_invariants() {
    i_mapping.check_invariants();
    lock_guard held(i_mapping.tree_lock);
    const u64 end = size();
    radix_tree::found found;
    for (u32 next = 0; i_mapping.page_tree.gang_lookup(next, {&found, 1}) == 1;
         next = found.index + 1) {
        kassert(PageUptodate(*static_cast<const page*>(found.item)),
                "memory_contents I1: page {} is not up to date", found.index);
        kassert(u64{found.index} << PAGE_SHIFT < end,
                "memory_contents I2: there is page {}, and the size is {}", found.index,
                end);
    }
}
