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

// Reports `text`, the comparison, with both values.
[[gnu::cold]] void comparison_failed(const char* file, int line, const char* text, format_arg a,
                                     format_arg b);

struct op_eq { template <class A, class B> bool operator()(const A& a, const B& b) const { return a == b; } };
struct op_ne { template <class A, class B> bool operator()(const A& a, const B& b) const { return a != b; } };
struct op_lt { template <class A, class B> bool operator()(const A& a, const B& b) const { return a < b; } };
struct op_le { template <class A, class B> bool operator()(const A& a, const B& b) const { return a <= b; } };
struct op_gt { template <class A, class B> bool operator()(const A& a, const B& b) const { return a > b; } };
struct op_ge { template <class A, class B> bool operator()(const A& a, const B& b) const { return a >= b; } };

template <class Op, class A, class B>
bool compare(const char* file, int line, const char* text, const A& a, const B& b) {
    if (Op{}(a, b)) return true;
    comparison_failed(file, line, text, printable(a), printable(b));
    return false;
}

inline bool check(const char* file, int line, const char* text, bool value) {
    if (!value) test_failed(file, line, text, {});
    return value;
}

}  // namespace test_detail

#define TEST_COMPARE(op, sign, a, b) \
    test_detail::compare<test_detail::op>(__FILE__, __LINE__, #a " " sign " " #b, a, b)

#define EXPECT_EQ(a, b) static_cast<void>(TEST_COMPARE(op_eq, "==", a, b))
#define EXPECT_NE(a, b) static_cast<void>(TEST_COMPARE(op_ne, "!=", a, b))
#define EXPECT_LT(a, b) static_cast<void>(TEST_COMPARE(op_lt, "<", a, b))
#define EXPECT_LE(a, b) static_cast<void>(TEST_COMPARE(op_le, "<=", a, b))
#define EXPECT_GT(a, b) static_cast<void>(TEST_COMPARE(op_gt, ">", a, b))
#define EXPECT_GE(a, b) static_cast<void>(TEST_COMPARE(op_ge, ">=", a, b))
#define EXPECT_TRUE(x) \
    static_cast<void>(test_detail::check(__FILE__, __LINE__, #x, static_cast<bool>(x)))
#define EXPECT_FALSE(x) \
    static_cast<void>(test_detail::check(__FILE__, __LINE__, "!(" #x ")", !(x)))
#define EXPECT_STREQ(a, b)                                                             \
    static_cast<void>(test_detail::check(__FILE__, __LINE__, #a " is the text " #b,    \
                                         test_detail::strings_equal(a, b)))

#define ASSERT_EQ(a, b) do { if (!TEST_COMPARE(op_eq, "==", a, b)) return; } while (0)
#define ASSERT_NE(a, b) do { if (!TEST_COMPARE(op_ne, "!=", a, b)) return; } while (0)
#define ASSERT_LT(a, b) do { if (!TEST_COMPARE(op_lt, "<", a, b)) return; } while (0)
#define ASSERT_LE(a, b) do { if (!TEST_COMPARE(op_le, "<=", a, b)) return; } while (0)
#define ASSERT_GT(a, b) do { if (!TEST_COMPARE(op_gt, ">", a, b)) return; } while (0)
#define ASSERT_GE(a, b) do { if (!TEST_COMPARE(op_ge, ">=", a, b)) return; } while (0)
#define ASSERT_TRUE(x) \
    do { if (!test_detail::check(__FILE__, __LINE__, #x, static_cast<bool>(x))) return; } while (0)
#define ASSERT_FALSE(x) \
    do { if (!test_detail::check(__FILE__, __LINE__, "!(" #x ")", !(x))) return; } while (0)

#define SKIP_TEST(reason) do { test_skipped(reason); return; } while (0)
