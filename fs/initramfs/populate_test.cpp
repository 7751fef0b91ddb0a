#include "fs/initramfs/populate.hpp"

#include "fs/unpack/cpio_fixture.hpp"
#include "fs/unpack/crc32.hpp"
#include "fs/unpack/unpack_fixture.hpp"
#include "fs/vfs/vfs_fixture.hpp"

#include <initializer_list>

#include <test.hpp>

namespace {

using archive = cpio_writer<960>;

populate_outcome unpack(test_tree& tree, byte_span bytes, size_t piece = 77) {
    pieces_source from(bytes, piece);
    return populate_rootfs(tree.from.root, from);
}

// A gzip member with the bytes in one stored block.
struct packed {
    explicit packed(byte_span bytes) {
        crc32 crc;
        crc.add(bytes);
        const u32 size = static_cast<u32>(bytes.size());
        put({0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1});
        number(size, 2);
        number(~size, 2);
        memcpy(room + length, bytes.data(), size);
        length += size;
        number(crc.value(), 4);
        number(size, 4);
    }
    void put(std::initializer_list<u8> bytes) {
        for (const u8 byte : bytes) room[length++] = byte;
    }
    void number(u32 value, u32 bytes) {
        for (u32 i = 0; i < bytes; ++i) room[length++] = static_cast<u8>(value >> 8 * i);
    }
    byte_span bytes() const { return {room, length}; }

    u8 room[800];
    size_t length = 0;
};

}  // namespace

TEST(populate, makes_what_an_archive_tells) {
    test_tree tree;
    ASSERT_TRUE(tree);
    archive made;
    made.add("bin", "", {.mode = 040711, .mtime = 7})
        .add("bin/sh", "#!shell",
             {.mode = 0104755, .ino = 2, .uid = 5, .gid = 6, .mtime = 8})
        .add("./link", "bin/sh", {.mode = 0120777, .ino = 3})
        .add("null", "", {.mode = 020666, .ino = 4, .rdev_major = 1, .rdev_minor = 3})
        .add("pipe", "", {.mode = 010600, .ino = 5})
        .add("empty", "", {.ino = 6})
        .end();
    const populate_outcome done = unpack(tree, made.bytes());
    EXPECT_EQ(done.error, 0);
    EXPECT_EQ(done.entries, 6u);
    EXPECT_EQ(tree.list("/"), ". .. bin link null pipe empty");
    EXPECT_EQ(tree.text("link"), "#!shell");
    const kstat sh = tree.stat("bin/sh");
    EXPECT_EQ(sh.mode, S_IFREG | 04755u);
    EXPECT_EQ(sh.uid, 5u);
    EXPECT_EQ(sh.gid, 6u);
    EXPECT_EQ(sh.mtime.tv_sec, 8);
    EXPECT_EQ(tree.stat("bin").mode, S_IFDIR | 0711u);
    EXPECT_EQ(tree.stat("bin").mtime.tv_sec, 7);
    EXPECT_EQ(tree.stat("null").rdev, MKDEV(1, 3));
    EXPECT_EQ(tree.stat("empty").size, 0u);
    EXPECT_TRUE(S_ISFIFO(tree.stat("pipe").mode));
}

TEST(populate, later_files_replace_earlier_ones) {
    test_tree tree;
    ASSERT_TRUE(tree);
    archive first, second;
    first.add("d", "", {.mode = 040755}).add("d/f", "long text", {.ino = 2})
        .add("x", "", {.mode = 040755, .ino = 3}).add("y", "file", {.ino = 4}).end();
    second.add("d", "", {.mode = 040700}).add("d/f", "new", {.mode = 0100600, .ino = 2})
        .add("x", "file", {.ino = 3}).add("y", "d/f", {.mode = 0120777, .ino = 4}).end();
    EXPECT_EQ(unpack(tree, first.bytes()).error, 0);
    EXPECT_EQ(unpack(tree, second.bytes()).error, 0);
    EXPECT_EQ(tree.stat("d").mode, S_IFDIR | 0700u);
    EXPECT_EQ(tree.text("d/f"), "new");
    EXPECT_EQ(tree.stat("d/f").mode, S_IFREG | 0600u);
    EXPECT_EQ(tree.text("x"), "file");
    EXPECT_EQ(tree.readlink("y"), "d/f");
}

