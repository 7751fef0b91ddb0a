// The boot mapper over both formats, held against a walk written from the manual
// (Intel SDM vol. 3, figures 4-2, 4-4 and 4-5, 4-7), on its own terms: plain bit
// positions, nothing of the formats' own code.
#include "arch/i386/paging/boot_mapper.hpp"
#include "arch/i386/paging/pae.hpp"
#include "arch/i386/paging/two_level.hpp"

#include <test.hpp>

#include <cstring>
#include <map>
#include <vector>

namespace {

// Physical memory that holds tables only: page number -> contents.
class table_arena {
public:
    explicit table_arena(size_t limit) : limit_(limit) {}

    std::optional<u64> new_table() {
        if (pages_.size() == limit_) return {};
        const u64 address = 0x200000 + 4096 * pages_.size();
        pages_[address].assign(4096, 0);
        return address;
    }
    void* at(u64 address) { return pages_.at(address).data(); }
    size_t used() const { return pages_.size(); }

    u64 read(u64 address, unsigned bytes) const {
        u64 value = 0;
        std::memcpy(&value, pages_.at(address & ~u64{4095}).data() + (address & 4095), bytes);
        return value;
    }

private:
    std::map<u64, std::vector<u8>> pages_;
    size_t limit_;
};

struct translation {
    bool present;
    u64 physical;
    bool writable;
    u64 page_size;
};

translation walk_two_level(const table_arena& memory, u64 cr3, u32 linear) {
    const u64 pde = memory.read(cr3 + 4 * (linear >> 22), 4);
    if (!(pde & 1)) return {};
    if (pde & 0x80)
        return {true, (pde & 0xffc00000) | (linear & 0x3fffff), (pde & 2) != 0, 4 * 1024 * 1024};
    const u64 pte = memory.read((pde & 0xfffff000) + 4 * (linear >> 12 & 0x3ff), 4);
    if (!(pte & 1)) return {};
    return {true, (pte & 0xfffff000) | (linear & 0xfff), (pde & pte & 2) != 0, 4096};
}

translation walk_pae(const table_arena& memory, u64 cr3, u32 linear) {
    const u64 mask = 0x000ffffffffff000;
    const u64 pdpte = memory.read(cr3 + 8 * (linear >> 30), 8);
    if (!(pdpte & 1)) return {};
    EXPECT_EQ(pdpte & 0x1e6, 0u) << "reserved bits of a PDPTE";
    const u64 pde = memory.read((pdpte & mask) + 8 * (linear >> 21 & 0x1ff), 8);
    if (!(pde & 1)) return {};
    if (pde & 0x80)
        return {true, (pde & 0x000fffffffe00000) | (linear & 0x1fffff), (pde & 2) != 0,
                2 * 1024 * 1024};
    const u64 pte = memory.read((pde & mask) + 8 * (linear >> 12 & 0x1ff), 8);
    if (!(pte & 1)) return {};
    return {true, (pte & mask) | (linear & 0xfff), (pde & pte & 2) != 0, 4096};
}

template <class F>
auto walker() {
    if constexpr (std::is_same_v<F, two_level>) return walk_two_level;
    else return walk_pae;
}

template <class F>
class boot_mapper_test : public testing::Test {};
using formats = testing::Types<two_level, pae>;
TYPED_TEST_SUITE(boot_mapper_test, formats);

}  // namespace

TYPED_TEST(boot_mapper_test, maps_lowmem_with_large_pages) {
    table_arena memory(100);
    const u64 top = *memory.new_table();
    boot_mapper<TypeParam, table_arena> mapper(
        static_cast<typename TypeParam::entry*>(memory.at(top)), memory, true);
    ASSERT_TRUE(mapper.map(0xc0000000, 0, 896u << 20, {.write = true}));
    const auto walk = walker<TypeParam>();
    for (u64 offset : {0ull, 0x100000ull, 0x12345678ull, (896ull << 20) - 1}) {
        const translation t = walk(memory, top, static_cast<u32>(0xc0000000 + offset));
        EXPECT_TRUE(t.present);
        EXPECT_EQ(t.physical, offset);
        EXPECT_TRUE(t.writable);
        EXPECT_GT(t.page_size, 4096u);
    }
    EXPECT_FALSE(walk(memory, top, 0xbfffffff).present);
    EXPECT_FALSE(walk(memory, top, 0xf8000000).present);
    EXPECT_LE(memory.used(), 2u);
}

