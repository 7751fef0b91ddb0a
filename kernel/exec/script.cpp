#include "kernel/exec/script.hpp"

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool ends_word(char c) { return is_blank(c) || c == '\0'; }

// Where it stands first, or the text's length.
size_t index_of(std::string_view text, char wanted) {
    size_t i = 0;
    while (i < text.size() && text[i] != wanted) ++i;
    return i;
}
// Strings end with the line, or with a zero before that.
std::string_view up_to_zero(std::string_view text) {
    return text.substr(0, index_of(text, '\0'));
}
std::string_view without_leading_blanks(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    return text;
}
size_t word_length(std::string_view text) {
    size_t length = 0;
    while (length < text.size() && !ends_word(text[length])) ++length;
    return length;
}

// What stands between "#!" and the end of the line, or of what is known of it. Nothing:
// a path that begins there is not known to its end.
std::optional<std::string_view> line_of(std::string_view beginning) {
    constexpr size_t mark = 2;
    const size_t newline = index_of(beginning, '\n');
    if (newline < beginning.size()) return beginning.substr(mark, newline - mark);
    const std::string_view rest = without_leading_blanks(beginning.substr(mark));
    if (rest.empty() || word_length(rest) == rest.size()) return {};
    // The last byte is given up for the zero that ends strings.
    return beginning.substr(mark, beginning.size() - mark - 1);
}

}  // namespace

result<script_line> parse_script(std::span<const char, BINPRM_BUF_SIZE> beginning) {
    const std::string_view all(beginning.data(), beginning.size());
    if (!all.starts_with("#!")) return err{ENOEXEC};
    std::optional<std::string_view> line = line_of(all);
    if (!line) return err{ENOEXEC};
    while (!line->empty() && is_blank(line->back())) line->remove_suffix(1);
    const std::string_view words = without_leading_blanks(*line);
    if (words.empty()) return err{ENOEXEC};

    const size_t length = word_length(words);
    script_line parsed{words.substr(0, length), {}};
    // A zero ends all; a blank, and what comes is an argument, be it empty.
    if (length < words.size() && words[length] != '\0')
        parsed.argument = up_to_zero(without_leading_blanks(words.substr(length)));
    return parsed;
}
