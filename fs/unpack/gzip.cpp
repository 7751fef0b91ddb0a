#include "fs/unpack/gzip.hpp"

#include "fs/unpack/crc32.hpp"

namespace {

enum : u8 {
    FTEXT = 0x01,  // a hint only
    FHCRC = 0x02,
    FEXTRA = 0x04,
    FNAME = 0x08,
    FCOMMENT = 0x10,
    FRESERVED = 0xe0,
};

constexpr const char* short_header = "the gzip header is cut off";

// Passes bytes on, and keeps what the end of the member will say of them.
class checked_sink final : public byte_sink {
public:
    explicit checked_sink(byte_sink& to) : to_(to) {}
    result<> write(byte_span bytes) override {
        crc_.add(bytes);
        size_ += static_cast<u32>(bytes.size());
        return to_.write(bytes);
    }
    u32 crc() const { return crc_.value(); }
    u32 size() const { return size_; }

private:
    byte_sink& to_;
    crc32 crc_;
    u32 size_ = 0;
};

// A header's bytes, of which its own check is made.
class header_reader {
public:
    explicit header_reader(byte_reader& in) : in_(in) {}
    int get() {
        const int got = in_.get();
        if (got == byte_reader::none) return got;
        const u8 byte = static_cast<u8>(got);
        crc_.add({&byte, 1});
        return got;
    }
    bool skip(u32 bytes) {
        while (bytes-- > 0)
            if (get() == byte_reader::none) return false;
        return true;
    }
    bool skip_text() {
        for (;;) {
            const int got = get();
            if (got <= 0) return got == 0;
        }
    }
    u32 crc() const { return crc_.value(); }

private:
    byte_reader& in_;
    crc32 crc_;
};

// The lowest byte first. False: it is cut off.
template <class Reader>
bool get_number(Reader& in, unsigned bytes, u32& number) {
    number = 0;
    for (unsigned i = 0; i < bytes; ++i) {
        const int byte = in.get();
        if (byte == byte_reader::none) return false;
        number |= static_cast<u32>(byte) << (8 * i);
    }
    return true;
}

}  // namespace

result<> gunzipper::header(byte_reader& in) {
    header_reader head(in);
    if (head.get() != gzip_first_byte || head.get() != 0x8b)
        return malformed("it does not begin as gzip does");
    if (head.get() != 8) return malformed("it is packed by another method than deflate");
    const int flags = head.get();
    if (flags == byte_reader::none) return malformed(short_header);
    if (flags & FRESERVED) return malformed("the gzip header has flags of no meaning");
    if (!head.skip(6)) return malformed(short_header);
    u32 number;
    if (flags & FEXTRA && !(get_number(head, 2, number) && head.skip(number)))
        return malformed(short_header);
    if (flags & FNAME && !head.skip_text()) return malformed(short_header);
    if (flags & FCOMMENT && !head.skip_text()) return malformed(short_header);
    if (flags & FHCRC) {
        const u32 wanted = head.crc() & 0xffff;
        if (!get_number(in, 2, number)) return malformed(short_header);
        if (number != wanted) return malformed("the gzip header is not as it was");
    }
    return {};
}

result<> gunzipper::gunzip(byte_reader& in, byte_sink& out) {
    if (const result<> read = header(in); !read) return read;
    checked_sink checked(out);
    if (const result<> unpacked = inflater_.inflate(in, checked); !unpacked) {
        problem_ = inflater_.problem();
        return unpacked;
    }
    u32 crc, size;
    if (!get_number(in, 4, crc) || !get_number(in, 4, size))
        return malformed("the gzip trailer is cut off");
    if (crc != checked.crc()) return malformed("its checksum is wrong");
    if (size != checked.size()) return malformed("its length is wrong");
    return {};
}
