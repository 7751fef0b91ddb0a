#include "lib/test/test.hpp"

bool test_detail::strings_equal(const char* a, const char* b) {
    if (!a || !b) return a == b;
    return std::string_view(a) == std::string_view(b);
}

bool test_detail::check(bool value, const check_site& site) {
    if (!value) test_failed(site.file, site.line, site.text, {});
    return value;
}

void test_detail::comparison_failed(const check_site& site, format_arg a, format_arg b) {
    const format_arg values[] = {a, b};
    text_buffer<240> detail;
    vformat(detail, "{} and {}", values);
    test_failed(site.file, site.line, site.text, detail.view());
}

namespace {

template <class T>
bool same(T a, T b, const test_detail::check_site& site) {
    if (a == b) return true;
    test_detail::comparison_failed(site, format_arg(a), format_arg(b));
    return false;
}

}  // namespace

bool test_detail::equal(u32 a, u32 b, const check_site& site) { return same(a, b, site); }
bool test_detail::equal(s32 a, s32 b, const check_site& site) { return same(a, b, site); }
bool test_detail::equal(const void* a, const void* b, const check_site& site) {
    return same(a, b, site);
}
