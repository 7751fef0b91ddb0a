// The kernel at a program's addresses: what is copied, and exactly how much is missing.
#include "host-tests/vm/space.hpp"
#include "mm/vm/user_access.hpp"

#include <test.hpp>

#include <cstring>
#include <string>

namespace {

constexpr u32 base = 0x08048000;
constexpr u32 last_page = TASK_SIZE - PAGE_SIZE;

class user_access : public vm_test {};

user_ptr<char> chars(u32 address) { return user_ptr<char>(address); }

}  // namespace

TEST_F(user_access, ranges_are_a_user_s_as_a_whole_or_not_at_all) {
    EXPECT_TRUE(access_ok(0, TASK_SIZE));
    EXPECT_TRUE(access_ok(TASK_SIZE, 0));
    EXPECT_TRUE(access_ok(last_page, PAGE_SIZE));
    EXPECT_FALSE(access_ok(last_page, PAGE_SIZE + 1));
    EXPECT_FALSE(access_ok(0, TASK_SIZE + 1));
    EXPECT_FALSE(access_ok(TASK_SIZE, 1));
    EXPECT_FALSE(access_ok(1, ~0u));
    EXPECT_FALSE(access_ok(~0u, 1));
    EXPECT_FALSE(access_ok(~0u, ~0u));
}

TEST_F(user_access, copies_fault_pages_in) {
    space s;
    s.add(base, 4, private_rw);
    s.cpu();
    std::string text(2 * PAGE_SIZE, 'x');
    EXPECT_EQ(copy_to_user(chars(base + 100), text.data(), 2 * PAGE_SIZE), 0u);
    std::string back(2 * PAGE_SIZE + 1, '?');
    EXPECT_EQ(copy_from_user(back.data(), chars(base + 99), 2 * PAGE_SIZE + 1), 0u);
    EXPECT_EQ(back[0], '\0');
    EXPECT_EQ(back.substr(1), text);
    EXPECT_EQ(clear_user(chars(base + 101), PAGE_SIZE), 0u);
    EXPECT_EQ(s.read(base + 100), 'x');
    EXPECT_EQ(s.read(base + 101), 0);
    EXPECT_EQ(s.read(base + 101 + PAGE_SIZE), 'x');
    s.check();
}

TEST_F(user_access, what_is_missing_is_told_to_the_byte) {
    space s;
    s.add(base, 1, private_rw);
    s.write(base + PAGE_SIZE - 1, 7);
    for (const u32 there : {0u, 1u, 3u, 4u, 5u}) {
        u8 bytes[16];
        memset(bytes, 0xcc, sizeof(bytes));
        EXPECT_EQ(copy_from_user(bytes, chars(base + PAGE_SIZE - there), 16), 16 - there);
        for (u32 i = there; i < 16; ++i) EXPECT_EQ(bytes[i], 0);
        EXPECT_EQ(copy_to_user(chars(base + PAGE_SIZE - there), bytes, 16), 16 - there);
        EXPECT_EQ(clear_user(chars(base + PAGE_SIZE - there), 16), 16 - there);
    }
    EXPECT_EQ(s.read(base + PAGE_SIZE - 1), 0);
}

TEST_F(user_access, nothing_is_written_where_the_program_may_not) {
    space s;
    s.add(base, 1, private_ro);
    s.cpu();
    EXPECT_EQ(copy_to_user(chars(base), "abc", 3), 3u);
    EXPECT_EQ(s.read(base), 0);
}

