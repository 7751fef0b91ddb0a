#include "kernel/panic/symbol_table.hpp"

std::optional<u32> symbol_table::find(u32 address) const {
    u32 low = 0, high = count;
    while (low < high) {
        const u32 middle = low + (high - low) / 2;
        if (start(middle) <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0) return {};
    return low - 1;
}

void symbol_table::print_name(text_sink& out, u32 index) const {
    const u8* name = names + groups[index / group_size].names;
    for (u32 i = index % group_size; i > 0; --i) name += 1 + *name;
    for (u32 left = *name; left > 0; --left) {
        const u8 token = *++name;
        out.write({tokens + token_starts[token],
                   size_t(token_starts[token + 1] - token_starts[token])});
    }
}
