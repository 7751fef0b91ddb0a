// Any bytes as an archive: the reader's promises to its visitor hold, and how the bytes are
// divided makes no difference. The first byte says into what pieces.
#include "fs/unpack/cpio.hpp"

#include <cstdlib>
#include <memory>
#include <string>

namespace {

void require(bool truth) {
    if (!truth) abort();
}

struct watcher final : cpio_visitor {
    result<> begin(const cpio_entry& entry) override {
        require(!open);
        require(!entry.name.empty() && entry.name.size() < cpio_reader::longest_name);
        require(entry.name.find('\0') == std::string_view::npos);
        open = true;
        left = entry.size;
        text += entry.name;
        return {};
    }
    result<> data(byte_span bytes) override {
        require(open && bytes.size() <= left);
        left -= static_cast<u32>(bytes.size());
        text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        return {};
    }
    result<> end() override {
        require(open && left == 0);
        open = false;
        text += ';';
        return {};
    }
    void end_of_archive() override {
        require(!open);
        text += '!';
    }

    bool open = false;
    u32 left = 0;
    std::string text;
};

struct outcome {
    int error;
    size_t used;
    std::string text;
    bool operator==(const outcome&) const = default;
};

outcome read(byte_span bytes, size_t piece) {
    watcher seen;
    const auto reader = std::make_unique<cpio_reader>(seen);
    size_t used = 0;
    while (used < bytes.size()) {
        const byte_span now = bytes.subspan(used, min_of(piece, bytes.size() - used));
        const result<size_t> fed = reader->feed(now);
        if (!fed) {
            require(fed.error() == EINVAL);
            return {EINVAL, 0, seen.text};
        }
        require(*fed <= now.size());
        used += *fed;
        if (*fed < now.size()) break;
    }
    return {reader->finish().error(), used, seen.text};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, size_t size) {
    if (size == 0) return 0;
    const byte_span bytes(data + 1, size - 1);
    require(read(bytes, size) == read(bytes, size_t{data[0]} + 1));
    return 0;
}
