// The kernel command line, read by Linux's rules:
//
//     console=ttyS0 "initrd path=/a b" title="x y" loglevel=4 HOME=/root single -- -v
//     └ ours          └ one word        └ one word  └ ours     └ init's   └ init's └ init's
//                                                     environment  argument   arguments
//
// - Words are separated by blanks; double quotes protect blanks. Quotes round a
//   whole word or round a whole value are taken away, others stay.
// - Names of known words do not tell '-' from '_'.
// - A known word's value goes to its boot_param; one that is malformed gives one
//   warning and changes nothing. A word may come again: the last one wins.
// - Of the unknown words, `a=b` goes to init's environment (replacing an earlier a)
//   and the others to its arguments. `--` ends the kernel's part: what follows are
//   init's arguments, whatever they look like.
//
// I1: views into the text are handed out, so it outlives everything said here
//     (boot_info's copy lives as long as the kernel).
#pragma once

#include "kernel/command_line/init_arguments.hpp"
#include "lib/boot_param.hpp"

#include <optional>
#include <string_view>

struct boot_word {
    std::string_view name;   // all of the word where there is no '='
    std::string_view value;  // empty where there is none
    bool has_value;
};

class boot_word_reader {
public:
    constexpr explicit boot_word_reader(std::string_view text) : rest_(text) {}

    // The next word; false at the end of the text.
    bool next(boot_word& word);

private:
    std::string_view rest_;
};

// Equal but for '-' and '_'.
bool boot_names_equal(std::string_view a, std::string_view b);

// Hands each word to whom it belongs; warns about malformed values, and when
// init's share does not fit.
void parse_command_line(std::string_view text, std::span<const boot_param* const> known,
                        init_arguments& init);

// For what must be known before the words are handed out: the value of the last word
// of this name among the kernel's, empty for a bare word.
std::optional<std::string_view> find_boot_word(std::string_view text,
                                               std::string_view name);

// SIZE of `mem=SIZE` and `vmalloc=SIZE`; nothing when it is malformed or 0.
std::optional<u64> parse_size_word(std::string_view value);

// What the last well-formed NAME=SIZE of the kernel's words says, for who lays memory out
// before the words are handed out; nothing where none does.
std::optional<u64> find_size_word(std::string_view text, std::string_view name);

// What the words left for init; filled by read_command_line.
const init_arguments& arguments_for_init();

// Once at boot: the whole of the_boot_info()'s command line to the registered words.
void read_command_line();
