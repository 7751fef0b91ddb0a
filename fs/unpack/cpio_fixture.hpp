// For tests of archives: writes newc, right or wrong.
#pragma once

#include "fs/unpack/byte_stream.hpp"
#include "lib/format.hpp"
#include "lib/string.hpp"

#include <string_view>

struct cpio_fields {
    u32 mode = 0100644;
    u32 ino = 1, uid = 0, gid = 0, nlink = 1, mtime = 1000;
    u32 dev_major = 3, dev_minor = 4, rdev_major = 0, rdev_minor = 0;
    u32 check = 0;
    const char* magic = "070701";
};

template <size_t Capacity>
class cpio_writer {
public:
    cpio_writer& add(std::string_view name, std::string_view data = "",
                     const cpio_fields& f = {}) {
        const auto hex = [this](u32 number) { format_to(out_, "{:08x}", number); };
        out_.write(f.magic);
        for (const u32 number :
             {f.ino, f.mode, f.uid, f.gid, f.nlink, f.mtime, static_cast<u32>(data.size()),
              f.dev_major, f.dev_minor, f.rdev_major, f.rdev_minor,
              static_cast<u32>(name.size() + 1), f.check})
            hex(number);
        out_.write(name);
        out_.put('\0');
        pad();
        out_.write(data);
        pad();
        return *this;
    }
    cpio_writer& end() { return add("TRAILER!!!", "", {.mode = 0}); }
    cpio_writer& raw(std::string_view text) {
        out_.write(text);
        return *this;
    }
    byte_span bytes() const {
        return {reinterpret_cast<const u8*>(out_.view().data()), out_.view().size()};
    }
    // To be spoilt.
    u8* at(size_t offset) { return const_cast<u8*>(bytes().data()) + offset; }

private:
    void pad() {
        while (out_.view().size() % 4 != 0) out_.put('\0');
    }
    text_buffer<Capacity> out_;
};
