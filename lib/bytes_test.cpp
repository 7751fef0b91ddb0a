#include "lib/bytes.hpp"

#include "lib/address.hpp"

#include <test.hpp>

namespace {

bool prints(u64 bytes, std::string_view expected) {
    text_buffer<32> out;
    format_to(out, "{}", byte_size{bytes});
    return out.view() == expected;
}

}  // namespace

TEST(bytes, prints_whole_units_without_a_decimal) {
    EXPECT_TRUE(prints(0, "0 B"));
    EXPECT_TRUE(prints(1, "1 B"));
    EXPECT_TRUE(prints(512, "512 B"));
    EXPECT_TRUE(prints(1023, "1023 B"));
    EXPECT_TRUE(prints(1024, "1 KiB"));
    EXPECT_TRUE(prints(4096, "4 KiB"));
    EXPECT_TRUE(prints(1023 * KiB, "1023 KiB"));
    EXPECT_TRUE(prints(MiB, "1 MiB"));
    EXPECT_TRUE(prints(64 * GiB, "64 GiB"));
    EXPECT_TRUE(prints(u64{1} << 63, "8 EiB"));
}

TEST(bytes, rounds_to_one_decimal) {
    EXPECT_TRUE(prints(1025, "1.0 KiB"));
    EXPECT_TRUE(prints(1536, "1.5 KiB"));
    EXPECT_TRUE(prints(1024 + 51, "1.0 KiB"));
    EXPECT_TRUE(prints(1024 + 52, "1.1 KiB"));
    EXPECT_TRUE(prints(2939 * KiB, "2.9 MiB"));
    EXPECT_TRUE(prints(2 * KiB - 1, "2.0 KiB"));
}

TEST(bytes, never_prints_1024_of_a_unit) {
    EXPECT_TRUE(prints(MiB - 1, "1.0 MiB"));
    EXPECT_TRUE(prints(MiB - 52, "1023.9 KiB"));
    EXPECT_TRUE(prints(MiB - 51, "1.0 MiB"));
    EXPECT_TRUE(prints(GiB - 1, "1.0 GiB"));
    EXPECT_TRUE(prints(~u64{0}, "16.0 EiB"));
    EXPECT_TRUE(prints((u64{1} << 60) - 1, "1.0 EiB"));
}

TEST(bytes, respects_width_and_alignment) {
    text_buffer<80> out;
    format_to(out, "[{:8}] [{:<8}] [{:.^9}] [{:2}]", byte_size{4096}, byte_size{4096},
              byte_size{4096}, byte_size{4096});
    EXPECT_TRUE(out.view() == "[   4 KiB] [4 KiB   ] [..4 KiB..] [4 KiB]");
}
