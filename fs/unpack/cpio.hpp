// Archives of cpio in the format "newc": what an initramfs is.
//
//     header     070701 (070702: with a checksum), 13 numbers of 8 hexadecimal digits
//     name       ends in a zero byte, which is counted; zeroes to a multiple of 4
//     data       as long as the header says; zeroes to a multiple of 4
//     ...
//     header     of a file called TRAILER!!!: the end, and zeroes to whatever size
//
//     between --'0'--> header --> name --> data --+
//        ^                 ^                      |
//        |TRAILER!!!       +----------------------+
//        +---------------------- the same
//
// The reader is fed, a piece at a time, of any length; so an archive is unpacked while it
// is inflated, or where it lies. Several archives may follow one another, as they may for
// Linux, and something else behind them is left to who feeds.
//
// I1: an entry's name is not empty, shorter than longest_name, and has no zero byte inside.
// I2: a visitor sees begin(), then as many bytes of data as it was told, then end().
//
// Every malformed field is an error (EINVAL; problem() says which), and the reader stays
// there. Left out: the old binary and octal formats, whose magic is told apart.
#pragma once

#include "fs/unpack/byte_stream.hpp"

#include <string_view>

struct cpio_entry {
    std::string_view name;  // until end() returns
    u32 ino, mode, uid, gid, nlink, mtime;
    u32 size;  // of the data; of a symbolic link, its target
    u32 dev_major, dev_minor, rdev_major, rdev_minor;
};

// An errno of any of these is what feed() returns.
class cpio_visitor {
public:
    virtual result<> begin(const cpio_entry& entry) = 0;
    virtual result<> data(byte_span bytes) = 0;
    virtual result<> end() = 0;
    // A TRAILER!!!: inode numbers mean other files from now on.
    virtual void end_of_archive() = 0;

protected:
    ~cpio_visitor() = default;
};

class cpio_reader {
public:
    // Of a name, its zero byte included, and of a symbolic link's target.
    static constexpr u32 longest_name = 4096;

    explicit cpio_reader(cpio_visitor& to) : to_(to) {}
    cpio_reader(const cpio_reader&) = delete;
    cpio_reader& operator=(const cpio_reader&) = delete;

    // How many bytes were of use: all, or those up to something that begins no archive.
    result<size_t> feed(byte_span bytes);
    // There is no more. EINVAL: the archive is cut off.
    result<> finish();
    // After EINVAL: why.
    const char* problem() const { return problem_; }
    // No archive has begun that has not ended.
    bool between_archives() const { return state_ == state::between; }

private:
    static constexpr u32 header_size = 110;
    enum class state : u8 { between, header, name, name_padding, data, data_padding };

    result<> malformed(const char* problem) {
        problem_ = problem;
        return err{EINVAL};
    }
    void go_to(state next, u32 bytes);
    result<> step(byte_span bytes);
    result<> parse_header();
    result<> check_kind();
    result<> name_ended();
    result<> begin_data();
    result<> data(byte_span bytes);
    result<> end_entry();

    cpio_visitor& to_;
    const char* problem_ = "";
    state state_ = state::between;
    u32 left_ = 0;    // bytes of this state that are still to come
    u32 offset_ = 0;  // in all that was fed, modulo 2^32: for the multiples of 4
    cpio_entry entry_{};
    u32 name_size_ = 0;
    u32 wanted_sum_ = 0, sum_ = 0;
    bool summed_ = false;
    char text_[longest_name];  // the header, then the name
};
