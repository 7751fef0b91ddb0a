#include "fs/unpack/inflate.hpp"

#include "fs/unpack/unpack_fixture.hpp"

#include <test.hpp>

namespace {

// One stream, unpacked in pieces of `piece` bytes.
struct inflated {
    explicit inflated(byte_span packed, size_t piece = 1000, size_t room = 400)
        : out(room), source(packed, piece), in(source) {
        ready = inflater_.init();
        if (ready) error = inflater_.inflate(in, out).error();
    }
    const char* problem() const { return inflater_.problem(); }

    bool ready;
    int error = -1;
    text_collector out;
    pieces_source source;
    byte_reader in;

private:
    inflater inflater_;
};

template <size_t N>
byte_span bytes_of(const u8 (&bytes)[N]) { return bytes; }

// "Loci, Loci, Loci, Loci.": by the fixed codes, with copies that overlap themselves.
constexpr u8 fixed_text[] = {0xf3, 0xc9, 0x4f, 0xce, 0xd4, 0x51,
                             0xf0, 0x41, 0x23, 0xf5, 0x00};

// As many of each letter from 'a' on as Fibonacci's numbers say, by codes of up to 12 bits.
constexpr u8 long_codes[] = {
    0x05, 0xc1, 0x41, 0x02, 0xc3, 0x30, 0x0c, 0xc3, 0xb0, 0xb7, 0x6e, 0x6b, 0x13, 0x5b,
    0x22, 0xff, 0x7f, 0x1d, 0xf0, 0xf9, 0xfe, 0x7e, 0xcf, 0xf3, 0xbc, 0xef, 0xfb, 0xbe,
    0xe7, 0x9c, 0x73, 0xce, 0x39, 0xf7, 0xde, 0x7b, 0xef, 0xbd, 0xf7, 0xde, 0x7b, 0x67,
    0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x77, 0x77, 0x77, 0x77,
    0x77, 0x77, 0x77, 0x77, 0x77, 0x77, 0x77, 0x77, 0x77, 0x77, 0x77, 0x77, 0x37, 0x49,
    0x92, 0x24, 0x49, 0x92, 0x24, 0x49, 0x92, 0x24, 0x49, 0x92, 0x24, 0x49, 0x92, 0x24,
    0x49, 0x92, 0x24, 0x49, 0x92, 0xb4, 0x6d, 0xdb, 0xb6, 0x6d, 0xdb, 0xb6, 0x6d, 0xdb,
    0xb6, 0x6d, 0xdb, 0xb6, 0x6d, 0xdb, 0xb6, 0x6d, 0xdb, 0xb6, 0x6d, 0xdb, 0xb6, 0x6d,
    0xdb, 0xb6, 0x6d, 0xdb, 0xb6, 0x6d, 0xdb, 0xb6, 0x6d, 0xdb, 0x16, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x40, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55,
    0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55,
    0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55,
    0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55,
    0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0xd5, 0x3f,
};

}  // namespace

TEST(inflate, a_stored_block_is_what_it_says) {
    const u8 packed[] = {0x01, 4, 0, 0xfb, 0xff, 'r', 'o', 'o', 'm', 'X'};
    for (size_t piece = 1; piece <= sizeof packed; ++piece) {
        inflated text(packed, piece);
        ASSERT_TRUE(text.ready);
        EXPECT_EQ(text.error, 0);
        EXPECT_EQ(text.out.text(), "room");
        EXPECT_EQ(text.in.get(), 'X');  // I2: what follows is not touched
        EXPECT_EQ(text.in.get(), byte_reader::none);
    }
}

TEST(inflate, an_empty_stream_is_nothing) {
    const u8 stored[] = {0x01, 0, 0, 0xff, 0xff};
    EXPECT_EQ(inflated(stored).error, 0);
    const u8 fixed[] = {0x03, 0x00};
    inflated text(fixed);
    EXPECT_EQ(text.error, 0);
    EXPECT_EQ(text.out.size(), 0u);
}

