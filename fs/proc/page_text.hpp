// A text that grows by pages while it is written: what is shown in a file of /proc. A reader
// comes back for the rest of the same text, so it is made once for each look from the start.
#pragma once

#include "lib/format.hpp"
#include "fs/vfs/iov_iter.hpp"

class page_text final : public text_sink {
public:
    page_text() = default;
    ~page_text() { clear(); }
    page_text(const page_text&) = delete;
    page_text& operator=(const page_text&) = delete;

    void write(std::string_view text) override;
    // Memory ran out: the end is missing.
    bool truncated() const { return truncated_; }
    size_t size() const { return size_; }
    void clear();

    // From `pos`, which moves on. EFAULT.
    result<size_t> read(iov_iter& to, u64& pos) const;

private:
    struct chunk {
        static constexpr size_t capacity = PAGE_SIZE - sizeof(chunk*);
        chunk* next;
        char bytes[capacity];
    };

    chunk* first_ = nullptr;
    chunk* last_ = nullptr;
    size_t size_ = 0;  // all chunks but the last are full
    bool truncated_ = false;
};
