#include "fs/unpack/cpio.hpp"

#include "fs/unpack/cpio_fixture.hpp"
#include "lib/test/scratch.hpp"

#include <test.hpp>

namespace {

using archive = cpio_writer<1024>;

// What the reader tells, as text: "name:mode:data;" and "!" for the end of an archive.
class told final : public cpio_visitor {
public:
    result<> begin(const cpio_entry& entry) override {
        if (entry.name == fails_at) return err{ENOSPC};
        format_to(out, "{}:{:o}:", entry.name, entry.mode);
        last = entry;
        return {};
    }
    result<> data(byte_span bytes) override {
        out.write({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
        return {};
    }
    result<> end() override {
        out.put(';');
        return {};
    }
    void end_of_archive() override { out.put('!'); }

    text_buffer<400> out;
    cpio_entry last{};
    std::string_view fails_at = "/";
};

struct alignas(8) reader_room {
    char bytes[sizeof(cpio_reader)];
};

struct reading {
    // In pieces; 0: in one.
    explicit reading(byte_span bytes, size_t piece = 0) {
        for (size_t at = 0; at < bytes.size() && error == 0;) {
            const byte_span now = bytes.subspan(at, piece ? min_of(piece, bytes.size() - at)
                                                          : bytes.size() - at);
            const result<size_t> fed = reader.feed(now);
            error = fed.error();
            at += fed.value_or(0);
            used = at;
            if (!fed || *fed < now.size()) break;
        }
        if (error == 0) error = reader.finish().error();
    }
    std::string_view text() const { return seen.out.view(); }

    told seen;
    // Too large for a kernel's stack.
    cpio_reader& reader = *new (&scratch_as<reader_room>()) cpio_reader(seen);
    int error = 0;
    size_t used = 0;
};

int error_of(archive& bytes) { return reading(bytes.bytes()).error; }

}  // namespace

TEST(cpio, tells_what_an_archive_has) {
    archive made;
    made.add("bin", "", {.mode = 040755})
        .add("bin/sh", "#!shell", {.mode = 0100755})
        .add("a", "1234")
        .add("link", "bin/sh", {.mode = 0120777})
        .add("null", "", {.mode = 020666, .rdev_major = 1, .rdev_minor = 3})
        .end();
    for (size_t piece = 0; piece < 9; ++piece) {
        const reading read(made.bytes(), piece);
        EXPECT_EQ(read.error, 0);
        EXPECT_EQ(read.text(), "bin:40755:;bin/sh:100755:#!shell;a:100644:1234;"
                               "link:120777:bin/sh;null:20666:;!");
        EXPECT_EQ(read.seen.last.rdev_minor, 3u);
        EXPECT_EQ(read.seen.last.mtime, 1000u);
    }
}

TEST(cpio, several_archives_with_zeroes_between_them) {
    archive made;
    made.add("a", "x").end().raw(std::string_view("\0\0\0\0\0\0\0\0", 8)).add("b").end();
    const reading read(made.bytes());
    EXPECT_EQ(read.error, 0);
    EXPECT_EQ(read.text(), "a:100644:x;!b:100644:;!");
}

TEST(cpio, leaves_what_is_no_archive) {
    archive made;
    made.add("a").end().raw("\x1f\x8b");
    const reading read(made.bytes());
    EXPECT_EQ(read.error, 0);
    EXPECT_EQ(read.used, made.bytes().size() - 2);
    // An archive begins at a multiple of 4.
    archive odd;
    odd.raw(std::string_view("\0", 1)).raw("070701");
    EXPECT_EQ(reading(odd.bytes()).used, 1u);
}

TEST(cpio, one_that_is_cut_off_anywhere_is_refused) {
    archive made;
    made.add("name", "contents").end();
    for (size_t length = 1; length < made.bytes().size(); ++length)
        EXPECT_EQ(reading(made.bytes().first(length)).error, EINVAL);
    EXPECT_EQ(reading({}).error, 0);
    archive endless;
    endless.add("name");
    EXPECT_EQ(error_of(endless), EINVAL);
}

TEST(cpio, every_digit_of_a_header_is_looked_at) {
    for (size_t at = 0; at < 110; ++at) {
        archive made;
        made.add("name", "contents").end();
        *made.at(at) = at == 0 ? 'x' : 'g';
        const reading read(made.bytes());
        if (at == 0) EXPECT_EQ(read.used, 0u);
        else EXPECT_EQ(read.error, EINVAL);
    }
}

TEST(cpio, what_a_header_says_must_be_possible) {
    const auto refused = [](std::string_view name, std::string_view data, cpio_fields f) {
        archive made;
        made.add(name, data, f).end();
        return error_of(made) == EINVAL;
    };
    EXPECT_TRUE(refused("f", "", {.magic = "070707"}));
    EXPECT_TRUE(refused("f", "", {.magic = "070703"}));
    EXPECT_TRUE(refused("", "", {}));
    EXPECT_TRUE(refused(std::string_view("a\0b", 3), "", {}));
    EXPECT_TRUE(refused("f", "", {.mode = 0}));
    EXPECT_TRUE(refused("f", "", {.mode = 0150644}));
    EXPECT_TRUE(refused("f", "", {.mode = 0x10000 | 0100644}));
    EXPECT_TRUE(refused("d", "x", {.mode = 040755}));
    EXPECT_TRUE(refused("p", "x", {.mode = 010644}));
    EXPECT_TRUE(refused("l", "", {.mode = 0120777}));
    EXPECT_TRUE(refused("TRAILER!!!", "x", {.mode = 0}));
    EXPECT_FALSE(refused("f", "", {}));

    const auto refused_size = [](size_t field, std::string_view digits) {
        archive made;
        made.add("name", "target", {.mode = 0120777}).end();
        memcpy(made.at(6 + 8 * field), digits.data(), digits.size());
        return error_of(made) == EINVAL;
    };
    EXPECT_TRUE(refused_size(11, "00001001"));  // a name of more than 4096 bytes
    EXPECT_TRUE(refused_size(11, "FFFFFFFF"));
    EXPECT_TRUE(refused_size(11, "00000004"));  // one that does not end
    EXPECT_TRUE(refused_size(6, "00001000"));   // a target of 4096
    EXPECT_TRUE(refused_size(6, "ffffffff"));
    EXPECT_FALSE(refused_size(6, "00000006"));
}

TEST(cpio, a_checksum_is_that_of_a_files_bytes) {
    archive right;
    right.add("f", "abc", {.check = 'a' + 'b' + 'c', .magic = "070702"})
        .add("l", "abc", {.mode = 0120777, .magic = "070702"})
        .end();
    EXPECT_EQ(error_of(right), 0);
    archive wrong;
    wrong.add("f", "abd", {.check = 'a' + 'b' + 'c', .magic = "070702"}).end();
    EXPECT_EQ(error_of(wrong), EINVAL);
}

TEST(cpio, ends_with_what_the_visitor_says) {
    archive made;
    made.add("a").add("b").end();
    told seen;
    seen.fails_at = "b";
    cpio_reader& reader = *new (&scratch_as<reader_room>()) cpio_reader(seen);
    EXPECT_EQ(reader.feed(made.bytes()).error(), ENOSPC);
    EXPECT_EQ(seen.out.view(), "a:100644:;");
}
