// Tests that run inside the kernel and, from the same source, on the host, where
// each becomes a test of GoogleTest's (host-tests/main.cpp).
//
//     TEST(bitmap, finds_the_first_zero) {
//         EXPECT_EQ(map.find_first_zero(), 3u);
//     }
//
// EXPECT_ goes on after a failure, ASSERT_ leaves the test, SKIP_TEST("no NX")
// leaves it and says why. Both values are printed when they can be.
#pragma once

#include "lib/format.hpp"
#include "lib/test/test_case.hpp"

#define TEST(suite_, name_)                                                             \
    static void test_body_##suite_##_##name_();                                         \
    REGISTER(test_case, test_case_##suite_##_##name_) = {#suite_, #name_,               \
                                                         test_body_##suite_##_##name_}; \
    static void test_body_##suite_##_##name_()

namespace test_detail {

// `value` as format_to takes it; what cannot be printed says so.
template <class T>
format_arg printable(const T& value) {
    if constexpr (std::is_enum_v<T>) {
        return format_arg(static_cast<std::underlying_type_t<T>>(value));
    } else if constexpr (std::is_arithmetic_v<T> || std::is_pointer_v<T> || has_format_value<T> ||
                         std::is_convertible_v<const T&, std::string_view>) {
        return format_arg(value);
    } else {
        return format_arg("(a value)");
    }
}

// A place where something is checked. There are thousands, so they are small; each takes
// what it says as one address, and numbers by value: a few short instructions a check.
struct [[gnu::packed]] check_site {
    const char* file;
    const char* text;
    u16 line;
};

// Reports the comparison with both values.
[[gnu::cold]] void comparison_failed(const check_site& site, format_arg a, format_arg b);

struct op_eq { template <class A, class B> bool operator()(const A& a, const B& b) const { return a == b; } };
struct op_ne { template <class A, class B> bool operator()(const A& a, const B& b) const { return a != b; } };
struct op_lt { template <class A, class B> bool operator()(const A& a, const B& b) const { return a < b; } };
struct op_le { template <class A, class B> bool operator()(const A& a, const B& b) const { return a <= b; } };
struct op_gt { template <class A, class B> bool operator()(const A& a, const B& b) const { return a > b; } };
struct op_ge { template <class A, class B> bool operator()(const A& a, const B& b) const { return a >= b; } };

template <class Op, class A, class B>
[[gnu::noinline]] bool compare_values(A a, B b, const check_site& site) {
    if (Op{}(a, b)) return true;
    comparison_failed(site, printable(a), printable(b));
    return false;
}

// What most checks compare: functions of their own, where a template's copy would be in
// each file.
bool equal(u32 a, u32 b, const check_site& site);
bool equal(s32 a, s32 b, const check_site& site);
bool equal(const void* a, const void* b, const check_site& site);

template <class T>
inline constexpr bool is_word =
    std::is_integral_v<T> && !std::is_same_v<T, bool> && sizeof(T) <= sizeof(u32);

template <class Op, class A, class B>
[[gnu::always_inline]] inline bool compare(const A& a, const B& b, const check_site& site) {
    if constexpr (std::is_same_v<Op, op_eq> && is_word<A> && is_word<B> &&
                  std::is_signed_v<A> == std::is_signed_v<B>) {
        using word = std::conditional_t<std::is_signed_v<A>, s32, u32>;
        return equal(word{a}, word{b}, site);
    } else if constexpr (std::is_same_v<Op, op_eq> && std::is_pointer_v<A> &&
                         std::is_same_v<A, B>) {
        return equal(static_cast<const void*>(a), static_cast<const void*>(b), site);
    } else if constexpr (std::is_scalar_v<A> && std::is_scalar_v<B>) {
        return compare_values<Op, std::remove_cv_t<A>, std::remove_cv_t<B>>(a, b, site);
    } else {
        return compare_values<Op, const A&, const B&>(a, b, site);
    }
}

bool check(bool value, const check_site& site);

}  // namespace test_detail

// The place is a constant of its own: a static in an expression, which g++ and clang++ have.
#define TEST_SITE(text)                                                                \
    __extension__({                                                                    \
        static constexpr test_detail::check_site site = {__FILE__, text, __LINE__};    \
        &site;                                                                         \
    })
#define TEST_COMPARE(op, sign, a, b) \
    test_detail::compare<test_detail::op>(a, b, *TEST_SITE(#a " " sign " " #b))
#define TEST_CHECK(text, value) test_detail::check(value, *TEST_SITE(text))

#define EXPECT_EQ(a, b) static_cast<void>(TEST_COMPARE(op_eq, "==", a, b))
#define EXPECT_NE(a, b) static_cast<void>(TEST_COMPARE(op_ne, "!=", a, b))
#define EXPECT_LT(a, b) static_cast<void>(TEST_COMPARE(op_lt, "<", a, b))
#define EXPECT_LE(a, b) static_cast<void>(TEST_COMPARE(op_le, "<=", a, b))
#define EXPECT_GT(a, b) static_cast<void>(TEST_COMPARE(op_gt, ">", a, b))
#define EXPECT_GE(a, b) static_cast<void>(TEST_COMPARE(op_ge, ">=", a, b))
#define EXPECT_TRUE(x) static_cast<void>(TEST_CHECK(#x, static_cast<bool>(x)))
#define EXPECT_FALSE(x) static_cast<void>(TEST_CHECK("!(" #x ")", !(x)))
#define EXPECT_STREQ(a, b)                                    \
    static_cast<void>(TEST_CHECK(#a " is the text " #b, test_detail::strings_equal(a, b)))

#define ASSERT_EQ(a, b) do { if (!TEST_COMPARE(op_eq, "==", a, b)) return; } while (0)
#define ASSERT_NE(a, b) do { if (!TEST_COMPARE(op_ne, "!=", a, b)) return; } while (0)
#define ASSERT_LT(a, b) do { if (!TEST_COMPARE(op_lt, "<", a, b)) return; } while (0)
#define ASSERT_LE(a, b) do { if (!TEST_COMPARE(op_le, "<=", a, b)) return; } while (0)
#define ASSERT_GT(a, b) do { if (!TEST_COMPARE(op_gt, ">", a, b)) return; } while (0)
#define ASSERT_GE(a, b) do { if (!TEST_COMPARE(op_ge, ">=", a, b)) return; } while (0)
#define ASSERT_TRUE(x) do { if (!TEST_CHECK(#x, static_cast<bool>(x))) return; } while (0)
#define ASSERT_FALSE(x) do { if (!TEST_CHECK("!(" #x ")", !(x))) return; } while (0)

#define SKIP_TEST(reason) do { test_skipped(reason); return; } while (0)
