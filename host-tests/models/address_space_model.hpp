// A plain model of a Linux address space: what Loci's mm/vm is judged by. It shares no
// line with mm/, and agrees with recordings of real Linux 6.1 (host-tests/vm).
//
//      areas_     a sorted vector of {start, end, flags, object, offset}: one is one line
//                 of /proc/PID/maps
//      private_   page number -> bytes, for every page that is this process's own
//      objects    what can be shared: the file, and each piece of shared memory; a map
//                 of page number -> bytes, and a size
//
// There are no page tables: a page is looked up where it must be, each time. A fork copies
// it all, and shares the bytes of private pages until someone writes.
//
// Whether two areas become one line depends on more than one can see: on anonymous pages'
// `anon_vma`. An area gets one with its first page of its own, preferably that of a
// neighbour; a fork adds a link to it, and areas with several links are not joined with
// those that have none. Hence `anon` (which one) and `anon_links` (how many).
//
// Operations are in the order of Linux's checks, since programs see which error comes
// first and what was done before it. Pages of page tables, memory pressure and swap are
// left out: nothing ever runs out of memory here but by a limit.
#pragma once

#include "host-tests/vm/vm_machine.hpp"

#include <array>
#include <map>
#include <optional>
#include <vector>

class address_space_model : public vm_machine {
public:
    explicit address_space_model(const vm_layout& layout);

    u32 mmap(u32 address, u32 length, u32 protection, u32 flags, bool file,
             u64 offset) override;
    u32 munmap(u32 address, u32 length) override;
    u32 mprotect(u32 address, u32 length, u32 protection) override;
    u32 mremap(u32 address, u32 old_length, u32 new_length, u32 flags,
               u32 new_address) override;
    u32 brk(u32 address) override;
    u32 madvise(u32 address, u32 length, u32 advice) override;
    u32 msync(u32 address, u32 length, u32 flags) override;
    u32 mincore(u32 address, u32 length) override;
    u32 mlock(u32 address, u32 length) override;
    u32 mlock2(u32 address, u32 length, u32 flags) override;
    u32 munlock(u32 address, u32 length) override;
    u32 mlockall(u32 flags) override;
    u32 munlockall() override;
    u32 setrlimit(u32 resource, u32 soft) override;
    u32 read(u32 address) override;
    u32 write(u32 address, u8 value) override;
    u32 execute(u32 address) override;
    u32 pread(u32 offset) override;
    u32 pwrite(u32 offset, u8 value) override;
    u32 ftruncate(u32 length) override;
    u32 fork(const std::function<void(vm_machine&)>& child) override;
    void maps(vm_maps& listing) override;
    void check_invariants() override;

private:
    using bytes = std::array<u8, 4096>;
    using frame = std::shared_ptr<bytes>;

    // A file in memory. Pages that were never written or touched are not there.
    struct object {
        std::map<u32, frame> pages;
        u64 size = 0;
        vm_backing backing = vm_backing::file;
    };

    struct area {
        u32 start = 0;
        u32 end = 0;
        u32 flags = 0;
        std::shared_ptr<object> file;  // none: private and anonymous
        u32 offset = 0;  // in pages: of the file, or where it was first mapped
        u32 anon = 0;                  // 0: no page of its own yet
        u32 anon_links = 0;

        u32 pages() const { return (end - start) >> 12; }
        u32 offset_of(u32 address) const { return offset + ((address - start) >> 12); }
    };

    // What vma_merge asks of a range that is to join its neighbours.
    struct candidate {
        u32 start;
        u32 end;
        u32 flags;
        u32 anon;
        object* file;
        u32 offset;
    };

    enum class access { read, write };
    // What came of bringing a page in. `code` is a signal's.
    struct fault {
        u32 signal = 0;
        u32 code = 0;
    };

    // Areas, address_space_model.cpp.
    size_t index_at_or_after(u32 address) const;  // the first that ends behind it
    area* find(u32 address);                      // the one that holds it
    bool intersects(u32 start, u32 end) const;
    static bool joins_flags(const area& there, const candidate& joining);
    static bool joins_anon(u32 anon, u32 others, const area* there);
    static bool joins_before(const area& there, const candidate& joining);
    static bool joins_behind(const area& there, const candidate& joining);
    bool merge(const candidate& joining);
    bool merge_new(const candidate& joining);
    static void import_anon(area& to, const area& from);
    u32 split(u32 address);
    void insert(const area& made);
    void insert(u32 start, u32 end, u32 flags, std::shared_ptr<object> file, u32 offset);
    u32 set_flags(u32 start, u32 end, u32 flags);
    u32 unmap(u32 start, u32 length);
    void account(u32 flags, u32 pages);
    bool may_expand(u32 flags, u32 pages) const;
    bool enough_memory(u32 pages) const { return pages <= layout_.memory_pages; }
    u32 future_lock_error(u32 flags, u32 length) const;
    u32 unmapped_area(u32 address, u32 length, bool fixed) const;
    u32 highest_gap(u32 length) const;
    u32 lowest_gap(u32 length) const;

    // Areas that come and go, address_space_map.cpp.
    u32 map_region(u32 address, u32 length, u32 flags, std::shared_ptr<object> file,
                   u32 offset);
    u32 expand_brk(u32 start, u32 length);

    // Calls, address_space_calls.cpp and address_space_remap.cpp.
    u32 advise(u32 start, u32 end, u32 advice);
    u32 change_locks(u32 start, u32 length, u32 flags);
    void change_all_locks(u32 locks);
    u32 lock(u32 address, u32 length, u32 flags);
    u32 locked_pages(u32 start, u32 length) const;
    u32 check_resize(u32 address, u32 old_length, u32 new_length);
    u32 remap_to(u32 address, u32 old_length, u32 new_address, u32 new_length, u32 flags,
                 bool& locked);
    u32 move(u32 address, u32 old_length, u32 new_length, u32 new_address, u32 flags,
             bool& locked);
    void copy_area(u32 address, u32 new_address, u32 new_length, bool keep);
    bool expand_in_place(u32 address, u32 old_length, u32 new_length, u32& answer);

    // Pages, address_space_pages.cpp.
    fault bring_in(u32 address, access kind);
    fault touch(area& there, u32 address, access kind);
    u32 answer_of(const fault& failed) const;
    bool expand_stack(area& stack, u32 address);
    void prepare_anon(area& there);
    u8* byte_at(u32 address);
    u32 populate(u32 start, u32 end, bool ignore_errors);
    bool populate_area(area& there, u32 start, u32 end);
    bool resident(const area& there, u32 address) const;
    void forget_private(u32 start, u32 end);
    void move_private(u32 from, u32 to, u32 length);
    static frame& page_of(object& file, u32 page);
    void punch(object& file, u32 first, u32 pages);

    const vm_layout& layout_;
    std::vector<area> areas_;
    std::map<u32, frame> private_;  // page number; null: the page of zeroes
    std::shared_ptr<object> file_;
    u32 brk_ = 0;
    u32 default_flags_ = 0;         // what mlockall(FUTURE) adds to areas
    u32 total_pages_ = 0, data_pages_ = 0, locked_pages_ = 0;
    u32 anons_ = 0;
    u32 limit_as_ = VM_RLIM_INFINITY, limit_data_ = VM_RLIM_INFINITY;
    u32 limit_stack_, limit_memlock_;
    // Everyone who has the file: truncation reaches into all of them.
    std::shared_ptr<std::vector<address_space_model*>> family_;
};