TEST(populate, names_of_one_inode_are_links_whoever_has_the_contents) {
    test_tree tree;
    ASSERT_TRUE(tree);
    archive made;
    made.add("a", "", {.ino = 9, .nlink = 3})
        .add("b", "", {.ino = 9, .nlink = 3})
        .add("c", "text", {.ino = 9, .nlink = 3})
        .add("other", "x", {.ino = 9, .nlink = 3, .dev_minor = 8})
        .end()
        .add("a2", "new", {.ino = 9, .nlink = 2})
        .end();
    EXPECT_EQ(unpack(tree, made.bytes()).error, 0);
    EXPECT_EQ(tree.text("a"), "text");
    EXPECT_EQ(tree.text("b"), "text");
    EXPECT_EQ(tree.stat("a").nlink, 3u);
    EXPECT_EQ(tree.stat("a").ino, tree.stat("c").ino);
    EXPECT_EQ(tree.stat("other").nlink, 1u);
    EXPECT_NE(tree.stat("a2").ino, tree.stat("a").ino);
}

TEST(populate, packed_and_plain_archives_follow_one_another) {
    test_tree tree;
    ASSERT_TRUE(tree);
    archive plain, inner;
    inner.add("inner", "packed").end();
    const packed member(inner.bytes());
    const std::string_view bytes(reinterpret_cast<const char*>(member.room), member.length);
    plain.add("plain", "first").end().raw(std::string_view("\0\0\0\0", 4)).raw(bytes);
    const populate_outcome done = unpack(tree, plain.bytes());
    EXPECT_EQ(done.error, 0);
    EXPECT_EQ(tree.text("plain"), "first");
    EXPECT_EQ(tree.text("inner"), "packed");
    packed spoilt(inner.bytes());
    spoilt.room[spoilt.length - 5] ^= 1;
    const populate_outcome wrong = unpack(tree, spoilt.bytes());
    EXPECT_EQ(wrong.error, EINVAL);
    EXPECT_STREQ(wrong.problem, "its checksum is wrong");
}

TEST(populate, what_is_malformed_ends_it_and_is_named) {
    test_tree tree;
    ASSERT_TRUE(tree);
    archive cut, behind;
    cut.add("a", "x").add("b", "y");
    const populate_outcome done = unpack(tree, cut.bytes());
    EXPECT_EQ(done.error, EINVAL);
    EXPECT_STREQ(done.problem, "the archive is cut off");
    EXPECT_EQ(tree.text("b"), "y");
    behind.add("a").end().raw("junk");
    const populate_outcome junk = unpack(tree, behind.bytes());
    EXPECT_EQ(junk.error, EINVAL);
    EXPECT_STREQ(junk.problem, "what comes behind an archive is none");
}

TEST(populate, paths_end_at_the_root_of_the_new_tree) {
    test_tree tree;
    ASSERT_TRUE(tree);
    archive up, orphan;
    up.add("../../../up", "here").end();
    EXPECT_EQ(unpack(tree, up.bytes()).error, 0);
    EXPECT_EQ(tree.text("up"), "here");
    orphan.add("none/file").end();
    EXPECT_EQ(unpack(tree, orphan.bytes()).error, ENOENT);
}

TEST(populate, says_when_there_is_no_room) {
    test_tree tree("size=4k");
    ASSERT_TRUE(tree);
    archive made;
    made.add("a", "x", {.ino = 1}).add("b", "y", {.ino = 2}).end();
    EXPECT_EQ(unpack(tree, made.bytes()).error, ENOSPC);
    EXPECT_EQ(tree.text("a"), "x");
}

TEST(populate, each_lack_of_memory_is_told_and_nothing_is_lost) {
    archive made;
    made.add("d", "", {.mode = 040755})
        .add("d/a-name-that-is-too-long-to-be-kept-in-place", "", {.ino = 9, .nlink = 2})
        .add("d/b", "text", {.ino = 9, .nlink = 2})
        .add("l", "d/b", {.mode = 0120777, .ino = 3})
        .end();
    const packed member(made.bytes());
    const auto all = [&] {
        test_tree tree;
        if (!tree) return;
        const populate_outcome done = unpack(tree, member.bytes());
        EXPECT_TRUE(done.error == 0 || done.error == ENOMEM);
        if (done.error == 0) EXPECT_EQ(done.entries, 4u);
    };
    EXPECT_GE(for_each_failure(failslab, all), 15u);
    EXPECT_GE(for_each_failure(the_page_allocator().fail_page_alloc(), all), 1u);
}
