// Type-safe formatting. The format string is checked against the arguments at
// compile time; at run time one small function interprets it.
//
//     format_to(out, "{} pages at {:#010x}, {:>8}", n, address, name);
//
//     {}              the value in its natural form
//     {:SPEC}         SPEC = [[fill]<|>|^] [#] [0] [width] [type]
//     type            d decimal   x X hexadecimal   o octal   b binary   c character
//                     s text   p pointer
//     {{  }}          the braces themselves
//
// `#` writes the prefix (0x, 0b, 0) and counts towards the width. A type of
// one's own takes part by an overload found beside it:
//
//     void format_value(text_sink& out, const format_spec& spec, const my_type& value);
#pragma once

#include "lib/types.hpp"

#include <span>
#include <string_view>
#include <type_traits>

// Where text goes. Whoever writes does not know whether it is a console, a log
// record or a buffer.
class text_sink {
public:
    virtual void write(std::string_view text) = 0;
    void put(char c) { write({&c, 1}); }

protected:
    constexpr text_sink() = default;
    ~text_sink() = default;
};

// A sink over a fixed array: what does not fit is dropped, and `truncated` says so.
template <size_t Capacity>
class text_buffer : public text_sink {
public:
    void write(std::string_view text) override {
        for (char c : text) {
            if (length_ == Capacity) {
                truncated_ = true;
                return;
            }
            data_[length_++] = c;
        }
    }
    std::string_view view() const { return {data_, length_}; }
    bool truncated() const { return truncated_; }
    void clear() {
        length_ = 0;
        truncated_ = false;
    }

private:
    char data_[Capacity];
    size_t length_ = 0;
    bool truncated_ = false;
};

struct format_spec {
    char fill = ' ';
    char align = 0;  // '<' '>' '^', or 0 for the type's own
    bool prefix = false;
    bool zero_pad = false;
    u16 width = 0;
    char type = 0;  // 0: the type's own
};

// One argument, its type erased.
class format_arg {
public:
    enum class kind : u8 { none, signed_int, unsigned_int, boolean, character, text, pointer, custom };

    constexpr format_arg() : kind_(kind::none), number_(0) {}

    template <class T>
    constexpr explicit format_arg(const T& value);

    void print(text_sink& out, const format_spec& spec) const;

    template <class T>
    static consteval kind kind_of();

private:
    struct custom_value {
        const void* object;
        void (*print)(text_sink&, const format_spec&, const void*);
    };
    struct text_value {
        const char* data;
        size_t length;
    };

    kind kind_;
    union {
        u64 number_;
        text_value text_;
        custom_value custom_;
    };
};

template <class T>
concept has_format_value = requires(text_sink& out, const format_spec& spec, const T& value) {
    format_value(out, spec, value);
};

template <class T>
consteval format_arg::kind format_arg::kind_of() {
    using D = std::decay_t<T>;
    if constexpr (std::is_same_v<D, bool>) {
        return kind::boolean;
    } else if constexpr (std::is_same_v<D, char>) {
        return kind::character;
    } else if constexpr (has_format_value<D>) {
        return kind::custom;
    } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
        return kind::text;
    } else if constexpr (std::is_integral_v<D>) {
        return std::is_signed_v<D> ? kind::signed_int : kind::unsigned_int;
    } else if constexpr (std::is_pointer_v<D> || std::is_same_v<D, std::nullptr_t>) {
        return kind::pointer;
    } else {
        static_assert(std::is_pointer_v<D>,
                      "this type cannot be formatted: give it a format_value() overload, "
                      "or cast an enum to its underlying type");
    }
}

template <class T>
constexpr format_arg::format_arg(const T& value) : kind_(kind_of<T>()), number_(0) {
    constexpr kind k = kind_of<T>();
    if constexpr (k == kind::custom) {
        custom_ = {&value, [](text_sink& out, const format_spec& spec, const void* object) {
                       format_value(out, spec, *static_cast<const T*>(object));
                   }};
    } else if constexpr (k == kind::text) {
        // A null C string prints as "(null)" rather than faulting in a log call.
        if constexpr (std::is_pointer_v<std::decay_t<T>> && !std::is_array_v<T>) {
            const std::string_view view = value ? std::string_view(value) : "(null)";
            text_ = {view.data(), view.size()};
        } else {
            const std::string_view view = value;
            text_ = {view.data(), view.size()};
        }
    } else if constexpr (k == kind::pointer) {
        number_ = reinterpret_cast<uintptr_t>(value);
    } else if constexpr (k == kind::signed_int) {
        number_ = static_cast<u64>(static_cast<s64>(value));
    } else {
        number_ = static_cast<u64>(value);
    }
}

// -- parsing, shared by the compile-time check and the run-time printer --------

struct format_piece {
    std::string_view literal;  // text before the placeholder
    bool has_placeholder = false;
    format_spec spec;
    const char* error = nullptr;  // null, or what is wrong with the string
};

