// The checks of DEBUG=1 on what is not in the linear map.
#include "lib/address.hpp"

#include "host-tests/support/kernel.hpp"
#include "host-tests/support/kernel_memory.hpp"
#include "mm/phys/page.hpp"

#include <test.hpp>

namespace {

constexpr uintptr_t bytes = 16 * PAGE_SIZE;

// The linear map is the first pages of the kernel's memory.
class short_linear_map {
public:
    short_linear_map() : before_(linear_map_bytes) { linear_map_bytes = bytes; }
    ~short_linear_map() { linear_map_bytes = before_; }

private:
    uintptr_t before_;
};

const char* linear(uintptr_t offset) { return reinterpret_cast<const char*>(PAGE_OFFSET + offset); }

phys_addr phys(u64 raw) { return phys_addr(static_cast<phys_raw>(raw)); }

}  // namespace

TEST(linear_map, the_linear_map_is_arithmetic) {
    const short_linear_map map;
    for (const uintptr_t offset : {uintptr_t{0}, uintptr_t{0x1234}, bytes - 1}) {
        EXPECT_TRUE(virt_addr_valid(linear(offset)));
        EXPECT_EQ(virt_to_phys(linear(offset)).raw(), offset);
        EXPECT_EQ(phys_to_virt<const char>(phys(offset)), linear(offset));
    }
}

TEST(linear_map, the_end_of_the_linear_map_has_an_address_and_no_page) {
    const short_linear_map map;
    EXPECT_FALSE(virt_addr_valid(linear(bytes)));
    EXPECT_EQ(virt_to_phys(linear(bytes)).raw(), bytes);
    EXPECT_EQ(phys_to_virt<const char>(phys(bytes)), linear(bytes));
    EXPECT_THROW(virt_to_page(linear(bytes)), kernel_panic);
}

TEST(linear_map, what_is_not_in_the_linear_map_is_reported) {
    const short_linear_map map;
    for (const uintptr_t offset : {bytes + 1, ~uintptr_t{0}, uintptr_t{1} << 31}) {
        EXPECT_FALSE(virt_addr_valid(linear(offset)));
        EXPECT_THROW(virt_to_phys(linear(offset)), kernel_panic);
        EXPECT_THROW(virt_to_page(linear(offset)), kernel_panic);
    }
    for (const u64 beyond : {u64{bytes} + 1, 4 * GiB, ~u64{0}})
        EXPECT_THROW(phys_to_virt(phys(beyond)), kernel_panic);
    try {
        virt_to_phys(linear(bytes + 1));
    } catch (const kernel_panic& panic) {
        EXPECT_NE(panic.message.find("is not in the linear map"), std::string::npos);
    }
}

TEST(linear_map, a_page_of_another_array_has_no_frame) {
    EXPECT_EQ(page_to_pfn(mem_map + max_pfn - 1).raw(), max_pfn - 1);
    EXPECT_THROW(page_to_pfn(mem_map + max_pfn), kernel_panic);
    const page other;
    EXPECT_THROW(page_to_pfn(&other), kernel_panic);
}

TEST(linear_map, before_paging_all_addresses_are_in_the_linear_map) {
    EXPECT_TRUE(virt_addr_valid(linear(u64{1} << 31)));
    EXPECT_EQ(virt_to_phys(linear(uintptr_t{1} << 31)).raw(), uintptr_t{1} << 31);
}
