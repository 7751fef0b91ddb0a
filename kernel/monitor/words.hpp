// A typed line, taken apart: commands separated by ';', words separated by blanks.
// Single and double quotes protect blanks and ';' and are taken away; a backslash
// protects the next character, but not within single quotes.
//
//     echo "a; b" c\ d ; mem        ->   [echo] [a; b] [c d]   and   [mem]
#pragma once

#include "lib/types.hpp"

#include <span>
#include <string_view>

class word_splitter {
public:
    static constexpr size_t max_words = 32;
    static constexpr size_t max_text = 512;

    explicit word_splitter(std::string_view line) : rest_(line) {}

    enum class outcome { command, end, open_quote, too_long };

    // Takes the next command off the line; words() are its words, at least one. They
    // stay valid until the next call. Commands without a word are stepped over.
    outcome next();
    std::span<const std::string_view> words() const { return {words_, count_}; }

private:
    outcome take_word();
    outcome take_command();
    bool at_blank() const;
    bool keep(char c);

    std::string_view rest_;
    std::string_view words_[max_words];
    size_t count_ = 0;
    char text_[max_text];
    size_t used_ = 0;
};

// Where the word under a cursor at the end of `line` begins, and whether it is a
// command's name: what the Tab key wants to know. Quotes are not looked at.
struct word_at_end {
    std::string_view command;  // the command of this word; empty: it is the command
    std::string_view word;
};
word_at_end last_word(std::string_view line);