TEST_F(user_access, no_kernel_address_gets_through) {
    space s;
    s.add(last_page, 1, private_rw);
    s.cpu();
    u8 bytes[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    EXPECT_EQ(copy_to_user(chars(TASK_SIZE - 4), bytes, 8), 8u);
    EXPECT_EQ(s.read(TASK_SIZE - 4), 0);  // not even the part that is the user's
    EXPECT_EQ(copy_to_user(chars(TASK_SIZE - 8), bytes, 8), 0u);
    EXPECT_EQ(copy_from_user(bytes, chars(TASK_SIZE), 8), 8u);
    EXPECT_EQ(copy_from_user(bytes, chars(~0u - 3), 8), 8u);
    EXPECT_EQ(clear_user(chars(~0u), 8), 8u);
}

TEST_F(user_access, strings_end_at_their_zero_or_at_a_fault) {
    space s;
    s.add(base, 1, private_rw);
    s.add(last_page, 1, private_rw);
    s.cpu();
    char text[200];
    EXPECT_EQ(copy_to_user(chars(base + PAGE_SIZE - 4), "abc", 4), 0u);
    EXPECT_EQ(*strncpy_from_user(text, chars(base + PAGE_SIZE - 4), sizeof(text)), 3u);
    EXPECT_STREQ(text, "abc");
    EXPECT_EQ(*strncpy_from_user(text, chars(base + PAGE_SIZE - 4), 3), 3u);
    EXPECT_EQ(*strncpy_from_user(text, chars(base + PAGE_SIZE - 4), 2), 2u);
    EXPECT_EQ(copy_to_user(chars(base + PAGE_SIZE - 4), "abcd", 4), 0u);
    EXPECT_EQ(strncpy_from_user(text, chars(base + PAGE_SIZE - 4), sizeof(text)).error(),
              EFAULT);
    EXPECT_EQ(copy_to_user(chars(TASK_SIZE - 2), "xy", 2), 0u);
    EXPECT_EQ(strncpy_from_user(text, chars(TASK_SIZE - 2), 9).error(), EFAULT);
    EXPECT_EQ(*strncpy_from_user(text, chars(TASK_SIZE - 2), 2), 2u);
    EXPECT_EQ(strncpy_from_user(text, chars(TASK_SIZE), 1).error(), EFAULT);
    const std::string longer(150, 'q');
    EXPECT_EQ(copy_to_user(chars(base), longer.c_str(), 151), 0u);
    EXPECT_EQ(*strncpy_from_user(text, chars(base), sizeof(text)), 150u);
    EXPECT_EQ(std::string(text), longer);
}

TEST_F(user_access, values_go_in_and_out) {
    space s;
    s.add(base, 1, private_rw);
    s.cpu();
    const user_ptr<u64> place(base + PAGE_SIZE - 8);
    EXPECT_TRUE(put_user(0x1122334455667788u, place));
    u64 value = 0;
    EXPECT_TRUE(get_user(value, user_ptr<const u64>(place)));
    EXPECT_EQ(value, 0x1122334455667788u);
    EXPECT_EQ(put_user(1, place + 1).error(), EFAULT);
    EXPECT_EQ(get_user(value, user_ptr<const u64>(base + PAGE_SIZE - 4)).error(), EFAULT);
    EXPECT_EQ(value, 0u);
}

// One instruction: all of it or nothing.
TEST_F(user_access, a_value_over_two_pages_is_had_as_a_whole_or_not_at_all) {
    space s;
    s.add(base, 2, private_rw);
    s.add(last_page, 1, private_rw);
    s.cpu();
    u32 value = 1;
    EXPECT_TRUE(put_user(0x11223344u, user_ptr<u32>(base + PAGE_SIZE - 2)));
    EXPECT_TRUE(get_user(value, user_ptr<const u32>(base + PAGE_SIZE - 2)));
    EXPECT_EQ(value, 0x11223344u);
    for (const u32 border : {base + 2 * PAGE_SIZE, u32{TASK_SIZE}}) {
        EXPECT_EQ(put_user(~0u, user_ptr<u32>(border - 2)).error(), EFAULT);
        EXPECT_EQ(s.read(border - 2), 0);
        EXPECT_EQ(s.read(border - 1), 0);
        value = 1;
        EXPECT_EQ(get_user(value, user_ptr<const u32>(border - 2)).error(), EFAULT);
        EXPECT_EQ(value, 0u);
    }
}

TEST_F(user_access, where_one_must_not_sleep_only_what_is_there_is_had) {
    space s;
    s.add(base, 2, private_rw);
    s.write(base, 5);
    u8 byte = 0;
    preempt_disable();
    EXPECT_EQ(copy_from_user(&byte, chars(base), 1), 0u);
    EXPECT_EQ(copy_from_user(&byte, chars(base + PAGE_SIZE), 1), 1u);
    preempt_enable();
    EXPECT_EQ(copy_from_user(&byte, chars(base + PAGE_SIZE), 1), 0u);
}
