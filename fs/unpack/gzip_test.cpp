#include "fs/unpack/gzip.hpp"

#include "fs/unpack/crc32.hpp"
#include "fs/unpack/unpack_fixture.hpp"

#include <test.hpp>

namespace {

// A header with all that it can have, "room" by the fixed codes, the trailer.
constexpr u8 member[] = {
    0x1f, 0x8b, 0x08, 0x1f, 0x01, 0x02, 0x03, 0x04, 0x00, 0x03,  // FLG: all five
    0x03, 0x00, 'e', 'x', 't',                                   // FEXTRA
    'n', 'a', 'm', 'e', 0x00,                                    // FNAME
    'n', 'o', 't', 'e', 0x00,                                    // FCOMMENT
    0x3e, 0xf4,                                                  // FHCRC
    0x2b, 0xca, 0xcf, 0xcf, 0x05, 0x00,                          // the text
    0x9b, 0x51, 0x9f, 0x72, 0x04, 0x00, 0x00, 0x00,              // CRC-32, length
};

struct unpacked {
    explicit unpacked(byte_span packed) : source(packed), in(source) {
        ready = unpack.init();
        if (ready) error = unpack.gunzip(in, out).error();
    }
    bool ready;
    int error = -1;
    text_collector out{400};
    memory_source source;
    byte_reader in;
    gunzipper unpack;
};

// `member` with one byte changed.
struct spoilt {
    spoilt(size_t at, u8 byte) {
        memcpy(bytes, member, sizeof bytes);
        bytes[at] = byte;
    }
    u8 bytes[sizeof member];
};

}  // namespace

TEST(crc32, is_that_of_the_standard) {
    crc32 crc;
    EXPECT_EQ(crc.value(), 0u);
    const u8 text[] = {'1', '2', '3', '4', '5', '6', '7', '8', '9'};
    crc.add({text, 4});
    crc.add({text + 4, 5});
    EXPECT_EQ(crc.value(), 0xcbf43926);
}

TEST(gzip, a_member_with_all_that_a_header_can_have) {
    unpacked text(member);
    ASSERT_TRUE(text.ready);
    EXPECT_EQ(text.error, 0);
    EXPECT_EQ(text.out.text(), "room");
    EXPECT_EQ(text.in.peek(), byte_reader::none);
}

TEST(gzip, members_one_after_another_are_unpacked_one_by_one) {
    u8 two[2 * sizeof member + 1];
    memcpy(two, member, sizeof member);
    memcpy(two + sizeof member, member, sizeof member);
    two[2 * sizeof member] = '0';
    unpacked text(two);
    ASSERT_TRUE(text.ready);
    EXPECT_EQ(text.error, 0);
    EXPECT_EQ(text.in.peek(), int{gzip_first_byte});
    EXPECT_EQ(text.unpack.gunzip(text.in, text.out).error(), 0);
    EXPECT_EQ(text.out.text(), "roomroom");
    EXPECT_EQ(text.in.get(), '0');
}

TEST(gzip, one_that_is_cut_off_anywhere_is_refused) {
    for (size_t length = 0; length < sizeof member; ++length) {
        unpacked text(byte_span(member).first(length));
        ASSERT_TRUE(text.ready);
        EXPECT_EQ(text.error, EINVAL);
    }
}

TEST(gzip, what_is_not_as_it_was_is_named) {
    const struct {
        size_t at;
        u8 byte;
        const char* problem;
    } cases[] = {
        {0, 0x1e, "it does not begin as gzip does"},
        {1, 0x8c, "it does not begin as gzip does"},
        {2, 7, "it is packed by another method than deflate"},
        {3, 0x3f, "the gzip header has flags of no meaning"},
        {5, 0, "the gzip header is not as it was"},
        {26, 0xf5, "the gzip header is not as it was"},
        {27, 0x07, "there is no third kind of block"},
        {28, 0xcb, "its checksum is wrong"},
        {33, 0x9c, "its checksum is wrong"},
        {37, 5, "its length is wrong"},
    };
    for (const auto& one : cases) {
        const spoilt bytes(one.at, one.byte);
        unpacked text(bytes.bytes);
        ASSERT_TRUE(text.ready);
        EXPECT_EQ(text.error, EINVAL);
        EXPECT_STREQ(text.unpack.problem(), one.problem);
    }
}