TYPED_TEST(boot_mapper_test, maps_lowmem_with_small_pages) {
    table_arena memory(1000);
    const u64 top = *memory.new_table();
    boot_mapper<TypeParam, table_arena> mapper(
        static_cast<typename TypeParam::entry*>(memory.at(top)), memory, false);
    ASSERT_TRUE(mapper.map(0xc0000000, 0, 64u << 20, {}));
    const auto walk = walker<TypeParam>();
    for (u32 offset = 0; offset < 64u << 20; offset += 0x7777) {
        const translation t = walk(memory, top, 0xc0000000 + offset);
        ASSERT_TRUE(t.present);
        EXPECT_EQ(t.physical, offset);
        EXPECT_FALSE(t.writable);
        EXPECT_EQ(t.page_size, 4096u);
    }
    EXPECT_FALSE(walk(memory, top, 0xc0000000 + (64u << 20)).present);
}

TYPED_TEST(boot_mapper_test, mixes_sizes_at_unaligned_ends) {
    table_arena memory(100);
    const u64 top = *memory.new_table();
    boot_mapper<TypeParam, table_arena> mapper(
        static_cast<typename TypeParam::entry*>(memory.at(top)), memory, true);
    // Both ends off by a page, congruent so that large pages fit in between.
    ASSERT_TRUE(mapper.map(0xf87ff000, 0xfd3ff000, (9u << 20) + 0x2000, {.uncached = true}));
    const auto walk = walker<TypeParam>();
    for (u64 offset = 0; offset < (9u << 20) + 0x2000; offset += 0x1000) {
        const translation t = walk(memory, top, static_cast<u32>(0xf87ff000 + offset));
        ASSERT_TRUE(t.present);
        EXPECT_EQ(t.physical, 0xfd3ff000 + offset);
    }
    EXPECT_EQ(walk(memory, top, 0xf87ff000).page_size, 4096u);
    EXPECT_GT(walk(memory, top, 0xf8800000).page_size, 4096u);
}

TYPED_TEST(boot_mapper_test, uncached_leaves_write_combining_to_the_mtrr) {
    constexpr u64 pwt = 1 << 3, pcd = 1 << 4;
    for (unsigned level : {0u, 1u}) {
        const u64 uncached = TypeParam::leaf(0xfd000000, {.uncached = true}, level);
        EXPECT_EQ(uncached & (pwt | pcd), pcd);
        EXPECT_EQ(TypeParam::leaf(0xfd000000, {}, level) & (pwt | pcd), 0u);
    }
}

TYPED_TEST(boot_mapper_test, refuses_what_is_mapped_and_survives_running_out) {
    table_arena memory(3);
    const u64 top = *memory.new_table();
    boot_mapper<TypeParam, table_arena> mapper(
        static_cast<typename TypeParam::entry*>(memory.at(top)), memory, false);
    ASSERT_TRUE(mapper.map(0xc0000000, 0, 0x1000, {}));
    EXPECT_FALSE(mapper.map(0xc0000000, 0x5000, 0x1000, {}));
    EXPECT_EQ(walker<TypeParam>()(memory, top, 0xc0000000).physical, 0u);
    EXPECT_FALSE(mapper.map(0xc0001000, 0x1000, 64u << 20, {}));
    EXPECT_TRUE(walker<TypeParam>()(memory, top, 0xc0001000).present);
}

TEST(boot_mapper, pae_reaches_above_4_gib) {
    table_arena memory(10);
    const u64 top = *memory.new_table();
    boot_mapper<pae, table_arena> mapper(static_cast<u64*>(memory.at(top)), memory, true);
    ASSERT_TRUE(mapper.map(0xf8800000, 0x1'2340'0000, 0x200000, {.no_execute = true}));
    EXPECT_EQ(walk_pae(memory, top, 0xf8812345).physical, 0x1'2341'2345u);
}

TEST(is_addressable, has_an_exact_end_and_no_overflow) {
    EXPECT_TRUE(is_addressable(0, 1, 32));
    EXPECT_FALSE(is_addressable(0, 0, 32));
    EXPECT_TRUE(is_addressable(0xfffff000, 0x1000, 32));
    EXPECT_FALSE(is_addressable(0xfffff000, 0x1001, 32));
    EXPECT_FALSE(is_addressable(u64{1} << 32, 1, 32));
    EXPECT_TRUE(is_addressable(u64{1} << 32, 1, 36));
    EXPECT_TRUE(is_addressable((u64{1} << 52) - 1, 1, 52));
    EXPECT_FALSE(is_addressable((u64{1} << 52) - 1, 2, 52));
    EXPECT_FALSE(is_addressable(u64{1} << 63, 1, 52));
    EXPECT_FALSE(is_addressable(~u64{0}, ~u64{0}, 52));
    EXPECT_FALSE(is_addressable(0x1000, ~u64{0}, 52));
}
