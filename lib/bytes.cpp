#include "lib/bytes.hpp"

#include <iterator>

void format_value(text_sink& out, const format_spec& spec, byte_size size) {
    static constexpr std::string_view units[] = {"B",   "KiB", "MiB", "GiB",
                                                 "TiB", "PiB", "EiB"};
    size_t unit = 0;
    while (unit + 1 < std::size(units) && size.bytes >> (10 * (unit + 1)) != 0) ++unit;

    const unsigned shift = static_cast<unsigned>(10 * unit);
    const u64 one = u64{1} << shift;
    const u64 rest = size.bytes & (one - 1);
    u32 whole = static_cast<u32>(size.bytes >> shift);
    // 10 * 2^60 and the half that rounds still fit into 64 bits.
    u32 tenths = static_cast<u32>((rest * 10 + one / 2) >> shift);
    if (tenths == 10) {
        tenths = 0;
        ++whole;
    }
    if (whole == 1024 && unit + 1 < std::size(units)) {
        whole = 1;
        ++unit;
    }

    text_buffer<16> text;
    if (rest == 0) format_to(text, "{} {}", whole, units[unit]);
    else format_to(text, "{}.{} {}", whole, tenths, units[unit]);
    format_padded(out, spec, text.view(), '>');
}
