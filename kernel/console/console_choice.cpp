#include "kernel/console/console_choice.hpp"

namespace {

struct known_console {
    std::string_view name;
    std::string_view options;  // the one setting it runs at, as in Linux
};

constexpr known_console known_consoles[] = {
    {"ttyS0", "115200n8"},
    {"tty0", ""},
};
static_assert(std::size(known_consoles) <= console_choice::max_named);

// "115200" and "115200n" say the same as "115200n8".
bool options_fit(std::string_view given, std::string_view wanted) {
    constexpr std::string_view baud = "115200";
    return given.size() >= baud.size() && wanted.starts_with(given);
}

const known_console* find_known(std::string_view value) {
    const size_t comma = value.find(',');
    const bool has_options = comma != std::string_view::npos;
    const std::string_view name(value.data(), has_options ? comma : value.size());
    for (const known_console& known : known_consoles) {
        if (known.name != name) continue;
        if (!has_options) return &known;
        value.remove_prefix(comma + 1);
        return options_fit(value, known.options) ? &known : nullptr;
    }
    return nullptr;
}

}  // namespace

bool console_choice::add(std::string_view value) {
    const known_console* known = find_known(value);
    if (!known) return false;
    size_t kept = 0;
    for (size_t i = 0; i < count_; ++i)
        if (named_[i] != known->name) named_[kept++] = named_[i];
    named_[kept++] = known->name;
    count_ = kept;
    return true;
}

bool console_choice::wants(std::string_view device) const {
    if (empty()) return true;
    for (size_t i = 0; i < count_; ++i)
        if (named_[i] == device) return true;
    return false;
}
