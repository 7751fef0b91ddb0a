// Files whose owner takes part: as drivers do, they bind the area themselves, may refuse,
// and are told when areas of theirs come and go.
#include "host-tests/vm/space.hpp"
#include "mm/slab/slab_debug.hpp"
#include "mm/vm/maps.hpp"
#include "mm/vm/mm.hpp"

#include <test.hpp>

namespace {

constexpr u32 base = 0x20000000;
constexpr u32 bytes_of(u32 pages) { return pages * PAGE_SIZE; }

s32 areas;  // opened, and not closed
const char* name_of(const vm_area_struct&) { return "[device]"; }
constexpr vm_operations_struct told_of = {
    .open = [](vm_area_struct&) { ++areas; },
    .close = [](vm_area_struct&) { --areas; },
    .name = name_of,
};

int refusal;
result<> bind(file&, vm_area_struct& area) {
    if (refusal) return err{refusal};
    area.vm_ops = &told_of;
    ++areas;
    return {};
}

// A file in memory in all else.
class driver_file : public vm_test {
protected:
    driver_file() : file_(numbered_file(8)), mm_(mm_alloc()), operations_(*file_->f_op) {
        areas = refusal = 0;
        operations_.mmap = bind;
        before_ = file_->f_op;
        file_->f_op = &operations_;
    }
    ~driver_file() override { EXPECT_EQ(areas, 0); }
    void TearDown() override {
        mmput(*mm_);
        file_->f_op = before_;
        fput(file_);
        vm_test::TearDown();
    }
    result<u32> map(u32 pages, u32 flags = MAP_SHARED) {
        return do_mmap(*mm_, base, bytes_of(pages), PROT_READ | PROT_WRITE,
                       flags | MAP_FIXED, file_, 0);
    }

    memory_file* file_;
    mm_struct* mm_;
    file_operations operations_;
    const file_operations* before_;
};

class corrupt_entries : public vm_test {};

}  // namespace

TEST_F(driver_file, the_owner_may_refuse) {
    refusal = EIO;
    EXPECT_EQ(map(2).error(), EIO);
    EXPECT_EQ(mm_->map_count, 0u);
    EXPECT_EQ(file_->f_count.load(), 1u);
    refusal = 0;
    EXPECT_TRUE(map(2));
    EXPECT_EQ(areas, 1);
    // One that lies there stays, if the new one is refused.
    refusal = EIO;
    EXPECT_EQ(map(1).error(), EIO);
    EXPECT_EQ(mm_->mmap->pages(), 2u);
    check_areas(*mm_);
}

TEST_F(driver_file, each_part_is_opened_and_closed) {
    EXPECT_TRUE(map(6));
    EXPECT_TRUE(do_munmap(*mm_, base + bytes_of(2), bytes_of(2)));
    EXPECT_EQ(areas, 2);
    EXPECT_TRUE(do_mprotect(*mm_, base, bytes_of(1), PROT_READ));
    EXPECT_EQ(areas, 3);
    // Whose end somebody is told of is joined with nobody.
    EXPECT_TRUE(do_mprotect(*mm_, base, bytes_of(1), PROT_READ | PROT_WRITE));
    EXPECT_EQ(mm_->map_count, 3u);
    EXPECT_STREQ(arch_vma_name(*mm_->mmap), "[device]");
    mm_struct* const child = *dup_mm(*mm_);
    EXPECT_EQ(areas, 6);
    mmput(*child);
    EXPECT_EQ(areas, 3);
    check_areas(*mm_);
}

TEST_F(driver_file, it_becomes_longer_in_place_and_elsewhere) {
    EXPECT_TRUE(map(2));
    EXPECT_EQ(*do_mremap(*mm_, base, bytes_of(2), bytes_of(4), 0, 0), base);
    EXPECT_EQ(mm_->map_count, 1u);
    EXPECT_EQ(mm_->mmap->pages(), 4u);
    EXPECT_EQ(areas, 1);
    const u32 to = base + bytes_of(100);
    EXPECT_EQ(*do_mremap(*mm_, base, bytes_of(4), bytes_of(5),
                         MREMAP_MAYMOVE | MREMAP_FIXED, to), to);
    EXPECT_EQ(areas, 1);
    check_areas(*mm_);
}

// A fixed mapping that finds no memory for its neighbours' split gives its own area back.
TEST_F(driver_file, an_area_that_was_made_for_nothing_is_closed) {
    EXPECT_TRUE(map(6));
    for (u32 n = 1;; ++n) {
        const fail_nth armed(failslab, n);
        const result<u32> mapped =
            do_mmap(*mm_, base + bytes_of(2), bytes_of(1), PROT_READ,
                    MAP_SHARED | MAP_FIXED, file_, 0);
        if (!armed.failed()) break;
        EXPECT_EQ(mapped.error(), ENOMEM);
        EXPECT_EQ(areas, 1);
    }
    EXPECT_EQ(areas, 3);
    check_areas(*mm_);
}

// ---- what nobody makes -----------------------------------------------------------------

TEST_F(corrupt_entries, a_fault_on_one_is_a_bug_and_says_so) {
    space s;
    s.add(base, 1, private_rw);
    EXPECT_TRUE(s.write(base, 1));
    const user_page_table tables = tables_of(s.mm);
    pmd_t* const pmd = tables.pmd_offset(tables.pgd_offset(base), base);
    pte_t* const entry = tables.pte_offset_map(*pmd, base);
    const pte_entry before = entry->raw;
    kernel_format::fill(entry->raw, kernel_format::swapped({.type = 1, .offset = 5}));
    s.cpu().drop_space();
    EXPECT_THROW(s.touch(base), kernel_panic);
    kernel_format::fill(entry->raw, before);
    tables.pte_unmap(entry);
    s.check();
}
