#include "kernel/command_line/command_line.hpp"

#include "lib/log.hpp"
#include "lib/parse.hpp"

namespace {

constexpr bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\v' || c == '\f' || c == '\r';
}

const boot_param* find_param(std::span<const boot_param* const> known,
                             std::string_view name) {
    for (const boot_param* param : known)
        if (boot_names_equal(param->name, name)) return param;
    return nullptr;
}

bool ends_kernel_words(const boot_word& word) {
    return !word.has_value && word.name == "--";
}

bool give_to_init(const boot_word& word, init_arguments& init) {
    return word.has_value ? init.add_environment(word.name, word.value)
                          : init.add_argument(word.name);
}

// A word behind "--" is an argument, '=' and all.
bool give_argument(const boot_word& word, init_arguments& init) {
    if (!word.has_value) return init.add_argument(word.name);
    return init.add_split_argument(word.name, word.value);
}

}  // namespace

bool boot_word_reader::next(boot_word& word) {
    while (!rest_.empty() && is_blank(rest_[0])) rest_.remove_prefix(1);
    if (rest_.empty()) return false;

    const bool quoted = rest_[0] == '"';
    bool in_quotes = false;
    size_t length = 0;
    size_t equals = std::string_view::npos;
    for (; length < rest_.size(); ++length) {
        const char c = rest_[length];
        if (c == '"') in_quotes = !in_quotes;
        if (is_blank(c) && !in_quotes) break;
        // A '=' at the very start names nothing.
        if (c == '=' && equals == std::string_view::npos && length > (quoted ? 1u : 0u))
            equals = length;
    }

    std::string_view text(rest_.data(), length);
    rest_.remove_prefix(length);
    word.has_value = equals != std::string_view::npos;
    if (quoted) {
        text.remove_prefix(1);
        if (word.has_value) --equals;
        if (!text.empty() && text.back() == '"') text.remove_suffix(1);
    }
    if (!word.has_value) {
        word.name = text;
        word.value = {};
        return true;
    }
    word.name = {text.data(), equals};
    text.remove_prefix(equals + 1);
    if (!text.empty() && text[0] == '"') {
        text.remove_prefix(1);
        if (!text.empty() && text.back() == '"') text.remove_suffix(1);
    }
    word.value = text;
    return true;
}

bool boot_names_equal(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    for (size_t i = 0; i < a.size(); ++i) {
        const char x = a[i] == '-' ? '_' : a[i];
        const char y = b[i] == '-' ? '_' : b[i];
        if (x != y) return false;
    }
    return true;
}

void parse_command_line(std::string_view text, std::span<const boot_param* const> known,
                        init_arguments& init) {
    boot_word_reader words(text);
    boot_word word;
    bool kernels_part = true;
    bool all_fits = true;
    while (words.next(word)) {
        if (!kernels_part) {
            all_fits &= give_argument(word, init);
        } else if (ends_kernel_words(word)) {
            kernels_part = false;
        } else if (const boot_param* param = find_param(known, word.name); !param) {
            all_fits &= give_to_init(word, init);
        } else if (!param->set(word.value)) {
            pr_warn("{}=: \"{}\" is not understood, using the default", param->name,
                    word.value);
        }
    }
    if (!all_fits) pr_warn("command line: too many words for init, some are left out");
}

std::optional<std::string_view> find_boot_word(std::string_view text,
                                               std::string_view name) {
    std::optional<std::string_view> found;
    boot_word_reader words(text);
    boot_word word;
    while (words.next(word) && !ends_kernel_words(word))
        if (boot_names_equal(word.name, name)) found = word.value;
    return found;
}

std::optional<u64> parse_size_word(std::string_view value) {
    const auto size = parse_size(value);
    return size && *size > 0 ? size : std::nullopt;
}

std::optional<u64> find_size_word(std::string_view text, std::string_view name) {
    std::optional<u64> found;
    boot_word_reader words(text);
    boot_word word;
    while (words.next(word) && !ends_kernel_words(word))
        if (boot_names_equal(word.name, name))
            if (const auto size = parse_size_word(word.value)) found = size;
    return found;
}
