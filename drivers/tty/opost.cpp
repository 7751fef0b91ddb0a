#include "drivers/tty/opost.hpp"

namespace {

constexpr u32 tab_width = 8;

}  // namespace

void output_post::put(u8 c, const ktermios& settings, byte_sink_of_tty& out) {
    const u32 flags = settings.c_oflag;
    if (!(flags & OPOST)) return out.put_byte(c);
    switch (c) {
        case '\n':
            if (flags & (ONLRET | ONLCR)) column_ = 0;
            if (flags & ONLCR) out.put_byte('\r');
            break;
        case '\r':
            if (flags & ONOCR && column_ == 0) return;
            if (!(flags & OCRNL) || flags & ONLRET) column_ = 0;
            if (flags & OCRNL) c = '\n';
            break;
        case '\t': {
            const u32 blanks = tab_width - column_ % tab_width;
            column_ += blanks;
            if ((flags & TABDLY) != XTABS) break;
            for (u32 i = 0; i < blanks; ++i) out.put_byte(' ');
            return;
        }
        case '\b': step_back(); break;
        default:
            if (is_control(c)) break;
            if (flags & OLCUC && c >= 'a' && c <= 'z') c = static_cast<u8>(c - 'a' + 'A');
            column_ += !is_continuation(c, settings);
            break;
    }
    out.put_byte(c);
}
