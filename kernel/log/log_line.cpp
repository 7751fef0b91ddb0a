#include "kernel/log/log_line.hpp"

void log_line_splitter::write(std::string_view text) {
    for (const char c : text) {
        const u8 byte = static_cast<u8>(c);
        if (c == '\n') {
            end_line();
        } else if (byte >= ' ' && byte != 0x7f) {
            add({&c, 1});
        } else if (c == '\t') {
            add(" ");
        } else {
            text_buffer<4> shown;
            format_to(shown, "\\x{:02x}", byte);
            add(shown.view());
        }
    }
}

void log_line_splitter::finish() {
    if (length_ > 0 || !stored_any_) end_line();
}

// An escape is kept whole or not at all.
void log_line_splitter::add(std::string_view text) {
    if (truncated_ || length_ + text.size() > sizeof(line_)) {
        truncated_ = true;
        return;
    }
    for (const char c : text) line_[length_++] = c;
}

void log_line_splitter::end_line() {
    store_(context_, {line_, length_}, truncated_);
    stored_any_ = true;
    length_ = 0;
    truncated_ = false;
}
