#include "fs/unpack/cpio.hpp"

#include "fs/vfs/abi.hpp"
#include "lib/string.hpp"

namespace {

constexpr std::string_view trailer = "TRAILER!!!";

// Eight hexadecimal digits. False: one of them is none.
bool parse_hex(const char* digits, u32& number) {
    number = 0;
    for (int i = 0; i < 8; ++i) {
        const char c = digits[i];
        u32 digit;
        if (c >= '0' && c <= '9') digit = static_cast<u32>(c - '0');
        else if (c >= 'a' && c <= 'f') digit = static_cast<u32>(c - 'a' + 10);
        else if (c >= 'A' && c <= 'F') digit = static_cast<u32>(c - 'A' + 10);
        else return false;
        number = number << 4 | digit;
    }
    return true;
}

}  // namespace

void cpio_reader::go_to(state next, u32 bytes) {
    state_ = next;
    left_ = bytes;
}

result<size_t> cpio_reader::feed(byte_span bytes) {
    size_t used = 0;
    while (used < bytes.size()) {
        if (state_ == state::between) {
            if (bytes[used] == 0) {
                ++used;
                ++offset_;
                continue;
            }
            if (bytes[used] != '0' || offset_ % 4 != 0) return used;
            go_to(state::header, header_size);
        }
        const size_t now = min_of(bytes.size() - used, size_t{left_});
        if (const result<> done = step(bytes.subspan(used, now)); !done)
            return err{done.error()};
        used += now;
    }
    return used;
}

result<> cpio_reader::finish() {
    return between_archives() ? result<>{} : malformed("the archive is cut off");
}

// Bytes of this state, at most as many as it has left. States of no bytes are passed over.
result<> cpio_reader::step(byte_span bytes) {
    offset_ += static_cast<u32>(bytes.size());
    if (state_ == state::header)
        memcpy(text_ + header_size - left_, bytes.data(), bytes.size());
    else if (state_ == state::name)
        memcpy(text_ + name_size_ - left_, bytes.data(), bytes.size());
    else if (state_ == state::data)
        if (const result<> done = data(bytes); !done) return done;
    left_ -= static_cast<u32>(bytes.size());
    result<> done;
    while (done && left_ == 0 && state_ != state::between) {
        switch (state_) {
            case state::header: done = parse_header(); break;
            case state::name: done = name_ended(); break;
            case state::name_padding: done = begin_data(); break;
            case state::data: go_to(state::data_padding, -offset_ % 4); break;
            case state::data_padding: done = end_entry(); break;
            case state::between: break;
        }
    }
    return done;
}

result<> cpio_reader::parse_header() {
    const std::string_view magic(text_, 6);
    if (magic == "070707") return malformed("it is of cpio's old format, newc is wanted");
    summed_ = magic == "070702";
    if (!summed_ && magic != "070701")
        return malformed("an entry begins with no magic number");
    u32* const fields[] = {&entry_.ino,        &entry_.mode,       &entry_.uid,
                           &entry_.gid,        &entry_.nlink,      &entry_.mtime,
                           &entry_.size,       &entry_.dev_major,  &entry_.dev_minor,
                           &entry_.rdev_major, &entry_.rdev_minor, &name_size_,
                           &wanted_sum_};
    static_assert(6 + 8 * std::size(fields) == header_size);
    for (size_t i = 0; i < std::size(fields); ++i)
        if (!parse_hex(text_ + 6 + 8 * i, *fields[i]))
            return malformed("a number in a header has a digit that is none");
    if (name_size_ < 2) return malformed("an entry has no name");
    if (name_size_ > longest_name) return malformed("a name is too long");
    sum_ = 0;
    go_to(state::name, name_size_);
    return {};
}

result<> cpio_reader::name_ended() {
    if (strlen(text_) + 1 != name_size_ || text_[name_size_ - 1] != '\0')
        return malformed("a name is not as long as its header says");
    entry_.name = {text_, name_size_ - 1};
    go_to(state::name_padding, -offset_ % 4);
    return {};
}

result<> cpio_reader::check_kind() {
    switch (entry_.mode & S_IFMT) {
        case S_IFREG: break;
        case S_IFLNK:
            if (entry_.size == 0) return malformed("a symbolic link has no target");
            if (entry_.size >= longest_name)
                return malformed("a symbolic link is too long");
            break;
        case S_IFDIR: case S_IFCHR: case S_IFBLK: case S_IFIFO: case S_IFSOCK:
            if (entry_.size != 0) return malformed("there is data, and it is no file's");
            break;
        default: return malformed("an entry is of no known kind");
    }
    if (entry_.mode >> 16) return malformed("a mode has bits of no meaning");
    return {};
}

result<> cpio_reader::begin_data() {
    if (entry_.name == trailer) {
        if (entry_.size != 0) return malformed("the end of the archive has data");
        to_.end_of_archive();
        go_to(state::between, 0);
        return {};
    }
    if (const result<> known = check_kind(); !known) return known;
    if (const result<> begun = to_.begin(entry_); !begun) return begun;
    go_to(state::data, entry_.size);
    return {};
}

result<> cpio_reader::data(byte_span bytes) {
    if (summed_)
        for (const u8 byte : bytes) sum_ += byte;
    return to_.data(bytes);
}

// Only files have a sum: cpio leaves that of a symbolic link 0.
result<> cpio_reader::end_entry() {
    if (summed_ && (entry_.mode & S_IFMT) == S_IFREG && sum_ != wanted_sum_ &&
        entry_.size > 0)
        return malformed("a file's checksum is wrong");
    if (const result<> ended = to_.end(); !ended) return ended;
    go_to(state::header, header_size);
    return {};
}
