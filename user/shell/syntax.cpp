#include "user/shell/syntax.hpp"

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool ends_word(char c) { return is_blank(c) || c == '\n' || place_of(";&|<>", c) < 5; }

class parser {
public:
    parser(std::string_view text, arena& memory) : left_(text), memory_(memory) {}

    parsed all() {
        pipeline** place = &result_.first;
        for (skip_lines(); !left_.empty() && good(); skip_lines()) {
            pipeline* const made = memory_.make<pipeline>();
            made->commands = commands();
            made->then = behind_pipeline();
            *place = made;
            place = &made->next;
        }
        return result_;
    }

private:
    bool good() const { return !result_.error && !result_.unfinished; }
    void fail(const char* why) {
        if (!result_.error) result_.error = why;
    }
    char ahead(size_t i = 0) const { return i < left_.size() ? left_[i] : 0; }
    bool take(std::string_view what) {
        if (!starts_with(left_, what)) return false;
        left_.remove_prefix(what.size());
        return true;
    }
    // Blanks, lines continued, and comments.
    void skip_blanks() {
        while (is_blank(ahead()) || starts_with(left_, "\\\n"))
            left_.remove_prefix(ahead() == '\\' ? 2 : 1);
        if (ahead() == '#') left_.remove_prefix(place_of(left_, '\n'));
    }
    void skip_lines() {
        for (skip_blanks(); ahead() == '\n'; skip_blanks()) left_.remove_prefix(1);
    }
    // A joint or a pipe wants a command behind it, on this line or the next.
    void want_more() {
        skip_lines();
        if (left_.empty()) result_.unfinished = true;
    }

    joint behind_pipeline() {
        if (take("&&")) return want_more(), joint::if_good;
        if (take("||")) return want_more(), joint::if_bad;
        if (take("&")) return joint::background;
        if (!take(";") && !take("\n") && !left_.empty()) fail("unexpected character");
        return joint::always;
    }

    command* commands() {
        command* const made = memory_.make<command>();
        word** words = &made->words;
        redirection** redirections = &made->redirections;
        for (skip_blanks(); good(); skip_blanks()) {
            if (redirection* const found = redirected()) {
                *redirections = found;
                redirections = &found->next;
                continue;
            }
            const std::string_view typed = scan_word();
            if (typed.empty()) break;
            *words = memory_.make<word>();
            (*words)->typed = typed;
            words = &(*words)->next;
        }
        if (!made->words && !made->redirections) fail("a command is missing");
        if (ahead() == '|' && ahead(1) != '|' && take("|")) {
            want_more();
            if (good()) made->next = commands();
        }
        return made;
    }

    // [DIGIT] < > >> >& and a word; null where none stands here.
    redirection* redirected() {
        const bool numbered = ahead() >= '0' && ahead() <= '9';
        const char sign = ahead(numbered);
        if (sign != '<' && sign != '>') return nullptr;
        redirection* const made = memory_.make<redirection>();
        made->fd = numbered ? ahead() - '0' : sign == '>';
        left_.remove_prefix(numbered);
        if (take(">>"))
            made->what = redirection::append;
        else if (take(">&") || take("<&"))
            made->what = redirection::copy;
        else
            made->what = take(">") ? redirection::output : redirection::input;
        if (made->what == redirection::input) take("<");
        skip_blanks();
        made->typed = scan_word();
        if (made->typed.empty()) fail("a file is missing behind < or >");
        return made;
    }

    // Up to what ends a word outside of quotes.
    std::string_view scan_word() {
        size_t end = 0;
        char quote = 0;
        for (; end < left_.size(); end++) {
            const char c = left_[end];
            if (quote == 0 && ends_word(c)) break;
            if (c == '\\' && quote != '\'')
                end++;
            else if (c == quote)
                quote = 0;
            else if (quote == 0 && (c == '\'' || c == '"'))
                quote = c;
        }
        if (quote || end > left_.size()) result_.unfinished = true;
        const std::string_view found = part(left_, 0, end);
        left_.remove_prefix(found.size());
        return found;
    }

    std::string_view left_;
    arena& memory_;
    parsed result_;
};

}  // namespace

parsed parse(std::string_view text, arena& memory) { return parser(text, memory).all(); }
