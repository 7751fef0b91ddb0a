#include "user/shell/expand.hpp"

#include "user/lib/calls.hpp"
#include "user/lib/print.hpp"
#include "user/shell/variables.hpp"

namespace {

class expander {
public:
    expander(arena& memory, bool split) : memory_(memory), text_(memory), split_(split) {}

    void expand(std::string_view typed) {
        bool quoted = false;
        while (!typed.empty()) {
            const char c = typed[0];
            if (c == '$' && dollar(typed, quoted)) continue;
            typed.remove_prefix(1);
            if (c == '"') {
                quoted = !quoted;
                real_ = true;
            } else if (c == '\'' && !quoted) {
                add(take_until(typed, '\''));
                real_ = true;
            } else if (c == '\\' && !typed.empty() && escapes(typed[0], quoted)) {
                if (typed[0] != '\n') text_.add(typed[0]);
                typed.remove_prefix(1);
            } else {
                text_.add(c);
            }
        }
        end_word();
    }

    expanded result() {
        char** const all =
            static_cast<char**>(memory_.allocate((count_ + 1) * sizeof(char*)));
        all[count_] = nullptr;
        size_t place = count_;
        for (made_word* w = last_; w; w = w->before) all[--place] = w->text;
        return {all, int(count_)};
    }

private:
    struct made_word {
        made_word* before;
        char* text;
    };

    static bool escapes(char c, bool quoted) {
        return !quoted || place_of("$\"\\`\n", c) < 5;
    }

    void add(std::string_view text) { text_.add(text); }
    void add_split(std::string_view text, bool quoted) {
        for (const char c : text) {
            if (split_ && !quoted && (c == ' ' || c == '\t' || c == '\n'))
                end_word();
            else
                text_.add(c);
        }
    }
    // An empty word is one only if it was quoted.
    void end_word() {
        if (text_.empty() && !real_) return;
        made_word* const made = memory_.make<made_word>();
        *made = {last_, text_.take()};
        last_ = made;
        count_++;
        real_ = false;
    }
    void add_number(int number) {
        char digits[16];
        add(format_in(digits, "{}", number));
    }

    // What `typed` begins with, if that is something's value; then it is taken off.
    bool dollar(std::string_view& typed, bool quoted) {
        std::string_view rest = part(typed, 1);
        const bool braces = starts_with(rest, "{");
        if (braces) rest.remove_prefix(1);
        if (const size_t length = name_length(rest)) {
            add_split(variable(part(rest, 0, length)), quoted);
            rest.remove_prefix(length);
        } else if (!rest.empty() && special_value(rest[0], quoted)) {
            rest.remove_prefix(1);
        } else {
            return false;
        }
        if (braces && starts_with(rest, "}")) rest.remove_prefix(1);
        typed = rest;
        return true;
    }

    bool special_value(char c, bool quoted) {
        if (c == '?') return add_number(special.status), true;
        if (c == '$') return add_number(getpid()), true;
        if (c == '!') return add_number(special.last_background), true;
        if (c == '#') return add_number(special.count), true;
        if (c == '@' || c == '*') {
            for (int i = 1; i <= special.count; i++) {
                add_split(special.words[i], quoted);
                if (i < special.count && split_ && c == '@') real_ = quoted, end_word();
                else if (i < special.count) add_split(" ", quoted);
            }
            return true;
        }
        if (c < '0' || c > '9') return false;
        if (c - '0' <= special.count) add_split(special.words[c - '0'], quoted);
        return true;
    }

    arena& memory_;
    growing_text text_;
    made_word* last_ = nullptr;
    size_t count_ = 0;
    bool split_;
    bool real_ = false;
};

}  // namespace

expanded expand_all(const word* first, arena& memory) {
    expander all(memory, true);
    for (; first; first = first->next) all.expand(first->typed);
    return all.result();
}

char* expand_one(std::string_view typed, arena& memory) {
    expander one(memory, false);
    one.expand(typed);
    const expanded made = one.result();
    return made.count ? made.words[0] : memory.copy("");
}
