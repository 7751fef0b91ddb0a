// Pages of files in page tables: the same frames that read() and write() see.
#include "host-tests/vm/space.hpp"
#include "mm/vm/mm.hpp"

#include <test.hpp>

namespace {

constexpr u32 base = 0x40000000;

class file_faults : public vm_test {
protected:
    ~file_faults() override { fault_around_pages = fault_around_usual; }

    static u32 at(u32 page) { return base + page * PAGE_SIZE; }
};

u32 told;
fault_result answer;

fault_result note_write(vm_fault& fault) {
    ++told;
    EXPECT_TRUE(PageLocked(*fault.page));
    return answer;
}
constexpr vm_operations_struct noticing = {.fault = filemap_fault,
                                           .page_mkwrite = note_write};

bool gave_back;
fault_result sleep_once(vm_fault& fault) {
    if (!fault.may_retry) return filemap_fault(fault);
    gave_back = true;
    fault.mm().mmap_sem.up_read();
    return fault_result::retry;
}
constexpr vm_operations_struct sleeping = {.fault = sleep_once};

// A file on a medium that fails.
result<> read_nothing(address_space&, page& page) {
    if (answer == fault_result::bus_error) return err{EIO};
    SetPageUptodate(page);
    return {};
}
constexpr address_space_operations failing_medium = {.readpage = read_nothing};

}  // namespace

TEST_F(file_faults, a_read_shows_the_cache_s_own_page) {
    space s;
    memory_file* const file = numbered_file(3);
    s.add(base, 3, private_rw, file);
    EXPECT_EQ(s.read(at(1) + 9), 2);
    page* const cached = find_get_page(*file->f_mapping, 1);
    EXPECT_EQ(&s.page_at(at(1)), cached);
    put_page(cached);
    EXPECT_FALSE(s.may_write(at(1)));
    s.check();
    fput(file);
}

TEST_F(file_faults, a_private_write_copies_and_the_file_stays) {
    space s;
    memory_file* const file = numbered_file(2);
    s.add(base, 2, private_rw, file);
    EXPECT_TRUE(s.write(at(0) + 1, 99));  // first access
    EXPECT_EQ(s.read(at(1)), 2);          // read, then written
    EXPECT_TRUE(s.write(at(1) + 1, 98));
    EXPECT_EQ(s.read(at(0)), 1);
    EXPECT_EQ(s.read(at(0) + 1), 99);
    EXPECT_EQ(s.read(at(1) + 1), 98);
    EXPECT_EQ(s.rss(MM_ANONPAGES), 2u);
    EXPECT_EQ(get_mm_rss(s.mm), 2u);
    u8 bytes[2];
    EXPECT_EQ(file->read(0, bytes, 2), 2u);
    EXPECT_EQ(bytes[1], 1);
    s.check();
    fput(file);
}

TEST_F(file_faults, a_shared_write_is_the_file_s) {
    space one, other;
    memory_file* const file = numbered_file(2);
    one.add(base, 2, shared_rw, file);
    other.add(base, 2, shared_ro, file);
    EXPECT_EQ(other.read(at(0) + 4), 1);
    clear_page_dirty(other.page_at(at(0)));
    EXPECT_TRUE(one.write(at(0) + 4, 55));
    EXPECT_EQ(other.read(at(0) + 4), 55);
    u8 byte;
    EXPECT_EQ(file->read(4, &byte, 1), 1u);
    EXPECT_EQ(byte, 55);
    EXPECT_TRUE(PageDirty(one.page_at(at(0))));
    one.check();
    other.check();
    fput(file);
}

TEST_F(file_faults, what_lies_behind_the_end_is_a_bus_error) {
    space s;
    memory_file* const file = numbered_file(1);
    s.add(base, 3, shared_rw, file);
    EXPECT_EQ(s.read(at(0) + PAGE_SIZE - 1), 1);
    EXPECT_EQ(s.touch(at(1)), bus_adrerr(at(1)));
    EXPECT_EQ(s.write(at(2) + 5, 1), bus_adrerr(at(2) + 5));
    EXPECT_TRUE(file->truncate(2 * PAGE_SIZE));
    EXPECT_EQ(s.read(at(1)), 0);
    fput(file);
}

TEST_F(file_faults, a_file_made_shorter_is_unmapped_copies_and_all) {
    space s, own;
    memory_file* const file = numbered_file(3);
    s.add(base, 3, shared_rw, file);
    own.add(base, 2, private_rw, file, 1);
    for (u32 i = 0; i < 3; ++i) EXPECT_EQ(s.read(at(i)), i + 1);
    EXPECT_TRUE(own.write(at(0), 7));
    s.cpu();
    EXPECT_TRUE(file->truncate(PAGE_SIZE));
    EXPECT_EQ(s.read(at(0)), 1);
    EXPECT_EQ(s.touch(at(1)), bus_adrerr(at(1)));
    EXPECT_EQ(own.touch(at(0)), bus_adrerr(at(0)));
    s.check();
    own.check();
    fput(file);
}

