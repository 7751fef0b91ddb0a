// What the command line leaves for init: arguments and environment, each a list of
// C strings over one fixed store, as execve will want them.
//
// I1: every string is a copy, ended by a NUL, inside text_.
// I2: no two strings of the environment have the same name.
#pragma once

#include "lib/types.hpp"

#include <span>
#include <string_view>

class init_arguments {
public:
    static constexpr size_t max_strings = 32;  // of each kind, as in Linux
    static constexpr size_t max_text = 2048;

    // False when it does not fit; nothing has changed then.
    bool add_argument(std::string_view text);
    bool add_split_argument(std::string_view name, std::string_view value);  // "name=value"
    // `name` again replaces the value it had.
    bool add_environment(std::string_view name, std::string_view value);

    // As in Linux, `init=` forgets the arguments before it: boot loaders of old put
    // words of their own in front.
    void forget_arguments() { argument_count_ = 0; }

    std::span<const char* const> arguments() const { return {arguments_, argument_count_}; }
    std::span<const char* const> environment() const {
        return {environment_, environment_count_};
    }

private:
    bool take_argument(const char* copy);
    const char* keep(std::string_view first, std::string_view second,
                     std::string_view third);

    const char* arguments_[max_strings] = {};
    const char* environment_[max_strings] = {};
    size_t argument_count_ = 0;
    size_t environment_count_ = 0;
    size_t text_used_ = 0;
    char text_[max_text] = {};
};
