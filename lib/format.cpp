#include "lib/format.hpp"

namespace {

void write_fill(text_sink& out, char fill, size_t count) {
    while (count-- > 0) out.put(fill);
}

struct digits {
    char text[64];
    size_t length = 0;
};

// Most significant digit first. The 64-bit division is done by shifting for the
// powers of two and by 32-bit halves for ten: no call into libgcc.
digits to_digits(u64 value, unsigned base, bool upper) {
    digits reversed;
    const char* alphabet = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    do {
        u32 high = static_cast<u32>(value >> 32);
        u32 low = static_cast<u32>(value);
        unsigned digit;
        if (high == 0) {
            digit = low % base;
            value = low / base;
        } else {
            // Schoolbook division by a small base, sixteen bits at a time.
            u32 remainder = 0;
            u64 quotient = 0;
            for (int shift = 48; shift >= 0; shift -= 16) {
                const u32 part = (remainder << 16) | static_cast<u32>((value >> shift) & 0xffff);
                quotient = (quotient << 16) | (part / base);
                remainder = part % base;
            }
            digit = remainder;
            value = quotient;
        }
        reversed.text[reversed.length++] = alphabet[digit];
    } while (value != 0);

    digits result;
    while (reversed.length > 0) result.text[result.length++] = reversed.text[--reversed.length];
    return result;
}

void write_number(text_sink& out, const format_spec& spec, u64 magnitude, bool negative) {
    unsigned base = 10;
    std::string_view prefix;
    switch (spec.type) {
        case 'x': base = 16, prefix = "0x"; break;
        case 'p': base = 16, prefix = "0x"; break;
        case 'X': base = 16, prefix = "0X"; break;
        case 'o': base = 8, prefix = "0"; break;
        case 'b': base = 2, prefix = "0b"; break;
        default: break;
    }
    if (!spec.prefix) prefix = {};
    const digits number = to_digits(magnitude, base, spec.type == 'X');
    const size_t length = number.length + prefix.size() + (negative ? 1 : 0);
    const size_t padding = spec.width > length ? spec.width - length : 0;
    const bool zeros = spec.zero_pad && spec.align == 0;
    const char align = spec.align ? spec.align : '>';

    size_t before = 0;
    if (!zeros) before = align == '>' ? padding : align == '^' ? padding / 2 : 0;
    write_fill(out, spec.fill, before);
    if (negative) out.put('-');
    out.write(prefix);
    if (zeros) write_fill(out, '0', padding);
    out.write({number.text, number.length});
    if (!zeros) write_fill(out, spec.fill, padding - before);
}

}  // namespace

void format_padded(text_sink& out, const format_spec& spec, std::string_view text,
                   char default_align) {
    const size_t padding = spec.width > text.size() ? spec.width - text.size() : 0;
    const char align = spec.align ? spec.align : default_align;
    const size_t before = align == '>' ? padding : align == '^' ? padding / 2 : 0;
    write_fill(out, spec.fill, before);
    out.write(text);
    write_fill(out, spec.fill, padding - before);
}

void format_unsigned(text_sink& out, const format_spec& spec, u64 value) {
    write_number(out, spec, value, false);
}

void format_arg::print(text_sink& out, const format_spec& spec) const {
    const char as_char = static_cast<char>(number_);
    switch (kind_) {
        case kind::signed_int: {
            if (spec.type == 'c') return format_padded(out, spec, {&as_char, 1});
            const s64 value = static_cast<s64>(number_);
            // In hexadecimal, octal and binary the bits are what one wants to see.
            const bool negative = value < 0 && (spec.type == 0 || spec.type == 'd');
            return write_number(out, spec, negative ? 0 - number_ : number_, negative);
        }
        case kind::unsigned_int:
            if (spec.type == 'c') return format_padded(out, spec, {&as_char, 1});
            return write_number(out, spec, number_, false);
        case kind::boolean:
            if (spec.type == 'd') return write_number(out, spec, number_, false);
            return format_padded(out, spec, number_ ? "true" : "false");
        case kind::character:
            if (spec.type == 'd' || spec.type == 'x')
                return write_number(out, spec, static_cast<u8>(number_), false);
            return format_padded(out, spec, {&as_char, 1});
        case kind::text: return format_padded(out, spec, {text_.data, text_.length});
        case kind::pointer: {
            format_spec pointer = spec;
            if (pointer.type == 0 || pointer.type == 'p') {
                pointer.type = 'p';
                pointer.prefix = true;
                if (pointer.width == 0) {
                    pointer.zero_pad = true;
                    pointer.width = 2 + 2 * sizeof(void*);
                }
            }
            return write_number(out, pointer, number_, false);
        }
        case kind::custom: return custom_.print(out, spec, custom_.object);
        case kind::none: return;
    }
}

void vformat(text_sink& out, std::string_view format, std::span<const format_arg> args) {
    size_t next = 0;
    while (!format.empty()) {
        const format_piece piece = next_format_piece(format);
        out.write(piece.literal);
        if (piece.error) return;  // checked at compile time; never reached from format_to
        if (piece.has_placeholder && next < args.size()) args[next++].print(out, piece.spec);
    }
}
