// Which of a CPU's translations each flush drops: a CPU that a test plays is told.
#include "arch/i386/tlb.hpp"

#include <cpu/tlb.hpp>
#include "host-tests/support/kernel.hpp"
#include "lib/address.hpp"

#include <test.hpp>

#include <vector>

namespace {

class tlb_told : public testing::Test, public simulated_tlb {
public:
    tlb_told() {
        static_cast<void>(tlb_enter_space(&mine));
        host_tlb = this;
    }
    ~tlb_told() override {
        host_tlb = nullptr;
        static_cast<void>(tlb_enter_space(nullptr));
    }
    void drop_page(u32 address) override { pages.push_back(address); }
    void drop_space() override { ++spaces; }
    void drop_all() override { ++alls; }

    int mine = 0, other = 0;
    std::vector<u32> pages;
    unsigned spaces = 0, alls = 0;
};

using addresses = std::vector<u32>;

}  // namespace

TEST_F(tlb_told, pages_of_the_kernel) {
    flush_tlb_kernel_range(0xffffe000, 2);
    EXPECT_EQ(pages, (addresses{0xffffe000, 0xfffff000}));
    flush_tlb_kernel_range(0xf8000000, tlb_single_page_flush_ceiling + 1);
    EXPECT_EQ(alls, 1u);
    flush_tlb_all();
    EXPECT_EQ(alls, 2u);
    EXPECT_EQ(pages.size(), 2u);
    EXPECT_EQ(spaces, 0u);
}

TEST_F(tlb_told, nothing_of_an_empty_range) {
    flush_tlb_kernel_range(0xf8000000, 0);
    flush_tlb_space_range(&mine, 0x1000, 0);
    EXPECT_TRUE(pages.empty() && spaces == 0 && alls == 0);
}

TEST_F(tlb_told, pages_of_the_space_that_is_loaded) {
    flush_tlb_space_range(&mine, 0x08048000, 1);
    EXPECT_EQ(pages, addresses{0x08048000});
    flush_tlb_space_range(&other, 0x08048000, 1);
    EXPECT_EQ(pages.size(), 1u);
    flush_tlb_space_range(&mine, 0x08048000, tlb_single_page_flush_ceiling);
    EXPECT_EQ(pages.size(), 1 + tlb_single_page_flush_ceiling);
    flush_tlb_space_range(&mine, 0x08048000, tlb_single_page_flush_ceiling + 1);
    EXPECT_EQ(spaces, 1u);
    EXPECT_EQ(alls, 0u);
}

TEST_F(tlb_told, top_entries_want_cr3_loaded) {
    flush_tlb_space_range(&mine, 0x08048000, 1, freed_tables::of_pages);
    EXPECT_EQ(spaces, 0u);
    flush_tlb_space_range(&mine, 0x08048000, 1, freed_tables::directories);
    flush_tlb_top_entries(&mine);
    EXPECT_EQ(spaces, 2u);
    flush_tlb_top_entries(&other);
    EXPECT_EQ(spaces, 2u);
}

TEST_F(tlb_told, a_lazy_cpu_waits_until_the_space_is_used_again) {
    tlb_enter_lazy();
    EXPECT_FALSE(tlb_enter_space(&mine));  // nothing had happened
    tlb_enter_lazy();
    flush_tlb_space_range(&mine, 0x08048000, 1);
    EXPECT_TRUE(pages.empty());
    EXPECT_TRUE(tlb_enter_space(&mine));
    EXPECT_FALSE(tlb_enter_space(&mine));
    flush_tlb_space_range(&mine, 0x08048000, 1);
    EXPECT_EQ(pages.size(), 1u);
}

TEST_F(tlb_told, freed_tables_do_not_wait) {
    tlb_enter_lazy();
    flush_tlb_space_range(&mine, 0x08048000, 1, freed_tables::of_pages);
    EXPECT_EQ(pages.size(), 1u);
    flush_tlb_top_entries(&mine);
    EXPECT_EQ(spaces, 1u);
}

TEST_F(tlb_told, the_kernels_pages_do_not_wait_either) {
    tlb_enter_lazy();
    flush_tlb_kernel_range(0xf8000000, 1);
    EXPECT_EQ(pages.size(), 1u);
}

TEST_F(tlb_told, another_space_is_loaded) {
    EXPECT_TRUE(tlb_enter_space(&other));
    flush_tlb_space_range(&mine, 0x08048000, 1);
    EXPECT_TRUE(pages.empty());
    EXPECT_TRUE(tlb_enter_space(&mine));
    tlb_enter_lazy();
    flush_tlb_space_range(&mine, 0x08048000, 1);
    EXPECT_TRUE(tlb_enter_space(&other));
    EXPECT_FALSE(tlb_enter_space(&other));
}

TEST_F(tlb_told, user_pages_have_a_space) {
    EXPECT_THROW(flush_tlb_space_range(nullptr, 0, 1), kernel_panic);
}

TEST_F(tlb_told, each_cpu_has_its_own_space) {
    host_cpu = 1;
    flush_tlb_space_range(&mine, 0x08048000, 1);
    host_cpu = 0;
    EXPECT_TRUE(pages.empty());
    flush_tlb_space_range(&mine, 0x08048000, 1);
    EXPECT_EQ(pages.size(), 1u);
}
