#include "lib/test/test.hpp"

bool test_detail::strings_equal(const char* a, const char* b) {
    if (!a || !b) return a == b;
    return std::string_view(a) == std::string_view(b);
}

void test_detail::comparison_failed(const char* file, int line, const char* text, format_arg a,
                                    format_arg b) {
    const format_arg values[] = {a, b};
    text_buffer<240> detail;
    vformat(detail, "{} and {}", values);
    test_failed(file, line, text, detail.view());
}
