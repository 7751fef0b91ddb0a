// What printk does to text before it is stored: cut into lines, made printable,
// bounded. One formatted message goes in piece by piece; each newline inside it
// starts a record of its own, control characters appear as \x1b (the text may be
// a file name somebody chose to confuse a terminal), and of a line longer than a
// record the beginning is kept.
#pragma once

#include "kernel/log/log_buffer.hpp"

class log_line_splitter final : public text_sink {
public:
    using store_fn = void (*)(void* context, std::string_view line, bool truncated);

    log_line_splitter(store_fn store, void* context) : store_(store), context_(context) {}

    void write(std::string_view text) override;
    // The message is over: stores its last line, or its only, empty one.
    void finish();

private:
    void add(std::string_view text);
    void end_line();

    store_fn store_;
    void* context_;
    size_t length_ = 0;
    bool truncated_ = false;
    bool stored_any_ = false;
    char line_[log_record::max_text];
};
