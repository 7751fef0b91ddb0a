// For tests: what a terminal of one line would show after all that was written to
// it. Knows the sequences that line editing uses; any other is counted as strange.
#pragma once

#include "lib/format.hpp"

class terminal_model final : public text_sink {
public:
    static constexpr size_t width = 80;

    terminal_model() { clear_line(0); }

    void write(std::string_view text) override {
        for (const char c : text) feed(c);
    }

    // The current line without the blanks at its end.
    std::string_view shown() const {
        size_t length = width;
        while (length > 0 && cells_[length - 1] == ' ') --length;
        return {cells_, length};
    }
    size_t column() const { return column_; }
    u32 lines_fed() const { return lines_fed_; }
    u32 bells() const { return bells_; }
    u32 strange() const { return strange_; }

private:
    void clear_line(size_t from) {
        for (size_t i = from; i < width; ++i) cells_[i] = ' ';
    }

    void feed(char c) {
        if (in_sequence_) return feed_sequence(c);
        switch (c) {
            case '\r': column_ = 0; break;
            case '\n':
                column_ = 0;
                ++lines_fed_;
                clear_line(0);
                break;
            case '\b': column_ -= column_ > 0; break;
            case '\a': ++bells_; break;
            case '\x1b': in_sequence_ = true, number_ = 0; break;
            default:
                // The last column is where terminals differ: nothing may stand there.
                if (c < ' ' || column_ + 1 >= width) ++strange_;
                else cells_[column_++] = c;
        }
    }

    void feed_sequence(char c) {
        if (c == '[') return;
        if (c >= '0' && c <= '9') {
            number_ = number_ * 10 + static_cast<size_t>(c - '0');
            return;
        }
        in_sequence_ = false;
        switch (c) {
            case 'K': clear_line(column_); break;
            case 'C': column_ = min_of(column_ + number_, width - 1); break;
            case 'H': column_ = 0; break;
            case 'J': clear_line(0); break;
            default: ++strange_;
        }
    }

    char cells_[width];
    size_t column_ = 0;
    size_t number_ = 0;
    u32 lines_fed_ = 0;
    u32 bells_ = 0;
    u32 strange_ = 0;
    bool in_sequence_ = false;
};