// Takes the next piece off the front of `rest`.
constexpr format_piece next_format_piece(std::string_view& rest) {
    format_piece piece;
    size_t i = 0;
    while (i < rest.size() && rest[i] != '{' && rest[i] != '}') ++i;
    if (i == rest.size()) {
        piece.literal = rest;
        rest = {};
        return piece;
    }
    if (i + 1 < rest.size() && rest[i + 1] == rest[i]) {  // {{ or }}
        piece.literal = rest.substr(0, i + 1);
        rest.remove_prefix(i + 2);
        return piece;
    }
    if (rest[i] == '}') {
        piece.error = "unmatched '}'";
        return piece;
    }
    piece.literal = rest.substr(0, i);
    rest.remove_prefix(i + 1);
    piece.has_placeholder = true;

    format_spec& spec = piece.spec;
    auto next_is = [&](char c) { return !rest.empty() && rest[0] == c; };
    auto is_align = [](char c) { return c == '<' || c == '>' || c == '^'; };
    if (next_is(':')) {
        rest.remove_prefix(1);
        if (rest.size() >= 2 && is_align(rest[1])) {
            spec.fill = rest[0];
            spec.align = rest[1];
            rest.remove_prefix(2);
        } else if (!rest.empty() && is_align(rest[0])) {
            spec.align = rest[0];
            rest.remove_prefix(1);
        }
        if (next_is('#')) {
            spec.prefix = true;
            rest.remove_prefix(1);
        }
        if (next_is('0')) {
            spec.zero_pad = true;
            rest.remove_prefix(1);
        }
        while (!rest.empty() && rest[0] >= '0' && rest[0] <= '9') {
            spec.width = static_cast<u16>(spec.width * 10 + (rest[0] - '0'));
            if (spec.width > 512) {
                piece.error = "width above 512";
                return piece;
            }
            rest.remove_prefix(1);
        }
        if (!rest.empty() && rest[0] != '}') {
            spec.type = rest[0];
            rest.remove_prefix(1);
        }
    }
    if (!next_is('}')) {
        piece.error = "'{' without its '}'";
        return piece;
    }
    rest.remove_prefix(1);
    return piece;
}

constexpr bool spec_fits(format_arg::kind kind, char type) {
    const auto one_of = [type](std::string_view types) {
        return type == 0 || types.find(type) != std::string_view::npos;
    };
    switch (kind) {
        case format_arg::kind::signed_int:
        case format_arg::kind::unsigned_int: return one_of("dxXobc");
        case format_arg::kind::boolean: return one_of("sd");
        case format_arg::kind::character: return one_of("cdx");
        case format_arg::kind::text: return one_of("s");
        case format_arg::kind::pointer: return one_of("px");
        case format_arg::kind::custom: return true;
        case format_arg::kind::none: return false;
    }
    return false;
}

// Not constexpr on purpose: reaching one during constant evaluation is the
// compile error, and its name is the message.
void the_format_string_has_a_syntax_error();
void the_format_string_has_more_placeholders_than_arguments();
void the_format_string_has_fewer_placeholders_than_arguments();
void the_format_type_does_not_fit_its_argument();

constexpr void check_format(std::string_view text, std::span<const format_arg::kind> kinds) {
    size_t used = 0;
    while (!text.empty()) {
        const format_piece piece = next_format_piece(text);
        if (piece.error) the_format_string_has_a_syntax_error();
        if (!piece.has_placeholder) continue;
        if (used == kinds.size()) the_format_string_has_more_placeholders_than_arguments();
        if (!spec_fits(kinds[used], piece.spec.type)) the_format_type_does_not_fit_its_argument();
        ++used;
    }
    if (used != kinds.size()) the_format_string_has_fewer_placeholders_than_arguments();
}

template <class... Args>
struct checked_format_string {
    std::string_view text;

    consteval checked_format_string(const char* literal) : text(literal) {
        const format_arg::kind kinds[] = {format_arg::kind_of<Args>()..., format_arg::kind::none};
        check_format(text, {kinds, sizeof...(Args)});
    }
};

template <class... Args>
using format_string = checked_format_string<std::type_identity_t<Args>...>;

// -- printing --------------------------------------------------------------------

void vformat(text_sink& out, std::string_view format, std::span<const format_arg> args);

template <class... Args>
void format_to(text_sink& out, format_string<Args...> format, const Args&... args) {
    const format_arg list[] = {format_arg(args)..., format_arg()};
    vformat(out, format.text, {list, sizeof...(Args)});
}

// For format_value overloads: print `text`, padded as `spec` says.
void format_padded(text_sink& out, const format_spec& spec, std::string_view text,
                   char default_align = '<');
void format_unsigned(text_sink& out, const format_spec& spec, u64 value);
