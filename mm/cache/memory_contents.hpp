// The contents of a file that is nowhere but in memory: its pages in the page cache are
// all there is of it. ramfs, tmpfs, memfd and shared anonymous memory stand on this.
//
//     size 9000     | page 0 | page 1 | page 2 |          bytes from 9000 on are zeroes
//                       v        -        v
//                     frame    none     frame             never written: reads as zeroes,
//                                                         and takes no memory
//
// I1: a page of the cache, once read or written, is up to date: there is nowhere to read
//     it from.
// I2: no page lies wholly behind the size, when truncate() has returned.
//
// Who is to end (fatal_signal_pending) stops on the way: memory may be out because of that.
//
// read() may run at any time. write() and truncate() change the size, and exclude each
// other by the owner's lock (an inode's).
#pragma once

#include "lib/sync/sleep.hpp"
#include "mm/cache/address_space.hpp"
#include "mm/phys/page_alloc.hpp"

class memory_contents {
public:
    // The largest there can be: 2^32 - 1 pages.
    static constexpr u64 MAX_LFS_FILESIZE = u64{~u32{0}} << PAGE_SHIFT;

    explicit memory_contents(u64 size_limit = MAX_LFS_FILESIZE)
        : i_mapping(&operations, this), limit_(min_of(size_limit, MAX_LFS_FILESIZE)) {}
    // Nobody maps it any more.
    ~memory_contents();

    address_space i_mapping;

    u64 size() const EXCLUDES(size_lock_);

    // How many bytes there were up to the end of the file: 0 behind it.
    size_t read(u64 offset, void* buffer, size_t bytes);
    // How many bytes were written: fewer than asked for where memory or the limit ended;
    // if none, ENOMEM or EFBIG. Makes the file as long as it must be.
    result<size_t> write(u64 offset, const void* buffer, size_t bytes);
    // EFBIG: more than the limit. Shorter: what lay behind is gone, and reads as zeroes
    // should the file grow again.
    result<> truncate(u64 size);
    // What is in the range reads as zeroes from now on, and whole pages take no memory; the
    // size stays.
    void punch_hole(u64 start, u64 end);
    // Memory for all of the range, and the file at least so long. ENOMEM, EINTR, or what the
    // owner says of one more page: the size stays.
    result<> allocate(u64 start, u64 end);

    // The same page by page, for who copies to and from a user's buffer:
    // visit(page* or null for zeroes, offset in the page, bytes) answers how many bytes
    // it took; fewer end it.
    template <class Visit>
    size_t read_pages(u64 offset, size_t bytes, Visit visit);
    template <class Visit>
    result<size_t> write_pages(u64 offset, size_t bytes, Visit visit);

    void check_invariants();

private:
    static const address_space_operations operations;

    void set_size(u64 size) EXCLUDES(size_lock_);
    u32 pages_up_to_the_end() const {
        return static_cast<u32>((size() + PAGE_SIZE - 1) >> PAGE_SHIFT);
    }
    void zero_part(u64 start, u64 end);

    mutable irq_spinlock size_lock_{"a file's size"};
    u64 size_ GUARDED_BY(size_lock_) = 0;
    const u64 limit_;
};

template <class Visit>
size_t memory_contents::read_pages(u64 offset, size_t bytes, Visit visit) {
    const u64 end = size();
    if (offset >= end) return 0;
    bytes = static_cast<size_t>(min_of(u64{bytes}, end - offset));
    size_t done = 0;
    while (done < bytes) {
        const u32 in_page = static_cast<u32>(offset + done) & (PAGE_SIZE - 1);
        const size_t wanted = min_of(bytes - done, size_t{PAGE_SIZE - in_page});
        page* const page =
            find_get_page(i_mapping, static_cast<u32>((offset + done) >> PAGE_SHIFT));
        // One that is not up to date has just been made, by who maps or writes it: the
        // file had zeroes there.
        const bool filled = page && PageUptodate(*page);
        const size_t taken = visit(filled ? page : nullptr, in_page, wanted);
        if (page) put_page(page);
        done += taken;
        if (taken < wanted) break;
    }
    return done;
}

template <class Visit>
result<size_t> memory_contents::write_pages(u64 offset, size_t bytes, Visit visit) {
    if (bytes == 0) return size_t{0};
    if (offset >= limit_) return err{EFBIG};
    bytes = static_cast<size_t>(min_of(u64{bytes}, limit_ - offset));
    size_t done = 0;
    int failed = 0;
    while (done < bytes) {
        if (fatal_signal_pending()) {
            failed = EINTR;
            break;
        }
        const u32 in_page = static_cast<u32>(offset + done) & (PAGE_SIZE - 1);
        const size_t wanted = min_of(bytes - done, size_t{PAGE_SIZE - in_page});
        const u32 index = static_cast<u32>((offset + done) >> PAGE_SHIFT);
        const result<page*> page = read_mapping_page(i_mapping, index, GFP_HIGHUSER_MOVABLE);
        if (!page) {
            failed = page.error();
            break;
        }
        const size_t taken = visit(**page, in_page, wanted);
        set_page_dirty(**page);
        put_page(*page);
        done += taken;
        if (taken < wanted) break;
    }
    if (done > 0 && offset + done > size()) set_size(offset + done);
    // What was made for bytes that did not come lies behind the end.
    if (done < bytes) truncate_inode_pages(i_mapping, pages_up_to_the_end());
    if (done == 0 && failed) return err{failed};
    return done;
}