// Not so a hole: whose copy a page is, has it still.
TEST_F(file_faults, a_hole_in_a_file_leaves_private_copies) {
    space s, own;
    memory_file* const file = numbered_file(2);
    s.add(base, 2, shared_rw, file);
    own.add(base, 2, private_rw, file);
    EXPECT_TRUE(own.write(at(0), 7));
    EXPECT_EQ(own.read(at(1)), 2);
    EXPECT_EQ(s.read(at(0)), 1);  // so both pages are mapped somewhere
    EXPECT_TRUE(do_madvise(s.mm, base, 2 * PAGE_SIZE, MADV_REMOVE));
    EXPECT_EQ(own.read(at(0)), 7);
    EXPECT_EQ(own.read(at(1)), 0);
    EXPECT_EQ(s.read(at(0)), 0);
    own.check();
    fput(file);
}

TEST_F(file_faults, a_read_maps_what_the_cache_has_of_the_pages_around) {
    memory_file* const file = numbered_file(40);
    for (const u32 around : {16u, 4u, 1u}) {
        fault_around_pages = around;
        space s;
        s.add(base, 40, shared_ro, file);
        EXPECT_EQ(s.read(at(18)), 19);
        EXPECT_EQ(get_mm_rss(s.mm), around);
        EXPECT_EQ(s.is_mapped(at(17)), around > 1);
        EXPECT_EQ(s.is_mapped(at(15)), false);
        EXPECT_EQ(s.mm.min_flt, 1u);
        EXPECT_EQ(s.read(at(39)), 40);
        s.check();
    }
    fput(file);
}

TEST_F(file_faults, pages_around_end_with_the_area_and_the_file) {
    memory_file* const file = numbered_file(6);
    space s;
    s.add(base + 2 * PAGE_SIZE, 9, shared_ro, file, 2);
    EXPECT_EQ(s.read(at(4)), 5);
    EXPECT_EQ(get_mm_rss(s.mm), 4u);
    s.check();
    fput(file);
}

TEST_F(file_faults, the_owner_is_told_of_the_first_write_once) {
    for (const bool read_first : {false, true}) {
        space s;
        memory_file* const file = numbered_file(1);
        s.add(base, 1, shared_rw, file).vm_ops = &noticing;
        page* const page = find_get_page(*file->f_mapping, 0);
        clear_page_dirty(*page);
        put_page(page);
        told = 0;
        answer = fault_result::done;
        if (read_first) {
            EXPECT_EQ(s.read(base), 1);
        }
        EXPECT_FALSE(s.may_write(base));
        EXPECT_TRUE(s.write(base, 2));
        EXPECT_TRUE(s.write(base, 3));
        EXPECT_EQ(told, 1u);
        EXPECT_TRUE(PageDirty(s.page_at(base)));
        s.check();
        fput(file);
    }
}

TEST_F(file_faults, the_owner_may_refuse_a_write) {
    for (const bool read_first : {false, true}) {
        space s;
        memory_file* const file = numbered_file(1);
        s.add(base, 1, shared_rw, file).vm_ops = &noticing;
        answer = fault_result::bus_error;
        if (read_first) {
            EXPECT_EQ(s.read(base), 1);
        }
        EXPECT_EQ(s.write(base + 1, 2), bus_adrerr(base + 1));
        EXPECT_FALSE(s.may_write(base));
        EXPECT_EQ(s.is_mapped(base), read_first);
        s.check();
        fput(file);
    }
}

TEST_F(file_faults, who_gave_mmap_sem_back_is_asked_again) {
    space s;
    memory_file* const file = numbered_file(1);
    for (const bool write : {false, true}) {
        s.add(base + write * PAGE_SIZE, 1, private_rw, file, 0).vm_ops = &sleeping;
        gave_back = false;
        const u32 address = base + write * PAGE_SIZE;
        EXPECT_TRUE(write ? s.write(address, 3) : s.touch(address));
        EXPECT_TRUE(gave_back);
        EXPECT_FALSE(s.mm.mmap_sem.is_locked());
    }
    EXPECT_EQ(s.mm.min_flt, 2u);
    fput(file);
}

TEST_F(file_faults, what_is_read_from_a_medium_is_a_major_fault) {
    space s;
    memory_file* const file = *memory_file::create("medium");
    EXPECT_TRUE(file->truncate(2 * PAGE_SIZE));
    file->f_mapping->a_ops = &failing_medium;
    s.add(base, 2, private_ro, file);
    answer = fault_result::bus_error;
    EXPECT_EQ(s.touch(at(1)), bus_adrerr(at(1)));
    answer = fault_result::done;
    EXPECT_TRUE(s.touch(at(1)));
    EXPECT_EQ(s.mm.maj_flt, 1u);
    EXPECT_EQ(s.mm.min_flt, 0u);
    fput(file);
}

TEST_F(file_faults, shared_memory_counts_as_such) {
    space s;
    file* const file = *shmem_zero_file(2 * PAGE_SIZE);
    s.add(base, 2, shared_rw, file);
    EXPECT_TRUE(s.write(base, 1));
    s.check();
    EXPECT_EQ(get_mm_rss(s.mm), 1u);
    fput(file);
}
