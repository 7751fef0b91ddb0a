#include "kernel/monitor/words.hpp"

namespace {

constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string_view trim_front(std::string_view text) {
    while (!text.empty() && is_blank(text[0])) text.remove_prefix(1);
    return text;
}

}  // namespace

bool word_splitter::keep(char c) {
    if (used_ == max_text) return false;
    text_[used_++] = c;
    return true;
}

// One word, up to a blank or ';' outside quotes, which stays.
word_splitter::outcome word_splitter::take_word() {
    if (count_ == max_words) return outcome::too_long;
    const size_t start = used_;
    char quote = 0;
    for (; !rest_.empty(); rest_.remove_prefix(1)) {
        char c = rest_[0];
        if (quote ? c == quote : c == '"' || c == '\'') {
            quote = quote ? 0 : c;
            continue;
        }
        if (!quote && (is_blank(c) || c == ';')) break;
        if (c == '\\' && quote != '\'' && rest_.size() > 1) {
            rest_.remove_prefix(1);
            c = rest_[0];
        }
        if (!keep(c)) return outcome::too_long;
    }
    if (quote) return outcome::open_quote;
    words_[count_++] = {text_ + start, used_ - start};
    return outcome::command;
}

word_splitter::outcome word_splitter::take_command() {
    count_ = used_ = 0;
    for (;;) {
        rest_ = trim_front(rest_);
        if (rest_.empty()) return outcome::command;
        if (rest_[0] == ';') {
            rest_.remove_prefix(1);
            return outcome::command;
        }
        const outcome word = take_word();
        if (word != outcome::command) return word;
    }
}

word_splitter::outcome word_splitter::next() {
    while (!rest_.empty()) {
        const outcome command = take_command();
        if (command != outcome::command || count_ > 0) return command;
    }
    return outcome::end;
}

word_at_end last_word(std::string_view line) {
    size_t command_start = line.rfind(';');
    command_start = command_start == std::string_view::npos ? 0 : command_start + 1;
    line.remove_prefix(command_start);
    line = trim_front(line);

    size_t word_start = line.size();
    while (word_start > 0 && !is_blank(line[word_start - 1])) --word_start;
    size_t command_length = 0;
    while (command_length < line.size() && !is_blank(line[command_length]))
        ++command_length;

    word_at_end found;
    if (word_start > 0) found.command = {line.data(), command_length};
    line.remove_prefix(word_start);
    found.word = line;
    return found;
}