TEST(inflate, fixed_codes_and_copies_that_overlap_themselves) {
    for (size_t piece = 1; piece <= sizeof fixed_text; ++piece) {
        inflated text(fixed_text, piece);
        ASSERT_TRUE(text.ready);
        EXPECT_EQ(text.error, 0);
        EXPECT_EQ(text.out.text(), "Loci, Loci, Loci, Loci.");
    }
}

TEST(inflate, codes_that_are_longer_than_the_table_is_wide) {
    for (size_t piece = 1; piece < 4; ++piece) {
        pieces_source source(long_codes, piece);
        byte_reader in(source);
        inflater unpack;
        ASSERT_TRUE(unpack.init());
        struct letters final : byte_sink {
            result<> write(byte_span bytes) override {
                for (const u8 byte : bytes) ++count[byte - u8{'a'}];
                return {};
            }
            u32 count[256] = {};
        };
        letters found;
        EXPECT_EQ(unpack.inflate(in, found).error(), 0);
        u32 before = 0, wanted = 1;
        for (u32 i = 0; i < 13; ++i) {
            EXPECT_EQ(found.count[i], wanted);
            const u32 next = before + wanted;
            before = wanted;
            wanted = next;
        }
    }
}

TEST(inflate, a_stream_that_is_cut_off_anywhere_is_refused) {
    for (size_t length = 0; length < sizeof fixed_text; ++length) {
        inflated text(bytes_of(fixed_text).first(length));
        ASSERT_TRUE(text.ready);
        EXPECT_EQ(text.error, EINVAL);
    }
}

TEST(inflate, what_is_malformed_is_named) {
    const struct {
        const char* problem;
        u8 bytes[12];
    } cases[] = {
        {"it ends before its last block", {}},
        {"there is no third kind of block", {0x07}},
        {"a stored block has two lengths", {0x01, 4, 0, 0xfb, 0xfe}},
        // 287 symbols, 31 distances.
        {"a code has too many symbols", {0xf5, 0x00, 0x00}},
        {"a code has too many symbols", {0x05, 0x1e, 0x00}},
        // Four lengths of 7 bits: patterns without a symbol. Then of 1 bit: too many.
        {"a code of lengths is no code", {0x05, 0x00, 0xfe, 0x1f}},
        {"a code of lengths is no code", {0x05, 0x00, 0x92, 0x04}},
        {"the first length is that before it", {0x05, 0x00, 0x12, 0x00}},
        {"a block could not end", {0x05, 0x00, 0x90, 0xe0, 0x7f, 0x1b}},
        {"there are more lengths than symbols", {0x05, 0x00, 0x90, 0xe0, 0xff, 0x1f}},
        // Length 3, distance 1; the symbol 286; a literal, length 3 and the distance 30.
        {"a copy is of what was before the start", {0x03, 0x02}},
        {"a symbol stands for no length", {0x1b, 0x03}},
        {"a symbol stands for no distance", {0x53, 0x04, 0x3e}},
    };
    for (const auto& one : cases) {
        inflated text(bytes_of(one.bytes).first(one.bytes[0] ? sizeof one.bytes : 0));
        ASSERT_TRUE(text.ready);
        EXPECT_EQ(text.error, EINVAL);
        EXPECT_STREQ(text.problem(), one.problem);
    }
}

TEST(inflate, ends_with_what_the_sink_says) {
    const u8 packed[] = {0x01, 4, 0, 0xfb, 0xff, 'r', 'o', 'o', 'm'};
    EXPECT_EQ(inflated(packed, 100, 3).error, ENOSPC);
}

// Stored blocks and copies across the end of the window, more than it holds twice.
TEST(inflate, copies_reach_back_a_whole_window) {
    long_stream packed;
    pattern_sink out;
    byte_reader in(packed);
    inflater unpack;
    ASSERT_TRUE(unpack.init());
    EXPECT_EQ(unpack.inflate(in, out).error(), 0);
    EXPECT_EQ(out.size(), packed.unpacked_size());
    EXPECT_TRUE(out.is_the_pattern());
    EXPECT_EQ(in.get(), byte_reader::none);
}

TEST(inflate, each_lack_of_memory_is_told) {
    EXPECT_EQ(
        for_each_failure(failslab, [] { static_cast<void>(inflated(fixed_text).error); }),
        2u);
}
