#include "kernel/command_line/init_arguments.hpp"

// Null when it does not fit.
const char* init_arguments::keep(std::string_view first, std::string_view second,
                                 std::string_view third) {
    const size_t length = first.size() + second.size() + third.size() + 1;
    if (length > max_text - text_used_) return nullptr;
    char* const start = text_ + text_used_;
    char* to = start;
    for (const std::string_view part : {first, second, third})
        for (const char c : part) *to++ = c;
    *to = '\0';
    text_used_ += length;
    return start;
}

bool init_arguments::add_argument(std::string_view text) {
    return argument_count_ < max_strings && take_argument(keep(text, "", ""));
}

bool init_arguments::add_split_argument(std::string_view name, std::string_view value) {
    return argument_count_ < max_strings && take_argument(keep(name, "=", value));
}

bool init_arguments::take_argument(const char* copy) {
    if (copy) arguments_[argument_count_++] = copy;
    return copy;
}

bool init_arguments::add_environment(std::string_view name, std::string_view value) {
    size_t slot = 0;
    for (; slot < environment_count_; ++slot) {
        const std::string_view there = environment_[slot];
        if (there.starts_with(name) && there[name.size()] == '=') break;
    }
    if (slot == max_strings) return false;
    const char* copy = keep(name, "=", value);
    if (!copy) return false;
    environment_[slot] = copy;
    if (slot == environment_count_) ++environment_count_;
    return true;
}
